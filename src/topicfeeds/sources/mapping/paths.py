"""Find values in a record: paths go through tables, lists and objects, and patterns combine several values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Literal, NamedTuple
from urllib.parse import quote, unquote
from uuid import UUID

from ...errors import show
from ...models.fields import is_absent, to_plain
from ...models.places import ValuePath, ValuePattern, ValuePlace, list_paths, to_text

SCALARS = (str, bytes, int, float, date, time, timedelta, Decimal, UUID)
"""The types of values that have no fields. Their methods are never called."""
Kind = Literal["text", "address", "date"]
_MAX_DIGITS = 6
_NOTHING = object()


class Loss(NamedTuple):
    """A value that a path did not enter, as it is not a table; a table in a pattern; or None for a missing part."""

    place: str
    """The path of the value, or the pattern."""
    value: Any
    path: str
    """The path without a value."""

    @property
    def description(self) -> str:
        """A sentence about all such values of a source."""
        if self.value is None or isinstance(self.value, Mapping):
            return f"{show(self.place)} has no value in some records, as {self.path} is a table or missing"
        message = f"in some records, {show(self.place)} is not a table, so the path finds nothing"
        return f"{message} (such as {show(self.value)}; correct the path in [[sources]])"


class Finder:
    """Finds values in one record.

    `file` returns values of the file that the record came from, such as its slug, and `read_date` returns a date in a
    text. With `objects`, paths also read attributes and call methods of objects from Python.
    """

    def __init__(
        self,
        record: Any,
        file: Callable[[str], Any] = lambda _: None,
        read_date: Callable[[Any], date | None] = lambda _: None,
        *,
        objects: bool = False,
    ) -> None:
        self.record = record
        self.losses: list[Loss] = []
        self.is_known = False
        """Whether the record has one of the paths that were followed so far."""
        self.has_empty = False
        """Whether a path led to an empty value: the record does not show whether the rest of the path is right."""
        self.lacks_key = False
        """Whether a path led to a table that lacks the next key."""
        self._file, self._read_date, self._objects = file, read_date, objects

    def copy(self, record: Any) -> Finder:
        """Return a finder for another record. It adds to the same list of losses."""
        finder = Finder(record, self._file, self._read_date, objects=self._objects)
        finder.losses = self.losses
        return finder

    def find_getter(self) -> Callable[[str, None], Any] | None:
        """Return the function that reads a key or an attribute of the record, or None for other records."""
        if type(self.record) is dict:
            return self.record.get
        is_object = self._objects and not isinstance(self.record, (Mapping, list, tuple, *SCALARS))
        return partial(getattr, self.record) if is_object else None

    def find(self, place: ValuePlace, kind: Kind = "text") -> Any:
        """Return the value at a place, or None. `kind` is the kind of the field that gets the value."""
        if isinstance(place, ValuePattern):
            return self._fill(place, kind)
        value = self._follow(self.record, place, 0)
        if place.names[0] == "file" and len(place.names) == 2 and is_empty(value):
            found = self._file(place.names[1])
            self.is_known = self.is_known or found is not None
            return found
        return value

    def find_first(
        self, places: Collection[ValuePlace], kind: Kind = "text", *, with_tables: bool = True
    ) -> tuple[Any, ValuePlace | None]:
        """Return the first value at one of several places, and its place. Without a value, note incomplete patterns.

        If `with_tables` is unset, a table is not a value, unless there is only one place.
        """
        skipped: list[Loss] = []
        for place in places:
            value = self.find(place, kind)
            if not with_tables and len(places) > 1 and isinstance(table := first_value(value), Mapping):
                skipped.append(Loss(place.text, table, place.text))
            elif not (is_empty(value) or (kind == "address" and value is False)):
                return value, place
        if not self._note_patterns(places, kind):
            self.losses += skipped
        return None, None

    def _note_patterns(self, places: Collection[ValuePlace], kind: Kind) -> bool:
        """Note the patterns that lack a value as losses. Return whether there are any.

        Incomplete patterns of dates are not noted: a record may have a day without a time on purpose.
        """
        before = self.losses[:]
        for place in (one for one in places if isinstance(one, ValuePattern)):
            found = {path.text: first_value(self.find(path)) for path in list_paths([place])}
            tables = {path: one for path, one in found.items() if one and isinstance(one, Mapping)}
            self.losses += [Loss(place.text, one, path) for path, one in tables.items()]
            empty = [path for path, value in found.items() if is_empty(value)]
            if kind != "date" and 0 < len(empty) < len(found):
                self.losses[:] = [one for one in self.losses if one.path not in empty]
                self.losses.append(Loss(place.text, None, " and ".join(empty)))
        return self.losses != before

    def _follow(self, value: Any, path: ValuePath, at: int) -> Any:
        if at == len(path.names):
            self.is_known = True
            return to_plain(value) if self._objects else value
        if type(value) is dict or isinstance(value, Mapping):
            return self._follow_table(value, path, at)
        if isinstance(value, (list, tuple)):
            return self._follow_list(value, path, at)
        if value is None or isinstance(value, SCALARS) or not self._objects:
            return self._follow_scalar(value, path, at)
        return self._follow_object(value, path, at)

    def _follow_table(self, value: Mapping[str, Any], path: ValuePath, at: int) -> Any:
        for key, after in path.steps[at]:
            if key in value:
                return self._follow(value[key], path, after)
        if at and path.names[at] == "0":  # a single value is read as a list with one element
            return self._follow(value, path, at + 1)
        self.has_empty = self.has_empty or not value
        self.lacks_key = self.lacks_key or bool(at and value)
        return None

    def _follow_object(self, value: Any, path: ValuePath, at: int) -> Any:
        key, after = path.steps[at][-1]
        if at and hasattr(type(value), "__bool__") and not value:  # such as a file field of Django without a file
            self.has_empty = True
            return None
        found = getattr(value, key, _NOTHING)
        is_manager = hasattr(type(value), "get_queryset")  # Django managers have attributes of their own
        if found is _NOTHING or (is_manager and not callable(found)):
            plain = to_plain(value)
            return None if plain is value else self._follow(plain, path, at)
        self.is_known = True
        return self._follow(found() if callable(found) and not hasattr(found, "get_queryset") else found, path, after)

    def _follow_list(self, value: list[Any] | tuple[Any, ...], path: ValuePath, at: int) -> Any:
        name = path.names[at]
        self.has_empty = self.has_empty or not value
        if name.isdecimal() and len(name) <= _MAX_DIGITS:
            self.is_known = True
            return self._follow(value[int(name)], path, at + 1) if int(name) < len(value) else None
        return flatten(self._follow(element, path, at) for element in value)

    def _follow_scalar(self, value: Any, path: ValuePath, at: int) -> Any:
        """Return year, month or day of a date. All other values have no fields, and are noted as losses."""
        if is_absent(value):
            self.has_empty = True
            return None
        self.is_known = True
        if at and path.names[at] == "0":  # a single value is read as a list with one element
            return self._follow(value, path, at + 1)
        if at == len(path.names) - 1 and path.names[at] in ("year", "month", "day"):
            moment = value if isinstance(value, date) else self._read_date(value)
            if moment:
                return f"{getattr(moment, path.names[at]):02d}"
        self.losses.append(Loss(".".join(path.names[:at]), value, path.text))
        return None

    def _fill(self, pattern: ValuePattern, kind: Kind) -> Any:
        found: list[Any] = []
        for number, part in enumerate(pattern.parts):
            if isinstance(part, str):
                if kind == "address" and number and part.startswith("/"):
                    found[-1] = to_text(found[-1]).rstrip("/")
                found.append(part)
                continue
            value = first_value(self.find(part))
            if is_empty(value) or isinstance(value, Mapping) or (kind == "address" and value is False):
                return None
            value = value.strip() if isinstance(value, str) else value
            if kind == "address" and number:
                text = _encode(to_text(value))
                value = text.lstrip("/") if to_text(found[-1]).endswith("/") else text
            found.append(value)
        moment = _combine_moments(found) if kind == "date" else None
        return moment or "".join(map(to_text, found))


def _encode(text: str) -> str:
    """Percent-encode a part of an address. A text that is encoded already, such as a slug of WordPress, is kept."""
    is_encoded = text.isascii() and "�" not in (decoded := unquote(text)) and not decoded.isascii()
    return quote(text, safe="/%" if is_encoded else "/", errors="replace")


def _combine_moments(parts: list[Any]) -> datetime | None:
    """Return the date-time of a date object and a time, or None if there is text that is not a separator."""
    days = [part for part in parts if isinstance(part, date)]
    times = [part for part in parts if isinstance(part, time)]
    rest = [text for part in parts if not isinstance(part, (date, time)) and (text := to_text(part).strip(" ,T"))]
    with suppress(ValueError):
        # time.fromisoformat reads 18.30 as 18:00:00.3, so a colon is required.
        times += [time.fromisoformat(text.zfill(5) if ":" in text else "") for text in rest]
        return datetime.combine(days[0], times[0]) if len(days) == len(times) == 1 else None
    return None


def is_empty(value: Any) -> bool:
    """Return whether a value counts as absent."""
    return is_absent(value) or (not value and isinstance(value, (list, tuple, Mapping)))


def flatten(values: Iterable[Any]) -> list[Any]:
    """Return values as one list. Lists are joined, and values that are None are dropped."""
    found: list[Any] = []
    for value in values:
        if isinstance(value, (list, tuple)):
            found += flatten(value)
        elif value is not None:
            found.append(value)
    return found


def first_value(value: Any) -> Any:
    """Return the first non-empty element of a list, or the value itself if it is not a list."""
    if not isinstance(value, (list, tuple)):
        return value
    return next((one for one in flatten(value) if not is_empty(one)), None)
