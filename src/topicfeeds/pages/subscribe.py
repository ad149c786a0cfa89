"""The subscribe pages: one for each feed, an index of all feeds, and lists of many tags."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from ..entries.model import Candidate, load_entry
from ..feeds.model import Feed, Selection, add_suffix
from ..formats.event_text import find_locale, format_title, format_when, is_right_to_left
from ..models.site import Site
from ..output.documents import Document, digest_feed
from ..registry import FEED_FORMATS
from .model import PageAddress, PageCalendar, PageContent, PageEntry, PageLink
from .opml import OPML_PATH, list_feeds, make_opml
from .templates import digest_templates, render_page

_MEDIA_TYPE = "text/html"
_MAX_LINKS = 150
"""How many tags, or topics, one page shows. A page has at most 50 kB."""
_SHOWN = 3
"""How many new entries, and how many events, a page shows."""
_NAMES = {"atom": "Atom", "rss": "RSS", "json": "JSON Feed"}


def build_pages(selections: Mapping[str, Selection], site: Site, now: datetime | None) -> Iterator[Document]:
    """Yield the list of feeds and the pages of a site, the index last.

    Without `now`, pages show no events that come next.
    """
    maker = _PageMaker(selections, site, now)
    if maker.listed:
        yield make_opml(maker.listed, selections["all"].feed)
    for one in selections.values():
        yield maker.make_feed_page(one)
    yield from maker.make_tag_pages()
    yield maker.make_index()


def find_due(selections: Iterable[Selection], now: datetime | None) -> datetime | None:
    """Return when a page next changes without an edit, because an event is over."""
    ends = (one.event.ends for selection in selections for one in selection.calendar if one.event)
    return min((end for end in ends if now and end and end > now), default=None)


class _PageMaker:
    """Makes the pages of a site."""

    def __init__(self, selections: Mapping[str, Selection], site: Site, now: datetime | None) -> None:
        self._selections, self._site, self._now = selections, site, now
        self._makers = f"{digest_templates()} {site.model_dump_json(exclude={'sources'})}"
        self.listed = list_feeds(selections, with_tags=bool(site.pages and site.pages.opml_tags))
        """The feeds of the list in OPML."""
        self._topics = self._list_links("topics/")
        self._declared = self._list_links("feeds/")
        self._tags = self._list_links("tags/")
        has_many = len(self._tags) > _MAX_LINKS
        self._tag_pages = -(-len(self._tags) // _MAX_LINKS) if has_many else 0

    def make_feed_page(self, one: Selection) -> Document:
        """Return the page of one feed."""
        return self._make("feed", add_suffix(one.path, ".html"), one, {})

    def make_index(self) -> Document:
        """Return the page that links to all others."""
        links = {"topics": _pick_largest(self._topics), "declared": self._declared, "tags": _pick_largest(self._tags)}
        return self._make("index", "index.html", self._selections["all"], {**links, "tag_pages": self._tag_pages})

    def make_tag_pages(self) -> Iterator[Document]:
        """Yield the lists of tags, if there are too many for the index."""
        for number in range(1, self._tag_pages + 1):
            some = self._tags[(number - 1) * _MAX_LINKS : number * _MAX_LINKS]
            lists = {"tags": some, "number": number, "tag_pages": self._tag_pages}
            yield self._make("tags", f"tags-{number}.html", self._selections["all"], lists)

    def _make(self, template: str, path: str, one: Selection, lists: Mapping[str, Any]) -> Document:
        """Return a page about a feed. `lists` has further contents of the page."""
        newest, coming = one.candidates[:_SHOWN], self._find_coming(one)
        shown = coming[:_SHOWN]
        facts = [template, repr(lists), str(len(one.candidates)), str(len(coming)), one.feed.updated.isoformat()]
        digest = digest_feed(one, (*newest, *shown), self._makers)

        def render() -> bytes:
            entries = partial(self._describe_all, one.feed, newest), partial(self._describe_all, one.feed, shown)
            return render_page(template, self._describe(path, one, entries, len(coming), lists))

        return Document(
            path=path,
            media_type=_MEDIA_TYPE,
            fingerprint=hashlib.sha256("\n".join([*facts, digest]).encode("utf-8", "backslashreplace")).hexdigest(),
            render=render,
            entries=len(one.candidates),
            updated=one.feed.updated,
        )

    def _find_coming(self, one: Selection) -> list[Candidate]:
        """Return the events that are not over, sorted by their next date."""
        if self._now is None:
            return []
        coming = ((_next_start(candidate), candidate.id, candidate) for candidate in one.calendar)
        return [c for _, _, c in sorted(coming, key=lambda key: key[:2]) if c.event and _is_coming(c, self._now)]

    def _describe(
        self,
        path: str,
        one: Selection,
        entries: tuple[Callable[[], Sequence[PageEntry]], Callable[[], Sequence[PageEntry]]],
        upcoming: int,
        lists: Mapping[str, Any],
    ) -> PageContent:
        feed, site = one.feed, self._site
        addresses = tuple(_list_addresses(feed))
        heading = feed.title.removesuffix(f" - {site.title}")
        is_calendar_published = any(FEED_FORMATS[name].is_calendar for name in feed.formats)
        return PageContent(
            path=path,
            url=site.base + path,
            title=feed.title,
            heading=heading,
            description=feed.description,
            site_title=site.title,
            site_url=feed.page,
            language=feed.language,
            direction="rtl" if is_right_to_left(feed.language) else "ltr",
            alternates=tuple(self._list_alternates(path, feed)),
            addresses=addresses,
            calendar=_describe_calendar(feed) if is_calendar_published else None,
            opml="../" * path.count("/") + OPML_PATH if self.listed else None,
            qr=_draw_code(addresses[0].url) if addresses else "",
            newest=tuple(entries[0]()),
            events=tuple(entries[1]()),
            entries=len(one.candidates),
            upcoming=upcoming,
            updated=self._format_day(feed.updated.astimezone(ZoneInfo(site.timezone))),
            **lists,
        )

    def _list_alternates(self, path: str, feed: Feed) -> Iterator[PageAddress]:
        """Yield the feeds that the head of a page names: on the index all but tags, else those of its feed."""
        names = [feed.path]
        if path == "index.html":
            names += [name for name in self._selections if name.startswith(("topics/", "feeds/"))][:_MAX_LINKS]
        for name in names:
            one = self._selections[name].feed
            forms = one.formats if len(names) == 1 else one.formats[:1]
            for form in forms:
                yield PageAddress(form, one.url(form), one.media_type(form), one.title)

    def _list_links(self, start: str) -> tuple[PageLink, ...]:
        names = (name for name in self._selections if name.startswith(start))
        links = (self._describe_link(self._selections[name]) for name in names)
        return tuple(sorted(links, key=lambda link: (link.title.casefold(), link.href)))

    def _describe_link(self, one: Selection) -> PageLink:
        title = one.feed.title.removesuffix(f" - {self._site.title}")
        return PageLink(title, f"{one.path}.html", len(one.candidates))

    def _describe_all(self, feed: Feed, candidates: Iterable[Candidate]) -> list[PageEntry]:
        return [self._describe_entry(feed, candidate) for candidate in candidates]

    def _describe_entry(self, feed: Feed, candidate: Candidate) -> PageEntry:
        from babel.dates import format_skeleton

        entry, locale = load_entry(candidate), find_locale(feed.language)
        title, language = format_title(entry, feed), entry.language if entry.language != feed.language else None
        if entry.event is None or entry.notice:
            day: date = entry.published
            return PageEntry(title, entry.link, day.isoformat(), self._format_day(day), language=language)
        start = entry.event.next[0] if entry.event.next else entry.event.start
        place = entry.event.place.line if entry.event.place else ""
        month, number = (format_skeleton(form, start, locale=locale) for form in ("MMM", "d"))
        when = format_when(entry.event, feed.language)
        return PageEntry(title, entry.link, start.isoformat(), when, place, month, number, language)

    def _format_day(self, day: date) -> str:
        from babel.dates import format_date

        return format_date(day, "long", find_locale(self._site.language))


def _pick_largest(links: tuple[PageLink, ...]) -> tuple[PageLink, ...]:
    """Return as many links as one page shows, those with most entries, in their order."""
    largest = set(sorted(links, key=lambda link: -link.entries)[:_MAX_LINKS])
    return tuple(link for link in links if link in largest)


def _next_start(candidate: Candidate) -> str:
    event = candidate.event
    moment = (event.next[0] if event.next else event.start) if event else candidate.published
    return moment.astimezone(ZoneInfo("UTC")).isoformat() if isinstance(moment, datetime) else moment.isoformat()


def _is_coming(candidate: Candidate, now: datetime) -> bool:
    return bool(candidate.event and candidate.event.ends and candidate.event.ends > now)


def _list_addresses(feed: Feed) -> Iterator[PageAddress]:
    for name in feed.formats:
        if not FEED_FORMATS[name].is_calendar:
            yield PageAddress(_NAMES.get(name, name), feed.url(name), feed.media_type(name), feed.title)


def _describe_calendar(feed: Feed) -> PageCalendar:
    name = next(name for name in feed.formats if FEED_FORMATS[name].is_calendar)
    return PageCalendar(feed.url(name), re.sub("^https?:", "webcal:", feed.url(name)))


def _draw_code(address: str) -> str:
    """Return a QR code of an address, as SVG. The code is black on white, as cameras expect.

    The mask is fixed: to choose the best of eight would take four times as long, and cameras read all of them.
    """
    import segno

    return segno.make(address, error="m", micro=False, mask=0).svg_inline(omitsize=True, border=2, title=address)
