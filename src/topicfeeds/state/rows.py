"""Rows: the data of the last run about the records in files, to recognise unchanged records."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, NamedTuple

from .memory import ItemMemory

if TYPE_CHECKING:
    from datetime import datetime

_MAX_ROWS_IN_MEMORY = 20_000
"""Up to this many rows are kept in memory, some 15 MB."""
BATCH_ROWS = 500
"""The number of rows that are written at once."""


class Row(NamedTuple):
    """The data that the state stores about an article in a file: enough to select, date and compare it."""

    id: str
    published: datetime
    updated: datetime
    core: str
    """The content digest of the entry; empty if it was in no feed."""
    topics: list[str]
    """Labels of topics."""
    tags: list[str]
    known: ItemMemory


class Rows:
    """The rows of all records of files. The key of a row is a digest, so a changed record has another key.

    Rows are in tables, as there may be many. If there are few, they are all read into memory at once. Methods raise
    sqlite3.Error.
    """

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file, self._run = file, file.execute
        self._waiting: dict[str, list[tuple[object, ...]]] = {}
        self._few: dict[bytes, tuple[str, str, str]] | None = None
        self._same: set[bytes] = set()
        """The keys of unchanged rows, if all rows are in memory."""

    def get(self, key: bytes) -> tuple[str, str, str] | None:
        """Return id, content digest and text of a row of the last run, or None."""
        if self._few is None:
            many = self._run("select 1 from rows limit 1 offset ?", (_MAX_ROWS_IN_MEMORY,)).fetchone()
            rows = () if many else self._run("select * from rows")
            self._few = {key: (name, core, row) for key, name, core, row in rows}
        if self._few:
            return self._few.get(key)
        found: tuple[str, str, str] | None = self._run(
            "select id, core, row from rows where key = ?", (key,)
        ).fetchone()
        return found

    def keep(self, key: bytes) -> None:
        """Keep a row of the last run, as its record is unchanged."""
        if self._few and key in self._few:
            self._same.add(key)
        else:
            self._note("insert into same values (?)", (key,))

    def put(self, key: bytes, name: str, row: str) -> None:
        """Store the row of a record, under the id `name`."""
        self._note("insert into fresh values (?, ?, ?)", (key, name, row))

    def set_digest(self, key: bytes, core: str) -> None:
        """Store the content digest of an item that is in a feed."""
        self._note("insert or replace into cores values (?, ?)", (key, core))

    def mark_held(self, key: bytes) -> None:
        """Mark an item as being in a feed."""
        self._note("insert into holding values (?)", (key,))

    def find_gone(self, most: int) -> list[tuple[str, str, str]]:
        """Return id, content digest and text of up to `most` rows that were in a feed and were not kept."""
        self._write()
        if self._few:
            return [self._few[key] for key in self._few.keys() - self._same if self._few[key][1]][:most]
        query = "select id, core, row from rows where core != '' and key not in (select key from same) limit ?"
        return self._run(query, (most,)).fetchall()

    def _note(self, query: str, values: tuple[object, ...]) -> None:
        """Queue values. Writing many at once takes half of the time."""
        waiting = self._waiting.setdefault(query, [])
        waiting.append(values)
        if len(waiting) == BATCH_ROWS:
            self._write()

    def _write(self) -> None:
        for query, waiting in self._waiting.items():
            self._file.executemany(query, waiting)
            waiting.clear()

    def drop_merged(self, name: str) -> None:
        """Mark an id as duplicated: its rows are not stored."""
        self._note("insert into twice values (?)", (name,))

    def commit(self, *, all_held: bool = False) -> None:
        """Replace the rows of the last run with those of this run, except rows with duplicated ids.

        `all_held` says that every item in a feed was marked by `mark_held`: all other rows lose their content digest.
        """
        self._write()
        if all_held:
            self._run("update rows set core = '' where core != '' and key not in (select key from holding)")
        if self._few:
            self._file.executemany("delete from rows where key = ?", ((key,) for key in self._few.keys() - self._same))
        else:
            self._run("delete from rows where key not in (select key from same)")
        core = "(select core from cores where cores.key = fresh.key)"
        self._run(f"insert or replace into rows select key, id, coalesce({core}, ''), row from fresh order by key")  # noqa: S608
        self._run(
            "update rows set core = (select core from cores where cores.key = rows.key)"
            " where key in (select key from cores where core is not (select core from rows where rows.key = cores.key))"
        )
        self._run("delete from rows where id in (select id from twice)")
