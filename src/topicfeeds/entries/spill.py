"""The spill: temporary data about the items of a run. If it is large, most of it is in an unnamed temporary file."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import PublishError
from ..state.database import ClosingConnection

_CACHE_KB = 16_000
"""The part of the spill that is kept in memory, in kilobytes."""
_TABLES = """
pragma journal_mode = off;
create table seen (key integer primary key, id text, path text, line integer, content blob, topics text, tags text,
    authors blob, records integer, language text);
create table texts (number integer primary key, text text);
begin;
"""

SeenRow = tuple[str, str, int, bytes, str, str, bytes, int, str | None]
"""Id, paths, line, content digest, topics, tags, author digests, number of records, and language of an item."""


class Spill:
    """Rows by 64-bit key, and texts by number. Methods raise PublishError if the temporary file cannot be written."""

    def __init__(self) -> None:
        with _explain_errors():
            self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False, factory=ClosingConnection)
            self._file.execute(f"pragma cache_size = -{_CACHE_KB}")
            self._file.executescript(_TABLES)

    def enter(self, key: int, row: SeenRow) -> SeenRow | None:
        """If the key is new, store the row and return None. Otherwise, return the stored row of the key."""
        with _explain_errors():
            run = self._file.execute
            if run("insert or ignore into seen values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (key, *row)).rowcount:
                return None
            found: SeenRow = run("select * from seen where key = ?", (key,)).fetchone()[1:]
            return found

    def put(self, key: int, row: SeenRow) -> None:
        """Store a row under a key, in place of an earlier row with this key."""
        with _explain_errors():
            self._file.execute("replace into seen values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (key, *row))

    def add_text(self, text: str) -> int:
        """Store a text, and return its number."""
        with _explain_errors():
            return self._file.execute("insert into texts (text) values (?)", (text,)).lastrowid or 0

    def read_text(self, number: int) -> str:
        """Return a stored text."""
        with _explain_errors():
            text: str = self._file.execute("select text from texts where number = ?", (number,)).fetchone()[0]
            return text


@contextmanager
def _explain_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        place = tempfile.gettempdir()
        message = f"{place}: cannot be written: {error} (set TMPDIR to a folder with free space)"
        raise PublishError(message=message) from error
