"""The status of a site, for people and for monitoring."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import click

from ..errors import ConfigError, count
from ..output.lock import last_success
from ..state.paths import SitePaths
from ..state.store import State
from .console import Console, restore_problem

_OTHER_SUFFIXES = (".css", ".html", ".opml")
_ADVICE = "Run topicfeeds build, and read its messages."
_NO_STATE = "run topicfeeds build, or run status as the user who builds"
_UNITS = {"s": ("second", 1), "m": ("minute", 60), "h": ("hour", 3600), "d": ("day", 86400)}
"""The units of ages, with their lengths in seconds."""


class Age(NamedTuple):
    """An age that a person wrote, such as 30m or 2h."""

    seconds: int
    words: str


def parse_age(age: str) -> Age:
    """Return an age such as 90s, 30m, 2h or 3d. Raises UsageError for other text."""
    found = re.fullmatch(r"([0-9]{1,9})([smhd])", age)
    if not found:
        raise click.UsageError(f'--max-age "{age}" is not an age (write for example 90s, 30m, 2h or 3d)')
    name, length = _UNITS[found[2]]
    return Age(int(found[1]) * length, count(name, int(found[1])))


def check_site_file(path: str) -> None:
    """Raise ConfigError if there is no site file. Users who cannot read the file can still see the status."""
    try:
        os.stat(path)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            advice = "name the site file with --site, or create one with topicfeeds init"
            raise ConfigError(message=f"{path}: does not exist ({advice})") from None


def describe_lateness(place: SitePaths, oldest: Age, now: float) -> str:
    """Return a sentence if there was no success within the age `oldest`, else an empty text."""
    success = last_success(place.folder)
    if success is None:
        return f"No run has succeeded yet. {_ADVICE}"
    if now - success <= oldest.seconds:
        return ""
    return f"The last success was more than {oldest.words} ago: {_format_past(int(success), now)}. {_ADVICE}"


def describe_state(place: SitePaths, now: float) -> Iterator[str]:
    """Yield the lines of a report."""
    success = last_success(place.folder)
    date = _format_past(int(success), now) if success is not None else "never"
    state, console = State(place.state), Console(base=os.path.dirname(place.site))
    with state.reading() as known:
        if not known:
            yield f"last success  {date}"
            yield f"{place.state}: does not exist, or you cannot read it ({_NO_STATE})"
            return
        try:
            failed = state.get_value("failed")
            last = date
            if failed is not None and state.get_value("before") == str(success):
                path = state.get_value("failed_path")
                where = console.locate(str(path)) if path else ""
                last = f"{_format_past(int(failed), now)}  failed: {where}{state.get_value('failure')}"
            yield f"last run      {last}"
            yield f"last success  {date}"
            yield from _describe_run(state, console)
        except (sqlite3.Error, TypeError, ValueError) as error:  # damage raises TypeError or ValueError
            yield f"{place.state}: cannot be read: {error} (run topicfeeds build, and read its messages)"


def _describe_run(state: State, console: Console) -> Iterator[str]:
    refused = state.cache.stored_problems(serious=True) if state.has_cache() else []
    held = state.cache.held_items() if state.has_cache() else []
    more = int(state.cache.get_value("omitted_items") or 0) if state.has_cache() else 0
    items = {(finding.path, finding.item) for finding in refused if finding.severity == "refused"}
    count = len(items) + more
    yield f"items         {state.get_value('items') or 0}, {count} refused, {len(held)} held back"
    retired, feeds = [], {}
    for document in state.list_documents():
        if document.path.endswith(_OTHER_SUFFIXES) or document.path.startswith("events/"):
            continue
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
        yield from (f"  {console.complete_problem(restore_problem(one))}" for one in refused)
        if more:
            yield f"  ... and {more} more"
    if held:
        yield "held back"
        yield from (
            f"  {console.locate(path)}:{line}: until {_format_moment(until)}: {title}"
            for path, line, title, until in held
        )
    if retired:
        yield "retired"
        days = state.get_value("retire_days")
        for one in retired:
            removed = one.removal_time(int(days or 0))
            end = "kept" if removed is None else f"to be removed {_format_moment(removed)}"
            yield f"  {one.path}  since {_format_moment(one.retired or 0)}, {end}"


def _format_past(moment: int, now: float) -> str:
    """Return a date with its age in words. The unit is the smallest that gives an age of at most two digits."""
    age = int(now) - moment
    name, length = next(((name, one) for name, one in _UNITS.values() if age < 100 * one), _UNITS["d"])
    words = f"{count(name, age // length)} ago" if age >= 0 else "in the future"
    return f"{_format_moment(moment)} ({words})"


def _format_moment(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()
