"""The results of sources: records, pages, and references to unchanged records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from ..errors import Problem, Severity
from ..models.items import Item
from ..state.rows import Row


class Location(NamedTuple):
    """Where a record is in a file, so that it can be read again, and a digest that shows whether it changed."""

    path: str
    line: int
    """The first line of the record, from 1."""
    start: int
    """The first byte of the record, from 0."""
    length: int
    """The length of the record in bytes; -1 if the record is the whole file."""
    key: bytes
    """A digest of the bytes of the record and of the path."""


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
    location: Location | None = None

    def problem(self, name: str, message: str, severity: Severity = "refused") -> Problem:
        """Return a problem about a field of this record."""
        return Problem(self.path, self.lines.get(name, self.line), name, message, severity, self.line)


@dataclass(frozen=True, slots=True)
class Page:
    """The title and description that a text page gives its topic."""

    topic: str
    title: str | None
    description: str | None


@dataclass(frozen=True, slots=True)
class HeldBack:
    """An item that is held back until its date, or an item whose last change is held back."""

    record: Record
    until: datetime
    whole: bool = True
    """Whether the item is held back, and not only its `updated`."""


class Same(NamedTuple):
    """A record that did not change since the last run."""

    row: Row
    location: Location
    source: str
    read: Callable[[], Record]
    """Reads the record again. Raises SourceError if it changed."""


class Passed(NamedTuple):
    """A record that is in no feed, and is not resolved again. Its id is reserved, and it is counted."""

    id: str
    path: str
    line: int
    source: str


ItemLike = Item | Record | Page | Problem | Mapping[str, Any]
"""A result of a source, or an item or mapping made in Python."""
