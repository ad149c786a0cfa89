"""The results of sources: chunks, records and pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import QUERY, Problem, Severity, show
from ..models.items import Article, Item
from ..models.mapping import Lookup
from ..models.site import Source

if TYPE_CHECKING:
    from .mapping.reports import MappingReport

NO_LINES: Mapping[str, int] = {}
Identity = tuple[str | None, str | None]
"""The `id` and the `link` of a record, as its author wrote them."""
Window = tuple[date | None, date | None]
"""When a record becomes public, and when it expires."""


def number_item(line: int, place: int) -> int:
    """Return a number that identifies a record in its file: its first line, if it is the only record on that line."""
    return line + (place << 32)


def label_item(place: int, name: object) -> str:
    """Return the name of a record for messages, if its line has several records."""
    return f"item {place} ({show(name)})" if place and name else f"item {place}" if place else ""


def label_record(path: str, place: int, name: object, own_id: object) -> str:
    """Return the name of a record for messages. For a row of a database, it is the `id`, as its number can change."""
    return f"id {show(own_id)}" if own_id and path.startswith(QUERY) else label_item(place, name)


def read_identity(fields: Any) -> Identity | None:
    """Return the `id` and the `link` of a record that is not a valid item, or None if it has neither."""
    get = fields.get if isinstance(fields, Mapping) else partial(getattr, fields)
    for name in ("id", "link"):
        with suppress(ValueError):
            item = Article.model_validate({"title": "-", "published": "2000-01-01", name: get(name, None)})
            if item.id or item.link:
                return item.id, item.link
    return None


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
    place: int = 0
    """Its position among the records that start on its line, from 1; 0 if there is only one."""
    window: Window | None = None
    moved: tuple[date, ...] = ()
    """The exceptions of a recurring event that have items of their own. No notice reports these exceptions."""

    @property
    def label(self) -> str:
        """Its name in messages, if its line does not identify it."""
        return label_record(self.path, self.place, self.item.title, self.item.id)

    def problem(self, name: str, message: str, severity: Severity = "refused") -> Problem:
        """Return a problem about a field of this record."""
        line, item = self.lines.get(name, self.line), number_item(self.line, self.place)
        identity = (self.item.id, self.item.link)
        return Problem(self.path, line, name, message, severity, item, name=self.label, identity=identity)


class Draft(NamedTuple):
    """A record that is not published, because its author marked it as a draft or set a date for it."""

    path: str
    line: int
    until: datetime | None = None
    """When the record becomes public, if that is known."""
    identity: Identity | None = None
    """Its `id` and its `link`. None if they cannot be read."""
    reason: str = ""
    """The key and value of the mark, such as `hidden: true`. Empty for dates and cached records."""


class Unplaced(NamedTuple):
    """A mapped record from Python with a relative address. The address of the site is not known yet."""

    place: Callable[[str], Iterator[Record | Problem | Draft]]
    """Yields its item or its problems, given the address of the site."""


class FileContext(NamedTuple):
    """The file and the site of some records, for the reader of their format."""

    path: str
    """The name of the file in messages."""
    form: str = "python"
    """The source format, `database`, or `python`."""
    url: str | None = ""
    """The address of the site. None if it is not known yet."""
    load_index: Callable[[Lookup], dict[str, Any]] | None = None
    """Returns the values of a lookup in another file, by key."""


@dataclass(frozen=True, slots=True)
class Page:
    """The title and description of a topic, from a text page (`.txt`) or from Python. The site file has priority.

    Threads may share it.
    """

    topic: str
    title: str | None = None
    description: str | None = None


Contents = Iterator["Record | Page | Problem | Draft | MappingReport"]


class Location(NamedTuple):
    """Where a chunk is in a file, so that it can be read again."""

    source: Source
    path: str
    salt: bytes = b""
    """A part of the key of the chunk. It differs between files, and between sources with the same file."""
    is_single: bool = False
    """Whether the chunk is one line, or a file with one item. If so, reading it again is quick."""
    line: int = 1
    """The first line of the chunk, from 1."""
    start: int = 0
    """The first byte of the chunk, from 0."""
    length: int = -1
    """The length of the chunk in bytes; -1 if the chunk is the whole file."""
    url: str = ""
    """The address of the site."""
    lookups: tuple[tuple[str, bytes], ...] = ()
    """The path and the SHA-256 of each file that its lookups read."""


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


ItemLike = Item | Record | Page | Problem | Draft | Unplaced | Mapping[str, Any]
"""An item or mapping made in Python, or a result of `read` or `read_objects`."""
