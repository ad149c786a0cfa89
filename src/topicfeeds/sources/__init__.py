"""Sources: read files and databases as records.

The module of a format has the name of the format, and a function `read`. The function gets the text of a file (the open
file, if the format is `by_line`), the source, and the name of the file in messages. It yields:

- a `RawRecord` for each record,
- a `Page` for what a text page says about its topic,
- a `Problem` for anything that it cannot use.

It raises `Unreadable` if the file does not have its format.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from ..errors import Problem, nearest, show
from ..models.site import Source
from ..registry import SOURCE_FORMATS, SUFFIXES, UNSUPPORTED_SUFFIXES
from ..state.files import expand_path
from ._bytes import decode_file, open_regular, read_content
from ._raw import RawRecord, Unreadable, find_format, find_reader
from ._unchanged import RowLookup, locate_file, read_changed_lines, recall_file
from ._validate import validate_record
from .model import Page, Passed, Record, Same

_DOWNLOAD = "download the file first, and give the path of the copy"
_HINTS = {
    errno.ENOENT: "check path in [[sources]]: it starts in the folder of the site file",
    errno.EACCES: "check the permissions of the file and its folders",
    errno.ELOOP: "correct the link",
}
_BUFFER_BYTES = 1 << 18
"""The size of the buffer for reading large files, in bytes."""


def read_sources(
    sources: Iterable[Source], base: Path = Path(), recall: RowLookup | None = None
) -> Iterator[Record | Same | Passed | Page | Problem]:
    """Yield the contents of sources, in the order of the site file, then by path, then by line.

    `base` is the folder to which paths are relative. If a file cannot be read, a problem is yielded in its place: the
    caller decides whether the run stops. Records that `recall` knows are not parsed again.
    """
    for source in sources:
        yield from _read_database(source) if source.database else _read_source(source, base, recall)


def list_paths(source: Source, base: Path) -> list[str]:
    """Return the files of a source.

    The list is empty for a database, standard input, or a path with an error, which `read_sources` reports.
    """
    if source.database or source.path == "-":
        return []
    with suppress(OSError):
        return expand_path(source.path or "-", str(base), source.format)
    return []


def is_by_line(source: Source, path: str) -> bool:
    """Return whether each line of a file is one record."""
    name = find_format(source, path)
    return name is not None and SOURCE_FORMATS[name].by_line


def is_single(source: Source, path: str) -> bool:
    """Return whether a file is one record."""
    name = find_format(source, path)
    return name is not None and SOURCE_FORMATS[name].single


def read_files(
    source: Source, paths: Iterable[str], base: Path, recall: RowLookup, part: tuple[int, int] | None = None
) -> Iterator[Record | Same | Passed | Page | Problem]:
    """Yield the contents of some files of a source.

    `part` selects a part of a single file: its first byte, and the byte after its last.
    """
    for path in paths:
        yield from _read_file(source, path, base, recall, part)


def _read_source(
    source: Source, base: Path, recall: RowLookup | None
) -> Iterator[Record | Same | Passed | Page | Problem]:
    given = source.path or "-"
    try:
        paths = expand_path(given, str(base), source.format)
    except OSError as error:
        where = os.path.relpath(error.filename, base)
        yield Problem(given, 1, "", f"cannot be read: {where}: {_explain_os_error(error, given)}", "unreadable")
        return
    if not paths:
        yield Problem(given, 1, "", "no file matches (check path in [[sources]], or remove the source)", "warning")
    for path in paths:
        yield from _read_file(source, path, base, recall)


def _read_file(
    source: Source, path: str, base: Path, recall: RowLookup | None, part: tuple[int, int] | None = None
) -> Iterator[Record | Same | Passed | Page | Problem]:
    kind = find_format(source, path)
    name = "standard input" if path == "-" else path
    if kind is None:
        yield Problem(name, 1, "", _explain_suffix(path), "unreadable")
        return
    form = SOURCE_FORMATS[kind]
    if recall and form.single and (same := recall_file(source, path, base, recall)) is not None:
        yield from same
        return
    try:
        if form.by_line:
            yield from _read_lines(kind, source, path, base, recall, part)
            return
        (content, stamp), whole = read_content(base, path), None
        if recall and form.single:
            recall.digest_file(path, content, stamp)
            whole = locate_file(path, recall)
        for found in find_reader(kind)(decode_file(content), source, name):
            yield from validate_record(found, source, name, whole) if isinstance(found, RawRecord) else (found,)
    except Unreadable as error:
        yield Problem(name, error.line, "", error.message, "unreadable")
    except OSError as error:
        yield Problem(name, 1, "", f"cannot be read: {_explain_os_error(error, path)}", "unreadable")


def _explain_suffix(path: str) -> str:
    """Say that the format of a file is not known, and what to do."""
    suffix = Path(path).suffix.lower()
    if "://" in path:
        return f"cannot be read: a web address is not a file ({_DOWNLOAD})"
    if suffix in UNSUPPORTED_SUFFIXES:
        return f"{suffix} files cannot be read ({UNSUPPORTED_SUFFIXES[suffix]})"
    known = ", ".join(SUFFIXES)
    if not suffix:
        return f"the file name has no suffix (set format in [[sources]]: {', '.join(SOURCE_FORMATS)})"
    guess = nearest(suffix, SUFFIXES).strip(" ()")
    hint = guess or f"known: {known}; for another suffix, set format in [[sources]]"
    return f"the suffix {show(suffix)} is unknown ({hint})"


def _explain_os_error(error: OSError, path: str) -> str:
    """Say why a file cannot be read, and what to do if that is known."""
    hint = _DOWNLOAD if "://" in path else _HINTS.get(error.errno or 0)
    return f"{error.strerror} ({hint})" if hint else str(error.strerror)


def _read_lines(
    kind: str, source: Source, path: str, base: Path, recall: RowLookup | None, part: tuple[int, int] | None
) -> Iterator[Record | Same | Passed | Page | Problem]:
    with sys.stdin.buffer if path == "-" else os.fdopen(open_regular(base, path)[0], "rb", _BUFFER_BYTES) as file:
        if recall and path != "-":
            yield from read_changed_lines(file, source, path, base, recall, part)
            return
        name = "standard input" if path == "-" else path
        for found in find_reader(kind)(file, source, name):
            yield from validate_record(found, source, name) if isinstance(found, RawRecord) else (found,)


def _read_database(source: Source) -> Iterator[Record | Problem]:
    from .database import read_database

    return read_database(source)
