"""The results of sources: chunks, records and pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from ..errors import Problem, Severity
from ..models.items import Item
from ..models.site import Source

NO_LINES: Mapping[str, int] = {}


class Record(NamedTuple):
    """An item, and where it was read."""

    item: Item
    path: str
    """The name of the file in messages."""
    line: int
    """The first line of the record, from 1; on a text page, the line of the first date."""
    lines: Mapping[str, int] = NO_LINES
    """The lines of the fields by name, if they are known."""
    topics: tuple[str, ...] = ()
    """Topics that the source gives to every item."""
    inferred: date | None = None
    """A date of publication that is inferred from the text page."""
    from_page: bool = False
    untitled: bool = False
    """Whether the title is a label made from kind and date."""
    source: str = "items"
    """The name of the source: the path or query in the site file."""

    def problem(self, name: str, message: str, severity: Severity = "refused") -> Problem:
        """Return a problem about a field of this record."""
        identity = (self.item.id, self.item.link) if severity == "refused" else None
        return Problem(self.path, self.lines.get(name, self.line), name, message, severity, self.line, identity)


@dataclass(frozen=True, slots=True)
class Page:
    """The title and description that a text page gives its topic."""

    topic: str
    title: str | None
    description: str | None


Contents = Iterator[Record | Page | Problem]


class Location(NamedTuple):
    """Where a chunk is in a file, so that it can be read again."""

    source: Source
    path: str
    salt: bytes = b""
    """A part of the keys of its chunks. It differs between files, and between sources with the same file."""
    is_single: bool = False
    """Whether the chunk is one record. If so, reading it again is quick."""
    line: int = 1
    """The first line of the chunk, from 1."""
    start: int = 0
    """The first byte of the chunk, from 0."""
    length: int = -1
    """The length of the chunk in bytes; -1 if the chunk is the whole file."""


class Chunk(NamedTuple):
    """A part of a source: a line of JSON Lines, a whole file of another format, or the rows of a database.

    Later runs recognise a chunk by its key.
    """

    location: Location
    key: bytes
    """A digest of its bytes, its path and its source. Empty if later runs cannot recognise the chunk."""
    read: Callable[[], tuple[bytes, Contents]]
    """Reads the chunk, and returns the key of the bytes that were read, and the contents.

    A problem with the severity `unreadable` ends the contents.
    """


ItemLike = Item | Record | Page | Problem | Mapping[str, Any]
"""A result of a source, or an item or mapping made in Python."""
