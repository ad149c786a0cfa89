"""Find the lines of tables and keys in a TOML text, which tomllib does not report."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from contextlib import suppress

_HEADER = re.compile(r"\s*(\[\[?)([^\]]++)\]")
_KEY = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+))*)\s*=""")
_MARK = re.compile(r"""\\.|\"{3}|'{3}|"(?:[^"\\]|\\.)*"|'[^']*'|[\[\]{}#]""")
_PART = re.compile(r""""([^"]*)"|'([^']*)'|([^.\s"']+)""")

KeyPath = tuple[str | int, ...]
"""Names of tables and keys, and positions (from 0) in arrays."""


def find_line(place: KeyPath, lines: dict[KeyPath, int]) -> int:
    """Return the line of a place, or of the innermost table around it that the file contains.

    For a list of tables, return the line of its first table. If the file contains no part of the place, return 1.
    """
    first = lines.get((*place, 0), 1)
    keys = (key for n in range(len(place), 0, -1) for key in (place[:n], _split_dots(place[:n])))
    return next((lines[key] for key in keys if key in lines), first)


def _split_dots(place: KeyPath) -> KeyPath:
    """Return a place with its dotted names split: `a.b` becomes `a` and `b`."""
    return tuple(name for part in place for name in (part.split(".") if isinstance(part, str) else [part]))


def find_toml_lines(text: str) -> dict[KeyPath, int]:
    """Return the lines (from 1) of tables and keys. The text inside of multi-line strings and arrays is skipped."""
    lines: dict[KeyPath, int] = {}
    counts: Counter[KeyPath] = Counter()
    table: KeyPath = ()
    inside, depth = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        if not inside and not depth:
            if header := _HEADER.match(line):
                table = _add_positions(_split_key(header[2]), counts)
                if header[1] == "[[":
                    counts[table] += 1
                    table = (*table, counts[table] - 1)
                lines.setdefault(table, number)
                continue
            if key := _KEY.match(line):
                for length, _ in enumerate(parts := _split_key(key[1]), 1):
                    lines.setdefault((*table, *parts[:length]), number)
                line = line[key.end() :]
        inside, depth = _scan_line(line, inside, depth)
    return lines


def _add_positions(table: KeyPath, counts: Counter[KeyPath]) -> KeyPath:
    """Return the key of a table, with its position in each list of tables that contains it."""
    place: KeyPath = ()
    for part in table[:-1]:
        place = (*place, part, counts[(*place, part)] - 1) if (*place, part) in counts else (*place, part)
    return (*place, *table[-1:])


def find_open_string(text: str) -> int | None:
    """Return the line (from 1) of the multi-line string that is open at the end of a text, or None."""
    inside, start = "", None
    for number, line in enumerate(text.split("\n"), 1):
        before = inside
        inside, _ = _scan_line(line, inside, 0)
        start = (start if before else number) if inside else None
    return start


def _scan_line(line: str, inside: str, depth: int) -> tuple[str, int]:
    """Return the quotes of the string that is open at the end of a line, if any, and the depth of brackets."""
    for mark in _MARK.findall(line):
        if inside:
            inside = "" if mark == inside else inside
        elif mark in ('"""', "'''"):
            inside = mark
        elif mark in "[{":
            depth += 1
        elif mark in "]}":
            depth -= 1
        elif mark == "#":
            break
    return inside, depth


def _split_key(dotted: str) -> KeyPath:
    return tuple(_unescape(basic) or literal or bare for basic, literal, bare in _PART.findall(dotted))


def _unescape(name: str) -> str:
    """Decode the escapes in a name, such as those of invisible characters, as tomllib does."""
    with suppress(tomllib.TOMLDecodeError):
        return str(tomllib.loads(f'name = "{name}"')["name"]) if "\\" in name else name
    return name
