"""RSS 2.0, as the RSS Advisory Board's profile asks for it. Descriptions are HTML, all else is plain text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from html import escape

from ..addressing import uri
from ..describing import title
from ..flow import Entry, Feed
from ..models import Enclosure
from ._events import add_event, attachment, body
from ._feedgen import ATOM, DC, Sheet, Tongue, sheet
from ._forms import spell

# `<` before any of these opens a tag for readers that take plain text as HTML.
_TAG = re.compile("<[A-Za-z/!?]")
_PLAIN = frozenset({"title", "category", "copyright", "dc:creator", "managingEditor"})
RSS = Tongue("rss", "    <item>", "  </channel>", uri, _PLAIN, _PLAIN | {"description"})


def rss(feed: Feed, url: str, sisters: Sequence[tuple[str, str]]) -> bytes:
    """Spell a feed that is served at `url`, and in other formats at `sisters`."""
    return spell(_channel(feed, url, sisters), feed, RSS, _item, uri(url))


def _channel(feed: Feed, url: str, sisters: Sequence[tuple[str, str]]) -> Sheet:
    made = Sheet()
    made.say("start id title updated=-", feed.id, _plain(feed.title))
    made.say("language language", feed.language)
    if feed.rights:
        made.say("rights rights", feed.rights)
    made.say("description description", _plain(feed.description or feed.title))
    made.say("link href rel=self type=application/rss+xml", uri(url))
    for sister, media_type in sisters:
        made.say(f"add name={{{ATOM}}}link href rel=alternate type", uri(sister), media_type)
    made.add("lastBuildDate", _rfc822(feed.updated))
    if feed.author.email:
        name = feed.author.name.replace("(", "[").replace(")", "]")
        made.say("managingEditor managingEditor", f"{feed.author.email} ({name})")
    else:
        made.add(f"{{{DC}}}creator", feed.author.name)
    if feed.logo:
        made.say("logo logo", uri(feed.logo))
    made.say("link href rel=alternate", uri(feed.page))  # last: feedgen makes the last link the channel's
    return made


def _item(entry: Entry, feed: Feed) -> Sheet:
    made, own = sheet(entry, _plain(title(entry, feed)), RSS), attachment(entry, feed)
    made.say("link href rel=alternate", uri(entry.link))
    links = "".join(map(_link, entry.enclosures[1:]))
    summary, content = escape(entry.summary or "", quote=False), body(entry, feed, own) or ""
    if content:
        content += links
    else:
        summary += links
    if summary:
        made.say("description description", summary)
    if content:
        made.say("content content", content)
    for file in [*entry.enclosures, *([own] if own else [])][:1]:
        made.say("link href rel=enclosure type length", uri(file.url), file.type, str(file.length or 0))
    for author in entry.authors:
        made.add(f"{{{DC}}}creator", author.name)
    if entry.language and entry.language != feed.language:
        made.add(f"{{{DC}}}language", entry.language)
    made.add("pubDate", _rfc822(entry.published))
    add_event(made, entry)
    return made


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
