"""Where tables and keys stand in a TOML text; tomllib does not tell."""

from __future__ import annotations

import re
from collections import Counter

_HEADER = re.compile(r"\s*(\[\[|\[)\s*(.+?)\s*\]")
_KEY = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+))*)\s*=""")
_PART = re.compile(r""""([^"]*)"|'([^']*)'|([^.\s"']+)""")

Place = tuple[str | int, ...]
"""Names of tables and keys, and positions (from 0) in arrays."""


def line_of(place: Place, lines: dict[Place, int]) -> int:
    """Give the line of the innermost part of a place that stands in the file."""
    return next((lines[place[:n]] for n in range(len(place), 0, -1) if place[:n] in lines), 1)


def toml_lines(text: str) -> dict[Place, int]:
    """Find the lines of tables and keys; tomllib does not tell them."""
    lines: dict[Place, int] = {}
    counts: Counter[Place] = Counter()
    table: Place = ()
    for number, line in enumerate(text.split("\n"), 1):
        if header := _HEADER.match(line):
            table = _parts(header[2])
            if header[1] == "[[":
                counts[table] += 1
                table = (*table, counts[table] - 1)
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            for depth, _ in enumerate(parts := _parts(key[1]), 1):
                lines.setdefault((*table, *parts[:depth]), number)
    return lines


def _parts(dotted: str) -> Place:
    return tuple(next(filter(None, groups), "") for groups in _PART.findall(dotted))
