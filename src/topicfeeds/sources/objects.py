"""Items from Python: models, mappings, ORM rows, anything with attributes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..errors import Problem, show
from ..models.items import Article, Event, Item
from ..models.messages import Origin, format_path, validate_item
from ..models.site import Source
from ._raw import RawRecord
from ._validate import read_identity, validate_record
from .model import ItemLike, Page, Record


def as_records(found: Iterable[ItemLike]) -> Iterator[Record | Page | Problem]:
    """Yield items made in Python as records. Their position (from 1) is their line.

    Records, pages and problems are passed on unchanged.
    """
    for position, one in enumerate(found, 1):
        if isinstance(one, (Record, Page, Problem)):
            yield one
        elif isinstance(one, (Article, Event)):
            yield Record(one, "items", position)
        elif one is None or isinstance(one, (str, bytes, int, float, list, tuple)):
            yield Problem("items", position, "", _explain_no_item(one), item=position)
        elif isinstance(item := validate_item(one), Item):
            yield Record(item, "items", position)
        else:
            for place, sentence in item:
                identity = read_identity(one)
                yield Problem("items", position, format_path(place), sentence, item=position, identity=identity)


def read_objects(
    objects: Iterable[object],
    *,
    fields: Mapping[str, str] | None = None,
    defaults: Mapping[str, Any] | None = None,
    name: str = "items",
) -> Iterator[Record | Problem]:
    """Yield objects as records, for `publish`, `select` and `build`.

    `fields` maps our fields to dotted paths of attributes, keys or methods. Without `fields`, objects must use the
    names of our fields. `defaults` has values for absent fields. Problems name an object by `name` and its position
    (from 1). Raises pydantic.ValidationError for an unknown name in `fields` or `defaults`.
    """
    source = Source(path=name, fields=fields or {}, defaults=defaults or {})
    for position, one in enumerate(objects, 1):
        yield from validate_record(RawRecord(one, position), source, name, origin=Origin("python", source))


def _explain_no_item(one: object) -> str:
    return f"{show(one)} is not an item (give an Article, an Event, a mapping, or an object with attributes)"
