"""Items from Python: models, mappings, ORM rows, anything with attributes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypedDict, Unpack

from ..errors import Problem, nearest, show
from ..models.fields import to_plain
from ..models.items import Article, Event
from ..models.site import Site, Source
from ._lookup_files import digest_lookups, load_index
from ._raw import RawRecord
from ._validate import RecordValidator
from .mapping.elements import add_key, find_items
from .mapping.reports import MappingReport, merge_reports
from .mapping.values import complete_address
from .model import Draft, FileContext, ItemLike, Page, Record, Unplaced

_NO_ITEM = "is not an item (give an Article, an Event, a mapping, or an object with attributes)"


def as_records(found: Iterable[ItemLike], site: Site) -> Iterator[Record | Page | Problem | Draft]:
    """Yield items made in Python as records. Their position (from 1) serves as their line.

    Records, pages, problems and drafts are passed on unchanged. The site's `url` completes relative links.
    """
    url, extensions = site.url, site.extensions
    validator = RecordValidator(Source(path="items").with_extensions(extensions), FileContext("items", url=url))
    for position, one in enumerate(map(_name_columns, found), 1):
        if isinstance(one, (Record, Page, Problem, Draft)):
            yield one
        elif isinstance(one, Unplaced):
            yield from one.place(url)
        elif isinstance(one, (Article, Event)):
            wrong = extensions.explain_class(one)
            yield Problem("items", position, "", wrong, item=position) if wrong else Record(one, "items", position)
        elif one is None or isinstance(one, (str, bytes, int, float, list, tuple)):
            yield Problem("items", position, "", f"{show(one)} {_NO_ITEM}", item=position)
        else:
            checked = validator.validate(RawRecord(_complete(one, url), position))
            yield from (each for each in checked if not isinstance(each, Unplaced))


class MappingOptions(TypedDict, total=False):
    """The settings of a source that say how records become items, as in the site file."""

    fields: Mapping[str, Any]
    defaults: Mapping[str, Any]
    items: str | Sequence[str]
    each: str | Sequence[str]
    only: Mapping[str, Any]
    skip: Mapping[str, Any]
    drafts: bool
    values: Mapping[str, Mapping[str, Any]]
    split: Mapping[str, str | Sequence[str]]
    markup: Mapping[str, str]
    html_fields: Sequence[str]
    date_format: str | Sequence[str] | Mapping[str, str | Sequence[str]]
    date_language: str
    timezone: str | Mapping[str, str]
    all_day: str | Sequence[str]
    open_end: str | Sequence[str]
    end_day: Literal["inclusive", "exclusive"]
    lookup: Mapping[str, Mapping[str, Any]]


def read_objects(
    objects: Any, *, name: str = "items", url: str = "", **options: Unpack[MappingOptions]
) -> Iterator[Record | Problem | Draft | Unplaced]:
    """Yield objects as records, for `publish`, `select` and `build`.

    `fields` maps our fields to dotted paths of attributes, keys or methods. Without `fields`, objects must use the
    names of our fields. `defaults` has values for absent fields. All options of `docs/mapping.md` work as in the site
    file. With `items`, `objects` is one document that contains the records. Relative addresses are resolved
    against `url` (default: the `url` of the site).

    Problems name an object by `name` and its position (from 1). Raises TypeError for an unknown option, and
    pydantic.ValidationError for a wrong value. The result is an iterator, so each thread needs its own.
    """
    if unknown := [one for one in options if one not in MappingOptions.__annotations__]:
        hint = nearest(unknown[0], MappingOptions.__annotations__)
        raise TypeError(f"read_objects has no argument {show(unknown[0])}{hint}")
    source = Source.model_validate({"path": name, **options})
    load = partial(load_index, base=Path(), digests=digest_lookups(source, Path()))
    validator = RecordValidator(source, FileContext(name, url=url or None, load_index=load))
    whole = objects if source.items or isinstance(objects, (list, tuple)) else None

    def place(raw: RawRecord, base: str) -> Iterator[Record | Problem | Draft]:
        found = validator.validate(raw._replace(fields=_complete(raw.fields, base)))
        return (one for one in found if not isinstance(one, Unplaced))

    def validate() -> Iterator[Record | Problem | Draft | Unplaced | MappingReport]:
        try:
            pairs = find_items(objects, source) if source.items else ()
            found = [add_key(one, key) for key, one in pairs] if source.items else to_plain(objects)
        except ValueError as error:
            yield Problem(name, 1, "", str(error), "unreadable")
            return
        for position, one in enumerate(found, 1):
            raw = RawRecord(_name_columns(one), position, whole=whole)
            if source.is_mapped or _complete(raw.fields, "https://a.invalid/") is raw.fields:
                yield from validator.validate(raw)
            elif url:
                yield from place(raw, url)
            else:
                yield Unplaced(partial(place, raw))
        yield from validator.report()

    return merge_reports(validate(), setting="of read_objects")


def _name_columns(one: Any) -> Any:
    """Return a named tuple, such as a row of SQLAlchemy, as a mapping, and everything else unchanged."""
    is_row = isinstance(one, tuple) and hasattr(one, "_asdict") and not isinstance(one, (Record, Draft, Unplaced))
    return one._asdict() if is_row else one


class _Completed:
    """An object with other values of some attributes."""

    def __init__(self, original: Any, changed: Mapping[str, Any]) -> None:
        self.__dict__.update(changed)
        self._original = original

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)


def _complete(one: Any, url: str) -> Any:
    """Return a record with absolute addresses of its link and image. If they are absolute, return it unchanged."""
    get = one.get if isinstance(one, Mapping) else partial(getattr, one)
    given = {name: to_plain(get(name, None)) for name in ("link", "image")}
    changed = {name: made for name, value in given.items() if (made := _complete_value(value, url)) != value}
    if not changed:
        return one
    return {**one, **changed} if isinstance(one, Mapping) else _Completed(one, changed)


def _complete_value(value: Any, url: str) -> Any:
    is_table = isinstance(value, Mapping) and "url" in value
    return {**value, "url": complete_address(value["url"], url)} if is_table else complete_address(value, url)
