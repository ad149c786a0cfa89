"""Where items come from: one file per kind of input, each a function from an open file to what it holds.

To add a kind, write the function, add its line to READERS and its name to `Source.format`.
A reader yields a `Raw` for each record, a `Page` for what a text page says of its topic, and a
`Problem` for what it cannot use; it raises `Unreadable` where the file is not what its format says.
"""

from __future__ import annotations

import glob
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from ..errors import Problem, nearest, show
from ..flow import Page, Record
from ..models import Article, Event, Source, parse
from ..models.explaining import explain, field_name
from ._raw import Raw, Unreadable
from ._shaping import Misshapen, shape
from .csv import read_csv
from .json import read_json, read_jsonl
from .listing import read_listing
from .markdown import read_markdown
from .toml import read_toml
from .yaml import read_yaml

Reader = Callable[[BinaryIO, Source, str], Iterator[Raw | Page | Problem]]

READERS: dict[str, Reader] = {
    "csv": read_csv,
    "json": read_json,
    "jsonl": read_jsonl,
    "listing": read_listing,
    "markdown": read_markdown,
    "toml": read_toml,
    "yaml": read_yaml,
}
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


def read(sources: Iterable[Source], base: Path = Path()) -> Iterator[Record | Page | Problem]:
    """Yield what sources hold, in the order of the site file, sorted path, line.

    `base` is the folder that their paths are relative to. What cannot be read is yielded as a
    problem too, in its place: the next step decides what becomes of the run.
    """
    for source in sources:
        yield from _read_source(source, base)


def _read_source(source: Source, base: Path) -> Iterator[Record | Page | Problem]:
    if source.path == "-":
        yield from _read_file(source, "-", base)
        return
    paths = [source.path]
    if glob.has_magic(source.path):
        paths = sorted(Path(path).as_posix() for path in glob.glob(source.path, root_dir=base, recursive=True))  # noqa: PTH207 - Path.glob loses how the path is written
    elif (base / source.path).is_dir():
        paths = sorted(_below(base / source.path, source, base))
    if not paths:
        yield Problem(source.path, 1, "", "no file matches (mend the path, or remove the source)", "warning")
    for path in paths:
        yield from _read_file(source, path, base)


def _below(folder: Path, source: Source, base: Path) -> Iterator[str]:
    """Name the files of a folder that can be read: all with a format of their own, hidden ones left out."""
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.is_file() and (source.format or path.suffix.lower() in SUFFIXES):
            yield path.relative_to(base).as_posix()


def _read_file(source: Source, path: str, base: Path) -> Iterator[Record | Page | Problem]:
    suffix = Path(path).suffix.lower()
    kind = source.format or SUFFIXES.get(suffix)
    name = "standard input" if path == "-" else path
    if kind is None:
        hint = nearest(suffix, SUFFIXES) or f" (say format = {', '.join(map(show, READERS))})"
        yield Problem(name, 1, "", f"cannot tell the format from the suffix {show(suffix)}{hint}", "unreadable")
        return
    try:
        with _opened(base / path, path) as file:
            for found in READERS[kind](file, source, name):
                yield from _records(found, source, name) if isinstance(found, Raw) else (found,)
    except Unreadable as error:
        yield Problem(name, error.line, "", error.message, "unreadable")
    except OSError as error:
        yield Problem(name, 1, "", f"cannot be read: {error.strerror}", "unreadable")


def _opened(path: Path, name: str) -> BinaryIO:
    """Open a file that is one: what could block or never end is refused, not read."""
    if name == "-":
        return sys.stdin.buffer
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    kind = "a folder" if stat.S_ISDIR(mode) else "a pipe" if stat.S_ISFIFO(mode) else "a device"
    raise Unreadable(1, f"is {kind}, not a file")


def _records(raw: Raw, source: Source, path: str) -> Iterator[Record | Problem]:
    try:
        item = parse(shape(raw.fields, source))
    except Misshapen as error:
        yield Problem(path, raw.lines.get(error.field, raw.line), error.field, error.message, item=raw.line)
        return
    except ValidationError as error:
        findings = explain(error, Event if error.title == "Event" else Article)
        located = [(raw.lines.get(str(place[0]), raw.line), place, sentence) for place, sentence in findings]
        for line, place, sentence in sorted(located, key=lambda found: found[0]):
            yield Problem(path, line, field_name(place), sentence, item=raw.line)
        return
    topics = tuple(source.topics)
    yield Record(item, path, raw.line, raw.lines, topics, raw.inferred, raw.from_page, raw.untitled)
