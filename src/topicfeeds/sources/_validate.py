"""Validation: turn a raw record into a record with an item, or into problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import Problem
from ..models.items import Item
from ..models.messages import Origin, format_path, validate_item
from ..models.site import Source
from ..registry import TABLES
from ._raw import RawRecord
from .model import Draft, FileContext, Identity, Record, Unplaced, Window, label_record, read_identity

if TYPE_CHECKING:
    from .mapping.mapper import MappedRecord, RecordMapper
    from .mapping.reports import MappingReport

_REPEATED = "is given twice in this item (keep one)"
_EMPTY = "is an empty record (write an item in its place, or remove it)"


class RecordValidator:
    """Maps the records of one chunk with the settings of their source, and validates them."""

    def __init__(self, source: Source, context: FileContext) -> None:
        self._source, self._context, self._extensions = source, context, source.extensions
        self._no_records = (str, bytes, int, float) if source.fields else (str, bytes, int, float, list, tuple)
        """The types of values that are not records. With `fields`, a list can be a record: paths may lead into it."""
        self._origin = Origin(context.form, source)
        self._mapper = None
        if source.is_mapped or context.form in TABLES:
            from .mapping.mapper import RecordMapper  # imported here, as most sources have no mapping

            self._mapper = RecordMapper(source, context)

    def validate(self, raw: RawRecord) -> Iterator[Record | Problem | Draft | Unplaced]:
        """Yield the items of a record, a draft, or problems. Problems are yielded in the order of their lines."""
        if raw.fields is None:
            yield self._refuse(raw, "", _EMPTY)
        elif raw.error:
            yield self._refuse(raw, *raw.error)
        elif raw.repeated:
            for name, line in raw.repeated:
                yield self._refuse(raw._replace(lines={name: line}), name, _REPEATED)
        elif self._mapper and not isinstance(raw.fields, self._no_records):
            yield from self._map(self._mapper, raw)
        else:
            yield from self._check(raw, raw.fields, raw.lines)

    def find_origins(self, raw: RawRecord) -> dict[str, str]:
        """Return the place of each field in a record: a path, or the name of a field if nothing is mapped."""
        if self._mapper and self._source.fields:
            return self._mapper.find_origins(raw)
        return {name: name for name in raw.fields} if isinstance(raw.fields, Mapping) else {}

    def report(self) -> Iterator[MappingReport]:
        """Yield the reports about the mapping, from the records of the chunk."""
        if self._mapper:
            yield from self._mapper.report()

    def _map(self, mapper: RecordMapper, raw: RawRecord) -> Iterator[Record | Problem | Draft | Unplaced]:
        from .mapping.dates import MappingError

        try:
            for one, names_element in mapper.expand(raw):
                yield from self._map_one(mapper, one, names_element)
        except MappingError as error:
            yield self._refuse(raw, error.field, error.message, mapper.find_identity(raw))
        except RecursionError:
            yield self._refuse(raw, "", "is nested too deeply (use fewer levels)")

    def _map_one(
        self, mapper: RecordMapper, raw: RawRecord, names_element: bool
    ) -> Iterator[Record | Problem | Draft | Unplaced]:
        from .mapping.dates import MappingError
        from .mapping.values import has_relative_address

        lines = mapper.find_lines(raw)
        try:
            found = mapper.map(raw, names_element=names_element)
        except MappingError as error:
            identity = mapper.find_identity(raw)
            yield self._refuse(raw._replace(lines=lines), error.field, error.message, identity)
            return
        if isinstance(found, Draft):
            yield found
        elif found and self._context.url is None and has_relative_address(found.fields):
            yield Unplaced(partial(self._place, mapper, found, lines))
        elif found:
            yield from self._place(mapper, found, lines, self._context.url or "")

    def _place(
        self, mapper: RecordMapper, found: MappedRecord, lines: Mapping[str, int], url: str
    ) -> Iterator[Record | Problem | Draft]:
        """Make the addresses of a mapped record absolute with `url`. Yield its item or its problems."""
        mapper.complete_addresses(found, url)
        yield from found.warnings
        yield from self._check(found.raw, found.fields, lines)

    def _refuse(self, raw: RawRecord, field: str, message: str, identity: Identity | None = None) -> Problem:
        line, label = raw.lines.get(field, raw.line), self._name(raw, raw.fields, identity)
        return Problem(self._context.path, line, field, message, item=raw.item, name=label, identity=identity)

    def _name(self, raw: RawRecord, fields: Any, identity: Identity | None) -> str:
        title = fields.get("title") or fields.get("id") if isinstance(fields, Mapping) else ""
        return label_record(self._context.path, raw.place, title, identity and identity[0])

    def _read_publication(self, raw: RawRecord, fields: Any) -> Draft | Problem | Window | None:
        """Return a draft, a problem, or when a record is public."""
        from .mapping.dates import MappingError
        from .mapping.drafts import read_publication

        try:
            reason, window = read_publication(fields, self._source)
        except MappingError as error:
            return self._refuse(raw, error.field, error.message, read_identity(fields))
        return Draft(self._context.path, raw.line, identity=read_identity(fields), reason=reason) if reason else window

    def _check(self, raw: RawRecord, fields: Any, lines: Mapping[str, int]) -> Iterator[Record | Problem | Draft]:
        """Yield the item of a record, given its fields, or its problems."""
        path, source = self._context.path, self._source
        if not self._mapper and not isinstance(fields, (Mapping, Item, *self._no_records)):
            found = self._read_publication(raw, fields)
            if isinstance(found, (Draft, Problem)):
                yield found
                return
            raw = raw._replace(window=found)
        item = validate_item(fields, self._origin, self._extensions)
        if isinstance(item, Item):
            topics = tuple(source.topics)
            details = raw.inferred, raw.from_page, raw.untitled, source.name, raw.place, raw.window, raw.moved
            yield Record(item, path, raw.line, lines, topics, *details)
            return
        if self._context.form in ("jsonl", "yaml") and not source.items:
            from .mapping.elements import advise_items

            if advice := advise_items(raw.fields, source):
                yield self._refuse(raw, "", f"has several records, not the fields of one item ({advice})")
                return
        if not self._mapper and isinstance(fields, Mapping):
            from .mapping.drafts import KEYS

            found = self._read_publication(raw, fields)
            if isinstance(found, (Draft, Problem)):
                yield found
                return
            if not fields.keys().isdisjoint(KEYS):
                raw = raw._replace(window=found)
                yield from self._check(raw, {name: one for name, one in fields.items() if name not in KEYS}, lines)
                return
        located = [(lines.get(str(place[0]) if place else "", raw.line), place, sentence) for place, sentence in item]
        identity = read_identity(fields)
        label = self._name(raw, fields, identity)
        for line, place, sentence in sorted(located, key=lambda found: found[0]):
            yield Problem(path, line, format_path(place), sentence, item=raw.item, name=label, identity=identity)
