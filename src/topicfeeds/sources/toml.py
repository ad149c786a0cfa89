"""TOML: one `[[item]]` table for each item."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from ..errors import Problem, show
from ..models.site import Source
from ..text.toml_errors import explain_toml_error
from ..text.toml_lines import KeyPath, find_line, find_toml_lines
from ._raw import RawRecord, Unreadable, expand_items, line_number

_LONG_KEY = re.compile(r"^[^=\"'#\n]*?(?:\.[^=.\"'#\n]*){50}", re.MULTILINE)


def read(text: str, source: Source, path: str) -> Iterator[RawRecord | Problem]:
    """Read a TOML file. Raises Unreadable."""
    table = parse_toml(text)
    lines = find_toml_lines(text)
    places = dict(_list_tables(table, (), lines))
    if source.items:
        yield from expand_items(RawRecord(table, 1), source, places)
        return
    for name in table:
        if name != "item":
            raise Unreadable(find_line((name,), lines), _explain_outside(name, table))
    if not table:
        raise Unreadable(1, "has no items (if this is intended, write item = [])")
    items = table.get("item", [])
    for fields in items if isinstance(items, list) else [None]:
        if not isinstance(fields, dict):
            message = "item is not a list of tables (write [[item]] above the fields of each item)"
            raise Unreadable(find_line(("item",), lines), message)
        yield RawRecord(fields, *places[id(fields)])


def _list_tables(
    value: Any, place: KeyPath, lines: dict[KeyPath, int]
) -> Iterator[tuple[int, tuple[int, dict[str, int]]]]:
    """Yield the Python `id()` of each table, with its line and the lines of its fields."""
    if isinstance(value, dict):
        known = {key: lines[(*place, key)] for key in value if (*place, key) in lines}
        yield id(value), (find_line(place, lines), known)
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, (dict, list)):
            yield from _list_tables(inner, (*place, key), lines)


def parse_toml(text: str) -> dict[str, Any]:
    """Parse TOML. Raises Unreadable with the line."""
    if long := _LONG_KEY.search(text):  # the time of tomllib grows with the square of the number of parts
        raise Unreadable(line_number(text, long.start()), "a name has more than 50 parts (shorten it)")
    try:
        return tomllib.loads(text)
    except (RecursionError, ValueError) as error:
        raise Unreadable(*explain_toml_error(text, error)) from None


def _explain_outside(name: str, table: dict[str, Any]) -> str:
    """Say what is wrong with a name at the top of the file."""
    from .mapping.elements import advise_items  # imported here, as most sources have no mapping

    advice = advise_items(table) or "write [[item]] above the fields of each item"
    if isinstance(table[name], (dict, list)) and name in ("items", "Item", "article", "articles", "event", "events"):
        return f"{name} is not a known name ({advice})"
    return f"{show(name)} is outside of an item ({advice})"
