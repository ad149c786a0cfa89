"""Atom 1.0 (RFC 4287). Titles and summaries are plain text, content is escaped HTML."""

from __future__ import annotations

from collections.abc import Sequence

from ..describing import title
from ..flow import Entry, Feed
from ._events import add_event, attachment, body
from ._feedgen import XML, Sheet, Tongue, rfc3339, sheet
from ._forms import spell

ATOM = Tongue("atom", "  <entry", "</feed>", str)


def atom(feed: Feed, url: str, sisters: Sequence[tuple[str, str]]) -> bytes:
    """Spell a feed that is served at `url`, and in other formats at `sisters`."""
    return spell(_channel(feed, url, sisters), feed, ATOM, _entry, feed.id)


def _channel(feed: Feed, url: str, sisters: Sequence[tuple[str, str]]) -> Sheet:
    made = Sheet()
    made.say("start id title updated", feed.id, feed.title, rfc3339(feed.updated))
    made.say("language language", feed.language)
    made.person(feed.author)
    # The page first: some readers take the first link for the site's.
    made.say("link href rel=alternate type=text/html", feed.page)
    for sister, media_type in sisters:
        made.say("link href rel=alternate type", sister, media_type)
    made.say("link href rel=self type=application/atom+xml", url)
    if sisters:  # newsboat takes the last alternate for the page; another hreflang keeps it valid (4.1.1)
        made.say("link href rel=alternate type=text/html hreflang", feed.page, feed.language)
    if feed.logo:
        made.say("logo logo", feed.logo)
    if feed.rights:
        made.say("rights rights", feed.rights)
    if feed.description:
        made.say("subtitle subtitle", feed.description)
    return made


def _entry(entry: Entry, feed: Feed) -> Sheet:
    made = sheet(entry, title(entry, feed), ATOM)
    made.say("link href rel=alternate", entry.link)
    for person in entry.authors:
        made.person(person)
    if entry.summary:
        made.say("summary summary", entry.summary)
    own = attachment(entry, feed)
    if content := body(entry, feed, own):
        made.say("content content type=html", content)
    for file in [*entry.enclosures, *([own] if own else [])]:
        fields = {"type": file.type, "title": file.title, "length": None if file.length is None else str(file.length)}
        given = {name: value for name, value in fields.items() if value}
        made.say(f"link href rel=enclosure {' '.join(given)}", file.url, *given.values())
    add_event(made, entry)
    if entry.language and entry.language != feed.language:
        made.say(f"attributes {{{XML}}}lang", entry.language)
    return made
