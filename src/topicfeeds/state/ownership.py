"""Ownership: lock and state must be regular files of a trusted user, and only trusted users can read them.

Another user could otherwise hold the lock, or a read transaction on the state, for ever.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterable
from contextlib import suppress

READ_FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
"""Opens a file for reading, and never waits for a pipe. Windows has no pipes in folders."""


def check_owner(path: str, status: os.stat_result | None = None, folder: int | None = None) -> None:
    """Raise OSError if a path is a link, a special file or a file of another user. A missing file raises nothing.

    `status` and `folder`, the descriptor of its folder, are used if they are known.

    The owner of the folder is trusted, and so is its group if the folder is shared with this group only.
    """
    if sys.platform == "win32":  # Windows has a different model of permissions
        return
    try:
        status = status or os.lstat(path)
    except FileNotFoundError:
        return
    if stat.S_ISLNK(status.st_mode):
        raise OSError(errno.ELOOP, "is a symbolic link", path)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "is not a regular file (move it away)", path)
    above = os.stat(folder if folder is not None else os.path.dirname(path) or ".")
    is_shared = above.st_mode & (stat.S_IWGRP | stat.S_IWOTH) == stat.S_IWGRP and status.st_gid == above.st_gid
    if status.st_uid not in (os.geteuid(), 0, above.st_uid) and not is_shared:
        raise OSError(errno.EINVAL, "belongs to another user (move it away)", path)


def choose_mode(path: str) -> int:
    """Return the permissions of a new file: for its owner, and for the group if the folder is shared with a group."""
    shared = os.stat(os.path.dirname(path) or ".").st_mode & (stat.S_IWGRP | stat.S_ISGID)
    return 0o660 if shared else 0o600


def restrict(descriptor: int, path: str) -> None:
    """Correct the permissions of an open file, if it belongs to the current user."""
    status, mode = os.fstat(descriptor), choose_mode(path)
    if sys.platform != "win32" and status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) != mode:
        os.fchmod(descriptor, mode)


def create_private(path: str) -> None:
    """Create an empty file that others cannot read, or correct the permissions of the file. Raises OSError."""
    check_owner(path)
    descriptor = os.open(path, READ_FLAGS | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        restrict(descriptor, path)
    finally:
        os.close(descriptor)


def read_marked(path: str, mark: str) -> list[str]:
    """Return the lines of a small text file below its first line. If that line is not the mark, return no lines."""
    with suppress(OSError, ValueError):
        check_owner(path)
        with open(path, encoding="utf-8") as file:
            first, *lines = file.read().splitlines()
        if first == mark:
            return lines
    return []


def write_marked(path: str, mark: str, lines: Iterable[str]) -> None:
    """Write a mark and lines to a small text file. Without lines, remove the file. A file without the mark stays.

    Raises OSError.
    """
    if os.path.lexists(path):
        check_owner(path)
        with open(path, "rb") as file:
            if file.readline().strip() != mark.encode():
                return
    text = "".join(f"{line}\n" for line in lines)
    if not text:
        os.unlink(path)
        return
    create_private(f"{path}.new")
    with open(f"{path}.new", "w", encoding="utf-8") as new:
        new.write(f"{mark}\n{text}")
    os.replace(f"{path}.new", path)
