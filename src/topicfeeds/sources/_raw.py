"""What a reader yields for each record, and how it gives up on a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from ..errors import Problem
from ..sourced import NO_LINES

_MARKS = (b"<<<<<<< ", b">>>>>>> ")
_CONFLICT = re.compile("^(<{7}|>{7}) ", re.MULTILINE)
_LARGEST = 64 * 1024 * 1024
_SMALL = 64 * 1024


class Raw(NamedTuple):
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
    is_clean: bool = False
    """Whether its texts are known to have no character that XML forbids."""


class Unreadable(Exception):
    """The file is not what its format says: nothing of it may be published."""

    def __init__(self, line: int, message: str) -> None:
        self.line, self.message = line, message


def twice(path: str, item: int, fields: Iterable[tuple[str, int]]) -> Iterator[Problem]:
    """Refuse a record for the fields that it has twice, each with its line."""
    for name, line in fields:
        yield Problem(path, line, name, "stands twice in one item (keep one)", item=item)


def text_of(content: bytes) -> str:
    """Read what `read_whole` gave as `decode` does, unless it is too large for a format that is not read by lines."""
    if len(content) > _LARGEST:
        raise Unreadable(1, f"is larger than {_LARGEST >> 20} MiB (write JSON Lines, which is read item by item)")
    text = decode(content)
    if any(mark[:1] in content and mark in content for mark in _MARKS) and (conflict := _CONFLICT.search(text)):
        raise Unreadable(text.count("\n", 0, conflict.start()) + 1, "has marks of a merge conflict (resolve it)")
    if not text or text.isspace():
        raise Unreadable(1, "is empty (remove the file, or the source, if that is meant)")
    return text


def read_whole(read: Callable[[int], bytes], size: int = 0) -> bytes:
    """Read a file, which may have so many bytes, and not much more than what is taken of one."""
    content = read(min(size, _LARGEST) + 1 if size else _SMALL)
    while len(content) != size and len(content) <= _LARGEST and (more := read(max(_SMALL, len(content)))):
        content += more
    return content


def decode(content: bytes) -> str:
    """Read UTF-8, with or without a byte order mark; line ends become LF. Raises Unreadable."""
    try:
        text = content.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"byte {error.start + 1} is not UTF-8 (0x{content[error.start]:02X}): save the file as UTF-8"
        raise Unreadable(line, message) from None
    if "\0" in text:
        raise Unreadable(text.count("\n", 0, text.index("\0")) + 1, "has NUL characters: not a text file, or a cut one")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
