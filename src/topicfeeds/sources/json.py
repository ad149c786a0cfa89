"""JSON: a list of items, or an object with `items`."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NoReturn

from ..errors import Problem, show
from ..models.site import Source
from ..text.characters import LOOKS_LIKE_MARKUP
from ._raw import RawRecord, Unreadable, refuse_repeated_fields

# A JSON escape: a pair of surrogates, a lone surrogate, or any other escape.
_HEX = "[0-9a-fA-F]{2}"
_LONE = re.compile(rf"\\u[dD][89abAB]{_HEX}\\u[dD][c-fC-F]{_HEX}|\\u[dD][89a-fA-F]{_HEX}|\\.")


_HALVES = re.compile(r"\\u[dD][89a-fA-F]")
_HINTS = {
    "control character": r"write \n for a line break within a text",
    "escape": "write \\\\ for a single \\",
    "Unterminated": "add the closing quote",
    "delimiter": "a comma, a colon or a quote may be missing",
}
"""Likely causes, by words in the messages of the standard library."""
_TOO_LONG = "is not valid JSON: a number has too many digits (put quotes around it)"
_HALF_PAIR = "contains half of a surrogate pair (U+FFFD replaces it; check the program that wrote the file)"
_MORE = "is not valid JSON: text follows the end of the data (remove the text; JSON Lines need the suffix .jsonl)"
_NO_LIST = "has no list of items"
_BLANKS = re.compile(r"[ \t\n\r]*")
_CONSTANT = re.compile(r'"(?:[^"\\]++|\\.)*+"?|(NaN|-?Infinity)')
"""A text, or a number that JSON does not allow."""


def read(text: str, source: Source, path: str) -> Iterator[RawRecord | Problem]:
    """Read a JSON file: a list of items, or an object with a list under `items`. Raises Unreadable."""
    whole = replace_lone_surrogates(text)
    doubles: list[str] = []
    everything, end = _decode_value(whole, _skip_blanks(whole, 0), doubles)
    if (more := _skip_blanks(whole, end)) < len(whole):
        raise Unreadable(_line_number(whole, more), _MORE)
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
    """Return the position of the first item. The list of items is the whole file, or the value of `items`."""
    if isinstance(everything, list):
        return _skip_blanks(text, text.index("[") + 1)
    items = everything.get("items") if isinstance(everything, dict) else None
    if not isinstance(items, list) or ("items" in doubles and len(everything) == 1):
        raise Unreadable(1, f"{_NO_LIST} ({_advise_list(everything)})")
    at, start = text.index("{"), 0
    while text[at] != "}":  # the last list under this name counts
        name, end = _decode_value(text, _skip_blanks(text, at + 1), [])
        value = _skip_blanks(text, _skip_blanks(text, end) + 1)
        start = value if name == "items" else start
        at = _skip_blanks(text, _decode_value(text, value, [])[1])
    return _skip_blanks(text, start + 1)


def _decode_value(text: str, at: int, doubles: list[str]) -> tuple[Any, int]:
    """Decode the value at a position. Names that occur twice in one object are added to `doubles`."""
    return decode_json(make_decoder(doubles), text, at)


def _advise_list(found: Any) -> str:
    """Say how to write the missing list of items."""
    if isinstance(found, dict) and isinstance(found.get("title"), str):
        return "write the item between [ and ]"
    if isinstance(found, dict):
        return 'give the list the name "items"'
    return "write objects between [ and ]"


def _explain_error(error: json.JSONDecodeError) -> str:
    """Say where the JSON becomes invalid, with the likely cause."""
    place, rest = f"column {error.colno}", error.doc[error.pos : error.pos + 8]
    reason = error.msg[:1].lower() + error.msg[1:].removesuffix(" at")
    if rest.startswith("<") and not error.doc[: error.pos].strip():
        conflict = rest.startswith("<<<<<<<")
        return "it contains merge conflict markers (resolve the conflict)" if conflict else LOOKS_LIKE_MARKUP
    return f"{reason} at {place} ({_advise(error.msg, rest)})"


def _advise(reason: str, rest: str) -> str:
    """Name the likely cause of an error, by the text at its position."""
    if not rest.strip():
        return "the file may be cut off"
    if hint := next((hint for word, hint in _HINTS.items() if word in reason), ""):
        return hint
    if rest[0] in "]}":
        return f"remove the comma before {rest[0]}"
    return "remove the comment" if rest[0] in "/#" else "put double quotes around names and texts"


class NotANumber(Exception):
    """A number that JSON does not allow, such as NaN."""


def make_decoder(doubles: list[str]) -> json.JSONDecoder:
    """Return a decoder. It adds names that occur twice in one object to `doubles`."""

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(members)
        if len(fields) < len(members):
            names = [name for name, _ in members]
            doubles.extend(sorted(name for name, times in Counter(names).items() if times > 1))
        return fields

    def constant(name: str) -> NoReturn:
        raise NotANumber(name)

    return json.JSONDecoder(object_pairs_hook=pairs, parse_constant=constant)


def decode_json(decoder: json.JSONDecoder, text: str, at: int) -> tuple[Any, int]:
    """Decode the value at a position, and return the value and the position of its end. Raises Unreadable."""
    try:
        return decoder.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise Unreadable(error.lineno, f"is not valid JSON: {_explain_error(error)}") from None
    except NotANumber as error:
        at = next(found.start() for found in _CONSTANT.finditer(text, at) if found[1])
        raise Unreadable(_line_number(text, at), f"is not valid JSON: {error} is not allowed (write null)") from None
    except RecursionError:
        raise Unreadable(_line_number(text, at), "is nested too deeply (use fewer levels)") from None
    except ValueError:
        raise Unreadable(_line_number(text, at), _TOO_LONG) from None


def check_record(fields: Any, number: int, path: str, doubles: list[str]) -> Iterator[RawRecord | Problem]:
    """Yield the record of a JSON object, or a problem for each repeated name. Raises Unreadable for other values."""
    if not isinstance(fields, dict | None):
        raise Unreadable(number, f'{show(fields)} is not an object (write an item as {{"title": "...", ...}})')
    yield from refuse_repeated_fields(path, number, [(name, number) for name in doubles])
    if not doubles:
        yield RawRecord(fields, number)


def surrogate_warning(path: str, number: int) -> Problem:
    """Return the warning about replaced surrogates."""
    return Problem(path, number, "", _HALF_PAIR, "warning")


def replace_lone_surrogates(text: str) -> str:
    """Replace escapes of lone surrogates with U+FFFD. JSON allows lone surrogates, but Unicode text does not."""
    if not _HALVES.search(text):
        return text
    return _LONE.sub(lambda escape: "\\ufffd" if len(escape[0]) == 6 else escape[0], text)


def _skip_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _line_number(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
