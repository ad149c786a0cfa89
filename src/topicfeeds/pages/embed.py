"""Parts for the publisher's own pages: links to a feed for the head, and a list of its entries and events."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ..entries.events import restore_times
from ..entries.model import Entry, EventDetails
from ..errors import ConfigError
from ..feeds.model import Selection
from ..models.items import Event
from ..models.schema_org import to_image, to_person, to_schema_org
from ..models.site import Site
from ..text.urls import to_uri
from .subscribe import PageMaker
from .templates import render


class Embed(NamedTuple):
    """HTML fragments for a page of the publisher. Threads may share them."""

    head: str
    """The links to a feed, for the head of the page."""
    body: str
    """The newest entries and the next events, with microformats and JSON-LD. It contains no executable script."""


def make_embed(one: Selection, site: Site, now: datetime | None) -> Embed:
    """Return the parts for a feed. Without `now`, there are no next events."""
    page = PageMaker({"all": one}, site, now).describe(f"{one.path}.html", one)
    if not site.pages and page.addresses:
        page = replace(page, url=page.addresses[0].url)
    entries = {shown.entry.id: shown.entry for shown in (*page.events, *page.newest)}
    data = {"@context": "https://schema.org", "@graph": [_describe(entry) for entry in entries.values()]}
    parts = (render(name, page, site.templates, data=data).decode() for name in ("embed-head", "embed-body"))
    return Embed(*(f"{part}\n" for part in parts))


def make_reservation(site: Site) -> str:
    """Return the file `/.well-known/tdmrep.json` of a site. Raises ConfigError if the site reserves nothing."""
    if site.tdm is None:
        message = 'the site file does not reserve the rights for text and data mining (add tdm = "reserved")'
        raise ConfigError(message=message)
    place = f"{urlsplit(to_uri(site.base)).path}*"
    return json.dumps([{"location": place, "tdm-reservation": 1}], indent=2) + "\n"


def _describe(entry: Entry) -> dict[str, Any]:
    """Return the JSON-LD of an entry."""
    image = entry.picture or entry.image
    if entry.event and not entry.notice:
        return _describe_event(entry, entry.event, image)
    fields: dict[str, Any] = {"@type": "Article", "@id": entry.id, "headline": entry.title, "url": entry.link}
    fields |= {"description": entry.summary, "image": to_image(image), "inLanguage": entry.language}
    fields |= {"datePublished": entry.published.isoformat(), "dateModified": entry.updated.isoformat()}
    fields["author"] = [to_person(person, "Person") for person in entry.authors]
    return {name: value for name, value in fields.items() if value}


def _describe_event(entry: Entry, event: EventDetails, image: Any) -> dict[str, Any]:
    previous = None
    start: date = event.next[0] if event.next else event.start
    zone = start.tzinfo if isinstance(start, datetime) else None
    if event.change and event.change.field == "start" and zone:
        previous = restore_times(event.change.before, zone).start
    facts: dict[str, Any] = {name: getattr(entry, name) for name in ("id", "title", "summary", "link", "language")}
    facts |= {"image": image, "start": start, "end": event.end and start + (event.end - event.start)}
    facts |= {"location": event.place, "organizer": event.organizer, "status": event.status}
    facts["tags"] = [category.label for category in entry.categories]
    return to_schema_org(Event.model_construct(**facts), previous)
