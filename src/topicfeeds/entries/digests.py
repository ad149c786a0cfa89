"""Digests of items and entries, to detect changes."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from operator import attrgetter

from pydantic import BaseModel

from ..models.items import Item
from .model import Category, Entry

_SERIALISED = ("title", "summary", "content", "published", "updated", "topics", "tags", "authors", "enclosures")
"""The fields that `content_digest` serialises one by one, and the topics, which it ignores."""
_plain_fields = attrgetter(*(name for name in Entry.__dataclass_fields__ if name not in _SERIALISED))
"""The fields of an entry that `repr` serialises quickly."""
to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def content_digest(entry: Entry, author: bytes | None) -> str:
    """Return a digest of an entry without its topics: their labels depend on other items.

    `author` is the item's `author_digest`, or None. With it, summary and content are not hashed again.
    """
    texts = entry.title, entry.summary or "", entry.content or ""
    values: list[object] = [*map(len, texts), entry.published.isoformat(), entry.updated.isoformat()]
    values += (_plain_fields(entry), list(map(tuple, entry.tags)))
    values += ([one.__dict__ for one in some] for some in (entry.authors, entry.enclosures))
    whole = [entry.title, author.hex()] if author else texts
    return hashlib.sha256("".join([repr(values), *whole]).encode("utf-8", "backslashreplace")).hexdigest()


def topics_digest(topics: tuple[Category, ...]) -> str:
    """Return the topics of an entry as text, for the fingerprint of a document."""
    return repr(tuple(map(tuple, topics)))


def author_digest(item: Item) -> bytes:
    """Return a digest of the fields that an author set.

    The memory stores the digest, so it must not depend on versions of libraries. `kind` is left out, as other fields
    determine it.
    """
    given = item.__pydantic_fields_set__
    parts: list[str] = []
    for name, value in item.__dict__.items():
        if name in given and name != "kind" and value is not None and value != ():
            parts += (name, value if type(value) is str else _serialize_field(value))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()[:16]


def combine_digests(parts: frozenset[bytes]) -> bytes:
    """Return one digest for the author digests of all records of an item, whatever their order."""
    return next(iter(parts)) if len(parts) == 1 else hashlib.sha256(b"".join(sorted(parts))).digest()[:16]


def _serialize_field(value: object) -> str:
    """Return the value of a field as text. Dates and lists of text do not use JSON, which takes ten times as long."""
    if type(value) is datetime:
        return value.isoformat()
    if isinstance(value, tuple) and all(type(one) is str for one in value):
        return "\x01".join(value)
    return to_json(_to_plain(value))


def _to_plain(value: object) -> object:
    if type(value) is str:
        return value
    if isinstance(value, BaseModel):
        given, fields = value.__pydantic_fields_set__, value.__dict__
        return {name: _to_plain(fields[name]) for name in fields if name in given and fields[name] not in (None, ())}
    if isinstance(value, date):
        return value.isoformat()
    return [_to_plain(one) for one in value] if isinstance(value, tuple) else value
