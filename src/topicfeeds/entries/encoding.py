"""Encoding: headers, pages and problems as JSON rows, for the cache and for workers.

Rows are only read by the version of topicfeeds that wrote them. Line numbers are relative to the first line of the
chunk.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import astuple
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ..errors import Problem
from ..sources.mapping.reports import MappingReport
from ..sources.model import NO_LINES, Draft, Location, Page
from .digests import to_json
from .headers import HeaderMaker
from .model import EventTimes, Header

if TYPE_CHECKING:
    from .chunk_cache import ChunkCache

_USUAL: list[Any] = ["", 0, None, None]
"""Name, place, `public` and `expires` of the header of a record that is alone on its line and always public."""


NO_CONTENTS = '[""]'
"""The row of a chunk without contents: the cache needs at least one row for each chunk."""


Row = Header | Page | Problem | Draft | MappingReport
"""One result of a chunk."""


def encode_row(one: Row, first: int) -> str:
    """Return the row of one result of a chunk. `first` is the first line of the chunk."""
    if isinstance(one, Header):
        return to_json(_flatten_header(one, first))
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
    item = one.item and one.item - first
    return [one.line - first, one.field, one.message, one.severity, item, bool(one.item), one.name, one.identity]


def _restore_problem(location: Location, values: list[Any]) -> Problem:
    line, field, message, severity, item, has_item, name, identity = values
    first = location.line
    item, known = item + first if has_item else 0, _restore_identity(identity)
    return Problem(location.path, line + first, field, message, severity, item, name=name, identity=known)


def _restore_identity(identity: list[str | None] | None) -> tuple[str | None, str | None] | None:
    return (identity[0], identity[1]) if identity else None


def _flatten_header(one: Header, first: int) -> list[object]:
    return [
        one.kind,
        one.own_id,
        one.link,
        one.minted,
        one.published and one.published.isoformat(),
        one.is_local,
        one.updated and one.updated.isoformat(),
        one.inferred and one.inferred.isoformat(),
        one.timezone,
        [topic.label for topic in one.topics],
        [tag.label for tag in one.tags],
        one.author_digest.hex(),
        one.content_digest.hex() if one.content_digest != one.author_digest else "",
        one.from_page,
        one.untitled,
        _flatten_times(one.times) if one.times else None,
        one.snapshot,
        one.position[1],
        one.line - first,
        {name: line - first for name, line in one.lines.items()},
        one.language,
        [one.name, one.place, one.public and one.public.isoformat(), one.expires and one.expires.isoformat()]
        if one.place or one.public or one.expires
        else None,
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
            yield MappingReport(source, group, tuple((name, paths) for name, paths in missing), problems)
        elif kind:
            yield _decode_header(kind, values, location, key, maker, loader)


def _decode_header(
    kind: str, values: list[Any], location: Location, key: bytes, maker: HeaderMaker, loader: ChunkCache
) -> Header:
    own_id, link, minted, published, is_local, updated, inferred, zone, topics, tags, author, content, *rest = values
    from_page, untitled, times, snapshot, number, line, lines, language, rare = rest
    name, place, public, expires = rare or _USUAL
    digest, first, position = bytes.fromhex(author), location.line, (key, number)
    return Header(
        kind=kind,
        own_id=own_id,
        link=link,
        minted=minted,
        published=published and datetime.fromisoformat(published),
        is_local=is_local,
        updated=updated and datetime.fromisoformat(updated),
        inferred=inferred and date.fromisoformat(inferred),
        timezone=zone,
        topics=tuple(map(maker.topic, topics)),
        tags=tuple(map(maker.tag, tags)),
        author_digest=digest,
        content_digest=bytes.fromhex(content) if content else digest,
        load=partial(loader.load_entry, location, position, kind),
        from_page=from_page,
        untitled=untitled,
        times=_restore_times(*times) if times else None,
        snapshot=snapshot,
        path=location.path,
        line=line + first,
        lines={name: line + first for name, line in lines.items()} if lines else NO_LINES,
        source=location.source.name,
        position=position,
        body=partial(loader.load_body, location, position),
        is_single=location.is_single,
        language=language,
        name=name,
        place=place,
        public=public and datetime.fromisoformat(public),
        expires=expires and datetime.fromisoformat(expires),
    )


def _flatten_times(times: EventTimes) -> list[object]:
    moments = (times.start, times.end, *times.left_out)
    return [times.recurrence, *(_flatten_moment(one) if one else None for one in moments)]


def _restore_times(recurrence: str | None, start: list[str], end: list[str] | None, *left_out: list[str]) -> EventTimes:
    last = _restore_moment(*end) if end else None
    return EventTimes(_restore_moment(*start), last, recurrence, tuple(_restore_moment(*one) for one in left_out))


def _flatten_moment(moment: date) -> list[str]:
    """Return a date as text. For a date-time, add the name of its zone, or an empty text for a fixed offset."""
    text = moment.isoformat()
    if not isinstance(moment, datetime):
        return [text]
    zone = moment.tzinfo
    return [text, zone.key] if isinstance(zone, ZoneInfo) else [text, ""]


def _restore_moment(text: str, zone: str | None = None) -> date:
    if zone is None:
        return date.fromisoformat(text)
    moment = datetime.fromisoformat(text)
    return moment.astimezone(ZoneInfo(zone)) if zone else moment
