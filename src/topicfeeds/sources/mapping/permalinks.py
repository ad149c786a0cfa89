"""Permalinks in front matter: placeholders of Jekyll and Hugo, such as `/:year/:title/`, and tags of templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, TypeGuard
from urllib.parse import quote

from ...errors import show
from .dates import MappingError

_DATES = {
    "year": "{:%Y}", "month": "{:%m}", "day": "{:%d}",
    "short_year": "{:%y}", "i_month": "{.month}", "i_day": "{.day}",
}  # fmt: skip
_PLACEHOLDER = re.compile(r":([a-z_]+)|\{[{%][^{}]{0,60}\}*")
_TEMPLATE = re.compile(
    r"\A(?:[^:]*/)?:[a-z_]|\A/.*:(?:title|slug|year|month|day|i_month|i_day|short_year|categories)(?![a-z_])|\{[{%]"
)


def is_template(link: Any) -> TypeGuard[str]:
    """Return whether a link is a path with placeholders, or has tags of a template, such as `{{ page.slug }}`."""
    return isinstance(link, str) and bool(_TEMPLATE.search(link))


def fill_in_permalink(template: str, record: Mapping[str, Any], file: Mapping[str, Any], day: date | None) -> str:
    """Return the path of a post, as Jekyll makes it. Raises MappingError for a placeholder without a value.

    `record` is the front matter, `file` has the values of the file, and `day` is the date of the post.
    """
    values = _list_values(record, file, day)

    def fill_in(found: re.Match[str]) -> str:
        if found[1] not in values:
            advice = 'write a pattern into fields.link, such as "/{file.year}/{file.slug}/"'
            raise MappingError("link", f"{show(found[0])} in {show(template)} has no value here ({advice})")
        return quote(values[found[1]], safe="/")

    return re.sub("/{2,}", "/", _PLACEHOLDER.sub(fill_in, template))


def _list_values(record: Mapping[str, Any], file: Mapping[str, Any], day: date | None) -> dict[str, str]:
    slug = str(record.get("slug") or file.get("slug") or "")
    categories = record.get("categories") or record.get("category") or ()
    names = categories.split() if isinstance(categories, str) else categories if isinstance(categories, list) else []
    dates = {name: form.format(day) for name, form in _DATES.items()} if day else {}
    return {
        **dates,
        "title": slug,
        "slug": slug.lower(),
        "categories": "/".join(dict.fromkeys(str(one).lower() for one in names)),
        "output_ext": ".html",
    }
