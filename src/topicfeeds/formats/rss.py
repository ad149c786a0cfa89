"""RSS 2.0, according to the profile of the RSS Advisory Board. Descriptions are HTML, all other texts are plain."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape

from ..entries.model import Entry
from ..feeds.model import Feed
from ..models.items import Enclosure
from ..text.characters import has_tag
from ..text.plain_text import write_html
from ..text.urls import to_ascii_email, to_uri
from . import Alternates
from ._feedgen import ATOM, DC, Dialect, ElementCalls, finish_channel, finish_entry, make_call, start_entry
from ._render import render_xml
from .body import make_content
from .event_text import format_title
from .render_cache import RenderCache

_PLAIN = frozenset(
    {"title", "category", "copyright", "dc:creator", "managingEditor", "media:credit", "media:description"}
)
RSS = Dialect("rss", "    <item>", "  </channel>", _PLAIN, _PLAIN | {"description"})

_START = make_call("start", id=None, title=None, updated="-")
_START_ITEM = make_call("start", id=None, title=None, updated="-", published="-")
_ATOM_LINK = f"{{{ATOM}}}link"


def render(feed: Feed, url: str, alternates: Alternates, cache: RenderCache) -> bytes:
    """Return the document of a feed that is served at `url`, and in other formats at `alternates`."""
    return render_xml(_make_channel(feed, url, alternates), feed, RSS, _make_item, to_uri(url), cache)


def _make_channel(feed: Feed, url: str, alternates: Alternates) -> ElementCalls:
    made = ElementCalls()
    made.call(_START, feed.id, _escape_tags(feed.title))
    made.set("language", feed.language)
    made.set("rights", feed.rights)
    made.set("description", _escape_tags(feed.description or feed.title))
    made.link("self", to_uri(url), type="application/rss+xml")
    if feed.hub:
        made.call_with("add", {"href": to_uri(feed.hub), "rel": "hub"}, name=_ATOM_LINK)
    for alternate, media_type in alternates:
        made.call_with("add", {"href": to_uri(alternate), "rel": "alternate", "type": media_type}, name=_ATOM_LINK)
    made.add("lastBuildDate", _format_rfc822(feed.updated))
    if feed.refresh:
        made.add("ttl", str(feed.refresh))
    if feed.author.email:
        name = feed.author.name.replace("(", "[").replace(")", "]")
        made.set("managingEditor", f"{to_ascii_email(feed.author.email)} ({name})")
    else:
        made.add(f"{{{DC}}}creator", feed.author.name)
    made.set("logo", feed.logo and to_uri(feed.logo))
    finish_channel(made, feed, RSS)
    made.link("alternate", to_uri(feed.page))  # this link is last: feedgen uses the last one for the channel
    return made


def _make_item(entry: Entry, feed: Feed, cache: RenderCache) -> ElementCalls:
    made = start_entry(entry, _START_ITEM, entry.id, _escape_tags(format_title(entry, feed)))
    links = "".join(map(_make_link, entry.enclosures[1:]))
    body, files = make_content(entry, feed, cache)
    summary, content = write_html(entry.summary or ""), body or ""
    if content:
        content += links
    else:
        summary += links
    if entry.picture and entry.picture.alt:  # feedparser shows media:description for a missing summary or content
        summary, content = summary or content, content or summary
    made.set("description", summary)
    made.set("content", content)
    for file in files[:1]:
        made.link("enclosure", to_uri(file.url), type=file.type, length=str(file.length or 0))
    for author in entry.authors:
        made.add(f"{{{DC}}}creator", author.name)
    if entry.language and entry.language != feed.language:
        made.add(f"{{{DC}}}language", entry.language)
    made.add("pubDate", _format_rfc822(entry.published))
    finish_entry(made, entry, feed)
    return made


def _make_link(file: Enclosure) -> str:
    """Return a link to a further enclosure, for the body: an RSS item has only one enclosure."""
    name = file.title or file.url.rstrip("/").rpartition("/")[2]
    return f'<p><a href="{escape(to_uri(file.url))}" rel="noopener noreferrer">{escape(name)}</a></p>'


def _escape_tags(text: str) -> str:
    """Return a text. It is escaped if a reader that treats plain text as HTML would find a tag in it."""
    return escape(text, quote=False) if has_tag(text) else text


def _format_rfc822(moment: datetime) -> str:
    """Return a date-time in English, with a four-digit year and a numeric offset (RFC 822).

    Validators warn about offsets such as +0545. A time with such an offset is converted to UTC.
    """
    whole = not (moment.utcoffset() or timedelta()) % timedelta(minutes=30)
    return format_datetime(moment if whole else moment.astimezone(UTC))
