"""Messages: turn pydantic's errors into sentences that say what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ..errors import nearest, show
from .items import FIELDS, Article, Event, Item, parse_item

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

FieldPath = tuple[str | int, ...]
"""Names of fields, and positions (from 0) in lists."""

# Names of our fields in other systems. Messages suggest our name; the other name is never accepted.
_ALIASES = {
    "author": "authors", "body": "content", "categories": "topics", "category": "topics", "date": "published",
    "description": "summary", "excerpt": "summary", "guid": "id", "headline": "title", "html": "content",
    "lang": "language", "modified": "updated", "name": "title", "permalink": "link", "place": "location",
    "pubdate": "published", "published_at": "published", "tag": "tags", "tz": "timezone", "url": "link",
    "venue": "location",
}  # fmt: skip
_BOUNDS = {"greater_than_equal": "at least", "less_than_equal": "at most"}
_KINDS = {
    date: "a date",
    str: "text",
    bool: "a truth value",
    int: "a number",
    float: "a number",
    list: "a list",
    tuple: "a list",
    dict: "a table",
}
_NOT_A_TABLE = "{given} is {type}, not a table of fields"
_NOT_A_NUMBER = "{given} is no number"
_NOT_WHOLE = "{given} is no whole number"
_SENTENCES = {
    "missing": "is missing",
    "model_type": _NOT_A_TABLE,
    "model_attributes_type": _NOT_A_TABLE,
    "dict_type": _NOT_A_TABLE,
    "mapping_type": _NOT_A_TABLE,
    "float_parsing": _NOT_A_NUMBER,
    "float_type": _NOT_A_NUMBER,
    "int_parsing": _NOT_WHOLE,
    "int_type": _NOT_WHOLE,
    "int_from_float": _NOT_WHOLE,
    "too_short": "is empty (leave it out, or name something)",
    "string_too_short": "is blank",
    "string_too_long": "{given} is too long (one character)",
    "string_type": "{given} is {type}, not text",
}
"""The message for each error type of pydantic. `{given}` is the value, and `{type}` its type."""
_NOT_A_LIST = ("is_instance_of", "sequence_str", "list_type")
_PATTERNS = {"email": "e-mail address (name@example.org)", "type": "media type (such as audio/mpeg)"}


def validate_item(record: Any) -> Item | list[tuple[FieldPath, str]]:
    """Validate a record. Return the item, or the path and the message of each problem."""
    try:
        return parse_item(record)
    except ValidationError as error:
        return list(explain_errors(error, Event if error.title == "Event" else Article))


def explain_errors(error: ValidationError, model: type[BaseModel]) -> Iterator[tuple[FieldPath, str]]:
    """Yield the path and the message of each problem. `model` is the model that was validated."""
    for finding in error.errors(include_url=False):
        place = tuple(part for part in finding["loc"] if part != "[key]" and not str(part).startswith("\ufdd0"))
        yield place, _explain(finding, place, model)


def format_path(place: Iterable[str | int]) -> str:
    """Return a path as text, such as `enclosures[0].url`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")


def _explain(finding: ErrorDetails, place: FieldPath, model: type[BaseModel]) -> str:
    kind, given = finding["type"], finding["input"]
    if kind in _SENTENCES and (given is not None or kind == "missing"):
        return _SENTENCES[kind].format(given=show(given), type=_describe_type(given))
    if kind == "extra_forbidden":
        return _explain_unknown(str(finding["loc"][-1]), place, model)
    if kind in ("value_error", "inconsistent"):
        return finding["msg"].removeprefix("Value error, ")
    if given is None and kind != "literal_error":
        return "is blank (take it out)"
    return _explain_value(finding, place)


def _explain_value(finding: ErrorDetails, place: FieldPath) -> str:
    """Explain an error whose message needs more than the value and its type."""
    kind, given, context = finding["type"], finding["input"], finding.get("ctx", {})
    if kind == "literal_error":
        known = re.findall("'([^']*)'", str(context["expected"])) if place != ("kind",) else ["article", "event"]
        hint = nearest(given if isinstance(given, str) else "", known) or f" (known: {', '.join(known)})"
        return f"unknown value {show(given)}{hint}"
    if kind == "string_pattern_mismatch":
        return f"{show(given)} is no {_PATTERNS[str(place[-1])]}"
    if kind in _NOT_A_LIST:
        return _explain_list(given, place)
    if kind in _BOUNDS:
        return f"{show(given)} is out of range (it must be {_BOUNDS[kind]} {context[next(iter(context))]})"
    return f"{finding['msg'][:1].lower()}{finding['msg'][1:]} (found {show(given)})"


def _explain_list(given: object, place: FieldPath) -> str:
    if place[-1:] in (("sources",), ("feed",)):
        return f"is {_describe_type(given)}, not a list of tables (write [[{place[-1]}]] on a line, and its keys below)"
    example = given if isinstance(given, str) else "..."
    return f"{show(given)} is {_describe_type(given)}, not a list (write [{example}])"


def _explain_unknown(name: str, place: tuple[str | int, ...], model: type[BaseModel]) -> str:
    fields = [name.rstrip("_") for name in _find_model(place[:-1], model).model_fields]
    if name in FIELDS and name not in fields and "title" in fields and "published" in fields:
        return "is a field of events only (an event has a start, and kind is event or left out)"
    meant = _ALIASES.get(name.lower(), "")
    return f'unknown field (did you mean "{meant}"?)' if meant in fields else f"unknown field{nearest(name, fields)}"


def _find_model(place: tuple[str | int, ...], model: type[BaseModel]) -> type[BaseModel]:
    """Return the innermost model on a path."""
    for part in place:
        if part in model.model_fields:
            model = next(_list_models(model.model_fields[str(part)].annotation), model)
    return model


def _list_models(annotation: Any) -> Iterator[type[BaseModel]]:
    if hasattr(annotation, "model_fields"):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _list_models(inner)


def _describe_type(value: object) -> str:
    return next((words for kind, words in _KINDS.items() if isinstance(value, kind)), "no text")
