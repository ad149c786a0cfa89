"""JSON: a list of items, or an object with `items`."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, NoReturn

from ..errors import Problem, show
from ..models.mapping import parse_places
from ..models.places import ValuePath
from ..models.site import Source
from ..text.characters import LOOKS_LIKE_MARKUP
from ._raw import RawRecord, Unreadable, line_number

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
_NAME_ITEMS = 'give the list the name "items", or set items in [[sources]]'
_BLANKS = re.compile(r"[ \t\n\r]*")
_GAP = re.compile(r"[ \t\n\r]*[,:]?[ \t\n\r]*")
"""The text before, between and after the parts of a list or an object."""
_CONSTANT = re.compile(r'"(?:[^"\\]++|\\.)*+"?|(NaN|-?Infinity)')
"""Finds numbers that JSON does not allow. It also matches texts, to skip such numbers in them."""


def read(text: str, source: Source, path: str) -> Iterator[RawRecord | Problem]:
    """Read a JSON file: a list of items, an object with a list under `items`, or the `items` of the source.

    Raises Unreadable.
    """
    whole = replace_lone_surrogates(text)
    found = _decode(whole, _skip(_BLANKS, whole, 0))
    if (more := _skip(_BLANKS, whole, found.end)) < len(whole):
        raise Unreadable(line_number(whole, more), _MORE)
    if whole != text:
        yield surrogate_warning(path, 1)
    document = found.value if source.lookup else None
    number, counted = 1, 0
    for one in _seek_items(whole, found, source) if source.items else _find_items(whole, found):
        number, counted = number + whole.count("\n", counted, one.at), one.at
        yield check_record(one.value, number, one.doubles)._replace(whole=document)


class _Found(NamedTuple):
    """A value, its position in the text, its end, and the names that occur twice in one of its objects."""

    at: int
    end: int
    value: Any
    doubles: list[str]


def _decode(text: str, at: int) -> _Found:
    """Decode the value at a position."""
    doubles: list[str] = []
    value, end = decode_json(make_decoder(doubles), text, at)
    return _Found(at, end, value, doubles)


def _find_items(text: str, whole: _Found) -> Iterator[_Found]:
    """Yield the elements of the file or of its `items`."""
    document, is_object = whole.value, isinstance(whole.value, dict)
    items = document.get("items") if is_object else document
    if not isinstance(items, list) or (is_object and "items" in whole.doubles and len(document) == 1):
        raise Unreadable(1, f"has no list of items ({_advise_list(document)})")
    yield from _list_elements(text, _find_member(text, whole.at, "items") if is_object else whole.at)


def _seek_items(text: str, whole: _Found, source: Source) -> Iterator[_Found]:
    """Yield the items at the path in the source's setting `items`."""
    from .mapping.elements import add_key, explain_error, explain_missing_items, has_lists_by_key, has_records_by_key

    for place in parse_places(source.items or "") if source.items != "." else ["."]:
        found = [whole] if place == "." else list(_seek(text, whole, place, 0) if isinstance(place, ValuePath) else ())
        for one in found:
            if error := explain_error(whole.value, one.value):
                raise Unreadable(1, error)
            if has_records_by_key(one.value, source):
                yield from (each._replace(value=add_key(each.value, key)) for key, each in _list_members(text, one.at))
            elif has_lists_by_key(one.value, source):
                lists = (records for _, records in _list_members(text, one.at))
                yield from (each for records in lists for each in _list_elements(text, records.at))
            elif place != "." and isinstance(one.value, list):
                yield from _list_elements(text, one.at)
            elif place == "." or one.value:
                yield one
        if found:
            return
    raise Unreadable(1, explain_missing_items(whole.value, source))


def _seek(text: str, one: _Found, path: ValuePath, step: int) -> Iterator[_Found]:
    """Yield the values at a path."""
    if step == len(path.names):
        yield one
    elif isinstance(one.value, dict):
        for key, after in path.steps[step]:
            if key in one.value:
                yield from _seek(text, _decode(text, _find_member(text, one.at, key)), path, after)
                return
    elif isinstance(one.value, list):
        name = path.names[step]
        for number, element in enumerate(_list_elements(text, one.at)):
            if not name.isdecimal():
                yield from _seek(text, element, path, step)
            elif str(number) == name:
                yield from _seek(text, element, path, step + 1)


def _find_member(text: str, at: int, name: str) -> int:
    """Return the position of a value of the object at a position. If a name occurs twice, its last value is used."""
    return max(one.at for key, one in _list_members(text, at) if key == name)


def _list_members(text: str, at: int) -> Iterator[tuple[str, _Found]]:
    """Yield the keys and values of the object at a position."""
    at = _skip(_GAP, text, at + 1)
    while text[at] != "}":
        key = _decode(text, at)
        yield key.value, (found := _decode(text, _skip(_GAP, text, key.end)))
        at = _skip(_GAP, text, found.end)


def _list_elements(text: str, at: int) -> Iterator[_Found]:
    """Yield the elements of the list at a position."""
    at = _skip(_GAP, text, at + 1)
    while text[at] != "]":
        yield (found := _decode(text, at))
        at = _skip(_GAP, text, found.end)


def _advise_list(found: Any) -> str:
    """Say how to write the missing list of items."""
    if isinstance(found, dict) and isinstance(found.get("title"), str):
        return 'write the item between [ and ], or set items = "." in [[sources]]'
    if isinstance(found, dict):
        from .mapping.elements import advise_items

        if advice := advise_items(found):
            return advice
        lists = [name for name, value in found.items() if isinstance(value, list)]
        return f'set items = "{lists[0]}" in [[sources]]' if len(lists) == 1 else _NAME_ITEMS
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
        raise Unreadable(line_number(text, at), f"is not valid JSON: {error} is not allowed (write null)") from None
    except RecursionError:
        raise Unreadable(line_number(text, at), "is nested too deeply (use fewer levels)") from None
    except ValueError:
        raise Unreadable(line_number(text, at), _TOO_LONG) from None


def check_record(fields: Any, number: int, doubles: Sequence[str]) -> RawRecord:
    """Return a JSON object as a record. `doubles` are its repeated names. Raises Unreadable for other values."""
    if not isinstance(fields, dict | None):
        raise Unreadable(number, f'{show(fields)} is not an object (write an item as {{"title": "...", ...}})')
    return RawRecord(fields, number, repeated=tuple((name, number) for name in doubles))


def surrogate_warning(path: str, number: int) -> Problem:
    """Return the warning about replaced surrogates."""
    return Problem(path, number, "", _HALF_PAIR, "warning")


def replace_lone_surrogates(text: str) -> str:
    """Replace escapes of lone surrogates with U+FFFD. JSON allows lone surrogates, but Unicode text does not."""
    if not _HALVES.search(text):
        return text
    return _LONE.sub(lambda escape: "\\ufffd" if len(escape[0]) == 6 else escape[0], text)


def _skip(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
