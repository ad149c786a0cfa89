"""Content lines of iCalendar (RFC 5545, 3.1): unfold them, and split a file into components and properties."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import NamedTuple

from icalendar.parser import Contentline
from icalendar.parser.property import split_on_unescaped_comma, unescape_backslash

from ..errors import show
from ..text.characters import LOOKS_LIKE_MARKUP, is_blank
from ._raw import Unreadable

_FOLDED = re.compile(r"[^\n]++(?:\n[ \t][^\n]*+)*+")
"""A content line and its continuation lines."""
_FOLD = re.compile(r"\n[ \t]")
_NAME = re.compile(r"[A-Za-z0-9-]+")
_MOMENT = re.compile(r"([0-9]{8})(?:T([0-9]{4})([0-9]{2})(Z?))?")
_MAX_DEPTH = 8
MAX_LINES = 50_000
"""The limit of content lines of an event. One line more is stored, to detect longer events."""
_WITH_PARTS = "VTIMEZONE"
"""The lines of the components inside this component are stored, too. In other components, they are skipped."""


class InvalidPropertyError(Exception):
    """A property has no valid value."""

    def __init__(self, line: int, message: str) -> None:
        self.line, self.message = line, message


class Property(NamedTuple):
    """A property of a component. Its value is still escaped."""

    value: str
    params: Mapping[str, str]
    line: int

    @property
    def text(self) -> str:
        """The value as text."""
        return str(unescape_backslash(self.value)).strip()

    @property
    def texts(self) -> list[str]:
        """The values of a list of texts, without blank ones."""
        return [one.strip() for one in split_on_unescaped_comma(self.value) if not is_blank(one)]

    def parse_moment(self, text: str) -> date | datetime:
        """Parse a date, or a date-time. A date-time is in UTC, or has no zone. Raises InvalidPropertyError."""
        try:
            found = _MOMENT.fullmatch(text.strip())
            moment = datetime.strptime(found[1], "%Y%m%d") if found else None  # noqa: DTZ007 - the zone follows
            if not found or not moment or not 1000 <= moment.year <= 9998:
                raise ValueError
            if not found[2] or self.params.get("VALUE") == "DATE":
                return moment.date()
            clock = datetime.strptime(found[2] + found[3].replace("60", "59"), "%H%M%S").time()  # noqa: DTZ007
        except ValueError:
            message = f"{show(text)} is not a valid date (write a date such as 20260301T143000)"
            raise InvalidPropertyError(self.line, message) from None
        return datetime.combine(moment, clock, UTC if found[4] else None)


class Properties(dict[str, list[Property]]):
    """The properties of a component by name."""

    def text(self, name: str) -> str:
        """Return the text of a property, or an empty text if it is missing or blank."""
        return self[name][0].text if name in self and not is_blank(self[name][0].text) else ""


class Component(NamedTuple):
    """A component of a calendar, such as an event. A property of the calendar itself is a component without a name."""

    calendar: int
    """The position of its calendar in the file, from 1."""
    name: str
    line: int
    lines: list[tuple[int, str]]
    """Number and text of each content line."""

    def read(self, wanted: Collection[str]) -> Properties:
        """Return the wanted properties. Lines that are not valid are skipped."""
        found = Properties()
        for number, line in self.lines:
            name = _NAME.match(line)
            if name and name[0].upper() in wanted:
                try:
                    _, params, value = Contentline(line).raw_parts()  # type: ignore[no-untyped-call]  # icalendar has few types
                except ValueError:
                    continue
                texts = {key: one if isinstance(one, str) else ", ".join(one) for key, one in params.items()}
                found.setdefault(name[0].upper(), []).append(Property(value, texts, number))
        return found


def _unfold(text: str) -> Iterator[tuple[int, str]]:
    number, counted = 1, 0
    for found in _FOLDED.finditer(text):
        number, counted = number + text.count("\n", counted, found.start()), found.start()
        if line := _FOLD.sub("", found[0]).strip():
            yield number, line


def split_components(text: str) -> Iterator[Component]:
    """Yield the components of all calendars in a file, and the properties of each calendar. Raises Unreadable."""
    stack: list[str] = []
    calendar, number, found = 0, 1, Component(0, "", 1, [])
    for number, line in _unfold(text):
        mark, _, name = line.upper().partition(":")
        if mark == "BEGIN":
            stack.append(name)
            calendar += len(stack) == 1
            if len(stack) == 2:
                found = Component(calendar, name, number, [])
        _check_place(stack, number, line)
        if len(stack) == 1 and mark not in ("BEGIN", "END"):
            yield Component(calendar, "", number, [(number, line)])
        elif (len(stack) == 2 or stack[1:2] == [_WITH_PARTS]) and len(found.lines) <= MAX_LINES:
            found.lines.append((number, line))
        if mark == "END" and stack.pop() != name:
            raise Unreadable(number, f"END:{name} does not match its BEGIN (export the calendar again)")
        if mark == "END" and len(stack) == 1:
            yield found
    if stack:
        raise Unreadable(number, f"ends before END:{stack[-1]} (the file may be cut off: export the calendar again)")


def _check_place(stack: list[str], number: int, line: str) -> None:
    """Check that a line is within a calendar. Raises Unreadable."""
    if line.startswith("<") and not stack:
        raise Unreadable(number, f"is not an iCalendar file: {LOOKS_LIKE_MARKUP}")
    if stack[:1] != ["VCALENDAR"]:
        raise Unreadable(number, "is not an iCalendar file (it must start with BEGIN:VCALENDAR)")
    if len(stack) > _MAX_DEPTH:
        raise Unreadable(number, f"is nested too deeply (use at most {_MAX_DEPTH} levels)")
