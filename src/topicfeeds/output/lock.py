"""The lock: one run at a time works on an output folder.

Loads quickly, as the check for "nothing to do" takes the lock too.
"""

from __future__ import annotations

import fcntl
import os
import time

LOCK_NAME = ".topicfeeds.lock"
"""A file that stays, so that no run can take the lock of another for stale. Its mtime is the last success."""
_RETRY_SECONDS = 0.05
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_MODE = 0o666  # less the umask: whoever may write to the folder as one of a group may record a success


def acquire_lock(folder: str, wait: float = 0, *, create: bool = True) -> int | None:
    """Take the lock of a folder: the descriptor holds it until it is closed, or the process ends.

    Gives None where there is no lock and none shall be made. Raises BlockingIOError where another run
    has it for longer than `wait` seconds, and OSError for a lock that cannot be opened.
    """
    end = time.monotonic() + wait
    path = os.path.join(folder, LOCK_NAME)
    while True:
        try:
            descriptor = os.open(path, _FLAGS)
        except FileNotFoundError:
            if not create:
                return None
            descriptor = _create(path)
        try:
            if _try_lock(descriptor, path):
                return descriptor
        except OSError as error:
            if not isinstance(error, BlockingIOError) or time.monotonic() >= end:
                os.close(descriptor)
                raise
            time.sleep(_RETRY_SECONDS)
        os.close(descriptor)


def _try_lock(descriptor: int, path: str) -> bool:
    """Lock a file, and make sure that it still has its name. Raises BlockingIOError where it is locked."""
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _create(path: str) -> int:
    """Make the file, dated so long ago that nobody takes that for a success."""
    try:
        descriptor = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, _MODE)
    except FileExistsError:
        return os.open(path, _FLAGS)
    os.utime(descriptor, (0, 0))
    return descriptor


def last_success(folder: str) -> float | None:
    """Give the moment at which a run last ended well, in seconds since 1970; None, where none has."""
    try:
        return os.stat(os.path.join(folder, LOCK_NAME)).st_mtime or None
    except OSError:
        return None


def record_success(descriptor: int) -> None:
    """Record the moment of a success, for people and machines that watch."""
    os.utime(descriptor)
