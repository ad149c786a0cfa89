"""Where items come from: one file per kind of input, each a function from an open file to what it holds.

To add a kind, write the function, add its line to READERS and its name to `Source.format`. JSON Lines are read line by
line, all else is read whole.
A reader yields a `Raw` for each record, a `Page` for what a text page says of its topic, and a
`Problem` for what it cannot use; it raises `Unreadable` where the file is not what its format says.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from ..errors import Problem, nearest, show
from ..expanding import SUFFIXES, expand
from ..models import Source
from ..recalling import Recall
from ..sourced import Page, Passed, Record, Same
from ._raw import Raw, Unreadable, read_whole, text_of
from ._records import records
from ._same import again, changed_lines, same_file, whole_file
from .csv import read_csv
from .database import read_database
from .json import line_ends, read_json, read_jsonl
from .listing import read_listing
from .markdown import read_markdown
from .toml import read_toml
from .yaml import read_yaml

__all__ = ["KINDS", "READERS", "again", "kind_of", "line_ends", "paths_of", "read", "read_files"]

Reader = Callable[[str, Source, str], Iterator[Raw | Page | Problem]]

_ROOM = 1 << 18
"""Bytes of a large file that are read at once."""

READERS: dict[str, Reader] = {
    "csv": read_csv,
    "json": read_json,
    "listing": read_listing,
    "markdown": read_markdown,
    "toml": read_toml,
    "yaml": read_yaml,
}
KINDS = sorted({*READERS, "jsonl"})


def read(
    sources: Iterable[Source], base: Path = Path(), recall: Recall | None = None
) -> Iterator[Record | Same | Passed | Page | Problem]:
    """Yield what sources hold, in the order of the site file, sorted path, line.

    `base` is the folder that their paths are relative to. What cannot be read is yielded as a
    problem too, in its place: the next step decides what becomes of the run. What `recall` knows is not read.
    """
    for source in sources:
        yield from read_database(source) if source.database else _read_source(source, base, recall)


def paths_of(source: Source, base: Path) -> list[str]:
    """Name the files of a source; none where that is to be asked of `read`: it says what is wrong."""
    if source.database or source.path == "-":
        return []
    with suppress(OSError):
        return expand(source.path or "-", str(base), source.format)
    return []


def kind_of(source: Source, path: str) -> str | None:
    """Name the format of a file."""
    return source.format or SUFFIXES.get(os.path.splitext(path)[1].lower())  # noqa: PTH122 - in a fifth of the time


def read_files(
    source: Source, paths: Iterable[str], base: Path, recall: Recall, part: tuple[int, int] | None = None
) -> Iterator[Record | Same | Passed | Page | Problem]:
    """Yield what some files of a source hold, or a `part` (first byte, and that after the last) of one."""
    for path in paths:
        yield from _read_file(source, path, base, recall, part)


def _read_source(
    source: Source, base: Path, recall: Recall | None
) -> Iterator[Record | Same | Passed | Page | Problem]:
    given = source.path or "-"
    try:
        paths = expand(given, str(base), source.format)
    except OSError as error:
        where = os.path.relpath(error.filename, base)
        yield Problem(given, 1, "", f"cannot be read: {where}: {error.strerror}", "unreadable")
        return
    if not paths:
        yield Problem(given, 1, "", "no file matches (mend the path, or remove the source)", "warning")
    for path in paths:
        yield from _read_file(source, path, base, recall)


def _read_file(
    source: Source, path: str, base: Path, recall: Recall | None, part: tuple[int, int] | None = None
) -> Iterator[Record | Same | Passed | Page | Problem]:
    kind = kind_of(source, path)
    name = "standard input" if path == "-" else path
    if kind is None:
        suffix = Path(path).suffix.lower()
        hint = nearest(suffix, SUFFIXES) or f" (say format = {', '.join(map(show, KINDS))})"
        yield Problem(name, 1, "", f"cannot tell the format from the suffix {show(suffix)}{hint}", "unreadable")
        return
    if recall and kind == "markdown" and (same := same_file(source, path, base, recall)) is not None:
        yield from same
        return
    try:
        if kind == "jsonl":
            yield from _read_lines(source, path, base, recall, part)
            return
        (content, stamp), whole = _content(base, path), None
        if recall and kind == "markdown":
            recall.sum_up(path, content, stamp)
            whole = whole_file(path, recall)
        for found in READERS[kind](text_of(content), source, name):
            yield from records(found, source, name, whole) if isinstance(found, Raw) else (found,)
    except Unreadable as error:
        yield Problem(name, error.line, "", error.message, "unreadable")
    except OSError as error:
        yield Problem(name, 1, "", f"cannot be read: {error.strerror}", "unreadable")


def _read_lines(
    source: Source, path: str, base: Path, recall: Recall | None, part: tuple[int, int] | None
) -> Iterator[Record | Same | Passed | Problem]:
    with sys.stdin.buffer if path == "-" else os.fdopen(_opened(base, path)[0], "rb", _ROOM) as file:
        if recall and path != "-":
            yield from changed_lines(file, source, path, base, recall, part)
            return
        name = "standard input" if path == "-" else path
        for found in read_jsonl(file, name):
            yield from records(found, source, name) if isinstance(found, Raw) else (found,)


def _content(base: Path, name: str) -> tuple[bytes, tuple[int, int]]:
    """Read a file, and tell its size and mtime thereafter."""
    if name == "-":
        return read_whole(sys.stdin.buffer.read), (0, 0)
    descriptor, size = _opened(base, name)
    try:
        content, status = read_whole(partial(os.read, descriptor), size), os.fstat(descriptor)
        return content, (status.st_size, status.st_mtime_ns)
    finally:
        os.close(descriptor)


def _opened(base: Path, name: str) -> tuple[int, int]:
    """Open a file that is one, and tell its size: what could block or never end is refused, not read."""
    if not name.isascii() and any("\ud800" <= character <= "\udfff" for character in name):
        raise Unreadable(1, "has a name that is not UTF-8 (rename it)")
    descriptor = os.open(os.path.join(base, name), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # noqa: PTH118
    status = os.fstat(descriptor)
    mode = status.st_mode
    if stat.S_ISREG(mode):
        return descriptor, status.st_size
    os.close(descriptor)
    kind = "a folder" if stat.S_ISDIR(mode) else "a pipe" if stat.S_ISFIFO(mode) else "a device"
    raise Unreadable(1, f"is {kind}, not a file")
