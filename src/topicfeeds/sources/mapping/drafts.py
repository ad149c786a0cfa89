"""Drafts: records that their author marked as not public."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from enum import Enum
from functools import lru_cache, partial
from typing import Any

from ...errors import show
from ...models.mapping import MappingSettings
from ...models.places import as_text, list_paths
from ...models.status import STATUSES, find_status
from ..model import Window
from .dates import MappingError, read_iso, read_moment
from .paths import Finder

KEYS = ("draft", "publishDate", "publishdate", "expiryDate", "expirydate", "unpublishDate", "unpublishdate")
"""The keys that only say whether a record is published."""
_DRAFTS = ("bozza", "borrador", "brouillon", "concept", "entwurf", "rascunho", "szkic")
"""A draft, in other languages."""
_STATUSES = (
    *("archived", "auto-draft", "confidential", "deleted", "draft", "hidden", "pending", "private", "trash"),
    *("unlisted", "unpublished"),
    *_DRAFTS,
)
_YES = ("1", "on", "t", "true", "y", "yes")
_NO = ("0", "f", "false", "n", "no", "off")
_YES_ELSEWHERE = (*_YES, "ein", "ja", "oui", "sì", "sí", "sim", "tak", "vero", "verdadero", "vrai", "wahr")
_MARKS: Mapping[str, Collection[str]] = {
    **dict.fromkeys(("privado", "privat", "privato", "privé"), _YES_ELSEWHERE),  # calendars exported by Outlook
    "vertraulichkeit": ("persönlich", "privat", "vertraulich"),
    **dict.fromkeys(_DRAFTS, _YES_ELSEWHERE),
    **dict.fromkeys(("archived", "deleted", "draft", "hidden", "private", "unlisted", "unpublished"), _YES),
    **dict.fromkeys(("enabled", "listed", "live", "public", "publish", "published"), _NO),
    **dict.fromkeys(("moderationstate", "poststatus", "reviewstate", "status"), (*_STATUSES, "0", "false")),
    **dict.fromkeys(("sensitivity", "state", "visibility"), _STATUSES),
}
"""The keys that say that a record is not public, as `_simplify` returns them, each with the values that say so."""
_BESIDE: Mapping[str, Collection[str]] = {
    "enabled": ("enabledForSite", "postDate", "sectionHandle", "sectionId"),  # Craft
    "listed": ("invite_only", "online_event", "shareable"),  # Eventbrite
    "live": ("first_published_at", "go_live_at", "has_unpublished_changes", "latest_revision"),  # Wagtail
    "starttime": ("crdate", "tstamp"),  # TYPO3
    "endtime": ("crdate", "tstamp"),
}
"""The keys that have this meaning only beside another key of the same system.

Elsewhere, a concert can be live, and a building can be listed.
"""
_COMMON_FROM = ("publishat", "publishedat")
_COMMON_UNTIL = ("expires", "expiresat", "expireson", "expirationdate", "unpublishat", "deletedat", "validuntil")
_COMMON = (*_COMMON_FROM, *_COMMON_UNTIL)
"""The keys that can have other meanings. They only count if no setting reads them, and if their value is a date."""
_FROM = ("publishdate", "publishon", "publishup", "goliveat", "starttime", *_COMMON_FROM)
_UNTIL = ("expirydate", "unpublishdate", "unpublishon", "publishdown", "expireat", "endtime", *_COMMON_UNTIL)
_NAMES = frozenset((*_MARKS, *_FROM, *_UNTIL))
_ATTRIBUTES = (
    *("deleted", "draft", "hidden", "private", "public", "publish", "published", "status", "visibility"),
    *("is_deleted", "is_draft", "is_hidden", "is_private", "is_public", "is_published", "post_status"),
    *("archived", "isDraft", "live", "listed", "moderation_state", "review_state", "state", "unlisted", "unpublished"),
    *("publishDate", "publish_date", "expiryDate", "expiry_date", "unpublishDate", "unpublish_date", "unpublish_on"),
    *("publish_on", "go_live_at", "expire_at", "expires", "expires_at", "unpublish_at", "deleted_at"),
)
"""The attributes of Python objects that are read."""


_BLANKS = re.compile("[ _-]+")
_Marks = Iterable[tuple[str, Any]]
"""Keys that may say whether a record is public, each with its value."""


def read_publication(record: Any, settings: MappingSettings) -> tuple[str, Window | None]:
    """Return why a record is a draft, or an empty text and when the record is public. Raises MappingError."""
    if settings.drafts:
        return "", None
    tables = (Finder(record).find(path) for path in settings.draft_tables)
    marks = [mark for one in (record, *tables) if one is not None for mark in _list_marks(one)]
    if reason := _find_off(marks, settings.values.get("status", ())):
        return reason, None
    window = (_read_date(marks, _FROM, settings), _read_date(marks, _UNTIL, settings)) if marks else (None, None)
    return "", window if any(window) else None


def drop_draft_values(fields: dict[str, Any], words: Mapping[str, str]) -> str:
    """Remove the fields whose values say that a record is not public. Return the first field and its value.

    `words` has the values of `status` to which the publisher gave a meaning. If true means `cancelled`, an event with
    false takes place.
    """
    told = (find_status(word) for value, word in words.items() if value.lower() in _YES)
    if _word(fields.get("status")) in _NO and any(one in STATUSES and STATUSES[one].in_body for one in told):
        del fields["status"]
    reason = ""
    for name in ("published", "status"):
        if found := _find_off([(name, fields.get(name))]):
            del fields[name]
            reason = reason or found
    return reason


def _find_off(marks: _Marks, known_statuses: Collection[str] = ()) -> str:
    """Return the first mark that says "not public", with its value, or an empty text.

    `known_statuses` are the values of `status` to which the publisher gave a meaning.
    """
    for key, value in marks:
        name, plain = _simplify(key), _plain(value)
        if _word(plain) in _MARKS.get(name, ()) and (name != "status" or as_text(plain) not in known_statuses):
            return f"{key}: {_word(plain)}"
    return ""


def _list_marks(record: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(record, Mapping):
        has: Callable[[str], bool] = record.__contains__
        given = ((key, value) for key, value in record.items() if isinstance(key, str))
    else:
        has = partial(hasattr, record)
        given = ((key, getattr(record, key, None)) for key in _ATTRIBUTES)
    for key, value in given:
        name = _simplify(key)
        if name in _NAMES and value is not None and (name not in _BESIDE or any(map(has, _BESIDE[name]))):
            yield key, value


@lru_cache(maxsize=4096)
def _simplify(key: str) -> str:
    """Return the name by which a key is compared: `is_Draft` and `isDraft` become `draft`."""
    return _BLANKS.sub("", key.lower()).removeprefix("is")


def _read_date(marks: _Marks, names: Collection[str], settings: MappingSettings) -> date | None:
    for key, given in marks:
        name, value = _simplify(key), _plain(given)
        if name not in names or _word(value) in ("", *_NO) or _word(value).startswith("0000-00-00"):
            continue
        if (name in _UNTIL and _word(value) == "never") or (name in _COMMON and key in settings.used_keys):
            continue
        if name in _BESIDE:  # TYPO3 writes seconds
            is_seconds = _word(value).isdecimal() and 9 <= len(_word(value)) <= 10
            if is_seconds and key == name and key not in settings.used_keys:
                return datetime.fromtimestamp(int(_word(value)), UTC)
        elif moment := _parse_date(value, settings):
            return moment
        elif name not in _COMMON and not _is_part_of_published(key, settings):
            raise MappingError(key, f"{show(value)} is not a date (correct it, or remove {key})")
    return None


def _parse_date(value: Any, settings: MappingSettings) -> date | None:
    """Return a date in ISO 8601, or in the date format of `published`."""
    found = read_iso(value)
    with suppress(MappingError):
        found = found or read_moment(value, "published", settings)
    return found if isinstance(found, date) else None


def _is_part_of_published(key: str, settings: MappingSettings) -> bool:
    """Return whether `published` reads a key, so that an invalid date is reported for this field."""
    return any(key in path.names for path in list_paths(settings.places.get("published", ())))


def _plain(value: Any) -> Any:
    """Return the single value in a list or table. Drupal writes values as `[{"value": false}]`."""
    if isinstance(value, (list, tuple)) and len(value) == 1:
        value = value[0]
    value = value.value if isinstance(value, Enum) else value
    return value.get("value") if isinstance(value, Mapping) else value


def _word(value: Any) -> str:
    return as_text(value).lower() if isinstance(value, (str, int, float, date)) else ""
