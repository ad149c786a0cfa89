"""Documents that topicfeeds owns: what was written, when to remove it, and temporary files that killed runs left."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

TEMPORARY_SUFFIX = ".topicfeeds-tmp"
OUTPUT_FOLDERS = ("", "topics", "tags", "feeds", "events")


def find_leftovers(folder: str, names: Iterable[str]) -> Iterator[str]:
    """Yield the paths of temporary files that killed runs left.

    `names` are the folders to search, relative to the output folder `folder`; "" is the output folder itself. Folders
    that are links are skipped. Raises OSError.
    """
    for name in names:
        path = os.path.join(folder, name) if name else folder
        if os.path.islink(path) and name:
            continue
        try:
            found = os.listdir(path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        for one in found:
            if is_leftover(one, name):
                yield os.path.join(path, one)


def is_leftover(name: str, folder: str) -> bool:
    """Return whether a file in a folder of documents is a temporary file of this site."""
    # This site writes `all` only into the output folder. In a folder below it, `all` belongs to another site.
    is_temporary = name.startswith(".") and name.endswith(TEMPORARY_SUFFIX)
    return is_temporary and name.startswith(".all.") is not bool(folder)


_SECONDS_A_DAY = 86_400


class WrittenDocument(NamedTuple):
    """The data that the state stores about a document."""

    path: str
    fingerprint: str
    size: int
    mtime: int
    """Nanoseconds since 1970."""
    entries: int
    updated: str
    retired: int | None = None
    """When a run first found that no feed has this document, in seconds since 1970. None if a feed has it."""
    title: str | None = None
    """The title of its feed. The empty document of a removed feed has this title."""

    def removal_time(self, retire_days: int) -> int | None:
        """Return when to remove the document, in seconds since 1970, or None to keep it."""
        return None if self.retired is None else self.retired + retire_days * _SECONDS_A_DAY

    def is_unchanged(self, folder: str) -> bool:
        """Return whether the file is a regular file with the stored size and mtime."""
        try:
            status = os.lstat(os.path.join(folder, self.path))
        except OSError:
            return False
        return self.matches(status)

    def matches(self, status: os.stat_result | None) -> bool:
        """Return whether this is the status of a regular file with the stored size and mtime."""
        if status is None or status.st_mode & 0o170000 != 0o100000:
            return False
        return (status.st_size, status.st_mtime_ns) == (self.size, self.mtime)


def is_inside(path: str) -> bool:
    """Return whether the path of a document stays in the output folder. Links are not followed."""
    return "\0" not in path and not {"", ".", ".."}.intersection(path.split("/"))
