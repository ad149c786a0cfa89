"""The settings of a source that map fields to places in records of other systems, and advice about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import chain
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, PlainValidator, StringConstraints, WithJsonSchema

from ..errors import nearest, show
from .dates import find_zone
from .fields import Model, Text, is_absent
from .items import FIELDS, Enclosure, Image, Person, Place
from .places import ValuePath, ValuePlace, as_text, list_paths, parse_path, parse_place

T = TypeVar("T")

PARTS = dict[str, type[Model]](authors=Person, enclosures=Enclosure, image=Image, location=Place, organizer=Person)
"""The fields that have parts."""
LISTS = frozenset({"topics", "tags", "authors", "enclosures", "except"})
DATES = ("published", "updated", "start", "end", "except")
FLAGS = ("all_day", "open_end")
_FORMS = ("iso", "unix", "unix-ms")


def check_field(name: str) -> str:
    """Check the name of a field, or of a part of a field such as `location.name`. Raises ValueError."""
    field, dot, part = name.partition(".")
    if field in FIELDS and (not dot or (field in PARTS and part in PARTS[field].model_fields)):
        return name
    if field in MappingSettings.model_fields:
        raise ValueError(f"{field} is a setting of the source: put it above [sources.fields]")
    known = [f"{one}.{inner}" for one, model in PARTS.items() for inner in model.model_fields] if dot else FIELDS
    raise ValueError(f"unknown field{nearest(name, known) or ' (name a field of items, such as title)'}")


def _check_valued(name: str) -> str:
    return name if name in FLAGS else check_field(name)


def _check_list(name: str) -> str:
    if check_field(name) not in LISTS:
        raise ValueError(f"is not a list (split only {', '.join(sorted(LISTS - {'enclosures'}))})")
    return name


def _check_date(name: str) -> str:
    if name not in DATES:
        hint = nearest(name, DATES) or f" (known: {', '.join(DATES)})"
        raise ValueError(f"{show(name)} is not a date field{hint}")
    return name


def _check_place(value: object) -> str | tuple[str, ...]:
    places: list[Any] = list(value) if isinstance(value, (list, tuple)) else [value]
    if not places or not all(isinstance(one, str) for one in places):
        raise ValueError(f"{show(value)} is not a path (write a path such as title.rendered, or a list of paths)")
    for one in places:
        parse_place(one)
    return tuple(places) if isinstance(value, (list, tuple)) else str(value)


def _check_paths(value: tuple[str, ...]) -> tuple[str, ...]:
    for path in value:
        parse_path(path)
    return value


def _check_items(value: object) -> str | tuple[str, ...]:
    return value if value == "." and isinstance(value, str) else _check_place(value)


def _flatten(value: object, *, is_leaf: Callable[[Mapping[str, Any]], bool] = lambda _: False) -> object:
    """Write nested tables with dotted names: `{location: {name: x}}` becomes `{location.name: x}`."""
    if not isinstance(value, Mapping):
        return value
    flat: dict[str, Any] = {}
    for name, inner in value.items():
        is_table = isinstance(inner, Mapping) and inner and not is_leaf(inner)
        found = _flatten(inner, is_leaf=is_leaf) if is_table else None
        flat |= {f"{name}.{part}": one for part, one in found.items()} if isinstance(found, dict) else {name: inner}
    return flat


def _is_words(value: Mapping[str, Any]) -> bool:
    return not any(isinstance(inner, Mapping) for inner in value.values())


def _is_lookup(value: Mapping[str, Any]) -> bool:
    return any(not isinstance(inner, Mapping) for inner in value.values())


def _read_conditions(value: object) -> object:
    flat = _flatten(value)
    if not isinstance(flat, dict):
        return value
    for path in flat:
        parse_path(path)
    return {path: tuple(map(as_text, one if isinstance(one, (list, tuple)) else [one])) for path, one in flat.items()}


def _to_tuple(value: object) -> object:
    texts = (value,) if isinstance(value, str) else value
    if not isinstance(texts, (list, tuple)) or not all(isinstance(one, str) for one in texts):
        raise ValueError(f"{show(value)} is not text (write one text, or a list of texts)")
    return tuple(texts)


def _check_switch(value: object) -> object:
    if not isinstance(value, bool):
        raise ValueError(f"{show(value)} is not true or false (write it without quotes)")
    return value


def _check_parts(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in fields:
        field, dot, _ = name.partition(".")
        if dot and field in fields:
            raise ValueError(f"has both {field} and {name} (map the field, or its parts)")
    return fields


def check_date_format(value: str) -> str:
    """Check a date format: `iso`, `unix`, `unix-ms`, or a format for `strptime`. Raises ValueError."""
    is_wrong = False
    try:
        datetime.strptime("", value)  # noqa: DTZ007 - only the format is checked
    except ValueError as error:
        is_wrong = "bad directive" in str(error) or "stray" in str(error)
    if is_wrong or ("%" not in value and value not in _FORMS):
        guess = nearest(value, _FORMS) or " (write it as for strptime, such as %d/%m/%Y)"
        raise ValueError(f"{show(value)} is not a date format{guess}")
    return value


def _read_by_date(value: object, read: Callable[[object], T]) -> dict[str, T]:
    """Return the setting of each date field; the setting of all other date fields has the key ""."""
    found = value if isinstance(value, Mapping) else {"": value}
    return {name and _check_date(name): read(one) for name, one in found.items()}


def _read_date_formats(value: object) -> tuple[str, ...]:
    given = (value,) if isinstance(value, str) else value
    if not isinstance(given, (list, tuple)) or not given or not all(isinstance(one, str) for one in given):
        raise ValueError(f'{show(given)} is not a date format (write one such as "%d/%m/%Y", or a list)')
    return tuple(map(check_date_format, given))


def _check_zone_name(value: object) -> str:
    if not (zone := find_zone(value)):
        raise ValueError(f"unknown time zone {show(value)} (write a name such as Europe/Brussels)")
    return zone


def _check_language(value: str) -> str:
    from babel import Locale, UnknownLocaleError

    try:
        Locale.parse(value.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        raise ValueError(f"{show(value)} is not a known language (write a tag such as de or pt-BR)") from None
    return value


FieldName = Annotated[str, AfterValidator(check_field)]
_PLACE = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
_TEXTS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
_BY_FIELD = {"type": "object", "propertyNames": {"enum": list(DATES)}}
PlaceSetting = Annotated[Any, PlainValidator(_check_place), WithJsonSchema(_PLACE)]
"""A path, a pattern of text, or a list of them."""
ItemsSetting = Annotated[Any, PlainValidator(_check_items), WithJsonSchema(_PLACE)]
Texts = Annotated[
    tuple[Annotated[str, StringConstraints(min_length=1, strip_whitespace=False)], ...], BeforeValidator(_to_tuple)
]
"""One text, or a list of them."""


class Lookup(Model):
    """A join: replaces keys in a field with values of the records that have these keys, such as author ids by names."""

    items: ItemsSetting = "."
    """Where the other records are."""
    key: PlaceSetting
    value: PlaceSetting
    path: Text | None = None
    """The file with the other records, relative to the site file. Default: the file of the record."""


class MappingSettings(Model):
    """How records of other systems become items."""

    fields: Annotated[
        Mapping[FieldName, PlaceSetting],
        BeforeValidator(_flatten),
        AfterValidator(_check_parts),
        WithJsonSchema({"type": "object", "additionalProperties": {"anyOf": [*_PLACE["anyOf"], {"type": "object"}]}}),
    ] = {}
    """Maps our fields, or parts of them, to places in records of other systems. If set, only mapped fields are read."""
    defaults: Mapping[FieldName, Any] = {}
    """Values for fields that are absent in a record."""
    items: ItemsSetting | None = None
    """Where the records are in a file. `.` means that the file is one record."""
    each: Annotated[Texts, AfterValidator(_check_paths), WithJsonSchema(_TEXTS)] = ()
    """A list in each record. Each element becomes a record. The n-th elements of several lists become one record."""
    only: Annotated[Mapping[str, Any], BeforeValidator(_read_conditions)] = {}
    """Allowed values by path. A record is only read if every path has one of its allowed values."""
    skip: Annotated[Mapping[str, Any], BeforeValidator(_read_conditions)] = {}
    """Excluded values by path. A record is skipped if any path has one of its excluded values."""
    drafts: Annotated[bool, BeforeValidator(_check_switch)] = False
    """Whether drafts are published."""
    values: Annotated[
        Mapping[Annotated[str, AfterValidator(_check_valued)], Mapping[str, Any]],
        BeforeValidator(lambda value: _flatten(value, is_leaf=_is_words)),
    ] = {}
    """Translations of words in records to values of our fields, by field."""
    split: Mapping[Annotated[str, AfterValidator(_check_list)], Texts] = {}
    """The separators of lists that are written as one text, by field. Default in CSV files and spreadsheets: `;`."""
    markup: Annotated[Mapping[FieldName, Literal["plain", "html", "markdown"]], BeforeValidator(_flatten)] = {}
    """The markup of texts, by field. Default: `content` is HTML, and all other fields are plain text."""
    html_fields: Annotated[Sequence[FieldName], AfterValidator(tuple)] = ()
    """Plain-text fields that contain HTML in this source, such as WordPress titles. They become plain text."""
    date_format: Annotated[
        Any,
        PlainValidator(lambda value: _read_by_date(value, _read_date_formats)),
        WithJsonSchema({"anyOf": [*_TEXTS["anyOf"], {**_BY_FIELD, "additionalProperties": _TEXTS}]}),
    ] = None
    """The format of dates that are not in ISO 8601, for `strptime`, such as `%d/%m/%Y`; or `iso`, `unix`, `unix-ms`."""
    date_language: Annotated[Text, AfterValidator(_check_language)] | None = None
    """The language of the names of months and days in dates."""
    timezone: Annotated[
        Any,
        PlainValidator(lambda value: _read_by_date(value, _check_zone_name)),
        WithJsonSchema({"anyOf": [{"type": "string"}, {**_BY_FIELD, "additionalProperties": {"type": "string"}}]}),
    ] = None
    """The time zone of dates, and of date-times without offset. Default: the site's time zone."""
    all_day: PlaceSetting | None = None
    """Where a record says that an event takes whole days."""
    open_end: PlaceSetting | None = None
    """Where a record says that the end of an event is open."""
    end_day: Literal["inclusive", "exclusive"] = "inclusive"
    """Whether a date or midnight in `end` is the last day of an event, or the day after it (`exclusive`)."""
    lookup: Annotated[
        Mapping[FieldName, Lookup], BeforeValidator(lambda value: _flatten(value, is_leaf=_is_lookup))
    ] = {}
    """Lookups by field: they replace keys with values of other records."""

    @cached_property
    def is_mapped(self) -> bool:
        """Whether records need any conversion."""
        given = self.model_dump(exclude_defaults=True, include=set(MappingSettings.model_fields))
        return any(not is_absent(value) for value in given.values())

    @property
    def lookup_paths(self) -> list[str]:
        """The files that lookups read."""
        return sorted({one.path for one in self.lookup.values() if one.path})

    @cached_property
    def markups(self) -> dict[str, str]:
        """The markup of each field, or part of a field, that has one: `markup` and `html_fields`."""
        return {**dict.fromkeys(self.html_fields, "html"), **self.markup}

    @cached_property
    def mapped_fields(self) -> dict[str, list[str]]:
        """For each field, its names in `fields`: the field itself, or its parts."""
        found: dict[str, list[str]] = {}
        for name in self.fields:
            found.setdefault(name.partition(".")[0], []).append(name)
        return found

    @cached_property
    def conditions(self) -> list[tuple[str, ValuePath, tuple[str, ...]]]:
        """The conditions of `only` and `skip`: name such as `only.status`, parsed path, and texts."""
        return [
            (f"{setting}.{path.strip()}", parse_path(path), texts)
            for setting, given in (("only", self.only), ("skip", self.skip))
            for path, texts in given.items()
        ]

    @cached_property
    def each_paths(self) -> list[ValuePath]:
        """The parsed paths of `each`."""
        return [parse_path(path) for path in self.each]

    @cached_property
    def draft_tables(self) -> list[ValuePath]:
        """The paths of the tables whose keys can mark a draft.

        These are the tables that contain the title, such as `attributes` for `attributes.title`, and the elements of
        `each`.
        """
        names = [path.names[:-1] for path in list_paths(self.places.get("title", ()))]
        names += [path.names for path in self.each_paths]
        return [parse_path(".".join(one[:size])) for one in names for size in range(1, len(one) + 1)]

    @cached_property
    def reported_places(self) -> dict[str, dict[str, tuple[ValuePlace, ...]]]:
        """All places that a run reports if no record has them, by group and setting."""
        places = {  # a missing title is reported for each record
            name: found for name, found in self.places.items() if name != "title" and list_paths(found)
        }
        return {"records": {name: (path,) for name, path, _ in self.conditions}, "items": places}

    @cached_property
    def keys(self) -> dict[str, tuple[str, ...]]:
        """For each mapped field, the top-level keys with which its paths may start. The preferred key is last."""
        found: dict[str, tuple[str, ...]] = {}
        for name, places in self.places.items():
            paths = list_paths(reversed(places))
            found[name.partition(".")[0]] = tuple(key for path in paths for key, _ in reversed(path.steps[0]))
        return found

    @cached_property
    def used_keys(self) -> frozenset[str]:
        """The top-level keys with which a path of any setting may start."""
        paths = [path for _, path, _ in self.conditions]
        paths += list_paths(chain.from_iterable(self.places.values()))
        return frozenset(key for path in paths for key, _ in path.steps[0])

    @cached_property
    def places(self) -> dict[str, tuple[ValuePlace, ...]]:
        """The parsed places of `fields`, and of the settings that are places."""
        found = {**self.fields, **{name: getattr(self, name) for name in FLAGS if getattr(self, name)}}
        return {name: parse_places(place) for name, place in found.items()}


def parse_places(value: str | tuple[str, ...]) -> tuple[ValuePlace, ...]:
    """Parse the value of a setting with places."""
    return tuple(parse_place(one) for one in ((value,) if isinstance(value, str) else value))


def advise_false(place: tuple[str | int, ...], given: object, source: MappingSettings | None) -> str:
    """Say how to drop a `false` that means "none" in a mapped source."""
    is_whole = len(place) == 1 or isinstance(place[-1], int)
    is_mapped = given is False and is_whole and source is not None and place[0] in source.fields
    return f'to drop it, set values.{place[0]} = {{ false = "" }} in [[sources]]' if is_mapped else ""


def advise_part(place: tuple[str | int, ...], key: str, source: MappingSettings | None) -> str:
    """Say how to map a part of a field, such as `authors.name`. `key` is the key of its value in a record."""
    if not source or len(place) < 2 or place[0] in source.lookup:
        return ""
    field, part = str(place[0]), f"{place[0]}.{place[-1]}"
    path = source.fields.get(field)
    if isinstance(path, str) and "{" not in path:
        such = "with the right key in" if key == "KEY" else "such as"
        return f'map {part} instead of {field}, {such} {part} = "{path}.{key}"'.replace('."', '"')
    if not any(name.startswith(f"{field}.") for name in source.fields):
        return ""
    verb = "correct fields." if part in source.fields else "map "
    return f"{verb}{part}, or set defaults.{part}, in [[sources]]"
