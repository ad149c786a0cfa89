"""Documents that no feed makes any more: one rule says which are removed, which wait, and which are not ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from topicfeeds.output.folder import OutputFolder
from topicfeeds.output.retire import Retirement, retire_documents
from topicfeeds.state.documents import WrittenDocument
from topicfeeds.state.store import State

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
MOMENT = int(NOW.timestamp())
DAYS = 30
MARKED = b"<feed><generator>topicfeeds</generator></feed>"


def write(folder: Path, path: str, retired: int | None = None, content: bytes = MARKED) -> WrittenDocument:
    """Write a document, and say what the state knows of it."""
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(content)
    status = (folder / path).stat()
    return WrittenDocument(path, "print", status.st_size, status.st_mtime_ns, 1, NOW.isoformat(), retired)


@contextmanager
def run_with(state: State, *known: WrittenDocument, made: tuple[WrittenDocument, ...] = ()) -> Iterator[State]:
    """Start a run that made some documents, where the last run knew others."""
    state.begin(MOMENT - 1)
    state.note_document(*known)
    state.commit(400)
    state.close()
    state.begin(MOMENT)
    state.note_document(*made)
    yield state
    state.close()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[OutputFolder]:
    """The output folder, opened."""
    with closing(OutputFolder(tmp_path)) as opened:
        yield opened


def test_without_a_state_nothing_is_retired(folder: OutputFolder) -> None:
    assert retire_documents(None, folder, DAYS, NOW) == Retirement()


def test_a_document_that_the_run_made_is_not_retired(tmp_path: Path, folder: OutputFolder) -> None:
    document = write(tmp_path, "all.atom.xml")
    with run_with(State(), document, made=(document,)) as state:
        assert retire_documents(state, folder, 0, NOW) == Retirement()


def test_a_document_that_the_run_did_not_make_waits_from_now_on(tmp_path: Path, folder: OutputFolder) -> None:
    document = write(tmp_path, "tags/x.atom.xml")
    with run_with(State(), document) as state:
        found = retire_documents(state, folder, DAYS, NOW)
        assert found == Retirement(waiting=1, known=(document._replace(retired=MOMENT),))
        assert retire_documents(state, folder, 0, NOW).removed == ("tags/x.atom.xml",)


@pytest.mark.parametrize(("seconds", "removed"), [(-1, False), (0, True), (1, True)])
def test_a_document_is_removed_when_its_days_are_over(
    tmp_path: Path, folder: OutputFolder, seconds: int, removed: bool
) -> None:
    retired = MOMENT - 100
    document = write(tmp_path, "tags/x.atom.xml", retired)
    end = retired + DAYS * 86_400
    now = datetime.fromtimestamp(end + seconds, UTC)
    with run_with(State(), document) as state:
        found = retire_documents(state, folder, DAYS, now)
        assert found == Retirement(("tags/x.atom.xml",) if removed else (), int(not removed), (document,))
        assert state.next_due(DAYS) == document.removal_time(DAYS) == end
    assert (tmp_path / "tags/x.atom.xml").exists()  # it is decided here, and done elsewhere


def test_a_document_that_was_retired_in_1970_is_removed_too(tmp_path: Path, folder: OutputFolder) -> None:
    with run_with(State(), write(tmp_path, "tags/x.atom.xml", 0)) as state:
        assert retire_documents(state, folder, DAYS, NOW).removed == ("tags/x.atom.xml",)


def test_without_the_time_nothing_is_removed(tmp_path: Path, folder: OutputFolder) -> None:
    old, new = write(tmp_path, "tags/x.atom.xml", 5), write(tmp_path, "tags/y.atom.xml")
    with run_with(State(), old, new) as state:
        assert retire_documents(state, folder, 0, None) == Retirement(waiting=2, known=(old, new))


def test_files_that_are_not_ours_any_more_are_forgotten_and_stay(tmp_path: Path, folder: OutputFolder) -> None:
    names = ("deleted", "edited", "foreign", "same")
    deleted, edited, foreign, same = (write(tmp_path, f"tags/{name}.atom.xml", 5) for name in names)
    (tmp_path / deleted.path).unlink()
    (tmp_path / edited.path).write_bytes(MARKED + b"more")
    (tmp_path / foreign.path).write_bytes(b"by hand")
    with run_with(State(), deleted, edited, foreign, same) as state:
        assert retire_documents(state, folder, DAYS, NOW) == Retirement(
            removed=(edited.path, same.path), known=(edited, same), foreign=(deleted.path, foreign.path)
        )


def test_files_behind_a_link_are_not_ours(tmp_path: Path, folder: OutputFolder) -> None:
    document = write(tmp_path, "tags/x.atom.xml", 5)
    (tmp_path / "tags").rename(tmp_path / "elsewhere")
    (tmp_path / "tags").symlink_to(tmp_path / "elsewhere")
    with run_with(State(), document) as state:
        assert retire_documents(state, folder, DAYS, NOW) == Retirement(foreign=(document.path,))
