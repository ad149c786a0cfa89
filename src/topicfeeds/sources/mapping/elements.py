"""Elements: where the records are in a document, and records that become several items."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice, takewhile
from typing import Any, NamedTuple

from ...errors import count, nearest, show
from ...models.mapping import parse_places
from ...models.places import ValuePath, list_paths, parse_path
from ...models.source import Source
from .dates import MappingError
from .paths import SCALARS, Finder, flatten, is_empty
from .reports import name_setting
from .values import CELL_SEPARATORS, split_text

_MAX_COPIED_KEYS = 1_000_000
"""The limit of keys that `each` copies: each element gets a copy of its record."""
_TIMES = ("start", "end")
_Tables = tuple[tuple[Any, str], ...]


class _Overlay:
    """An object from Python in which one attribute has another value."""

    def __init__(self, one: Any, name: str, value: Any) -> None:
        self._one = one
        setattr(self, name, value)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._one, name)


class _Element(NamedTuple):
    """An element of a list."""

    tables: _Tables
    """The tables or objects on the path to it, each with the key that the path follows."""
    value: Any
    number: int
    """Its position in its list, from 0."""
    size: int
    """The length of its list."""


def find_items(document: Any, source: Source) -> list[tuple[str, Any]]:
    """Return the records of a document, found with `items` of the source, each with its key. Raises ValueError."""
    values = [document]
    if source.items != ".":
        finder = Finder(document)
        found, place = finder.find_first(parse_places(source.items or ""))
        if not finder.is_known and not finder.has_empty:
            raise ValueError(explain_missing_items(document, source))
        if error := explain_error(document, found):
            raise ValueError(error)
        values = [one for _, one in _seek(document, place)] if isinstance(place, ValuePath) else [found]
    return [pair for value in values for pair in _list_records(value, source)]


def _seek(value: Any, path: ValuePath, at: int = 0, tables: _Tables = ()) -> Iterator[tuple[_Tables, Any]]:
    """Yield the values at a path, which may lead through lists. Yield each with the tables or objects on the path."""
    if at == len(path.names):
        yield tables, value
    elif isinstance(value, (list, tuple)):
        name = path.names[at]
        if name.isdecimal():
            value, at, tables = value[int(name) : int(name) + 1], at + 1, (*tables, ({}, name))
        for one in value:
            yield from _seek(one, path, at, tables)
    elif isinstance(value, Mapping):
        for key, after in path.steps[at]:
            if key in value:
                yield from _seek(value[key], path, after, (*tables, (value, key)))
                return
    elif value is not None and not isinstance(value, SCALARS):
        key, after = path.steps[at][-1]
        yield from _seek(Finder(value, objects=True).find(parse_path(key)), path, after, (*tables, (value, key)))


def _list_records(value: Any, source: Source) -> Iterator[tuple[str, Any]]:
    if has_records_by_key(value, source):
        yield from ((str(key), one) for key, one in value.items())
    elif has_lists_by_key(value, source):
        yield from (("", one) for records in value.values() for one in records)
    elif isinstance(value, (list, tuple)) and source.items != ".":
        yield from (("", one) for one in value)
    elif source.items == "." or not is_empty(value):
        yield "", value


def has_records_by_key(value: Any, source: Source | None = None) -> bool:
    """Return whether a table has records by key: its values are tables that share a key, and no path reads it."""
    return isinstance(value, Mapping) and _are_records(list(value.values()), value, source)


def has_lists_by_key(value: Any, source: Source | None = None) -> bool:
    """Return whether a table has lists of records by key, such as a list for each year, and no path reads it."""
    lists = list(value.values()) if isinstance(value, Mapping) else []
    are_lists = all(isinstance(one, (list, tuple)) for one in lists)
    return are_lists and _are_records([one for records in lists for one in records], value, source)


def _are_records(values: list[Any], table: Any, source: Source | None) -> bool:
    """Return whether values are tables that share a key, and no path reads the table that contains them."""
    values = [one for one in values if one is not None]
    if not values or not all(isinstance(one, Mapping) for one in values) or not set.intersection(*map(set, values)):
        return False
    mapped = source.places.values() if source else ()
    return all(is_empty(Finder(table).find_first(places)[0]) for places in (parse_places("title"), *mapped))


def advise_items(document: Any, source: Source | None = None) -> str:
    """Say which `items` reads a document with several records, or lists of records, by key. Otherwise, return ""."""
    tables = {"items": document.get("items"), ".": document} if isinstance(document, Mapping) else {}
    for items, one in tables.items():
        has_several = isinstance(one, Mapping) and len(one) > 1
        if has_several and (has_records_by_key(one, source) or has_lists_by_key(one, source)):
            return f'set items = "{items}" in [[sources]]'
    return ""


def add_key(record: Any, key: str) -> Any:
    """Return a record with its key as `id`, if it has no `id`."""
    return {**record, "id": key} if key and isinstance(record, Mapping) and is_empty(record.get("id")) else record


def explain_error(document: Any, found: Any) -> str:
    """Return which error a document reports in place of its records, or an empty text."""
    error = isinstance(document, Mapping) and (document.get("error") or document.get("errors"))
    if not error or not (found is None or found is False):
        return ""
    return f"has no items, but an error: {show(json.dumps(error, ensure_ascii=False, default=str))}"


def explain_missing_items(document: Any, source: Source) -> str:
    """Say that a document has no value at `items`, and which keys it has."""
    keys = [str(key) for key in document] if isinstance(document, Mapping) else []
    if (items := str(source.items)).endswith("*"):
        shorter = items.rstrip("*.") or "."
        return f'has nothing at {show(items)}: a path needs no * (set items = "{shorter}" in [[sources]])'
    guess = nearest(items, keys).strip(" ()") or (f"the keys are {', '.join(keys[:8])}" if keys else "")
    advice = f"correct items in [[sources]]: {guess}" if guess else "correct items in [[sources]]"
    return f"has nothing at {show(items)} ({advice})"


def expand(record: Any, source: Source, *, is_table: bool = False) -> Iterator[tuple[Any, bool]]:
    """Yield a record for each element of `each`, or the record itself without it. In tables, `;` separates elements.

    The second value says whether the `id` comes from the element. If not, the caller adds the start to the `id`.
    Raises MappingError.
    """
    path, *others = source.each_paths
    if is_table:
        record = _split_cells(record, source)
    depth = len(path.names)
    used = [one.names for places in source.places.values() for one in list_paths(places)]
    has_lists = any(names[:depth] == path.names and "".join(names[depth : depth + 1]).isdecimal() for names in used)
    found = list(islice(_find_elements(record, path, keep_lists=has_lists), _MAX_COPIED_KEYS + 1))
    if not found and Finder(record, objects=not isinstance(record, Mapping)).find(path) is None:
        yield record, True
        return
    tables = (table for one in found for table, _ in one.tables if isinstance(table, Mapping))
    if (keys := sum(map(len, tables))) > _MAX_COPIED_KEYS:
        message = f"has at least {len(found):,} elements with {keys:,} fields in all (split the record)"
        raise MappingError("", f"{show(path.text)} {message}")
    for one in found:
        copy = one.value
        for table, key in reversed(one.tables):
            copy = {**table, key: copy} if isinstance(table, Mapping) else _Overlay(table, key, copy)
        for other in others:
            copy = _take(copy, other, 0, one)
        _, place = Finder(copy, objects=not isinstance(copy, Mapping)).find_first(source.places.get("id", ()))
        yield copy, any(used.names[:depth] == path.names for used in list_paths([place] if place else []))


def _split_cells(record: Mapping[str, Any], source: Source) -> Mapping[str, Any]:
    """Return a row with lists in the columns of `each`."""
    cells = {one.text: record.get(one.text) for one in source.each_paths}
    lists = {name: split_text(text, CELL_SEPARATORS) for name, text in cells.items() if isinstance(text, str)}
    return {**record, **lists}


def _find_elements(record: Any, path: ValuePath, *, keep_lists: bool = False) -> Iterator[_Element]:
    """Yield the elements of all lists at a path, which may lead through other lists.

    A list of lists is one list, unless `keep_lists` is set. Elements without a value are left out.
    """
    for tables, value in _seek(record, path):
        values = value if keep_lists and isinstance(value, (list, tuple)) else flatten([value])
        found = (_Element(tables, one, number, len(values)) for number, one in enumerate(values))
        yield from (one for one in found if not is_empty(one.value))


def _take(value: Any, path: ValuePath, at: int, element: _Element) -> Any:
    """Return a copy in which one value replaces the list at a path: the value at the same position as `element`.

    Raises MappingError if the two lists differ in length.
    """
    if at == len(path.names):
        values = value if isinstance(value, (list, tuple)) else [value]
        if len(values) != element.size:
            message = f"has {count('value', len(values))}, but the first path in the setting each has {element.size}"
            raise MappingError("", f"{show(path.text)} {message} (give the same number of each)")
        return values[element.number]
    for key, after in path.steps[at] if isinstance(value, Mapping) else ():
        if key in value:
            return {**value, key: _take(value[key], path, after, element)}
    key, after = path.steps[at][-1]
    if isinstance(value, (Mapping, list, tuple, *SCALARS)) or not hasattr(value, key):
        return value
    found = Finder(value, objects=True).find(parse_path(key))
    return _Overlay(value, key, _take(found, path, after, element))


def explain_several(finder: Finder, name: str, place: ValuePath, number: int, source: Source) -> str:
    """Say that a field gets the first of `number` values. Raises MappingError for starts that cannot be paired."""
    each = _advise_each(finder.record, source) if name in _TIMES else ""
    partner = {"start": "end", "end": "start"}.get(name, "")
    losses = finder.losses[:]
    other = len(flatten([finder.find_first(source.places.get(partner, ()))[0]]))
    finder.losses[:] = losses
    if other not in (number, 0):
        each = "" if other == 1 and "." not in place.text and not source.each else each  # the end of the whole series
        raise MappingError(name, f"has {number} values, but {partner} has {other} (keep one of each{each})")
    return f'has several values, so the first is used (write "{place.text}.0" in {name_setting(name)}{each})'


def _advise_each(record: Any, source: Source) -> str:
    """Return how to write `each`, for a record with several dates; an empty text if it has one start only."""
    start, end = (list_paths(source.places.get(name, ())) for name in _TIMES)
    starts = [key for path in start if (key := _find_list(record, path))]
    if not starts and not source.each:
        return ""
    found = [*starts, *(key for path in end if (key := _find_list(record, path)))]
    known = [one for one in source.each if not any(key.startswith(f"{one}.") for key in found)]
    keys = list(dict.fromkeys([*known, *found]))
    return f", or set each = {json.dumps(keys if len(keys) > 1 else keys[0], ensure_ascii=False)} to read all dates"


def _find_list(record: Any, path: ValuePath) -> str:
    """Return the longest part of a path that leads to a list with several values, or an empty text."""
    for size in range(len(path.names), 0, -1):
        key = ".".join(path.names[:size])
        if any(one.size > 1 for one in _find_elements(record, parse_path(key))):
            return key
    return ""


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
