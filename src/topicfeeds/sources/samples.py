"""Samples: the first records of a source, and where their fields come from, for people who check a mapping."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import Problem
from ..models.places import list_paths
from ..models.site import Source
from ._lookup_files import digest_lookups
from ._raw import RawRecord, Unreadable
from .chunks import make_validator, read_chunks, read_raw
from .mapping.drafts import KEYS
from .mapping.paths import is_empty
from .model import Location, Record

_MAX_UNREAD = 20


class Sample(NamedTuple):
    """An item of a source, and the record that it was made from."""

    record: Record
    raw: RawRecord
    origins: Mapping[str, str]
    """The path or pattern that gave each field, or part of a field, its value."""


def read_samples(source: Source, base: Path, url: str, limit: int) -> tuple[list[Sample], list[Problem]]:
    """Return the first items of a source, and the problems of all records read up to the last of these items.

    Both lists are empty for standard input.
    """
    samples: list[Sample] = []
    problems: list[Problem] = []
    with suppress(Unreadable, OSError, RecursionError):  # `check` reports them
        for location, raw in _read_all(source, base, url):
            validator = make_validator(location, base)
            for one in validator.validate(raw):
                if isinstance(one, Record):
                    origins = {name: f"defaults.{name}" for name in source.defaults} | validator.find_origins(raw)
                    samples.append(Sample(one, raw, origins))
                elif isinstance(one, Problem):
                    problems.append(one)
            if len(samples) >= limit:
                break
    return samples[:limit], problems


def read_records(source: Source, base: Path, limit: int) -> list[tuple[RawRecord, str]]:
    """Return the first records of a source as its reader finds them, each with the name of its file.

    Raises Unreadable and OSError if no record can be read.
    """
    return [(raw, location.path) for location, raw in islice(_read_all(source, base, ""), limit)]


def _read_all(source: Source, base: Path, url: str) -> Iterator[tuple[Location, RawRecord]]:
    for chunk in read_chunks([source], base, url=url) if source.path != "-" else ():
        if not isinstance(chunk, Problem):
            digests = chunk.location.lookups or digest_lookups(source, base)  # the chunk of a database has none
            for raw in read_raw(chunk.location, base):
                if isinstance(raw, RawRecord):
                    yield chunk.location._replace(lookups=digests), raw


def find_unread(source: Source, records: Iterable[Any]) -> str:
    """Return a text that lists the unread paths: records have values there, but no setting of the source reads them."""
    places = [place for group in source.reported_places.values() for found in group.values() for place in found]
    places += source.places.get("title", ())
    read = {path.text for path in list_paths(places)} | {*source.each, *KEYS}
    read |= {".".join(name for name in text.split(".") if not name.isdecimal()) for text in read}
    found = list(dict.fromkeys(path for one in records for path in _find_rest(one, "", read))) if source.fields else []
    more = f" and {len(found) - _MAX_UNREAD} more" if len(found) > _MAX_UNREAD else ""
    return ", ".join(found[:_MAX_UNREAD]) + more


def _find_rest(value: Any, path: str, read: set[str]) -> Iterator[str]:
    if is_empty(value) or any(path == one or path.startswith(f"{one}.") for one in read if one):
        return
    if isinstance(value, (list, tuple)):
        for one in value:
            yield from _find_rest(one, path, read)
    elif isinstance(value, Mapping) and (not path or any(one.startswith(f"{path}.") for one in read)):
        for name, inner in value.items():
            yield from _find_rest(inner, f"{path}.{name}".lstrip("."), read)
    else:
        yield path
