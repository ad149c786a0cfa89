"""Documents that topicfeeds owns: what was written, when to remove it, and temporary files that killed runs left."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

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
            # In a folder of documents, `all` is a feed of another site, whose output is this folder.
            if one.endswith(TEMPORARY_SUFFIX) and one.startswith(".") and one.startswith(".all.") is not bool(name):
                yield os.path.join(path, one)


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
    """The title of its feed, for the time when nothing else knows the title."""

    def removal_time(self, retire_days: int) -> int | None:
        """Return when to remove the document, in seconds since 1970, or None to keep it."""
        return None if self.retired is None else self.retired + retire_days * _SECONDS_A_DAY

    def is_unchanged(self, folder: str) -> bool:
        """Return whether the file is a regular file with the stored size and mtime."""
        try:
            status = os.lstat(os.path.join(folder, self.path))
        except OSError:
            return False
        return (status.st_size, status.st_mtime_ns) == (self.size, self.mtime) and status.st_mode & 0o170000 == 0o100000


def is_inside(path: str) -> bool:
    """Return whether the path of a document stays in the output folder. Links are not followed."""
    return "\0" not in path and not {"", ".", ".."}.intersection(path.split("/"))


def find_link(name: str, folder: Path) -> Path | None:
    """Return a symbolic link in the path of a document or of a folder of documents, or None.

    `name` is its path relative to `folder`, the output folder. The output folder itself may be a link.
    """
    parts = name.split("/") if name else []
    inside = (folder.joinpath(*parts[:count]) for count in range(len(parts), 0, -1))
    return next((path for path in inside if path.is_symlink()), None)
