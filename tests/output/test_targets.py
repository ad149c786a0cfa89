"""Targets: what `publish` promises for a folder also applies to other places, as far as they can."""

from __future__ import annotations

import os
import pickle
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import md5
from pathlib import Path
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

import fsspec
import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage, InMemoryStorage

from support import article, command, event, site, snapshot
from topicfeeds import (
    Article,
    BusyError,
    Changes,
    ConfigError,
    Event,
    FsspecTarget,
    PublishError,
    SourceError,
    State,
    StorageTarget,
    Target,
    ZipTarget,
    publish,
)

if not settings.configured:
    settings.configure()
NOW = datetime(2026, 6, 1, tzinfo=UTC)
SITE = site(feeds={"formats": ["atom", "rss", "json", "ics"], "retire_days": 30})
HOMES = article(id="1", title="New homes", topics=["housing"], tags=["planning"], content="<p>Many</p>")
LIBRARY = article(id="2", title="Library", topics=["culture"])
FAIR = event(id="3", title="Fair", topics=["culture"])
ITEMS: list[Article | Event] = [HOMES, LIBRARY, FAIR]


class Shelf(Target):
    """A target that a user writes: three methods."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.name = f"shelf-{uuid4()}"

    def __str__(self) -> str:
        return self.name

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def write(self, path: str, content: bytes, media_type: str) -> None:
        self.files[path] = content

    def remove(self, path: str) -> None:
        self.files.pop(path, None)


def bucket() -> str:
    """Start a server of S3 unless it runs, and make a bucket."""
    import boto3

    name = f"b{uuid4()}"
    make = boto3.client("s3", endpoint_url=server(), aws_access_key_id="a", aws_secret_access_key="a")
    make.create_bucket(Bucket=name)
    return name


SERVERS: list[Any] = []


def server() -> str:
    from moto.server import ThreadedMotoServer

    if not SERVERS:
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        SERVERS.append((ThreadedMotoServer("127.0.0.1", port, verbose=False), f"http://127.0.0.1:{port}"))
        SERVERS[0][0].start()
    address: str = SERVERS[0][1]
    return address


@pytest.fixture(scope="module", autouse=True)
def stop_server() -> Iterator[None]:
    yield
    while SERVERS:
        SERVERS.pop()[0].stop()


def s3(folder: Path) -> Target:
    options = {"endpoint_url": server()}
    files = fsspec.filesystem("s3", key="a", secret="a", client_kwargs=options, skip_instance_cache=True)
    return FsspecTarget(files, f"s3://{bucket()}/feeds")


def overwriting(folder: Path) -> Target:
    return StorageTarget(FileSystemStorage(str(folder / "storage"), allow_overwrite=True), "feeds")


MAKERS: dict[str, Callable[[Path], Target]] = {
    "three methods": lambda _: Shelf(),
    "fsspec memory": lambda _: FsspecTarget(fsspec.filesystem("memory"), f"memory://{uuid4()}"),
    "fsspec local": lambda folder: FsspecTarget(fsspec.filesystem("file"), str(folder / "local")),
    "zip": lambda folder: ZipTarget(folder / "feeds.zip"),
    "django files": lambda folder: StorageTarget(FileSystemStorage(str(folder / "storage"))),
    "django files, overwriting": overwriting,
    "django memory": lambda _: StorageTarget(InMemoryStorage(f"/{uuid4()}"), "/feeds/"),
    "s3": s3,
}
QUICK = ("three methods", "fsspec memory", "zip", "django files")
"""The targets of a normal run of the tests."""


@pytest.fixture(autouse=True)
def no_locks_are_left(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path_factory.mktemp("locks")))


@pytest.fixture(params=MAKERS)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Target:
    if request.param not in QUICK and os.environ.get("TOPICFEEDS_FULL") != "1":
        pytest.skip("a long test: TOPICFEEDS_FULL=1")
    return MAKERS[request.param](tmp_path)


class Spy(Target):
    """Passes everything on to another target, notes what is written, and fails where a test wants it."""

    def __init__(self, inner: Target, allowed: int = 1000, error: Exception | None = None) -> None:
        self.inner, self.allowed, self.error = inner, allowed, error or OSError("the network is down")
        self.calls: list[tuple[str, str]] = []
        self.read_paths: list[str] = []
        self.media_types: dict[str, str] = {}

    def __str__(self) -> str:
        return str(self.inner)

    def read(self, path: str) -> bytes | None:
        self.read_paths.append(path)
        return self.inner.read(path)

    def digest(self, path: str) -> str | None:
        return self.inner.digest(path)

    def write(self, path: str, content: bytes, media_type: str) -> None:
        self._note("write", path)
        self.media_types[path] = media_type
        self.inner.write(path, content, media_type)

    def remove(self, path: str) -> None:
        self._note("remove", path)
        self.inner.remove(path)

    def lock(self, wait: float) -> Any:
        return self.inner.lock(wait)

    def _note(self, kind: str, path: str) -> None:
        if len(self.calls) >= self.allowed:
            raise self.error
        self.calls.append((kind, path))


def folder_files(*steps: Sequence[Article | Event], folder: Path) -> list[dict[str, bytes]]:
    """Publish into a folder several times, and return its files after each time."""
    state, found = State(), []
    for items in steps:
        publish(SITE, items, folder, state=state, now=NOW)
        found.append({name: one[0] for name, one in snapshot(folder).items()})
    return found


def contents(target: Target, paths: Any) -> dict[str, bytes | None]:
    with target.lock(0):
        return {path: target.read(path) for path in paths}


def run(target: Target, items: Sequence[Article | Event], state: State, days: int = 0) -> tuple[Changes, Spy]:
    spy = Spy(target)
    return publish(SITE, items, spy, state=state, now=NOW + timedelta(days)), spy


def test_a_target_gets_the_files_of_a_folder(target: Target, tmp_path: Path) -> None:
    (expected,) = folder_files(ITEMS, folder=tmp_path / "public")
    changes, spy = run(target, ITEMS, State())
    assert [path for _, path in spy.calls] == list(changes.written)
    assert set(changes.written) == expected.keys()
    assert contents(target, expected) == expected
    assert spy.media_types["topics/housing.rss.xml"] == "application/rss+xml"
    assert spy.media_types["topics/culture.ics"] == "text/calendar"


def test_unchanged_files_are_neither_read_for_comparison_nor_written(target: Target) -> None:
    state = State()
    run(target, ITEMS, state)
    changes, spy = run(target, ITEMS, state, 1)
    assert (changes.written, changes.removed, spy.calls, spy.read_paths) == ((), (), [], [])
    changes, spy = run(target, ITEMS, State(), 1)  # without the memory, files are read, and not written
    assert (changes.written, spy.calls) == ((), [])


def test_an_edit_writes_the_documents_that_have_the_item(target: Target, tmp_path: Path) -> None:
    state = State()
    run(target, ITEMS, state)
    edited: list[Article | Event] = [HOMES.model_copy(update={"title": "More homes"}), LIBRARY, FAIR]
    _, spy = run(target, edited, state)
    names = {path.partition(".")[0] for _, path in spy.calls}
    assert {"all", "topics/housing", "tags/planning"} <= names <= {"all", "topics/housing", "tags/planning", "index"}
    content = contents(target, ["topics/housing.atom.xml"])["topics/housing.atom.xml"] or b""
    assert b"More homes" in content
    assert b"New homes" not in content


def test_the_feed_of_a_deleted_topic_becomes_empty_and_is_removed_later_and_last(target: Target) -> None:
    state, path = State(), "topics/housing.atom.xml"
    run(target, ITEMS, state)
    changes, _ = run(target, ITEMS[1:], state, 1)
    assert path in changes.written
    assert b"New homes" not in (contents(target, [path])[path] or b"x")
    changes, spy = run(target, ITEMS[1:], state, 32)
    assert path in changes.removed
    assert contents(target, [path]) == {path: None}
    kinds = [kind for kind, _ in spy.calls]
    assert kinds == sorted(kinds, reverse=True), "removals are last"


@pytest.mark.parametrize(("allowed", "error"), [(0, OSError("the network is down")), (3, RuntimeError("driver"))])
def test_after_a_failure_in_the_middle_each_file_is_whole_and_the_next_run_finishes(
    target: Target, allowed: int, error: Exception, tmp_path: Path
) -> None:
    state, edited = State(), [HOMES.model_copy(update={"title": "More homes"}), LIBRARY]
    old, new = folder_files(ITEMS, edited, folder=tmp_path / "public")
    run(target, ITEMS, state)
    with pytest.raises(PublishError, match=r"cannot be (written|used): .*(network|RuntimeError: driver)") as caught:
        publish(SITE, edited, Spy(target, allowed, error), state=state, now=NOW)
    assert str(caught.value).startswith(str(target))
    for path, content in contents(target, old).items():
        assert content in (old[path], new.get(path)), path
    run(target, edited, state)
    assert contents(target, new) == new


def test_a_file_that_topicfeeds_did_not_write_stays_and_stops_the_run(target: Target) -> None:
    with target.lock(0):
        target.write("all.rss.xml", b"mine", "text/xml")
    with pytest.raises(PublishError, match=r"all\.rss\.xml: exists, but topicfeeds did not write it"):
        publish(SITE, ITEMS, target)
    assert contents(target, ["all.rss.xml", "all.atom.xml"]) == {"all.rss.xml": b"mine", "all.atom.xml": None}


def test_a_file_that_somebody_changed_or_removed_is_written_again(target: Target) -> None:
    state = State()
    run(target, ITEMS, state)
    before = contents(target, ["all.atom.xml", "all.json"])
    with target.lock(0):
        target.write("all.atom.xml", b"broken", "text/xml")
        target.remove("all.json")
    changes, _ = run(target, ITEMS, state)
    assert sorted(changes.written) == ["all.atom.xml", "all.json"]
    assert contents(target, before) == before


def test_a_refused_run_and_a_dry_run_write_nothing(target: Target) -> None:
    state, spy = State(), Spy(target)
    changes = publish(SITE, ITEMS, spy, state=state, now=NOW, dry_run=True)
    assert "all.atom.xml" in changes.written
    with pytest.raises(SourceError):
        publish(SITE, [*ITEMS, {"title": "No date"}], spy, strict=True)
    assert spy.calls == []


def test_only_one_run_works_in_a_target(target: Target) -> None:
    with target.lock(0), pytest.raises(BusyError, match=r"another run is using this target\. .*wait=60") as caught:
        publish(SITE, ITEMS, target)
    assert str(caught.value).startswith(str(target))
    pickle.loads(pickle.dumps(caught.value))
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with target.lock(0):
            held.set()
            done.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(30)
    threading.Timer(0.2, done.set).start()
    assert publish(SITE, ITEMS, target, wait=30).items == 3
    thread.join()


def test_two_objects_of_a_class_without_a_name_of_its_own_share_a_lock() -> None:
    class Drawer(Shelf):
        __str__ = Target.__str__

    assert str(Drawer()) == "Drawer"
    with Drawer().lock(0), pytest.raises(BusyError, match=r"^Drawer: another run"):
        publish(SITE, ITEMS, Drawer(), now=NOW)


def test_the_memory_of_one_run_serves_the_next_process(target: Target, tmp_path: Path) -> None:
    run(target, ITEMS, State(tmp_path / "memory.sqlite"))
    changes, spy = run(target, ITEMS, State(tmp_path / "memory.sqlite"))
    assert (changes.written, spy.read_paths) == ((), [])


def test_a_digest_that_is_no_md5_means_that_files_are_compared() -> None:
    class Tagged(Shelf):
        def digest(self, path: str) -> str | None:
            return "version 7" if path in self.files else None

    shelf, state = Tagged(), State()
    run(shelf, ITEMS, state)
    changes, spy = run(shelf, ITEMS, state)
    assert (changes.written, spy.calls) == ((), [])
    assert len(spy.read_paths) == changes.unchanged


def test_a_zip_file_is_replaced_as_a_whole_and_its_bytes_depend_on_the_documents_only(tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        with ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("about.html", "<p>About</p>")
        if name == "two.zip":
            publish(SITE, ITEMS[:1], ZipTarget(tmp_path / name), now=NOW, state=(state := State()))
        publish(SITE, ITEMS, ZipTarget(tmp_path / name), now=NOW, state=State() if name == "one.zip" else state)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with ZipFile(tmp_path / "one.zip") as archive:
        assert archive.testzip() is None
        assert archive.read("about.html") == b"<p>About</p>"
    before = (tmp_path / "one.zip").read_bytes()
    with pytest.raises(PublishError, match="network"):
        publish(SITE, [HOMES], Spy(ZipTarget(tmp_path / "one.zip"), 2), now=NOW)
    assert (tmp_path / "one.zip").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.zip", "two.zip"]


def test_a_file_that_is_no_zip_file_stays(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_text("notes")
    with pytest.raises(PublishError, match=r"a\.zip: cannot be used: BadZipFile"):
        publish(SITE, ITEMS, ZipTarget(tmp_path / "a.zip"))
    assert (tmp_path / "a.zip").read_text() == "notes"


def test_a_storage_that_chooses_another_name_stops_the_run(tmp_path: Path) -> None:
    class Renaming(FileSystemStorage):  # type: ignore[misc]  # Django has no types
        def save(self, name: str | None, content: Any, max_length: int | None = None) -> Any:
            return super().save(f"other/{name}", content)

    with pytest.raises(PublishError, match=r"all\.atom\.xml: .*the storage saved all.atom.xml as other/all.atom.xml"):
        publish(SITE, ITEMS, StorageTarget(Renaming(str(tmp_path))))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.skipif(os.environ.get("TOPICFEEDS_FULL") != "1", reason="a long test: TOPICFEEDS_FULL=1")
def test_files_on_s3_have_their_media_types_and_their_md5_as_the_tag(tmp_path: Path) -> None:
    target = s3(tmp_path)
    publish(SITE, ITEMS, target)
    files = fsspec.filesystem("s3", key="a", secret="a", client_kwargs={"endpoint_url": server()})
    found = files.info(f"{target}/all.atom.xml")
    assert found["ContentType"] == "application/atom+xml"
    with target.lock(0):
        assert target.digest("all.atom.xml") == md5(target.read("all.atom.xml") or b"").hexdigest()


@pytest.mark.parametrize("given", ["s3://bucket", "s3://bucket/feeds/", "memory://a", Path("gs://b")], ids=str)
def test_the_address_of_a_store_is_no_folder(given: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = str(given).replace(":/", "://").replace(":///", "://").strip("/")
    with pytest.raises(ConfigError, match=f"^{name}: is an address, not a folder .*FsspecTarget") as caught:
        publish(SITE, ITEMS, given)
    assert "\n" not in str(caught.value)
    (tmp_path / "topicfeeds.toml").write_text('title="A"\nurl="https://e.org/"\n[[sources]]\npath="a.yaml"\n')
    done = command("build", "--output", str(given), cwd=tmp_path)
    assert (done.code, name in done.err) == (2, True), done.err
    assert [one.name for one in tmp_path.iterdir()] == ["topicfeeds.toml"]


@pytest.mark.parametrize("given", [3, None, object(), Shelf], ids=["number", "None", "object", "class"])
def test_something_else_than_a_folder_or_a_target_is_a_type_error_in_one_line(given: Any) -> None:
    with pytest.raises(TypeError, match=r"^folder is of type \w+ \(pass the path of a folder, or a Target\)$"):
        publish(SITE, ITEMS, given)


def test_a_git_worktree_is_a_folder_and_the_root_of_a_repository_is_not(tmp_path: Path) -> None:
    git = ["git", "-C", str(tmp_path / "site"), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "init", "-q", tmp_path / "site"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "start"], check=True)
    subprocess.run([*git, "worktree", "add", "-q", tmp_path / "pages"], check=True, capture_output=True)
    state = State()
    assert publish(SITE, ITEMS, tmp_path / "pages", state=state, now=NOW).items == 3
    assert publish(SITE, ITEMS, tmp_path / "pages", state=state, now=NOW).written == ()
    shown = subprocess.run(["git", "-C", tmp_path / "pages", "status", "--short"], check=True, capture_output=True)
    assert b"?? all.atom.xml" in shown.stdout
    with pytest.raises(ConfigError, match="root of a repository"):
        publish(SITE, ITEMS, tmp_path / "site")


def test_the_changes_of_a_target_are_those_of_a_folder(target: Target, tmp_path: Path) -> None:
    """An edit, a deletion and a retired feed, in a folder and in a target, with one memory each."""
    states = State(), State()
    steps: list[tuple[Sequence[Article | Event], int]] = [
        (ITEMS, 0),
        ([HOMES, FAIR], 1),
        ([HOMES], 2),
        ([HOMES], 40),
        (ITEMS, 41),
    ]
    for items, days in steps:
        now = NOW + timedelta(days)
        there = publish(SITE, items, tmp_path / "public", state=states[0], now=now)
        here = publish(SITE, items, target, state=states[1], now=now)
        assert replace(here, problems=()) == replace(there, problems=())


KILLED = """
import os, sys
sys.path[:0] = [{tests!r}, {here!r}]
from test_targets import *

class Killed(Spy):
    def _note(self, kind, path):
        if len(self.calls) == 2:
            os.kill(os.getpid(), 9)
        super()._note(kind, path)

target = FsspecTarget(fsspec.filesystem("file"), "there")
publish(SITE, ITEMS[:1], Killed(target), state=State("memory"), now=NOW)
"""


def test_a_run_that_is_killed_while_it_writes_is_finished_by_the_next_run(tmp_path: Path) -> None:
    here = Path(__file__).parent
    code = KILLED.format(tests=str(here.parent), here=str(here))
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, timeout=60)
    assert done.returncode == -9, done.stderr
    (expected,) = folder_files(ITEMS[:1], folder=tmp_path / "public")
    left = {path.relative_to(tmp_path / "there").as_posix() for path in (tmp_path / "there").rglob("*.*")}
    assert 0 < len(left) < len(expected)
    target = FsspecTarget(fsspec.filesystem("file"), str(tmp_path / "there"))
    changes = publish(SITE, ITEMS[:1], target, state=State(tmp_path / "memory"), now=NOW)
    assert set(changes.written) == expected.keys() - left
    assert contents(target, expected) == expected


def test_the_name_of_a_store_is_not_a_file_system() -> None:
    with pytest.raises(TypeError, match=r'filesystem is text \(pass fsspec.filesystem\("memory"\)\)'):
        FsspecTarget("memory", "feeds")
