"""The tables of the memory, the migration from earlier versions, and the rescue of rows from a damaged memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from typing import Any

from .checksums import DamageError, check_rows, compute_checksum, compute_text_checksum, write_rows
from .database import open_database
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
_SPLIT_COLUMNS = {table: [one.split() for one in text.split(",")] for table, text in COLUMNS.items()}
"""The columns of each table: name, type, constraint."""
NAMES = {table: ", ".join(name for name, *_ in columns) for table, columns in _SPLIT_COLUMNS.items()}
"""The names of the columns of each table, without the checksum."""
CHECKED = [name for name in COLUMNS if name != "versions"]
"""The tables whose rows every run checks. The rows of `versions` are long: each is checked when it is used."""
SCHEMA = [
    f"CREATE TABLE {name} ({columns}, checksum integer){'' if name == 'versions' else ' without rowid'}"
    for name, columns in COLUMNS.items()
]
_MOVED = ("rows", "inputs", "files", "findings", "held")
"""Tables of earlier versions that the cache now has."""
_TYPES = {"text": str, "blob": bytes, "integer": int}
RUN_TABLES = """
create temp table noted as select * from items limit 0;
create unique index temp.noted_id on noted (id);
create temp table current as select * from documents limit 0;
create unique index temp.current_path on current (path);
"""
"""Temporary tables: the data of a run until it commits."""


def migrate(file: sqlite3.Connection) -> None:
    """Create the tables, and copy the data of an earlier version, except its cache.

    Raises sqlite3.Error, and DamageError if a value cannot be decoded.
    """
    run = file.execute
    run("begin immediate")
    for name in _MOVED:
        run(f"drop table if exists {name}")
    old = [name for (name,) in run("select name from sqlite_master where type = 'table'")]
    for name in old:
        run(f"alter table {name} rename to old_{name}")
    for statement in SCHEMA:
        run(statement)
    for name in old:
        if name == "versions":
            write_versions(file, _read_old_rows(file, name))
        elif name in COLUMNS:
            write_rows(file, name, _read_old_rows(file, name), len(_SPLIT_COLUMNS[name]))
        run(f"drop table old_{name}")
    run(f"pragma user_version = {VERSION}")
    run(f"pragma application_id = {APPLICATION_ID}")
    run("commit")


def _read_old_rows(file: sqlite3.Connection, table: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of an old table. Columns that it does not have are null. Raises DamageError."""
    before = {column for _, column, *_ in file.execute(f"pragma table_info(old_{table})")}
    kept = ", ".join(name if name in before else "null" for name in NAMES[table].split(", "))
    for row in file.execute(f"select {kept} from old_{table}"):  # noqa: S608 - our own names
        if not _is_decodable(table, row):
            raise DamageError("a value cannot be decoded")
        yield row


def _is_decodable(table: str, row: Sequence[Any]) -> bool:
    """Return whether a run can use the values of a row that has no checksum yet."""
    if not all(map(_fits, row, _SPLIT_COLUMNS[table])):
        return False
    with suppress(ValueError, TypeError):
        "".join(one for one in row if isinstance(one, str)).encode()
        return _is_item(row) if table == "items" else table != "documents" or is_inside(row[0])
    return False


def _fits(value: object, column: list[str]) -> bool:
    """Return whether a value has the type of its column, or is null in a column without a constraint."""
    _, *words = column
    if value is None:
        return len(words) < 2
    return isinstance(value, _TYPES[words[0]] if words else (str, int))


def _is_item(row: Sequence[Any]) -> bool:
    """Return whether date, snapshot and changes of an item are valid. Raises ValueError if one cannot be decoded."""
    import json
    from datetime import datetime

    snapshots = [json.loads(row[4])] if row[4] else []
    for _at, _n, _field, before, after, *_ in json.loads(row[6] or "[]"):
        snapshots += before, after
    is_dated = datetime.fromisoformat(row[1]).tzinfo is not None
    return is_dated and all(isinstance(one, list) and len(one) in (4, 7) for one in snapshots)


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


def salvage(path: str, file: sqlite3.Connection) -> tuple[int, int]:
    """Copy each intact row from a damaged memory to a new one.

    Return the number of items, and how many of them have lost their last good version. The `held` of these becomes
    null, so that the next run that publishes such an item stores its version again. A scan ends at a damaged page, so
    each table is scanned from both ends.
    """
    kept: dict[str, dict[str, tuple[Any, ...]]] = {name: {} for name in COLUMNS if name != "meta"}
    with closing(open_database(path, "ro")) as old, suppress(sqlite3.Error, UnicodeError):
        old.text_factory = lambda text: text.decode(errors="surrogateescape")
        old.execute("pragma writable_schema = on")  # if the SQL of one table is damaged, SQLite still reads the others
        for (name,) in old.execute("select name from sqlite_master where type = 'table'").fetchall():
            for row in _scan(old, name):
                if found := _find_table(name, row):
                    kept[found[0]][row[0]] = found[1]
    versions, items = kept.pop("versions"), kept["items"]
    lost = {name: (*row[:-1], None) for name, row in items.items() if row[-1] and name not in versions}
    items |= lost
    write_versions(file, versions.values())
    for table, rows in kept.items():
        write_rows(file, table, rows.values(), len(_SPLIT_COLUMNS[table]))
    return len(items), len(lost)


def _scan(file: sqlite3.Connection, table: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a table from both ends, each up to the first damaged page or row.

    Each row has a query of its own: a cursor loses the row before an error. A scan also ends at a key that is not the
    next one: damaged keys have other types, or are out of order, and the scan would come back to them for ever.
    """
    quoted = '"{}"'.format(table.replace('"', '""'))
    for order, sign in (("asc", ">"), ("desc", "<")):
        with suppress(sqlite3.Error, UnicodeError):
            found = file.execute(f"select * from {quoted} order by 1 {order} limit 1")  # noqa: S608
            query = f"select * from {quoted} where {found.description[0][0]} {sign} ? order by 1 {order} limit 1"  # noqa: S608
            last: str | None = None
            while (row := found.fetchone()) and _is_after(row[0], last, sign):
                yield row
                last = row[0]
                found = file.execute(query, row[:1])


def _is_after(key: object, last: str | None, sign: str) -> bool:
    """Return whether a key is text, and follows the last key of a scan in the order of SQLite."""
    if not isinstance(key, str) or last is None:
        return isinstance(key, str)
    one, other = (text.encode("utf-8", "surrogateescape") for text in (key, last))
    return one > other if sign == ">" else one < other


def _find_table(name: str, row: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]] | None:
    """Return table and values of an intact row, or None for any other row. The name of a table may be damaged.

    In a memory of an earlier version, a row may have no value for the last column.
    """
    is_text = all(isinstance(one, str) for one in row[:-1])
    has_checksum = row[-1] == compute_checksum(*row[:-1]) or (is_text and row[-1] == compute_text_checksum(*row[:-1]))
    values = row[:-1] if has_checksum else row
    for table, columns in _SPLIT_COLUMNS.items():
        missing = len(columns) - len(values)
        is_named = name == table or (has_checksum and table != "accepted")
        if table != "meta" and is_named and missing in (0, table in ("items", "documents")):
            whole = (*values, *[None] * missing)
            if _is_decodable(table, whole):
                return table, whole
    return None
