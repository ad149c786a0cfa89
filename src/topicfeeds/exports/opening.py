"""Opening an export: the lines of the site file that say how its records are read."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..registry import find_source_format
from ..sources._bytes import check_size, read_content
from ..sources._raw import Unreadable
from ..sources._spreadsheet_process import LIST_SHEETS
from ..sources.spreadsheet import read_rows
from .kinds import NAMES, simplify

_KNOWN = {name for names in NAMES.values() for name in names}
_MAX_HEADER_ROW = 30
_LIST_COLUMNS = """select m.name, c.name from sqlite_master as m, pragma_table_info(m.name) as c
where m.type in ('table', 'view') and m.name not like 'sqlite_%' order by m.name"""


def quoted(*values: str) -> str:
    """Return texts as a string of TOML, or as a list of strings if there are several."""
    texts = [json.dumps(one, ensure_ascii=False).replace("\x7f", "\\u007f") for one in values]
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def open_export(form: str, path: str, first: str, base: Path) -> list[str]:
    """Return the lines that read an export. Raises Unreadable and OSError.

    `path` is its path in the site file, and `first` the path of its first file. Both are relative to `base`.
    """
    if form == "database":
        return [*_open_database(path, base / path)]
    lines = [f"path = {quoted(path)}"]
    if find_source_format(first) != form:
        lines.append(f"format = {quoted(form)}")
    return [*lines, *_OPEN[form](read_file(base, first))] if form in _OPEN else lines


def read_file(base: Path, path: str) -> bytes:
    """Return the bytes of a file. Raises Unreadable and OSError."""
    content, _ = read_content(base, path)
    check_size(content)
    return content


def load_json(content: bytes) -> Any:
    """Return a JSON document, or None if it cannot be decoded: the reader of the format explains why."""
    with suppress(ValueError, RecursionError):
        return json.loads(content)
    return None


def _open_csv(content: bytes) -> Iterator[str]:
    """Choose the encoding, and the most frequent delimiter of the header."""
    try:
        header = content.decode().partition("\n")[0]
    except UnicodeDecodeError:
        header = content.decode("cp1252", "replace").partition("\n")[0]
        yield 'encoding = "cp1252"'
    if (delimiter := max(",;\t|", key=header.count)) != ",":
        yield f"delimiter = {quoted(delimiter)}"


def _open_spreadsheet(content: bytes) -> Iterator[str]:
    """Choose the sheet and the row whose cells have the most known names."""
    sheets = [str(name) for name in next(read_rows(content, LIST_SHEETS))]
    rows = [
        (_count_known(row), -order, -number)
        for order, name in enumerate(sheets)
        for number, row in enumerate(islice(read_rows(content, name), _MAX_HEADER_ROW), 1)
    ]
    _, order, number = max(rows, default=(0, 0, -1))
    if order:
        yield f"sheet = {quoted(sheets[-order])}"
    if number < -1:
        yield f"header_row = {-number}"


def _open_json(content: bytes) -> Iterator[str]:
    """Set `items` to the longest list of the file, if the file is an object."""
    document = load_json(content)
    if isinstance(document, dict):
        lists = {name: len(one) for name, one in document.items() if isinstance(one, list) and name != "included"}
        yield f"items = {quoted(max(lists, key=lambda name: lists[name]) if lists else '.')}"


def _open_database(path: str, file: Path) -> Iterator[str]:
    """Choose the table whose columns have the most known names."""
    if not file.is_file():
        raise Unreadable(1, "is not a file (check PATH)")
    tables: dict[str, list[str]] = {}
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)) as database:
            for table, column in database.execute(_LIST_COLUMNS):
                tables.setdefault(table, []).append(column)
    except sqlite3.Error as error:
        raise Unreadable(1, f"is not a database of SQLite: {error}") from None
    if not tables:
        raise Unreadable(1, "has no tables (check PATH)")
    table = max(tables, key=lambda name: _count_known(tables[name]))
    name = table if table.isidentifier() else '"' + table.replace('"', '""') + '"'
    yield f"database = {quoted(f'sqlite:///{path}')}"
    yield f"query = {quoted(' '.join(['select * from', name]))}"


def _count_known(names: Sequence[Any]) -> int:
    return sum(isinstance(name, str) and simplify(name) in _KNOWN for name in names)


_OPEN: dict[str, Callable[[bytes], Iterator[str]]] = {
    "csv": _open_csv,
    "spreadsheet": _open_spreadsheet,
    "json": _open_json,
}
