"""The output of `build --cron`: problems when they are new, once a day after that, and an all-clear."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BusyError, ConfigError, Omitted, Problem, SourceError, TopicFeedsError, count, printable
from ..state.paths import SitePaths
from ..state.reported import Reported, read_reported, reported_path, store_reported
from .console import Console

if TYPE_CHECKING:
    from ..run.report import Changes

_UNCHANGED = "Nothing was published. The existing feeds are unchanged."
_DAY = 24 * 60 * 60
_EARLY = 15 * 60
"""A reminder may be this many seconds early, because cron does not always start a run in the same second of the day."""


@dataclass(frozen=True, slots=True)
class CronReport:
    """Prints the result of a run with `--cron`, which cron sends as mail. Used in place of `Console`."""

    console: Console
    paths: SitePaths
    now: int
    """The current time, in seconds since 1970."""

    def print_problems(self, problems: Sequence[Problem], omitted: Omitted) -> None:
        """Print the result of a run that published."""
        self._report(problems, omitted)

    def print_error(self, error: TopicFeedsError) -> int:
        """Print why a run stopped, and return its exit code."""
        self._report(error.problems, error.omitted, error)
        return error.exit_code

    def print_changes(self, _changes: Changes, _folder: str, *, dry: bool) -> None:
        """Print nothing: nobody has to act."""

    def _report(self, problems: Sequence[Problem], omitted: Omitted, error: TopicFeedsError | None = None) -> None:
        """Print new problems and the reminder if it is due, and store which problems were reported."""
        path = reported_path(self.paths.state)
        known, found = read_reported(path), Counter(_digest(one) for one in problems)
        if error:
            found[_digest(error)] = 1
        if error and not isinstance(error, SourceError):
            found |= Counter(known.names)  # the run did not find out whether the other problems are solved
        errors = [one for one in problems if one.severity != "warning"]
        is_clean = not errors and not error
        if is_clean and known.names:
            self._print_head("all problems are solved. Everything is published")
        elif known.stopped and not error:
            left = count("problem", _count_places(errors))
            self._print_head(f"feeds are published again. {left} must still be solved")
        is_known = not found.keys().isdisjoint(known.names)
        is_due = is_known and not is_clean and abs(self.now - known.moment) >= _DAY - _EARLY
        new = {name for name, number in found.items() if number > known.names.get(name, 0)}
        listed = [one for one in problems if _digest(one) in new or (is_due and one.severity != "warning")]
        listed = [one for one in listed if self.console.wants(one)]
        if listed or (error and (is_due or _digest(error) in new)):
            self._print_head(_describe(listed, is_due=is_due))
            self.console.print_problems(listed, omitted)
            self._print_foot(errors, listed, error)
        days = round((self.now - known.moment) / _DAY) if is_due else 0  # reminders come at the same time of day
        moment = known.moment + days * _DAY if is_known else self.now
        updated = Reported() if is_clean else Reported(moment, error is not None, found)
        if is_clean or updated != known:
            store_reported(path, updated)

    def _print_head(self, text: str) -> None:
        """Print which site this is about, and what happened."""
        site, folder = Path(self.paths.site).absolute(), Path(self.paths.folder).absolute()
        self.console.print_line(printable(f"{_read_title(site)}: {text} (site file {site}, feeds in {folder})."))

    def _print_foot(self, errors: Sequence[Problem], listed: Sequence[Problem], error: TopicFeedsError | None) -> None:
        """Print what was published in spite of the problems, and when the next mail comes."""
        if error:
            self.console.print_message(error)
        left = _count_places(errors) - _count_places(listed)
        lines = [
            _UNCHANGED if isinstance(error, ConfigError | BusyError) else "",
            "" if error else "Everything else is published." if errors else "Everything is published.",
            f"{count('earlier problem', left)} must be solved too." if left else "",
            "You get a reminder once a day, and a message when all problems are solved." if errors or error else "",
        ]
        self.console.print_line(" ".join(filter(None, lines)))


def _describe(listed: Sequence[Problem], *, is_due: bool) -> str:
    """Say how many problems are listed. If the list is empty, an error stopped the run: count it as one problem."""
    errors = _count_places(listed)
    what = count("problem", errors or 1) if errors or not listed else count("warning", len(listed))
    return f"{what} not solved yet" if is_due else what.replace(" ", " new ", 1)


def _count_places(problems: Sequence[Problem]) -> int:
    """Return how many items and files have errors. One item or file can have several problems."""
    return len({(one.path, one.item or -one.line) for one in problems if one.severity != "warning"})


def _digest(one: Problem | TopicFeedsError) -> str:
    """Return a digest of a problem without its line, which moves when other items are edited."""
    place = (one.path, one.field, one.severity) if isinstance(one, Problem) else ()
    text = ascii((place, re.sub(r":\d+\b", ":", one.message)))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _read_title(site: Path) -> str:
    """Return the title of a site, even if other lines of its site file are wrong; else the name of the command."""
    from ..config import read_site_file

    with suppress(OSError, ValueError, RecursionError):
        title = tomllib.loads(read_site_file(site).decode("utf-8-sig")).get("title")
        if isinstance(title, str) and title.strip():
            return title.strip()
    return "topicfeeds"
