"""TOML: one `[[item]]` table for each item."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from ..errors import Problem, show
from ..models.site import Source
from ..text.toml_lines import find_line, find_toml_lines
from ._raw import RawRecord, Unreadable

_LONG_KEY = re.compile(r"^[^=\"'#\n]*?(?:\.[^=.\"'#\n]*){50}", re.MULTILINE)


def read(text: str, source: Source, path: str) -> Iterator[RawRecord | Problem]:
    """Read a TOML file. Raises Unreadable."""
    table = parse_toml(text)
    lines = find_toml_lines(text)
    for name in table:
        if name != "item":
            raise Unreadable(find_line((name,), lines), f"{show(name)} belongs to no item (write [[item]] above)")
    if not table:
        raise Unreadable(1, "has no items (write item = [] if that is meant)")
    items = table.get("item", [])
    for number, fields in enumerate(items if isinstance(items, list) else [items]):
        place = ("item", number)
        if not isinstance(items, list) or not isinstance(fields, dict):
            raise Unreadable(find_line(("item",), lines), "is no list of items (write [[item]] above each)")
        own = {str(key[2]): line for key, line in lines.items() if key[:2] == place and len(key) == 3}
        yield RawRecord(fields, find_line(place, lines), own)


def parse_toml(text: str) -> dict[str, Any]:
    """Parse TOML. Raises Unreadable with the line."""
    if long := _LONG_KEY.search(text):  # the time of tomllib grows with the square of the parts
        raise Unreadable(text.count("\n", 0, long.start()) + 1, "is not TOML that we take: a key of more than 50 parts")
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        found = re.search(r" \(at line (\d+), column \d+\)", str(error))
        sentence = str(error).replace(found[0], "") if found else str(error)
        raise Unreadable(int(found[1]) if found else text.count("\n") + 1, f"is not TOML: {sentence}") from None
