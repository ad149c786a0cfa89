"""The tables of the memory, and the rescue of rows from a damaged memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from typing import Any

from .checksums import (
    DamageError,
    check_rows,
    compute_checksum,
    compute_text_checksum,
    open_database,
    write_rows,
)
from .documents import is_inside

VERSION = 7
APPLICATION_ID = 0x7466_6D65
COLUMNS = {
    "items": "id text primary key, published text not null, said blob not null, changed integer, facts text,"
    " moved integer, changes text, seen integer, held text",
    "versions": "id text primary key, kind text not null, item text not null",
    "meta": "name text primary key, value",
    "accepted": "source text primary key, items integer not null",
    "documents": "path text primary key, fingerprint text not null, size integer not null, mtime integer not null,"
    " entries integer not null, updated text not null, retired integer, title text",
}
"""The columns of each table, without its last column, the checksum.

A new version must change at least one column: `State` treats a newer version number with these columns as damage.
"""
NAMES = {table: ", ".join(one.split()[0] for one in text.split(",")) for table, text in COLUMNS.items()}
"""The names of the columns of each table, without the checksum."""
_COUNTS = {table: len(names.split(", ")) for table, names in NAMES.items()}
CHECKED = [name for name in COLUMNS if name != "versions"]
"""The tables whose rows every run checks. The rows of `versions` are long: each is checked when it is used."""
SCHEMA = [
    f"CREATE TABLE {name} ({columns}, checksum integer){'' if name == 'versions' else ' without rowid'}"
    for name, columns in COLUMNS.items()
]
_MARKS = f"pragma user_version = {VERSION}; pragma application_id = {APPLICATION_ID};"
RUN_TABLES = """
create temp table noted as select * from items limit 0;
create unique index temp.noted_id on noted (id);
create temp table current as select * from documents limit 0;
create unique index temp.current_path on current (path);
"""
"""Temporary tables: the data of a run until it commits."""


def create_tables(file: sqlite3.Connection) -> None:
    """Create the tables in an empty file. Raises sqlite3.Error."""
    file.executescript(f"begin immediate; {'; '.join(SCHEMA)}; {_MARKS} commit")


def read_rows(file: sqlite3.Connection, table: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a table, without their checksums. Raises DamageError."""
    for row in check_rows(file.execute(f"select * from main.{table}")):  # noqa: S608
        if table == "documents" and not is_inside(row[0]):
            raise DamageError("a document is outside of the output folder")
        yield row


def read_version(file: sqlite3.Connection, name: str) -> tuple[str, str] | None:
    """Return kind and fields (JSON) of the last good version of an item, or None if they are missing or damaged."""
    row = file.execute("select * from versions where id = ?", (name,)).fetchone()
    return row[1:3] if row and row[-1] == compute_text_checksum(*row[:-1]) else None


def write_versions(file: sqlite3.Connection, rows: Iterable[tuple[str, ...]]) -> None:
    """Write last good versions with their checksums. SQLite would compute these checksums more slowly."""
    found = ((*row, compute_text_checksum(*row)) for row in rows)
    file.executemany("insert or replace into versions values (?, ?, ?, ?)", found)


def salvage(path: str, file: sqlite3.Connection) -> int:
    """Copy each intact row from a damaged memory to a new one, and return the number of items.

    A scan ends at a damaged page, so each table is scanned from both ends.
    """
    kept: dict[str, dict[str, tuple[Any, ...]]] = {name: {} for name in COLUMNS if name != "meta"}
    with closing(open_database(path, "ro")) as old, suppress(sqlite3.Error, UnicodeError):
        old.text_factory = lambda text: text.decode(errors="surrogateescape")
        old.execute("pragma writable_schema = on")  # if the SQL of one table is damaged, SQLite still reads the others
        for (name,) in old.execute("select name from sqlite_master where type = 'table'").fetchall():
            for row in _scan(old, name):
                if table := _find_table(name, row):
                    kept[table][row[0]] = row[:-1]
    write_versions(file, kept.pop("versions").values())
    for table, rows in kept.items():
        write_rows(file, table, rows.values(), _COUNTS[table])
    return len(kept["items"])


def _scan(file: sqlite3.Connection, table: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a table from both ends, each up to the first damaged page or row.

    Each row has a query of its own: a cursor loses the row before an error.
    """
    quoted = '"{}"'.format(table.replace('"', '""'))
    for order, sign in (("asc", ">"), ("desc", "<")):
        with suppress(sqlite3.Error, UnicodeError):
            found = file.execute(f"select * from {quoted} order by 1 {order} limit 1")  # noqa: S608
            query = f"select * from {quoted} where {found.description[0][0]} {sign} ? order by 1 {order} limit 1"  # noqa: S608
            while row := found.fetchone():
                yield row
                found = file.execute(query, row[:1])


def _find_table(name: str, row: tuple[Any, ...]) -> str | None:
    """Return the table of an intact row, or None for any other row. The name of the table may be damaged."""
    is_text = all(isinstance(one, str) for one in row[:-1])
    if row[-1] != compute_checksum(*row[:-1]) and not (is_text and row[-1] == compute_text_checksum(*row[:-1])):
        return None
    tables = [table for table, number in _COUNTS.items() if number == len(row) - 1]
    table = name if name in tables else tables[0] if len(tables) == 1 else None
    return table if table != "meta" and (table != "documents" or is_inside(row[0])) else None
