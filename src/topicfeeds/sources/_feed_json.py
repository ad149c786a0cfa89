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
from ._feed_nodes import strip_lead
from ._raw import RawRecord, Unreadable

_MAX_CHARS = 16 * 1024 * 1024
"""The limit of a feed, in characters. Decoded JSON takes twenty times as much memory as its text."""
_ATTACHMENT = {"url": "url", "type": "mime_type", "title": "title", "length": "size_in_bytes"}


def read_json_feed(text: str, source: Source, path: str) -> Iterator[RawRecord | Problem]:
    """Yield the items of a feed as records with our field names. Raises Unreadable."""
    if len(text) > _MAX_CHARS:
        raise Unreadable(1, f"has more than {_MAX_CHARS:,} characters (split the feed)")
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError):
        feed = {"version": "jsonfeed.org"}  # the JSON reader reports the error
    if not isinstance(feed, dict) or "jsonfeed.org" not in str(feed.get("version")):
        advice = 'for other JSON, set format = "json"'
        raise Unreadable(1, f"is not a JSON Feed: version does not contain jsonfeed.org ({advice})")
    for one in json_format.read(text, source, path):
        if isinstance(one, RawRecord) and isinstance(one.fields, Mapping):
            yield one._replace(fields=_map_item(one.fields, feed))
        else:
            yield one


def _map_item(item: Mapping[str, Any], feed: Mapping[str, Any]) -> dict[str, Any]:
    plain = item.get("content_text")
    if not isinstance(plain, str) or plain in (item.get("summary"), item.get("title")):
        plain = ""
    fields = {
        "id": item.get("id"),
        "title": item.get("title"),
        "link": item.get("url") or item.get("external_url"),
        "summary": item.get("summary"),
        "content": item.get("content_html") or format_paragraphs(escape(plain, quote=False)),
        "published": item.get("date_published") or item.get("date_modified"),
        "updated": item.get("date_modified"),
        "tags": item.get("tags"),
        "authors": _list_authors(item) or _list_authors(feed) or [one for one in [feed.get("title")] if one],
        "language": item.get("language") or feed.get("language"),
        "image": item.get("image") or item.get("banner_image"),
        "enclosures": [
            {ours: one.get(theirs) for ours, theirs in _ATTACHMENT.items()}
            for one in _list_tables(item.get("attachments"))
        ],
    }
    is_ours = isinstance(feed.get("_topicfeeds"), Mapping) and isinstance(item.get("_event"), Mapping)
    return fields | _read_event(item["_event"], fields) if is_ours else fields


def _read_event(event: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an event that topicfeeds published, without the date and the calendar file that it added."""
    return {
        **{name: event.get(name) for name in ("start", "end", "timezone", "status", "location")},
        "title": event.get("title") or fields["title"],
        "organizer": next(iter(_list_authors({"author": event.get("organizer")})), None),
        "content": strip_lead(str(fields["content"]), str(fields["summary"] or "")),
        "enclosures": [one for one in fields["enclosures"] if one["type"] != "text/calendar"],
    }


def _list_tables(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _list_authors(holder: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the authors. An address that starts with `mailto:` is an e-mail address."""
    people = []
    for one in _list_tables(holder.get("authors")) or _list_tables([holder.get("author")]):
        address = str(one.get("url") or "")
        email = address.removeprefix("mailto:")
        part = {"email": email} if email != address else {"url": address}
        people += [{"name": one["name"], **(part if address else {})}] if one.get("name") else []
    return people
