"""JSON Feed 1.1. Titles and summaries are plain text, bodies are HTML. Each item is on a line of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ..entries.model import Entry, EventDetails
from ..feeds.model import Feed
from ..models.dates import format_rfc3339, to_whole_minutes
from ..models.items import Enclosure, Person, Place
from ..text.urls import to_uri
from . import Alternates
from .body import make_content
from .event_text import format_title
from .render_cache import RenderCache


def render(feed: Feed, url: str, alternates: Alternates, cache: RenderCache) -> bytes:
    """Return the document of a feed that is served at `url`, and in other formats at `alternates`."""
    own = {
        "id": feed.id,
        "updated": format_rfc3339(feed.updated),
        "rights": feed.rights,
        "license": feed.license and to_uri(feed.license),
        "alternates": [{"url": to_uri(address), "type": media_type} for address, media_type in alternates],
    }
    head = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": to_uri(feed.page),
        "feed_url": to_uri(url),
        "description": feed.description,
        "icon": feed.logo and to_uri(feed.logo),
        "authors": [_describe_person(feed.author)],
        "language": feed.language,
        "hubs": [{"type": "WebSub", "url": to_uri(feed.hub)}] if feed.hub else None,
        "_topicfeeds": _drop_empty(own),
    }
    items = ",".join(f"\n{_render_item(entry, feed, cache)}" for entry in feed.entries)
    return f'{_dump(head)[:-1]}, "items": [{items}\n]}}\n'.encode()


def _render_item(entry: Entry, feed: Feed, cache: RenderCache) -> str:
    """Return an entry as JSON. It is rendered once for all feeds."""
    return cache.get(entry, ("json", feed.language), lambda: _dump(_describe_item(entry, feed, cache)))


def _describe_item(entry: Entry, feed: Feed, cache: RenderCache) -> dict[str, Any]:
    title = format_title(entry, feed)
    plain = entry.title if entry.title != title else None
    body, files = make_content(entry, feed, cache)
    return {
        "id": entry.id,
        "url": to_uri(entry.link),
        "title": title,
        "content_html": body,
        "content_text": None if body else entry.summary or title,  # an item must have one of the two
        "summary": entry.summary,
        "image": entry.image and to_uri(entry.image),
        "date_published": format_rfc3339(entry.published),
        "date_modified": format_rfc3339(entry.updated),
        "authors": [_describe_person(person) for person in entry.authors],
        "tags": list(dict.fromkeys(category.label for category in entry.categories)),
        "language": entry.language if entry.language != feed.language else None,
        "attachments": [_describe_file(file) for file in files],
        "_image": entry.picture.model_dump(exclude={"url"}, exclude_none=True) if entry.picture else None,
        "_event": _describe_event(entry.event, plain) if entry.event and not entry.notice else None,
    }


def _describe_person(person: Person) -> dict[str, str]:
    address = person.url or (f"mailto:{person.email}" if person.email else None)
    return {"name": person.name, **({"url": to_uri(address)} if address else {})}


def _describe_file(file: Enclosure) -> Mapping[str, object]:
    fields = {"url": to_uri(file.url), "mime_type": file.type, "title": file.title}
    return _drop_empty(fields) | ({} if file.length is None else {"size_in_bytes": file.length})


def _describe_event(event: EventDetails, title: str | None) -> Mapping[str, object]:
    """Return our extension: the facts of an event, which feeds otherwise only have as text.

    `title` is the title of the event, if the title of the item also has the status, the date or the place.
    """
    zone = event.start.tzinfo if isinstance(event.start, datetime) else None
    return _drop_empty(
        {
            "title": title,
            "start": _format_moment(event.start),
            "end": event.end and _format_moment(event.end),
            "timezone": zone.key if isinstance(zone, ZoneInfo) else None,
            "next": [_format_moment(moment) for moment in event.next],
            "status": event.status,
            "location": event.place and _describe_place(event.place),
            "organizer": event.organizer and _describe_person(event.organizer),
        }
    )


def _describe_place(place: Place) -> Mapping[str, object]:
    point = dict(zip(("latitude", "longitude"), map(float, place.point or ()), strict=False))
    fields = {"name": place.name, "address": place.address, "url": place.url and to_uri(place.url)}
    return _drop_empty(fields) | point


def _format_moment(moment: date) -> str:
    return format_rfc3339(to_whole_minutes(moment)) if isinstance(moment, datetime) else moment.isoformat()


def _drop_empty(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


def _dump(fields: Mapping[str, object]) -> str:
    return json.dumps(_drop_empty(fields), ensure_ascii=False)
