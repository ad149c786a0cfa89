"""The contract of readers: what they yield for each record, how they reject a file, and how they are found."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

from ..errors import Problem
from ..models.site import Source
from ..registry import SUFFIXES
from .model import NO_LINES, Draft, Page, Window, label_item, number_item

EMPTY = "is empty (create it again; if it should have no items, remove the file or its source)"


class RawRecord(NamedTuple):
    """A record as it is in its file, before it is validated."""

    fields: Any
    """A mapping, or an object with attributes."""
    line: int
    """The first line of the record, from 1."""
    lines: Mapping[str, int] = NO_LINES
    """The lines of the fields by name, if they are known."""
    inferred: date | None = None
    """A date of publication that is inferred from the text page."""
    from_page: bool = False
    untitled: bool = False
    """Whether the title is a label made from kind and date."""
    place: int = 0
    """Its position among the records that start on its line, from 1; 0 if there is only one."""
    whole: Any = None
    """The document that contains the record, if lookups need it."""
    window: Window | None = None
    moved: tuple[date, ...] = ()
    """The exceptions of a recurring event that have items of their own, such as a moved date."""
    error: tuple[str, str] | None = None
    """The field and message of a problem that the reader found. Such a record is refused."""
    repeated: tuple[tuple[str, int], ...] = ()
    """The names that the record has twice, with their lines. Such a record is refused."""

    @property
    def item(self) -> int:
        """The number that identifies the record in its file."""
        return number_item(self.line, self.place)


RawContents = Iterator[RawRecord | Page | Problem | Draft]
"""The results of a reader."""


def number_neighbours(found: RawContents) -> RawContents:
    """Number the records that start on the same line, so that each can be identified."""
    waiting: RawRecord | None = None
    place = 0
    try:
        for one in found:
            follows = waiting is not None and isinstance(one, RawRecord) and one.line == waiting.line
            if waiting is not None:
                place = place + 1 if follows or place else 0
                yield _number(waiting, place)
            place = place if follows else 0
            waiting = one if isinstance(one, RawRecord) else None
            if not isinstance(one, RawRecord):
                yield one
    except Unreadable as error:
        if waiting is None:
            raise
        yield _number(waiting, place + 1 if place else 0)
        label = f"{label_item(place + 2, '')}: " if waiting.line == error.line else ""
        raise Unreadable(error.line, label + error.message) from None
    if waiting is not None:
        yield _number(waiting, place + 1 if place else 0)


def _number(raw: RawRecord, place: int) -> RawRecord:
    return raw._replace(place=place) if place and not raw.place else raw


class Unreadable(Exception):
    """The file is not valid in its format. Nothing in it may be published."""

    def __init__(self, line: int, message: str) -> None:
        self.line, self.message = line, message


def line_number(text: str, at: int) -> int:
    """Return the number of the line at a position, from 1."""
    return text.count("\n", 0, at) + 1


def expand_items(
    raw: RawRecord, source: Source, lines: Mapping[int, tuple[int, Mapping[str, int]]] = {}
) -> Iterator[RawRecord]:
    """Yield the records of a document, found with `items` of its source. Raises Unreadable.

    `lines` has the line of each record, and the lines of its fields, by the Python `id()` of the record.
    """
    from .mapping.elements import add_key, find_items

    if not isinstance(raw.fields, (Mapping, list)):
        yield raw
        return
    try:
        found = find_items(raw.fields, source)
    except ValueError as error:
        raise Unreadable(raw.line, str(error)) from None
    for number, (key, one) in enumerate(found, 1):
        line, fields = lines.get(id(one), (raw.line, NO_LINES))
        place = 0 if isinstance(one, Mapping) else number
        yield RawRecord(add_key(one, key), line, fields, place=place, whole=raw.fields if source.lookup else None)


def find_format(source: Source, path: str) -> str | None:
    """Return the name of a file's format: the `format` of the source, else the format of the file's suffix, or None.

    The name of a format of `Extensions` is its suffix.
    """
    suffix = os.path.splitext(path)[1].lower()  # noqa: PTH122 - a path in a message
    return source.format or (suffix if suffix in source.extensions.readers else SUFFIXES.get(suffix))


LineReader = Callable[[bytes, int], RawContents]
"""Reads one line, given its bytes and number."""


@cache
def find_reader(name: str, function: str = "read") -> Callable[..., Any]:
    """Return a function of a format, by the format's name in the registry: `read`, or `make_line_reader`."""
    found: Callable[..., Any] = getattr(import_module(f".{name}", __package__), function)
    return found
