"""Messages: turn pydantic's errors into sentences that say what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from ..errors import count, nearest, show
from ..registry import TABLES
from .dates import ISO_EXAMPLES, NOT_ISO, explain_several
from .extensions import NO_EXTENSIONS, Extensions
from .items import FIELDS, Article, Item, Person, Place, is_event
from .mapping import LISTS, advise_false, advise_part
from .places import as_text
from .site import DeclaredFeed, FeedSettings, Site, Source

FieldPath = tuple[str | int, ...]
"""Names of fields, and positions (from 0) in lists."""

# Names of our fields in other systems. Messages suggest our names. Values are never guessed.
_ALIASES = {
    "author": "authors", "body": "content", "categories": "topics", "category": "topics", "date": "published",
    "description": "summary", "excerpt": "summary", "guid": "id", "headline": "title", "html": "content",
    "lang": "language", "modified": "updated", "name": "title", "permalink": "link", "place": "location",
    "pubdate": "published", "published_at": "published", "tag": "tags", "tz": "timezone", "url": "link",
    "venue": "location",
}  # fmt: skip
_SOURCE_ALIASES = {
    "data": "items", "dir": "path", "directory": "path", "file": "path", "filename": "path", "files": "path",
    "filter": "only", "folder": "path", "glob": "path", "map": "fields", "mapping": "fields", "pattern": "path",
    "records": "items", "root": "items", "separator": "split", "separators": "split", "sql": "query", "type": "format",
    "url": "path", "where": "only",
}  # fmt: skip
"""Other names for the keys of `[[sources]]`. Messages suggest our names."""
_BOUNDS = {"greater_than_equal": ("too small", "or more"), "less_than_equal": ("too large", "or less")}
_KINDS = {date: "a date", str: "text", bool: "a boolean", int: "a number", float: "a number", list: "a list",
          tuple: "a list"}  # fmt: skip
_MAPPINGS = {**dict.fromkeys(TABLES, "a group of columns"), "json": "an object", "jsonl": "an object",
             "site": "a table", "toml": "a table"}  # fmt: skip
"""The word for a mapping in each format. For other formats, the word is `mapping`."""
_DATES = ("published", "updated", "start", "end")
_TEXT_KEYS = ("rendered", "value", "text", "html", "name", "title", "#text")
"""The keys under which other systems store the text of a field."""
_TEXT_HINTS = {"database": "cast the column to text in the query", "python": "give a str"}
"""How to convert a number to text, for formats without quotes."""
_MAX_EXAMPLE_CHARS = 60


class Origin(NamedTuple):
    """Where a record was read. The advice in messages depends on the format of the source."""

    form: str = "python"
    """A source format of the registry, or `database`, `site` (the site file), `python`."""
    source: Source | None = None

    @property
    def fields_setting(self) -> str:
        """The name of the source's setting `fields` in messages."""
        return "fields" if self.form == "python" else "fields in [[sources]]"


class _Finding(NamedTuple):
    """An error of pydantic, and its place."""

    kind: str
    given: Any
    place: FieldPath
    context: Mapping[str, Any]
    message: str
    model: type[BaseModel]
    origin: Origin

    @property
    def name(self) -> str:
        """The name of the field, without positions in lists."""
        return next((part for part in reversed(self.place) if isinstance(part, str)), "")

    @property
    def described(self) -> str:
        """The value with its type."""
        return f"{show(self.given)} is {self.describe(self.given)}"

    def describe(self, value: object) -> str:
        """Name the type of a value in the words of the format."""
        if isinstance(value, Mapping):
            return _MAPPINGS.get(self.origin.form, "a mapping")
        return next(
            (words for kind, words in _KINDS.items() if isinstance(value, kind)), f"of type {type(value).__name__}"
        )


def validate_item(
    record: Any, origin: Origin | None = None, extensions: Extensions = NO_EXTENSIONS
) -> Item | list[tuple[FieldPath, str]]:
    """Validate a record. Return the item, or the place and message of each error."""
    model = extensions.find_model("event" if is_event(record) else "article")
    try:
        return model.model_validate(record)
    except ValidationError as error:
        return list(explain_errors(error, model, origin))


def explain_errors(
    error: ValidationError, model: type[BaseModel], origin: Origin | None = None
) -> Iterator[tuple[FieldPath, str]]:
    """Yield the place (field names, and positions from 0) and a sentence for each error."""
    origin = origin or Origin("site" if model is Site else "python")
    for raw in error.errors(include_url=False):
        place = tuple(part for part in raw["loc"] if part != "[key]" and not str(part).startswith("\ufdd0"))
        finding = _Finding(raw["type"], raw["input"], place, raw.get("ctx", {}), raw["msg"], model, origin)
        unknown = str(raw["loc"][-1]) if finding.kind == "extra_forbidden" else None
        yield place, _explain(finding) if unknown is None else _explain_unknown(finding, unknown)


def format_path(place: Iterable[str | int]) -> str:
    """Return a path as text, such as `enclosures[0].url`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")


def _explain(finding: _Finding) -> str:
    given = finding.given
    is_number = isinstance(given, (int, float)) and not isinstance(given, bool) and 0 <= given < 1e15
    if finding.kind == "value_error" and finding.name in _DATES and is_number:
        return f"{show(finding.given)} is not a date ({_advise_date(finding)})"
    if finding.name in ("start", "end") and isinstance(given, (list, tuple)):
        each = '"start"' if finding.name == "start" else '["start", "end"]'
        setting = f", or set each = {each} in the source" if finding.origin.source else ""
        return f"{show(given)} is a list (write one item for each date{setting})"
    if finding.kind in ("value_error", "inconsistent"):
        return finding.message.removeprefix("Value error, ")
    if finding.given is None and finding.kind not in ("missing", "literal_error"):
        return "is blank (remove it)"
    if explain := _EXPLANATIONS.get(finding.kind):
        return explain(finding)
    return f"{finding.message[:1].lower()}{finding.message[1:]} (found {show(finding.given)})"


def _explain_missing(finding: _Finding) -> str:
    source = finding.origin.source
    if source and source.fields and len(finding.place) == 1:
        path = source.fields.get(finding.name)
        if path is None and finding.name == "published" and "start" in source.fields:
            return "is missing, and this record has no start (an article needs published, an event needs start)"
        if path is None:
            return f"is missing (add it to {finding.origin.fields_setting})"
        setting = finding.origin.fields_setting.replace("fields", f"fields.{finding.name}", 1)
        paths = " or ".join(map(show, [path] if isinstance(path, str) else path))
        return f"is missing or blank in this record (fill in {paths}, or correct {setting})"
    advice = "add a date such as 2026-03-01" if finding.name in _DATES else advise_part(finding.place, "KEY", source)
    return f"is missing ({advice or 'add it'})"


def _explain_shape(finding: _Finding) -> str:
    """Explain that a value is not a mapping."""
    if finding.origin.form == "site" and (hint := _explain_table(finding)):
        return f"is {finding.describe(finding.given)}, not a table ({hint})"
    if not finding.place:
        if finding.origin.form == "python":
            return f"{show(finding.given)} is not an item (give a mapping or an object with attributes)"
        return f"{show(finding.given)} is not {finding.describe({})} (write the fields of an item, such as title)"
    model = _find_model(finding.place, finding.model)
    needed = " and ".join(name for name, field in model.model_fields.items() if field.is_required())
    text = "text or " if model in (Person, Place) else ""
    source, place = finding.origin.source, (*finding.place, "url")
    advice = advise_false(place, finding.given, source) or advise_part(place, "", source)
    message = f"{finding.described}, not {text}{finding.describe({})} with {needed or 'fields'}"
    return f"{message} ({advice})" if advice else message


def _explain_table(finding: _Finding) -> str:
    """Say how a table of the site file is written."""
    if finding.place == ("feeds",):
        is_list = isinstance(finding.given, (list, tuple))
        return "write [[feed]] to declare one feed" if is_list else "write [feeds], and its keys on the lines below"
    if finding.place in (("topics",), ("tags",)):
        example = "economy" if finding.name == "topics" else '"C++"'
        return f"write [{finding.name}.{example}] for each {finding.name[:-1]}"
    if finding.place[:1] in (("sources",), ("feed",)) and len(finding.place) == 2:
        return f"write [[{finding.name}]], and its keys on the lines below"
    if finding.name in ("fields", "defaults"):
        example = "headline" if finding.name == "fields" else "News"
        return f'write {finding.name} = {{ title = "{example}" }}'
    if finding.place != ("pages",) and (len(finding.place) != 2 or finding.place[0] not in ("topics", "tags")):
        return ""
    names = (str(part) if re.fullmatch(r"[a-z0-9-]+", str(part)) else f'"{part}"' for part in finding.place)
    return f"write [{'.'.join(names)}], and its keys on the lines below"


def _explain_text(finding: _Finding) -> str:
    """Explain that a value is not text."""
    source = finding.origin.source
    if isinstance(finding.given, Mapping):
        hint = _advise_mapping(finding, finding.given)
    elif isinstance(finding.given, (list, tuple)):
        key = finding.name if finding.place[0] in LISTS else f"{finding.name}.0"
        hint = advise_part(finding.place, key, source) or "write one text"
    else:
        usual = _TEXT_HINTS.get(finding.origin.form, "put it in quotes")
        hint = advise_false(finding.place, finding.given, source) or usual
    return f"{finding.described}, not text ({hint})"


def _advise_mapping(finding: _Finding, given: Mapping[str, object]) -> str:
    """Say how to get the text out of a mapping. Some systems have mappings for fields that are text here."""
    source = finding.origin.source
    place = ".".join(part for part in finding.place if isinstance(part, str))
    name = place if source and place in source.fields else finding.name
    keys = (*_TEXT_KEYS, *given) if source and source.fields else _TEXT_KEYS
    inner = next((key for key in keys if isinstance(given.get(key), str) and key[:1] != "@"), "")
    is_element = bool(source and source.fields) and len(finding.place) == 2 and isinstance(finding.place[1], int)
    if (
        not source
        or not inner
        or (len(finding.place) > 1 and not is_element and name != place)
        or finding.origin.form in (*TABLES, "python")
    ):
        return (advise_part(finding.place, f"{finding.name}.{inner}", source) if inner else "") or "write one text"
    given_path = source.fields.get(name, name)
    path = f"{given_path if isinstance(given_path, str) else given_path[-1]}.{inner}"
    return f'to take its text, set fields = {{ {name} = "{path}" }} in [[sources]]'


def _explain_list(finding: _Finding) -> str:
    given, name = finding.given, finding.name
    if finding.place in (("sources",), ("feed",)):
        instead = f" instead of [{name}]" if isinstance(given, Mapping) else ", and its keys on the lines below"
        return f"is {finding.describe(given)}, not a list of tables (write [[{name}]]{instead})"
    return f"{finding.described}, not a list ({_advise_list(finding)})"


def _advise_list(finding: _Finding) -> str:
    given, name, source = finding.given, finding.name, finding.origin.source
    is_default = source is not None and source.defaults.get(name) is given
    if finding.origin.form in TABLES and not is_default:
        is_file = name == "enclosures"
        advice = "s enclosures.url and enclosures.type" if is_file else f" {name}, and put ; between its values"
        return f"name the column{advice}"
    if isinstance(given, Mapping) or as_text(given) in ("false", "0"):
        return "put it in a list" if isinstance(given, Mapping) else "remove it"
    if name == "enclosures":
        return "write a list, each entry with url and type"
    if not isinstance(given, str):
        return 'write ["...", "..."]'
    if finding.origin.form == "database":
        separator = next((one for one in ";,|" if one in given), ";")
        return f'select a JSON list, or set split.{name} = "{separator}" in [[sources]]'
    parts = [given] if name == "authors" else re.split("[,;]", given)
    example = json.dumps([part.strip() for part in parts if part.strip()], ensure_ascii=False)
    return f"write {example}" if len(example) <= _MAX_EXAMPLE_CHARS else 'write ["...", "..."]'


def _explain_blank(finding: _Finding) -> str:
    return "is blank (remove it)" if isinstance(finding.place[-1], int) else "is blank (write some text)"


def _explain_whole_number(finding: _Finding) -> str:
    given = finding.given
    is_number = isinstance(given, str) and given.strip().isdecimal()
    hint = f"write {given.strip()} without quotes" if is_number else "write only digits, such as 50"
    return f"{show(given)} is not a whole number ({hint})"


def _explain_literal(finding: _Finding) -> str:
    known = re.findall("'([^']*)'", str(finding.context["expected"]))
    if finding.place == ("kind",):
        known = ["article", "event"]
    guess = nearest(finding.given if isinstance(finding.given, str) else "", known)
    hint = guess or f" (known: {', '.join(known)})"
    if finding.name == "status" and finding.origin.source and finding.origin.source.fields:
        hint = f"{hint.removesuffix(')')}; for other words, set values.status in [[sources]])"
    return f"unknown value {show(finding.given)}{hint}"


def _explain_bound(finding: _Finding) -> str:
    word, side = _BOUNDS[finding.kind]
    return f"{show(finding.given)} is {word} (write {next(iter(finding.context.values())):.10g} {side})"


def _explain_too_long(finding: _Finding) -> str:
    most: int = finding.context["max_length"]
    if isinstance(finding.given, str):
        return f"{show(finding.given)} is too long (write at most {count('character', most)})"
    return f"has too many values (keep at most {most})"


def _explain_pattern(finding: _Finding) -> str:
    if finding.name == "email":
        return f"{show(finding.given)} is not an e-mail address (write one such as name@example.org)"
    example = "image/jpeg" if finding.place[0] == "image" else "audio/mpeg"
    return f"{show(finding.given)} is not a media type (write one such as {example})"


def _explain_date(finding: _Finding) -> str:
    text = finding.given.strip()
    return explain_several(text) or f"{show(text)} is not a date in ISO 8601 ({_advise_date(finding)})"


def _advise_date(finding: _Finding) -> str:
    """Say how to write a date, or which setting reads it. A long number counts seconds or milliseconds."""
    if not finding.origin.source or finding.origin.form == "python" or finding.name not in _DATES:
        return ISO_EXAMPLES
    digits = str(finding.given).strip().partition(".")[0]
    form = "" if not digits.isdecimal() else "unix" if 9 <= len(digits) <= 10 else "unix-ms" if len(digits) > 11 else ""
    day = "%d.%m.%Y" if str(finding.given).count(".") == 2 else "%d/%m/%Y"
    return f'{ISO_EXAMPLES}, or set date_format in [[sources]], such as "{form or day}"'


def _explain_unknown(finding: _Finding, name: str) -> str:
    model = _find_model(finding.place[:-1], finding.model)
    fields = [known.rstrip("_") for known in model.model_fields]
    if model is Article and name in FIELDS and name not in fields:
        if name == "start":
            return "is a field of events, but kind is article (remove kind, or remove start)"
        return "is a field of events (add start to make this an event, or remove the field)"
    aliases = _SOURCE_ALIASES if model is Source else _ALIASES
    if (meant := aliases.get(name.lower(), "")) in fields:
        return f'unknown field (did you mean "{meant}"?)'
    if model is FeedSettings and name in DeclaredFeed.model_fields:
        return f"unknown field ({name} belongs to one feed: write [[feed]] instead of [feeds])"
    if model is DeclaredFeed and name in FeedSettings.model_fields:
        return f"unknown field ({name} is the same for all feeds: write it below [feeds])"
    is_known = name == "items" or (model is Site and name in FeedSettings.model_fields)
    guess = "" if is_known else nearest(name, fields)
    return f"unknown field{guess or f' ({_advise_unknown(finding)})'}"


def _advise_unknown(finding: _Finding) -> str:
    if finding.origin.source and len(finding.place) == 1:
        if finding.name == "items":
            return 'if it has the items of the file, set items = "items" in [[sources]]'
        return f"remove it, or set {finding.origin.fields_setting} to read only some fields"
    if finding.model is Site and len(finding.place) == 1 and finding.place[0] in FeedSettings.model_fields:
        return "it is a setting of the feeds: write it below [feeds]"
    if finding.model is Site and finding.place[-1] in Site.model_fields:
        return "it belongs to the whole site: move it to the top, before the first table such as [[sources]]"
    return "remove it"


def _find_model(place: FieldPath, model: type[BaseModel]) -> type[BaseModel]:
    """Return the model that has the last field of a place."""
    for part in place:
        if part in model.model_fields:
            model = next(_list_models(model.model_fields[str(part)].annotation), model)
    return model


def _list_models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and hasattr(annotation, "model_fields"):  # Annotated has them, too
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _list_models(inner)


def _explain_number(finding: _Finding) -> str:
    example = "0.5" if finding.name == "max_shrink" else "50.85"
    return f"{show(finding.given)} is not a number (write a number such as {example})"


def _explain_switch(finding: _Finding) -> str:
    return f"{show(finding.given)} is not true or false (write true or false, without quotes)"


_EXPLANATIONS: dict[str, Callable[[_Finding], str]] = {
    "missing": _explain_missing,
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type", "mapping_type"), _explain_shape),
    **dict.fromkeys(("bool_parsing", "bool_type"), _explain_switch),
    **dict.fromkeys(("float_parsing", "float_type", "finite_number"), _explain_number),
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float"), _explain_whole_number),
    **dict.fromkeys(("too_long", "string_too_long"), _explain_too_long),
    "too_short": lambda _: "is empty (remove it, or name at least one)",
    "string_too_short": _explain_blank,
    "string_type": _explain_text,
    "literal_error": _explain_literal,
    "string_pattern_mismatch": _explain_pattern,
    **dict.fromkeys(("is_instance_of", "sequence_str", "list_type"), _explain_list),
    **dict.fromkeys(_BOUNDS, _explain_bound),
    NOT_ISO: _explain_date,
}
"""The function that explains each type of pydantic's errors."""
