"""RSS 2.0, as the RSS Advisory Board's profile asks for it. Descriptions are HTML, all else is plain text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from html import escape

from ..entries.model import Entry
from ..feeds.model import Feed
from ..models.items import Enclosure
from ..text.urls import to_uri
from ._event_elements import add_event, make_attachment, make_body
from ._feedgen import ATOM, DC, Dialect, ElementCalls, start_entry
from ._templates import render_feed
from .event_text import format_title

# `<` before any of these opens a tag for readers that take plain text as HTML.
_TAG = re.compile("<[A-Za-z/!?]")
_PLAIN = frozenset({"title", "category", "copyright", "dc:creator", "managingEditor"})
RSS = Dialect("rss", "    <item>", "  </channel>", to_uri, _PLAIN, _PLAIN | {"description"})


def render(feed: Feed, url: str, alternates: Sequence[tuple[str, str]]) -> bytes:
    """Spell a feed that is served at `url`, and in other formats at `alternates`."""
    return render_feed(_make_channel(feed, url, alternates), feed, RSS, _make_item, to_uri(url))


def _make_channel(feed: Feed, url: str, alternates: Sequence[tuple[str, str]]) -> ElementCalls:
    made = ElementCalls()
    made.say("start id title updated=-", feed.id, _escape_tags(feed.title))
    made.say("language language", feed.language)
    if feed.rights:
        made.say("rights rights", feed.rights)
    made.say("description description", _escape_tags(feed.description or feed.title))
    made.say("link href rel=self type=application/rss+xml", to_uri(url))
    for alternate, media_type in alternates:
        made.say(f"add name={{{ATOM}}}link href rel=alternate type", to_uri(alternate), media_type)
    made.add("lastBuildDate", _format_rfc822(feed.updated))
    if feed.author.email:
        name = feed.author.name.replace("(", "[").replace(")", "]")
        made.say("managingEditor managingEditor", f"{feed.author.email} ({name})")
    else:
        made.add(f"{{{DC}}}creator", feed.author.name)
    if feed.logo:
        made.say("logo logo", to_uri(feed.logo))
    made.say("link href rel=alternate", to_uri(feed.page))  # last: feedgen makes the last link the channel's
    return made


def _make_item(entry: Entry, feed: Feed) -> ElementCalls:
    made, own = start_entry(entry, _escape_tags(format_title(entry, feed)), RSS), make_attachment(entry, feed)
    made.say("link href rel=alternate", to_uri(entry.link))
    links = "".join(map(_make_link, entry.enclosures[1:]))
    summary, content = escape(entry.summary or "", quote=False), make_body(entry, feed, own) or ""
    if content:
        content += links
    else:
        summary += links
    if summary:
        made.say("description description", summary)
    if content:
        made.say("content content", content)
    for file in [*entry.enclosures, *([own] if own else [])][:1]:
        made.say("link href rel=enclosure type length", to_uri(file.url), file.type, str(file.length or 0))
    for author in entry.authors:
        made.add(f"{{{DC}}}creator", author.name)
    if entry.language and entry.language != feed.language:
        made.add(f"{{{DC}}}language", entry.language)
    made.add("pubDate", _format_rfc822(entry.published))
    add_event(made, entry)
    return made


def _make_link(file: Enclosure) -> str:
    """Name an enclosure after the first in the body: an RSS item has room for one."""
    name = file.title or file.url.rstrip("/").rpartition("/")[2]
    return f'<p><a href="{escape(to_uri(file.url))}" rel="noopener noreferrer">{escape(name)}</a></p>'


def _escape_tags(text: str) -> str:
    """Escape a text once more where a reader that takes it as HTML would find a tag."""
    return escape(text, quote=False) if _TAG.search(text) else text


def _format_rfc822(moment: datetime) -> str:
    """Spell a date in English, with four digits of the year and a numeric offset."""
    return format_datetime(moment)
