"""RSS 2.0, as the RSS Advisory Board's profile asks for it. Descriptions are HTML, all else is plain text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from functools import partial
from html import escape

from ..cleaning import uri
from ..describing import title
from ..flow import Entry, Feed
from ..models import Enclosure
from ._events import add_event, attachment, body
from ._feedgen import ATOM, DC, Channel, Item

# `<` before any of these opens a tag for readers that take plain text as HTML.
_TAG = re.compile("<[A-Za-z/!?]")
_PLAIN = re.compile(rb"<(title|category|copyright|dc:creator|managingEditor)( [^<>]*)?>[^<]*&[^<]*</")


def rss(feed: Feed, url: str, sisters: Sequence[tuple[str, str]]) -> bytes:
    """Spell a feed that is served at `url`, and in other formats at `sisters`."""
    channel = Channel(feed)
    channel.title(_plain(feed.title))
    channel.description(_plain(feed.description or feed.title))
    channel.link(href=uri(url), rel="self", type="application/rss+xml")
    for sister, media_type in sisters:
        attributes = {"href": uri(sister), "rel": "alternate", "type": media_type}
        channel.extra.add(f"{{{ATOM}}}link", attributes=attributes)
    channel.extra.add("lastBuildDate", _rfc822(feed.updated))
    if feed.author.email:
        name = feed.author.name.replace("(", "[").replace(")", "]")
        channel.managingEditor(f"{feed.author.email} ({name})")
    else:
        channel.extra.add(f"{{{DC}}}creator", feed.author.name)
    if feed.logo:
        channel.logo(uri(feed.logo))
    channel.link(href=uri(feed.page), rel="alternate")  # last: feedgen makes the last link the channel's
    head, entries, tail = channel.spell(feed, "rss", _item, partial(_PLAIN.sub, _hexadecimal))
    return b"".join([_referenced(head), *entries, tail])


def _item(entry: Entry, feed: Feed) -> Item:
    item, own = Item(entry, _plain(title(entry, feed)), spell=uri), attachment(entry, feed)
    item.link(href=uri(entry.link), rel="alternate")
    links = "".join(map(_link, entry.enclosures[1:]))
    summary, content = escape(entry.summary or "", quote=False), body(entry, feed, own) or ""
    if content:
        content += links
    else:
        summary += links
    if summary:
        item.description(summary)
    if content:
        item.content(content)
    for file in [*entry.enclosures, *([own] if own else [])][:1]:
        item.link(href=uri(file.url), rel="enclosure", type=file.type, length=str(file.length or 0))
    for author in entry.authors:
        item.extra.add(f"{{{DC}}}creator", author.name)
    if entry.language and entry.language != feed.language:
        item.extra.add(f"{{{DC}}}language", entry.language)
    item.extra.add("pubDate", _rfc822(entry.published))
    add_event(item, entry)
    return item


def _link(file: Enclosure) -> str:
    """Name an enclosure after the first in the body: an RSS item has room for one."""
    name = file.title or file.url.rstrip("/").rpartition("/")[2]
    return f'<p><a href="{escape(uri(file.url))}" rel="noopener noreferrer">{escape(name)}</a></p>'


def _plain(text: str) -> str:
    """Escape a text once more where a reader that takes it as HTML would find a tag."""
    return escape(text, quote=False) if _TAG.search(text) else text


def _rfc822(moment: datetime) -> str:
    """Spell a date in English, with four digits of the year and a numeric offset."""
    return format_datetime(moment)


def _referenced(head: bytes) -> bytes:
    """Write `&` and `<` of plain texts of a channel as hexadecimal references, as the profile asks for."""
    start, description, rest = head.partition(b"<description>")
    text, end, rest = rest.partition(b"</description>")
    return _PLAIN.sub(_hexadecimal, start) + description + _swapped(text) + end + _PLAIN.sub(_hexadecimal, rest)


def _hexadecimal(found: re.Match[bytes]) -> bytes:
    tag, close, text = found[0].partition(b">")
    return tag + close + _swapped(text)


def _swapped(text: bytes) -> bytes:
    return text.replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;")
