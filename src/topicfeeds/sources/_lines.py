"""Lines: split a source file into lines, or only the part that a worker reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ._raw import EMPTY, Unreadable

_BOM = b"\xef\xbb\xbf"
_MAX_LINE_BYTES = 16 * 1024 * 1024
"""The limit of a line, in bytes: twice the largest `max_body`."""


def split_lines(file: BinaryIO, part: tuple[int, int] | None = None) -> Iterator[tuple[int, int, bytes]]:
    """Yield number (from 1), first byte (from 0) and content of each line that is not blank. Raises Unreadable.

    `part` is a range of bytes: its start, and its end (exclusive). Only lines that start in the part are yielded, and
    lines are counted from the start of the part.
    """
    first, end = part or (0, None)
    number, start = _seek_part(file, first)
    blank = part is None
    # Bytes are split at LF only: str.splitlines() would also split at U+2028, which JSON strings may contain.
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
    """Seek the first line that starts in a part. Return the number of skipped lines (0 or 1), and its first byte."""
    if first == 0:
        return 0, 0
    file.seek(first - 1)
    rest = len(file.readline())
    return int(rest > 1), first - 1 + rest


def count_line_ends(path: Path, first: int, after: int) -> int:
    """Return the number of line ends in a file from byte `first` to the byte before `after`. Raises OSError."""
    count = 0
    with path.open("rb") as file:
        file.seek(first)
        while first < after and (content := file.read(min(1 << 20, after - first))):
            count += content.count(b"\n")
            first += len(content)
    return count
