"""JSON Feed 1.0 and 1.1: the items of a feed as records."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from ..errors import Problem
from ..models.site import Source
from ..text.html import format_paragraphs
from . import json as json_format
from ._raw import RawRecord, Unreadable

_MAX_CHARS = 16 * 1024 * 1024
"""The limit of a feed: JSON takes twenty times its size in memory."""


def read_json_feed(text: str, source: Source, path: str) -> Iterator[RawRecord | Problem]:
    """Yield the items of a feed, with the names of our fields. Raises Unreadable."""
    if len(text) > _MAX_CHARS:
        raise Unreadable(1, f"has more than {_MAX_CHARS:,} characters (split the feed)")
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError):
        feed = {"version": "jsonfeed.org"}  # the reader of JSON says what is wrong
    if not isinstance(feed, dict) or "jsonfeed.org" not in str(feed.get("version")):
        raise Unreadable(1, 'is not a JSON Feed: version does not name it (for other JSON, set format = "json")')
    for one in json_format.read(text, source, path):
        if isinstance(one, RawRecord) and isinstance(one.fields, Mapping):
            yield one._replace(fields=_map_item(one.fields, feed))
        elif isinstance(one, (RawRecord, Problem)):
            yield one


def _map_item(item: Mapping[str, Any], feed: Mapping[str, Any]) -> dict[str, Any]:
    plain = item.get("content_text")
    return {
        "id": item.get("id"),
        "title": item.get("title"),
        "link": item.get("url") or item.get("external_url"),
        "summary": item.get("summary"),
        "content": item.get("content_html")
        or (format_paragraphs(escape(plain, quote=False)) if isinstance(plain, str) else None),
        "published": item.get("date_published") or item.get("date_modified"),
        "updated": item.get("date_modified"),
        "tags": item.get("tags"),
        "authors": _list_authors(item) or _list_authors(feed) or [one for one in [feed.get("title")] if one],
        "language": item.get("language") or feed.get("language"),
        "image": item.get("image") or item.get("banner_image"),
        "enclosures": [_map_attachment(one) for one in item.get("attachments") or () if isinstance(one, Mapping)],
    }


def _list_authors(holder: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = holder.get("authors") or [holder.get("author")]
    return [
        {"name": one["name"], "url": one.get("url")} for one in found if isinstance(one, Mapping) and one.get("name")
    ]


def _map_attachment(one: Mapping[str, Any]) -> dict[str, Any]:
    names = {"url": "url", "type": "mime_type", "title": "title", "length": "size_in_bytes"}
    return {ours: one.get(theirs) for ours, theirs in names.items()}
