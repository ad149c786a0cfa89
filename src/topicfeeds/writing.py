"""Documents are put into a folder: one run at a time, whole, and only those that changed."""

from __future__ import annotations

import hashlib
import os
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import NoReturn

from . import locking
from .errors import BusyError, ConfigError, PublishError
from .flow import Document
from .formats import read_back
from .idling import FOLDERS, TEMPORARY, leftovers
from .memory import Published
from .remembering import State

_MARKS = (b">topicfeeds</generator>", b"\nPRODID:-//topicfeeds//")
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


@contextmanager
def locked(folder: Path, wait: float = 0, *, dry: bool = False) -> Iterator[None]:
    """Have the folder for oneself, and record the success of what is done with it; `dry` makes and records nothing.

    Raises BusyError if another run has it for longer than `wait` seconds, PublishError if it cannot be had.
    """
    path, is_new = folder / locking.NAME, not folder.exists()
    try:
        if not dry:
            _make(folder)
        descriptor = locking.lock(str(folder), wait, create=not dry)
    except BlockingIOError:
        raise BusyError(message=f"{path}: another run is busy with it (try again, or --wait SECONDS)") from None
    except OSError as error:
        _fail(error, path)
    try:
        yield
        if descriptor is not None and not dry:
            locking.succeeded(descriptor)
    except ConfigError:  # a missing extra: nothing is to be written, not even an empty folder
        if is_new and not dry:
            with suppress(OSError):
                path.unlink()
                folder.rmdir()
        raise
    except OSError as error:
        _fail(error, path)
    finally:
        if descriptor is not None:
            with suppress(OSError):  # it is closed all the same, and nothing was written to it
                os.close(descriptor)


@dataclass(slots=True)
class Batch:
    """Changed documents that wait under temporary names."""

    folder: Path
    written: list[str] = field(default_factory=list)
    """The paths that change, in the order of work."""
    unchanged: int = 0
    renamed: int = 0
    folders: set[str] = field(default_factory=set)
    """Those of the documents; they are no links."""

    def pending(self) -> Iterator[_Pending]:
        """Give what waits to be renamed."""
        return (_Pending(self.folder / name) for name in self.written[self.renamed :])

    def finish(self, gone: Iterable[str] = ()) -> None:
        """Rename all documents, in their order, remove what is gone, and sync the folders.

        A signal has to wait: what has begun is finished. Raises PublishError.
        """
        path = self.folder
        try:
            with _undisturbed():
                for one in self.pending():
                    path = one.path
                    one.temporary.replace(path)
                    self.renamed += 1
                for name in gone:
                    path = self.folder / name
                    path.unlink(missing_ok=True)
                for name in dict.fromkeys(name.rpartition("/")[0] for name in (*self.written, *gone)):
                    path = self.folder / name
                    _sync(path)
        except OSError as error:
            _fail(error, path)


@contextmanager
def prepared(documents: Iterable[Document], folder: Path, state: State | None) -> Iterator[Batch]:
    """Write every changed document beside the old one, read it back, and sync it to disk; nothing else changes.

    Documents that are as the state knows them are not rendered, and those whose bytes are the same not
    touched. What is left of temporary files is removed, also of runs that were killed. Raises PublishError.
    """
    batch = Batch(folder)
    name = ""
    try:
        for document in documents:
            name = document.path
            content = _change(document, batch, state)
            if content is None:
                batch.unchanged += 1
                continue
            batch.written.append(name)
            one = _Pending(folder / name)
            one.prepare(content)
            _verify(document, one.temporary)
            if state:
                state.keep(one.published(document, content))
        waiting = set(batch.written)
        for path in map(Path, list(leftovers(str(folder), {*FOLDERS, *batch.folders}))):
            name = path.relative_to(folder).as_posix()
            if path.relative_to(folder).with_name(path.name[1:].removesuffix(TEMPORARY)).as_posix() not in waiting:
                path.unlink(missing_ok=True)
        yield batch
    except OSError as error:
        _fail(error, folder / name)
    finally:
        for one in batch.pending():
            one.discard()


def compare(documents: Iterable[Document], folder: Path, state: State | None) -> Batch:
    """Tell what would be written, and do nothing. Raises PublishError."""
    batch = Batch(folder)
    for document in documents:
        try:
            if _change(document, batch, state) is None:
                batch.unchanged += 1
                continue
            batch.written.append(document.path)
            if state:
                state.keep(Published(document.path, "", b"", 0, 0, 0, ""))
        except OSError as error:
            _fail(error, folder / document.path)
    return batch


@dataclass(frozen=True, slots=True)
class _Pending:
    """A document that waits under a temporary name."""

    path: Path

    @property
    def temporary(self) -> Path:
        return self.path.with_name(f".{self.path.name}{TEMPORARY}")

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

    def published(self, document: Document, content: bytes) -> Published:
        """Describe the document as it will stand: a rename changes neither size nor mtime."""
        return _described(document, content, self.temporary)

    def discard(self) -> None:
        """Remove the temporary file, if it is still there."""
        with suppress(OSError):  # the reason that stopped the run is told; this would only hide it
            self.temporary.unlink()


def _change(document: Document, batch: Batch, state: State | None) -> bytes | None:
    """Render a document, unless it stands as it would be. Raises PublishError for a file that is none of ours."""
    above, folder = document.path.rpartition("/")[0], batch.folder
    if above not in batch.folders and (link := _link(document.path, folder)):
        raise PublishError(message=f"{link}: is a link, and may lead out of the folder (remove it)")
    batch.folders.add(above)
    known = state.document(document.path) if state else None
    stands = known is not None and known.stands(str(folder))
    if known and state and stands and known.fingerprint == document.fingerprint:
        state.keep(known._replace(retired=None))
        return None
    content, path = document.render(), folder / document.path
    if known and stands:
        same = known.digest == hashlib.sha256(content).digest()
    else:
        same = not _differs(path, content, listed=known is not None)
    if not same:
        return content
    if state:
        state.keep(_described(document, content, path))
    return None


def ours(document: Published, folder: Path) -> bool:
    """Tell whether the file of a document that is remembered is there, and still ours. Raises PublishError."""
    path = folder / document.path
    try:
        stands = document.stands(str(folder)) or (path.is_file() and _is_marked(path.read_bytes()))
        return stands and not _link(document.path, folder)
    except OSError as error:
        _fail(error, path)


def _link(path: str, folder: Path) -> Path | None:
    """Find a folder on the way to a document that is a link."""
    return next((folder / above for above in PurePath(path).parents[:-1] if (folder / above).is_symlink()), None)


def _is_marked(content: bytes) -> bool:
    return any(mark in content for mark in _MARKS)


def _described(document: Document, content: bytes, path: Path) -> Published:
    status = path.lstat()
    digest, updated = hashlib.sha256(content).digest(), document.updated.isoformat()
    stamp = (status.st_size, status.st_mtime_ns)
    return Published(document.path, document.fingerprint, digest, *stamp, document.entries, updated)


def _verify(document: Document, path: Path) -> None:
    """Read a document back. What goes wrong here is a bug of ours, and no reader shall meet it."""
    names, entries = read_back(path.read_bytes())
    if document.identity not in names or entries != document.entries:
        raise AssertionError(f"{document.path}: was rendered as {sorted(names)} with {entries} entries")


def _differs(path: Path, content: bytes, *, listed: bool) -> bool:
    """Compare with what is there. Raises PublishError for a file that neither is `listed` nor has our mark."""
    if path.is_symlink() or not path.exists():
        above = next(parent for parent in path.parents if parent.exists())
        if above.is_dir():
            return True
        raise PublishError(message=f"{above}: is in the way: a folder is wanted there (name another output)")
    if path.is_file():
        existing = path.read_bytes()
        if existing == content:
            return False
        if listed or not existing or _is_marked(existing):  # an empty file has nothing to lose
            return True
    raise PublishError(
        message=f"{path}: is in the way, and topicfeeds did not make it (move it, or name another output)"
    )


def _make(folder: Path) -> None:
    """Make a folder that a web server can read, whatever the umask."""
    if not folder.is_dir():
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


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let signals that end a run wait."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals reach the main thread only
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _fail(error: OSError, path: Path) -> NoReturn:
    raise PublishError(message=f"{path}: cannot be written: {error.strerror or error}") from error
