"""Spills: temporary files for data about very many records or entries."""

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
"""The limit of rows in memory, in bytes. When it is reached, all rows in memory go to an unnamed temporary file."""


def close_quietly(file: IO[bytes]) -> None:
    """Close a file that is no longer needed, and ignore errors, such as a full disk."""
    with suppress(OSError):
        file.close()


def temp_file_error(error: OSError) -> PublishError:
    """Return the error for a temporary file that cannot be written."""
    place = tempfile.gettempdir()
    message = f"{place}: cannot be written: {error.strerror} (set TMPDIR to a folder with free space)"
    return PublishError(message=message)


class RowSpill:
    """Rows of plain values by 64-bit key: a hash table with 12 bytes for each slot, and a list of rows."""

    def __init__(self) -> None:
        self._keys, self._numbers = array("q", [0]) * _INITIAL_SLOTS, array("I", [0]) * _INITIAL_SLOTS
        """For each slot: its key, and the number of its row, from 1. The number 0 marks a free slot."""
        self._count = 0
        self._starts = array("Q", [0])
        """The first byte of each row, and of the next row to be added."""
        self._held = bytearray()
        """The last rows. Earlier rows are in the file."""
        self._file: IO[bytes] | None = None
        self._filed = 0

    def enter(self, key: int, row: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """Store a row under a new key and return None, or return the row that has the key. Raises PublishError."""
        slot = self._slot(key)
        if number := self._numbers[slot]:
            return self._read(number)
        self._write(slot, key, row)
        return None

    def put(self, key: int, row: tuple[Any, ...]) -> None:
        """Store a row under a key, in place of an earlier row with this key. Raises PublishError."""
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
        """Return the slot of a key, or the free slot for it."""
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
        row: tuple[Any, ...] = marshal.loads(content)  # noqa: S302 - we wrote these bytes
        return row

    def _put_aside(self) -> None:
        """Write the rows in memory to the file."""
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
    """An unnamed temporary file for entries that wait to be rendered. Raises PublishError if it cannot be created."""

    def __init__(self) -> None:
        try:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed with the spill
        except OSError as error:
            raise temp_file_error(error) from None
        self._end = 0
        weakref.finalize(self, close_quietly, self._file)

    def put(self, entry: Entry) -> Callable[[], Entry]:
        """Write an entry, and return a function that reads it back. Any thread may call that function.

        Raises PublishError.
        """
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
        return Entry(**dict(zip(_FIELDS, pickle.loads(content), strict=True)))  # noqa: S301 - we wrote these bytes
