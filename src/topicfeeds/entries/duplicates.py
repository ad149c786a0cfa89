"""Duplicates: records of the same item are merged. Other records with a known id are refused."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple, NoReturn
from urllib.parse import unquote

from ..errors import Problem, show
from ..models.items import Item
from ..sources.model import Record
from .model import Category, DuplicateIdError, Entry, RefusedError
from .spill import RowSpill


class Merged(NamedTuple):
    """The merged fields of the records of one item, so far."""

    path: str
    """The file of the first record."""
    line: int
    content_hash: int
    """A hash of the fields that must be equal in all records of the item."""
    topics: tuple[Category, ...]
    tags: tuple[Category, ...]
    author_digests: frozenset[bytes]
    records: int = 1


@dataclass(slots=True)
class Duplicates:
    """The first record of each id in this run."""

    _spill: RowSpill = field(default_factory=RowSpill)
    """The first record of each id, by a hash of the id that ignores case and Unicode form."""
    _similar: dict[str, Merged] = field(default_factory=dict)
    """The records whose id differs from an earlier id only in case or Unicode form."""
    _numbers: dict[Category, int] = field(default_factory=dict)
    """The number of each category. The spill stores the number in place of the category."""
    _categories: list[Category] = field(default_factory=list)

    def merge(self, record: Record, entry: Entry, digest: bytes | None) -> tuple[Merged, list[Problem]]:
        """Merge a record with the earlier ones of its item, and return warnings about its id.

        Raises RefusedError if another item has the id, and DuplicateIdError if the earlier record with this id was
        not read again.
        """
        content = hash_item(record.item)
        digests = frozenset({digest} if digest else ())
        seen = Merged(record.path, record.line, content, entry.topics, entry.tags, digests)
        first = self._similar.get(entry.id)
        if first is None:
            row = self._spill.enter(_hash_folded(entry.id), self._to_row(entry.id, seen))
            if row is None:
                return seen, []
            if row[0] != entry.id:
                self._similar[entry.id] = seen
                return seen, [_similar_id_warning(record, entry.id, f"{row[1]}:{row[2]}")]
            if row[3] is None:
                raise DuplicateIdError
            first = self._from_row(row)
        if first.content_hash != content:
            _refuse_duplicate(record, f"{first.path}:{first.line}")
        return self._store(entry.id, _merge(first, seen)), []

    def enter_unchanged(self, name: str, path: str, line: int) -> None:
        """Enter an unchanged record. Raises DuplicateIdError if another record has the same or a similar id."""
        if self._spill.enter(_hash_folded(name), (name, path, line, None, (), ())):
            raise DuplicateIdError

    def _store(self, name: str, merged: Merged) -> Merged:
        if name in self._similar:
            self._similar[name] = merged
        else:
            self._spill.put(_hash_folded(name), self._to_row(name, merged))
        return merged

    def _number(self, category: Category) -> int:
        known = self._numbers.get(category)
        if known is None:
            known = self._numbers[category] = len(self._categories)
            self._categories.append(category)
        return known

    def _to_row(self, name: str, seen: Merged) -> tuple[Any, ...]:
        topics, tags = tuple(map(self._number, seen.topics)), tuple(map(self._number, seen.tags))
        return name, seen.path, seen.line, seen.content_hash, topics, tags, seen.records, *seen.author_digests

    def _from_row(self, row: tuple[Any, ...]) -> Merged:
        _, path, line, content, topics, tags, records, *digests = row
        topics, tags = (tuple(self._categories[n] for n in numbers) for numbers in (topics, tags))
        return Merged(path, line, content, topics, tags, frozenset(digests), records)


def hash_item(item: Item, without: tuple[str, ...] = ("topics", "topic", "tags")) -> int:
    """Return a hash of an item without some fields: by default those that may differ between records of one item."""
    return hash(_field_getter(type(item), without)(item))


@cache
def _field_getter(kind: type[Item], without: tuple[str, ...]) -> Callable[[Item], object]:
    return attrgetter(*(name for name in kind.model_fields if name not in without))


def _hash_folded(name: str) -> int:
    """Return a hash of an id that ignores case, Unicode form and percent-encoding: people treat such ids as equal."""
    if name.isascii() and "%" not in name:
        return hash(name.lower())
    return hash(unicodedata.normalize("NFC", unquote(name)).casefold())


def _merge(first: Merged, second: Merged) -> Merged:
    return first._replace(
        topics=_unite(first.topics, second.topics),
        tags=_unite(first.tags, second.tags),
        author_digests=first.author_digests | second.author_digests,
        records=first.records + 1,
    )


def _unite(first: tuple[Category, ...], second: tuple[Category, ...]) -> tuple[Category, ...]:
    terms = {category.term for category in first}
    return first + tuple(category for category in second if category.term not in terms)


def _similar_id_warning(record: Record, name: str, where: str) -> Problem:
    name = record.item.id or name
    message = (
        f"{show(name)} differs from the id of {where} only in case, Unicode form or percent-encoding "
        "(if both are one item, give both the same id)"
    )
    return record.problem("id", message, "warning")


def _refuse_duplicate(record: Record, where: str) -> NoReturn:
    if record.item.id or record.item.link:
        name = "id" if record.item.id else "link"
        value = show(getattr(record.item, name))
        raise RefusedError(name, f"{value} is already the id of {where} (give each item its own id)")
    raise RefusedError("id", f"is missing, and {where} has the same date and title (give both items an id)")
