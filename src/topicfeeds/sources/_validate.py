"""Validation: turn a raw record into a record with an item, or into problems."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import Problem
from ..models.items import Item
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
        yield Problem(path, lines.get(error.field, raw.line), error.field, error.message, item=raw.line)
        return
    if isinstance(item, Item):
        topics = tuple(source.topics)
        page_details = raw.inferred, raw.from_page, raw.untitled
        yield Record(item, path, raw.line, lines, topics, *page_details, source.name)
        return
    located = [(lines.get(str(place[0]) if place else "", raw.line), place, sentence) for place, sentence in item]
    for line, place, sentence in sorted(located, key=lambda found: found[0]):
        yield Problem(path, line, format_path(place), sentence, item=raw.line)


def _find_origin(source: Source, path: str) -> Origin:
    return Origin("database" if source.database else find_format(source, path) or "python", source)
