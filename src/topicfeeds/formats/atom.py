"""Atom 1.0 (RFC 4287). Titles and summaries are plain text, content is escaped HTML."""

from __future__ import annotations

from collections.abc import Sequence

from ..describing import title
from ..flow import Entry, Feed
from ._events import add_event, attachment, body
from ._feedgen import XML, Channel, Item, person_fields


def atom(feed: Feed, url: str, sisters: Sequence[tuple[str, str]]) -> bytes:
    """Spell a feed that is served at `url`, and in other formats at `sisters`."""
    channel = Channel(feed)
    if feed.description:
        channel.subtitle(feed.description)
    channel.author(person_fields(feed.author))
    # The page first: some readers take the first link for the site's.
    channel.link(href=feed.page, rel="alternate", type="text/html")
    for sister, media_type in sisters:
        channel.link(href=sister, rel="alternate", type=media_type)
    channel.link(href=url, rel="self", type="application/atom+xml")
    if sisters:  # newsboat takes the last alternate for the page; another hreflang keeps it valid (4.1.1)
        channel.link(href=feed.page, rel="alternate", type="text/html", hreflang=feed.language)
    if feed.logo:
        channel.logo(feed.logo)
    head, entries, tail = channel.spell(feed, "atom", _item)
    return b"".join([head, *entries, tail])


def _item(entry: Entry, feed: Feed) -> Item:
    item = Item(entry, title(entry, feed), spell=str)
    item.link(href=entry.link, rel="alternate")
    if authors := [person_fields(person) for person in entry.authors]:
        item.author(authors)
    if entry.summary:
        item.summary(entry.summary)
    own = attachment(entry, feed)
    if content := body(entry, feed, own):
        item.content(content, type="html")
    for file in [*entry.enclosures, *([own] if own else [])]:
        fields = {"type": file.type, "title": file.title, "length": None if file.length is None else str(file.length)}
        item.link(href=file.url, rel="enclosure", **{name: value for name, value in fields.items() if value})
    add_event(item, entry)
    if entry.language and entry.language != feed.language:
        item.extra.attributes[f"{{{XML}}}lang"] = entry.language
    return item
