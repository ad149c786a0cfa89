"""Wrong arguments, exceptions of the caller's items, and iterators that were used up."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from support import article, site
from topicfeeds import BusyError, Problem, Site, State, build, check, feed, publish, select
from topicfeeds.output.write import lock_folder

NOW = datetime(2026, 6, 1, tzinfo=UTC)
CALLS: dict[str, Callable[[Any, Any, Path], object]] = {
    "select": lambda made, items, _: select(made, items),
    "feed": lambda made, items, _: feed(made, items, "all", now=NOW),
    "build": lambda made, items, _: build(made, items),
    "check": lambda made, items, _: check(made, items),
    "publish": lambda made, items, folder: publish(made, items, folder / "out", state=folder / "state", now=NOW),
}
ERRORS = [sqlite3.OperationalError("no such table: post"), OSError("gone"), KeyError("slug"), SystemError("x")]


@pytest.mark.parametrize("error", ERRORS, ids=repr)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_an_exception_of_the_callers_items_reaches_the_caller_as_it_is(
    call: Callable[[Any, Any, Path], object], error: Exception, tmp_path: Path
) -> None:
    def items() -> Iterator[object]:
        yield article()
        raise error from ValueError("the cause")

    with pytest.raises(type(error)) as caught:
        call(site(), items(), tmp_path)
    assert caught.value is error
    assert isinstance(error.__cause__, ValueError)
    assert error.__context__ is error.__cause__ or error.__context__ is None
    assert not list(tmp_path.glob("*.damaged"))


def test_a_run_after_such_an_exception_publishes(tmp_path: Path) -> None:
    def items() -> Iterator[object]:
        yield article()
        raise sqlite3.DatabaseError("file is not a database")

    state = State(tmp_path / "state")
    with pytest.raises(sqlite3.DatabaseError):
        publish(site(), items(), tmp_path / "out", state=state, now=NOW)  # type: ignore[arg-type]
    assert publish(site(), [article()], tmp_path / "out", state=state, now=NOW).items == 1


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("items", ["items.yaml", b"x", {"title": "A"}, article(), None, 3], ids=repr)
def test_something_else_than_items_is_a_type_error_in_one_line(
    call: Callable[[Any, Any, Path], object], items: object, tmp_path: Path
) -> None:
    with pytest.raises(
        TypeError, match=rf"\Aitems is of type {type(items).__name__} \(pass an iterable of items[^\n]*\Z"
    ):
        call(site(), items, tmp_path)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_something_else_than_a_site_is_a_type_error_in_one_line(
    call: Callable[[Any, Any, Path], object], tmp_path: Path
) -> None:
    with pytest.raises(TypeError, match=r"\Asite is of type str \(pass a Site[^\n]*\Z"):
        call("topicfeeds.toml", [], tmp_path)


def test_something_else_than_a_state_is_a_type_error_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"\Astate is of type int \(pass a State, or the path of its file\)\Z"):
        publish(site(), [], tmp_path / "out", state=3)  # type: ignore[arg-type]


@pytest.mark.parametrize(("items", "warned"), [(iter([]), True), (map(str, []), True), ([], False), ((), False)])
def test_an_iterator_without_items_causes_a_warning(items: Iterable[Any], warned: bool) -> None:
    problems: list[Problem] = []
    select(site(), items, problems=problems)
    assert [one.severity for one in problems] == ["warning"] * warned


def test_a_path_stands_for_the_state_at_this_path(tmp_path: Path) -> None:
    publish(site(), [article()], tmp_path / "out", state=str(tmp_path / "state"), now=NOW)
    assert (tmp_path / "state").read_bytes().startswith(b"SQLite")


def test_a_dry_run_says_what_would_change_and_writes_nothing(tmp_path: Path) -> None:
    changes = publish(site(), [article()], tmp_path / "out", dry_run=True)
    assert "all.atom.xml" in changes.written
    assert not (tmp_path / "out").exists()


def test_a_busy_folder_is_reported_in_words_of_the_library(tmp_path: Path) -> None:
    with lock_folder(tmp_path / "out"), pytest.raises(BusyError, match=r"wait=60"):
        publish(site(), [article()], tmp_path / "out")


def test_check_counts_items_and_problems() -> None:
    made: Site = site()
    found = check(made, [article(), {"title": "No date"}])
    assert (found.items, found.refused) == (1, 1)
