"""The contract of readers: what they yield for each record, how they reject a file, and how they are found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

from ..errors import Problem
from ..models.site import Source
from ..registry import find_source_format
from .model import NO_LINES, Page

EMPTY = "is empty (if this is intended, remove the file or its source)"


class RawRecord(NamedTuple):
    """A record as it stands in its file, before anything is known of its worth."""

    fields: Any
    """A mapping, or an object with attributes."""
    line: int
    """Its first line, from 1."""
    lines: Mapping[str, int] = NO_LINES
    """The lines of its fields, where they are known."""
    inferred: date | None = None
    """A publication date that its page implies."""
    from_page: bool = False
    untitled: bool = False
    """Its title is a label that was made for it."""


class Unreadable(Exception):
    """The file is not what its format says: nothing of it may be published."""

    def __init__(self, line: int, message: str) -> None:
        self.line, self.message = line, message


def refuse_repeated_fields(path: str, item: int, fields: Iterable[tuple[str, int]]) -> Iterator[Problem]:
    """Refuse a record for the fields that it has twice, each with its line."""
    for name, line in fields:
        yield Problem(path, line, name, "is given twice in this item (keep one)", item=item)


Reader = Callable[[Any, Source, str], Iterator[RawRecord | Page | Problem]]
"""Reads a text, or an open binary file, of a source; the last argument is the name that messages use."""


def find_format(source: Source, path: str) -> str | None:
    """Name the format of a file."""
    return source.format or find_source_format(path)


LineReader = Callable[[bytes, int], Iterator[RawRecord | Page | Problem]]
"""Reads a line, by its bytes and number."""


@cache
def find_line_reader(name: str) -> Callable[[str], LineReader]:
    """Load the function of a `by_line` format that returns a reader of lines, by the name that messages use."""
    make: Callable[[str], LineReader] = import_module(f".{name}", __package__).make_line_reader
    return make


@cache
def find_reader(name: str) -> Reader:
    """Load the function that reads a format, by the format's name in the registry."""
    read: Reader = import_module(f".{name}", __package__).read
    return read
