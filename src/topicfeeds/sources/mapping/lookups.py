"""Lookups: replace keys in a field with values of the records that have these keys, e.g. author ids with names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...errors import show
from ...models.mapping import Lookup, parse_places
from ...models.places import as_text, to_text
from .paths import Finder, first_value, flatten, is_empty


def index_document(document: Any, lookup: Lookup) -> dict[str, Any]:
    """Return the values of a lookup by key, from the records in a document."""
    found = [document] if lookup.items == "." else map(Finder(document).find, parse_places(lookup.items))
    return index_records(flatten(found), lookup)


def index_records(records: Iterable[Any], lookup: Lookup) -> dict[str, Any]:
    """Return the values of a lookup by key. If several records have the same key, the first one is used."""
    keys, values = parse_places(lookup.key), parse_places(lookup.value)
    index: dict[str, Any] = {}
    for record in records:
        finder = Finder(record)
        key = as_text(first_value(finder.find_first(keys)[0]))
        value = finder.find_first(values)[0]
        if key and not is_empty(value):
            index.setdefault(key, value)
    return index


def explain_missing_key(name: str, key: Any, index: Mapping[str, Any]) -> str:
    """Say that a lookup has no value for a key, or no values at all."""
    if not index:
        return f"lookup.{name} finds no record with a key and a value (correct its items, key or value in [[sources]])"
    advice = f"add the records, or correct lookup.{name} in [[sources]]"
    return f"some keys have no record in lookup.{name} (such as {show(to_text(key))}; {advice})"
