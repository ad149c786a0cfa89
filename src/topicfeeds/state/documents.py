"""Nothing to do is nothing done: whether a build would change anything, told from stats alone.

What a build needs to load takes longer than all of this; so this looks at the command's arguments itself, and
leaves all that it does not know to the command. Nothing is opened for writing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath
from typing import NamedTuple

TEMPORARY_SUFFIX = ".topicfeeds-tmp"
OUTPUT_FOLDERS = ("", "topics", "tags", "feeds", "events")


def find_leftovers(folder: str, names: Iterable[str]) -> Iterator[str]:
    """Yield the temporary files that runs which were killed have left in folders of the output."""
    for name in names:
        path = os.path.join(folder, name) if name else folder
        if os.path.islink(path) and name:
            continue
        try:
            found = os.listdir(path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        for one in found:
            if one.endswith(TEMPORARY_SUFFIX) and one.startswith("."):
                yield os.path.join(path, one)


_SECONDS_A_DAY = 86_400


def removal_time(retired: int, retire_days: int) -> int:
    """Return when a document is removed that no feed has made since `retired`, both in seconds since 1970."""
    return retired + retire_days * _SECONDS_A_DAY


class WrittenDocument(NamedTuple):
    """What is remembered of a document."""

    path: str
    fingerprint: str
    size: int
    mtime: int
    """Nanoseconds since 1970."""
    entries: int
    updated: str
    retired: int | None = None
    """Since when no feed of the site makes it, in seconds since 1970."""

    def stands(self, folder: str) -> bool:
        """Tell whether the file is as it was written, by its size and mtime."""
        try:
            status = os.lstat(os.path.join(folder, self.path))
        except OSError:
            return False
        return (status.st_size, status.st_mtime_ns) == (self.size, self.mtime) and status.st_mode & 0o170000 == 0o100000


def find_link(name: str, folder: Path) -> Path | None:
    """Find a link among a folder of documents and those above it, below that of the output."""
    inside = [PurePath(name), *PurePath(name).parents][:-1]
    return next((folder / one for one in inside if (folder / one).is_symlink()), None)
