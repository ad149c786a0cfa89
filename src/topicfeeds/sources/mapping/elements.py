"""Elements: where the records are in a document, and records that become several items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Any

from ...errors import nearest, show
from ...models.mapping import parse_places
from ...models.places import ValuePath, parse_path
from ...models.source import Source
from .dates import MappingError
from .paths import Finder, is_empty

_MAX_COPIED_KEYS = 1_000_000
"""The limit of keys that `each` copies: each element gets a copy of its record."""


def find_items(document: Any, source: Source) -> list[Any]:
    """Return the records of a document, found with `items` of the source. Raises ValueError."""
    if source.items == ".":
        return [document]
    finder = Finder(document)
    found, _ = finder.find_first(parse_places(source.items or ""))
    if not finder.is_known:
        raise ValueError(explain_missing_items(document, source))
    if is_empty(found):
        return []
    return list(found) if isinstance(found, (list, tuple)) else [found]


def explain_missing_items(document: Any, source: Source) -> str:
    """Say that a document has no value at `items`, and which keys it has."""
    keys = [str(key) for key in document] if isinstance(document, Mapping) else []
    guess = nearest(str(source.items), keys) or (f" (its keys are: {', '.join(keys[:8])})" if keys else "")
    return f"has nothing at {show(source.items)}, as set by items in [[sources]]{guess}"


def expand(record: Any, source: Source) -> Iterator[tuple[Any, bool]]:
    """Yield a record for each element of `each`, or the record itself without `each`.

    The second value says whether the `id` comes from the element. If not, the caller adds the start to the `id`.
    """
    if not source.each_path:
        yield record, True
        return
    path = source.each_path
    elements = Finder(record).find(path)
    if elements is None:
        yield record, True
        return
    names_element = any(
        isinstance(place, ValuePath) and place.names[: len(path.names)] == path.names
        for place in source.places.get("id", ())
    )
    elements = elements if isinstance(elements, (list, tuple)) else [elements]
    if len(elements) * (keys := _count_keys(record, path)) > _MAX_COPIED_KEYS:
        message = f"has {len(elements):,} elements, and the record has {keys:,} fields (split the record)"
        raise MappingError("", f"{show(path.text)} {message}")
    for element in elements:
        yield _replace(record, path, 0, element), names_element


def _count_keys(record: Any, path: ValuePath) -> int:
    """Return the number of keys of all tables on a path. They are copied for each element."""
    keys, at = 0, 0
    while isinstance(record, Mapping) and at < len(path.names):
        keys += len(record)
        record, at = next(((record[key], after) for key, after in path.steps[at] if key in record), (None, at))
    return keys


def split_record(record: Any, paths: list[ValuePath]) -> list[Any]:
    """If all paths lead to one list, or into it, return a record for each of its elements; otherwise the record itself.

    The element stays in a list, so that its texts are not split at spaces.
    """
    columns = zip(*(path.names for path in paths), strict=False)
    shared = [names[0] for names in takewhile(lambda names: len(set(names)) == 1, columns)]
    for size in range(1, len(shared) + 1):
        key = ".".join(shared[:size])
        found = Finder(record).find(parse_path(key))
        after = [one.names[size] for one in paths if len(one.names) > size]
        if isinstance(found, (list, tuple)) and found and not any(name.isdecimal() for name in after):
            return [{key: [one]} for one in found]
        if found is not None and not isinstance(found, Mapping):
            break
    return [record]


def _replace(record: Any, path: ValuePath, at: int, element: Any) -> Any:
    """Return a copy of a record that has one element in place of the list at a path."""
    if at == len(path.names) or not isinstance(record, Mapping):
        return element
    for key, after in path.steps[at]:
        if key in record:
            return {**record, key: _replace(record[key], path, after, element)}
    return record
