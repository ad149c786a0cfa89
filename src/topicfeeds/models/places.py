"""Places: where a value is in a record of another system. A place is a path or a pattern of text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, time
from typing import NamedTuple

from ..errors import show

_MAX_NAMES = 50
_BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


class ValuePath(NamedTuple):
    """A path such as `title.rendered`."""

    text: str
    names: tuple[str, ...]
    steps: tuple[tuple[tuple[str, int], ...], ...]
    """For each position: the keys that may start there, longest first, each with its end. Keys may contain dots."""


class ValuePattern(NamedTuple):
    """A text with paths in it, such as `/{year}/{slug}/`."""

    text: str
    parts: tuple[str | ValuePath, ...]


ValuePlace = ValuePath | ValuePattern


def parse_place(text: str) -> ValuePlace:
    """Parse a path, or a pattern of text with paths in braces. Raises ValueError."""
    return ValuePattern(text, tuple(_split_pattern(text))) if "{" in text or "}" in text else parse_path(text)


def parse_path(text: str) -> ValuePath:
    """Parse a path. Raises ValueError."""
    names = tuple(text.strip().split("."))
    if not any(names):
        raise ValueError(f"{show(text)} is not a path (write the name of a key, such as title.rendered)")
    if len(names) > _MAX_NAMES:
        raise ValueError(f"{show(text)} has more than {_MAX_NAMES} names (shorten it)")
    ends = range(len(names), 0, -1)
    steps = (tuple((".".join(names[at:end]), end) for end in ends if end > at) for at in range(len(names)))
    return ValuePath(text.strip(), names, tuple(steps))


def list_paths(places: Iterable[ValuePlace]) -> list[ValuePath]:
    """Return the paths in places."""
    parts = (part for one in places for part in ([one] if isinstance(one, ValuePath) else one.parts))
    return [part for part in parts if isinstance(part, ValuePath)]


def _split_pattern(text: str) -> Iterator[str | ValuePath]:
    literal, at = "", 0
    for found in _BRACES.finditer(text):
        literal, at = literal + text[at : found.start()], found.end()
        if found[0] in ("{{", "}}"):
            literal += found[0][0]
        elif found[1] is None:
            raise ValueError(f"{show(text)} has an unpaired {found[0]} (write {found[0] * 2} for a brace in the text)")
        else:
            yield from [literal] if literal else []
            yield parse_path(found[1])
            literal = ""
    yield from [literal + text[at:]] if literal + text[at:] else []


def as_text(value: object) -> str:
    """Return a value as text, for comparisons: true is "true", 6 and 6.0 are "6", no value is ""."""
    if isinstance(value, str):
        text = value.strip()
        return text.lower() if len(text) < 6 and text.lower() in ("true", "false") else text
    return "" if value is None or value in ([], {}, ()) else to_text(value).strip()


def to_text(value: object) -> str:
    """Return a value as text: `true` or `false`, whole numbers without a decimal point, dates in ISO 8601."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (date, time)):
        return value.isoformat()
    try:
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    except ValueError:  # Python cannot convert numbers with thousands of digits
        return show(value)
