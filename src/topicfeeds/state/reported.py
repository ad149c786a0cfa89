"""The problems that `build --cron` has reported, in a small file beside the memory. It exists while there are problems.

It is not in the memory, because a run that cannot use the memory has a problem too.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from .ownership import check_owner, create_private

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
    """Return the problems that were reported. A file that cannot be read, or is not ours, has none."""
    with suppress(OSError, ValueError):
        check_owner(path)
        with open(path, encoding="utf-8") as file:
            mark, moment, stopped, *names = file.read().splitlines()
        if mark == _MARK:
            return Reported(int(moment), stopped == "stopped", Counter(names))
    return Reported()


def store_reported(path: str, reported: Reported) -> None:
    """Store the problems that were reported, or remove the file if there are none. A file of others stays.

    If the file cannot be written, e.g. on a full disk, every run reports its problems.
    """
    with suppress(OSError):
        if os.path.lexists(path) and not _is_ours(path):
            return
        if not reported.names:
            os.unlink(path)
            return
        create_private(f"{path}.new")
        with open(f"{path}.new", "w", encoding="utf-8") as file:
            stopped = "stopped" if reported.stopped else "published"
            file.write("\n".join([_MARK, str(reported.moment), stopped, *Counter(reported.names).elements(), ""]))
        os.replace(f"{path}.new", path)


def _is_ours(path: str) -> bool:
    check_owner(path)
    with open(path, "rb") as file:
        return file.readline().strip() == _MARK.encode()
