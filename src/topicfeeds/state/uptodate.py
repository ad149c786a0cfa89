"""The check for "nothing to do": file metadata and the state decide whether a build can be skipped.

It loads neither readers nor models, and opens nothing for writing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from .documents import OUTPUT_FOLDERS, find_leftovers
from .files import UNREAD, InputFiles, snapshot
from .store import State
from .versions import compare_versions, describe_versions


class Reason(NamedTuple):
    """A reason why a build is needed."""

    kind: str
    """What changed: state, items, version, date, source or document."""
    message: str
    path: str | None = None
    """The file that changed.

    The path of a source is relative to the folder of the site file, and the path of a document to the output folder.
    The path of a temporary file that a killed run left contains the output folder.
    """
    is_source: bool = False
    """Whether `path` is the path of a source or of the site file."""


def find_reasons(
    state: State, site: str, folder: str, now: float, *, strict: bool = False, allow_shrink: bool = False
) -> Iterator[Reason]:
    """Yield the reasons why a build is needed; none if everything is up to date.

    With `strict`, a build is needed if the last build refused items: the new build must fail. With `allow_shrink`, a
    build is needed if a source lost too many items. The state must be open.
    `now` is in seconds since 1970. Raises OSError and sqlite3.Error, and for a damaged state TypeError or ValueError.
    """
    if any(os.path.exists(f"{path}-journal") for path in (state.path, state.cache.path)):
        yield Reason("state", "a run was killed while it wrote the state")  # only killed runs leave a journal
    if not state.has_cache():
        yield Reason("state", "the cache is missing, or a run was killed while it wrote the state")
        return
    serious = state.cache.stored_problems(serious=True) if strict or allow_shrink else []
    if strict and serious:
        yield Reason("items", "the last build refused items, and this build is strict")
    if allow_shrink and any(one.hint == "ALLOW_SHRINK" for one in serious):
        yield Reason("items", "a source lost too many items, and this build allows it")
    yield from _find_due(state, now)
    yield from _find_sources(state, site)
    yield from _find_documents(state, folder)


def _find_due(state: State, now: float) -> Iterator[Reason]:
    days, last, versions = state.get_value("retire_days"), state.get_value("now"), state.get_value("versions")
    if not isinstance(days, int) or not state.cache.source_paths():
        yield Reason("state", "the state does not list the sources of an earlier build")
        return
    if versions != describe_versions():
        yield from (Reason("version", one) for one in compare_versions(str(versions)))
    if isinstance(last, int) and now < last:  # dates that were due in the last run may not be due now
        yield Reason("date", "the clock was set back")
    due = state.next_due(days)
    if due is not None and due <= now:
        yield from _list_dates(state, days, now)


def _list_dates(state: State, days: int, now: float) -> Iterator[Reason]:
    found = False
    for path, line, title, until in state.cache.held_items():
        if until <= now:
            found = True
            yield Reason("date", f'{path}:{line}: the date of "{title}" has been reached', path, is_source=True)
    for one in state.list_documents():
        removal = one.removal_time(days)
        if removal is not None and removal <= now:
            found = True
            yield Reason("date", f"{one.path}: its feed no longer exists, and its retire_days have passed", one.path)
    if not found:
        yield Reason("date", "a date of an item or event has been reached")


def _find_sources(state: State, site: str) -> Iterator[Reason]:
    files = snapshot(site, state.cache.source_paths(), state.cache.file_stamps())
    for path in sorted(files.changed):
        if not path:
            yield Reason("source", "databases and standard input are read in every run")
        else:
            yield Reason("source", f"{path} {_describe_change(path, files)}", path, is_source=True)


def _describe_change(path: str, files: InputFiles) -> str:
    if files.known.get(path) == UNREAD:
        return "could not be read by the last run"
    if path not in files.stamps:
        return "was removed"
    if files.stamps[path] == UNREAD:
        return "was removed, or cannot be read"
    return "changed" if path in files.known else "is new"


def _find_documents(state: State, folder: str) -> Iterator[Reason]:
    folders = set(OUTPUT_FOLDERS)
    for document in state.list_documents():
        folders.add(os.path.dirname(document.path))
        if not document.is_unchanged(folder):
            message = f"{document.path} was changed or deleted, but not by topicfeeds"
            yield Reason("document", message, document.path)
    for leftover in find_leftovers(folder, folders):
        yield Reason("document", f"{leftover} was left behind by a killed run", leftover)
