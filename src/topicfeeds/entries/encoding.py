"""Encoding: headers, pages and problems as JSON rows, for the cache and for workers.

Rows are only read by the version of topicfeeds that wrote them. Line numbers are relative to the first line of the
chunk.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import astuple
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import Problem
from ..sources.mapping.reports import MappingReport, MissingPath
from ..sources.model import NO_LINES, Draft, Location, Page
from .digests import to_json
from .events import format_moment, restore_times
from .headers import HeaderMaker
from .model import EventSnapshot, EventTimes, Header

if TYPE_CHECKING:
    from .chunk_cache import ChunkCache

_PLAIN = slice(Header._fields.index("published"))
"""The first fields of a header, whose values JSON has, too: kind, time zone and others. The four date-times follow."""
NO_CONTENTS = '[""]'
"""The row of a chunk without contents: the cache needs at least one row for each chunk."""


Row = Header | Page | Problem | Draft | MappingReport
"""One result of a chunk."""


def encode_row(one: Row, first: int) -> str:
    """Return the row of one result of a chunk. `first` is the first line of the chunk."""
    if isinstance(one, Header):
        return to_json(["header", *_flatten_header(one, first)])
    if isinstance(one, Page):
        return to_json(["page", *astuple(one)])
    if isinstance(one, Draft):
        return to_json(["draft", one.line - first, one.identity])
    if isinstance(one, MappingReport):
        return to_json(
            ["report", one.source, one.group, one.missing, [_flatten_problem(each, first) for each in one.warnings]]
        )
    return to_json(["problem", *_flatten_problem(one, first)])


def _flatten_problem(one: Problem, first: int) -> list[object]:
    item = one.item - first if one.item else None
    return [one.line - first, one.field, one.message, one.severity, item, one.name, one.identity]


def _restore_problem(location: Location, values: list[Any]) -> Problem:
    line, field, message, severity, item, name, identity = values
    first, known = location.line, _restore_identity(identity)
    item = 0 if item is None else item + first
    return Problem(location.path, line + first, field, message, severity, item, name=name, identity=known)


def _restore_identity(identity: list[str | None] | None) -> tuple[str | None, str | None] | None:
    return (identity[0], identity[1]) if identity else None


def _flatten_header(one: Header, first: int) -> list[object]:
    return [
        one[_PLAIN],
        [moment and moment.isoformat() for moment in (one.published, one.updated, one.public, one.expires)],
        one.inferred and one.inferred.isoformat(),
        [topic.label for topic in one.topics],
        [tag.label for tag in one.tags],
        one.author_digest.hex(),
        one.content_digest.hex() if one.content_digest != one.author_digest else "",
        _flatten_times(one.times) if one.times else None,
        one.position[1],
        one.line - first,
        {name: line - first for name, line in one.lines.items()},
    ]


def decode_rows(
    rows: Iterable[str], location: Location, key: bytes, maker: HeaderMaker, loader: ChunkCache
) -> Iterator[Row]:
    """Yield the contents of a chunk. `location` is its current place: it may have moved since the rows were stored.

    `loader` loads records that this run did not parse.
    """
    for row in rows:
        kind, *values = json.loads(row)
        if kind == "problem":
            yield _restore_problem(location, values)
        elif kind == "page":
            yield Page(*values)
        elif kind == "draft":
            yield Draft(location.path, values[0] + location.line, identity=_restore_identity(values[1]))
        elif kind == "report":
            source, group, missing, warnings = values
            problems = tuple(_restore_problem(location, one) for one in warnings)
            yield MappingReport(source, group, tuple(MissingPath(*one) for one in missing), problems)
        elif kind:
            yield _decode_header(values, location, key, maker, loader)


def _decode_header(values: list[Any], location: Location, key: bytes, maker: HeaderMaker, loader: ChunkCache) -> Header:
    plain, moments, inferred, topics, tags, author, content, times, number, line, lines = values
    kind, zone, *_ = plain
    digest, first, position = bytes.fromhex(author), location.line, (key, number)
    return Header(  # type: ignore[misc]  # the lists have a fixed length
        *plain,
        *(text and datetime.fromisoformat(text) for text in moments),
        inferred=inferred and date.fromisoformat(inferred),
        topics=tuple(map(maker.topic, topics)),
        tags=tuple(map(maker.tag, tags)),
        author_digest=digest,
        content_digest=bytes.fromhex(content) if content else digest,
        load=partial(loader.load_entry, location, position, kind),
        times=_restore_times(zone, *times) if times else None,
        path=location.path,
        line=line + first,
        lines={name: line + first for name, line in lines.items()} if lines else NO_LINES,
        source=location.source.name,
        position=position,
        body=partial(loader.load_body, location, position),
        is_parsed=False,
        is_single=location.is_single,
    )


def _flatten_times(times: EventTimes) -> list[object]:
    end = format_moment(times.end) if times.end else None
    return [times.recurrence, format_moment(times.start), end, *map(format_moment, times.left_out)]


def _restore_times(zone: str, recurrence: str | None, start: str, end: str | None, *left_out: str) -> EventTimes:
    return restore_times(EventSnapshot(start, end, None, "confirmed", zone, recurrence, left_out), UTC)
