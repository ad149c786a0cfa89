"""Which files a path of a source stands for, and whether they are as they were. Light, without pathlib."""

from __future__ import annotations

import fnmatch
import hashlib
import os
import re
import stat
import time
from collections.abc import Container, Iterable, Iterator, Mapping

SUFFIXES = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".md": "markdown",
    ".markdown": "markdown",
    ".ndjson": "jsonl",
    ".toml": "toml",
    ".txt": "listing",
    ".yaml": "yaml",
    ".yml": "yaml",
}
_MAGIC = re.compile(r"[*?\[]")
_TICK = 50_000_000
"""Nanoseconds within which a file may change twice without another mtime."""
_COARSE = 2_000_000_000
"""The same where a file system knows whole seconds only."""

_SMALL, _MANY = 1 << 20, 100
_LARGE: dict[tuple[str, int, int], bytes] = {}
"""The sha256 of large files by path, size and mtime, as a run looks at them more than once."""

Stamp = tuple[int, int, bytes]
"""Size in bytes, mtime in nanoseconds (-1: not to be trusted), sha256 of the content (empty: yet to be read)."""


def expand(given: str, base: str, kind: str | None = None) -> list[str]:
    """Name the files that a path stands for, sorted and relative to `base`: itself, all below a folder, a pattern's.

    `kind` is the format of the source, where it names one; else a folder stands for the files whose
    suffix tells. Raises OSError for a folder that cannot be listed, or that a pattern starts from and that is not
    there: that is a missing path, and no pattern without a match.
    """
    if given == "-" or not _MAGIC.search(given) or os.path.exists(os.path.join(base, given)):
        if given == "-" or not os.path.isdir(os.path.join(base, given)):
            return [given]
        return sorted(_relative(path, base) for path in _below(os.path.join(base, given), kind))
    parts = [part for part in given.split("/") if part not in ("", ".")]
    absolute = given.startswith("/")
    fixed = next(n for n, part in enumerate(parts) if _MAGIC.search(part))
    start = os.path.join("/" if absolute else base, *parts[:fixed])
    if fixed:
        os.stat(start)
    found = set(matching(start, parts[fixed:]))
    return sorted(found if absolute else (_relative(path, base) for path in found))


def _relative(path: str, base: str) -> str:
    """Name a path from `base`, at a hundredth of what relpath takes where that is all there is to cut off."""
    short = path[len(base) + 1 :]
    return short if path.startswith(f"{base}/") and ".." not in short else os.path.relpath(path, base)


def _below(folder: str, kind: str | None) -> Iterator[str]:
    """Find the files in a folder, and in those below, that are to be read; most are told apart without a stat."""
    for entry in _listed(folder):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            if not entry.is_symlink():
                yield from _below(entry.path, kind)
        elif kind or os.path.splitext(entry.name)[1].lower() in SUFFIXES:
            yield entry.path


def _listed(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []


def matching(folder: str, parts: list[str]) -> Iterator[str]:
    """Find what a pattern matches. Raises OSError for a folder that is there and cannot be listed.

    The standard library's glob takes such a folder for an empty one, and all its items for gone.
    """
    if not parts:
        yield folder
        return
    head, rest = parts[0], parts[1:]
    if head == "**":
        yield from matching(folder, rest)
    if head == "..":
        yield from matching(os.path.join(folder, head), rest)
        return
    for entry in sorted(_listed(folder), key=lambda entry: entry.name):
        if entry.name.startswith(".") and not head.startswith("."):
            continue
        if head == "**":
            if entry.is_dir(follow_symlinks=False):
                yield from matching(entry.path, parts)
        elif fnmatch.fnmatchcase(entry.name, head):
            yield from matching(entry.path, rest)


def survey(
    paths: Iterable[str], base: str, known: Mapping[str, Stamp], later: Container[str] = ()
) -> tuple[dict[str, Stamp], set[str]]:
    """Look at files, and tell which are not as they are known: another content, new, gone, or none at all.

    A file whose size and mtime are known is not opened, and a new one that is summed up `later` is not. To be called
    before the files are read: what changes later has another stamp the next time.
    """
    moment = time.time_ns()
    stamps: dict[str, Stamp] = {}
    changed: set[str] = set()
    for path in paths:
        before = known.get(path)
        try:
            path.encode()  # a name that is not UTF-8 cannot be remembered
            stamp = _stamp(os.path.join(base, path), before, moment, later=before is None and path in later)
        except (OSError, UnicodeError):
            changed.add(path)
            continue
        stamps[path] = stamp
        if before is None or before[2] != stamp[2]:
            changed.add(path)
    return stamps, changed | (known.keys() - stamps.keys())


def is_still(path: str, stamp: Stamp) -> bool:
    """Tell whether a file is what it was when it was looked at; by its content where its date cannot tell."""
    try:
        status = os.stat(path)
        if stamp[1] >= 0:
            return (status.st_size, status.st_mtime_ns) == stamp[:2]
        return stat.S_ISREG(status.st_mode) and _digest(path, status.st_size) == stamp[2]
    except OSError:
        return False


def _stamp(path: str, known: Stamp | None, moment: int, *, later: bool) -> Stamp:
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise OSError("not a file")
    if known and known[:2] == (status.st_size, status.st_mtime_ns):
        return known
    now = (path, status.st_size, status.st_mtime_ns)
    digest = b"" if later else _LARGE.get(now) or _digest(path, status.st_size)
    coarse = status.st_mtime_ns % 1_000_000_000 == 0
    settled = status.st_mtime_ns < moment - (_COARSE if coarse else _TICK)
    if settled and status.st_size > _SMALL:
        if len(_LARGE) > _MANY:
            _LARGE.clear()
        _LARGE[now] = digest
    return status.st_size, status.st_mtime_ns if settled else -1, digest


def _digest(path: str, size: int) -> bytes:
    with open(path, "rb", buffering=0) as file:
        if size <= _SMALL and len(content := file.read(size + 1)) == size:  # without the room that large ones take
            return hashlib.sha256(content).digest()
        file.seek(0)
        return hashlib.file_digest(file, "sha256").digest()
