"""CSV: a header with the names of fields, then one item on each row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import Problem, show
from ..models.fields import is_absent
from ..models.items import FIELDS
from ..models.site import Source
from ..text.characters import LOOKS_LIKE_MARKUP
from ._raw import RawRecord, Unreadable

_MAX_COLUMNS = 1000
_MAX_CELL_CHARS = 8 * 1024 * 1024
"""The limit of a cell, in characters. The limits of items are lower, and have their own messages."""


def read(text: str, source: Source, path: str) -> Iterator[RawRecord | Problem]:
    """Read a CSV file (RFC 4180). A column such as `location.name` sets a part of a field. Raises Unreadable."""
    csv.field_size_limit(max(_MAX_CELL_CHARS, csv.field_size_limit()))
    rows = csv.reader(io.StringIO(text), delimiter=source.delimiter, strict=True)
    line = 1
    try:
        if text.partition("\n")[0].count(source.delimiter) >= _MAX_COLUMNS:
            raise Unreadable(1, f"the header has more than {_MAX_COLUMNS:,} columns (remove some, or check delimiter)")
        header = [name.strip() for name in next(rows, [])]
        if len(set(header)) < len(header):
            twice = sorted({name for name in header if header.count(name) > 1})
            raise Unreadable(1, f"the header has the column {show(twice[0])} twice (keep one)")
        for name in () if source.fields else header:
            if "." in name and name.partition(".")[0] in header:
                raise Unreadable(1, f"the header has both {show(name.partition('.')[0])} and {show(name)} (keep one)")
        if not source.fields and not any(name.partition(".")[0] in FIELDS for name in header):
            raise Unreadable(1, _explain_header(text, source.delimiter))
        line = rows.line_num + 1
        for row in rows:
            if any(cell.strip() for cell in row):
                if len(row) != len(header):
                    raise Unreadable(line, _explain_width(len(row), len(header), source.delimiter))
                yield RawRecord(make_fields(header, row, is_mapped=bool(source.fields)), line)
            line = rows.line_num + 1
    except csv.Error as error:
        raise Unreadable(line, f"is not valid CSV: {_explain_error(str(error))}") from None


def _explain_header(text: str, delimiter: str) -> str:
    """Say why no column has the name of a field."""
    if text.lstrip().startswith("<"):
        return f"is not valid CSV: {LOOKS_LIKE_MARKUP}"
    for other in ",;\t|":
        columns = [name.strip(' "') for name in text.partition("\n")[0].split(other)]
        if other != delimiter and not set(FIELDS).isdisjoint(columns):
            written = r"\t" if other == "\t" else other
            return f'the columns have another delimiter (set delimiter = "{written}" in [[sources]])'
    return "no column has the name of a field (add a header such as id,title,published, or set fields in [[sources]])"


def _explain_width(cells: int, columns: int, delimiter: str) -> str:
    given = "1 cell" if cells == 1 else f"{cells} cells"
    return f"has {given}, but the header has {columns} (put quotes around a cell that contains {show(delimiter)})"


def _explain_error(reason: str) -> str:
    if "unexpected end" in reason:
        return 'a quoted cell is not closed (add the closing ")'
    if "expected after" in reason:
        return 'a quote within a quoted cell is not doubled (write "" for ")'
    return reason


def make_fields(header: list[str], row: Sequence[Any], *, is_mapped: bool) -> dict[str, Any]:
    """Return the cells of a row by column. In a record with our names, `location.name` is a part of a field."""
    cells = zip(header, row, strict=True)
    if is_mapped:
        return {name: None if is_absent(cell) else cell for name, cell in cells}
    fields: dict[str, Any] = {}
    for name, cell in cells:
        outer, _, inner = name.partition(".")
        if inner and not is_absent(cell):
            fields.setdefault(outer, {})[inner] = cell
        elif not is_absent(cell):
            fields[name] = cell
    return fields
