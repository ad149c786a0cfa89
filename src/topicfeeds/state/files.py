"""Input files: expand the paths of sources, and detect changed files. It loads quickly, without pathlib."""

from __future__ import annotations

import fnmatch
import os
import re
import stat
import time
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ..registry import SOURCE_FORMATS, SUFFIXES, find_source_format

_MAGIC = re.compile(r"[*?\[]")
_CLOCK_TICK_NS = 50_000_000
"""If a file changes twice within this time (nanoseconds), its mtime may stay the same."""
_COARSE_TICK_NS = 2_000_000_000
"""The same for file systems that store whole seconds only."""

_MAX_SMALL_BYTES = 1 << 20

FileStamp = tuple[int, int, bytes]
"""Size in bytes, mtime in nanoseconds (-1: cannot be trusted), SHA-256 of the content (empty: not read yet)."""
UNREAD: FileStamp = (0, -1, b"")
"""The stamp of a path that could not be read. It is stored, so that the next run notices if the path is gone."""


def expand_path(
    given: str,
    base: str,
    kind: str | None = None,
    exclude: str | None = None,
    suffixes: Container[str] = SUFFIXES,
) -> list[str]:
    """Return the files of a source's path, sorted and relative to `base`, without the files that `exclude` names.

    `exclude` has patterns, one on each line. They are relative to the folder of the source. A pattern without a slash
    matches files and folders at any depth.

    - The path of a file, and `-`, is returned as it is, even if there is no such file.
    - For a folder, all files below it are returned, except hidden ones. Without `kind` (the format of the source), only
      files with one of the `suffixes` are returned (default: all known suffixes).
    - For a pattern, the paths that match it are returned. The result of an absolute pattern is absolute.

    Raises OSError if a folder cannot be listed, or if the folder where a pattern starts is missing: that is a missing
    path, not a pattern without matches.
    """
    found = _expand(given, base, None if kind else suffixes)
    if not exclude:
        return found
    patterns = exclude.split("\n")
    return [path for path in found if not _is_excluded(cut_folder(path, given), patterns)]


def cut_folder(path: str, source: str) -> str:
    """Return the path of a file relative to the folder of its source."""
    parts = source.split("/")
    fixed = next((n for n, part in enumerate(parts) if _MAGIC.search(part)), len(parts))
    folder = "/".join(parts[:fixed]).removeprefix("./").rstrip("/")
    return os.path.basename(path) if folder == path else path.removeprefix(f"{folder}/") if folder else path


def _is_excluded(path: str, patterns: Iterable[str]) -> bool:
    names = path.split("/")
    for pattern in patterns:
        wanted = pattern.strip("/").split("/")
        if "/" not in pattern.rstrip("/"):
            if any(fnmatch.fnmatchcase(name, wanted[0]) for name in names):
                return True
        elif any(_matches(names[:end], wanted) for end in range(1, len(names) + 1)):
            return True
    return False


def _matches(names: list[str], wanted: list[str]) -> bool:
    if not names or not wanted:
        return not names and all(one == "**" for one in wanted)
    if wanted[0] == "**":
        return _matches(names, wanted[1:]) or _matches(names[1:], wanted)
    return fnmatch.fnmatchcase(names[0], wanted[0]) and _matches(names[1:], wanted[1:])


def _expand(given: str, base: str, suffixes: Container[str] | None) -> list[str]:
    if given == "-" or not _MAGIC.search(given) or os.path.exists(os.path.join(base, given)):
        if given == "-" or not os.path.isdir(os.path.join(base, given)):
            return [given]
        return sorted(_relative(path, base) for path in _walk_folder(os.path.join(base, given), suffixes))
    parts = [part for part in given.split("/") if part not in ("", ".")]
    absolute = given.startswith("/")
    fixed = next(n for n, part in enumerate(parts) if _MAGIC.search(part))
    start = os.path.join("/" if absolute else base, *parts[:fixed])
    if fixed:
        os.stat(start)
    found = set(match_pattern(start, parts[fixed:], set()))
    return sorted(found if absolute else (_relative(path, base) for path in found))


def _relative(path: str, base: str) -> str:
    """Return a path relative to `base`. Cutting off a prefix takes a hundredth of the time of `relpath`."""
    short = path[len(base) + 1 :]
    return short if path.startswith(f"{base}/") and ".." not in short else os.path.relpath(path, base)


def _walk_folder(folder: str, suffixes: Container[str] | None) -> Iterator[str]:
    """Yield the files with some suffixes below a folder, or all files. Most of them need no `stat` call."""
    for entry in _list_folder(folder):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            if not entry.is_symlink():
                yield from _walk_folder(entry.path, suffixes)
        elif suffixes is None or os.path.splitext(entry.name)[1].lower() in suffixes:
            yield entry.path


def _list_folder(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []


def match_pattern(folder: str, parts: list[str], seen: set[tuple[str, int]]) -> Iterator[str]:
    """Yield the paths below a folder that match the parts of a pattern.

    Raises OSError if a folder exists but cannot be listed. The `glob` module would treat it as empty, and all its
    items would seem to be deleted. `seen` has the folders that were searched, each with the number of parts left: with
    several `**`, there are many ways to the same folder.
    """
    if not parts:
        yield folder
        return
    if (folder, len(parts)) in seen:
        return
    seen.add((folder, len(parts)))
    head, rest = parts[0], parts[1:]
    if head == "**":
        yield from match_pattern(folder, rest, seen)
    if head == "..":
        yield from match_pattern(os.path.join(folder, head), rest, seen)
        return
    for entry in sorted(_list_folder(folder), key=lambda entry: entry.name):
        if entry.name.startswith(".") and not head.startswith("."):
            continue
        if head == "**":
            if entry.is_dir(follow_symlinks=False):
                yield from match_pattern(entry.path, parts, seen)
        elif fnmatch.fnmatchcase(entry.name, head):
            yield from match_pattern(entry.path, rest, seen)


def compare_files(
    paths: Iterable[str], base: str, known: Mapping[str, FileStamp], later: Container[str] = ()
) -> tuple[dict[str, FileStamp], set[str]]:
    """Return the stamps of files, and the files that differ from the `known` stamps.

    A file differs if it is new, is missing, is not a regular file, or has other content. A file is not opened if its
    size and mtime equal the values in its known stamp. Any other file in `later` is not opened either: it
    counts as different, and its digest is computed when it is read.

    Call this before the files are read. If a file changes after the call, the next run sees another stamp.
    """
    moment = time.time_ns()
    stamps: dict[str, FileStamp] = {}
    changed: set[str] = set()
    for path in paths:
        before = known.get(path)
        try:
            path.encode()  # a name that is not UTF-8 cannot be stored
            stamp = _take_stamp(os.path.join(base, path), before, moment, later=path in later)
        except (OSError, UnicodeError):
            changed.add(path)
            continue
        stamps[path] = stamp
        if before is None or not stamp[2] or before[2] != stamp[2]:
            changed.add(path)
    return stamps, changed | (known.keys() - stamps.keys())


def storable_path(path: str) -> str:
    """Return a path that SQLite can store. Names of files are not always UTF-8."""
    return path.encode(errors="backslashreplace").decode()


def is_unchanged(path: str, stamp: FileStamp) -> bool:
    """Return whether a file still matches its stamp. If the mtime cannot be trusted, the content is compared."""
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
    is_stable = mtime < moment - (_COARSE_TICK_NS if mtime % 1_000_000_000 == 0 else _CLOCK_TICK_NS)
    return size, mtime if is_stable else -1, b"" if later else _digest(path, size)


def _digest(path: str, size: int) -> bytes:
    import hashlib  # loads OpenSSL, which a run with nothing to do does not need

    with open(path, "rb", buffering=0) as file:
        if size <= _MAX_SMALL_BYTES and len(content := file.read(size + 1)) == size:  # small files need no large buffer
            return hashlib.sha256(content).digest()
        file.seek(0)
        return hashlib.file_digest(file, "sha256").digest()


SourcePath = tuple[str | None, str | None, str | None]
"""Path, format and `exclude` of a source. The path is None for a database or standard input, which every run reads."""


class InputFiles(NamedTuple):
    """The files of all sources, and the site file."""

    sources: list[SourcePath]
    stamps: dict[str, FileStamp]
    """The stamps of all files. Files that cannot be read and folders that cannot be listed also have stamps."""
    changed: set[str]
    """The files that differ from the stamps in the cache; "" for a source without path."""
    site: str
    """The name of the site file. It is one of the files in `stamps`."""
    base: str
    """The folder to which all paths are relative."""
    deferred: set[str]
    """The files that are digested when they are read."""
    known: Mapping[str, FileStamp]
    """The stamps in the cache."""

    def digest(self, path: str) -> bytes:
        """Return the SHA-256 of a file, or an empty digest if it must be read first."""
        return self.stamps[path][2] if path in self.stamps else b""

    def note_digest(self, path: str, digest: bytes, status: tuple[int, int]) -> None:
        """Store the SHA-256 of a file as it was read. `status` has its size and mtime (nanoseconds) after reading."""
        if path in self.stamps:
            size, mtime, _ = self.stamps[path]
            self.stamps[path] = (size, mtime if (size, mtime) == status else -1, digest)
            if path in self.known and self.known[path][2] == digest:
                self.changed.discard(path)

    def forget(self, path: str) -> None:
        """Let the next run read a file, because this run could not read it, or may have read another version."""
        self.stamps[path] = UNREAD

    def stamps_to_store(self) -> dict[str, FileStamp]:
        """Return the stamps for the next run. Files that changed since they were compared have the stamp `UNREAD`.

        The next run reads them again: it is unknown whether this run read the old or the new version.
        """
        return {path: stamp if self._is_stable(path, stamp) else UNREAD for path, stamp in self.stamps.items()}

    def _is_stable(self, path: str, stamp: FileStamp) -> bool:
        return stamp[2] != b"" and (path in self.deferred or is_unchanged(os.path.join(self.base, path), stamp))


def snapshot(
    site: str, sources: Sequence[SourcePath], known: Mapping[str, FileStamp], *, defer: bool = False
) -> InputFiles:
    """Compare the site file and the files of the sources with the `known` stamps, which the cache stored.

    `site` is the path of the site file, or the folder of a site without a file, with a final `/`. With `defer`, files
    whose size and mtime are not known are digested when they are read, except files that are read line by line.
    """
    base, name = os.path.split(site)
    paths = [name] if name else []
    deferred: set[str] = set()
    missing: set[str] = set()
    for path, kind, exclude in sources:
        if path is None:
            missing.add("")
            continue
        try:
            found = expand_path(path, base or ".", kind, exclude)
        except OSError:
            missing.add(path)
            continue
        paths += found
        if defer:
            forms = ((one, kind or find_source_format(one)) for one in found)
            deferred.update(one for one, form in forms if form and not SOURCE_FORMATS[form].by_line)
    stamps, changed = compare_files(paths, base or ".", known, deferred)
    unread = (path for path in (*paths, *missing) if path and path not in stamps)
    stamps.update(dict.fromkeys(unread, UNREAD))
    return InputFiles(list(sources), stamps, changed | missing, name, base or ".", deferred, known)
