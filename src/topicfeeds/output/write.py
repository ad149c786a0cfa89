"""Writing: write changed documents into the folder, one run at a time. Unchanged documents are left alone."""

from __future__ import annotations

import errno
import os
import signal
import stat
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from ..errors import BusyError, ConfigError, Hint, PublishError, explain_os_error
from ..registry import FEED_FORMATS
from ..state.documents import OUTPUT_FOLDERS, WrittenDocument, find_leftovers, find_link
from ..state.ownership import check_owner
from ..state.store import State
from .atomic import make_folder, sync_folder, temporary_path, write_temporary
from .documents import Document
from .lock import LOCK_NAME, acquire_lock, record_success

_MARKS = {one.mark for one in FEED_FORMATS.values()}


@contextmanager
def lock_folder(folder: Path, wait: float = 0, *, dry: bool = False) -> Iterator[None]:
    """Lock the folder for a run, and record its success. With `dry`, nothing is created or recorded.

    Raises BusyError if another run keeps the lock for longer than `wait` seconds, and PublishError if the folder
    cannot be locked or written.
    """
    path, is_new = folder / LOCK_NAME, not folder.exists()
    try:
        if not dry:
            make_folder(folder)
        descriptor = acquire_lock(str(folder), wait, create=not dry)
    except BlockingIOError:
        raise BusyError(message=f"{path}: another run holds this lock", hint=Hint.FREE_LOCK) from None
    except (FileExistsError, NotADirectoryError) as error:
        _raise_not_a_folder(Path(error.filename or folder))
    except OSError as error:
        _raise_publish_error(error, path)
    try:
        yield
        if descriptor is not None and not dry:
            record_success(descriptor)
    except ConfigError:  # a missing extra: leave nothing behind, not even an empty folder
        if is_new and not dry:
            with suppress(OSError):
                path.unlink()
                folder.rmdir()
        raise
    except OSError as error:
        _raise_publish_error(error, path)
    finally:
        if descriptor is not None:
            with suppress(OSError):  # even if this fails, the file is closed; nothing was written to it
                os.close(descriptor)


@dataclass(slots=True)
class StagedWrite:
    """Changed documents, written under temporary names and not renamed yet."""

    folder: Path
    written: list[str] = field(default_factory=list)
    """The paths of the changed documents, in the order in which they are renamed."""
    unchanged: int = 0
    renamed: int = 0
    folders: set[str] = field(default_factory=set)
    """The folders of the documents. None of them is a link."""

    def pending(self) -> Iterator[tuple[str, str]]:
        """Yield path and temporary path of each document that is not renamed yet."""
        paths = (os.path.join(self.folder, name) for name in self.written[self.renamed :])  # noqa: PTH118 - faster
        return ((path, temporary_path(path)) for path in paths)

    def finish(self, gone: Iterable[str] = ()) -> None:
        """Rename all documents in their order, remove the files `gone`, and sync the folders.

        Signals that arrive meanwhile are handled afterwards. Raises PublishError.
        """
        path: str | Path = self.folder
        try:
            with _defer_signals():
                for path, temporary in self.pending():
                    os.replace(temporary, path)  # noqa: PTH105
                    self.renamed += 1
                for name in gone:
                    path = self.folder / name
                    path.unlink(missing_ok=True)
                for name in dict.fromkeys(name.rpartition("/")[0] for name in (*self.written, *gone)):
                    path = self.folder / name
                    sync_folder(path)
        except OSError as error:
            _raise_publish_error(error, path)

    def enter(self, name: str) -> None:
        """Check a folder of documents before its first document. Raises PublishError if it cannot be used."""
        self.folders.add(name)
        path = self.folder / name
        if link := find_link(name, self.folder):
            message = f"{link}: is a symbolic link, which may lead out of the output folder (remove the link)"
            raise PublishError(message=message)
        there = path if path.exists() else next(parent for parent in path.parents if parent.exists())
        if not there.is_dir():
            _raise_not_a_folder(path)


@contextmanager
def stage(documents: Iterable[Document], folder: Path, state: State | None) -> Iterator[StagedWrite]:
    """Write every changed document to a temporary file, read it back, and sync it to disk.

    A document is not rendered if the state knows its fingerprint and its file is unchanged. A document with the same
    bytes as its file is not touched. Leftover temporary files are removed, even those of killed runs. Raises
    PublishError.
    """
    staged = StagedWrite(folder)
    path: str | Path = folder
    try:
        for document in documents:
            path = os.path.join(folder, document.path)  # noqa: PTH118
            content = _render_if_changed(document, path, staged, state)
            if content is None:
                staged.unchanged += 1
                continue
            staged.written.append(document.path)
            temporary = temporary_path(path)
            write_temporary(path, temporary, content)
            if state:  # a rename changes neither size nor mtime
                state.note_document(_describe(document, temporary))
        path = folder
        waiting = {temporary for _, temporary in staged.pending()}
        for name in find_leftovers(str(folder), sorted({*OUTPUT_FOLDERS, *staged.folders})):
            if name not in waiting:
                check_owner(name)
                Path(name).unlink(missing_ok=True)
        yield staged
    except OSError as error:
        _raise_publish_error(error, path)
    finally:
        for _, temporary in staged.pending():
            with suppress(OSError):  # the first error is reported; this one would hide it
                check_owner(temporary)
                os.unlink(temporary)  # noqa: PTH108


def compare_documents(documents: Iterable[Document], folder: Path, state: State | None) -> StagedWrite:
    """Return the documents that would be written, and write nothing. Raises PublishError."""
    staged = StagedWrite(folder)
    for document in documents:
        path = folder / document.path
        try:
            if _render_if_changed(document, str(path), staged, state) is None:
                staged.unchanged += 1
                continue
            staged.written.append(document.path)
            if state:
                state.note_document(WrittenDocument(document.path, "", 0, 0, 0, ""))
        except OSError as error:
            _raise_publish_error(error, path)
    return staged


def _render_if_changed(document: Document, path: str, staged: StagedWrite, state: State | None) -> bytes | None:
    """Return the new bytes of a document, or None if its file is up to date.

    Raises PublishError if the file is not ours.
    """
    if (above := document.path.rpartition("/")[0]) not in staged.folders:
        staged.enter(above)
    known = state.find_document(document.path) if state else None
    if known and state and known.is_unchanged(str(staged.folder)) and known.fingerprint == document.fingerprint:
        state.note_document(known._replace(retired=document.retired, title=document.title))
        return None
    content = document.render()
    if _differs(Path(path), content, listed=known is not None):
        return content
    if state:
        state.note_document(_describe(document, path))
    return None


def is_regular(path: str, folder: Path) -> bool:
    """Return whether a path in the folder is a file, and neither a link nor behind a link. Raises PublishError."""
    try:
        return not find_link(path, folder) and stat.S_ISREG(os.lstat(folder / path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        _raise_publish_error(error, folder / path)


def is_ours(document: WrittenDocument, folder: Path) -> bool:
    """Return whether the file of a known document exists, and topicfeeds wrote its content. Raises PublishError."""
    path = folder / document.path
    try:
        is_file = is_regular(document.path, folder)
        return is_file and (document.is_unchanged(str(folder)) or is_marked(path.read_bytes()))
    except OSError as error:
        _raise_publish_error(error, path)


def is_marked(content: bytes) -> bool:
    """Return whether a file has our mark."""
    return any(mark in content for mark in _MARKS)


def _describe(document: Document, path: str) -> WrittenDocument:
    status, updated = os.lstat(path), document.updated.isoformat()
    stamp = (status.st_size, status.st_mtime_ns)
    made = WrittenDocument(document.path, document.fingerprint, *stamp, document.entries, updated)
    return made._replace(retired=document.retired, title=document.title)


def _differs(path: Path, content: bytes, *, listed: bool) -> bool:
    """Return whether a file differs from `content`. Raises PublishError if it is neither `listed` nor has our mark."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return True
    if stat.S_ISLNK(mode):
        return True
    if stat.S_ISREG(mode):
        existing = path.read_bytes()
        if existing == content:
            return False
        if listed or not existing or is_marked(existing):  # an empty file may be overwritten
            return True
    message = f"{path}: exists, but topicfeeds did not write it and does not replace it"
    raise PublishError(message=message, hint=Hint.FREE_PLACE)


@contextmanager
def _defer_signals() -> Iterator[None]:
    """Block the signals that end a run, and deliver them afterwards."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals reach the main thread only
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _raise_not_a_folder(path: Path) -> NoReturn:
    """Report the innermost existing part of a path, which is not a folder."""
    there = next(one for one in (path, *path.parents) if os.path.lexists(one))
    message = f"{there}: exists, but is not a folder; topicfeeds needs a folder there"
    raise PublishError(message=message, hint=Hint.FREE_PLACE) from None


def _raise_publish_error(error: OSError, path: str | Path) -> NoReturn:
    if error.errno in (errno.ELOOP, errno.EINVAL):  # a link or a file of another user, perhaps beside the document
        path = error.filename or path
    raise PublishError(message=f"{path}: cannot be written: {explain_os_error(error)}") from error
