"""Documents in a folder: whole, and only those that changed."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from support import article, site, snapshot
from topicfeeds import BusyError, Changes, ConfigError, Document, PublishError, publish
from topicfeeds.feeds.model import NEVER_UPDATED
from topicfeeds.output.folder import OutputFolder
from topicfeeds.output.lock import LOCK_NAME
from topicfeeds.output.write import is_ours, lock_folder, stage
from topicfeeds.state.documents import WrittenDocument
from topicfeeds.state.store import State

HEAD = b'<feed xmlns="http://www.w3.org/2005/Atom"><id>tag:a,2000:x</id><generator>topicfeeds</generator>'


def whole(content: bytes) -> bytes:
    """Put content into a feed that carries the generator's mark."""
    return HEAD + content + b"</feed>"


def document(path: str, content: bytes | Callable[[], bytes]) -> Document:
    """Make a document of some content."""
    render = content if callable(content) else lambda: whole(content)
    fingerprint = "" if callable(content) else content.decode()
    return Document(path, "text/xml", fingerprint, render, 0, NEVER_UPDATED)


def write(documents: Iterable[Document], folder: Path, state: State | None = None) -> Changes:
    """Bring a folder up to date."""
    with stage(documents, folder, state) as batch:
        batch.finish()
    return Changes(written=tuple(batch.written), unchanged=batch.unchanged)


def compare(documents: Iterable[Document], folder: Path) -> Changes:
    """Give what would be written."""
    with stage(documents, folder, None, dry=True) as batch:
        return Changes(written=tuple(batch.written), unchanged=batch.unchanged)


def test_documents_are_written_below_the_folder_in_their_order(tmp_path: Path) -> None:
    documents = [document("b.xml", b"1"), document("topics/a.xml", b"2")]
    assert write(documents, tmp_path / "new" / "public") == Changes(written=("b.xml", "topics/a.xml"))
    assert (tmp_path / "new/public/topics/a.xml").read_bytes() == whole(b"2")


@pytest.fixture
def switch(tmp_path: Path) -> Iterator[Callable[[], bytes]]:
    """A neighbour who puts a link to another folder in the place of `public/tags`; after that, nothing is lost there.

    The other folder has files with the names of a document, of a retired one, and of temporary files.
    """
    tags, other = tmp_path / "public/tags", tmp_path / "other"
    for folder in (tags, other):
        folder.mkdir(parents=True)
        for name in ("a.xml", "gone.xml", ".b.xml.topicfeeds-tmp", ".left.xml.topicfeeds-tmp"):
            (folder / name).write_bytes(whole(folder.name.encode()))

    def act() -> bytes:
        tags.rename(tmp_path / "moved")
        tags.symlink_to(other)
        return whole(b"new")

    before = snapshot(other)
    yield act
    assert tags.is_symlink()
    assert snapshot(other) == before


def test_a_link_that_replaces_a_folder_while_documents_are_made_is_not_followed(
    switch: Callable[[], bytes], tmp_path: Path
) -> None:
    documents = [document("tags/a.xml", b"new"), document("tags/b.xml", switch), document("tags/c.xml", b"new")]
    with stage(documents, tmp_path / "public", None) as batch:
        batch.finish(["tags/gone.xml"])
    assert {path: content for path, (content, *_) in snapshot(tmp_path / "moved").items()} == {
        f"{name}.xml": whole(b"new") for name in "abc"
    }


def test_a_link_that_replaces_a_folder_before_documents_are_renamed_is_not_followed(
    switch: Callable[[], bytes], tmp_path: Path
) -> None:
    with stage([document("tags/a.xml", b"new")], tmp_path / "public", None) as batch:
        switch()
        batch.finish(["tags/gone.xml"])
    assert {path: content for path, (content, *_) in snapshot(tmp_path / "moved").items()} == {"a.xml": whole(b"new")}


def test_a_link_that_replaces_a_folder_before_a_failure_is_not_followed_to_clean_up(
    switch: Callable[[], bytes], tmp_path: Path
) -> None:
    def fail() -> bytes:
        switch()
        raise OSError(errno.ENOSPC, "full")

    with pytest.raises(PublishError, match="full"):
        write([document("tags/b.xml", b"new"), document("tags/c.xml", fail)], tmp_path / "public")
    assert ".b.xml.topicfeeds-tmp" not in {path.name for path in (tmp_path / "moved").iterdir()}


def test_a_link_that_replaces_the_output_folder_during_a_run_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()

    def act() -> bytes:
        (tmp_path / "public").rename(tmp_path / "moved")
        (tmp_path / "public").symlink_to("other")
        return whole(b"new")

    write([document("a.xml", act), document("tags/b.xml", b"new")], tmp_path / "public")
    assert snapshot(tmp_path / "other") == {}
    assert list(snapshot(tmp_path / "moved")) == ["a.xml", "tags/b.xml"]


@pytest.mark.parametrize("name", ["tags", "tags/deep"])
def test_a_link_in_place_of_a_folder_of_documents_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).symlink_to(tmp_path / "real")
    for work in (write, compare):
        with pytest.raises(PublishError, match=f"{name}: is a symbolic link, which may lead out of the output folder"):
            work([document(f"{name}/a.xml", b"1")], tmp_path)
    with closing(OutputFolder(tmp_path)) as folder:
        assert not is_ours(WrittenDocument(f"{name}/a.xml", "", 0, 0, 0, ""), folder)
    assert snapshot(tmp_path / "real") == {}


def test_what_is_the_same_is_not_touched(tmp_path: Path) -> None:
    write([document("a.xml", b"1"), document("b.xml", b"1")], tmp_path)
    before = snapshot(tmp_path)
    changes = write([document("a.xml", b"1"), document("b.xml", b"2")], tmp_path)
    assert (changes.written, changes.unchanged) == (("b.xml",), 1)
    assert snapshot(tmp_path)["a.xml"] == before["a.xml"]
    assert snapshot(tmp_path)["b.xml"] != before["b.xml"]


def test_a_changed_file_is_a_whole_second_younger_than_the_one_before(tmp_path: Path) -> None:
    times = []
    for content in (b"1", b"2", b"3"):
        write([document("a.xml", content)], tmp_path)
        times.append(int((tmp_path / "a.xml").stat().st_mtime))
    assert times[0] < times[1] < times[2]


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    write([document("a.xml", b"old")], tmp_path)
    with (tmp_path / "a.xml").open("rb") as reader:
        write([document("a.xml", b"new" * 100_000)], tmp_path)
        assert reader.read() == whole(b"old")


def test_a_document_that_cannot_be_made_leaves_all_old_ones(tmp_path: Path) -> None:
    def fail() -> bytes:
        raise OSError(28, "No space left on device")

    write([document("a.xml", b"old")], tmp_path)
    before = snapshot(tmp_path)
    with pytest.raises(
        PublishError, match=r"b\.xml: cannot be written: No space left on device \(free disk space, then run again\)"
    ):
        write([document("a.xml", b"new"), document("b.xml", fail)], tmp_path)
    assert snapshot(tmp_path) == before


def test_a_file_that_is_none_of_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "b.xml").write_text("by hand", "utf-8")
    with pytest.raises(PublishError, match=r"b\.xml: exists, but topicfeeds did not write it") as caught:
        write([document("a.xml", b"1"), document("b.xml", b"1")], tmp_path)
    assert caught.value.exit_code == 74
    assert list(snapshot(tmp_path)) == ["b.xml"]
    assert (tmp_path / "b.xml").read_text("utf-8") == "by hand"


def test_a_folder_in_the_way_stops_the_run(tmp_path: Path) -> None:
    (tmp_path / "a.xml").mkdir()
    with pytest.raises(PublishError, match=r"a\.xml: exists, but topicfeeds did not write it"):
        write([document("a.xml", b"1")], tmp_path)


def test_a_file_in_place_of_the_folder_stops_the_run(tmp_path: Path) -> None:
    (tmp_path / "public").write_text("x", "utf-8")
    for work in (write, compare):
        with pytest.raises(PublishError, match=r"public: exists, but is not a folder"):
            work([document("a.xml", b"1")], tmp_path / "public")


def test_a_symbolic_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.xml").write_bytes(whole(b"mine"))
    (tmp_path / "a.xml").symlink_to("elsewhere.xml")
    write([document("a.xml", b"1")], tmp_path)
    assert not (tmp_path / "a.xml").is_symlink()
    assert (tmp_path / "elsewhere.xml").read_bytes() == whole(b"mine")


def test_a_temporary_file_of_a_run_that_was_killed_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / ".all.xml.topicfeeds-tmp").write_bytes(b"half")
    write([document("a.xml", b"1")], tmp_path)
    assert list(snapshot(tmp_path)) == ["a.xml"]


@pytest.mark.parametrize(("umask", "mode"), [("022", 0o644), ("077", 0o644), ("002", 0o664)])
def test_files_can_be_read_by_a_web_server_whatever_the_umask(tmp_path: Path, umask: str, mode: int) -> None:
    code = (
        f"import os; os.umask(0o{umask}); from topicfeeds import Site, publish\n"
        f"publish(Site(title='x', url='https://www.example.org/'), [], {str(tmp_path / 'new')!r})"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    assert stat.S_IMODE((tmp_path / "new" / "all.atom.xml").stat().st_mode) == mode
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) & 0o555 == 0o555


def test_comparing_tells_what_would_be_written_and_writes_nothing(tmp_path: Path) -> None:
    write([document("a.xml", b"1")], tmp_path)
    before = snapshot(tmp_path)
    documents = [document("a.xml", b"1"), document("b.xml", b"2")]
    assert compare(documents, tmp_path) == Changes(written=("b.xml",), unchanged=1)
    assert snapshot(tmp_path) == before


def test_a_new_item_changes_exactly_the_documents_of_its_feeds(tmp_path: Path) -> None:
    made = site(topics={"housing": {}, "mobility": {}})
    items = [article(id="a", topic="housing", tags=["x"]), article(id="b", topic="mobility", tags=["y"])]
    publish(made, items, tmp_path)
    before = snapshot(tmp_path)
    changes = publish(made, [*items, article(id="c", topic="housing", tags=["y", "z"])], tmp_path)
    feeds = ["all", "topics/housing", "tags/y", "tags/z"]
    assert changes.written == tuple(f"{feed}.{kind}.xml" for feed in feeds for kind in ("atom", "rss"))
    after = snapshot(tmp_path)
    assert {path for path in after if after[path] != before.get(path)} == set(changes.written)


def test_publishing_tells_what_it_did(tmp_path: Path) -> None:
    changes = publish(site(), [article(), article(id="b", published="2026-01-01", updated="2025-01-01")], tmp_path)
    assert (changes.items, changes.refused, changes.unchanged, len(changes.written)) == (2, 0, 0, 2)
    assert [str(problem) for problem in changes.problems] == [
        "items:2: warning: updated: is before the published date, which is used instead (correct the dates)"
    ]


def test_what_fails_while_a_folder_is_locked_is_told_and_the_lock_is_let_go(tmp_path: Path) -> None:
    for error, told in ((OSError(errno.EDQUOT, "Disk quota exceeded"), PublishError), (ConfigError(), ConfigError)):
        with pytest.raises(told), lock_folder(tmp_path):
            raise error
        with lock_folder(tmp_path):
            pass


def test_a_folder_that_is_locked_is_busy(tmp_path: Path) -> None:
    message = r"\.topicfeeds\.lock: another run holds this lock\. Try again later, "
    with lock_folder(tmp_path), pytest.raises(BusyError, match=message), lock_folder(tmp_path):
        pass


def test_a_process_that_was_forked_during_a_run_does_not_keep_its_lock(tmp_path: Path) -> None:
    with lock_folder(tmp_path):
        child = os.fork()
        if not child:
            signal.pause()
    try:
        with lock_folder(tmp_path):
            pass
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


@pytest.mark.parametrize("dry", [False, True])
@pytest.mark.parametrize("name", ["public", "public/feeds"])
def test_a_file_in_place_of_the_folder_is_named_before_anything_is_read(tmp_path: Path, name: str, dry: bool) -> None:
    (tmp_path / "public").write_text("x", "utf-8")
    message = r"/public: exists, but is not a folder; .*\. Move it away, or choose another folder\.$"
    with pytest.raises(PublishError, match=message), lock_folder(tmp_path / name, dry=dry):
        pass


def test_a_link_in_place_of_the_output_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    (tmp_path / "public").symlink_to("nowhere")
    with pytest.raises(PublishError, match="/public: exists, but is not a folder"), lock_folder(tmp_path / "public"):
        pass


def test_a_link_in_place_of_the_lock_is_named(tmp_path: Path) -> None:
    (tmp_path / LOCK_NAME).symlink_to("elsewhere")
    with pytest.raises(PublishError, match=r"\.lock: .* \(remove the symbolic link\)"), lock_folder(tmp_path):
        pass


def test_a_build_that_lacks_an_extra_leaves_no_folder_that_was_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError), lock_folder(tmp_path / "public"):
        raise ConfigError
    assert not (tmp_path / "public").exists()


def test_a_folder_that_comes_in_the_way_of_a_rename_is_told(tmp_path: Path) -> None:
    documents = [document("a.xml", b"1"), document("b.xml", b"2"), document("c.xml", b"3")]
    with stage(documents, tmp_path, None) as batch:
        (tmp_path / "b.xml").mkdir()
        with pytest.raises(PublishError, match=r"b\.xml: cannot be written"):
            batch.finish()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.xml", "b.xml"]


def test_a_name_that_is_too_long_for_the_disk_is_told(tmp_path: Path) -> None:
    long = document(f"{'a' * 300}.xml", b"1")
    told = "/a{300}.xml: cannot be written: File name too long"
    with pytest.raises(PublishError, match=told):
        write([long], tmp_path)
    with pytest.raises(PublishError, match=told):
        compare([long], tmp_path)
    with pytest.raises(PublishError, match=told), closing(OutputFolder(tmp_path)) as folder:
        is_ours(WrittenDocument(long.path, "", 0, 0, 0, ""), folder)


def test_a_folder_in_place_of_a_temporary_file_is_told_and_left(tmp_path: Path) -> None:
    (tmp_path / ".a.xml.topicfeeds-tmp").mkdir()
    with pytest.raises(PublishError, match=r"/\.a\.xml\.topicfeeds-tmp: cannot be written: is not a"):
        write([document("a.xml", b"1")], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".a.xml.topicfeeds-tmp"]


def test_what_stands_is_ours_though_it_has_no_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.ics"
    path.write_bytes(b"BEGIN:VCALENDAR")
    status = path.stat()
    known = WrittenDocument("a.ics", "", status.st_size, status.st_mtime_ns, 0, "")
    with closing(OutputFolder(tmp_path)) as folder:
        assert is_ours(known, folder)
        assert not is_ours(known._replace(size=1), folder)


def test_what_a_disk_does_not_give_back_as_it_was_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "pread", lambda *_: whole(b"2"))
    with pytest.raises(
        PublishError, match=r"a\.xml: cannot be written: the file does not contain the bytes that were written"
    ):
        write([document("a.xml", b"1")], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_a_disk_takes_bit_by_bit_is_written_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, content: take(descriptor, content[:7]))
    write([document("a.xml", b"1")], tmp_path)
    assert (tmp_path / "a.xml").read_bytes() == whole(b"1")


def test_a_relative_folder_where_there_is_none_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with (
        pytest.raises(PublishError, match=r"public/\.topicfeeds\.lock: cannot be written"),
        lock_folder(Path("public")),
    ):
        pass


def test_a_folder_that_may_be_written_but_not_listed_has_its_documents() -> None:
    with TemporaryDirectory() as folder:  # no other user may enter those of pytest
        with stage([document("a.xml", b"1")], Path(folder), None) as batch, as_another_user(Path(folder), 0o300):
            batch.finish()
        assert Path(folder, "a.xml").read_bytes() == whole(b"1")


def test_a_thread_publishes_too(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as threads:
        changes = threads.submit(write, [document("a.xml", b"1")], tmp_path).result()
    assert changes.written == ("a.xml",)


@contextmanager
def as_another_user(folder: Path, mode: int) -> Iterator[None]:
    """Work in a folder of somebody who is not root."""
    folder.chmod(mode)
    if os.geteuid() == 0:
        os.chown(folder, 65534, -1)
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(os.getuid())
        folder.chmod(0o700)


def test_a_folder_without_rights_is_told(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        folder = Path("/proc/self")  # where nobody can write, root included
    else:
        folder = tmp_path
        folder.chmod(0o500)
    with pytest.raises(PublishError, match="cannot be written"):
        write([document("a.xml", b"1")], folder)
