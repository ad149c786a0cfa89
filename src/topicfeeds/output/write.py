"""Writing: write changed documents into the folder, one run at a time. Unchanged documents are left alone."""

from __future__ import annotations

import errno
import os
import signal
import stat
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from ..errors import BusyError, ConfigError, Hint, PublishError, explain_os_error
from ..registry import EXTENSION_MARK, FEED_FORMATS, OPML_MARK, PAGE_MARK, STYLESHEET_MARK
from ..state.documents import OUTPUT_FOLDERS, WrittenDocument
from ..state.store import State
from .documents import Document
from .folder import OutputFolder, make_folder, temporary_path
from .lock import LOCK_NAME, acquire_lock, record_success, release_lock
from .targets import Target, TargetFolder

_MARKS = {one.mark for one in FEED_FORMATS.values()} | {EXTENSION_MARK, OPML_MARK, PAGE_MARK, STYLESHEET_MARK}


@contextmanager
def lock_folder(folder: Path, wait: float = 0, *, dry: bool = False) -> Iterator[Callable[[], None]]:
    """Lock the folder for a run. Yields a function that records the success of the run, for `status --max-age`.

    With `dry`, nothing is created or recorded.

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

    def succeed() -> None:
        if descriptor is not None and not dry:
            record_success(descriptor)

    try:
        yield succeed
    except ConfigError:  # a missing extra: leave nothing behind, not even an empty folder
        if is_new and not dry:
            with suppress(OSError):
                path.unlink()
                folder.rmdir()
        raise
    except OSError as error:
        _raise_publish_error(error, path)
    finally:
        with suppress(OSError):  # even if this fails, the file is closed; nothing was written to it
            release_lock(descriptor)


@dataclass(slots=True)
class StagedWrite:
    """Changed documents, written under temporary names and not renamed yet. In a dry run, nothing is written."""

    folder: OutputFolder
    state: State | None = None
    is_dry: bool = False
    written: list[str] = field(default_factory=list)
    """The paths of the changed documents, in the order in which they are renamed."""
    unchanged: int = 0
    renamed: int = 0
    folders: set[str] = field(default_factory=set)
    """The folders of the documents. None of them is a link."""

    def add(self, documents: Iterable[Document]) -> None:
        """Write every changed document to a temporary file, unless the run is dry. Raises PublishError."""
        path = ""
        try:
            for document in documents:
                path = document.path
                content = _render_if_changed(document, self)
                if content is None:
                    self.unchanged += 1
                    continue
                self.written.append(path)
                made = WrittenDocument(path, "", 0, 0, 0, "")
                if not self.is_dry:  # a rename changes neither size nor mtime
                    made = _describe(document, self.folder.stage(path, content, document.media_type))
                if self.state:
                    self.state.note_documents(made)
        except OSError as error:
            _raise_publish_error(error, self.folder.label(path))

    def pending(self) -> Iterator[tuple[str, str]]:
        """Yield path and temporary path of each document that is not renamed yet."""
        return ((path, temporary_path(path)) for path in self.written[self.renamed :])

    def finish(self, gone: Iterable[str] = ()) -> None:
        """Rename all documents in their order, remove the files `gone`, and sync the folders.

        Signals that arrive meanwhile are handled afterwards. Raises PublishError.
        """
        path = ""
        try:
            with _defer_signals():
                for path, temporary in self.pending():
                    self.folder.rename(temporary, path)
                    self.renamed += 1
                for path in gone:
                    self.folder.remove(path)
                for path in dict.fromkeys(name.rpartition("/")[0] for name in (*self.written, *gone)):
                    self.folder.sync(path)
        except OSError as error:
            _raise_publish_error(error, self.folder.label(path))

    def enter(self, name: str) -> None:
        """Open a folder of documents before its first document is written. Raises PublishError if it cannot be used."""
        self.folders.add(name)
        try:
            self.folder.open_folder(name)
        except FileNotFoundError:
            pass
        except NotADirectoryError:
            path = self.folder.path / name
            inside = [path, *path.parents][: len(Path(name).parts)]
            if link := next((one for one in inside if one.is_symlink()), None):
                message = f"{link}: is a symbolic link, which may lead out of the output folder (remove the link)"
                raise PublishError(message=message) from None
            _raise_not_a_folder(path)


@contextmanager
def stage(
    documents: Iterable[Document], path: Path, state: State | None, *, dry: bool = False, target: Target | None = None
) -> Iterator[StagedWrite]:
    """Write every changed document to a temporary file, read it back, and sync it to disk.

    A document is not rendered if the state knows its fingerprint and its file is unchanged. A document with the same
    bytes as its file is not touched. Leftover temporary files are removed, even those of killed runs. With `dry`,
    changed documents are found, and nothing is written. With `target`, the folder is temporary: it has the changed
    documents until they are written to the target. Raises PublishError.
    """
    folder = TargetFolder(path, target) if target else OutputFolder(path)
    staged = StagedWrite(folder, state, dry)
    try:
        _open_output(folder, create=not dry)
        staged.add(documents)
        if not dry:
            _remove_leftovers(staged)
        yield staged
    except OSError as error:
        _raise_publish_error(error, path)
    finally:
        for _, temporary in () if dry else staged.pending():
            with suppress(OSError):  # the first error is reported; this one would hide it
                folder.remove_temporary(temporary)
        folder.close()


def _open_output(folder: OutputFolder, *, create: bool) -> None:
    """Open the output folder, or create it. Raises PublishError if it is not a folder, and OSError."""
    try:
        if create:
            make_folder(folder.path)
        with suppress(FileNotFoundError):
            folder.open_folder("")
    except (FileExistsError, NotADirectoryError):
        _raise_not_a_folder(folder.path)


def _remove_leftovers(staged: StagedWrite) -> None:
    """Remove temporary files that killed runs left."""
    waiting = {temporary for _, temporary in staged.pending()}
    for name in sorted({*OUTPUT_FOLDERS, *staged.folders}):
        for path in staged.folder.find_leftovers(name):
            if path not in waiting:
                staged.folder.remove_temporary(path)


def _render_if_changed(document: Document, staged: StagedWrite) -> bytes | None:
    """Return the new bytes of a document, or None if its file is up to date. Raises PublishError if it is not ours."""
    path, folder, state = document.path, staged.folder, staged.state
    if (above := path.rpartition("/")[0]) not in staged.folders:
        staged.enter(above)
    known, status = state.find_document(path) if state else None, folder.find_status(path)
    if known and state and known.matches(status) and known.fingerprint == document.fingerprint:
        state.note_documents(known._replace(retired=document.retired, title=document.title))
        return None
    content = document.render()
    if status is None or _differs(folder, path, status, content, listed=known is not None):
        return content
    if state:
        state.note_documents(_describe(document, status))
    return None


def is_ours(document: WrittenDocument, folder: OutputFolder, *, may_differ: bool = False) -> bool:
    """Return whether the file of a known document exists, and is neither a link nor behind a link.

    Topicfeeds must have written its content, unless the file `may_differ`. Raises PublishError.
    """
    path = document.path
    try:
        status = folder.find_status(path)
        if status is None or not stat.S_ISREG(status.st_mode):
            return False
        return may_differ or document.matches(status) or is_marked(folder.read(path))
    except OSError as error:
        _raise_publish_error(error, folder.label(path))


def is_marked(content: bytes) -> bool:
    """Return whether a file has our mark."""
    return any(mark in content for mark in _MARKS)


def _describe(document: Document, status: os.stat_result) -> WrittenDocument:
    stamp, updated = (status.st_size, status.st_mtime_ns), document.updated.isoformat()
    made = WrittenDocument(document.path, document.fingerprint, *stamp, document.entries, updated)
    return made._replace(retired=document.retired, title=document.title)


def _differs(folder: OutputFolder, path: str, status: os.stat_result, content: bytes, *, listed: bool) -> bool:
    """Return whether a file differs from `content`. Raises PublishError if it is neither `listed` nor has our mark."""
    if stat.S_ISLNK(status.st_mode):
        return True
    if stat.S_ISREG(status.st_mode):
        existing = folder.read(path)
        if existing == content:
            return False
        if listed or not existing or is_marked(existing):  # an empty file may be overwritten
            return True
    message = f"{folder.label(path)}: exists, but topicfeeds did not write it and does not replace it"
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
    if error.errno in (errno.ELOOP, errno.EINVAL):  # a link, or a file of another user: the error names it
        path = error.filename or path
    raise PublishError(message=f"{path}: cannot be written: {explain_os_error(error)}") from error
