"""What is remembered from run to run: tables, and their rows. Light, as the check for nothing to do is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from .errors import Severity

VERSION = 4
_FEW = 20_000
"""So many rows are held in memory, some 15 MB."""
_ROOM = 500
"""So many values wait to be written at once."""
SCHEMA = """
create table if not exists items (id text primary key, published text not null, said blob not null, changed integer,
    facts text, moved integer, changes text, seen integer) without rowid;
create table if not exists meta (name text primary key, value) without rowid;
create table if not exists inputs (n integer primary key, path text, kind text);
create table if not exists files (path text primary key, size integer not null, mtime integer not null,
    digest blob not null) without rowid;
create table if not exists rows (key blob primary key, id text not null, core text not null, row text not null)
    without rowid;
create table if not exists accepted (source text primary key, items integer not null) without rowid;
create table if not exists documents (path text primary key, fingerprint text not null, size integer not null,
    mtime integer not null, entries integer not null, updated text not null, retired integer) without rowid;
create table if not exists findings (n integer primary key, path text not null, line integer not null,
    field text not null, message text not null, severity text not null, item integer not null);
create table if not exists held (n integer primary key, path text not null, line integer not null, title text not null,
    until integer not null);
"""
PASSING = """
create temp table noted as select * from items limit 0;
create unique index temp.noted_id on noted (id);
create temp table current as select * from documents limit 0;
create unique index temp.current_path on current (path);
create temp table same (key blob not null);
create temp table fresh (key blob not null, id text not null, row text not null);
create temp table cores (key blob primary key, core text not null);
create temp table holding (key blob not null);
create temp table twice (id text not null);
"""
"""What a run says, until it is committed."""


def renew(file: sqlite3.Connection) -> None:
    """Make the tables; what an earlier version wrote is carried over, but for what it made of records."""
    run = file.execute
    run("begin immediate")
    run("drop table if exists rows")
    old = [name for (name,) in run("select name from sqlite_master where type = 'table'")]
    for name in old:
        run(f"alter table {name} rename to old_{name}")
    for statement in SCHEMA.split(";"):
        run(statement)
    for name in old:
        before = {column for _, column, *_ in run(f"pragma table_info(old_{name})")}
        kept = ", ".join(column for _, column, *_ in run(f"pragma table_info({name})") if column in before)
        if kept:
            run(f"insert into {name} ({kept}) select {kept} from old_{name}")  # noqa: S608 - names of ours
        run(f"drop table old_{name}")
    run(f"pragma user_version = {VERSION}")
    run("commit")


class Known(NamedTuple):
    """What is remembered of an item."""

    published: str
    """ISO 8601 with offset, as it was first given."""
    said: bytes
    """A digest of the fields that its author set."""
    changed: int | None = None
    """When these last changed, in seconds since 1970; None: never seen to."""
    facts: str | None = None
    """Of an event: start, end, place and status."""
    moved: int | None = None
    """When these last changed."""
    changes: str | None = None
    """The changes of these that readers were told of."""


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
    known: Known


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
            many = self._run("select 1 from rows limit 1 offset ?", (_FEW,)).fetchone()
            rows = () if many else self._run("select * from rows")
            self._few = {key: (name, core, row) for key, name, core, row in rows}
        if self._few:
            return self._few.get(key)
        found: tuple[str, str, str] | None = self._run(
            "select id, core, row from rows where key = ?", (key,)
        ).fetchone()
        return found

    def same(self, key: bytes) -> None:
        """Say that a row holds."""
        if self._few and key in self._few:
            self._same.add(key)
        else:
            self._note("insert into same values (?)", (key,))

    def put(self, key: bytes, name: str, row: str) -> None:
        """Say what was made of a record."""
        self._note("insert into fresh values (?, ?, ?)", (key, name, row))

    def digest(self, key: bytes, core: str) -> None:
        """Say what else an item holds that a feed holds."""
        self._note("insert or replace into cores values (?, ?)", (key, core))

    def hold(self, key: bytes) -> None:
        """Say that a feed holds an item."""
        self._note("insert into holding values (?)", (key,))

    def gone(self, most: int) -> list[tuple[str, str, str]]:
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
        if len(waiting) == _ROOM:
            self._write()

    def _write(self) -> None:
        for query, waiting in self._waiting.items():
            self._file.executemany(query, waiting)
            waiting.clear()

    def twice(self, name: str) -> None:
        """Say that an item came twice: what it is is in no row."""
        self._note("insert into twice values (?)", (name,))

    def settle(self, *, all_held: bool = False) -> None:
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


class Published(NamedTuple):
    """What is remembered of a document."""

    path: str
    fingerprint: str
    size: int
    mtime: int
    """Nanoseconds since 1970."""
    entries: int
    updated: str
    retired: int | None = None
    """Since when no feed of the site makes it, in seconds since 1970."""

    def stands(self, folder: str) -> bool:
        """Tell whether the file is as it was written, by its size and mtime."""
        try:
            status = os.lstat(os.path.join(folder, self.path))
        except OSError:
            return False
        return (status.st_size, status.st_mtime_ns) == (self.size, self.mtime) and status.st_mode & 0o170000 == 0o100000


class Finding(NamedTuple):
    """What was found, with the fields of a Problem."""

    path: str
    line: int
    field: str
    message: str
    severity: Severity
    item: int
