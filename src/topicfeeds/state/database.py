"""The SQLite files of a state: open them, recognise ours, and tell whether they are damaged."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress

from .checksums import DamageError, check_rows, compute_checksum, write_rows
from .ownership import check_owner, create_private


class ClosingConnection(sqlite3.Connection):
    """A connection that closes when its last reference is gone. Python 3.13 warns about connections that stay open."""

    def __del__(self) -> None:
        with suppress(sqlite3.Error):
            self.close()


def open_database(path: str, mode: str) -> sqlite3.Connection:
    """Open a SQLite file, with `checksum` as a function of SQL. `mode` is ro, rw or rwc.

    An empty path is a temporary database. Raises sqlite3.Error, and OSError for a link or a file of another user.
    """
    if path in ("", ":memory:"):
        file = sqlite3.connect(path, isolation_level=None, factory=ClosingConnection)
    else:
        check_owner(f"{path}-journal")
        create_private(path) if mode == "rwc" else check_owner(path)
        quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
        name = f"file:{quoted}?mode={mode}"
        file = sqlite3.connect(name, uri=True, isolation_level=None, timeout=5, factory=ClosingConnection)
    file.create_function("checksum", -1, compute_checksum, deterministic=True)
    return file


class Database:
    """A SQLite file that is open during a run. Without a path, it is in memory, and keeps its data between runs.

    The table `meta` has single values by name. Methods raise sqlite3.Error if the file cannot be read or written.
    """

    name = "database"
    _run_tables: tuple[str, ...] = ()
    """The names of the temporary tables of a run."""

    def __init__(self, path: str | None) -> None:
        self.path = path
        self._file = open_database(":memory:", "") if path is None else None

    @property
    def _open(self) -> sqlite3.Connection:
        if self._file is None:
            raise sqlite3.ProgrammingError(f"the {self.name} is not open")
        return self._file

    def _drop_run_tables(self) -> None:
        for name in self._run_tables:
            self._open.execute(f"drop table if exists temp.{name}")

    def close(self) -> None:
        """Discard uncommitted changes, and close the file."""
        if self._file and self.path is None:
            with suppress(sqlite3.Error):
                self._file.rollback()
                self._drop_run_tables()
        elif self._file:
            self._file.close()
            self._file = None

    def get_value(self, name: str) -> str | int | None:
        """Return a single value by its name, or None. Raises DamageError."""
        found = check_rows(self._open.execute("select * from main.meta where name = ?", (name,)))
        return next((value for _, value in found), None)

    def set_values(self, values: Mapping[str, str | int | None]) -> None:
        """Set single values by name."""
        write_rows(self._open, "meta", values.items(), 2)


def is_locked(path: str) -> bool:
    """Return whether SQLite would open a file for reading only, because its header has an unknown format version."""
    with open(path, "rb") as content:
        return any(one > 2 for one in content.read(20)[18:])


def is_foreign(path: str, application_id: int, tables: Iterable[str]) -> bool:
    """Return whether a file is not empty, and has neither our application id nor our tables. Raises OSError."""
    check_owner(path)
    try:
        with open(path, "rb") as content:
            head = content.read(72)
    except FileNotFoundError:
        return False
    if not head or head[68:] == application_id.to_bytes(4, "big"):
        return False
    with suppress(sqlite3.Error, UnicodeError), closing(open_database(path, "rw")) as file:
        return not {name for (name,) in file.execute("select name from sqlite_master")}.issuperset(tables)
    return True


def has_tables(file: sqlite3.Connection, tables: Iterable[str]) -> bool:
    """Return whether a database has these tables and indexes. `tables` has their SQL, exactly as SQLite stores it."""
    return {sql for (sql,) in file.execute("select sql from sqlite_master")}.issuperset(tables)


def is_damage_error(error: BaseException | None) -> bool:
    """Return whether an error means that the file is damaged, or is not a database.

    UnicodeDecodeError means that SQLite's own message quotes a damaged text.
    """
    name = getattr(error, "sqlite_errorname", "")
    is_damage = name == "SQLITE_NOTADB" or name.startswith("SQLITE_CORRUPT") or "decode to UTF-8" in str(error)
    return is_damage or isinstance(error, DamageError | UnicodeDecodeError)


def passes_quick_check(file: sqlite3.Connection) -> bool:
    """Return whether SQLite finds no damage in the pages of a file."""
    found: str = file.execute("pragma quick_check(1)").fetchone()[0]
    return found == "ok"


def is_file_damaged(path: str) -> bool:
    """Return whether a file is really damaged.

    SQLite raises the same error for an intact file that a failing disk cannot read.
    """
    if not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as file:
            while file.read(1 << 20):
                pass
        with closing(open_database(path, "rw")) as again:
            for _ in again.iterdump():  # reads every text
                pass
            found: str = again.execute("pragma integrity_check(1)").fetchone()[0]
            return found != "ok"
    except OSError:
        return False
    except (sqlite3.Error, UnicodeError) as error:
        return is_damage_error(error)
