"""libical, by its C interface: the library that Evolution, KDE and GNOME read calendars with."""

from __future__ import annotations

import ctypes
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from ctypes.util import find_library
from datetime import UTC, datetime
from typing import Any

PATH = find_library("ical")
"""The library, where it is installed."""
_YEARS = 30
"""So long a rule is counted out."""


class _Time(Structure):
    _fields_ = (
        *((name, c_int) for name in ("year", "month", "day", "hour", "minute", "second", "is_date", "is_daylight")),
        ("zone", c_void_p),
    )


class _Span(Structure):
    _fields_ = (("start", c_int64), ("end", c_int64), ("is_busy", c_int))


_Each = CFUNCTYPE(None, c_void_p, POINTER(_Span), c_void_p)
_SIGNATURES: dict[str, tuple[Any, ...]] = {
    "icalparser_parse_string": (c_void_p, c_char_p),
    "icalrestriction_check": (c_int, c_void_p),
    "icalcomponent_count_errors": (c_int, c_void_p),
    "icalcomponent_as_ical_string": (c_char_p, c_void_p),
    "icalcomponent_string_to_kind": (c_int, c_char_p),
    "icalcomponent_get_first_component": (c_void_p, c_void_p, c_int),
    "icalcomponent_get_next_component": (c_void_p, c_void_p, c_int),
    "icalproperty_string_to_kind": (c_int, c_char_p),
    "icalcomponent_get_first_property": (c_void_p, c_void_p, c_int),
    "icalcomponent_get_uid": (c_char_p, c_void_p),
    "icalcomponent_get_summary": (c_char_p, c_void_p),
    "icalcomponent_get_dtstart": (_Time, c_void_p),
    "icalcomponent_get_dtend": (_Time, c_void_p),
    "icaltime_as_timet_with_zone": (c_int64, _Time, c_void_p),
    "icalcomponent_foreach_recurrence": (None, c_void_p, _Time, _Time, _Each, c_void_p),
}


class Library:
    """What is needed of it. Calendars and events are addresses; nothing is freed before the process ends."""

    def __init__(self) -> None:
        self._loaded = ctypes.CDLL(PATH)
        for name, (result, *arguments) in _SIGNATURES.items():
            function = getattr(self._loaded, name)
            function.restype, function.argtypes = result, arguments

    def _call(self, name: str, *arguments: Any) -> Any:
        return getattr(self._loaded, name)(*arguments)

    def parse(self, content: bytes) -> int:
        """Read a calendar."""
        return int(self._call("icalparser_parse_string", content))

    def complaints(self, calendar: int) -> list[str]:
        """Tell what the parser stumbled over, and what the RFCs forbid: it writes both into the calendar."""
        sound = self._call("icalrestriction_check", calendar)
        errors = self._call("icalcomponent_count_errors", calendar)
        text = self._call("icalcomponent_as_ical_string", calendar).decode().replace("\r\n ", "")
        found = [line for line in text.split("\r\n") if line.startswith(("X-LIC-ERROR", "REQUEST-STATUS"))]
        return found or ([] if sound and not errors else [f"sound: {sound}, errors: {errors}"])

    def events(self, calendar: int) -> list[int]:
        """Give the events of a calendar."""
        kind = self._call("icalcomponent_string_to_kind", b"VEVENT")
        found, event = [], self._call("icalcomponent_get_first_component", calendar, kind)
        while event:
            found.append(event)
            event = self._call("icalcomponent_get_next_component", calendar, kind)
        return found

    def text(self, event: int, name: str) -> str:
        """Give the uid or the summary of an event."""
        return str(self._call(f"icalcomponent_get_{name}", event).decode())

    def starts(self, event: int) -> list[int | str]:
        """Count out when an event starts in the next years, in seconds since 1970, or as days."""
        start = self._call("icalcomponent_get_dtstart", event)
        if not self._has(event, "RRULE"):
            return [self._moment(start)]
        found: set[int] = set()
        since, until = self._call("icalcomponent_get_dtstart", event), self._call("icalcomponent_get_dtstart", event)
        since.year, until.year = since.year - 1, until.year + _YEARS
        each = _Each(lambda _, span, __: found.add(span.contents.start))
        self._call("icalcomponent_foreach_recurrence", event, since, until, each, None)
        if start.is_date:  # which it counts as midnights in UTC
            return [datetime.fromtimestamp(one, UTC).date().isoformat() for one in sorted(found)]
        return [*sorted(found)]

    def end(self, event: int) -> int | str | None:
        """Give the end of an event, where it has one."""
        return self._moment(self._call("icalcomponent_get_dtend", event)) if self._has(event, "DTEND") else None

    def _has(self, event: int, name: str) -> bool:
        kind = self._call("icalproperty_string_to_kind", name.encode())
        return bool(self._call("icalcomponent_get_first_property", event, kind))

    def _moment(self, time: _Time) -> int | str:
        if time.is_date:
            return f"{time.year:04}-{time.month:02}-{time.day:02}"
        return int(self._call("icaltime_as_timet_with_zone", time, time.zone))
