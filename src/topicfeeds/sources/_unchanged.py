"""Unchanged records: recognise them by their line or file, and read them again only when needed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import BinaryIO, Protocol

from ..errors import Problem, SourceError
from ..models.site import Source
from ._bytes import decode_file
from ._lines import split_lines
from ._raw import RawRecord, find_format, find_line_reader, find_reader
from ._validate import validate_record
from .model import Location, Page, Passed, Record, Same


class RowLookup(Protocol):
    """The rows of the last run, as readers use them."""

    def known(self, location: Location, source: str, read: ReadRecord) -> tuple[Same | Passed, ...] | None:
        """Return the results for an unchanged record, or None for any other record. `read` reads the record again."""

    def key(self, path: str) -> bytes | None:
        """Return the key of a file, which identifies its only record, or None."""

    def digest_file(self, path: str, content: bytes, now: tuple[int, int]) -> None:
        """Record the digest of a file as it was read. `now` has its size and mtime (nanoseconds) after reading."""


ReadRecord = Callable[[Location], Record]


@cache
def _salt(path: str) -> bytes:
    return hashlib.blake2b(path.encode(), digest_size=16).digest()


def file_key(path: str, digest: bytes) -> bytes:
    """Return the key of a file. `digest` is the SHA-256 of its content."""
    return hashlib.blake2b(digest + path.encode(), digest_size=16).digest()


def line_key(path: str, line: bytes) -> bytes:
    """Return the key of a line of a file."""
    return hashlib.blake2b(line, digest_size=16, salt=_salt(path)).digest()


def read_changed_lines(
    file: BinaryIO, source: Source, path: str, base: Path, recall: RowLookup, part: tuple[int, int] | None = None
) -> Iterator[Record | Same | Passed | Page | Problem]:
    """Read the lines of a file, or of a part of it. Raises Unreadable.

    Lines that the last run had are not parsed again.
    """
    decode = find_line_reader(find_format(source, path) or "")(path)
    read = partial(reread, source, base)
    for number, start, line in split_lines(file, part):
        location = Location(path, number, start, len(line), line_key(path, line))
        known = recall.known(location, source.name, read)
        if known is not None:
            yield from known
        else:
            for found in decode(line, number):
                yield from validate_record(found, source, path, location) if isinstance(found, RawRecord) else (found,)


def locate_file(path: str, recall: RowLookup) -> Location | None:
    """Return the location of the only record of a file, or None if its key is unknown."""
    key = recall.key(path)
    return Location(path, 1, 0, -1, key) if key else None


def recall_file(source: Source, path: str, base: Path, recall: RowLookup) -> tuple[Same | Passed, ...] | None:
    """Return the only record of an unchanged file without opening the file, or None for any other file."""
    location = locate_file(path, recall)
    return recall.known(location, source.name, partial(reread, source, base)) if location else None


def reread(source: Source, base: Path, location: Location) -> Record:
    """Read a record again at its location. Raises SourceError if the file changed."""
    path = location.path
    try:
        with (base / path).open("rb") as file:
            file.seek(location.start)
            content = file.read(location.length)
    except OSError:
        content = b""
    is_line = location.length >= 0
    key = line_key(path, content) if is_line else file_key(path, hashlib.sha256(content).digest())
    if key == location.key:  # otherwise the file changed
        for raw in _read_again(source, location, content):
            for found in validate_record(raw, source, path, location) if isinstance(raw, RawRecord) else ():
                if isinstance(found, Record):
                    return found
    problem = Problem(path, location.line, "", "changed while topicfeeds read it (run again)", "unreadable")
    raise SourceError([problem], SourceError.UNREADABLE)


def _read_again(source: Source, location: Location, content: bytes) -> Iterator[RawRecord | Page | Problem]:
    name = find_format(source, location.path) or ""
    if location.length >= 0:
        return find_line_reader(name)(location.path)(content, location.line)
    return find_reader(name)(decode_file(content), source, location.path)
