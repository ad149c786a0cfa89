"""Input files: which files the path of a source means, and whether they changed. Loads quickly, without pathlib."""

from __future__ import annotations

import fnmatch
import hashlib
import os
import re
import stat
import time
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from ..registry import SOURCE_FORMATS, SUFFIXES, find_source_format

_MAGIC = re.compile(r"[*?\[]")
_CLOCK_TICK_NS = 50_000_000
"""Nanoseconds within which a file may change twice without another mtime."""
_COARSE_TICK_NS = 2_000_000_000
"""The same where a file system knows whole seconds only."""

_MAX_SMALL_BYTES = 1 << 20

FileStamp = tuple[int, int, bytes]
"""Size in bytes, mtime in nanoseconds (-1: not to be trusted), sha256 of the content (empty: yet to be read)."""


def expand_path(given: str, base: str, kind: str | None = None) -> list[str]:
    """Name the files that a path stands for, sorted and relative to `base`: itself, all below a folder, a pattern's.

    `kind` is the format of the source, where it names one; else a folder stands for the files whose
    suffix tells. Raises OSError for a folder that cannot be listed, or that a pattern starts from and that is not
    there: that is a missing path, and no pattern without a match.
    """
    if given == "-" or not _MAGIC.search(given) or os.path.exists(os.path.join(base, given)):
        if given == "-" or not os.path.isdir(os.path.join(base, given)):
            return [given]
        return sorted(_relative(path, base) for path in _walk_folder(os.path.join(base, given), kind))
    parts = [part for part in given.split("/") if part not in ("", ".")]
    absolute = given.startswith("/")
    fixed = next(n for n, part in enumerate(parts) if _MAGIC.search(part))
    start = os.path.join("/" if absolute else base, *parts[:fixed])
    if fixed:
        os.stat(start)
    found = set(match_pattern(start, parts[fixed:]))
    return sorted(found if absolute else (_relative(path, base) for path in found))


def _relative(path: str, base: str) -> str:
    """Name a path from `base`, at a hundredth of what relpath takes where that is all there is to cut off."""
    short = path[len(base) + 1 :]
    return short if path.startswith(f"{base}/") and ".." not in short else os.path.relpath(path, base)


def _walk_folder(folder: str, kind: str | None) -> Iterator[str]:
    """Find the files in a folder, and in those below, that are to be read; most are told apart without a stat."""
    for entry in _list_folder(folder):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            if not entry.is_symlink():
                yield from _walk_folder(entry.path, kind)
        elif kind or os.path.splitext(entry.name)[1].lower() in SUFFIXES:
            yield entry.path


def _list_folder(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []


def match_pattern(folder: str, parts: list[str]) -> Iterator[str]:
    """Find what a pattern matches. Raises OSError for a folder that is there and cannot be listed.

    The standard library's glob takes such a folder for an empty one, and all its items for gone.
    """
    if not parts:
        yield folder
        return
    head, rest = parts[0], parts[1:]
    if head == "**":
        yield from match_pattern(folder, rest)
    if head == "..":
        yield from match_pattern(os.path.join(folder, head), rest)
        return
    for entry in sorted(_list_folder(folder), key=lambda entry: entry.name):
        if entry.name.startswith(".") and not head.startswith("."):
            continue
        if head == "**":
            if entry.is_dir(follow_symlinks=False):
                yield from match_pattern(entry.path, parts)
        elif fnmatch.fnmatchcase(entry.name, head):
            yield from match_pattern(entry.path, rest)


def compare_files(
    paths: Iterable[str], base: str, known: Mapping[str, FileStamp], later: Container[str] = ()
) -> tuple[dict[str, FileStamp], set[str]]:
    """Look at files, and tell which are not as they are known: another content, new, gone, or none at all.

    A file whose size and mtime are known is not opened, and a new one that is summed up `later` is not. To be called
    before the files are read: what changes later has another stamp the next time.
    """
    moment = time.time_ns()
    stamps: dict[str, FileStamp] = {}
    changed: set[str] = set()
    for path in paths:
        before = known.get(path)
        try:
            path.encode()  # a name that is not UTF-8 cannot be remembered
            stamp = _take_stamp(os.path.join(base, path), before, moment, later=before is None and path in later)
        except (OSError, UnicodeError):
            changed.add(path)
            continue
        stamps[path] = stamp
        if before is None or before[2] != stamp[2]:
            changed.add(path)
    return stamps, changed | (known.keys() - stamps.keys())


def is_unchanged(path: str, stamp: FileStamp) -> bool:
    """Tell whether a file is what it was when it was looked at; by its content where its date cannot tell."""
    try:
        status = os.stat(path)
        if stamp[1] >= 0:
            return (status.st_size, status.st_mtime_ns) == stamp[:2]
        return stat.S_ISREG(status.st_mode) and _digest(path, status.st_size) == stamp[2]
    except OSError:
        return False


def _take_stamp(path: str, known: FileStamp | None, moment: int, *, later: bool) -> FileStamp:
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise OSError("not a file")
    size, mtime = status.st_size, status.st_mtime_ns
    if known and known[:2] == (size, mtime):
        return known
    settled = mtime < moment - (_COARSE_TICK_NS if mtime % 1_000_000_000 == 0 else _CLOCK_TICK_NS)
    if later:
        digest = b""
    elif settled and size > _MAX_SMALL_BYTES:
        digest = _digest_once(path, size, mtime)
    else:
        digest = _digest(path, size)
    return size, mtime if settled else -1, digest


@lru_cache(maxsize=100)
def _digest_once(path: str, size: int, mtime: int) -> bytes:  # noqa: ARG001 - another mtime is another content
    """Digest a large file once, though a run looks at it more than once."""
    return _digest(path, size)


def _digest(path: str, size: int) -> bytes:
    with open(path, "rb", buffering=0) as file:
        if (
            size <= _MAX_SMALL_BYTES and len(content := file.read(size + 1)) == size
        ):  # without the room that large ones take
            return hashlib.sha256(content).digest()
        file.seek(0)
        return hashlib.file_digest(file, "sha256").digest()


SourcePath = tuple[str | None, str | None]
"""Path and format of a source. A path of None is read at every run: a database, standard input."""


class InputFiles(NamedTuple):
    """The files of all sources, and the site file."""

    sources: list[SourcePath]
    stamps: dict[str, FileStamp]
    changed: set[str]
    """The files that differ from what the state knows."""
    site: str
    """The name of the site file, which is one of the files."""
    base: str
    """The folder that all paths are relative to."""
    deferred: set[str]
    """The files whose digest is made when they are read."""

    def stable_stamps(self) -> dict[str, FileStamp]:
        """Return the stamps, without files that changed since: nobody knows which of the two versions was read."""
        return {
            path: stamp
            for path, stamp in self.stamps.items()
            if path in self.deferred or is_unchanged(os.path.join(self.base, path), stamp)
        }


def snapshot(
    site: str, sources: Sequence[SourcePath], known: dict[str, FileStamp], *, defer: bool = False
) -> InputFiles:
    """Compare the files of the sources and the site file with the stamps that the state knows.

    With `defer`, the digest of a new file that is one record is made when the file is read.
    """
    base, name = os.path.split(site)
    paths = [name]
    deferred: set[str] = set()
    missing: set[str] = set()
    for path, kind in sources:
        if path is None:
            missing.add("")
            continue
        try:
            found = expand_path(path, base or ".", kind)
        except OSError:
            missing.add(path)
            continue
        paths += found
        if defer:
            forms = ((one, kind or find_source_format(one)) for one in found)
            deferred.update(one for one, form in forms if form and SOURCE_FORMATS[form].single)
    stamps, changed = compare_files(paths, base or ".", known, deferred)
    return InputFiles(list(sources), stamps, changed | missing, name, base or ".", deferred)
