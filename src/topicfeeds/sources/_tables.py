"""Tables: rows of cells below a header, as in CSV and in spreadsheets, become records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, zip_longest
from typing import Any

from ..errors import Problem, count, show
from ..models.fields import is_absent
from ..models.items import FIELDS
from ..models.mapping import LISTS
from ..models.places import ValuePlace, list_paths
from ..models.site import Source
from ._raw import RawRecord, Unreadable

_TOO_WIDE = "put quotes around a cell that contains the delimiter, or name all columns"
_EMPTY = "skipped {} without a value in a named column; the first is here (delete such rows)"
_UNNAMED = "skipped the values of {} in columns without a name; the first row is here (name the columns)"


def read_table(
    rows: Iterable[tuple[int, list[Any]]], source: Source, path: str, no_field: str
) -> Iterator[RawRecord | Problem]:
    """Yield the records of a table, given its rows with their lines. Raises Unreadable.

    Cells that are missing at the end of a row are blank. Rows without values are counted in one warning. `no_field` is
    the message if no column has the name of a field.
    """
    rest = iter(rows)
    found = next(islice(rest, source.header_row - 1, None), None)
    if not found:
        raise Unreadable(1, f"there is no row {source.header_row} (set header_row in [[sources]])")
    header = _read_header(found[1], source, found[0], no_field)
    has_unnamed = not source.fields and "" in header
    skipped: Counter[str] = Counter()
    first: dict[str, int] = {}
    for line, row in rest:
        if not row:
            continue
        if not all(map(is_absent, row[len(header) :])):
            message = f"has {count('cell', len(row))}, but the header has {len(header)}"
            raise Unreadable(line, f"{message} ({_TOO_WIDE})")
        is_blank = row.count("") == len(row)
        cells = {} if is_blank else {name: cell for name, cell in zip_longest(header, row[: len(header)]) if name}
        if not all(map(is_absent, cells.values())):
            yield RawRecord(make_fields(cells, is_mapped=bool(source.fields)), line)
        else:
            first.setdefault(_EMPTY, line)
            skipped[_EMPTY] += 1
        if has_unnamed and not all(is_absent(cell) for name, cell in zip(header, row, strict=False) if not name):
            first.setdefault(_UNNAMED, line)
            skipped[_UNNAMED] += 1
    for message in (_EMPTY, _UNNAMED):
        if message in first:
            yield Problem(path, first[message], "", message.format(count("row", skipped[message])), "warning")


def make_fields(cells: Mapping[str, Any], *, is_mapped: bool) -> dict[str, Any]:
    """Return the cells of a row by column. Without a mapping, the column `location.name` is a part of `location`.

    The columns `authors.name` and `authors.email` are a list with one author.
    """
    if is_mapped:
        return {name: None if is_absent(cell) else cell for name, cell in cells.items()}
    fields: dict[str, Any] = {}
    for name, cell in cells.items():
        outer, _, inner = name.partition(".")
        if inner and not is_absent(cell):
            fields.setdefault(outer, {})[inner] = cell
        elif not is_absent(cell):
            fields[name] = cell
    return {name: [one] if name in LISTS and isinstance(one, dict) else one for name, one in fields.items()}


def count_columns(header: Sequence[str], source: Source) -> int:
    """Return the number of mapped fields that have columns. Without a mapping, return the number of known columns."""
    if not source.fields:
        return sum(name.partition(".")[0] in FIELDS for name in header)
    return sum(any(_has(place, header) for place in source.places[field]) for field in source.fields)


def _has(place: ValuePlace, header: Sequence[str]) -> bool:
    paths = [path for path in list_paths([place]) if path.names[0] != "file"]
    return all(any(name in header for name, _ in path.steps[0]) for path in paths)


def _read_header(row: list[Any], source: Source, line: int, no_field: str) -> list[str]:
    """Return the names of the columns. Columns that are not mapped may have any name. Raises Unreadable."""
    header = [str(name).strip() for name in row]
    if not source.fields and not count_columns(header, source):
        raise Unreadable(line, no_field)
    for name in sorted(source.used_keys if source.fields else set(header) - {""}):
        if header.count(name) > 1:
            raise Unreadable(line, f"the header has the column {show(name)} twice (rename one)")
        if not source.fields and "." in name and name.partition(".")[0] in header:
            raise Unreadable(line, f"the header has both {show(name.partition('.')[0])} and {show(name)} (keep one)")
    return header
