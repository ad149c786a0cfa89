"""The output folder and its folders of documents: each is opened once, and no link inside is followed.

Documents and temporary files are opened relative to these folders. If somebody replaces a folder with a link during a
run, the run still works in the folder that it has checked.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from ..state.documents import TEMPORARY_SUFFIX, is_leftover
from ..state.ownership import check_owner

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class OutputFolder:
    """An open output folder. Paths are relative to it, such as `tags/land.atom.xml`. Methods raise OSError.

    The output folder itself may be a link. Its own path is `""`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptors: dict[str, int] = {}

    def label(self, path: str) -> str:
        """Return the name of a file in messages."""
        return str(self.path / path)

    def close(self) -> None:
        """Close all folders."""
        for descriptor in self._descriptors.values():
            with suppress(OSError):  # nothing was written to it
                os.close(descriptor)
        self._descriptors.clear()

    def open_folder(self, name: str) -> int:
        """Return the descriptor of a folder. Raises NotADirectoryError if it, or a folder above it, is a link."""
        if name not in self._descriptors:
            above, _, last = name.rpartition("/")
            if name:
                opened = os.open(last, _FOLDER | os.O_NOFOLLOW, dir_fd=self.open_folder(above))
            else:
                opened = os.open(self.path, _FOLDER)
            self._descriptors[name] = opened
        return self._descriptors[name]

    def make_folder(self, name: str) -> int:
        """Return the descriptor of a folder, and create the folder if needed. All users may read it."""
        with suppress(FileNotFoundError):
            return self.open_folder(name)
        above, _, last = name.rpartition("/")
        with suppress(FileExistsError):
            os.mkdir(last, dir_fd=self.make_folder(above))
        descriptor = self.open_folder(name)
        os.fchmod(descriptor, os.fstat(descriptor).st_mode | 0o555)
        return descriptor

    def find_status(self, path: str) -> os.stat_result | None:
        """Return the status of a file or link. Return None if it does not exist, or if a folder above it is a link."""
        try:
            folder, name = self._locate(path)
            return os.lstat(name, dir_fd=folder)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def read(self, path: str) -> bytes:
        """Return the content of a regular file."""
        folder, name = self._locate(path)
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        with os.fdopen(descriptor, "rb") as file:
            return file.read()

    def stage(self, path: str, content: bytes, media_type: str) -> os.stat_result:
        """Write the temporary file of a document, read it back, and sync it. All users may read it, whatever the umask.

        Its mtime is at least one second after the mtime of the old file: some feed readers only compare Last-Modified,
        which has whole seconds. Returns the status of the file.
        """
        before = self.find_status(path)
        descriptor = self.create(temporary_path(path))
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

    def create(self, path: str) -> int:
        """Create a file, and its folder if needed. A file of the same name, left by a killed run, is removed."""
        above, _, name = path.rpartition("/")
        folder = self.make_folder(above)
        try:
            return os.open(name, _NEW, 0o666, dir_fd=folder)
        except FileExistsError:
            self.remove_temporary(path)
            return os.open(name, _NEW, 0o666, dir_fd=folder)

    def rename(self, path: str, new_path: str) -> None:
        """Rename a file. A file of the new name is replaced."""
        (before, name), (after, new_name) = self._locate(path), self._locate(new_path)
        os.replace(name, new_name, src_dir_fd=before, dst_dir_fd=after)

    def remove(self, path: str) -> None:
        """Remove a file, if there is one."""
        with suppress(FileNotFoundError):
            folder, name = self._locate(path)
            os.unlink(name, dir_fd=folder)

    def remove_temporary(self, path: str) -> None:
        """Remove a temporary file. Raises OSError if it is a link, a special file or a file of another user."""
        if status := self.find_status(path):
            check_owner(str(self.path / path), status, self._locate(path)[0])
            self.remove(path)

    def find_leftovers(self, name: str) -> list[str]:
        """Return the temporary files in a folder, or an empty list if the folder is missing or a link."""
        try:
            found = os.listdir(self.open_folder(name))  # noqa: PTH208 - Path has no descriptors
        except (FileNotFoundError, NotADirectoryError):
            return []
        return [f"{name}/{one}".lstrip("/") for one in found if is_leftover(one, name)]

    def sync(self, name: str) -> None:
        """Wait until the changes in a folder are on the disk."""
        os.fsync(self.open_folder(name))

    def _locate(self, path: str) -> tuple[int, str]:
        above, _, name = path.rpartition("/")
        return self.open_folder(above), name


def temporary_path(path: str) -> str:
    """Return the path of the temporary file of a document."""
    above, mark, name = path.rpartition("/")
    return f"{above}{mark}.{name}{TEMPORARY_SUFFIX}"


def make_folder(folder: Path) -> None:
    """Create a folder that a web server can read, whatever the umask."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        folder.chmod(folder.stat().st_mode | 0o555)
