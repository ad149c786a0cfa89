"""Advice for invalid values of other systems: which setting of the source makes topicfeeds accept the value."""

from __future__ import annotations

from .source import Source


def advise_false(place: tuple[str | int, ...], given: object, source: Source | None) -> str:
    """Say how to drop a `false` that means "none" in a mapped source."""
    is_whole = len(place) == 1 or isinstance(place[-1], int)
    is_mapped = given is False and is_whole and source is not None and place[0] in source.fields
    return f'to drop it, set values.{place[0]} = {{ false = "" }} in [[sources]]' if is_mapped else ""


def advise_part(place: tuple[str | int, ...], key: str, source: Source | None) -> str:
    """Say how to map a part of a field, such as `authors.name`. `key` is the key of its value in a record."""
    if not source or len(place) < 2 or place[0] in source.lookup:
        return ""
    field, part = str(place[0]), f"{place[0]}.{place[-1]}"
    path = source.fields.get(field)
    if isinstance(path, str) and "{" not in path:
        return f'map {part} instead of {field}, such as {part} = "{path}.{key}"'.replace('."', '"')
    is_mapped = part not in source.fields and any(name.startswith(f"{field}.") for name in source.fields)
    return f"map {part}, or set defaults.{part}, in [[sources]]" if is_mapped else ""
