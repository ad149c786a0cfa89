"""The contents of pages, as the templates use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ..entries.model import Entry


class PageAddress(NamedTuple):
    """The address of a feed in one format."""

    name: str
    """The name of the format that people see, such as `Atom`."""
    url: str
    media_type: str
    title: str


class PageCalendar(NamedTuple):
    """The addresses of a calendar. Apple's programs and Thunderbird open `webcal:` addresses."""

    url: str
    webcal: str


class PageEntry(NamedTuple):
    """A new entry, or an event that comes next."""

    title: str
    link: str
    date: str
    """The date of an event, or when the entry was published, in ISO 8601."""
    when: str
    """The same date, formatted for people."""
    published: str
    """When the entry was published, formatted for people."""
    entry: Entry
    """The whole entry, with its summary, picture and authors."""
    place: str = ""
    month: str = ""
    """The month of an event, abbreviated."""
    day: str = ""
    """The day of the month of an event."""
    end: str = ""
    """The end of an event, in ISO 8601."""
    language: str | None = None
    """The language of the entry, if it differs from the language of the page."""


class PageLink(NamedTuple):
    """A link to the page of another feed."""

    title: str
    href: str
    entries: int
    """How many entries the feed has."""

    @property
    def slug(self) -> str:
        """The slug of the topic or tag."""
        return self.href.rpartition("/")[2].removesuffix(".html")


class PageList(NamedTuple):
    """A list of links to the pages of feeds."""

    name: str
    """`topics`, `feeds` (the declared ones) or `tags`."""
    links: tuple[PageLink, ...]
    more: str = ""
    """The path of the first page with all links, if this list has no room for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContent:
    """Everything that a page shows."""

    path: str
    """Relative to the output folder."""
    url: str
    """The address of the page."""
    title: str
    heading: str
    description: str | None
    site_title: str
    site_url: str
    language: str
    direction: str
    """`ltr` or `rtl`."""
    alternates: tuple[PageAddress, ...]
    addresses: tuple[PageAddress, ...] = ()
    calendar: PageCalendar | None = None
    qr: str = ""
    """The address of the page as a QR code, as SVG. Empty if the address is too long."""
    opml: str | None = None
    """The path of the list of all feeds, from this page."""
    newest: tuple[PageEntry, ...] = ()
    events: tuple[PageEntry, ...] = ()
    entries: int = 0
    upcoming: int = 0
    """How many events are still to come, or take place now."""
    updated: str = ""
    license: str | None = None
    """The address of the licence of the items."""
    reserves_mining: bool = False
    """Whether text and data mining needs the permission of the publisher."""
    lists: tuple[PageList, ...] = ()
    number: int = 0
    """The number of this page of links, from 1."""
    pages: int = 0
    """How many pages of links there are."""
    form: bool = False
    """Whether the page has the form for a mix. Only a web application can answer this form."""

    @property
    def root(self) -> str:
        """The relative path from this page to the output folder."""
        return "../" * self.path.count("/")
