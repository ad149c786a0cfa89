"""The subscribe pages: one for each feed, an index of all feeds, and lists of many tags."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from html import escape
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from ..entries.model import Candidate, Schedule, load_entry
from ..feeds.model import Feed, Selection, add_suffix, make_fingerprint
from ..formats.event_text import find_locale, format_title, format_when, is_right_to_left
from ..models.site import Site
from ..output.documents import Document, digest_feed, make_document
from ..registry import STYLESHEET_PATH
from .model import PageAddress, PageCalendar, PageContent, PageEntry, PageLink, PageList
from .opml import OPML_PATH, list_feeds, make_opml
from .templates import digest_templates, read_template, render_page

_PAGE_BYTES = 32_000
"""The limit of the links on a page, in bytes. It keeps the whole page below 50 kB."""
_LIST_BYTES = 7000
"""The limit of each list of links on the index, in bytes."""
_LINK_BYTES = 70
"""The estimated bytes of HTML around the texts of a link."""
_LISTS = ("topics", "feeds", "tags")
_MAX_TITLE_CHARS = 80
_MAX_CODE_CHARS = 300
"""Longer addresses get no QR code, because cameras could hardly read it."""
_SHOWN = 3
"""How many new entries, and how many events, a page shows."""
_NAMES = {"atom": "Atom", "rss": "RSS", "json": "JSON Feed"}

Link = TypeVar("Link", PageAddress, PageLink)


def build_pages(
    selections: Mapping[str, Selection], site: Site, now: datetime | None, *, form: bool = False
) -> Iterator[Document]:
    """Yield the list of feeds and the pages of a site, the index last.

    Without `now`, pages show no events that come next. With `form`, the index has the form for a mix.
    """
    maker = PageMaker(selections, site, now)
    if maker.listed:
        yield make_opml(maker.listed, selections["all"].feed)
    for one in selections.values():
        yield maker.make_feed_page(one)
    yield from maker.make_lists()
    if site.pages and site.pages.stylesheet:
        yield make_document(STYLESHEET_PATH, read_template(STYLESHEET_PATH), selections["all"].feed.updated)
    yield maker.make_index(form=form)


def find_due(selections: Iterable[Selection], now: datetime | None) -> datetime | None:
    """Return when a page next changes without an edit, because an event is over."""
    ends = (one.event.ends for selection in selections for one in selection.calendar if one.event)
    return min((end for end in ends if now and end and end > now), default=None)


class PageMaker:
    """Makes the pages of a site."""

    def __init__(self, selections: Mapping[str, Selection], site: Site, now: datetime | None) -> None:
        self._selections, self._site, self._now = selections, site, now
        self._folder = site.templates
        self._makers = f"{digest_templates(self._folder)} {site.model_dump_json(exclude={'sources'})}"
        self.listed = list_feeds(selections, with_tags=bool(site.pages and site.pages.opml_tags))
        """The feeds of the list in OPML."""
        self._links = {name: self._list_links(f"{name}/") for name in _LISTS}

    def make_feed_page(self, one: Selection) -> Document:
        """Return the page of one feed."""
        return self._make("feed", add_suffix(one.path, ".html"), one, {})

    def make_index(self, *, form: bool) -> Document:
        """Return the page that links to all others."""
        lists = tuple(_pick_largest(name, links) for name, links in self._links.items())
        return self._make("index", "index.html", self._selections["all"], {"lists": lists, "form": form})

    def make_lists(self) -> Iterator[Document]:
        """Yield pages with all topics, declared feeds or tags, if the index has no room for all of them."""
        for name, links in self._links.items():
            if len(_split(links, _LIST_BYTES)) > 1:
                parts = _split(links, _PAGE_BYTES)
                for number, some in enumerate(parts, 1):
                    facts = {"lists": (PageList(name, tuple(some)),), "number": number, "pages": len(parts)}
                    yield self._make("list", f"{name}-{number}.html", self._selections["all"], facts)

    def _make(self, template: str, path: str, one: Selection, lists: Mapping[str, Any]) -> Document:
        """Return a page about a feed. `lists` has further contents of the page."""
        coming = self._find_coming(one)
        facts = [template, repr(lists), str(len(one.candidates)), str(len(coming)), one.feed.updated.isoformat()]
        digest = digest_feed(one, (*one.candidates[:_SHOWN], *coming[:_SHOWN]), self._makers)
        return Document(
            path=path,
            media_type="text/html",
            fingerprint=make_fingerprint([*facts, digest]),
            render=lambda: render_page(template, self.describe(path, one, lists), self._folder),
            entries=len(one.candidates),
            updated=one.feed.updated,
        )

    def _find_coming(self, one: Selection) -> list[Candidate]:
        """Return the events that are not over, sorted by their next date."""
        now = self._now
        events = ((c, c.event) for c in one.calendar if now and c.event and c.event.ends and c.event.ends > now)
        return [c for c, _ in sorted(events, key=lambda pair: (_next_start(pair[1]), pair[0].id))]

    def describe(self, path: str, one: Selection, lists: Mapping[str, Any] | None = None) -> PageContent:
        """Return the contents of a page about a feed."""
        feed, site, coming = one.feed, self._site, self._find_coming(one)
        url = site.base + path
        return PageContent(
            path=path,
            url=url,
            title=feed.title,
            heading=self._make_heading(feed),
            description=feed.description,
            site_title=site.title,
            site_url=feed.page,
            language=feed.language,
            direction="rtl" if is_right_to_left(feed.language) else "ltr",
            alternates=tuple(self._list_alternates(path, feed)),
            addresses=tuple(_list_addresses(feed)),
            calendar=_describe_calendar(feed),
            opml="../" * path.count("/") + OPML_PATH if self.listed else None,
            qr=_draw_code(url) if len(url) <= _MAX_CODE_CHARS else "",
            newest=tuple(self._describe_entry(feed, candidate) for candidate in one.candidates[:_SHOWN]),
            events=tuple(self._describe_entry(feed, candidate) for candidate in coming[:_SHOWN]),
            entries=len(one.candidates),
            upcoming=len(coming),
            updated=self._format_day(feed.updated.astimezone(ZoneInfo(site.timezone))),
            license=feed.license,
            reserves_mining=site.tdm == "reserved",
            **(lists or {}),
        )

    def _list_alternates(self, path: str, feed: Feed) -> list[PageAddress]:
        """Return the addresses of feeds for the head of a page.

        The index has all feeds except those of tags. Any other page has its own feed in each format.
        """

        def describe(one: Feed, form: str) -> PageAddress:
            return PageAddress(form, one.url(form), one.media_type(form), _cut(one.title))

        if path != "index.html":
            return [describe(feed, form) for form in feed.formats]
        names = [feed.path, *(name for name in self._selections if name.startswith(("topics/", "feeds/")))]
        feeds = (self._selections[name].feed for name in names)
        return _split([describe(one, form) for one in feeds for form in one.formats[:1]], _LIST_BYTES)[0]

    def _list_links(self, start: str) -> tuple[PageLink, ...]:
        links = (
            PageLink(_cut(self._make_heading(one.feed)), f"{one.path}.html", len(one.candidates))
            for name, one in self._selections.items()
            if name.startswith(start)
        )
        return tuple(sorted(links, key=lambda link: (link.title.casefold(), link.href)))

    def _make_heading(self, feed: Feed) -> str:
        return feed.title.removesuffix(f" - {self._site.title}")

    def _describe_entry(self, feed: Feed, candidate: Candidate) -> PageEntry:
        from babel.dates import format_skeleton

        entry, locale = load_entry(candidate), find_locale(feed.language)
        title, language = format_title(entry, feed), entry.language if entry.language != feed.language else None
        published = self._format_day(entry.published)
        made = PageEntry(title, entry.link, entry.published.isoformat(), published, published, entry, language=language)
        if entry.event is None or entry.notice:
            return made
        event = entry.event
        start = event.next[0] if event.next else event.start
        month, number = (format_skeleton(form, start, locale=locale) for form in ("MMM", "d"))
        return made._replace(
            date=start.isoformat(),
            when=format_when(event, feed.language),
            place=event.place.line if event.place else "",
            month=month,
            day=number,
            end=(start + (event.end - event.start)).isoformat() if event.end else "",
        )

    def _format_day(self, day: date) -> str:
        from babel.dates import format_date

        return format_date(day, "long", find_locale(self._site.language))


def _pick_largest(name: str, links: Sequence[PageLink]) -> PageList:
    """Return the links that the index shows: the feeds with the most entries, in the order of `links`."""
    parts = _split(sorted(links, key=lambda link: -link.entries), _LIST_BYTES)
    shown = set(parts[0])
    return PageList(name, tuple(filter(shown.__contains__, links)), f"{name}-1.html" if len(parts) > 1 else "")


def _split(links: Sequence[Link], size: int) -> list[list[Link]]:
    """Split links into parts whose HTML has at most `size` bytes."""
    parts, room = [list[Link]()], size
    for one in links:
        cost = _LINK_BYTES + len(escape("".join(map(str, one))).encode("utf-8", "replace"))
        if cost > room and parts[-1]:
            parts.append([])
            room = size
        parts[-1].append(one)
        room -= cost
    return parts


def _cut(title: str) -> str:
    return title if len(title) <= _MAX_TITLE_CHARS else f"{title[: _MAX_TITLE_CHARS - 1]}…"


def _next_start(event: Schedule) -> str:
    moment = event.next[0] if event.next else event.start
    return moment.astimezone(ZoneInfo("UTC")).isoformat() if isinstance(moment, datetime) else moment.isoformat()


def _list_addresses(feed: Feed) -> Iterator[PageAddress]:
    for name in feed.formats:
        if not feed.find_format(name).is_calendar:
            yield PageAddress(_NAMES.get(name, name), feed.url(name), feed.media_type(name), feed.title)


def _describe_calendar(feed: Feed) -> PageCalendar | None:
    urls = [feed.url(name) for name in feed.formats if feed.find_format(name).is_calendar]
    return PageCalendar(urls[0], re.sub("^https?:", "webcal:", urls[0])) if urls else None


def _draw_code(address: str) -> str:
    """Return a QR code of an address, as SVG. The code is black on white, as cameras expect.

    The mask is fixed: choosing the best of the eight masks takes four times as long, and cameras can read all eight.
    """
    import segno

    return segno.make(address, error="m", micro=False, mask=0).svg_inline(omitsize=True, border=2, title=address)
