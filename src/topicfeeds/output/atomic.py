"""Atomic files: a document is written to a temporary file in its folder, synced, and renamed later."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from ..state.documents import TEMPORARY_SUFFIX
from ..state.ownership import check_owner

_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


def temporary_path(path: str) -> str:
    """Return the path of the temporary file of a document."""
    above, mark, name = path.rpartition("/")
    return f"{above}{mark}.{name}{TEMPORARY_SUFFIX}"


def write_temporary(path: str, temporary: str, content: bytes) -> None:
    """Write the temporary file of a document, read it back, and sync it. All users may read it, whatever the umask.

    Its mtime is at least one second after the mtime of the old file: some feed readers only compare Last-Modified,
    which has whole seconds. Raises OSError.
    """
    descriptor = _create(temporary)
    try:
        written = 0
        while written < len(content):
            written += os.write(descriptor, content[written:] if written else content)
        status = os.fstat(descriptor)
        os.fchmod(descriptor, status.st_mode | 0o444)
        if os.pread(descriptor, len(content) + 1, 0) != content:
            raise OSError(errno.EIO, "the file does not contain the bytes that were written")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    with suppress(FileNotFoundError):
        before = int(os.lstat(path).st_mtime)
        if int(status.st_mtime) <= before:
            os.utime(temporary, (before + 1, before + 1))


def _create(path: str) -> int:
    """Create a file, and its folder if needed."""
    for _ in range(2):
        try:
            return os.open(path, _NEW, 0o666)
        except FileExistsError:  # left by a run that was killed
            check_owner(path)
            os.unlink(path)  # noqa: PTH108
        except FileNotFoundError:
            make_folder(Path(path).parent)
    return os.open(path, _NEW, 0o666)


def make_folder(folder: Path) -> None:
    """Create a folder that a web server can read, whatever the umask."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        folder.chmod(folder.stat().st_mode | 0o555)


def sync_folder(folder: Path) -> None:
    """Wait until the changes in a folder are on the disk."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return  # a folder without read permission cannot be synced
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
