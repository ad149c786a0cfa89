"""Validation: turn a raw record into a record with an item, or into problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from ..errors import Problem
from ..models.items import Article, Item
from ..models.messages import Origin, format_path, validate_item
from ..models.site import Source
from ._mapping import MappingError, map_record
from ._raw import RawRecord, find_format
from .model import Record

_EMPTY = "is an empty record (write an item in its place, or remove it)"


def validate_record(
    raw: RawRecord, source: Source, path: str, origin: Origin | None = None
) -> Iterator[Record | Problem]:
    """Map a record as its source says, and validate it. Problems are yielded in the order of their lines.

    `origin` is for records that are not from a file or a database.
    """
    if raw.fields is None:
        yield Problem(path, raw.line, "", _EMPTY, item=raw.line)
        return
    lines = raw.lines
    if lines and source.fields:
        lines = {name: raw.lines[path[0]] for name, path in source.places.items() if path[0] in raw.lines}
    try:
        item = validate_item(map_record(raw.fields, source), lambda: origin or _find_origin(source, path))
    except MappingError as error:
        identity = read_identity(raw.fields, source)
        line = lines.get(error.field, raw.line)
        yield Problem(path, line, error.field, error.message, item=raw.line, identity=identity)
        return
    if isinstance(item, Item):
        topics = tuple(source.topics)
        page_details = raw.inferred, raw.from_page, raw.untitled
        yield Record(item, path, raw.line, lines, topics, *page_details, source.name)
        return
    located = [(lines.get(str(place[0]) if place else "", raw.line), place, sentence) for place, sentence in item]
    identity = read_identity(raw.fields, source)
    for line, place, sentence in sorted(located, key=lambda found: found[0]):
        yield Problem(path, line, format_path(place), sentence, item=raw.line, identity=identity)


def read_identity(fields: Any, source: Source | None = None) -> tuple[str | None, str | None] | None:
    """Return the `id` and the `link` of a record that is no valid item, or None if it has neither."""
    names = ("id", "link")
    if source and source.fields:
        mapped = {name: path for name, path in source.fields.items() if name in names}
        with suppress(MappingError):
            fields = map_record(fields, Source(path="items", fields=mapped)) if mapped else {}
    get = fields.get if isinstance(fields, Mapping) else partial(getattr, fields)
    for name in names:
        with suppress(ValueError):
            item = Article.model_validate({"title": "-", "published": "2000-01-01", name: get(name, None)})
            if item.id or item.link:
                return item.id, item.link
    return None


def _find_origin(source: Source, path: str) -> Origin:
    return Origin("database" if source.database else find_format(source, path) or "python", source)
