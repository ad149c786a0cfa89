"""Items from Python: mappings, ORM rows, anything with attributes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..errors import Problem
from ..models import Source
from ..sourced import Record
from ._raw import Raw
from ._records import records


def read_objects(
    objects: Iterable[object],
    *,
    fields: Mapping[str, str] | None = None,
    defaults: Mapping[str, Any] | None = None,
    name: str = "items",
) -> Iterator[Record | Problem]:
    """Yield objects as items; `publish`, `select` and `build` take what comes.

    `fields` says where an object has our fields: attributes, keys or methods, with dots between them;
    without it, they are named as ours. `defaults` stand in for what is absent. Findings name an object by
    `name` and its position from 1. Raises pydantic.ValidationError for an unknown name in `fields`.
    """
    source = Source(path=name, fields=fields or {}, defaults=defaults or {})
    for position, one in enumerate(objects, 1):
        yield from records(Raw(one, position), source, name)
