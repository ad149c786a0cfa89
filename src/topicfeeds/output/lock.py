"""The lock: one run at a time works on an output folder.

This module loads quickly, because the check for "nothing to do" also takes the lock.
"""

from __future__ import annotations

import fcntl
import os
import time

from ..state.ownership import check_owner, choose_mode, restrict

LOCK_NAME = ".topicfeeds.lock"
"""The lock file. Its mtime is the time of the last success.

Runs do not delete the file. The operating system releases the lock when a run ends, so there are no stale locks. There
is one exception: a run that created the folder and stops with ConfigError removes the file and the folder.
"""
_RETRY_SECONDS = 0.05
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def acquire_lock(folder: str, wait: float = 0, *, create: bool = True) -> int | None:
    """Lock a folder, and return the descriptor of the lock file. `release_lock` releases the lock.

    Returns None if there is no lock file and `create` is false. Raises BlockingIOError if another run keeps the lock
    for longer than `wait` seconds, and OSError if the lock file cannot be opened, or is not a file of ours.
    """
    end = time.monotonic() + wait
    path = os.path.join(folder, LOCK_NAME)
    while True:
        check_owner(path)
        try:
            descriptor = os.open(path, _FLAGS)
        except FileNotFoundError:
            if not create:
                return None
            descriptor = _create(path)
        try:
            check_owner(path, os.fstat(descriptor))
            restrict(descriptor, path)
            if _try_lock(descriptor, path):
                return descriptor
        except OSError as error:
            if not isinstance(error, BlockingIOError) or time.monotonic() >= end:
                os.close(descriptor)
                raise
            time.sleep(_RETRY_SECONDS)
        os.close(descriptor)


def _try_lock(descriptor: int, path: str) -> bool:
    """Lock a file, and return whether it is still the file at `path`. Raises BlockingIOError if a run has the lock."""
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


def _create(path: str) -> int:
    """Create the lock file, and return its descriptor. Its mtime is 0 (1970), which means: no success yet."""
    try:
        descriptor = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, choose_mode(path))
    except FileExistsError:
        return os.open(path, _FLAGS)
    os.utime(descriptor, (0, 0))
    return descriptor


def release_lock(descriptor: int | None) -> None:
    """Release a lock, if there is one, and close its file. A process forked during the run may have the file open."""
    if descriptor is None:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)


def last_success(folder: str) -> float | None:
    """Return the time of the last successful run, in seconds since 1970, or None."""
    try:
        return os.stat(os.path.join(folder, LOCK_NAME)).st_mtime or None
    except OSError:
        return None


def record_success(descriptor: int) -> None:
    """Set the mtime of the lock file to the current time: the last success, for `status` and monitoring."""
    os.utime(descriptor)
