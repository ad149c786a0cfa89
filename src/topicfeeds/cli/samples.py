"""Items as they were read: field by field, each with the path or column that its value came from."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ..errors import Problem, printable
from ..models.items import Item
from ..models.site import Site
from ..sources.samples import Sample, find_unread, read_samples
from .console import Console, print_text

_MAX_VALUE_CHARS = 70


def print_samples(site: Site, base: Path, limit: int, console: Console) -> tuple[list[Sample], list[Problem]]:
    """Print the first items of each source, and the paths that are not read.

    Return the printed items, and the problems that were found while they were read.
    """
    found = [(source, *read_samples(source, base, site.url, limit)) for source in site.sources]
    for source, samples, _ in found:
        lines = [line for one in samples for line in _describe_sample(one, console)]
        if unread := find_unread(source, [one.raw.fields for one in samples]):
            lines += [f"Not read: {unread}", ""]
        print_text(sys.stdout, "".join(f"{printable(line)}\n" for line in lines))
    return [one for _, some, _ in found for one in some], [one for _, _, some in found for one in some]


def has_no_zone(item: Item) -> bool:
    """Return whether an item has a time without a time zone."""
    times = (getattr(item, name, None) for name in ("start", "published"))
    return not item.timezone and any(isinstance(one, datetime) and not one.tzinfo for one in times)


def _describe_sample(sample: Sample, console: Console) -> Iterator[str]:
    """Yield the lines of an item: its place, its fields, and a blank line."""
    record = sample.record
    yield f"{console.locate(record.path)}:{record.line}: {record.item.kind}"
    item, fields = record.item, type(record.item).model_fields
    given = {one.serialization_alias or name: getattr(item, name) for name, one in fields.items()}
    given["topics"] = [*given["topics"], *record.topics]
    wanted = {fields[name].serialization_alias or name for name in item.model_fields_set} | {"topics"}
    for name, value in given.items():
        if name in wanted and (text := _describe_value(value)):
            shown = text if len(text) <= _MAX_VALUE_CHARS else f"{text[:_MAX_VALUE_CHARS]}... ({len(text)} characters)"
            origins = ["topics of the source"] if name == "topics" and record.topics else []
            origins += [place for key, place in sample.origins.items() if key.partition(".")[0] == name]
            yield f"  {name}: {shown}" + (f"  [{', '.join(origins)}]" if origins else "")
    yield ""


def _describe_value(value: Any) -> str:
    if hasattr(value, "model_dump"):
        value = value.model_dump(exclude_none=True)
    if isinstance(value, Mapping):
        return ", ".join(_describe_value(one) for one in value.values())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(map(_describe_value, value))
    return value.isoformat() if isinstance(value, date) else " ".join(str(value).split())
