"""Lines of source files that are read line by line: whole files, or the part that a worker reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ._raw import EMPTY, Unreadable

_BOM = b"\xef\xbb\xbf"
_MAX_LINE_BYTES = 16 * 1024 * 1024
"""Ten times what an item may hold."""


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
            raise Unreadable(number, f"the line is longer than {_MAX_LINE_BYTES >> 20} MiB (write one item per line)")
        size = len(line)
        line = (line if start else line.removeprefix(_BOM)).lstrip()
        if line:
            blank = False
            yield number, start + size - len(line), line.rstrip()
        start += size
    if blank:
        raise Unreadable(1, EMPTY)


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
