"""The status of a site, for people and for monitoring."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime

from ..errors import Problem
from ..output.lock import last_success
from ..state.paths import SitePaths
from ..state.store import State

_ADVICE = "Run topicfeeds build, and read its messages."
_NO_STATE = "run topicfeeds build, or run status as the user who builds"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_age(age: str) -> int | None:
    """Return the seconds of an age such as 90s, 30m, 2h or 3d; None for other text."""
    found = re.fullmatch(r"([0-9]{1,9})([smhd])", age)
    return int(found[1]) * _UNITS[found[2]] if found else None


def describe_lateness(place: SitePaths, oldest: int, now: float) -> str:
    """Return a sentence if the last success is missing or more than `oldest` seconds ago, else an empty text."""
    success = last_success(place.folder)
    if success is None:
        return f"No run has succeeded yet. {_ADVICE}"
    age = int(now - success)
    if now - success <= oldest:
        return ""
    return f"The last success was at {_format_moment(int(success))}, {age} s ago; the limit is {oldest} s. {_ADVICE}"


def describe_state(place: SitePaths) -> Iterator[str]:
    """Yield the lines of a report."""
    success = last_success(place.folder)
    date = _format_moment(int(success)) if success is not None else "never"
    state = State(place.state)
    with state.reading() as known:
        if not known:
            yield f"last success  {date}"
            yield f"{place.state}: does not exist, or you cannot read it ({_NO_STATE})"
            return
        try:
            failed = state.get_value("failed")
            last = date
            if failed is not None and state.get_value("before") == str(success):
                last = f"{_format_moment(int(failed))}  {state.get_value('failure')}"
            yield f"last run      {last}"
            yield f"last success  {date}"
            yield from _describe_run(state)
        except (sqlite3.Error, TypeError, ValueError) as error:  # a damaged file raises the last two
            yield f"{place.state}: cannot be read: {error} (topicfeeds build says what to do)"


def _describe_run(state: State) -> Iterator[str]:
    refused = state.cache.stored_problems(serious=True) if state.has_cache() else []
    held = state.cache.held_items() if state.has_cache() else []
    more = int(state.cache.get_value("omitted_items") or 0) if state.has_cache() else 0
    count = len({(finding.path, finding.item) for finding in refused}) + more
    yield f"items         {state.get_value('items') or 0}, {count} refused, {len(held)} held back"
    retired, feeds = [], {}
    for document in state.list_documents():
        if document.retired is None:
            folder, name = os.path.split(document.path)
            feeds[os.path.join(folder, name.partition(".")[0])] = (document.entries, document.updated)
        else:
            retired.append(document)
    yield f"feeds         {len(feeds)}"
    for name, (entries, updated) in sorted(feeds.items()):
        yield f"  {name}  {entries} {'entry' if entries == 1 else 'entries'}, updated {updated}"
    if refused:
        yield "refused"
        yield from (f"  {Problem(*finding)}" for finding in refused)
        if more:
            yield f"  ... and {more} more"
    if held:
        yield "held back"
        yield from (f"  {path}:{line}: until {_format_moment(until)}: {title}" for path, line, title, until in held)
    if retired:
        yield "retired"
        days = state.get_value("retire_days")
        for one in retired:
            removed = one.removal_time(int(days or 0))
            end = "kept" if removed is None else f"to be removed {_format_moment(removed)}"
            yield f"  {one.path}  since {_format_moment(one.retired or 0)}, {end}"


def _format_moment(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()
