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
_FROM, _UNTIL = ("publishDate", "publishdate"), ("expiryDate", "expirydate")
KEYS = ("draft", *_FROM, *_UNTIL)
"""The keys that only say whether a record is published."""


def is_draft(record: Any) -> bool:
    """Return whether a record says that it is not public."""
    get = _getter(record)
    return _word(get("draft")) in _YES or _word(get("published")) in _NO or _word(get("status")) in _STATUSES


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
    return record.get if isinstance(record, Mapping) else lambda name: getattr(record, name, None)
