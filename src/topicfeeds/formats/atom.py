"""Atom 1.0 (RFC 4287). Titles and summaries are plain text, content is escaped HTML."""

from __future__ import annotations

from collections.abc import Sequence

from ..entries.model import Entry
from ..feeds.model import Feed
from ._event_elements import add_event, make_attachment, make_body
from ._feedgen import XML, Dialect, ElementCalls, format_rfc3339, start_entry
from ._templates import render_feed
from .event_text import format_title

ATOM = Dialect("atom", "  <entry", "</feed>", str)


def render(feed: Feed, url: str, alternates: Sequence[tuple[str, str]]) -> bytes:
    """Spell a feed that is served at `url`, and in other formats at `alternates`."""
    return render_feed(_make_channel(feed, url, alternates), feed, ATOM, _make_entry, feed.id)


def _make_channel(feed: Feed, url: str, alternates: Sequence[tuple[str, str]]) -> ElementCalls:
    made = ElementCalls()
    made.say("start id title updated", feed.id, feed.title, format_rfc3339(feed.updated))
    made.say("language language", feed.language)
    made.person(feed.author)
    # The page first: some readers take the first link for the site's.
    made.say("link href rel=alternate type=text/html", feed.page)
    for alternate, media_type in alternates:
        made.say("link href rel=alternate type", alternate, media_type)
    made.say("link href rel=self type=application/atom+xml", url)
    if alternates:  # newsboat takes the last alternate for the page; another hreflang keeps it valid (4.1.1)
        made.say("link href rel=alternate type=text/html hreflang", feed.page, feed.language)
    if feed.logo:
        made.say("logo logo", feed.logo)
    if feed.rights:
        made.say("rights rights", feed.rights)
    if feed.description:
        made.say("subtitle subtitle", feed.description)
    return made


def _make_entry(entry: Entry, feed: Feed) -> ElementCalls:
    made = start_entry(entry, format_title(entry, feed), ATOM)
    made.say("link href rel=alternate", entry.link)
    for person in entry.authors:
        made.person(person)
    if entry.summary:
        made.say("summary summary", entry.summary)
    own = make_attachment(entry, feed)
    if content := make_body(entry, feed, own):
        made.say("content content type=html", content)
    for file in [*entry.enclosures, *([own] if own else [])]:
        fields = {"type": file.type, "title": file.title, "length": None if file.length is None else str(file.length)}
        given = {name: value for name, value in fields.items() if value}
        made.say(f"link href rel=enclosure {' '.join(given)}", file.url, *given.values())
    add_event(made, entry)
    if entry.language and entry.language != feed.language:
        made.say(f"attributes {{{XML}}}lang", entry.language)
    return made
