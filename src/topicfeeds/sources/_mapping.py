"""Mapping: convert records of other systems to the fields of items, as the source says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from ..errors import show
from ..models.fields import is_absent
from ..models.site import Source
from ..text.html import to_plain_text

_DATES = ("published", "updated", "start", "end")


class MappingError(Exception):
    """A value does not have the form that the source declares."""

    def __init__(self, field: str, message: str) -> None:
        self.field, self.message = field, message


def map_record(record: Any, source: Source) -> Any:
    """Return a record with the field names of items. Raises MappingError.

    If the source has `fields`, only the mapped fields are read. Otherwise, all fields of the record are read.
    """
    if source.fields:
        record = {name: _follow_path(record, path) for name, path in source.places.items()}
    wanted = source.defaults or source.date_format or source.timezone or source.html_fields
    if not isinstance(record, Mapping) or not wanted:
        return record
    given = {name: value for name, value in record.items() if not is_absent(value)}
    zone = {"timezone": source.timezone} if source.timezone else {}
    fields = {**zone, **source.defaults, **given}
    for name in source.html_fields:
        if isinstance(fields.get(name), str):
            fields[name] = to_plain_text(fields[name])
    if source.date_format:
        for name in _DATES:
            if isinstance(fields.get(name), str):
                fields[name] = _parse_moment(fields[name], source.date_format, name)
    return fields


def _follow_path(value: Any, path: list[str]) -> Any:
    """Follow a path through mappings, objects and each element of lists. Methods are called."""
    for depth, name in enumerate(path):
        if type(value) is dict:
            value = value.get(name)
        elif isinstance(value, (list, tuple)):
            found = [_follow_path(element, path[depth:]) for element in value]
            lists = [one if isinstance(one, list) else [one] for one in found if one is not None]
            return [one for inner in lists for one in inner]
        else:
            value = value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
        if callable(value):
            value = value()
    return value


def _parse_moment(text: str, form: str, name: str) -> date | datetime:
    try:
        moment = datetime.strptime(text.strip(), form)  # noqa: DTZ007 - a missing zone is added later
    except ValueError:
        raise MappingError(
            name, f"{show(text)} does not match date_format {show(form)} (correct one of the two)"
        ) from None
    timed = any(f"%{letter}" in form for letter in "HIMScXfpz")
    return moment if timed else moment.date()
