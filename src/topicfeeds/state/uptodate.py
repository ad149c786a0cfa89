"""The check for "nothing to do": file metadata and the state decide whether a build can be skipped.

It loads neither readers nor models, and opens nothing for writing.
"""

from __future__ import annotations

import os

from .documents import OUTPUT_FOLDERS, find_leftovers
from .files import snapshot
from .store import State
from .versions import describe_versions


def why_stale(state: State, site: str, folder: str, now: float, *, strict: bool = False) -> str | None:
    """Return the reason why a build is needed, or None if everything is up to date.

    With `strict`, a build is needed if the last build refused items, as it must fail. The state must be open. `now` is
    in seconds since 1970. Raises OSError and sqlite3.Error, and for a damaged state TypeError or ValueError.
    """
    if any(os.path.exists(f"{path}-journal") for path in (state.path, state.cache.path)):
        return "a run was killed while it wrote the state"  # a run that is not killed removes the journal
    if not state.has_cache():
        return "the cache is missing, or a run was killed while it wrote the state"
    if strict and state.cache.stored_problems(refused=True):
        return "items were refused"
    return _why_due(state, now) or _why_sources_changed(state, site) or _why_output_changed(state, folder)


def _why_due(state: State, now: float) -> str | None:
    days, last = state.get_value("retire_days"), state.get_value("now")
    if not isinstance(days, int) or not state.cache.source_paths():
        return "no earlier run recorded its sources"
    if state.get_value("versions") != describe_versions():
        return "the version of topicfeeds or of a library changed"
    due = state.next_due(days)
    if due is not None and due <= now:
        return "a date has been reached"
    if isinstance(last, int) and now < last:
        return "the clock was set back"  # dates that were due in the last run may not be due now
    return None


def _why_sources_changed(state: State, site: str) -> str | None:
    changed = snapshot(site, state.cache.source_paths(), state.cache.file_stamps()).changed
    if not changed:
        return None
    return f"{min(changed)} changed" if min(changed) else "databases and standard input are read in every run"


def _why_output_changed(state: State, folder: str) -> str | None:
    folders = set(OUTPUT_FOLDERS)
    for document in state.list_documents():
        folders.add(os.path.dirname(document.path))
        if document.retired is None and not document.is_unchanged(folder):
            return f"{document.path} changed"
    leftover = next(find_leftovers(folder, folders), None)
    return f"{leftover} was left behind by a killed run" if leftover else None
