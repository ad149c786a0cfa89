"""Digests of items and entries, to detect changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date, datetime

from pydantic import BaseModel

from ..models.items import Item

_LABELS = ("topics", "topic", "tags")
"""The fields that may differ between the records of one item."""
to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def digest_item(item: Item) -> tuple[bytes, bytes]:
    """Return two digests: one of all fields that the author set, and one of these fields without topics and tags.

    The memory and the cache store the digests, so the digests must not depend on versions of libraries. `kind` is left
    out, as other fields determine it.
    """
    given = item.__pydantic_fields_set__
    texts: list[str] = []
    labels: list[str] = []
    more: list[str] = []
    parts = texts
    for name, value in item.__dict__.items():
        if name in given and name != "kind" and value is not None and value != ():
            if name in _LABELS:
                parts = more  # all later fields follow the labels in the digest
                labels += (name, value if type(value) is str else _serialize_field(value))
            else:
                parts += (name, value if type(value) is str else _serialize_field(value))
    content = hashlib.sha256(_encode(texts))
    author = content.copy()
    author.update(_encode(["", *labels, *more] if labels or more else []))
    content.update(_encode(["", *more] if more else []))
    return author.digest()[:16], content.digest()[:16]


def hash_parts(parts: Iterable[str]) -> bytes:
    """Return a digest of texts."""
    return hashlib.sha256(_encode(parts)).digest()[:16]


def _encode(parts: Iterable[str]) -> bytes:
    return "\0".join(parts).encode("utf-8", "surrogatepass")


def combine_digests(parts: frozenset[bytes]) -> bytes:
    """Combine the author digests of all records of an item. The order of the records does not matter."""
    return next(iter(parts)) if len(parts) == 1 else hashlib.sha256(b"".join(sorted(parts))).digest()[:16]


def _serialize_field(value: object) -> str:
    """Return the value of a field as text. JSON takes ten times as long, so dates and lists of text do not use it."""
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
