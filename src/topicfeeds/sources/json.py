"""JSON and JSON Lines: a list of items, an object with `items`, or an object a line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from ..errors import Problem, show
from ..models import Source
from ._raw import Raw, Unreadable, decode, twice

_BOM = b"\xef\xbb\xbf"
_LONGEST = 16 * 1024 * 1024
"""Bytes of a line: ten times what an item may hold."""
# An escape of JSON: a pair of surrogates, a lone one, or any other.
_HEX = "[0-9a-fA-F]{2}"
_LONE = re.compile(rf"\\u[dD][89abAB]{_HEX}\\u[dD][c-fC-F]{_HEX}|\\u[dD][89a-fA-F]{_HEX}|\\.")
# Escapes, among them of characters that XML forbids and halves of pairs; what is not is left to the slower way.
_DOUBTFUL = re.compile(r"\\(?:[bf]|u(?:00[01789]|[dD]|[fF][dDfF]))")
_HALVES = re.compile(r"\\u[dD][89a-fA-F]")
_BLANKS = re.compile(r"[ \t\n\r]*")


def read_jsonl(file: BinaryIO, path: str) -> Iterator[Raw | Problem]:
    """Read JSON Lines: an object a line, blank lines between them allowed. Raises Unreadable."""
    decode_line = line_reader(path)
    for number, _, line in lines(file):
        yield from decode_line(line, number)


def lines(file: BinaryIO, part: tuple[int, int] | None = None) -> Iterator[tuple[int, int, bytes]]:
    """Give number, first byte, and content of each line that is not blank. Raises Unreadable.

    Of a `part` (its first byte, and that after the last) it is the lines that start in it, counted from 1
    where the part starts.
    """
    number, start = (0, 0) if part is None else _start_of(file, part[0])
    end = None if part is None else part[1]
    blank = part is None
    # Bytes, cut at LF only: str.splitlines() would cut inside of strings, at U+2028 and others.
    while (end is None or start < end) and (line := file.readline(_LONGEST)):
        number += 1
        if len(line) == _LONGEST:
            raise Unreadable(number, f"is longer than {_LONGEST >> 20} MiB (write one item a line)")
        size = len(line)
        line = (line if start else line.removeprefix(_BOM)).lstrip()
        if line:
            blank = False
            yield number, start + size - len(line), line.rstrip()
        start += size
    if blank:
        raise Unreadable(1, "is empty (remove the file, or the source, if that is meant)")


def _start_of(file: BinaryIO, first: int) -> tuple[int, int]:
    """Go to the first line that starts in a part, and tell how many lines end before, and where it starts."""
    if first == 0:
        return 0, 0
    file.seek(first - 1)
    rest = len(file.readline())
    return int(rest > 1), first - 1 + rest


def line_ends(path: Path, first: int, after: int) -> int:
    """Count the line ends in a part of a file. Raises OSError."""
    count = 0
    with path.open("rb") as file:
        file.seek(first)
        while first < after and (content := file.read(min(1 << 20, after - first))):
            count += content.count(b"\n")
            first += len(content)
    return count


def line_reader(path: str) -> Callable[[bytes, int], Iterable[Raw | Problem]]:
    """Make the function that reads a line of a file; the decoder is made once."""
    doubles: list[str] = []
    decoder = _decoder(doubles)

    def read(line: bytes, number: int) -> Iterable[Raw | Problem]:
        doubles.clear()
        with suppress(ValueError, RecursionError, _NoNumber):  # what is wrong is told below
            text = str(line, "utf-8")
            is_clean = "\x7f" not in text if text.isascii() else text.isprintable()
            if "\r" not in text and not _DOUBTFUL.search(text):  # else it is looked at below
                fields, end = decoder.raw_decode(text)  # which takes no control characters as they are
                if end == len(text) and type(fields) is dict and not doubles:
                    return (Raw(fields, number, is_clean=is_clean),)
        doubles.clear()
        return _line(line, number, path, decoder, doubles)

    return read


def _line(
    line: bytes, number: int, path: str, decoder: json.JSONDecoder, doubles: list[str]
) -> Iterator[Raw | Problem]:
    try:
        text = decode(line)
        whole = _without_lone_surrogates(text)
        fields, end = _decoded(decoder, whole, 0)
        if end < len(whole):
            raise Unreadable(1, f"is not JSON: more follows the item at column {end + 1}")
    except Unreadable as error:
        raise Unreadable(number, error.message) from None
    if whole != text:
        yield _mended(path, number)
    yield from _record(fields, number, path, doubles)


def read_json(text: str, source: Source, path: str) -> Iterator[Raw | Problem]:
    """Read a JSON file: a list of items, or an object that has one under `items`. Raises Unreadable."""
    whole = _without_lone_surrogates(text)
    doubles: list[str] = []
    everything, end = _value(whole, _skip(whole, 0), doubles)
    if (more := _skip(whole, end)) < len(whole):
        raise Unreadable(_number(whole, more), "is not JSON: more follows the end")
    if whole != text:
        yield _mended(path, 1)
    at, number, counted = _start(whole, everything, doubles), 1, 0
    while whole[at] != "]":
        number, counted = number + whole.count("\n", counted, at), at
        twice_here: list[str] = []
        fields, end = _value(whole, at, twice_here)
        yield from _record(fields, number, path, twice_here)
        at = _skip(whole, end)
        at = _skip(whole, at + 1) if whole[at] == "," else at


def _start(text: str, everything: Any, doubles: list[str]) -> int:
    """Find where the first item stands: in the list that the file is, or in that under `items`."""
    if isinstance(everything, list):
        return _skip(text, text.index("[") + 1)
    items = everything.get("items") if isinstance(everything, dict) else None
    if not isinstance(items, list) or ("items" in doubles and len(everything) == 1):
        raise Unreadable(1, 'is no list of items, and no object with "items"')
    for found in re.finditer(r'"items"\s*:\s*\[', text):
        try:
            if _value(text, found.end() - 1, [])[0] == items:
                return _skip(text, found.end())
        except Unreadable:
            continue  # it stands in a string
    raise Unreadable(1, 'is no list of items, and no object with "items" in plain letters')


def _value(text: str, at: int, doubles: list[str]) -> tuple[Any, int]:
    """Decode the value at a position; names that an object has twice are added to `doubles`."""
    return _decoded(_decoder(doubles), text, at)


class _NoNumber(Exception):
    """A constant that JSON does not know."""


def _decoder(doubles: list[str]) -> json.JSONDecoder:
    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(members)
        if len(fields) < len(members):
            names = [name for name, _ in members]
            doubles.extend(sorted({name for name in names if names.count(name) > 1}))
        return fields

    def constant(name: str) -> NoReturn:
        raise _NoNumber(name)

    return json.JSONDecoder(object_pairs_hook=pairs, parse_constant=constant)


def _decoded(decoder: json.JSONDecoder, text: str, at: int) -> tuple[Any, int]:
    try:
        return decoder.raw_decode(text, at)
    except json.JSONDecodeError as error:
        sentence = error.msg[:1].lower() + error.msg[1:].removesuffix(" at")
        message = f"is not JSON: {sentence} at column {error.colno}"
        raise Unreadable(error.lineno, message) from None
    except _NoNumber as error:
        raise Unreadable(_number(text, at), f"is not JSON: {error} is no number") from None
    except RecursionError:
        raise Unreadable(_number(text, at), "is nested too deep") from None
    except ValueError:
        raise Unreadable(_number(text, at), "is not JSON: a number has too many digits") from None


def _record(fields: Any, number: int, path: str, doubles: list[str]) -> Iterator[Raw | Problem]:
    if not isinstance(fields, dict):
        raise Unreadable(number, f"{show(fields)} is no JSON object (write an item in braces)")
    yield from twice(path, number, [(name, number) for name in doubles])
    if not doubles:
        yield Raw(fields, number)


def _mended(path: str, number: int) -> Problem:
    return Problem(path, number, "", "has half of a surrogate pair (U+FFFD stands in for it)", "warning")


def _without_lone_surrogates(text: str) -> str:
    """Put U+FFFD in place of escapes that JSON allows and Unicode does not."""
    if not _HALVES.search(text):
        return text
    return _LONE.sub(lambda escape: "\\ufffd" if len(escape[0]) == 6 else escape[0], text)


def _skip(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _number(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
