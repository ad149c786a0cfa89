"""Finds our fields in records of other systems: by known names, and by the values under these names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date, time
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ..models.mapping import DATES, MappingSettings, parse_places
from ..models.places import list_paths, parse_place
from ..models.status import StatusName
from ..sources.mapping.dates import MappingError, read_iso, read_moment
from ..sources.mapping.file_values import describe_file
from ..sources.mapping.paths import Finder, is_empty
from ..sources.mapping.values import find_kind
from .kinds import NAMES, WORDS, ExportKind, simplify

_STATUS = TypeAdapter[Any](StatusName)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z0-9]+)*")
_TIME = re.compile(r"[0-2]?[0-9](?:[:.h][0-5][0-9](?::[0-5][0-9])?)?(?: ?(?:[AaPp][Mm]|Uhr|h))?")
_DAY_FORMS = ("%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y/%m/%d", "%d. %B %Y",
              "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%A, %d. %B %Y")  # fmt: skip
_TIME_FORMS = ("", " %H:%M", " %H:%M:%S", ", %H:%M", " %I:%M %p", " %I %p", " %H.%M", " %H:%M Uhr", " %H Uhr", " %Hh%M")
_LANGUAGES = (None, "de", "fr", "nl", "es", "it", "pt", "pl")


class FieldFinder:
    """Finds the fields of topicfeeds in records of an export. `records` has pairs of a record and its file name."""

    def __init__(self, kind: ExportKind, records: Sequence[tuple[Any, str]], folder: str) -> None:
        self._kind = kind
        self._finders = [Finder(record, describe_file(path, folder).get, read_iso) for record, path in records]
        self.columns: dict[str, list[Any]] = {}
        """All values in the records by path, without positions in lists."""
        for record, _ in records:
            self._collect(record, "")
        self.fields: dict[str, list[str]] = {}

    def _collect(self, value: Any, path: str) -> None:
        for name, inner in value.items() if isinstance(value, Mapping) else ():
            self._collect(inner, f"{path}.{name}" if path else str(name))
        for inner in value if isinstance(value, (list, tuple)) else ():
            self._collect(inner, path)
        if not isinstance(value, (Mapping, list, tuple)):
            self.columns.setdefault(path, []).extend(() if is_empty(value) else [value])

    def find(self) -> None:
        """Find the places of all fields."""
        for name in (*NAMES, *(self._kind.fields.keys() - NAMES.keys())):
            if name not in self.fields and (places := self._keep(self._kind.fields.get(name, ())) or self._guess(name)):
                self.fields[name] = places

    def values(self, field: str) -> list[Any]:
        """Return the value of a field in each record that has one."""
        return self._values(field, self.fields[field])

    def match(self, names: Sequence[str], accept: Callable[[list[Any]], bool]) -> list[str]:
        """Return the best path that has one of the names, is not used by a field, and has accepted values."""
        used = {path.text for places in self.fields.values() for path in list_paths(map(parse_place, places))}
        ends = WORDS["ends"]
        paths = sorted(self.columns, key=lambda path: next((n for n, one in enumerate(ends) if path.endswith(one)), 0))
        for name in names:
            for path in paths:
                if simplify(path) == name and path not in used and self.columns[path] and accept(self.columns[path]):
                    return [path]
        return []

    def _values(self, field: str, places: Sequence[str]) -> list[Any]:
        parsed = parse_places(tuple(places))
        found = (finder.find_first(parsed, find_kind(field))[0] for finder in self._finders)
        return [one for one in found if not is_empty(one)]

    def _keep(self, places: Sequence[str]) -> list[str]:
        """Return the places that have a value in a record, and those that only depend on the file.

        Stop after a place that has a value in all records.
        """
        kept: list[str] = []
        for place in places:
            number = len(self._values("", [place]))
            if number or all(one.names[0] == "file" for one in list_paths([parse_place(place)])):
                kept.append(place)
            if number == len(self._finders):
                break
        return kept

    def _guess(self, field: str) -> list[str]:
        if field not in ("start", "end"):
            return self.match(NAMES.get(field, ()), lambda values: _fits(field, values))
        times = self.match(NAMES[field], lambda values: sum(map(_is_time, values)) * 2 > len(values))
        days = self.match(NAMES[field], _are_dates)
        has_place = self._kind.is_table and self.match(NAMES["location.name"], bool)
        if field == "start" and not days and (times or has_place):
            days = self.match(WORDS["days"], _are_dates)
        if field == "end" and times and not days:
            return [f"{{{self.fields['start'][-1]}}} {{{times[0]}}}"] if "start" in self.fields else []
        return [f"{{{days[0]}}} {{{times[0]}}}", *days] if days and times else days


def find_forms(values: Sequence[Any]) -> tuple[list[str], str | None] | None:
    """Return the formats that can read most of the dates, and their language, or None if no format can.

    Dates in ISO 8601 need no format. If days and months could be swapped, both formats are returned.
    """
    texts = {str(one).strip() for one in values if not isinstance(one, date)}
    if texts and all(one.isdecimal() and len(one) in (9, 10) for one in texts):
        return ["unix"], None
    for language in _LANGUAGES if any(one.upper() != one.lower() for one in texts) else (None,):
        tried = [_list_forms(texts, day, language) for day in _DAY_FORMS]
        most = max(number for number, _ in tried)
        if most * 2 > len(texts) or not texts:
            forms = list(dict.fromkeys(form for number, found in tried if number == most for form in found))
            return ([] if forms == ["iso"] else forms), language
    return None


def _list_forms(texts: set[str], day: str, language: str | None) -> tuple[int, list[str]]:
    """Return how many texts are in ISO 8601 or in the format `day` (with or without a time), and the formats used."""
    left, found = set(texts), []
    for form in ("iso", *(day + one for one in _TIME_FORMS)):
        if read := {one for one in left if _reads(one, form, language)}:
            left -= read
            found.append(form)
    return len(texts) - len(left), found


def _reads(text: str, form: str, language: str | None) -> bool:
    with suppress(MappingError):
        return bool(read_moment(text, "start", _make_settings(form, language)))
    return False


@cache
def _make_settings(form: str, language: str | None) -> MappingSettings:
    return MappingSettings(date_format=form, date_language=language)


def _is_time(value: Any) -> bool:
    return isinstance(value, time) or (isinstance(value, str) and bool(_TIME.fullmatch(value.strip())))


def _are_dates(values: Sequence[Any]) -> bool:
    return find_forms(values) is not None


def _fits(field: str, values: Sequence[Any]) -> bool:
    """Return whether values can be those of a field."""
    texts = [one for one in values if isinstance(one, str)]
    if field in DATES:
        return _are_dates(values)
    if field == "status":
        return all(map(_is_status, values))
    if field in ("link", "image"):
        return any("/" in one and " " not in one.strip() for one in texts)
    if field == "language":
        return len(texts) == len(values) and all(map(_LANGUAGE.fullmatch, texts))
    return any(not one.isdecimal() for one in texts) or field in ("id", "all_day")


def _is_status(value: Any) -> bool:
    with suppress(ValidationError):
        return bool(_STATUS.validate_python(value))
    return False
