"""The cache: the data that the last run read, in a SQLite file beside the memory. Without it, a run takes longer.

The key of a chunk is a digest of its content, so rows are never outdated. At worst, no later run uses them. A cache
that is damaged, or was made by another version or for another site file, is emptied without a warning.
"""

from __future__ import annotations

import os
import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from .checksums import check_rows, compute_text_checksum, write_rows
from .database import Database, has_tables, is_damage_error, is_locked, open_database
from .files import FileStamp, SourcePath, storable_path
from .memory import StoredProblem

APPLICATION_ID = 0x74666361
VERSION = 8
MAX_BODY_CHARS = 64_000
"""The longest body that is stored, in characters. A longer body is read again when it is needed."""
MAX_BODIES_CHARS = 256_000_000
"""The limit of all stored bodies together, in characters."""
_COLUMNS = {
    "inputs": "n integer primary key, path text, kind text, exclude text, checksum integer",
    "files": "path text primary key, size integer not null, mtime integer not null, digest blob not null",
    "findings": "n integer primary key, path text not null, line integer not null, field text not null,"
    " message text not null, severity text not null, item integer not null, name text not null, hint text,"
    " other text not null,"
    " checksum integer",
    "held": "n integer primary key, path text not null, line integer not null, title text not null,"
    " until integer not null, checksum integer",
    "contents": "digest text primary key, changes text not null, checksum integer",
    "records": "chunk blob not null, n integer not null, row text not null, checksum integer",
    "bodies": "chunk blob not null, n integer not null, size integer not null, body text not null, checksum integer",
    "meta": "name text primary key, value, checksum integer",
}
"""The tables. Stamps of files need no checksum: if a stamp is damaged, the file seems to be changed, and is read."""
_SCHEMA = [
    *(f"CREATE TABLE {name} ({columns})" for name, columns in _COLUMNS.items()),
    *(f"CREATE UNIQUE INDEX {name}_chunk on {name} (chunk, n)" for name in ("records", "bodies")),
]
_MARKS = f"pragma application_id = {APPLICATION_ID}; pragma user_version = {VERSION};"
_RUN_TABLES = """
create temp table seen (chunk blob primary key) without rowid;
create temp table wanted (chunk blob not null, n integer not null, primary key (chunk, n)) without rowid;
"""


def open_temporary_cache() -> Cache:
    """Return an open cache in a temporary file, for a run without a state."""
    cache = Cache("")
    cache.begin()
    return cache


class Cache(Database):
    """Chunks, files and findings of the last run.

    Nothing is written before `begin`. Without `commit`, all changes are lost.

    The single values are `basis`, `chunks`, `bytes`, `contents`, `run`, `omitted`, `omitted_items` and `site`.
    """

    name = "cache"
    _run_tables = ("seen", "wanted")

    def __init__(self, path: str | None) -> None:
        super().__init__(path)
        self._is_read_only = False
        """Whether the file must not be written."""
        self._chunks = self._found = self._new = 0
        """Three counts: chunks of the last run, chunks that this run found again, and new chunks that it stored."""
        self._last_row = self._bytes = 0
        """The number of the last row of the last run, and the size of all bodies, in characters."""

    def open(self) -> bool:
        """Open the file for reading only, and return whether it is a cache of this version."""
        with suppress(sqlite3.Error, OSError):
            if self.path is not None:
                self._file = open_database(self.path, "ro")
            return self._is_ours()
        return False

    def begin(self, *, dry: bool = False) -> None:
        """Open the cache for a run, and create it if it does not exist. With `dry`, nothing is written."""
        self._is_read_only = dry and self.path is not None
        if self.path is not None and not dry:
            self._file = self._open_or_replace(self.path)
        if dry and not self.open():
            self._use_empty()
        self._prepare()

    def _prepare(self) -> None:
        """Create the tables, and begin a transaction."""
        if not self._is_ours():
            self._open.executescript(f"begin; {'; '.join(_SCHEMA)}; {_MARKS} commit")
        self._open.executescript(_RUN_TABLES)
        self._run("begin")
        self._found = self._new = 0
        self._chunks, self._bytes = (int(self.get_value(name) or 0) for name in ("chunks", "bytes"))
        self._last_row = self._run("select coalesce(max(rowid), 0) from records").fetchone()[0]

    def _use_empty(self) -> None:
        """Use an empty cache in memory, as the file must not be written."""
        self.close()
        self._file, self._is_read_only = open_database(":memory:", ""), False

    def _open_or_replace(self, path: str) -> sqlite3.Connection:
        """Open the file. Remove it first if it is damaged, or if another version wrote it."""
        self._file = open_database(path, "rwc")
        if path and os.path.getsize(path) and (is_locked(path) or not self._is_ours()):
            self.close()
            os.unlink(path)
            self._file = open_database(path, "rwc")
        self._file.execute("pragma synchronous = normal")
        return self._file

    def _is_ours(self) -> bool:
        """Return whether this version wrote the file, and its list of tables and its values in `meta` are intact."""
        try:
            marks = [self._run(f"pragma {name}").fetchone()[0] for name in ("application_id", "user_version")]
            if marks != [APPLICATION_ID, VERSION] or not has_tables(self._open, _SCHEMA):
                return False
            deque(self._read("select * from meta"), maxlen=0)  # checks the checksums
            return True
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            if is_damage_error(error):
                return False
            raise

    def _run(self, query: str, values: Iterable[object] = ()) -> sqlite3.Cursor:
        return self._open.execute(query, tuple(values))

    def _read(self, query: str, values: Iterable[object] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield rows without their checksums. Raises DamageError."""
        return check_rows(self._run(query, values))

    # Chunks.

    def require(self, basis: str) -> bool:
        """Forget all chunks unless they were made with the same `basis`: site file and versions.

        Return whether any chunks are left.
        """
        if self.get_value("basis") != basis:
            if self._is_read_only:
                self._use_empty()
                self._prepare()
            self._run("delete from records")
            self._run("delete from bodies")
            self.set_values({"basis": basis, "bytes": 0, "chunks": 0})
            self._chunks = self._bytes = self._last_row = 0
        return bool(self._chunks)

    def find_rows(self, chunk: bytes) -> list[str] | None:
        """Return the rows of a chunk, by its key, or None if the chunk is unknown."""
        query = "select row, checksum from records where chunk = ? order by n"
        rows = self._chunks and self._run(query, (chunk,)).fetchall()
        if not rows or any(compute_text_checksum(row) != checksum for row, checksum in rows):
            return None
        self._found += 1
        self._run("insert or ignore into seen values (?)", (chunk,))
        return [row for row, _ in rows]

    def store_rows(self, chunk: bytes, rows: Iterable[str]) -> None:
        """Store the rows of a new chunk."""
        self._new += 1
        if not self._is_read_only:
            values = ((chunk, n, row, compute_text_checksum(row)) for n, row in enumerate(rows))
            self._open.executemany("insert or replace into records values (?, ?, ?, ?)", values)

    def find_body(self, position: tuple[bytes, int]) -> str | None:
        """Return the body of a record, by the key of its chunk and its number in the chunk, or None."""
        found = self._run("select body, checksum from bodies where chunk = ? and n = ?", position).fetchone()
        return found[0] if found and found[1] == compute_text_checksum(found[0]) else None

    def store_body(self, position: tuple[bytes, int], body: str) -> None:
        """Store the body of a record, unless it is too long, or all bodies together would be too long."""
        if not self._is_read_only and len(body) <= MAX_BODY_CHARS and self._bytes + len(body) <= MAX_BODIES_CHARS:
            self._bytes += len(body)
            row = (*position, len(body), body, compute_text_checksum(body))
            self._run("insert or replace into bodies values (?, ?, ?, ?, ?)", row)

    def want_body(self, position: tuple[bytes, int]) -> None:
        """Keep the body of a record for the next run."""
        self._run("insert or ignore into wanted values (?, ?)", position)

    def _forget_gone(self) -> None:
        """Forget the chunks that no longer exist, and the bodies that no feed needs."""
        if self._found != self._chunks:
            query = "delete from records where rowid <= ? and chunk not in (select chunk from seen)"
            self._run(query, (self._last_row,))
        gone = "select b.rowid from bodies b left join wanted w on w.chunk = b.chunk and w.n = b.n where w.n is null"
        removed = self._run(f"delete from bodies where rowid in ({gone}) returning size").fetchall()  # noqa: S608
        chunks = self._new + self._run("select count(*) from seen").fetchone()[0]
        size = self._bytes - sum(size for (size,) in removed)
        self.set_values({"chunks": chunks, "bytes": size})

    # The last run.

    def file_stamps(self) -> dict[str, FileStamp]:
        """Return the stored stamps of the site file and the files of the sources, by path."""
        types = "typeof(size) = 'integer' and typeof(mtime) = 'integer' and typeof(digest) = 'blob'"
        rows = self._run(f"select path, size, mtime, digest from files where {types}")  # noqa: S608
        return {path: (size, mtime, digest) for path, size, mtime, digest in rows}

    def store_files(self, stamps: Mapping[str, FileStamp]) -> None:
        """Store the stamps of the files of the sources, in place of all earlier stamps."""
        known, stamps = self.file_stamps(), {storable_path(path): stamp for path, stamp in stamps.items()}
        if known.keys() - stamps.keys():  # a query for a single path may fail if the path is damaged
            self._run("delete from files")
            known = {}
        changed = ((path, *stamp) for path, stamp in stamps.items() if known.get(path) != stamp)
        self._open.executemany("insert or replace into files values (?, ?, ?, ?)", changed)

    def forget_files(self, paths: Iterable[str]) -> None:
        """Forget the contents of files, so that the next run reads them. It still notices if a file is deleted."""
        names = ((storable_path(path),) for path in paths)
        self._open.executemany("update files set mtime = -1, digest = x'' where path = ?", names)

    def source_paths(self) -> list[SourcePath]:
        """Return path, format and `exclude` of each source. The path is None for a source that every run reads."""
        return [(path, kind, exclude) for _, path, kind, exclude in self._read("select * from inputs order by n")]

    def stored_problems(self, *, serious: bool = False) -> list[StoredProblem]:
        """Return the problems of the last run that published. With `serious`, return no warnings."""
        chosen = "where severity is not 'warning'" if serious else ""
        rows = self._read(f"select * from findings {chosen} order by n")  # noqa: S608
        return [StoredProblem(*row[1:]) for row in rows]

    def held_items(self) -> list[tuple[str, int, str, int]]:
        """Return the items that wait for their date: path, line, title, and the date in seconds since 1970."""
        return [(*row[1:],) for row in self._read("select * from held order by until, n")]

    def content_changes(self) -> dict[str, str] | None:
        """Return the changes that sanitising made to published contents, by the digest of the entry.

        Return None if no run has stored changes. Contents that sanitising did not change are left out.
        """
        return dict(self._read("select * from contents")) if self.get_value("contents") else None

    def replace_rows(self, table: str, rows: Iterable[tuple[object, ...]]) -> None:
        """Replace all rows of a table about the last run: `inputs`, `findings`, `held` or `contents`."""
        self._run(f"delete from {table}")  # noqa: S608
        for row in rows:
            write_rows(self._open, table, [row], len(row))

    def commit(self, run: int, *, forget: bool = True) -> None:
        """Commit all changes, and forget the chunks that this run did not find, if `forget` is set.

        `run` is the number of this run. The cache and the memory belong together if they have the same number.
        """
        if forget:
            self._forget_gone()
        self.set_values({"run": run})
        self._run("commit")
        self._drop_run_tables()
