"""Atom 1.0 (RFC 4287). Titles and summaries are plain text, content is escaped HTML."""

from __future__ import annotations

from ..entries.model import Entry
from ..feeds.model import Feed
from ..models.dates import format_rfc3339
from ..text.urls import to_uri
from . import Alternates
from ._feedgen import START_ENTRY, XML, Dialect, ElementCalls, finish_channel, finish_entry, make_call, start_entry
from ._render import render_xml
from .body import make_content
from .event_text import format_title
from .render_cache import RenderCache

ATOM = Dialect("atom", "  <entry", "</feed>")
_START = make_call("start", id=None, title=None, updated=None)
_CONTENT = make_call("content", content=None, type="html")
_ENTRY_LANGUAGE = make_call("attributes", **{f"{{{XML}}}lang": None})


def render(feed: Feed, url: str, alternates: Alternates, cache: RenderCache) -> bytes:
    """Return the document of a feed that is served at `url`, and in other formats at `alternates`."""
    return render_xml(_make_channel(feed, url, alternates), feed, ATOM, _make_entry, feed.id, cache)


def _make_channel(feed: Feed, url: str, alternates: Alternates) -> ElementCalls:
    made = ElementCalls()
    made.call(_START, feed.id, feed.title, format_rfc3339(feed.updated))
    made.set("language", feed.language)
    made.person(feed.author)
    # The page comes first: some readers use the first link as the site's.
    made.link("alternate", to_uri(feed.page), type="text/html")
    for alternate, media_type in alternates:
        made.link("alternate", to_uri(alternate), type=media_type)
    made.link("self", to_uri(url), type="application/atom+xml")
    if feed.hub:
        made.link("hub", to_uri(feed.hub))
    # newsboat uses the last alternate link as the page. With hreflang, the second link to the page is valid (4.1.1).
    if alternates:
        made.link("alternate", to_uri(feed.page), type="text/html", hreflang=feed.language)
    made.set("logo", feed.logo and to_uri(feed.logo))
    made.set("rights", feed.rights)
    made.set("subtitle", feed.description)
    finish_channel(made, feed, ATOM)
    return made


def _make_entry(entry: Entry, feed: Feed, cache: RenderCache) -> ElementCalls:
    dates = format_rfc3339(entry.updated), format_rfc3339(entry.published)
    made = start_entry(entry, START_ENTRY, entry.id, format_title(entry, feed), *dates)
    for person in entry.authors:
        made.person(person)
    made.set("summary", entry.summary)
    content, files = make_content(entry, feed, cache)
    if content:
        made.call(_CONTENT, content)
    for file in files:
        length = None if file.length is None else str(file.length)
        made.link("enclosure", to_uri(file.url), type=file.type, title=file.title, length=length)
    if entry.language and entry.language != feed.language:
        made.call(_ENTRY_LANGUAGE, entry.language)
    finish_entry(made, entry, feed)
    return made
