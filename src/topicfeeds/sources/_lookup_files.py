"""Lookup files: compute their digests, which are part of chunk keys, and index their records by key."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..models.mapping import Lookup
from ..models.site import Source
from ..state.files import InputFiles
from ._bytes import prepare_content, read_content
from ._explain import explain_os_error, explain_suffix
from ._raw import RawRecord, Unreadable, find_format, find_reader


def digest_lookups(source: Source, base: Path, inputs: InputFiles | None = None) -> tuple[tuple[str, bytes], ...]:
    """Return the path and the SHA-256 of each file that the lookups of a source read. Raises Unreadable.

    New digests are added to `inputs`.
    """
    return tuple((path, _find_digest(base, path, inputs)) for path in source.lookup_paths)


def load_index(
    lookup: Lookup, base: Path, digests: tuple[tuple[str, bytes], ...], encoding: str | None = None
) -> dict[str, Any]:
    """Return the values of a lookup by key. Raises Unreadable."""
    return _index_file(base, dict(digests)[lookup.path or ""], lookup, encoding)


def _find_digest(base: Path, path: str, inputs: InputFiles | None) -> bytes:
    if inputs and (known := inputs.digest(path)):
        return known
    try:
        status = (base / path).stat()
    except OSError as error:
        raise _unreadable(path, error) from None
    digest = _digest_once(base, path, status.st_size, status.st_mtime_ns)
    if inputs:
        inputs.note_digest(path, digest, (status.st_size, status.st_mtime_ns))
    return digest


@lru_cache(maxsize=100)
def _digest_once(base: Path, path: str, size: int, mtime: int) -> bytes:
    return hashlib.sha256(_read(base, path)).digest()


@lru_cache(maxsize=16)
def _index_file(base: Path, digest: bytes, lookup: Lookup, encoding: str | None) -> dict[str, Any]:
    from .mapping.lookups import index_records

    path, items = lookup.path or "", None if lookup.items == "." else lookup.items
    fields = {"id": lookup.key}  # with `fields`, readers accept any names
    source = Source(path=path, items=items, encoding=encoding, fields=fields)
    content, kind = _read(base, path), find_format(source, path)
    if hashlib.sha256(content).digest() != digest:
        raise Unreadable(1, f"the lookup {path} changed while topicfeeds read it (run again)")
    if kind is None:
        raise Unreadable(1, f"the lookup {path}: {explain_suffix(path, base)}")
    try:
        found = find_reader(kind)(prepare_content(content, kind, source), source, path)
        return index_records((one.fields for one in found if isinstance(one, RawRecord)), lookup)
    except Unreadable as error:
        raise Unreadable(1, f"the lookup {path}: line {error.line}: {error.message}") from None


def _read(base: Path, path: str) -> bytes:
    try:
        return read_content(base, path)[0]
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: str, error: OSError) -> Unreadable:
    return Unreadable(1, f"the lookup {path} cannot be read: {explain_os_error(error, path)}")
