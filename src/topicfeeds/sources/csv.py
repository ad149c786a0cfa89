"""CSV: a header with the names of fields, then one item on each row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice

from ..errors import Problem
from ..models.site import Source
from ..text.characters import LOOKS_LIKE_MARKUP
from ._raw import RawRecord, Unreadable
from ._tables import count_columns, read_table

_DELIMITERS = ",;\t|"
_SEPARATOR_LINE = re.compile('(?i)"?sep=([^"])"?')
"""The first line of many files for Excel, such as `sep=;`. It names the delimiter."""
_MAX_COLUMNS = 1000
_MAX_DELIMITERS = 1_000_000
"""The limit of delimiters in a line, including those in quotes."""
_MAX_HEADER_CHARS = 1 << 20
_MAX_CELL_CHARS = 8 * 1024 * 1024
"""The limit of a cell, in characters. The limits of items are lower, and have their own messages."""


def read(text: str, source: Source, path: str) -> Iterator[RawRecord | Problem]:
    """Read a CSV file (RFC 4180). A column such as `location.name` sets a part of a field. Raises Unreadable."""
    csv.field_size_limit(max(_MAX_CELL_CHARS, csv.field_size_limit()))
    first, _, rest = text.partition("\n")
    found = _SEPARATOR_LINE.fullmatch(first)
    text, line = (rest, 2) if found else (text, 1)
    delimiter = source.delimiter or (found[1] if found else _find_delimiter(text, source))
    start = text.split("\n", source.header_row)[: source.header_row]
    if any(one.count(delimiter) >= _MAX_COLUMNS for one in start):
        raise Unreadable(line, f"the header has more than {_MAX_COLUMNS:,} columns (remove some, or check delimiter)")
    yield from read_table(_read_rows(text, delimiter, line), source, path, _explain_header(text, delimiter, source))


def _read_rows(text: str, delimiter: str, line: int) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a file, each with its line number. `line` is the number of the first line.

    Raises Unreadable.
    """
    rows = csv.reader(_check_lines(text, delimiter, line), delimiter=delimiter, strict=True)
    first, widest = line, 0
    last: tuple[int, list[str]] | None = None
    try:
        for row in rows:
            if last:
                yield last
            last, widest = (line, row), max(widest, len(row))
            line = first + rows.line_num
    except csv.Error as error:
        raise Unreadable(line, f"is not valid CSV: {_explain_error(str(error))}") from None
    if last and len(last[1]) < widest and not text.endswith("\n"):
        raise Unreadable(last[0], "the file ends within a row: it may be cut (copy it again, or add a line end)")
    if last:
        yield last


def _check_lines(text: str, delimiter: str, first: int) -> Iterator[str]:
    """Yield the lines of a file. Raises Unreadable for a line whose cells would take too much memory."""
    for number, line in enumerate(io.StringIO(text), first):
        if line.count(delimiter) > _MAX_DELIMITERS:
            raise Unreadable(number, f"has more than {_MAX_DELIMITERS:,} delimiters (check delimiter)")
        yield line


def _find_delimiter(text: str, source: Source) -> str:
    """Return the delimiter that gives the header the most columns that the source needs."""
    return max(_DELIMITERS, key=lambda one: count_columns(_read_header(text, one, source), source))


def _read_header(text: str, delimiter: str, source: Source) -> list[str]:
    """Return the names of the columns, or an empty list if the delimiter cannot be right."""
    try:
        rows = list(islice(_read_rows(text[:_MAX_HEADER_CHARS], delimiter, 1), source.header_row))
    except Unreadable:
        return []
    return [name.strip() for name in rows[-1][1]] if len(rows) == source.header_row else []


def _explain_header(text: str, delimiter: str, source: Source) -> str:
    """Say why no column has the name of a field."""
    if text.lstrip().startswith("<"):
        return f"is not valid CSV: {LOOKS_LIKE_MARKUP}"
    other = _find_delimiter(text, source)
    if other != delimiter and count_columns(_read_header(text, other, source), source):
        written = r"\t" if other == "\t" else other
        return f'the columns have another delimiter (set delimiter = "{written}" in [[sources]])'
    return "no column has the name of a field (add a header such as id,title,published, or set fields in [[sources]])"


def _explain_error(reason: str) -> str:
    if "unexpected end" in reason:
        return 'a quoted cell is not closed (add the closing ")'
    if "expected after" in reason:
        return 'a quote within a quoted cell is not doubled (write "" for ")'
    return reason
