"""The site file is read: TOML in, a `Site` out, or every finding with its line."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

from pydantic import ValidationError

from .errors import ConfigError, Problem
from .models import Site
from .models.explaining import explain, field_name

_HEADER = re.compile(r"\s*(\[\[|\[)\s*(.+?)\s*\]")
_KEY = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+))*)\s*=""")
_PART = re.compile(r""""([^"]*)"|'([^']*)'|([^.\s"']+)""")

Place = tuple[str | int, ...]


def load_site(path: Path | str) -> Site:
    """Read a site file. Raises ConfigError with all that is wrong in it."""
    path = Path(path)
    name = path.name
    try:
        text = path.read_bytes().decode("utf-8-sig")
        table = tomllib.loads(text)
    except OSError as error:
        hint = " (topicfeeds init makes one)" if isinstance(error, FileNotFoundError) else ""
        raise ConfigError(message=f"{path}: cannot be read: {error.strerror}{hint}") from None
    except UnicodeDecodeError:
        raise ConfigError(message=f"{path}: is not UTF-8 (save the file as UTF-8)") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = re.search(r" \(at line (\d+), column \d+\)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        sentence = str(error).replace(found[0], "") if found else str(error)
        raise ConfigError([Problem(name, line, "", f"is not TOML: {sentence}")]) from None
    return _validated(table, text, name)


def _validated(table: dict[str, object], text: str, name: str) -> Site:
    lines = _lines(text)
    try:
        site = Site.model_validate(table)
    except ValidationError as error:
        problems = [
            Problem(name, _line(place, lines), field_name(place), sentence) for place, sentence in explain(error, Site)
        ]
        raise ConfigError(sorted(problems, key=lambda problem: problem.line)) from None
    if not site.sources:
        raise ConfigError([Problem(name, 1, "sources", 'is missing (write [[sources]] and path = "items/*.yaml")')])
    return site


def _line(place: Place, lines: dict[Place, int]) -> int:
    """Give the line of the innermost part of a place that stands in the file."""
    return next((lines[place[:n]] for n in range(len(place), 0, -1) if place[:n] in lines), 1)


def _lines(text: str) -> dict[Place, int]:
    """Find the lines of tables and keys; tomllib does not tell them."""
    lines: dict[Place, int] = {}
    counts: Counter[Place] = Counter()
    table: Place = ()
    for number, line in enumerate(text.split("\n"), 1):
        if header := _HEADER.match(line):
            table = _parts(header[2])
            if header[1] == "[[":
                counts[table] += 1
                table = (*table, counts[table] - 1)
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            for depth, _ in enumerate(parts := _parts(key[1]), 1):
                lines.setdefault((*table, *parts[:depth]), number)
    return lines


def _parts(dotted: str) -> Place:
    return tuple(next(filter(None, groups), "") for groups in _PART.findall(dotted))
