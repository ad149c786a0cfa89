"""Documents that no feed makes any more: one rule says which are emptied, which are removed, which are not ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from support import site
from topicfeeds import Document
from topicfeeds.output.folder import OutputFolder
from topicfeeds.output.retire import Retirement
from topicfeeds.state.documents import WrittenDocument
from topicfeeds.state.store import State

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
MOMENT = int(NOW.timestamp())
BEFORE = "2026-03-01T00:00:00+00:00"
DAYS = 30
MARKED = b"<feed><generator>topicfeeds</generator></feed>"
EVENT = "events/0123456789abcdef.ics"


def write(
    folder: Path, path: str, retired: int | None = None, content: bytes = MARKED, entries: int = 1
) -> WrittenDocument:
    """Write a document, and return its row in the state."""
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(content)
    status = (folder / path).stat()
    return WrittenDocument(path, "print", status.st_size, status.st_mtime_ns, entries, BEFORE, retired, "Land")


@contextmanager
def run_with(state: State, *known: WrittenDocument, made: tuple[WrittenDocument, ...] = ()) -> Iterator[State]:
    """Start a run that made some documents, where the last run knew others."""
    state.begin(MOMENT - 1)
    state.note_documents(*known)
    state.commit(400)
    state.close()
    state.begin(MOMENT)
    state.note_documents(*made)
    yield state
    state.close()


def retire(state: State, folder: Path, days: int = DAYS, now: datetime | None = NOW) -> Retirement:
    """Decide about all documents."""
    found = Retirement()
    assert not any(one.entries for one in empties(found, state, folder, days, now))
    return found


def empties(
    found: Retirement, state: State, folder: Path, days: int = DAYS, now: datetime | None = NOW
) -> list[Document]:
    """Decide about all documents, and return the empty ones."""
    with closing(OutputFolder(folder)) as opened:
        return list(found.retire(state, opened, site(feeds={"retire_days": days}), now))


def summary(found: Retirement) -> tuple[list[str], list[str], list[str]]:
    return [one.path for one in found.removed], found.waiting, found.foreign


def test_a_document_that_the_run_made_is_not_retired(tmp_path: Path) -> None:
    document = write(tmp_path, "all.atom.xml")
    with run_with(State(), document, made=(document,)) as state:
        assert summary(retire(state, tmp_path, 0)) == ([], [], [])


def test_a_document_that_the_run_did_not_make_becomes_empty_and_waits_from_now_on(tmp_path: Path) -> None:
    with run_with(State(), write(tmp_path, "tags/x.atom.xml")) as state:
        [empty] = empties(Retirement(), state, tmp_path)
        assert (empty.path, empty.entries, empty.updated, empty.retired) == ("tags/x.atom.xml", 0, NOW, MOMENT)
        content = empty.render().decode()
        assert "<title>Land</title>" in content
        assert "<updated>2026-04-01T12:00:00Z</updated>" in content
        assert "<entry>" not in content
        assert summary(retire(state, tmp_path, 0)) == (["tags/x.atom.xml"], [], [])


def test_a_document_that_is_empty_keeps_the_date_at_which_it_became_empty(tmp_path: Path) -> None:
    with run_with(State(), write(tmp_path, "tags/x.rss.xml", 5, entries=0)) as state:
        [empty] = empties(Retirement(), state, tmp_path, 36_500)
        assert (empty.updated.isoformat(), empty.retired) == (BEFORE, 5)


def test_a_document_without_a_title_gets_one_from_its_path(tmp_path: Path) -> None:
    known = write(tmp_path, "topics/new-homes.atom.xml")._replace(title=None)
    with run_with(State(), known) as state:
        [empty] = empties(Retirement(), state, tmp_path)
        assert f"<title>New homes - {site().title}</title>" in empty.render().decode()


def test_the_file_of_an_event_is_removed_at_once_even_without_the_time(tmp_path: Path) -> None:
    with run_with(State(), write(tmp_path, EVENT)) as state:
        assert summary(retire(state, tmp_path)) == ([EVENT], [], [])
        assert summary(retire(state, tmp_path, now=None)) == ([EVENT], [], [])


@pytest.mark.parametrize(("seconds", "removed"), [(-1, False), (0, True), (1, True)])
def test_a_document_is_removed_when_its_days_are_over(tmp_path: Path, seconds: int, removed: bool) -> None:
    retired = MOMENT - 100
    document = write(tmp_path, "tags/x.atom.xml", retired)
    end = retired + DAYS * 86_400
    now = datetime.fromtimestamp(end + seconds, UTC)
    with run_with(State(), document) as state:
        paths = ["tags/x.atom.xml"]
        assert summary(retire(state, tmp_path, now=now)) == ((paths, [], []) if removed else ([], paths, []))
        assert state.next_due(DAYS) == document.removal_time(DAYS) == end
    assert (tmp_path / "tags/x.atom.xml").exists()  # it is decided here, and done elsewhere


def test_a_document_that_was_retired_in_1970_is_removed_too(tmp_path: Path) -> None:
    with run_with(State(), write(tmp_path, "tags/x.atom.xml", 0)) as state:
        assert summary(retire(state, tmp_path))[0] == ["tags/x.atom.xml"]


def test_without_the_time_no_feed_is_removed(tmp_path: Path) -> None:
    old, new = write(tmp_path, "tags/x.atom.xml", 5), write(tmp_path, "tags/y.atom.xml")
    with run_with(State(), old, new) as state:
        assert summary(retire(state, tmp_path, 0, None)) == ([], [old.path, new.path], [])


def test_files_that_are_not_ours_any_more_are_not_removed(tmp_path: Path) -> None:
    names = ("deleted", "edited", "foreign", "same")
    deleted, edited, foreign, same = (write(tmp_path, f"tags/{name}.atom.xml", 5) for name in names)
    (tmp_path / deleted.path).unlink()
    (tmp_path / edited.path).write_bytes(MARKED + b"more")
    (tmp_path / foreign.path).write_bytes(b"by hand")
    with run_with(State(), deleted, edited, foreign, same) as state:
        assert summary(retire(state, tmp_path)) == ([edited.path, same.path], [], [deleted.path, foreign.path])


def test_files_that_somebody_edited_are_written_anew_until_their_days_are_over(tmp_path: Path) -> None:
    edited, deleted = (write(tmp_path, f"tags/{name}.atom.xml", MOMENT) for name in ("edited", "deleted"))
    (tmp_path / edited.path).write_bytes(b"by hand")
    (tmp_path / deleted.path).unlink()
    with run_with(State(), edited, deleted) as state:
        assert summary(retire(state, tmp_path)) == ([], [edited.path], [deleted.path])


def test_files_behind_a_link_are_not_ours(tmp_path: Path) -> None:
    document = write(tmp_path, "tags/x.atom.xml", 5)
    (tmp_path / "tags").rename(tmp_path / "elsewhere")
    (tmp_path / "tags").symlink_to(tmp_path / "elsewhere")
    with run_with(State(), document) as state:
        assert summary(retire(state, tmp_path)) == ([], [], [document.path])
        assert summary(retire(state, tmp_path, 36_500)) == ([], [], [document.path])
