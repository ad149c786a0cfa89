"""The chunk cache: unchanged chunks of sources are neither parsed nor validated again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ..errors import Problem
from ..models.site import Site
from ..sources.chunks import read_again
from ..sources.mapping.reports import merge_reports
from ..sources.model import Chunk, Draft, Location, Page, Record
from ..state.cache import Cache
from ..state.versions import describe_versions
from .encoding import NO_CONTENTS, Row, decode_rows, encode_row
from .headers import HeaderMaker, encode_item
from .model import Entry, Header


class ReadChunk(NamedTuple):
    """A chunk that a worker read."""

    location: Location
    key: bytes
    rows: list[str]
    bodies: Mapping[int, tuple[str, str]]
    """The id and body of each record that a feed may contain, by its number in the chunk.

    The id is empty if the worker cannot know it.
    """


class ChunkCache:
    """Reads chunks as headers, and stores the headers in the cache for the next run. The cache must be open."""

    def __init__(self, site: Site, base: Path, cache: Cache) -> None:
        """`base` is the folder to which the paths of chunks are relative."""
        self._maker, self._base, self._cache = HeaderMaker(site), base, cache
        self.has_chunks = cache.require(_describe_basis(site))
        """Whether the cache has chunks that this run can use."""
        self._last: tuple[bytes, list[Record]] = (b"", [])
        """The key and the records of the last chunk that was read again."""

    def read(self, chunks: Iterable[Chunk | ReadChunk | Problem]) -> Iterator[Header | Page | Problem | Draft]:
        """Yield the contents of chunks. After an unreadable chunk, the rest of its file is skipped."""
        return merge_reports(self._read(chunks))

    def _read(self, chunks: Iterable[Chunk | ReadChunk | Problem]) -> Iterator[Row]:
        broken: str | None = None
        for chunk in chunks:
            if isinstance(chunk, Problem):
                if chunk.severity == "unreadable":
                    if chunk.path == broken:
                        continue
                    broken = chunk.path
                yield chunk
            elif chunk.location.path != broken:
                for one in self._open(chunk):
                    if isinstance(one, Problem) and one.severity == "unreadable":
                        broken = chunk.location.path
                    yield one

    def _open(self, chunk: Chunk | ReadChunk) -> Iterable[Row]:
        """Return the contents of a chunk, from the cache if it is unchanged, and store those that a worker read."""
        if isinstance(chunk, ReadChunk):
            self._cache.store_rows(chunk.key, chunk.rows)
            for number, (_, body) in chunk.bodies.items():
                self._cache.store_body((chunk.key, number), body)
            return decode_rows(chunk.rows, chunk.location, chunk.key, self._maker, self)
        found = self._recall(chunk)
        return parse_chunk(chunk, self._maker, self._cache.store_rows) if found is None else found

    def _recall(self, chunk: Chunk) -> list[Row] | None:
        """Return the contents of an unchanged chunk, or None for any other chunk."""
        rows = self._cache.find_rows(chunk.key) if chunk.key else None
        if rows:
            with suppress(ValueError, TypeError, LookupError):  # a damaged row: the chunk is read
                return list(decode_rows(rows, chunk.location, chunk.key, self._maker, self))
        return None

    def load_entry(self, location: Location, position: tuple[bytes, int], kind: str) -> Entry:
        """Return the entry of a record that this run did not parse. Raises SourceError if its file changed."""
        if not location.is_single and (body := self._cache.find_body(position)):
            with suppress(ValueError):  # a damaged body: the chunk is read again
                return self._maker.restore(body, kind)
        record = self._read_record(location, position)
        if not location.is_single:
            self._cache.store_body(position, encode_item(record.item))
        return self._maker.load(record)

    def load_body(self, location: Location, position: tuple[bytes, int]) -> str:
        """Return as JSON an item that this run did not parse. Raises SourceError if its file changed."""
        body = None if location.is_single else self._cache.find_body(position)
        return body or encode_item(self._read_record(location, position).item)

    def _read_record(self, location: Location, position: tuple[bytes, int]) -> Record:
        key, number = position
        if self._last[0] != key:
            self._last = key, read_again(location, self._base, key)
        return self._last[1][number]

    def keep(self, one: Header, body: str | None = None) -> None:
        """Keep the body of a record in the cache, because a feed contains the record, or its item is held back."""
        if one.position[0] and not one.is_single:
            self._cache.want_body(one.position)
            if one.is_parsed and (body := one.body() if body is None else body):
                self._cache.store_body(one.position, body)


def parse_chunk(chunk: Chunk, maker: HeaderMaker, store: Callable[[bytes, list[str]], None]) -> Iterator[Row]:
    """Read a chunk and yield its contents. `store` gets the key and rows of a readable chunk with a key."""
    location, (key, contents) = chunk.location, chunk.read()
    rows: list[str] = []
    number, is_sound = 0, bool(key)
    for one in contents:
        found: Iterable[Row]
        if isinstance(one, Record):
            is_single = bool(key) and location.is_single
            found, number = maker.make(one, (key, number), is_single=is_single), number + 1
        else:
            found = [one]
        for made in found:
            is_sound = is_sound and not (isinstance(made, Problem) and made.severity == "unreadable")
            if is_sound:
                rows.append(encode_row(made, location.line))
            yield made
    if is_sound:
        store(key, rows or [NO_CONTENTS])


def _describe_basis(site: Site) -> str:
    """Return a digest of the versions and the site file. Chunks with equal bytes and digests have equal contents."""
    parts = describe_versions(), site.model_dump_json(), site.extensions.version
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
