"""Spills: temporary files for what a run needs of very many records or entries."""

from __future__ import annotations

import marshal
import os
import pickle
import tempfile
import weakref
from array import array
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import IO, Any

from ..errors import PublishError
from .model import Entry

_INITIAL_SLOTS = 1 << 12
_MAX_BYTES_IN_MEMORY = 16 << 20
"""So many bytes of rows are held in memory; a file without a name takes what is more."""


def close_quietly(file: IO[bytes]) -> None:
    """Close a file of which nothing is needed any more, also where what it has to write does not fit on the disk."""
    with suppress(OSError):
        file.close()


def temp_file_error(error: OSError) -> PublishError:
    """Say that a temporary file cannot be written."""
    place = tempfile.gettempdir()
    message = f"{place}: cannot be written: {error.strerror} (set TMPDIR to a folder with free space)"
    return PublishError(message=message)


class RowSpill:
    """Rows of plain values under keys of 64 bits: a hash table of 12 bytes a slot, and the rows one after another."""

    def __init__(self) -> None:
        self._keys, self._numbers = array("q", [0]) * _INITIAL_SLOTS, array("I", [0]) * _INITIAL_SLOTS
        """The keys, and of the row under each its number, counted from 1; 0 is a free slot."""
        self._count = 0
        self._starts = array("Q", [0])
        """Where each row starts, and the next one will."""
        self._held = bytearray()
        """The last rows; those before are in the file."""
        self._file: IO[bytes] | None = None
        self._filed = 0

    def enter(self, key: int, row: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """Write a row under a key, and give None; or give the row that has it already. Raises PublishError."""
        slot = self._slot(key)
        if number := self._numbers[slot]:
            return self._read(number)
        self._write(slot, key, row)
        return None

    def put(self, key: int, row: tuple[Any, ...]) -> None:
        """Write a row under a key, in the place of another. Raises PublishError."""
        self._write(self._slot(key), key, row)

    def _write(self, slot: int, key: int, row: tuple[Any, ...]) -> None:
        try:
            self._held += marshal.dumps(row)
            self._starts.append(self._filed + len(self._held))
            if len(self._held) > _MAX_BYTES_IN_MEMORY:
                self._put_aside()
        except OSError as error:
            raise temp_file_error(error) from None
        self._count += not self._numbers[slot]
        self._keys[slot], self._numbers[slot] = key, len(self._starts) - 1
        if 3 * self._count > 2 * len(self._keys):
            self._grow()

    def _slot(self, key: int) -> int:
        """Find the slot of a key, or the free one that it would have."""
        keys, numbers, mask = self._keys, self._numbers, len(self._keys) - 1
        slot = key & mask
        while numbers[slot] and keys[slot] != key:
            slot = slot + 1 & mask
        return slot

    def _read(self, number: int) -> tuple[Any, ...]:
        start, end = self._starts[number - 1], self._starts[number]
        if self._file is None or start >= self._filed:
            content = bytes(self._held[start - self._filed : end - self._filed])
        else:
            try:
                self._file.seek(start)
                content = self._file.read(end - start)
            except OSError as error:
                raise temp_file_error(error) from None
        row: tuple[Any, ...] = marshal.loads(content)  # noqa: S302 - it is what we wrote
        return row

    def _put_aside(self) -> None:
        """Write the rows that are held into the file."""
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed with the spill
            weakref.finalize(self, close_quietly, self._file)
        self._file.seek(self._filed)
        self._filed += self._file.write(self._held)
        self._held.clear()

    def _grow(self) -> None:
        keys, numbers, slots = self._keys, self._numbers, 2 * len(self._keys)
        self._keys, self._numbers = array("q", [0]) * slots, array("I", [0]) * slots
        for key, number in zip(keys, numbers, strict=True):
            if number:
                slot = self._slot(key)
                self._keys[slot], self._numbers[slot] = key, number


_FIELDS = tuple(Entry.__dataclass_fields__)


class EntrySpill:
    """A file without a name that holds entries until they are rendered. Raises PublishError if it cannot be written."""

    def __init__(self) -> None:
        try:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed with the spill
        except OSError as error:
            raise temp_file_error(error) from None
        self._end = 0
        weakref.finalize(self, close_quietly, self._file)

    def put(self, entry: Entry) -> Callable[[], Entry]:
        """Write an entry, and return the function that reads it back, from any thread. Raises PublishError."""
        content = pickle.dumps([getattr(entry, name) for name in _FIELDS], pickle.HIGHEST_PROTOCOL)
        start = self._end
        try:
            self._file.seek(start)
            self._end += self._file.write(content)
            self._file.flush()
        except OSError as error:
            raise temp_file_error(error) from None
        return partial(self._read, start, len(content))

    def _read(self, start: int, length: int) -> Entry:
        content = os.pread(self._file.fileno(), length, start)
        return Entry(**dict(zip(_FIELDS, pickle.loads(content), strict=True)))  # noqa: S301 - it is ours
