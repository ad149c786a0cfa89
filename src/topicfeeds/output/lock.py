"""The lock: one run at a time works on an output folder.

Loads quickly, as the check for "nothing to do" takes the lock too.
"""

from __future__ import annotations

import fcntl
import os
import time

LOCK_NAME = ".topicfeeds.lock"
"""The file is never removed: no run can mistake another run's lock for a stale one. Its mtime is the last success."""
_RETRY_SECONDS = 0.05
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_MODE = 0o666  # less the umask: every member of a group that may write to the folder may record a success


def acquire_lock(folder: str, wait: float = 0, *, create: bool = True) -> int | None:
    """Lock a folder, and return the descriptor of the lock file. The lock ends when the descriptor is closed.

    Returns None if there is no lock file and `create` is false. Raises BlockingIOError if another run keeps the lock
    for longer than `wait` seconds, and OSError if the lock file cannot be opened.
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
    """Lock a file, and check that it still has its name. Raises BlockingIOError if another run has the lock."""
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _create(path: str) -> int:
    """Create the lock file. Its date is 1970: nobody can mistake that for a success."""
    try:
        descriptor = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, _MODE)
    except FileExistsError:
        return os.open(path, _FLAGS)
    os.utime(descriptor, (0, 0))
    return descriptor


def last_success(folder: str) -> float | None:
    """Return the time of the last successful run, in seconds since 1970; None if there is none."""
    try:
        return os.stat(os.path.join(folder, LOCK_NAME)).st_mtime or None
    except OSError:
        return None


def record_success(descriptor: int) -> None:
    """Record the time of a success, for `status` and for monitoring."""
    os.utime(descriptor)
