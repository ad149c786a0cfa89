"""Documents are put into a folder: whole, and only those that changed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .errors import PublishError
from .flow import Changes, Document

_MARK = b">topicfeeds</generator>"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)


def write(
    documents: Iterable[Document],
    folder: Path,
    cache: None = None,  # noqa: ARG001 - kept for what is known of the folder
) -> Changes:
    """Bring a folder up to date. Raises PublishError; up to the first rename all old files stand.

    Every changed document is written beside the old one and synced to disk; when all are, they are
    renamed, in the order given. Documents whose bytes are the same are not touched. `cache` is where
    what is known of the folder will come from.
    """
    pending: list[_Pending] = []
    unchanged = 0
    path = folder
    try:
        for document in documents:
            path = folder / document.path
            content = document.render()
            if not _differs(path, content):
                unchanged += 1
                continue
            pending.append(_Pending(document.path, path, path.with_name(f".{path.name}.topicfeeds-tmp")))
            pending[-1].prepare(content)
        for one in pending:
            path = one.path
            one.temporary.replace(path)
        for path in {one.path.parent: None for one in pending}:
            _sync(path)
    except OSError as error:
        raise PublishError(message=f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        for one in pending:
            one.discard()
    return Changes(written=tuple(one.name for one in pending), unchanged=unchanged)


def compare(documents: Iterable[Document], folder: Path) -> Changes:
    """Tell what `write` would do, and do nothing. Raises PublishError."""
    written, unchanged = [], 0
    for document in documents:
        try:
            if _differs(folder / document.path, document.render()):
                written.append(document.path)
            else:
                unchanged += 1
        except OSError as error:
            raise PublishError(message=f"{folder / document.path}: cannot be read: {error.strerror}") from error
    return Changes(written=tuple(written), unchanged=unchanged)


@dataclass(frozen=True, slots=True)
class _Pending:
    """A document that waits under a temporary name."""

    name: str
    path: Path
    temporary: Path

    def prepare(self, content: bytes) -> None:
        """Write and sync the temporary file, readable for a web server whatever the umask."""
        _make(self.path.parent)
        self.temporary.unlink(missing_ok=True)
        descriptor = os.open(self.temporary, _NEW, 0o666)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(descriptor, os.fstat(descriptor).st_mode | 0o444)
            os.fsync(descriptor)
        self._age()

    def _age(self) -> None:
        """Date the file a whole second after the old one: some readers look at Last-Modified alone."""
        try:
            before = int(self.path.lstat().st_mtime)
        except FileNotFoundError:
            return
        if int(self.temporary.stat().st_mtime) <= before:
            os.utime(self.temporary, (before + 1, before + 1))

    def discard(self) -> None:
        """Remove the temporary file, if it is still there."""
        try:
            self.temporary.unlink(missing_ok=True)
        except OSError:
            return  # the reason that stopped the run is told; this would only hide it


def _differs(path: Path, content: bytes) -> bool:
    """Compare with what is there. Raises PublishError for a file that is none of ours."""
    if path.is_symlink() or not path.exists():
        above = next(parent for parent in path.parents if parent.exists())
        if above.is_dir():
            return True
        raise PublishError(message=f"{above}: is in the way: a folder is wanted there (name another output)")
    if path.is_file():
        existing = path.read_bytes()
        if existing == content:
            return False
        if _MARK in existing or not existing:  # an empty file has nothing to lose
            return True
    raise PublishError(
        message=f"{path}: is in the way, and topicfeeds did not make it (move it, or name another output)"
    )


def _make(folder: Path) -> None:
    """Make a folder that a web server can read, whatever the umask."""
    if not folder.is_dir():
        if folder.parent != folder:
            _make(folder.parent)
        folder.mkdir(exist_ok=True)
        folder.chmod(folder.stat().st_mode | 0o555)


def _sync(folder: Path) -> None:
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return  # a folder that may be written but not read cannot be synced
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
