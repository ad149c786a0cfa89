"""Duplicates: records of the same item are merged. Other records with a known id are refused."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import NamedTuple, NoReturn
from urllib.parse import unquote

from ..errors import Problem, show
from ..sources.mapping.file_values import describe_file
from .headers import HeaderMaker
from .model import Category, Header, RefusedError
from .spill import SeenRow, Spill

_SEPARATOR = "\x1e"
"""Separates labels in a text. XML forbids it, so no label contains it."""
_DIGEST_BYTES = 16


class Merged(NamedTuple):
    """The merged fields of the records of one item, so far."""

    paths: tuple[str, ...]
    """The files of the records."""
    line: int
    content_digest: bytes
    topics: tuple[Category, ...]
    tags: tuple[Category, ...]
    author_digests: frozenset[bytes]
    records: int
    language: str | None


class Duplicates:
    """The items of this run by id: the first record of each, merged with the later records of the item."""

    def __init__(self, maker: HeaderMaker, spill: Spill) -> None:
        self._maker, self._spill = maker, spill
        self._similar: dict[str, SeenRow] = {}
        """By id: the records whose id differs from an earlier id only in case, Unicode form or percent-encoding."""

    def merge(self, header: Header, name: str) -> tuple[Merged, Problem | None]:
        """Add a record of the item with the id `name`.

        Return the item with all its records so far, and a warning if its id is new, but similar to an earlier one.
        Raises RefusedError if another item has the id.
        """
        made, key = _start(header), _hash_folded(name)
        row = _to_row(name, made)
        first = self._similar.get(name) or self._spill.enter(key, row)
        if first is None:
            return made, None
        if first[0] != name:
            self._similar[name] = row
            return made, _similar_id_warning(header, name, first[1].partition(_SEPARATOR)[0], first[2])
        merged = _merge(self._from_row(first), header)
        row = _to_row(name, merged)
        if name in self._similar:
            self._similar[name] = row
        else:
            self._spill.put(key, row)
        return merged, None

    def _from_row(self, row: SeenRow) -> Merged:
        _, paths, line, content, topics, tags, authors, records, language = row
        digests = (authors[at : at + _DIGEST_BYTES] for at in range(0, len(authors), _DIGEST_BYTES))
        kinds = (self._maker.topic, topics), (self._maker.tag, tags)
        known = [tuple(map(make, text.split(_SEPARATOR))) if text else () for make, text in kinds]
        names, all_digests = tuple(paths.split(_SEPARATOR)), frozenset(digests)
        return Merged(names, line, content, known[0], known[1], all_digests, records, language)


def _start(header: Header) -> Merged:
    labels, digests = (header.topics, header.tags), frozenset((header.author_digest,))
    return Merged((header.path,), header.line, header.content_digest, *labels, digests, 1, header.language)


def _to_row(name: str, seen: Merged) -> SeenRow:
    paths, digests = _SEPARATOR.join(seen.paths), b"".join(seen.author_digests)
    topics = _SEPARATOR.join([one.label for one in seen.topics])
    tags = _SEPARATOR.join([one.label for one in seen.tags])
    return name, paths, seen.line, seen.content_digest, topics, tags, digests, seen.records, seen.language


def _hash_folded(name: str) -> int:
    """Return a hash of an id. Ids that differ only in case, Unicode form or percent-encoding have the same hash."""
    if name.isascii() and "%" not in name:
        return hash(name.lower())
    return hash(unicodedata.normalize("NFC", unquote(name)).casefold())


def _merge(first: Merged, header: Header) -> Merged:
    """Add a record to its item. Raises RefusedError if the record belongs to another item."""
    if first.content_digest != header.content_digest:
        _refuse_duplicate(header, first)
    return first._replace(
        topics=unite(first.topics, header.topics),
        tags=unite(first.tags, header.tags),
        author_digests=first.author_digests | {header.author_digest},
        records=first.records + 1,
        paths=first.paths if header.path in first.paths else (*first.paths, header.path),
    )


def unite(first: tuple[Category, ...], second: tuple[Category, ...]) -> tuple[Category, ...]:
    """Return the categories of two records, each once."""
    terms = {category.term for category in first}
    return first + tuple(category for category in second if category.term not in terms)


def _similar_id_warning(header: Header, name: str, path: str, line: int) -> Problem:
    message = (
        f"{show(header.own_id or name)} differs from the id of {path}:{line} only in case, Unicode form or "
        "percent-encoding (if both are one item, give both the same id)"
    )
    return replace(header.problem("id", message, "warning"), other=path)


def _refuse_duplicate(header: Header, first: Merged) -> NoReturn:
    path, line = first.paths[0], first.line
    if value := header.own_id or header.link:
        named = [describe_file(one, header.source)["lang"] for one in (path, header.path)]
        are_translations = header.language != first.language or named[0] != named[1]
        advice = 'give each translation its own id, such as id = "{slug}.{lang}"' if are_translations else ""
        message = f"{show(value)} is already the id of {path}:{line} ({advice or 'give each item its own id'})"
        raise RefusedError("id" if header.own_id else "link", message, path)
    message = f"is missing, and {path}:{line} has the same date and title (give both items an id)"
    raise RefusedError("id", message, path)
