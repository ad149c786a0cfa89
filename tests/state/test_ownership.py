"""Whose files: lock and state are ours and only ours, and a file of somebody else is named and left alone."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from support import article, command, site, snapshot
from support.city import HOUR, NOON, City, row
from topicfeeds import ConfigError, PublishError, State, publish
from topicfeeds.cli.status import describe_state
from topicfeeds.output.lock import LOCK_NAME
from topicfeeds.state.ownership import check_owner, create_private


@pytest.fixture
def city(tmp_path: Path) -> City:
    """A site that was built once."""
    made = City.create(tmp_path, row("a", tags=["x"]))
    made.build()
    return made


def files(city: City) -> list[Path]:
    return [city.public / LOCK_NAME, city.state, city.cache]


def modes(city: City) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in files(city)}


@pytest.mark.parametrize("name", ["notes.txt", "topicfeeds.toml", "items.jsonl", "notes.txt.cache"])
@pytest.mark.parametrize("content", [b"My notes\n", b"x" * 5000, bytes(4096)])
def test_a_file_of_a_user_is_never_replaced_by_a_state(city: City, name: str, content: bytes) -> None:
    if name.startswith("notes"):
        (city.folder / name).write_bytes(content)
    before = snapshot(city.folder)
    state = city.folder / name.removesuffix(".cache")
    for more in ([], ["--dry-run"]):
        run = command("build", "--state", state, *more, cwd=city.folder)
        assert (run.code, run.out) == (2, "")
        assert run.err == (
            f"{name}: exists, but is not a state of topicfeeds; it was not changed. Choose another file with --state.\n"
        )
    with pytest.raises(ConfigError, match=r"it was not changed\. Choose another path for the state\.$"):
        publish(site(), [article()], city.public, state=State(state), now=NOON)
    assert snapshot(city.folder) == before


def test_a_refused_state_leaves_no_output(tmp_path: Path) -> None:
    city = City.create(tmp_path, row("a"))
    assert command("build", "--state", "topicfeeds.toml", cwd=tmp_path).code == 2
    assert not city.public.exists()


@pytest.mark.parametrize("content", [b"", None])
def test_a_state_may_be_anywhere_where_nothing_is(city: City, content: bytes | None) -> None:
    path = city.folder / "own.sqlite"
    if content is not None:
        path.write_bytes(content)
    for _ in range(2):
        assert command("build", "--state", path, cwd=city.folder).code == 0
    assert path.read_bytes().startswith(b"SQLite")


def test_a_damaged_state_of_ours_heals_at_any_path(city: City) -> None:
    path = city.folder / "own.sqlite"
    assert command("build", "--state", path, cwd=city.folder).code == 0
    content = path.read_bytes()
    path.write_bytes(content[:5000] + bytes(len(content) - 5000))
    city.put(row("b"))
    run = command("build", "--state", path, "--allow-shrink", cwd=city.folder)
    assert run.code == 0
    assert "was damaged and was moved to" in run.err


def link(path: Path) -> None:
    path.rename(path.parent.parent / "elsewhere") if path.exists() else None
    path.symlink_to(path.parent.parent / "elsewhere")


def pipe(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def listen(path: Path) -> None:
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as server:
        folder = Path.cwd()
        os.chdir(path.parent)  # the path may be too long
        server.bind(path.name)
        os.chdir(folder)


def give_away(path: Path) -> None:
    if os.geteuid():
        pytest.skip("only root can give a file away")
    path.touch()
    path.parent.chmod(0o777)
    os.chown(path, 12345, 12345)


KINDS: dict[str, Callable[[Path], None]] = {
    "link": link,
    "not a regular file (pipe)": pipe,
    "not a regular file": listen,
    "another user": give_away,
}


@pytest.mark.parametrize("place", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_of_ours_is_named_and_left(city: City, place: int, kind: str) -> None:
    temporary = city.public / "tags/.x.atom.xml.topicfeeds-tmp"
    path = [*files(city), temporary, Path(f"{city.state}-journal")][place]
    KINDS[kind](path)
    before = path.lstat()
    list(describe_state(city.place, 0))
    city.check(NOON + HOUR)
    city.put(row("a", tags=["x"], title="Changed"))
    with pytest.raises(PublishError) as caught:
        city.build(NOON + HOUR)
    (line,) = str(caught.value).splitlines()
    assert f"{path}: " in line
    assert kind.partition(" (")[0] in line.replace("Too many levels of symbolic links", "link")
    assert path.lstat() == before


def test_whose_files_are_trusted(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    real = path.stat()

    def other(uid: int, gid: int) -> os.stat_result:
        return os.stat_result((*real[:4], uid, gid, *real[6:]))

    for uid in (0, os.geteuid()):
        check_owner(str(path), other(uid, 54321))
    stranger = other(54321, real.st_gid)
    for mode, is_trusted in ((0o755, False), (0o775, True), (0o2770, True), (0o777, False), (0o1777, False)):
        tmp_path.chmod(mode)
        if is_trusted:
            check_owner(str(path), stranger)
        else:
            with pytest.raises(OSError, match="belongs to another user"):
                check_owner(str(path), stranger)
    tmp_path.chmod(0o2770)
    with pytest.raises(OSError, match="belongs to another user"):
        check_owner(str(path), other(54321, real.st_gid + 1))


def test_others_can_read_neither_lock_nor_state_but_all_documents(city: City) -> None:
    assert modes(city) == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) & 0o444 for path in city.public.rglob("*.xml")} == {0o444}


@pytest.mark.parametrize(("mode", "wanted"), [(0o755, 0o600), (0o700, 0o600), (0o775, 0o660), (0o2755, 0o660)])
def test_permissions_follow_the_folder_and_are_corrected(city: City, mode: int, wanted: int) -> None:
    for path in files(city):
        path.parent.chmod(mode)
        path.chmod(0o644)
    city.put(row("a", tags=["x"], title="Changed"))
    city.build(NOON + HOUR)
    assert modes(city) == {wanted}


def test_a_run_with_nothing_to_do_corrects_the_lock(city: City) -> None:
    (city.public / LOCK_NAME).chmod(0o644)
    assert city.is_up_to_date()
    assert modes(city) == {0o600}


def test_a_umask_does_not_keep_a_group_out(tmp_path: Path) -> None:
    tmp_path.chmod(0o2770)
    before = os.umask(0o077)
    try:
        create_private(str(tmp_path / "file"))
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o660


def test_a_file_of_another_user_keeps_its_permissions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.touch(0o644)
    path.chmod(0o644)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    create_private(str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
