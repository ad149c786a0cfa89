"""Drafts: records that their author marked as not public."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from ...errors import show
from ...models.dates import parse_moment
from ...models.mapping import MappingSettings
from ...models.places import write_text
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
    return _is_off("published", get("published")) or _is_off("status", get("status")) or _word(get("draft")) in _YES


def drop_draft_values(fields: dict[str, Any]) -> bool:
    """Remove the fields whose values say that a record is not public. Return whether there were any."""
    off = [name for name in ("published", "status") if _is_off(name, fields.get(name))]
    for name in off:
        del fields[name]
    return bool(off)


def _is_off(name: str, value: Any) -> bool:
    return _word(value) in (_NO if name == "published" else (*_STATUSES, "false"))


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
    return write_text(value).strip().lower() if isinstance(value, (str, int, date)) else ""


def _getter(record: Any) -> Callable[[str], Any]:
    """Return a function that returns the value of a key. Capitals do not matter, as in Hugo and in spreadsheets."""
    if not isinstance(record, Mapping):
        return lambda name: getattr(record, name, None)
    folded = {low: value for key, value in record.items() if isinstance(key, str) and (low := key.lower()) in _ALL}
    return lambda name: record[name] if name in record else folded.get(name.lower())
