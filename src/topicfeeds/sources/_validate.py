"""Validation: turn a raw record into a record with an item, or into problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..errors import Problem
from ..models.items import Item
from ..models.messages import Origin, format_path, validate_item
from ..models.site import Source
from ..registry import TABLES
from ._raw import RawRecord
from .model import Draft, FileContext, Identity, Record, label_item, read_identity

if TYPE_CHECKING:
    from .mapping.reports import MappingReport

_EMPTY = "is an empty record (write an item in its place, or remove it)"


class RecordValidator:
    """Maps the records of one chunk as their source says, and validates them."""

    def __init__(self, source: Source, context: FileContext) -> None:
        self._source, self._context = source, context
        self._mapper = None
        if source.is_mapped or context.form in TABLES:
            from .mapping.mapper import RecordMapper  # imported here, as most sources have no mapping

            self._mapper = RecordMapper(source, context)

    def validate(self, raw: RawRecord) -> Iterator[Record | Problem | Draft]:
        """Yield the items of a record, a draft, or problems. Problems are yielded in the order of their lines."""
        if raw.fields is None:
            yield Problem(self._context.path, raw.line, "", _EMPTY, item=raw.item, name=label_item(raw.place, ""))
        elif raw.error:
            name = label_item(raw.place, raw.fields.get("title") or raw.fields.get("id"))
            yield Problem(self._context.path, raw.line, *raw.error, item=raw.item, name=name)
        elif self._mapper:
            yield from self._map(raw)
        else:
            yield from self._check(raw, raw.fields, raw.lines)

    def report(self) -> Iterator[MappingReport]:
        """Yield the reports about the mapping, from the records of the chunk."""
        if self._mapper:
            yield from self._mapper.report()

    def _map(self, raw: RawRecord) -> Iterator[Record | Problem | Draft]:
        from .mapping.dates import MappingError

        assert self._mapper  # noqa: S101
        lines = self._mapper.find_lines(raw)
        try:
            for one in self._mapper.map(raw):
                if isinstance(one, Draft):
                    yield one
                    continue
                yield from one.warnings
                yield from self._check(one.raw, one.fields, lines)
        except MappingError as error:
            line = lines.get(error.field, raw.line)
            identity = self._find_identity(raw)
            yield Problem(self._context.path, line, error.field, error.message, item=raw.item, identity=identity)

    def _find_identity(self, raw: RawRecord) -> Identity | None:
        """Return the `id` and the `link` of a record that cannot be mapped as a whole."""
        from .mapping.dates import MappingError
        from .mapping.mapper import MappedRecord, RecordMapper

        known = {name: getattr(self._source, name) for name in Source.model_fields}
        names = {name: path for name, path in self._source.fields.items() if name in ("id", "link")}
        if not self._source.fields:
            return read_identity(raw.fields)
        with suppress(MappingError):
            for one in RecordMapper(Source.model_construct(**{**known, "fields": names}), self._context).map(raw):
                return read_identity(one.fields) if names and isinstance(one, MappedRecord) else None
        return None

    def _check(self, raw: RawRecord, fields: Any, lines: Mapping[str, int]) -> Iterator[Record | Problem | Draft]:
        """Yield the item of a record without mapping, or its problems."""
        path, source = self._context.path, self._source
        item = validate_item(fields, self._find_origin)
        if isinstance(item, Item):
            topics = tuple(source.topics)
            details = raw.inferred, raw.from_page, raw.untitled, source.name, raw.place, raw.window, raw.moved
            yield Record(item, path, raw.line, lines, topics, *details)
            return
        if not self._mapper and isinstance(fields, Mapping):
            from .mapping.drafts import KEYS, is_draft, read_window

            if is_draft(fields):
                yield Draft(path, raw.line, identity=read_identity(fields))
                return
            if not fields.keys().isdisjoint(KEYS):
                raw = raw._replace(window=read_window(fields, source))
                yield from self._check(raw, {name: one for name, one in fields.items() if name not in KEYS}, lines)
                return
        label = label_item(raw.place, fields.get("title") or fields.get("id") if isinstance(fields, Mapping) else "")
        located = [(lines.get(str(place[0]) if place else "", raw.line), place, sentence) for place, sentence in item]
        identity = read_identity(fields)
        for line, place, sentence in sorted(located, key=lambda found: found[0]):
            yield Problem(path, line, format_path(place), sentence, item=raw.item, name=label, identity=identity)

    def _find_origin(self) -> Origin:
        return Origin(self._context.form, self._source)
