"""Snapshots: the memory as the last run left it, for views. Threads share it, and it needs no open file."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress

from ..errors import PublishError
from .database import is_foreign, open_database
from .documents import WrittenDocument
from .memory import ItemMemory
from .schema import APPLICATION_ID, VERSION, migrate, read_rows, read_version
from .session import explain_errors
from .store import ForeignStateError, NewerStateError, State

Stamp = tuple[int, int, int, bytes]
"""Inode, mtime and size of the memory, and the counter of changes that SQLite writes into it."""


class Snapshot:
    """The memory of one moment. It has the methods of `State` that views need, and is never changed."""

    def __init__(self, state: State, stamp: Stamp | None) -> None:
        """Read the memory. Raises sqlite3.Error, and NewerStateError if a newer version wrote it."""
        self.stamp, self._state = stamp, state
        with closing(_open(state)) as file:
            file.execute("begin")
            rows = read_rows(file, "items")
            self._items = {row[0]: ItemMemory(*row[1:7])._replace(held=row[8]) for row in rows}
            self._held = {name: known.held for name, known in self._items.items() if known.held}
            self._accepted = dict(read_rows(file, "accepted"))
            self._documents = {row[0]: WrittenDocument(*row) for row in read_rows(file, "documents")}

    def find_item(self, name: str) -> ItemMemory | None:
        """Return the memory of an item, by its id, or None."""
        return self._items.get(name)

    def held_items(self) -> dict[str, str]:
        """Return `ItemMemory.held` of each item that a feed had after the last run, by its id."""
        return self._held

    def accepted_counts(self) -> dict[str, int]:
        """Return the number of items of each source in the last successful run."""
        return self._accepted

    def find_document(self, path: str) -> WrittenDocument | None:
        """Return the document that was last written to a path, or None."""
        return self._documents.get(path)

    def find_version(self, name: str) -> tuple[str, str] | None:
        """Return kind and fields (JSON) of an item that a feed had after the last run, or None."""
        with suppress(sqlite3.Error), closing(self._state.open_copy()) as file:
            return read_version(file, name)
        return None


def read_snapshot(state: State) -> Snapshot:
    """Return the memory of a state as the last run left it. The file is only read again after it has changed.

    Raises PublishError if the file cannot be read and no earlier snapshot is known, and ConfigError if it belongs to
    another program.
    """
    known, stamp = state.snapshot, None
    try:
        with explain_errors(state):
            stamp = _read_stamp(state.path) if state.path else None
            if known is None or stamp is None or known.stamp != stamp:
                state.snapshot = known = Snapshot(state, stamp)
    except PublishError:
        if known is None:
            raise
    return known


def _open(state: State) -> sqlite3.Connection:
    """Open the memory. The data of an earlier version are migrated in a copy. A missing file is an empty memory."""
    if state.path and not os.path.exists(state.path):
        file = open_database(":memory:", "")
    elif state.path and is_foreign(state.path, APPLICATION_ID, ("items", "meta")):
        raise ForeignStateError(state.path)
    else:
        file = state.open_copy()
    version = file.execute("pragma user_version").fetchone()[0]
    if version == VERSION:
        return file
    with closing(file):
        if version > VERSION:
            raise NewerStateError
        copy = open_database(":memory:", "")
        file.backup(copy)
    migrate(copy)
    return copy


def _read_stamp(path: str) -> Stamp | None:
    """Return the stamp of a memory, which differs after each change, or None if there is no memory."""
    try:
        with open(path, "rb") as file:
            status = os.fstat(file.fileno())
            return status.st_ino, status.st_mtime_ns, status.st_size, file.read(28)[24:]
    except FileNotFoundError:
        return None
