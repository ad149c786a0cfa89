"""The problems that `build --cron` has reported, in a small file beside the memory. It exists while there are problems.

It is not in the memory, because a run that cannot use the memory has a problem too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from .ownership import read_marked, write_marked

_MARK = "topicfeeds: the problems that cron has reported"
"""The first line of the file."""


class Reported(NamedTuple):
    """The problems that were reported, and when."""

    moment: int = 0
    """When the last list of all problems was due, in seconds since 1970."""
    stopped: bool = False
    """Whether the last run stopped with an error."""
    names: Mapping[str, int] = {}
    """A digest of each problem, and how often it occurs."""


def reported_path(state: str) -> str:
    """Return the path of the file."""
    return f"{state}.reported"


def read_reported(path: str) -> Reported:
    """Return the problems that were reported. The result is empty if the file cannot be read."""
    with suppress(ValueError):
        moment, stopped, *names = read_marked(path, _MARK)
        return Reported(int(moment), stopped == "stopped", Counter(names))
    return Reported()


def store_reported(path: str, reported: Reported) -> None:
    """Store the problems that were reported, or remove the file if there are none. A file that is not ours stays.

    If the file cannot be written, e.g. on a full disk, every run reports its problems.
    """
    stopped = "stopped" if reported.stopped else "published"
    lines = [str(reported.moment), stopped, *Counter(reported.names).elements()] if reported.names else []
    with suppress(OSError):
        write_marked(path, _MARK, lines)
