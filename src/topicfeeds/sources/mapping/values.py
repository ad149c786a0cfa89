"""Convert values of records to values of fields: markup, lists in one text, lookups, words, single values."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from html import escape
from types import MethodType
from typing import Any
from urllib.parse import urljoin

from pydantic import ValidationError

from ...errors import show
from ...models.items import Image
from ...models.mapping import DATES, LISTS, PARTS, MappingSettings, advise_part
from ...models.messages import Origin, explain_errors
from ...models.places import ValuePath, as_text, to_text
from ...models.source import Source
from ...text.characters import is_blank
from ...text.generator_marks import GHOST_URL
from ...text.html import to_plain_text
from ...text.urls import is_relative_address
from .dates import MappingError
from .paths import Kind, flatten, is_empty

CELL_SEPARATORS = (";",)
_FALSE = ("false", "0")
_FLAGS = (*_FALSE, "no", "off")
_CELL_LISTS = LISTS - {"enclosures"}
_JOINED = ("content", "summary")
"""The fields that join several values into one text."""
NEVER_FALSE = ("link", "image", "enclosures")
"""The fields in which false and 0 mean that there is no value."""
ADDRESSES = ("link", "image", "url")
"""The fields, and parts of fields, that are addresses."""


def take_simple(field: str, value: Any) -> str | int | datetime | None:
    """Return a value that needs no conversion, or None if it may need one."""
    if type(value) is MethodType:
        value = value()
    if type(value) is str:
        is_flag = field in LISTS and as_text(value) in _FLAGS
        return None if is_flag or is_blank(value) or (field in NEVER_FALSE and "/" not in value) else value
    is_known = (field == "id" and type(value) is int) or (field in DATES and type(value) is datetime)
    return value if is_known else None


def find_kind(name: str) -> Kind:
    """Return the kind of a field, or of a part of a field."""
    return "date" if name in DATES else "address" if name.rpartition(".")[2] in ADDRESSES else "text"


def convert(
    name: str,
    value: Any,
    settings: MappingSettings,
    look_up: Callable[[str, Any], Any] | None = None,
    *,
    is_table: bool = False,
) -> list[Any]:
    """Return the values of a field, or of a part of a field. `look_up` replaces a key with values of other records.

    If `is_table` is set, the record is a row of CSV or of a spreadsheet, in which a list is one text.
    """
    field = name.partition(".")[0]
    if not look_up and is_none(name, value, settings):
        return []
    separators = settings.split.get(field, CELL_SEPARATORS if is_table and field in _CELL_LISTS else None)
    if is_table and field in _CELL_LISTS and (texts := _decode_list(value)) is not None:
        value, separators = texts, None
    values = flatten([value])
    if separators and isinstance(value, (list, tuple)):  # the texts of a list may contain spaces
        separators = tuple(one for one in separators if one.strip())
    if not look_up:
        values = [_convert_markup(one, name, settings) for one in values]
    values = [part for one in values for part in split_text(one, separators)]
    if look_up:
        values = flatten(look_up(name, one) for one in values if not _is_absent(name, one))
        values = [_convert_markup(one, name, settings) for one in values]
    words = settings.values.get(name, {})
    if words:
        values = [words.get(as_text(one), one) for one in values or [None]]
    return [one for one in values if not _is_absent(name, one)]


def _decode_list(value: Any) -> list[str] | None:
    """Return the texts of a JSON list, as some programs write it into a cell."""
    with suppress(ValueError, RecursionError):
        found = json.loads(value) if isinstance(value, str) and value.startswith("[") else None
        return found if isinstance(found, list) and all(isinstance(one, str) for one in found) else None
    return None


def is_none(name: str, value: Any, settings: MappingSettings, words: Collection[str] = _FALSE) -> bool:
    """Return whether a single value in place of a list is one of some words for "none"."""
    if name.partition(".")[0] not in LISTS or not isinstance(value, (str, int, float)):
        return False
    return (text := as_text(value)) in words and text not in settings.values.get(name, {})


def find_separators(path: ValuePath, settings: MappingSettings) -> tuple[str, ...]:
    """Return the separators of the values in a column."""
    fields = [name for name, places in settings.places.items() if path in places]
    return next((settings.split[name] for name in fields if name in settings.split), CELL_SEPARATORS)


def split_text(value: Any, separators: tuple[str, ...] | None) -> list[Any]:
    """Return the parts of a text between separators, without blank parts."""
    if not separators or not isinstance(value, str):
        return [value]
    for separator in separators[1:]:
        value = value.replace(separator, separators[0])
    return [part.strip() for part in value.split(separators[0]) if part.strip()]


def _is_absent(name: str, value: Any) -> bool:
    if isinstance(value, Mapping) and name in PARTS:
        known = [one for part, one in value.items() if part in PARTS[name].model_fields]
        return not value or (bool(known) and all(map(is_empty, known)))
    return is_empty(value) or (name in NEVER_FALSE and as_text(value) in _FALSE)


def lacks_part(field: str, value: Any) -> bool:
    """Return whether a value is a table without a part that the field needs, such as the address of an enclosure."""
    if field not in PARTS or not isinstance(value, Mapping):
        return False
    return any(part.is_required() and name not in value for name, part in PARTS[field].model_fields.items())


def _convert_markup(value: Any, name: str, settings: MappingSettings) -> Any:
    """Convert every text in a value to HTML for `content`, and to plain text for all other fields."""
    if not settings.markups:
        return value
    if isinstance(value, Mapping):
        return {key: _convert_markup(one, f"{name}.{key}", settings) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_convert_markup(one, name, settings) for one in value]
    names = (name, name.partition(".")[0], f"{name}.name")  # a text is a name: `authors: [Ines]`
    mark = next((settings.markups[one] for one in names if one in settings.markups), None)
    unchanged = "html" if name == "content" else "plain"
    if mark in (None, unchanged) or not isinstance(value, str):
        return value
    if mark == "markdown":
        from ..markdown import render_html

        value = render_html(value)
    elif mark == "plain":
        return _make_paragraphs(value)
    return value if name == "content" else to_plain_text(value)


def _make_paragraphs(text: str) -> str:
    paragraphs = [part.strip() for part in text.replace("\r\n", "\n").split("\n\n")]
    return "".join(f"<p>{escape(part, quote=False)}</p>".replace("\n", "<br>") for part in paragraphs if part)


def fit(name: str, values: list[Any]) -> Any:
    """Return the value of a field, or of a part of a field: a list, one value, or None."""
    field, _, part = name.partition(".")
    if values and all(type(one) is str for one in values) and (field in LISTS or len(values) == 1):
        return values if field in LISTS else values[0]
    values = [_fit_one(field, part, one) for one in values]
    if not values:
        return None
    if field in LISTS:
        return values
    if field in _JOINED and len(values) > 1 and all(isinstance(one, str) for one in values):
        return "\n\n".join(values)
    return values[0]


def _fit_one(field: str, part: str, value: Any) -> Any:
    """Keep only the known parts of a table. Convert a number to text if the field is a text.

    JSON-LD can write a value as `{"@value": "Fair"}`, and an address or a status as `{"@id": "..."}`.
    """
    if isinstance(value, Mapping) and (part or field not in PARTS):
        value = next((value[key] for key in ("@value", "@id") if isinstance(value.get(key), str)), value)
    if isinstance(value, Mapping) and field in PARTS and not part:
        return {key: one for key, one in value.items() if key in PARTS[field].model_fields and not is_empty(one)}
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _NO_TEXT
    return to_text(value) if is_number and (part or field) in _TEXTS else value


_NO_TEXT = 1e300
"""Numbers of this size and larger are not converted to text: they are probably mistakes."""
_TEXTS = frozenset(
    {"title", "summary", "content", "topics", "tags", "authors", "location", "organizer", "name", "address"}
)


def add_default_parts(field: str, parts: dict[str, Any], settings: MappingSettings, *, is_single: bool) -> None:
    """Add the defaults of the parts that a record lacks. Several authors do not get the e-mail address of a default."""
    is_single = is_single and all(len(values) == 1 for values in parts.values())
    for name, value in settings.defaults.items():
        owner, _, part = name.partition(".")
        given = {part: value} if part else value if isinstance(value, Mapping) else {}
        for key, one in given.items() if owner == field else ():
            if is_single or key != "email":
                parts.setdefault(key, [one])


def combine_parts(field: str, parts: Mapping[str, Any], own: Collection[str]) -> Any:
    """Return the table of a field whose parts are given, or a list of tables. Raises MappingError.

    A single value belongs to all tables. But two authors do not share an e-mail address: they share only the parts that
    are not in `own`.
    The address of a place without a name becomes its name.
    """
    if field == "location" and "address" in parts and "name" not in parts:
        return {"name" if name == "address" else name: one for name, one in parts.items()}
    if field not in LISTS:
        return dict(parts)
    size = max(len(values) for values in parts.values())
    for part, values in parts.items():
        if len(values) not in (size, size if field == "authors" and part in own else 1):
            counts = " and ".join(f"{len(one)} of {name}" for name, one in parts.items())
            raise MappingError(field, f"has {counts} (give the same number of each)")
    return [{name: one[n if len(one) > 1 else 0] for name, one in parts.items()} for n in range(size)]


def has_relative_address(fields: Mapping[str, Any]) -> bool:
    """Return whether the link or image of an item has a relative address."""
    image = fields.get("image")
    given = [fields.get("link"), image.get("url") if isinstance(image, Mapping) else image]
    return any(complete_address(one, "https://a.invalid/") != one for one in given)


def list_addresses(fields: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield each address except the link: its field, the table that holds it, and its key in this table."""
    for name, value in list(fields.items()):
        for one in value if name in LISTS and isinstance(value, list) else [value]:
            if isinstance(one, dict) and "url" in one:
                yield name, one, "url"
            elif name == "image":
                yield name, fields, name


def complete_address(value: Any, base: str, site: str = "") -> Any:
    """Return an absolute address. A text that is not a relative address is returned unchanged.

    `site` is the address of the site, if `base` is another address.
    """
    if isinstance(value, str) and value.startswith(GHOST_URL):
        value, base = value.removeprefix(GHOST_URL), site or base
    if not isinstance(value, str) or not base:
        return value
    try:
        return urljoin(base, value.strip()) if is_relative_address(value, base) else value
    except ValueError:
        return value


_NO_IMAGE = "; the item is published without the image"


def drop_image_faults(fields: dict[str, Any], source: Source, form: str) -> str:
    """Remove the parts of an image that cannot be used, or the image if it has no usable address. Return a warning."""
    image = fields["image"]
    table = {"url": image} if isinstance(image, str) else image
    if not isinstance(table, Mapping) or "url" not in table:
        del fields["image"]
        advice = advise_part(("image", "url"), "src", source)
        reason = "has no address" + (f" ({advice})" if advice else "")
        return f"{reason if isinstance(table, Mapping) else f'{show(image)} is not an address'}{_NO_IMAGE}"
    try:
        Image.model_validate(table)
    except ValidationError as error:
        found = [(str(place[0]), text) for place, text in explain_errors(error, Image, Origin(form))]
        kept = {name: one for name, one in table.items() if name not in dict(found)}
        reason = "; ".join(text if isinstance(image, str) else f"{name}: {text}" for name, text in found)
        if "url" in kept:
            fields["image"] = kept
            return f"{reason}; the image is published without it"
        del fields["image"]
        return f"{reason}{_NO_IMAGE}"
    return ""
