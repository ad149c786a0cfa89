"""Drafts: records that their author marked as not public."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from ...errors import show
from ...models.mapping import MappingSettings
from ...models.places import as_text, list_paths
from ..model import Window
from .dates import MappingError, read_iso, read_moment
from .paths import Finder

KEYS = ("draft", "publishDate", "publishdate", "expiryDate", "expirydate", "unpublishDate", "unpublishdate")
"""The keys that only say whether a record is published."""
_STATUSES = (
    *("auto-draft", "confidential", "deleted", "draft", "hidden", "pending", "private", "trash", "unpublished"),
    *("bozza", "borrador", "brouillon", "entwurf", "rascunho", "szkic"),  # a draft, in other languages
)
_YES = ("1", "on", "true", "yes")
_NO = ("0", "false", "no", "off")
_MARKS: Mapping[str, Collection[str]] = {
    **dict.fromkeys(("deleted", "draft", "hidden", "private"), _YES),
    **dict.fromkeys(("public", "publish", "published"), _NO),
    **dict.fromkeys(("moderationstate", "poststatus", "reviewstate", "status"), (*_STATUSES, "0", "false")),
    **dict.fromkeys(("sensitivity", "visibility"), _STATUSES),
}
"""The keys that say that a record is not public, as `_simplify` returns them, each with the values that say so."""
_FROM = ("publishdate", "publishon", "publishup", "goliveat")
_UNTIL = ("expirydate", "unpublishdate", "unpublishon", "publishdown", "expireat")
_NAMES = frozenset((*_MARKS, *_FROM, *_UNTIL))
_ATTRIBUTES = (
    *("deleted", "draft", "hidden", "private", "public", "publish", "published", "status", "visibility"),
    *("is_deleted", "is_draft", "is_hidden", "is_private", "is_public", "is_published", "post_status"),
    *("publishDate", "publish_date", "expiryDate", "expiry_date", "unpublishDate", "unpublish_date", "unpublish_on"),
    *("publish_on", "go_live_at", "expire_at"),
)
"""The attributes of Python objects that are read."""


class _Mark(NamedTuple):
    """A value that may say whether a record is public."""

    name: str
    """The key, as `_simplify` returns it."""
    key: str
    value: Any


def read_publication(record: Any, settings: MappingSettings) -> tuple[bool, Window | None]:
    """Return whether a record is a draft. If not, also return when it becomes public, and when it expires.

    Raises MappingError.
    """
    if settings.drafts:
        return False, None
    tables = (Finder(record).find(path) for path in settings.title_tables)
    marks = [mark for one in (record, *tables) if one is not None for mark in _list_marks(one)]
    if _is_off(marks, settings.values.get("status", ())):
        return True, None
    window = (_read_date(marks, _FROM, settings), _read_date(marks, _UNTIL, settings)) if marks else (None, None)
    return False, window if any(window) else None


def drop_draft_values(fields: dict[str, Any]) -> bool:
    """Remove the fields whose values say that a record is not public. Return whether there were any."""
    off = [name for name in ("published", "status") if _is_off([_Mark(name, name, _plain(fields.get(name)))])]
    for name in off:
        del fields[name]
    return bool(off)


def _is_off(marks: Iterable[_Mark], known_statuses: Collection[str] = ()) -> bool:
    """Return whether one of the marks says "not public".

    `known_statuses` are the values of `status` to which the publisher gave a meaning.
    """
    return any(
        _word(value) in _MARKS.get(name, ()) and not (name == "status" and as_text(value) in known_statuses)
        for name, _, value in marks
    )


def _list_marks(record: Any) -> Iterator[_Mark]:
    if isinstance(record, Mapping):
        for key, value in record.items():
            if isinstance(key, str) and (name := _simplify(key)) in _NAMES:
                yield _Mark(name, key, _plain(value))
    else:
        for key in _ATTRIBUTES:
            if (value := getattr(record, key, None)) is not None:
                yield _Mark(_simplify(key), key, _plain(value))


@lru_cache(maxsize=4096)
def _simplify(key: str) -> str:
    """Return the name by which a key is compared: `is_Draft` and `isDraft` are `draft`."""
    return key.lower().replace("_", "").replace("-", "").removeprefix("is")


def _read_date(marks: list[_Mark], names: Collection[str], settings: MappingSettings) -> date | None:
    for name, key, value in marks:
        if name not in names or _word(value) in ("", "0") or _word(value).startswith("0000-00-00"):
            continue
        if moment := _parse_date(value, settings):
            return moment
        if not _is_part_of_published(key, settings):
            raise MappingError(key, f"{show(value)} is not a date (correct it, or remove {key})")
    return None


def _parse_date(value: Any, settings: MappingSettings) -> date | None:
    """Return a date in ISO 8601, or in the date format of `published`."""
    if moment := read_iso(value):
        return moment
    with suppress(MappingError):
        found = read_moment(value, "published", settings)
        return found if isinstance(found, date) else None
    return None


def _is_part_of_published(key: str, settings: MappingSettings) -> bool:
    """Return whether `published` reads a key, so that an invalid date is reported for this field."""
    places = settings.places.get("published", ())
    return any(key in path.names for place in places for path in list_paths(place))


def _plain(value: Any) -> Any:
    """Return the single value in a list or table. Drupal writes values as `[{"value": false}]`."""
    if isinstance(value, (list, tuple)) and len(value) == 1:
        value = value[0]
    return value.get("value") if isinstance(value, Mapping) else value


def _word(value: Any) -> str:
    return as_text(value).lower() if isinstance(value, (str, int, float, date)) else ""
