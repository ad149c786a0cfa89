"""Atomic files: a document is written to a temporary file in its folder, synced, and renamed later."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from ..state.documents import TEMPORARY_SUFFIX
from .folder import OutputFolder


def temporary_path(path: str) -> str:
    """Return the path of the temporary file of a document."""
    above, mark, name = path.rpartition("/")
    return f"{above}{mark}.{name}{TEMPORARY_SUFFIX}"


def write_temporary(folder: OutputFolder, path: str, content: bytes) -> os.stat_result:
    """Write the temporary file of a document, read it back, and sync it. All users may read it, whatever the umask.

    Its mtime is at least one second after the mtime of the old file: some feed readers only compare Last-Modified,
    which has whole seconds. Returns the status of the file. Raises OSError.
    """
    before = folder.find_status(path)
    descriptor = folder.create(temporary_path(path))
    try:
        written = 0
        while written < len(content):
            written += os.write(descriptor, content[written:] if written else content)
        status = os.fstat(descriptor)
        os.fchmod(descriptor, status.st_mode | 0o444)
        if os.pread(descriptor, len(content) + 1, 0) != content:
            raise OSError(errno.EIO, "the file does not contain the bytes that were written")
        if before and int(status.st_mtime) <= int(before.st_mtime):
            os.utime(descriptor, (int(before.st_mtime) + 1,) * 2)
        os.fsync(descriptor)
        return os.fstat(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Create a folder that a web server can read, whatever the umask."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        folder.chmod(folder.stat().st_mode | 0o555)
