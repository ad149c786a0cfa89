"""JSON: a list of items, or an object with `items`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from ..errors import Problem, show
from ..models.site import Source
from ._raw import RawRecord, Unreadable, refuse_repeated_fields

# A JSON escape: a pair of surrogates, a lone surrogate, or any other escape.
_HEX = "[0-9a-fA-F]{2}"
_LONE = re.compile(rf"\\u[dD][89abAB]{_HEX}\\u[dD][c-fC-F]{_HEX}|\\u[dD][89a-fA-F]{_HEX}|\\.")


_HALVES = re.compile(r"\\u[dD][89a-fA-F]")
_BLANKS = re.compile(r"[ \t\n\r]*")


def read(text: str, source: Source, path: str) -> Iterator[RawRecord | Problem]:
    """Read a JSON file: a list of items, or an object with a list under `items`. Raises Unreadable."""
    whole = replace_lone_surrogates(text)
    doubles: list[str] = []
    everything, end = _decode_value(whole, _skip_blanks(whole, 0), doubles)
    if (more := _skip_blanks(whole, end)) < len(whole):
        raise Unreadable(_line_number(whole, more), "is not JSON: more follows the end")
    if whole != text:
        yield surrogate_warning(path, 1)
    at, number, counted = _find_first_item(whole, everything, doubles), 1, 0
    while whole[at] != "]":
        number, counted = number + whole.count("\n", counted, at), at
        twice_here: list[str] = []
        fields, end = _decode_value(whole, at, twice_here)
        yield from check_record(fields, number, path, twice_here)
        at = _skip_blanks(whole, end)
        at = _skip_blanks(whole, at + 1) if whole[at] == "," else at


def _find_first_item(text: str, everything: Any, doubles: list[str]) -> int:
    """Return the position of the first item, in the list that is the whole file, or in the list under `items`."""
    if isinstance(everything, list):
        return _skip_blanks(text, text.index("[") + 1)
    items = everything.get("items") if isinstance(everything, dict) else None
    if not isinstance(items, list) or ("items" in doubles and len(everything) == 1):
        raise Unreadable(1, 'is no list of items, and no object with "items"')
    for found in re.finditer(r'"items"\s*:\s*\[', text):
        try:
            if _decode_value(text, found.end() - 1, [])[0] == items:
                return _skip_blanks(text, found.end())
        except Unreadable:
            continue  # this match is inside of a string
    raise Unreadable(1, 'is no list of items, and no object with "items" in plain letters')


def _decode_value(text: str, at: int, doubles: list[str]) -> tuple[Any, int]:
    """Decode the value at a position. Names that an object has twice are added to `doubles`."""
    return decode_json(make_decoder(doubles), text, at)


class NotANumber(Exception):
    """A constant that JSON does not have, such as NaN."""


def make_decoder(doubles: list[str]) -> json.JSONDecoder:
    """Return a decoder that adds the names that an object has twice to `doubles`."""

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(members)
        if len(fields) < len(members):
            names = [name for name, _ in members]
            doubles.extend(sorted({name for name in names if names.count(name) > 1}))
        return fields

    def constant(name: str) -> NoReturn:
        raise NotANumber(name)

    return json.JSONDecoder(object_pairs_hook=pairs, parse_constant=constant)


def decode_json(decoder: json.JSONDecoder, text: str, at: int) -> tuple[Any, int]:
    """Decode the value at a position, and return the value and the position of its end. Raises Unreadable."""
    try:
        return decoder.raw_decode(text, at)
    except json.JSONDecodeError as error:
        sentence = error.msg[:1].lower() + error.msg[1:].removesuffix(" at")
        message = f"is not JSON: {sentence} at column {error.colno}"
        raise Unreadable(error.lineno, message) from None
    except NotANumber as error:
        raise Unreadable(_line_number(text, at), f"is not JSON: {error} is no number") from None
    except RecursionError:
        raise Unreadable(_line_number(text, at), "is nested too deep") from None
    except ValueError:
        raise Unreadable(_line_number(text, at), "is not JSON: a number has too many digits") from None


def check_record(fields: Any, number: int, path: str, doubles: list[str]) -> Iterator[RawRecord | Problem]:
    """Yield the record of a JSON object, or a problem for each repeated name. Raises Unreadable for other values."""
    if not isinstance(fields, dict):
        raise Unreadable(number, f"{show(fields)} is no JSON object (write an item in braces)")
    yield from refuse_repeated_fields(path, number, [(name, number) for name in doubles])
    if not doubles:
        yield RawRecord(fields, number)


def surrogate_warning(path: str, number: int) -> Problem:
    """Return the warning that lone surrogates were replaced."""
    return Problem(path, number, "", "has half of a surrogate pair (U+FFFD stands in for it)", "warning")


def replace_lone_surrogates(text: str) -> str:
    """Replace escapes of lone surrogates, which JSON allows and Unicode does not, with U+FFFD."""
    if not _HALVES.search(text):
        return text
    return _LONE.sub(lambda escape: "\\ufffd" if len(escape[0]) == 6 else escape[0], text)


def _skip_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _line_number(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
