"""Where items come from: one file per kind of input, each a function from an open file to what it holds.

To add a kind, write the function, add its line to READERS and its name to `Source.format`.
A reader yields a `Raw` for each record, a `Page` for what a text page says of its topic, and a
`Problem` for what it cannot use; it raises `Unreadable` where the file is not what its format says.
"""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from ..errors import Problem, nearest, show
from ..flow import Page, Record
from ..models import Article, Event, Source, parse
from ..models.explaining import explain, field_name
from ._raw import Raw, Unreadable
from .listing import read_listing
from .records import read_jsonl, read_yaml

Reader = Callable[[BinaryIO, Source, str], Iterator[Raw | Page | Problem]]

READERS: dict[str, Reader] = {"jsonl": read_jsonl, "listing": read_listing, "yaml": read_yaml}
SUFFIXES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".txt": "listing", ".yaml": "yaml", ".yml": "yaml"}


def read(sources: Iterable[Source], base: Path = Path()) -> Iterator[Record | Page | Problem]:
    """Yield what sources hold, in the order of the site file, sorted path, line.

    `base` is the folder that their paths are relative to. What cannot be read is yielded as a
    problem too, in its place: the next step decides what becomes of the run.
    """
    for source in sources:
        yield from _read_source(source, base)


def _read_source(source: Source, base: Path) -> Iterator[Record | Page | Problem]:
    paths = [source.path]
    if glob.has_magic(source.path):
        paths = sorted(Path(path).as_posix() for path in glob.glob(source.path, root_dir=base, recursive=True))  # noqa: PTH207 - Path.glob loses how the path is written
        if not paths:
            yield Problem(source.path, 1, "", "no file matches (mend the path, or remove the source)", "warning")
    for path in paths:
        yield from _read_file(source, path, base)


def _read_file(source: Source, path: str, base: Path) -> Iterator[Record | Page | Problem]:
    suffix = Path(path).suffix.lower()
    kind = source.format or SUFFIXES.get(suffix)
    if kind is None:
        hint = nearest(suffix, SUFFIXES) or f" (say format = {', '.join(map(show, READERS))})"
        yield Problem(path, 1, "", f"cannot tell the format from the suffix {show(suffix)}{hint}", "unreadable")
        return
    try:
        with (base / path).open("rb") as file:
            for found in READERS[kind](file, source, path):
                yield from _records(found, source, path) if isinstance(found, Raw) else (found,)
    except Unreadable as error:
        yield Problem(path, error.line, "", error.message, "unreadable")
    except OSError as error:
        yield Problem(path, 1, "", f"cannot be read: {error.strerror}", "unreadable")


def _records(raw: Raw, source: Source, path: str) -> Iterator[Record | Problem]:
    try:
        item = parse(raw.fields)
    except ValidationError as error:
        findings = explain(error, Event if error.title == "Event" else Article)
        located = [(raw.lines.get(str(place[0]), raw.line), place, sentence) for place, sentence in findings]
        for line, place, sentence in sorted(located, key=lambda found: found[0]):
            yield Problem(path, line, field_name(place), sentence, item=raw.line)
        return
    topics = tuple(source.topics)
    yield Record(item, path, raw.line, raw.lines, topics, raw.inferred, raw.from_page, raw.untitled)
