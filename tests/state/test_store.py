"""The state: one file that runs leave to each other, whole or set aside, and no larger than it has to be."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from support import article, command, event, site, snapshot
from support.city import DAY, HOUR, NOON, City, dates, edit_state, row
from topicfeeds import BusyError, ConfigError, PublishError, SourceError, publish
from topicfeeds.errors import count
from topicfeeds.state.database import is_file_damaged
from topicfeeds.state.documents import WrittenDocument
from topicfeeds.state.memory import ItemMemory, StoredProblem
from topicfeeds.state.paths import default_state_path
from topicfeeds.state.schema import VERSION
from topicfeeds.state.store import State

KNOWN = ItemMemory("2026-03-01T00:00:00+00:00", b"said")
DAYS = 86400


@pytest.fixture
def city(tmp_path: Path) -> City:
    """A site that was built once: an article, and an event that was dated by that run."""
    made = City.create(tmp_path, row("a", tags=["x"]), {"id": "fair", "title": "Fair", "start": "2026-05-01"})
    made.build()
    return made


def noted(state: State, *names: str, now: int | None = None, days: int = 400) -> None:
    """Have a run that sees these items."""
    state.begin(now)
    for name in names:
        state.note_item(name, KNOWN)
    state.commit(days)
    state.close()


def recalled(state: State, name: str) -> ItemMemory | None:
    state.begin()
    try:
        return state.find_item(name)
    finally:
        state.close()


@pytest.mark.parametrize("path", ["state", "new/deep/state", "100%41/what?#.sqlite", "é\udcff"])
def test_a_state_is_a_file_at_any_path(tmp_path: Path, path: str) -> None:
    noted(State(tmp_path / path), "a")
    assert (tmp_path / path).is_file()
    assert recalled(State(tmp_path / path), "a") == KNOWN
    assert recalled(State(tmp_path / path), "b") is None


def test_a_state_without_a_path_lasts_as_long_as_its_object(tmp_path: Path) -> None:
    state = State()
    noted(state, "a")
    assert recalled(state, "a") == KNOWN
    assert recalled(State(), "a") is None
    with state.reading() as known:
        assert known
    assert str(state) == "the state in memory"


def test_nothing_stays_of_what_was_not_committed(tmp_path: Path) -> None:
    for state in (State(), State(tmp_path / "state")):
        state.begin()
        state.note_item("a", KNOWN)
        state.set_values({"versions": "1"})
        state.close()
        assert recalled(state, "a") is None
        with state.reading():
            assert state.get_value("versions") is None


def test_the_last_word_of_a_run_counts(tmp_path: Path) -> None:
    state, other = State(tmp_path / "state"), KNOWN._replace(changed=7)
    for words in ([KNOWN, other], [KNOWN], [KNOWN, other, KNOWN], [other, KNOWN], [KNOWN, other], [KNOWN, KNOWN]):
        state.begin(0)
        for word in words:
            state.note_item("a", word)
        state.commit(1)
        state.close()
        assert recalled(state, "a") == words[-1]


def test_a_state_that_is_not_open_says_so(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.ProgrammingError, match="the state is not open"):
        State(tmp_path / "state").accepted_counts()


def test_reading_and_dry_runs_make_no_file(tmp_path: Path) -> None:
    state = State(tmp_path / "new" / "state")
    with state.reading() as known:
        assert not known
    publish(site(), [], tmp_path / "public", state=State())
    city = City.create(tmp_path, row("a"))
    city.build(dry_run=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["items.jsonl", "public", "topicfeeds.toml"]


def test_reading_and_dry_runs_leave_the_file_as_it_is(city: City) -> None:
    before = snapshot(city.folder)
    city.put(row("b", tags=["y"]))
    changes = city.build(NOON + 100 * DAY, dry_run=True, allow_shrink=True)
    assert changes.retired == 2
    assert "tags/y.rss.xml" in changes.written
    with State(city.state).reading() as known:
        assert known
    city.put(row("a", tags=["x"]), {"id": "fair", "title": "Fair", "start": "2026-05-01"})
    assert {path: kept for path, kept in snapshot(city.folder).items() if path != "items.jsonl"} == {
        path: kept for path, kept in before.items() if path != "items.jsonl"
    }


def test_what_no_feed_holds_is_forgotten_in_time(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    noted(state, "a", "b", now=0)
    noted(state, "b", now=10 * DAYS, days=10)
    assert recalled(state, "a") == KNOWN
    noted(state, now=11 * DAYS - 1, days=10)
    assert recalled(state, "a") == KNOWN
    noted(state, now=11 * DAYS, days=10)
    assert recalled(state, "a") is None
    assert recalled(state, "b") == KNOWN
    noted(state, days=0)
    assert recalled(state, "b") == KNOWN


def test_what_runs_without_the_time_saw_is_forgotten_in_time_too(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    noted(state, "a")
    noted(state, now=0, days=10)
    noted(state, "a", days=10)
    noted(state, now=10 * DAYS, days=10)
    assert recalled(state, "a") == KNOWN
    noted(state, now=11 * DAYS, days=10)
    assert recalled(state, "a") is None


def test_the_memory_is_as_large_as_what_feeds_hold(tmp_path: Path) -> None:
    state, made = State(tmp_path / "state"), site(feeds={"limit": 2, "memory_days": 3})
    for day in range(12):
        items = [article(id=str(n), published=NOON - DAY + n * HOUR) for n in range(day * 10, day * 10 + 10)]
        publish(made, items, tmp_path / "public", state=state, now=NOON + day * DAY)
    with closing(sqlite3.connect(tmp_path / "state")) as file:
        assert file.execute("select count(*) from items").fetchone() == (8,)


def test_a_large_memory_is_asked_item_by_item(tmp_path: Path) -> None:
    path = tmp_path / "state"
    noted(State(path), "a", now=0)
    edit_state(
        path,
        "insert into items with recursive many(n) as (select 1 union all select n + 1 from many where n < 100000)"
        " select 'item ' || n, 'x', x'00', n, null, null, null, 0, null, null from many",
    )
    state = State(path)
    state.begin(DAYS)
    assert state.find_item("item 77") == ItemMemory("x", b"\0", 77)
    assert state.find_item("b") is None
    state.note_item("a", KNOWN._replace(changed=5))
    state.note_item("a", KNOWN._replace(changed=6))
    state.note_item("b", KNOWN)
    state.commit(400)
    state.close()
    assert recalled(State(path), "a") == KNOWN._replace(changed=6)
    assert recalled(State(path), "b") == KNOWN


def test_a_document_is_retired_by_the_first_run_that_did_not_keep_it_and_until_one_does(tmp_path: Path) -> None:
    state, one = State(tmp_path / "state"), WrittenDocument("b.xml", "print", 5, 7, 2, "2026-03-01T00:00:00+00:00")
    state.begin(1)
    for document in (one, one._replace(path="a.xml")):
        state.note_documents(document)
    state.commit(400)
    state.close()
    for now in (2, 3):
        state.begin(now)
        state.note_documents(one._replace(path="a.xml"))
        (gone,) = state.unmade_documents(now)
        assert gone == one._replace(retired=2)
        state.note_documents(gone)
        assert state.unmade_documents(now) == []
        state.commit(400)
        assert [document.path for document in state.list_documents()] == ["a.xml", "b.xml"]
        assert state.find_document("b.xml") == one._replace(retired=2)
        assert (state.next_due(1), state.find_document("c.xml")) == (2 + DAYS, None)
        state.close()
    state.begin(4)
    state.forget_document("b.xml")
    state.commit(400)
    assert [document.path for document in state.list_documents()] == ["a.xml"]
    assert state.next_due(1) is None


def test_the_next_moment_is_that_of_the_run_or_of_the_first_document_that_goes(tmp_path: Path) -> None:
    state = State()
    state.begin()
    assert state.next_due(30) is None
    state.set_values({"due": 500})
    assert state.next_due(30) == 500
    state.note_documents(WrittenDocument("a.xml", "", 0, 0, 0, "", retired=400))
    state.commit(1)
    assert (state.next_due(0), state.next_due(1)) == (400, 500)


def test_a_file_that_is_no_state_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(b"<html>" * 1000)
    with State(tmp_path / "state").reading() as known:
        assert known is False


def test_the_cache_keeps_what_was_written_last(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    one, other = (5, 7, b"digest"), (5, 8, b"digest")
    finding = StoredProblem("a.yaml", 1, "title", "is missing", "refused", 1)
    for stamps in ({"a": one, "b": one}, {"b": other, "c": one}, {}):
        state.begin()
        cache = state.cache
        cache.store_files(stamps)
        cache.replace_rows("findings", [(0, *finding), (1, *finding._replace(severity="warning"))])
        cache.replace_rows("inputs", [(0, "b", None, None), (1, None, "csv", None)])
        cache.replace_rows("held", [(0, "a.yaml", 3, "b", 900), (1, "a.yaml", 1, "a", 500)])
        state.set_accepted({"a": 3})
        state.set_values({"items": len(stamps)})
        state.commit(1)
        state.close()
        with state.reading():
            assert state.has_cache()
            assert cache.file_stamps() == stamps
            assert state.get_value("items") == len(stamps)
            assert state.get_value("other") is None
            assert cache.stored_problems() == [finding, finding._replace(severity="warning")]
            assert cache.stored_problems(serious=True) == [finding]
            assert cache.source_paths() == [("b", None, None), (None, "csv", None)]
            assert [title for _, _, title, _ in cache.held_items()] == ["a", "b"]
            assert state.accepted_counts() == {"a": 3}


def test_each_output_folder_has_its_own_state_and_a_site_may_be_moved(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("public")
    public, other, parent = (
        default_state_path(str(tmp_path / "s.toml"), str(tmp_path / name)) for name in ("public", "a", "")
    )
    assert Path(public).parent == tmp_path / ".topicfeeds"
    assert public == default_state_path(str(tmp_path / "s.toml"), str(tmp_path / "link"))
    assert Path(public).name == "public-efa1f375.sqlite"
    assert Path(parent).name == "here-cdb4ee2a.sqlite"
    assert len({public, other, parent, default_state_path(str(tmp_path / "s.toml"), str(tmp_path / "b/public"))}) == 4
    moved = default_state_path(str(tmp_path / "moved/s.toml"), str(tmp_path / "moved/public"))
    assert Path(moved).name == Path(public).name
    above = Path(default_state_path(str(tmp_path / "in/s.toml"), str(tmp_path))).name
    assert above.startswith("here-")


def _truncated(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _zeroed(content: bytes) -> bytes:
    at = content.rindex(b"all.atom.xml") // 512 * 512
    return content[:at] + bytes(512) + content[at + 512 :]


def _garbled(content: bytes) -> bytes:
    at = content.rindex(b"item/fair2026") // 4096 * 4096
    return content[:at] + b"\xa5" * 4096 + content[at + 4096 :]


def _unreadable(content: bytes) -> bytes:
    return content.replace(b"item/fair", b"item/\xff\xff\xff\xff")


DAMAGE: dict[Callable[[bytes], bytes], int] = {
    lambda _: b"no state" * 99: 0,
    _truncated: 2,
    _zeroed: 2,
    _garbled: 0,
    _unreadable: 1,
}
"""What may happen to the file, and how many of two items are kept then."""


@pytest.mark.parametrize(("damage", "kept"), DAMAGE.items())
def test_a_damaged_state_is_set_aside_and_what_is_sound_is_kept(
    city: City, damage: Callable[[bytes], bytes], kept: int
) -> None:
    before, content = dates(city.public), damage(city.state.read_bytes())
    city.state.write_bytes(content)
    changes = city.build(NOON + HOUR)
    (problem,) = changes.problems
    assert problem.severity == "warning"
    aside = Path(f"{city.state}.damaged")
    assert str(problem) == (
        f"{city.state}:1: warning: was damaged and was moved to {aside}; "
        + (
            f"the dates of {count('item', kept)} were kept"
            + (", and the last good versions of 2 of them are lost" if damage is _truncated else "")
            + " (to get the others back, restore a backup)"
            if kept
            else "the dates at which items were first seen are lost (to get them back, restore a backup)"
        )
    )
    assert aside.read_bytes() == content
    after = dates(city.public)
    assert after["a"] == before["a"]
    assert after["fair"] == (before["fair"] if kept == 2 else ("2026-04-01T13:00:00Z",) * 2)
    assert city.is_up_to_date(NOON + HOUR)
    assert city.build(NOON + HOUR).problems == ()


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_dry_run_goes_on_without_a_damaged_state_and_leaves_it(city: City, damage: Callable[[bytes], bytes]) -> None:
    content = damage(city.state.read_bytes())
    city.state.write_bytes(content)
    changes = city.build(NOON + HOUR, dry_run=True)
    assert changes.written == ("all.atom.xml", "all.rss.xml")
    assert changes.problems == ()
    assert city.state.read_bytes() == content
    assert sorted(city.state.parent.iterdir()) == [city.state, city.cache]


def test_damage_that_is_found_on_the_way_stops_one_run(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        with city.state.open("r+b") as file:
            file.seek(city.state.read_bytes().rindex(b"all.atom.xml") // 4096 * 4096)
            file.write(bytes(4096))
        error = sqlite3.DatabaseError("no luck")
        error.sqlite_errorname = "SQLITE_CORRUPT"
        raise error

    before = dates(city.public)
    with monkeypatch.context() as patch:
        patch.setattr(State, "set_accepted", fail)
        with pytest.raises(
            PublishError, match=r"was moved to .*\.damaged; the dates of 2 items .*; then run again"
        ) as caught:
            city.build()
    assert caught.value.exit_code == 74
    assert city.build(NOON + HOUR).problems == ()
    assert dates(city.public) == before
    assert city.is_up_to_date(NOON + HOUR)


def test_a_state_in_memory_cannot_be_set_aside(tmp_path: Path) -> None:
    state = State()
    noted(state, "a")
    state._open.execute("update items set published = cast(x'ff' as text)")
    with pytest.raises(PublishError, match="the state in memory: is damaged"):
        publish(site(), [], tmp_path, state=state)


def test_a_state_of_an_earlier_version_is_carried_over(city: City) -> None:
    city.build()
    for change in ("items drop column changes", "documents add column digest blob", "accepted rename to more"):
        city.sql(f"alter table {change}")
    city.sql("pragma user_version = 1")
    written = {path.name: path.stat().st_mtime_ns for path in city.public.rglob("*.xml")}
    assert city.build().written == ()
    assert {path.name: path.stat().st_mtime_ns for path in city.public.rglob("*.xml")} == written
    with State(city.state).reading() as known:
        assert known
    assert city.sql("pragma user_version") == [(VERSION,)]


def test_a_state_of_a_newer_version_stops_the_run(city: City) -> None:
    city.sql("alter table items add column more")
    city.sql(f"pragma user_version = {VERSION + 1}")
    before = snapshot(city.folder)
    assert not city.is_up_to_date()
    for dry in (False, True):
        city.put(row("c"))
        with pytest.raises(
            PublishError, match=r"was written by a newer version of topicfeeds\. Install that"
        ) as caught:
            city.build(dry_run=dry, allow_shrink=True)
        assert caught.value.exit_code == 74
    assert {path for path, kept in snapshot(city.folder).items() if kept != before.get(path)} == {"items.jsonl"}


@pytest.mark.parametrize("version", [0, VERSION])
def test_a_database_of_another_program_is_left_alone(tmp_path: Path, version: int) -> None:
    path = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("create table posts (title text)")
        file.execute(f"pragma user_version = {version}")
    before = path.read_bytes()
    with pytest.raises(ConfigError, match=r"other\.sqlite: exists, but is not a state of topicfeeds") as caught:
        publish(site(), [], tmp_path / "public", state=State(path))
    assert caught.value.exit_code == 2
    assert path.read_bytes() == before


def test_a_state_that_cannot_be_written_stops_the_run_and_the_old_feeds_stay(city: City, tmp_path: Path) -> None:
    before = snapshot(city.public)
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path, tmp_path / "file" / "state"):
        with pytest.raises(PublishError, match="cannot be used as the state") as caught:
            publish(site(), [], city.public, state=State(path))
        assert caught.value.exit_code == 74
    assert snapshot(city.public) == before


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("SQLITE_FULL", "free disk space, then run again"),
        ("SQLITE_READONLY_DIRECTORY", "check the owner and permissions of the file and its folder"),
        ("SQLITE_BUSY", "another run uses it: try again later"),
        ("SQLITE_IOERR_WRITE", "check the disk"),
        ("SQLITE_ERROR", "if it is damaged, restore a backup, or move it away"),
    ],
)
def test_a_failure_of_the_state_says_what_to_do(
    city: City, monkeypatch: pytest.MonkeyPatch, name: str, advice: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        error = sqlite3.OperationalError("no luck")
        error.sqlite_errorname = name
        raise error

    monkeypatch.setattr(State, "begin", fail)
    with pytest.raises(BusyError if "BUSY" in name else PublishError) as caught:
        city.build()
    assert str(caught.value) == f"{city.state}: cannot be used as the state: no luck ({advice})"


def test_a_file_in_place_of_the_folder_of_the_state_is_named(tmp_path: Path) -> None:
    city = City.create(tmp_path, row("a"))
    city.state.parent.write_bytes(b"")
    with pytest.raises(PublishError, match=rf"{city.state.parent}: File exists \(move it away\)"):
        city.build()


@pytest.mark.parametrize("version", [0, VERSION + 1])
def test_the_command_names_the_option_for_another_state(city: City, version: int) -> None:
    if not version:
        city.sql("create table other (x)")
    else:
        city.sql("alter table items add column more")
    city.sql(f"pragma user_version = {version}")
    city.put(row("new"))
    run = command("build", "--site", city.site, cwd=city.folder)
    assert run.code == (74 if version else 2)
    assert run.err.endswith("hoose another file with --state.\n")


def test_a_lost_cache_costs_a_build_and_a_lost_state_nothing_that_is_dated(city: City) -> None:
    before = snapshot(city.public)
    city.cache.unlink()
    assert not city.is_up_to_date()
    assert city.build(NOON + DAY).written == ()
    assert snapshot(city.public) == before
    for table in ("meta", "accepted", "documents"):
        city.sql(f"delete from {table}")
    assert not city.is_up_to_date()
    assert city.build(NOON + DAY).written == ()
    assert snapshot(city.public) == before
    city.put(row("a", tags=["x"]))
    city.build(allow_shrink=True)
    before = snapshot(city.public)
    city.state.unlink()
    assert city.build(NOON + DAY).written == ()
    assert snapshot(city.public) == before


def test_a_failed_run_leaves_memory_and_documents_as_they_were(city: City) -> None:
    def kept() -> object:
        tables = {"items": False, "documents": False, "accepted": False, "held": True, "records": True, "bodies": True}
        return [city.sql(f"select * from {table}", cache=cache) for table, cache in tables.items()]

    before = kept()
    (city.folder / "items.jsonl").write_text("[", "utf-8")
    with pytest.raises(SourceError):
        city.build(NOON + DAY, strict=True)
    assert kept() == before
    assert city.sql("select value from meta where name = 'failed'") == [(int((NOON + DAY).timestamp()),)]


def test_an_item_that_nobody_changed_costs_no_write(tmp_path: Path) -> None:
    path = tmp_path / "state"
    items = [article(id=str(n)) for n in range(20)] + [event()]
    publish(site(), items, tmp_path / "public", state=State(path), now=NOON)
    with closing(sqlite3.connect(path)) as file:
        file.execute("create trigger t before insert on items begin select raise(abort, 'written'); end")
    publish(site(), items, tmp_path / "public", state=State(path), now=NOON)
    with pytest.raises(PublishError, match="written"):
        publish(site(), items, tmp_path / "public", state=State(path), now=NOON + DAY)


def test_a_file_is_broken_only_where_it_can_be_read(tmp_path: Path) -> None:
    noted(State(tmp_path / "whole"), "a")
    (tmp_path / "other").write_bytes(b"<html>" * 1000)
    unreadable = Path("/proc/self/mem")  # a file whose first byte gives EIO
    paths = [tmp_path / "none", tmp_path, tmp_path / "whole", unreadable, tmp_path / "other"]
    assert [is_file_damaged(str(path)) for path in paths] == [False, False, False, False, True]
