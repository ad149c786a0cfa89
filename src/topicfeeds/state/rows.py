"""Rows: what the last run made of the records of files, to recognise unchanged records."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, NamedTuple

from .memory import ItemMemory

if TYPE_CHECKING:
    from datetime import datetime

_MAX_ROWS_IN_MEMORY = 20_000
"""So many rows are held in memory, some 15 MB."""
BATCH_ROWS = 500
"""So many values wait to be written at once."""


class Row(NamedTuple):
    """What is remembered of a record of a file, an article: all that selecting, dating and comparing it take."""

    id: str
    published: datetime
    updated: datetime
    core: str
    """A digest of what else it holds; empty where no feed held it."""
    topics: list[str]
    """Labels."""
    tags: list[str]
    known: ItemMemory


class Rows:
    """What runs made of the records of files, each under a key that tells whether it is the same.

    All of it is in tables, as records are many; few are read at once. Methods raise sqlite3.Error.
    """

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file, self._run = file, file.execute
        self._waiting: dict[str, list[tuple[object, ...]]] = {}
        self._few: dict[bytes, tuple[str, str, str]] | None = None
        self._same: set[bytes] = set()
        """Of few rows, the keys of those that hold."""

    def get(self, key: bytes) -> tuple[str, str, str] | None:
        """Give id, core and text of what the last run made of a record."""
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
        """Say that a row holds."""
        if self._few and key in self._few:
            self._same.add(key)
        else:
            self._note("insert into same values (?)", (key,))

    def put(self, key: bytes, name: str, row: str) -> None:
        """Say what was made of a record."""
        self._note("insert into fresh values (?, ?, ?)", (key, name, row))

    def set_digest(self, key: bytes, core: str) -> None:
        """Say what else an item holds that a feed holds."""
        self._note("insert or replace into cores values (?, ?)", (key, core))

    def mark_held(self, key: bytes) -> None:
        """Say that a feed holds an item."""
        self._note("insert into holding values (?)", (key,))

    def find_gone(self, most: int) -> list[tuple[str, str, str]]:
        """Give id, core and text of rows that a feed held, and of which nobody said that they hold: so many at most."""
        self._write()
        if self._few:
            return [self._few[key] for key in self._few.keys() - self._same if self._few[key][1]][:most]
        query = "select id, core, row from rows where core != '' and key not in (select key from same) limit ?"
        return self._run(query, (most,)).fetchall()

    def _note(self, query: str, values: tuple[object, ...]) -> None:
        """Write many values at once, at half of what each takes alone."""
        waiting = self._waiting.setdefault(query, [])
        waiting.append(values)
        if len(waiting) == BATCH_ROWS:
            self._write()

    def _write(self) -> None:
        for query, waiting in self._waiting.items():
            self._file.executemany(query, waiting)
            waiting.clear()

    def drop_merged(self, name: str) -> None:
        """Say that an item came twice: what it is is in no row."""
        self._note("insert into twice values (?)", (name,))

    def commit(self, *, all_held: bool = False) -> None:
        """Put what this run said in the place of what the last one did, but for items that came twice.

        Where it said of `all_held` items that they are, others are not any more.
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
