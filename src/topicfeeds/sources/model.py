"""What sources yield: records, pages, and references to unchanged records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from ..errors import Problem, Severity
from ..models.items import Item
from ..state.rows import Row


class Location(NamedTuple):
    """Where a record stands in a file that can be read again, and how to tell that it is the same."""

    path: str
    line: int
    """From 1."""
    start: int
    """Its first byte, from 0."""
    length: int
    """Bytes; -1 where it is the whole file."""
    key: bytes
    """A digest of them, and of the path."""


NO_LINES: Mapping[str, int] = {}


class Record(NamedTuple):
    """An item with where it was read."""

    item: Item
    path: str
    """The file, as messages name it."""
    line: int
    """Its first line, from 1; on a text page that of its first date."""
    lines: Mapping[str, int] = NO_LINES
    """The lines of its fields, where they are known."""
    topics: tuple[str, ...] = ()
    """What its source gives to every item."""
    inferred: date | None = None
    """A publication date that its page implies."""
    from_page: bool = False
    untitled: bool = False
    """Its title is a label that was made for it."""
    source: str = "items"
    """What it was read from, as the site file names it."""
    location: Location | None = None

    def problem(self, name: str, message: str, severity: Severity = "refused") -> Problem:
        """Make a finding about a field of this record."""
        return Problem(self.path, self.lines.get(name, self.line), name, message, severity, self.line)


@dataclass(frozen=True, slots=True)
class Page:
    """What a text page says of its topic."""

    topic: str
    title: str | None
    description: str | None


@dataclass(frozen=True, slots=True)
class HeldBack:
    """An item, or its last change, that waits for its date."""

    record: Record
    until: datetime
    whole: bool = True
    """Whether the item waits, and not just its `updated`."""


class Same(NamedTuple):
    """A record that is as the last run saw it."""

    row: Row
    location: Location
    source: str
    read: Callable[[], Record]
    """Reads it after all. Raises SourceError where it is not the same any more."""


class Passed(NamedTuple):
    """A record that was looked at elsewhere, and that no feed holds: it has an id, and counts."""

    id: str
    path: str
    line: int
    source: str


ItemLike = Item | Record | Page | Problem | Mapping[str, Any]
"""What sources yield, one after the other; items and mappings made in Python may stand among them."""
