"""Documents that we own: what was written, when it is removed, and what killed runs left in the output folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

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

    def is_unchanged(self, folder: str) -> bool:
        """Tell whether the file is as it was written, by its size and mtime."""
        try:
            status = os.lstat(os.path.join(folder, self.path))
        except OSError:
            return False
        return (status.st_size, status.st_mtime_ns) == (self.size, self.mtime) and status.st_mode & 0o170000 == 0o100000


def find_link(name: str, folder: Path) -> Path | None:
    """Return a link among a folder of documents and the folders above it, up to the output folder; None if none is."""
    parts = name.split("/") if name else []
    inside = (folder.joinpath(*parts[:count]) for count in range(len(parts), 0, -1))
    return next((path for path in inside if path.is_symlink()), None)
