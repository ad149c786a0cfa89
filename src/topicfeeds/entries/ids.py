"""Which item is which: ids that stay, and records that say the same."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple, NoReturn
from urllib.parse import quote, unquote

from ..errors import Problem, show
from ..models.items import Event, Item
from ..sources.model import Record
from ..text.characters import to_one_line
from .digests import to_json
from .model import Category, Entry
from .spill import RowSpill

# RFC 3987 in short: a scheme, and none of the characters that never stand in an IRI.
_CHARACTER = r'(?:[^\s"<>\\^`{|}%#\[\]]++|%[0-9A-Fa-f]{2})'
_IRI = re.compile(rf"(?!(?i:https?):(?!//[^/?#]))[A-Za-z][A-Za-z0-9+.-]*:{_CHARACTER}+(#{_CHARACTER}*)?")


class RefusedError(Exception):
    """A record cannot be published, for the sake of one of its fields."""

    def __init__(self, field: str, message: str) -> None:
        self.field, self.message = field, message


class DuplicateIdError(Exception):
    """A record that was not read again is not the only one with its id: all have to be read."""


@dataclass(slots=True)
class IdRegistry:
    """Knows every item of a run by its id; `authority` starts the ids that are made here (RFC 4151)."""

    authority: str
    _ledger: RowSpill = field(default_factory=RowSpill)
    """The first record of each id, under a hash of the id as it would be without case and Unicode form."""
    _again: dict[str, _SeenRecord] = field(default_factory=dict)
    """What is known of ids that are those of others but for case or form."""
    _numbers: dict[int, int] = field(default_factory=dict)
    """Of categories in the ledger, by the object's identity: they are few, and shared."""
    _shared: list[Category] = field(default_factory=list)
    _minted: dict[tuple[str, str, str], dict[object, int]] = field(default_factory=dict)
    _file: str | None = None
    """The file of which ids are being minted."""

    def identify(self, record: Record) -> tuple[str, list[Problem]]:
        """Give the id: stated, else the item's own link, else made of its date and title; and doubts about it."""
        item = record.item
        if item.id:
            iri = _IRI.fullmatch(item.id)
            return (item.id if iri else f"tag:{self.authority}:item/{quote(item.id, safe='')}"), []
        return (item.link, []) if item.link else self._mint(record)

    def _mint(self, record: Record) -> tuple[str, list[Problem]]:
        """Make an id of what is least likely to change; equal ones of a file are counted."""
        item, doubts = record.item, []
        if record.path != self._file:
            self._file, self._minted = record.path, {}
            if not record.from_page:
                message = "is missing (give an id: an edit of date or title makes a new item)"
                doubts = [record.problem("id", message, "warning")]
        stated = item.published or (item.start if isinstance(item, Event) else None)
        day = stated.isoformat() if stated else ""
        title = "" if record.untitled else to_one_line(item.title)
        equal = self._minted.setdefault((item.kind, day, title), {})
        n = equal.setdefault(object() if record.untitled else _hash_item(item, ()), len(equal) + 1)
        text = to_json([item.kind, day, title, n])
        return f"tag:{self.authority}:{item.kind}/{hashlib.sha256(text.encode()).hexdigest()[:20]}", doubts

    def merge(self, record: Record, entry: Entry) -> tuple[Entry, list[Problem]]:
        """Add what earlier records of the same item said. Raises RefusedError for another item with the id."""
        core = _hash_item(record.item)
        said = {entry.known.said} if entry.known else set()
        first = self._again.get(entry.id)
        if first is None:
            seen = _SeenRecord(record.path, record.line, core, entry.topics, entry.tags, frozenset(said))
            row = self._ledger.enter(_hash_folded(entry.id), self._row(entry.id, seen))
            if row is None:
                return entry, []
            if row[0] != entry.id:
                self._again[entry.id] = seen
                return entry, [self._doubt(record, entry.id)]
            if row[3] is None:
                raise DuplicateIdError
            first = self._read(row)
        if first.core != core:
            _refuse_duplicate(record, f"{first.path}:{first.line}")
        topics, tags, records = (
            _merge_categories(first.topics, entry.topics),
            _merge_categories(first.tags, entry.tags),
            first.records + 1,
        )
        whole = first._replace(topics=topics, tags=tags, said=first.said | said, records=records)
        if entry.id in self._again:
            self._again[entry.id] = whole
        else:
            self._ledger.put(_hash_folded(entry.id), self._row(entry.id, whole))
        known = entry.known and entry.known._replace(said=_combine_digests(whole.said))
        return replace(entry, topics=topics, tags=tags, records=records, known=known), []

    def same(self, name: str, path: str, line: int) -> None:
        """Enter a record that is as the last run saw it. Raises SeenAgainError where its id is, or is like, another."""
        if self._ledger.enter(_hash_folded(name), (name, path, line, None, (), ())):
            raise DuplicateIdError

    def _number(self, category: Category) -> int:
        """Number what many rows name."""
        known = self._numbers.get(id(category))
        if known is None:
            known = self._numbers[id(category)] = len(self._shared)
            self._shared.append(category)
        return known

    def _row(self, name: str, seen: _SeenRecord) -> tuple[Any, ...]:
        topics, tags = (tuple(map(self._number, some)) for some in (seen.topics, seen.tags))
        return name, seen.path, seen.line, seen.core, topics, tags, seen.records, *seen.said

    def _read(self, row: tuple[Any, ...]) -> _SeenRecord:
        _, path, line, core, topics, tags, records, *said = row
        shared = self._shared
        found = tuple(shared[n] for n in topics), tuple(shared[n] for n in tags)
        return _SeenRecord(path, line, core, *found, frozenset(said), records)

    def _doubt(self, record: Record, name: str) -> Problem:
        name = record.item.id or name
        message = f"{show(name)} is that of another item but for case or Unicode form (is it the same?)"
        return record.problem("id", message, "warning")


def _hash_folded(name: str) -> int:
    """Sum up an id without what may differ in ids that people take for the same."""
    if name.isascii() and "%" not in name:
        return hash(name.lower())
    return hash(unicodedata.normalize("NFC", unquote(name)).casefold())


class _SeenRecord(NamedTuple):
    """What is known of the records of an item."""

    path: str
    line: int
    core: int
    topics: tuple[Category, ...]
    tags: tuple[Category, ...]
    said: frozenset[bytes]
    records: int = 1


def _hash_item(item: Item, without: tuple[str, ...] = ("topics", "topic", "tags")) -> int:
    """Sum up an item but for what may differ from page to page."""
    return hash(_field_getter(type(item), without)(item))


@cache
def _field_getter(kind: type[Item], without: tuple[str, ...]) -> Callable[[Item], object]:
    return attrgetter(*(name for name in kind.model_fields if name not in without))


def _combine_digests(parts: frozenset[bytes]) -> bytes:
    """Sum up what the records of one item said, in whichever order they were read."""
    return next(iter(parts)) if len(parts) == 1 else hashlib.sha256(b"".join(sorted(parts))).digest()[:16]


def _merge_categories(first: tuple[Category, ...], second: tuple[Category, ...]) -> tuple[Category, ...]:
    terms = {category.term for category in first}
    return first + tuple(category for category in second if category.term not in terms)


def _refuse_duplicate(record: Record, where: str) -> NoReturn:
    if record.item.id or record.item.link:
        name = "id" if record.item.id else "link"
        raise RefusedError(name, f"{show(getattr(record.item, name))} is that of {where} (give each item its own id)")
    raise RefusedError("id", f"is missing, and {where} has the same date and title (give both an id)")
