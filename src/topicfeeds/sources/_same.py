"""Records that are as the last run saw them: known by their line or file, and read only when somebody asks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from ..errors import Problem, SourceError
from ..models import Source
from ..recalling import Recall, file_key, line_key
from ..sourced import Locator, Passed, Record, Same
from ._raw import Raw, text_of
from ._records import records
from .json import line_reader, lines
from .markdown import read_markdown


def changed_lines(
    file: BinaryIO, source: Source, path: str, base: Path, recall: Recall, part: tuple[int, int] | None = None
) -> Iterator[Record | Same | Passed | Problem]:
    """Read the lines of a JSON Lines file that the last run did not have, or of a part of it. Raises Unreadable."""
    decode, read = line_reader(path), partial(again, source, base)
    for number, start, line in lines(file, part):
        locator = Locator(path, number, start, len(line), line_key(path, line))
        known = recall.known(locator, source.name, read)
        if known is not None:
            yield from known
        else:
            for found in decode(line, number):
                yield from records(found, source, path, locator) if isinstance(found, Raw) else (found,)


def whole_file(path: str, recall: Recall) -> Locator | None:
    """Locate the only record of a file."""
    key = recall.key(path)
    return Locator(path, 1, 0, -1, key) if key else None


def same_file(source: Source, path: str, base: Path, recall: Recall) -> tuple[Same | Passed, ...] | None:
    """Recall the only record of a Markdown file, without opening it."""
    locator = whole_file(path, recall)
    return recall.known(locator, source.name, partial(again, source, base)) if locator else None


def again(source: Source, base: Path, locator: Locator) -> Record:
    """Read a record where it was. Raises SourceError where something else is there now."""
    path = locator.path
    try:
        with (base / path).open("rb") as file:
            file.seek(locator.start)
            content = file.read(locator.length)
    except OSError:
        content = b""
    is_line = locator.length >= 0
    key = line_key(path, content) if is_line else file_key(path, hashlib.sha256(content).digest())
    if key == locator.key:  # else it may be anything
        read = line_reader(path)(content, locator.line) if is_line else read_markdown(text_of(content), source, path)
        for raw in read:
            for found in records(raw, source, path, locator) if isinstance(raw, Raw) else ():
                if isinstance(found, Record):
                    return found
    problem = Problem(path, locator.line, "", "changed while it was read (run again)", "unreadable")
    raise SourceError([problem], "nothing was published, as a source cannot be read: what was there stays")
