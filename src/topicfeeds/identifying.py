"""Which item is which: ids that stay, and records that say the same."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple, NoReturn
from urllib.parse import quote, unquote

from pydantic import BaseModel

from .cleaning import line
from .errors import Problem, show
from .flow import Category, Entry
from .ledger import Ledger
from .models import Event, Item
from .sourced import Record

# RFC 3987 in short: a scheme, and none of the characters that never stand in an IRI.
_CHARACTER = r'(?:[^\s"<>\\^`{|}%#\[\]]++|%[0-9A-Fa-f]{2})'
_IRI = re.compile(rf"(?!(?i:https?):(?!//[^/?#]))[A-Za-z][A-Za-z0-9+.-]*:{_CHARACTER}+(#{_CHARACTER}*)?")


class RefusedError(Exception):
    """A record cannot be published, for the sake of one of its fields."""

    def __init__(self, field: str, message: str) -> None:
        self.field, self.message = field, message


class SeenAgainError(Exception):
    """A record that was not read again is not the only one with its id: all have to be read."""


@dataclass(slots=True)
class Register:
    """Knows every item of a run by its id; `authority` starts the ids that are made here (RFC 4151)."""

    authority: str
    _ledger: Ledger = field(default_factory=Ledger)
    """The first record of each id, under a hash of the id as it would be without case and Unicode form."""
    _again: dict[str, _Seen] = field(default_factory=dict)
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
        title = "" if record.untitled else line(item.title)
        equal = self._minted.setdefault((item.kind, day, title), {})
        n = equal.setdefault(object() if record.untitled else _core(item, ()), len(equal) + 1)
        text = _spelled([item.kind, day, title, n])
        return f"tag:{self.authority}:{item.kind}/{hashlib.sha256(text.encode()).hexdigest()[:20]}", doubts

    def merge(self, record: Record, entry: Entry) -> tuple[Entry, list[Problem]]:
        """Add what earlier records of the same item said. Raises RefusedError for another item with the id."""
        core = _core(record.item)
        said = {entry.known.said} if entry.known else set()
        first = self._again.get(entry.id)
        if first is None:
            seen = _Seen(record.path, record.line, core, entry.topics, entry.tags, frozenset(said))
            row = self._ledger.enter(_alike(entry.id), self._row(entry.id, seen))
            if row is None:
                return entry, []
            if row[0] != entry.id:
                self._again[entry.id] = seen
                return entry, [self._doubt(record, entry.id)]
            if row[3] is None:
                raise SeenAgainError
            first = self._read(row)
        if first.core != core:
            _refuse_duplicate(record, f"{first.path}:{first.line}")
        topics, tags, records = _union(first.topics, entry.topics), _union(first.tags, entry.tags), first.records + 1
        whole = first._replace(topics=topics, tags=tags, said=first.said | said, records=records)
        if entry.id in self._again:
            self._again[entry.id] = whole
        else:
            self._ledger.put(_alike(entry.id), self._row(entry.id, whole))
        known = entry.known and entry.known._replace(said=_sum(whole.said))
        return replace(entry, topics=topics, tags=tags, records=records, known=known), []

    def same(self, name: str, path: str, line: int) -> None:
        """Enter a record that is as the last run saw it. Raises SeenAgainError where its id is, or is like, another."""
        if self._ledger.enter(_alike(name), (name, path, line, None, (), ())):
            raise SeenAgainError

    def _number(self, category: Category) -> int:
        """Number what many rows name."""
        known = self._numbers.get(id(category))
        if known is None:
            known = self._numbers[id(category)] = len(self._shared)
            self._shared.append(category)
        return known

    def _row(self, name: str, seen: _Seen) -> tuple[Any, ...]:
        topics, tags = (tuple(map(self._number, some)) for some in (seen.topics, seen.tags))
        return name, seen.path, seen.line, seen.core, topics, tags, seen.records, *seen.said

    def _read(self, row: tuple[Any, ...]) -> _Seen:
        _, path, line, core, topics, tags, records, *said = row
        shared = self._shared
        found = tuple(shared[n] for n in topics), tuple(shared[n] for n in tags)
        return _Seen(path, line, core, *found, frozenset(said), records)

    def _doubt(self, record: Record, name: str) -> Problem:
        name = record.item.id or name
        message = f"{show(name)} is that of another item but for case or Unicode form (is it the same?)"
        return record.problem("id", message, "warning")


def _alike(name: str) -> int:
    """Sum up an id without what may differ in ids that people take for the same."""
    if name.isascii() and "%" not in name:
        return hash(name.lower())
    return hash(unicodedata.normalize("NFC", unquote(name)).casefold())


class _Seen(NamedTuple):
    """What is known of the records of an item."""

    path: str
    line: int
    core: int
    topics: tuple[Category, ...]
    tags: tuple[Category, ...]
    said: frozenset[bytes]
    records: int = 1


def _core(item: Item, without: tuple[str, ...] = ("topics", "topic", "tags")) -> int:
    """Sum up an item but for what may differ from page to page."""
    return hash(_getter(type(item), without)(item))


@cache
def _getter(kind: type[Item], without: tuple[str, ...]) -> Callable[[Item], object]:
    return attrgetter(*(name for name in kind.model_fields if name not in without))


def said(item: Item) -> bytes:
    """Sum up the fields that an author set, in a way that outlives versions of libraries: it is remembered.

    Not the kind: other fields tell it.
    """
    given = item.__pydantic_fields_set__
    parts: list[str] = []
    for name, value in item.__dict__.items():
        if name in given and name != "kind" and value is not None and value != ():
            parts += (name, value if type(value) is str else _flat(value))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()[:16]


def _flat(value: object) -> str:
    """Spell a field's value; moments and lists of text by hand, at a tenth of what JSON takes for them."""
    if type(value) is datetime:
        return value.isoformat()
    if isinstance(value, tuple) and all(type(one) is str for one in value):
        return "\x01".join(value)
    return _spelled(_plain(value))


_spelled = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _plain(value: object) -> object:
    if type(value) is str:
        return value
    if isinstance(value, BaseModel):
        given, fields = value.__pydantic_fields_set__, value.__dict__
        return {name: _plain(fields[name]) for name in fields if name in given and fields[name] not in (None, ())}
    if isinstance(value, date):
        return value.isoformat()
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def _sum(parts: frozenset[bytes]) -> bytes:
    """Sum up what the records of one item said, in whichever order they were read."""
    return next(iter(parts)) if len(parts) == 1 else hashlib.sha256(b"".join(sorted(parts))).digest()[:16]


def _union(first: tuple[Category, ...], second: tuple[Category, ...]) -> tuple[Category, ...]:
    terms = {category.term for category in first}
    return first + tuple(category for category in second if category.term not in terms)


def _refuse_duplicate(record: Record, where: str) -> NoReturn:
    if record.item.id or record.item.link:
        name = "id" if record.item.id else "link"
        raise RefusedError(name, f"{show(getattr(record.item, name))} is that of {where} (give each item its own id)")
    raise RefusedError("id", f"is missing, and {where} has the same date and title (give both an id)")
