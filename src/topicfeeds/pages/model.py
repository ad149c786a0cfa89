"""The contents of pages, as the templates use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class PageAddress(NamedTuple):
    """The address of a feed in one format."""

    name: str
    """The name of the format for people, such as `Atom`."""
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
    """A date in ISO 8601."""
    when: str
    place: str = ""
    month: str = ""
    """The month of an event, abbreviated."""
    day: str = ""
    """The day of the month of an event."""
    language: str | None = None
    """The language of the entry, if the page has another one."""


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
    """The first address as a QR code, as SVG."""
    opml: str | None = None
    """The path of the list of all feeds, from this page."""
    newest: tuple[PageEntry, ...] = ()
    events: tuple[PageEntry, ...] = ()
    entries: int = 0
    upcoming: int = 0
    """How many events are still to come, or take place now."""
    updated: str = ""
    topics: tuple[PageLink, ...] = ()
    declared: tuple[PageLink, ...] = ()
    tags: tuple[PageLink, ...] = ()
    number: int = 0
    """The number of this page of tags, from 1."""
    form: bool = False
    """Whether the page has the form for a mix, which only an application answers."""
    tag_pages: int = 0
    """How many pages of tags there are. 0 means that the index has all tags."""

    @property
    def root(self) -> str:
        """The relative path from this page to the output folder."""
        return "../" * self.path.count("/")
