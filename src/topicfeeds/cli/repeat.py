"""A build with nothing to do repeats the messages about errors. It loads neither click nor pydantic."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ExitCode, Omitted
from ..state.paths import SitePaths
from .console import Console, restore_problem
from .shortcut import Check, parse_options, read_seconds

if TYPE_CHECKING:
    from .cron import CronReport


def repeat_problems(check: Check, report: Console | CronReport) -> int:
    """Print the problems of items and sources that the last run had. Return the exit code."""
    refused = check.refused or []
    report.print_problems(list(map(restore_problem, refused)), Omitted(errors=check.omitted))
    return ExitCode.PROBLEMS if refused else ExitCode.DONE


def repeat_last_run(check: Check, arguments: Sequence[str]) -> int:
    """Print the problems of the last run, given the arguments of a plain build. Return the exit code."""
    options = parse_options(arguments) or {}
    console = Console(
        "--quiet" in arguments,
        "--all-problems" in arguments,
        machine=options.get("--log-format") == "json",
        base=str(Path(check.paths.site).parent),
    )
    return repeat_problems(check, make_report(console, check.paths, read_seconds(), cron="--cron" in arguments))


def make_report(console: Console, paths: SitePaths, now: int, *, cron: bool) -> Console | CronReport:
    """Return the object that prints the result of a build. `now` is in seconds since 1970."""
    if not cron:
        return console
    from .cron import CronReport

    return CronReport(console, paths, now)
