"""JSON Lines: an object a line, read line by line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from ..errors import Problem
from ..models.site import Source
from ._bytes import decode
from ._raw import RawRecord, Unreadable
from .json import check_record, decode_json, make_decoder, replace_lone_surrogates, surrogate_warning

_BOM = b"\xef\xbb\xbf"
_MAX_LINE_BYTES = 16 * 1024 * 1024
"""Bytes of a line: ten times what an item may hold."""


def read(file: BinaryIO, source: Source, path: str) -> Iterator[RawRecord | Problem]:
    """Read JSON Lines: an object a line, blank lines between them allowed. Raises Unreadable."""
    decode_line = make_line_reader(path)
    for number, _, line in split_lines(file):
        yield from decode_line(line, number)


def split_lines(file: BinaryIO, part: tuple[int, int] | None = None) -> Iterator[tuple[int, int, bytes]]:
    """Give number, first byte, and content of each line that is not blank. Raises Unreadable.

    Of a `part` (its first byte, and that after the last) it is the lines that start in it, counted from 1
    where the part starts.
    """
    number, start = (0, 0) if part is None else _seek_part(file, part[0])
    end = None if part is None else part[1]
    blank = part is None
    # Bytes, cut at LF only: str.splitlines() would cut inside of strings, at U+2028 and others.
    while (end is None or start < end) and (line := file.readline(_MAX_LINE_BYTES)):
        number += 1
        if len(line) == _MAX_LINE_BYTES:
            raise Unreadable(number, f"is longer than {_MAX_LINE_BYTES >> 20} MiB (write one item a line)")
        size = len(line)
        line = (line if start else line.removeprefix(_BOM)).lstrip()
        if line:
            blank = False
            yield number, start + size - len(line), line.rstrip()
        start += size
    if blank:
        raise Unreadable(1, "is empty (remove the file, or the source, if that is meant)")


def _seek_part(file: BinaryIO, first: int) -> tuple[int, int]:
    """Go to the first line that starts in a part, and tell how many lines end before, and where it starts."""
    if first == 0:
        return 0, 0
    file.seek(first - 1)
    rest = len(file.readline())
    return int(rest > 1), first - 1 + rest


def count_line_ends(path: Path, first: int, after: int) -> int:
    """Count the line ends in a part of a file. Raises OSError."""
    count = 0
    with path.open("rb") as file:
        file.seek(first)
        while first < after and (content := file.read(min(1 << 20, after - first))):
            count += content.count(b"\n")
            first += len(content)
    return count


def make_line_reader(path: str) -> Callable[[bytes, int], Iterator[RawRecord | Problem]]:
    """Return the function that reads a line of a file, by its bytes and number. It raises Unreadable."""
    doubles: list[str] = []
    return partial(_read_line, path, make_decoder(doubles), doubles)


def _read_line(
    path: str, decoder: json.JSONDecoder, doubles: list[str], line: bytes, number: int
) -> Iterator[RawRecord | Problem]:
    doubles.clear()
    try:
        text = decode(line)
        whole = replace_lone_surrogates(text)
        fields, end = decode_json(decoder, whole, 0)
        if end < len(whole):
            raise Unreadable(1, f"is not JSON: more follows the item at column {end + 1}")
    except Unreadable as error:
        raise Unreadable(number, error.message) from None
    if whole != text:
        yield surrogate_warning(path, number)
    yield from check_record(fields, number, path, doubles)
