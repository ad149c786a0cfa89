"""Drafts: records that their author marked as not public."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from ...errors import show
from ...models.dates import parse_moment
from ...models.mapping import MappingSettings
from .dates import MappingError, read_moment

_STATUSES = ("auto-draft", "draft", "pending", "private", "trash")
_YES = ("1", "on", "true", "yes")
_NO = ("0", "false", "no", "off")
_FROM = ("publishDate", "publishdate")
_UNTIL = ("expiryDate", "expirydate", "unpublishDate", "unpublishdate")
KEYS = ("draft", *_FROM, *_UNTIL)
"""The keys that only say whether a record is published."""
_ALL = {name.lower() for name in (*KEYS, "published", "status")}


def is_draft(record: Any) -> bool:
    """Return whether a record says that it is not public."""
    get = _getter(record)
    is_off = _word(get("published")) in _NO or _word(get("status")) in (*_STATUSES, "false")
    return is_off or _word(get("draft")) in _YES


def read_window(record: Any, settings: MappingSettings) -> tuple[date | None, date | None] | None:
    """Return when a record becomes public, and when it expires. Raises MappingError."""
    get = _getter(record)
    window = (_read_date(get, _FROM, settings), _read_date(get, _UNTIL, settings))
    return window if any(window) else None


def _read_date(get: Callable[[str], Any], names: tuple[str, ...], settings: MappingSettings) -> date | None:
    for name in names:
        value = get(name)
        if value is not None and not callable(value) and _word(value):
            try:
                return parse_moment(value)
            except ValueError:
                moment = read_moment(value, "published", settings)
            if not isinstance(moment, date):
                raise MappingError(name, f"{show(value)} is not a date (correct it, or remove {name})")
            return moment
    return None


def _word(value: object) -> str:
    return str(value).strip().lower() if isinstance(value, (str, int, date)) else ""


def _getter(record: Any) -> Callable[[str], Any]:
    """Return a function that returns the value of a key. Capitals do not matter, as in Hugo and in spreadsheets."""
    if not isinstance(record, Mapping):
        return lambda name: getattr(record, name, None)
    folded = {low: value for key, value in record.items() if isinstance(key, str) and (low := key.lower()) in _ALL}
    return lambda name: record[name] if name in record else folded.get(name.lower())
