"""What the state keeps of documents: when they are removed, whether they are as written, and leftovers beside them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from topicfeeds.state.documents import TEMPORARY_SUFFIX, WrittenDocument, find_leftovers
from topicfeeds.state.store import State


@pytest.mark.parametrize(("days", "moment"), [(0, 1_000), (1, 87_400), (30, 2_593_000)])
def test_a_document_is_removed_so_many_whole_days_after_it_was_retired(days: int, moment: int) -> None:
    assert WrittenDocument("a.xml", "", 0, 0, 0, "", 1_000).removal_time(days) == moment


def test_a_document_that_a_feed_makes_is_not_removed() -> None:
    assert WrittenDocument("a.xml", "", 0, 0, 0, "", None).removal_time(0) is None


def test_the_state_and_the_rule_agree_on_the_first_removal() -> None:
    state = State()
    state.begin()
    for retired in (900, 400, None):
        state.note_documents(WrittenDocument(f"{retired}.xml", "", 0, 0, 0, "", retired))
    state.commit(1)
    assert [state.next_due(days) for days in (0, 1, 30)] == [400, 86_800, 2_592_400]


def test_a_document_is_as_written_while_size_and_date_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "all.atom.xml"
    path.write_bytes(b"one")
    os.utime(path, ns=(5, 5))
    document = WrittenDocument("all.atom.xml", "", 3, 5, 1, "")
    assert document.is_unchanged(str(tmp_path))
    os.utime(path, ns=(5, 6))
    assert not document.is_unchanged(str(tmp_path))
    path.write_bytes(b"three")
    os.utime(path, ns=(5, 5))
    assert not document.is_unchanged(str(tmp_path))
    path.unlink()
    assert not document.is_unchanged(str(tmp_path))
    (tmp_path / "target").write_bytes(b"one")
    path.symlink_to("target")
    status = path.lstat()
    assert not document._replace(size=status.st_size, mtime=status.st_mtime_ns).is_unchanged(str(tmp_path))


def test_temporary_files_are_found_in_the_folders_that_are_named_and_not_behind_links(tmp_path: Path) -> None:
    for name in ("tags", "other", "elsewhere"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f".a.xml{TEMPORARY_SUFFIX}").touch()
    (tmp_path / f"b.xml{TEMPORARY_SUFFIX}").touch()  # no run names one so
    (tmp_path / f".all.xml{TEMPORARY_SUFFIX}").touch()
    for name in (".c.xml", "tags/.all.xml"):  # of sites whose outputs are nested
        (tmp_path / f"{name}{TEMPORARY_SUFFIX}").touch()
    (tmp_path / "topics").symlink_to("elsewhere")
    found = find_leftovers(str(tmp_path), ["", "tags", "topics", "missing"])
    assert sorted(os.path.relpath(path, tmp_path) for path in found) == [
        f".all.xml{TEMPORARY_SUFFIX}",
        f"tags/.a.xml{TEMPORARY_SUFFIX}",
    ]
