"""Chunks: the parts of sources. Later runs recognise unchanged chunks, and do not parse them again."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

from ..errors import STANDARD_INPUT, Problem, SourceError
from ..models.extensions import FileReader
from ..models.site import Source
from ..registry import SOURCE_FORMATS, SourceFormat
from ..state.files import InputFiles, expand_path
from ._bytes import open_regular, prepare_content, read_content
from ._explain import explain_os_error, explain_suffix, warn_about_pages
from ._lines import split_lines
from ._lookup_files import digest_lookups, load_index
from ._raw import (
    LineReader,
    RawContents,
    RawRecord,
    Unreadable,
    expand_items,
    find_format,
    find_reader,
    number_neighbours,
)
from ._validate import RecordValidator
from .model import Chunk, Contents, FileContext, Location, Record

T = TypeVar("T")
_BUFFER_BYTES = 1 << 18
"""The size of the buffer for reading large files, in bytes."""
_KEY_BYTES = 16
_EXTENSION = SourceFormat((), binary=True)
"""The description of all formats that `Extensions` adds."""


def read_chunks(
    sources: Iterable[Source], base: Path, inputs: InputFiles | None = None, url: str = ""
) -> Iterator[Chunk | Problem]:
    """Yield the chunks of sources, in the order of the site file, then by path, then by line.

    `base` is the folder to which paths are relative, and `url` the address of the site. For a file that
    cannot be read, a problem is yielded: the caller decides whether the run stops. With `inputs`, a file with a known
    digest is only opened when its chunk is read. The digests of all other files are added to `inputs`.
    """
    sources = list(sources)
    for source in sources:
        yield from warn_about_pages(source, base)
    for number, source in enumerate(sources):
        if source.database:
            place = Location(source, source.label, url=url)
            yield Chunk(place, b"", partial(_read_database, place, base))
        else:
            for path in (paths := list(_expand(source, base))):
                if isinstance(path, Problem):
                    yield path
                else:
                    yield from read_file(Location(source, path, url=url), number, base, inputs)
            if not paths:
                message = "no file matches (check path in [[sources]], or remove the source)"
                yield Problem(source.path or "-", 1, "", message, "warning")


def read_contents(chunks: Iterable[Chunk | Problem]) -> Contents:
    """Yield the contents of chunks. After an unreadable chunk, the rest of its file is skipped."""
    broken: str | None = None
    for chunk in chunks:
        if isinstance(chunk, Problem):
            yield chunk
        elif chunk.location.path != broken:
            for one in chunk.read()[1]:
                if isinstance(one, Problem) and one.severity == "unreadable":
                    broken = chunk.location.path
                yield one


def list_paths(source: Source, base: Path) -> list[str]:
    """Return the files of a source.

    The list is empty for a database, standard input, or a path with an error, which `read_chunks` reports.
    """
    paths = () if source.database or source.path == "-" else _expand(source, base)
    return [path for path in paths if isinstance(path, str)]


def is_by_line(source: Source, path: str) -> bool:
    """Return whether a file is read line by line."""
    return SOURCE_FORMATS.get(find_format(source, path) or "", _EXTENSION).by_line


def _expand(source: Source, base: Path) -> Iterator[str | Problem]:
    given = source.path or "-"
    try:
        yield from expand_path(given, str(base), source.format, "\n".join(source.exclude))
    except OSError as error:
        where = os.path.relpath(error.filename, base)
        yield Problem(given, 1, "", f"cannot be read: {where}: {explain_os_error(error, given)}", "unreadable")


def read_file(
    place: Location, number: int, base: Path, inputs: InputFiles | None = None, part: tuple[int, int] | None = None
) -> Iterator[Chunk | Problem]:
    """Yield the chunks of a file. `place` has its path and source, and the address of the site.

    `number` is the position of the source: several sources may read the same file. `part` selects a range of bytes:
    its start, and its end (exclusive).
    """
    yield from _report_errors(place.path, _split_file(place, number, base, inputs, part), inputs)


def _split_file(
    place: Location, number: int, base: Path, inputs: InputFiles | None, part: tuple[int, int] | None
) -> Iterator[Chunk]:
    """Yield the chunks of a file. Raises Unreadable and OSError."""
    source, path = place.source, place.path
    lookups = digest_lookups(source, base, inputs)
    name = f"{number}\0{path}".encode(errors="surrogateescape") + b"".join(digest for _, digest in lookups)
    if (kind := find_format(source, path)) is None:
        raise Unreadable(1, explain_suffix(path, base))
    form, salt = SOURCE_FORMATS.get(kind, _EXTENSION), hashlib.blake2b(name, digest_size=_KEY_BYTES).digest()
    location = place._replace(salt=salt, is_single=form.by_line or form.single, lookups=lookups)
    yield from _split_lines(location, kind, base, part) if form.by_line else _take_file(location, base, inputs)


def _name_file(path: str) -> str:
    return STANDARD_INPUT if path == "-" else path


def _report_errors(path: str, found: Iterator[T], inputs: InputFiles | None = None) -> Iterator[T | Problem]:
    """Yield the contents of a file, and a problem if it cannot be read to its end."""
    try:
        yield from found
    except (Unreadable, OSError) as error:
        yield _explain_error(path, error, inputs)


def _explain_error(path: str, error: Unreadable | OSError, inputs: InputFiles | None = None) -> Problem:
    if isinstance(error, Unreadable):
        return Problem(_name_file(path), error.line, "", error.message, "unreadable")
    if inputs and path in inputs.stamps:
        inputs.forget(path)  # if permissions change, the mtime stays the same
    return Problem(_name_file(path), 1, "", f"cannot be read: {explain_os_error(error, path)}", "unreadable")


def _take_file(location: Location, base: Path, inputs: InputFiles | None) -> Iterator[Chunk]:
    """Yield a file as a chunk. The file is read at once if its digest is not known. Raises Unreadable and OSError."""
    path = location.path
    if digest := inputs.digest(path) if inputs else b"":
        yield Chunk(location, make_key(location, digest), partial(_read_later, location, base, inputs))
        return
    content, stamp = read_content(base, path)
    key = b""
    if path != "-" and inputs:
        digest = hashlib.sha256(content).digest()
        inputs.note_digest(path, digest, stamp)
        key = make_key(location, digest)
    yield Chunk(location, key, lambda: (key, _parse(location, content, base)))


def _read_later(location: Location, base: Path, inputs: InputFiles | None) -> tuple[bytes, Contents]:
    try:
        content, _ = read_content(base, location.path)
    except (Unreadable, OSError) as error:
        return b"", iter([_explain_error(location.path, error, inputs)])
    return make_key(location, hashlib.sha256(content).digest()), _parse(location, content, base)


def _split_lines(location: Location, kind: str, base: Path, part: tuple[int, int] | None) -> Iterator[Chunk]:
    """Yield the lines of a file, or of a part of it. Raises Unreadable and OSError."""
    source, path, salt, is_single, *_, url, lookups = location
    with sys.stdin.buffer if path == "-" else os.fdopen(open_regular(base, path), "rb", _BUFFER_BYTES) as file:
        decode = find_reader(kind, "make_line_reader")(_name_file(path))
        for number, start, line in split_lines(file, part):
            key = b"" if path == "-" else make_key(location, line)
            place = Location(source, path, salt, is_single, number, start, len(line), url, lookups)
            yield Chunk(place, key, partial(_parse_line, place, key, decode, line, base))


def _parse_line(location: Location, key: bytes, decode: LineReader, line: bytes, base: Path) -> tuple[bytes, Contents]:
    return key, _report_errors(location.path, _validate(_decode_line(decode, line, location), location, base))


def _decode_line(decode: LineReader, line: bytes, location: Location) -> RawContents:
    found = decode(line, location.line)
    if not location.source.items:
        return found
    return number_neighbours(
        each for one in found for each in (expand_items(one, location.source) if isinstance(one, RawRecord) else (one,))
    )


def _parse(location: Location, content: bytes, base: Path) -> Contents:
    """Yield the contents of a chunk, and a problem if it cannot be read to its end."""
    return _report_errors(location.path, _validate(_decode(location, content), location, base))


def _decode(location: Location, content: bytes) -> RawContents:
    """Yield the records of a chunk as its reader finds them, before the mapping. Raises Unreadable."""
    source, path = location.source, location.path
    kind, name = find_format(source, path) or "", _name_file(path)
    form = SOURCE_FORMATS.get(kind, _EXTENSION)
    if form.by_line:
        yield from _decode_line(find_reader(kind, "make_line_reader")(name), content, location)
        return
    if reader := source.extensions.readers.get(kind):
        found = _read_with(reader, content)
    else:
        found = find_reader(kind)(prepare_content(content, kind, source), source, name)
    yield from found if form.single else number_neighbours(found)


def _read_with(reader: FileReader, content: bytes) -> RawContents:
    """Read a file with a reader of `Extensions`. Raises Unreadable."""
    try:
        yield from (RawRecord(fields, line) for line, fields in reader(content))
    except ValueError as error:
        raise Unreadable(1, str(error)) from error


def _validate(found: RawContents, location: Location, base: Path) -> Contents:
    """Yield the contents of a chunk, given the results of its reader."""
    validator = make_validator(location, base)
    for one in found:
        # `validate` yields no Unplaced, as the address of the site is known.
        yield from cast("Contents", validator.validate(one)) if isinstance(one, RawRecord) else (one,)
    yield from validator.report()


def make_validator(location: Location, base: Path) -> RecordValidator:
    """Return the validator of the records of a chunk."""
    source, path = location.source, location.path
    load = partial(load_index, base=base, digests=location.lookups, encoding=source.encoding) if source.lookup else None
    kind = "database" if source.database else find_format(source, path) or ""
    return RecordValidator(source, FileContext(_name_file(path), kind, location.url, load))


def read_raw(location: Location, base: Path) -> RawContents:
    """Yield the records of a chunk as its reader finds them, before the mapping. Raises Unreadable and OSError."""
    if location.source.database:
        from .database import read_database

        yield from read_database(location.source, base)
        return
    with os.fdopen(open_regular(base, location.path), "rb") as file:
        content = _read_part(file, location)
    yield from _decode(location, content)


def _read_part(file: BinaryIO, location: Location) -> bytes:
    file.seek(location.start)
    return file.read(location.length)


def _read_database(location: Location, base: Path) -> tuple[bytes, Contents]:
    def read() -> Contents:
        place = location._replace(lookups=digest_lookups(location.source, base))
        yield from _validate(read_raw(place, base), place, base)

    return b"", _report_errors(location.path, read())


def make_key(location: Location, content: bytes) -> bytes:
    """Return the key of a chunk: `content` is a line, or the SHA-256 of a whole file."""
    return hashlib.blake2b(content, digest_size=_KEY_BYTES, salt=location.salt).digest()


def read_again(location: Location, base: Path, key: bytes) -> list[Record]:
    """Return the records of a chunk. Raises SourceError if the file changed."""
    with suppress(OSError, Unreadable), (base / location.path).open("rb") as file:
        content = _read_part(file, location)
        if make_key(location, hashlib.sha256(content).digest() if location.length < 0 else content) == key:
            found = _validate(_decode(location, content), location, base)
            return [one for one in found if isinstance(one, Record)]
    problem = Problem(location.path, location.line, "", "changed while topicfeeds read it (run again)", "unreadable")
    raise SourceError([problem], SourceError.UNREADABLE)
