"""The state: two SQLite files for each output folder.

- The memory stores when items were first published and last changed, and which documents are ours. Its size is limited.
  If the memory is lost, its dates are lost, too, but the feeds are still correct.
- The cache (`cache.py`) stores what the last run read. Without the cache, a run takes longer.

The check for "nothing to do" reads the state, so this module only imports modules that load quickly.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from _thread import allocate_lock
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from .cache import APPLICATION_ID as CACHE_ID
from .cache import Cache
from .checksums import DamageError, check_rows, write_rows
from .database import (
    Database,
    has_tables,
    is_damage_error,
    is_file_damaged,
    is_foreign,
    is_locked,
    open_database,
    passes_quick_check,
)
from .documents import WrittenDocument
from .memory import ItemMemory
from .schema import (
    APPLICATION_ID,
    CHECKED,
    NAMES,
    RUN_TABLES,
    SCHEMA,
    VERSION,
    migrate,
    read_rows,
    read_version,
    salvage,
    write_versions,
)

if TYPE_CHECKING:
    from .snapshot import Snapshot

_MAX_ITEMS_IN_MEMORY = 100_000
"""If there are at most this many items, one query reads all of them. Single queries take ten times as long."""


class StateDamagedError(Exception):
    """The state is damaged."""


class NewerStateError(Exception):
    """A newer version of topicfeeds wrote the file."""


class ForeignStateError(Exception):
    """A file belongs to another program. Its path is the argument of the exception."""


class State(Database):
    """The data that one run stores for the next. Without a path, the state is in memory only, e.g. for tests.

    With `read_only`, any number of threads may share the state, and none writes it. Without `read_only`, a state is for
    one run at a time, in one thread. A second run raises BusyError.
    """

    # Nothing is written before `begin`. Without `commit`, all changes are lost.
    #
    # The single values are `versions`, `retire_days`, `due`, `items`, `now`, and `run` (the number of the last run that
    # committed). A run that failed sets `failed`, `failed_path`, `failure` and `before`. All times are in seconds since
    # 1970.

    name = "state"
    _run_tables = ("noted", "current")

    def __init__(
        self, path: str | os.PathLike[str] | None = None, *, read_only: bool = False, is_default: bool = False
    ) -> None:
        """`is_default` says that only topicfeeds writes to this path, so that it may replace any file there."""
        super().__init__(None if path is None else os.fspath(path))
        self.read_only, self._is_default = read_only, is_default
        self.lock = allocate_lock()
        """The lock of the run that uses this object."""
        self.snapshot: Snapshot | None = None
        """The memory, as a view last read it."""
        self._items: dict[str, tuple[ItemMemory, int | None]] | None = None
        """The memory of all items, and the day when each was last seen; None if there are too many items."""
        self._day: int | None = None
        self._noted: set[str] = set()
        self._held: list[tuple[str | None, str]] = []
        """Queued values of `ItemMemory.held`, each with the id of its item: see `hold_item`."""
        self.cache = Cache(None if self.path is None else f"{self.path}.cache")
        self._has_cache = False
        self.quarantined: str | None = None
        """The warning about a damaged state, until a run commits."""

    def __str__(self) -> str:
        return self.path or "the state in memory"

    def __reduce__(self) -> tuple[Any, ...]:
        if self.path is None:
            raise TypeError("a State without a path cannot be pickled: its data are in the memory of this process")
        return partial(State, self.path, read_only=self.read_only, is_default=self._is_default), ()

    @contextmanager
    def reading(self) -> Iterator[bool]:
        """Open both files for reading only, and yield whether there is a memory of this version."""
        if self._file is None:
            with suppress(sqlite3.Error, OSError):
                self._file = open_database(self.path or "", "ro")
        try:
            self._has_cache = self.cache.open()
            yield self._known()
        finally:
            self.close()

    def open_copy(self) -> sqlite3.Connection:
        """Open the file for reading only, or a copy of a state in memory."""
        if self.path is not None:
            return open_database(self.path, "ro")
        copy = open_database(":memory:", "")
        self._open.backup(copy)
        return copy

    def has_cache(self) -> bool:
        """Return whether there is a cache, and the run that wrote it also wrote the memory."""
        return self._has_cache and self.cache.get_value("run") == self.get_value("run")

    def _known(self) -> bool:
        try:
            return self._file is not None and self._value("pragma user_version") == VERSION
        except (sqlite3.Error, UnicodeError):
            return False

    def begin(self, now: int | None = None, *, dry: bool = False) -> None:
        """Open the state for a run at `now` (seconds since 1970), and create it if it does not exist.

        With `dry`, nothing is written. Raises StateDamagedError if the file is damaged, NewerStateError if a newer
        version wrote it, and ForeignStateError if it is a file of another program.
        """
        if self.path is not None:
            self._refuse_foreign()
            if not dry:
                os.makedirs(os.path.dirname(os.path.abspath(self.path)), exist_ok=True)
            self._file = open_database(self.path, "rwc") if not dry else self._readable()
        try:
            if self.path is not None and not dry and is_locked(self.path):
                raise DamageError("its format version is damaged")
            self._prepare()
            if not passes_quick_check(self._open):
                if is_file_damaged(self.path or ""):
                    raise DamageError("is damaged")
                raise OSError(errno.EIO, os.strerror(errno.EIO), self.path)  # the disk could not read a page
            self._open.execute("pragma secure_delete = on")  # nothing of a deleted item stays in the file
            self._open.executescript(RUN_TABLES)
            self._open.execute("begin" if dry else "begin immediate")
            self._day = None if now is None else now // 86400
            self._noted.clear()
            self._held.clear()
            self._load()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            if is_damage_error(error):
                raise StateDamagedError("is damaged") from error
            raise
        self.cache.begin(dry=dry)
        self._has_cache = True

    def _refuse_foreign(self) -> None:
        """Raise ForeignStateError if a file at a path that the user chose is not ours."""
        ours = {self.path: (APPLICATION_ID, ("items", "meta")), self.cache.path: (CACHE_ID, ("records", "meta"))}
        for path, marks in ours.items():
            if path and not self._is_default and is_foreign(path, *marks):
                raise ForeignStateError(path)

    def _prepare(self) -> None:
        """Create or check the tables.

        A newer version has other tables. So a newer version number with the tables of this version is damage.
        """
        version = self._value("pragma user_version")
        if version > VERSION and not has_tables(self._open, SCHEMA):
            raise NewerStateError
        if version < VERSION:
            if not version and self._value("select count(*) from sqlite_master"):
                raise ForeignStateError(self.path)
            migrate(self._open)
        elif version > VERSION or not has_tables(self._open, SCHEMA):
            raise DamageError("the list of tables is damaged")

    def _load(self) -> None:
        """Check all rows, and load the items, unless there are too many."""
        for table in CHECKED:
            rows = read_rows(self._open, table)
            if table == "items" and self._value("select count(*) from main.items") <= _MAX_ITEMS_IN_MEMORY:
                self._items = {row[0]: (ItemMemory(*row[1:7])._replace(held=row[8]), row[7]) for row in rows}
            else:
                self._items = None if table == "items" else self._items
                deque(rows, maxlen=0)

    def _readable(self) -> sqlite3.Connection:
        """Open the file without writing to it. If that fails, return an empty database in memory."""
        with suppress(sqlite3.Error, UnicodeError):
            file = open_database(self.path or "", "ro")
            version = file.execute("pragma user_version").fetchone()[0]
            if version == VERSION and passes_quick_check(file) and has_tables(file, SCHEMA):
                for table in CHECKED:
                    deque(read_rows(file, table), maxlen=0)
                return file
            if version > VERSION:
                return file
        return open_database(":memory:", "")

    def heal(self) -> str:
        """Rename the damaged file, copy its intact rows to a new file, and return a warning.

        Raises sqlite3.Error and OSError.
        """
        self.close()
        aside = f"{self.path}.damaged"
        os.replace(self.path or "", aside)
        with closing(open_database(self.path or "", "rwc")) as file:
            migrate(file)
            count, missing = salvage(aside, file)
        kept = f"the dates of {count} item{'s' * (count != 1)} were kept"
        kept += f", and the last good versions of {missing} of them are lost" if missing else ""
        kept += " (to get the others back, restore a backup)"
        lost = "the dates at which items were first seen are lost (to get them back, restore a backup)"
        return f"was damaged and was moved to {aside}; {kept if count else lost}"

    def close(self) -> None:
        """Discard uncommitted changes, and close both files."""
        super().close()
        self.cache.close()

    # The memory.

    def find_item(self, name: str) -> ItemMemory | None:
        """Return the memory of an item, by its id, or None."""
        if self._items is not None:
            return self._items[name][0] if name in self._items else None
        query = "select published, said, changed, facts, moved, changes, held from main.items where id = ?"
        row = self._open.execute(query, (name,)).fetchone()
        return ItemMemory(*row) if row else None

    def note_item(self, name: str, known: ItemMemory) -> None:
        """Store the memory of an item under its id, with the day of this run. A later call replaces it."""
        if self._items is not None and name in self._items:
            if name not in self._noted and self._items[name] == (known, self._day):
                return
            self._noted.add(name)
        values = name, *known[:6], self._day, known.held
        self._open.execute("insert or replace into noted values (?, ?, ?, ?, ?, ?, ?, ?, ?, null)", values)

    def held_items(self) -> dict[str, str]:
        """Return `ItemMemory.held` of each item that a feed had after the last run, by its id."""
        if self._items is not None:
            return {name: known.held for name, (known, _) in self._items.items() if known.held}
        return dict(self._open.execute("select id, held from main.items where held is not null"))

    def find_version(self, name: str) -> tuple[str, str] | None:
        """Return kind and fields (JSON) of an item that a feed had after the last run; None if they are damaged."""
        return read_version(self._open, name)

    def store_versions(self, versions: Iterable[tuple[str, str, str]]) -> None:
        """Store id, kind and fields (JSON) of items that a feed has now."""
        write_versions(self._open, versions)

    def hold_item(self, name: str, held: str | None) -> None:
        """Store `ItemMemory.held` of an item whose memory is noted. None means that no feed has the item any more."""
        self._held.append((held, name))

    def accepted_counts(self) -> dict[str, int]:
        """Return the number of items of each source in the last successful run."""
        return dict(self._open.execute("select source, items from accepted"))

    def find_document(self, path: str) -> WrittenDocument | None:
        """Return the document that was last written to a path, or None."""
        row = self._open.execute("select * from main.documents where path = ?", (path,)).fetchone()
        return WrittenDocument(*row[:-1]) if row else None

    def list_documents(self) -> Iterator[WrittenDocument]:
        """Yield all documents that were written, even retired ones, sorted by path. Raises DamageError."""
        return map(WrittenDocument._make, read_rows(self._open, "documents"))

    def note_documents(self, *documents: WrittenDocument) -> None:
        """Record documents that are written, or will be written soon."""
        write_rows(self._open, "current", documents, 8)

    def unmade_documents(self, now: int | None) -> list[WrittenDocument]:
        """Return the documents that this run did not record. Those not retired before are retired at `now`."""
        query = "select * from main.documents where path not in (select path from current) order by path"
        found = map(WrittenDocument._make, check_rows(self._open.execute(query)))
        return [one._replace(retired=now) if one.retired is None else one for one in found]

    def forget_document(self, path: str) -> None:
        """Remove a document from the state."""
        self._open.execute("delete from documents where path = ?", (path,))

    def set_accepted(self, counts: Mapping[str, int]) -> None:
        """Store the number of items of each source, in place of all earlier numbers."""
        self._open.execute("delete from accepted")
        write_rows(self._open, "accepted", counts.items(), 2)

    def next_due(self, days: int) -> int | None:
        """Return when the output next changes without an edit, in seconds since 1970, or None.

        `days` is the number of days after which retired documents are removed.
        """
        retired = check_rows(self._open.execute("select * from documents where retired is not null"))
        over = (WrittenDocument(*row).removal_time(days) for row in retired)
        return min((moment for moment in (self.get_value("due"), *over) if isinstance(moment, int)), default=None)

    def commit(self, days: int, *, failed: bool = False, is_whole: bool = True) -> None:
        """Commit all changes: first of the memory, then of the cache. Items not noted for `days` are forgotten.

        If the run `failed`, no item and no chunk is forgotten, as the run may not have read all of them. No item is
        forgotten either if the run could not read everything (`is_whole` is false).
        """
        run = self._open.execute
        run("update noted set seen = (select seen from main.items where main.items.id = noted.id) where seen is null")
        columns = NAMES["items"]
        noted = f"select {columns}, checksum({columns}) from noted"  # noqa: S608
        run(f"insert or replace into main.items {noted} except select * from main.items")  # noqa: S608
        changed = NAMES["items"].replace("held", "?1")
        query = f"update main.items set held = ?1, checksum = checksum({changed}) where id = ?2"  # noqa: S608
        self._open.executemany(query, self._held)
        gone = ((name,) for held, name in self._held if held is None)
        self._open.executemany("delete from main.versions where id = ?", gone)
        run("insert or replace into main.documents select * from current except select * from main.documents")
        if self._day is not None and not failed:
            seen = columns.replace("seen", "?1")
            run(f"update main.items set seen = ?1, checksum = checksum({seen}) where seen is null", (self._day,))  # noqa: S608
            if is_whole:
                run("delete from main.items where seen < ?", (self._day - days,))
        before = self.get_value("run")
        number = before + 1 if isinstance(before, int) else 1
        self.set_values({"run": number})
        run("commit")
        self.cache.commit(number, forget=not failed)
        self.quarantined = None
        self._drop_run_tables()

    def _value(self, query: str) -> int:
        value: int = self._open.execute(query).fetchone()[0]
        return value
