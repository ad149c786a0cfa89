"""Targets: places other than folders to which `publish` writes, such as an object store or a zip file.

A run treats a target as a folder (`TargetFolder`). Changed documents wait in a local folder until all of them are
rendered. Then the run writes them to the target in their order, and removes files last.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol, runtime_checkable
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from ..errors import BusyError, Hint, PublishError, TopicFeedsError, explain_os_error
from ..state.documents import TEMPORARY_SUFFIX
from .folder import OutputFolder
from .lock import acquire_lock, release_lock


@runtime_checkable
class Target(Protocol):
    """A place for documents. Paths are relative to it, such as `topics/mobility.atom.xml`.

    A subclass only needs `read`, `write` and `remove`. `str(target)` is its name in messages. `publish` raises
    PublishError if a method raises an exception. A target is for one run at a time: threads need one each.
    """

    def read(self, path: str) -> bytes | None:
        """Return the content of a file, or None if there is no such file."""

    def write(self, path: str, content: bytes, media_type: str) -> None:
        """Write a file. It replaces an older file of the same path."""

    def remove(self, path: str) -> None:
        """Remove a file, if there is one."""

    def digest(self, path: str) -> str | None:
        """Return the MD5 of a file in hexadecimal, or None if there is no such file.

        If it returns a text that is not an MD5, topicfeeds compares the content of the file. By default, every file is
        read.
        """
        content = self.read(path)
        return None if content is None else _md5(content)

    def lock(self, wait: float) -> AbstractContextManager[object]:
        """Return a context manager that keeps other runs out of the target. A run calls all other methods inside it.

        Entering it raises BusyError if another run keeps the lock for longer than `wait` seconds. By default, the lock
        only stops other runs of the same user on the same machine.
        """
        return _lock_on_this_machine(str(self), wait)

    def __str__(self) -> str:
        """Return the name of the target, in messages and for its lock. By default, it is the name of the class."""
        return type(self).__name__


@contextmanager
def _lock_on_this_machine(name: str, wait: float) -> Iterator[None]:
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    folder = Path(tempfile.gettempdir(), f"topicfeeds-lock-{os.getuid()}-{digest}")
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        descriptor = acquire_lock(str(folder), wait)
    except BlockingIOError:
        raise BusyError(message=f"{name}: another run is using this target", hint=Hint.FREE_LOCK) from None
    try:
        yield
    finally:
        release_lock(descriptor)


@contextmanager
def open_target(target: Target, wait: float) -> Iterator[Path]:
    """Lock a target for a run, and yield a local folder for its changed files.

    Raises PublishError and BusyError, and TypeError for an object of the caller that is not a target.
    """
    if isinstance(target, type) or not isinstance(target, Target):
        raise TypeError(f"folder is of type {type(target).__name__} (pass the path of a folder, or a Target)")
    try:
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="topicfeeds-"))
            with _as_os_errors():
                stack.enter_context(target.lock(wait))
            yield Path(folder)
    except OSError as error:
        raise PublishError(message=f"{target}: cannot be used: {explain_os_error(error)}") from error


@contextmanager
def _as_os_errors() -> Iterator[None]:
    """Turn an exception of a driver into an OSError, which a run reports as a PublishError."""
    try:
        yield
    except (OSError, TopicFeedsError):
        raise
    except Exception as error:
        raise OSError(f"{type(error).__name__}: {error}") from error


class TargetFolder(OutputFolder):
    """A target with the methods of an output folder. Its `path` is a local folder, for temporary files only."""

    def __init__(self, path: Path, target: Target) -> None:
        super().__init__(path)
        self._target = target
        self._media_types: dict[str, str] = {}

    def label(self, path: str) -> str:
        return f"{self._target}/{path}"

    @_as_os_errors()
    def find_status(self, path: str) -> os.stat_result | None:
        """Return a status that depends on the content of a file, or None if there is no such file."""
        digest = self._target.digest(path)
        return None if digest is None else _make_status(digest)

    @_as_os_errors()
    def read(self, path: str) -> bytes:
        return self._target.read(path) or b""

    def stage(self, path: str, content: bytes, media_type: str) -> os.stat_result:
        """Write the temporary file of a document. Returns the status that the document will have in the target."""
        super().stage(path, content, media_type)
        self._media_types[path] = media_type
        return _make_status(_md5(content))

    @_as_os_errors()
    def rename(self, path: str, new_path: str) -> None:
        """Write the content of a temporary file to the target."""
        self._target.write(new_path, super().read(path), self._media_types[new_path])
        super().remove(path)

    @_as_os_errors()
    def remove(self, path: str) -> None:
        self._target.remove(path)

    def sync(self, name: str) -> None:
        """Do nothing: `Target.write` returns after the file was written."""


def _make_status(digest: str) -> os.stat_result:
    """Return the status of a regular file. Its size and mtime, which the state stores, are made from the digest."""
    code = hashlib.sha256(digest.encode()).digest()
    size, mtime = (int.from_bytes(part) >> 1 for part in (code[:8], code[8:16]))
    return os.stat_result((stat.S_IFREG | 0o644, 0, 0, 1, 0, 0, size, 0, 0, 0), {"st_mtime_ns": mtime})


def _md5(content: bytes) -> str:
    """Return the checksum that object stores have. It is only used to detect changes."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


_MEDIA_TYPE_OPTIONS = {"s3": "ContentType", "s3a": "ContentType", "gcs": "content_type", "gs": "content_type"}
"""The option of object stores for the media type of a file."""


class FsspecTarget(Target):
    """A folder in an fsspec file system: `FsspecTarget(fsspec.filesystem("s3"), "a/feeds")`. Threads need one each."""

    def __init__(self, filesystem: Any, path: str) -> None:
        if isinstance(filesystem, str):
            raise TypeError(f'filesystem is text (pass fsspec.filesystem("{filesystem}"))')
        self._files, self._path = filesystem, filesystem._strip_protocol(path).rstrip("/")
        names = filesystem.protocol
        options = (_MEDIA_TYPE_OPTIONS.get(one) for one in ([names] if isinstance(names, str) else names))
        self._option = next(filter(None, options), None)
        self._found: dict[str, dict[str, Any]] = {}

    def __str__(self) -> str:
        return str(self._files.unstrip_protocol(self._path))

    @contextmanager
    def lock(self, wait: float) -> Iterator[None]:
        """Lock the folder against other runs of this user on this machine, and list its files."""
        with _lock_on_this_machine(str(self), wait):
            self._files.invalidate_cache()
            self._found = self._files.find(self._path, detail=True)
            yield

    def read(self, path: str) -> bytes | None:
        with suppress(FileNotFoundError):
            return bytes(self._files.cat_file(f"{self._path}/{path}"))
        return None

    def digest(self, path: str) -> str | None:
        """Return the MD5 of a file, or None. S3 lists it as the ETag; in other stores, the file is read."""
        if (known := self._found.get(f"{self._path}/{path}")) is None:
            return None
        return str(known["ETag"]).strip('"') if "ETag" in known else super().digest(path)

    def write(self, path: str, content: bytes, media_type: str) -> None:
        place = f"{self._path}/{path}"
        if self._option is None:  # not an object store: it may have folders
            self._files.makedirs(place.rpartition("/")[0], exist_ok=True)
        self._files.pipe_file(place, content, **({self._option: media_type} if self._option else {}))

    def remove(self, path: str) -> None:
        with suppress(FileNotFoundError):
            self._files.rm_file(f"{self._path}/{path}")


class StorageTarget(Target):
    """A Django storage, or a folder in it: `StorageTarget(storages["feeds"])`. Threads need one each."""

    def __init__(self, storage: Any, folder: str = "") -> None:
        self._storage, self._folder = storage, f"{folder.strip('/')}/".lstrip("/")

    def __str__(self) -> str:
        return f"{type(self._storage).__name__}({getattr(self._storage, 'location', '')}/{self._folder})"

    def read(self, path: str) -> bytes | None:
        with suppress(FileNotFoundError), self._storage.open(self._folder + path, "rb") as file:
            return bytes(file.read())
        return None

    def write(self, path: str, content: bytes, media_type: str) -> None:
        """Write a file. If the storage does not overwrite files, the old file is deleted first."""
        from django.core.files.base import ContentFile  # imported here, as few users need it

        name, file = self._folder + path, ContentFile(content)
        file.content_type = media_type
        if self._storage.get_available_name(name) != name:
            self._storage.delete(name)
        if (saved := self._storage.save(name, file)) != name:
            self._storage.delete(saved)
            raise FileExistsError(f"the storage saved {name} as {saved} (use a storage that overwrites files)")

    def remove(self, path: str) -> None:
        self._storage.delete(self._folder + path)


class ZipTarget(Target):
    """A zip file, which must fit into memory. A run with changes replaces it at its end. Threads need one each."""

    def __init__(self, path: Path | str) -> None:
        self._path = Path(path).absolute()
        self._files: dict[str, bytes] = {}

    def __str__(self) -> str:
        return str(self._path)

    @contextmanager
    def lock(self, wait: float) -> Iterator[None]:
        """Lock the file against other runs of this user on this machine. At the end, replace it if it changed."""
        with _lock_on_this_machine(str(self), wait):
            self._files = {}
            if self._path.exists():
                with ZipFile(self._path) as old:
                    self._files = {name: old.read(name) for name in old.namelist()}
            before = self._files.copy()
            yield
            if self._files != before:
                self._replace()

    def read(self, path: str) -> bytes | None:
        return self._files.get(path)

    def write(self, path: str, content: bytes, media_type: str) -> None:
        self._files[path] = content

    def remove(self, path: str) -> None:
        self._files.pop(path, None)

    def _replace(self) -> None:
        """Write the new zip file and sync it. Its files have no dates, so that equal documents give equal bytes."""
        temporary = self._path.with_name(f".{self._path.name}{TEMPORARY_SUFFIX}")
        with temporary.open("wb") as file:
            with ZipFile(file, "w", ZIP_DEFLATED) as made:
                for name in sorted(self._files):
                    made.writestr(ZipInfo(name), self._files[name], ZIP_DEFLATED)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)
