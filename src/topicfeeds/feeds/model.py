"""Feeds: selections of entries, each with an identity of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Literal

from ..entries.model import Candidate, Entry
from ..errors import nearest, show
from ..models.extensions import NO_EXTENSIONS, Extensions
from ..models.items import Person
from ..models.site import Site
from ..registry import STYLESHEET_PATH, FeedFormat
from ..state.versions import describe_versions
from ..text.characters import to_one_line
from ..text.slugs import make_tag_slugger, make_topic_slugger

NEVER_UPDATED = datetime(2000, 1, 1, tzinfo=UTC)
"""The `updated` of a feed that never had entries."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A selection of entries, newest first. Threads may share it."""

    path: str
    """The name of the feed: a path without suffix, such as `topics/mobility`."""
    id: str
    title: str
    description: str | None
    page: str
    """The web page with the same entries: the `url` of the topic or declared feed, else the `url` of the site."""
    base: str
    """The address at which the output folder is served."""
    updated: datetime
    """The latest `updated` of its entries."""
    entries: tuple[Entry, ...]
    author: Person
    language: str
    formats: tuple[str, ...]
    """The formats in which it is published, by name."""
    rights: str | None = None
    license: str | None = None
    """The address of the licence of its entries."""
    refresh: int | None = None
    """The minutes after which readers should check for changes. None: readers decide."""
    stylesheet: str | None = None
    """The address of the stylesheet of Atom and RSS, relative to its documents."""
    logo: str | None = None
    calendar: tuple[Entry, ...] | None = None
    """All events of its calendar, sorted by start, without limit. None if they were not selected."""
    has_event_files: bool = False
    """Whether the site publishes a calendar file for each event. If so, entries link to it."""
    event_title: str | None = None
    """The pattern of event titles."""
    confirms: bool = False
    """Whether calendars give cancelled events the status CONFIRMED."""
    hub: str | None = None
    """The address of the hub to which changes of the feed are announced (WebSub)."""
    timezone: str = "UTC"
    """The site's time zone (IANA name)."""
    extensions: Extensions = NO_EXTENSIONS

    def url(self, format: str) -> str:  # noqa: A002 - callers write format=
        """Return the address of the published document in a format. Raises ValueError for an unknown format."""
        return self.base + add_suffix(self.path, self.find_format(format).suffix)

    def find_format(self, name: str) -> FeedFormat:
        """Return a format by its name. Raises ValueError for an unknown name."""
        known = self.extensions.feed_formats
        if name not in known:
            hint = nearest(name, known) or f" (known: {', '.join(known)})"
            raise ValueError(f"unknown format {show(name)}{hint}")
        return known[name]

    def media_type(self, format: str) -> str:  # noqa: A002 - callers write format=
        """Return the media type of a format, such as `application/atom+xml`. Raises ValueError for an unknown format.

        The bytes are UTF-8.
        """
        return self.find_format(format).media_type

    def fingerprint(
        self,
        format: str,  # noqa: A002 - callers write format=
        url: str | None = None,
        *,
        alternates: Mapping[str, str] | None = None,
    ) -> str:
        """Return a digest (hexadecimal) of everything that `render` with the same arguments depends on.

        Equal fingerprints mean equal bytes, so it can be an `ETag`. It is quicker than `render`. It depends on the
        versions of topicfeeds and of its libraries. Raises ValueError for an unknown format.
        """
        given = None if alternates is None else sorted(alternates.items())
        parts = [describe_versions(), format, url or self.url(format), repr(given)]
        parts += [repr(getattr(self, one.name)) for one in fields(self)]
        return make_fingerprint(parts)


def make_fingerprint(parts: Iterable[str]) -> str:
    """Return a digest (hexadecimal) of texts."""
    return hashlib.sha256("\n".join(parts).encode("utf-8", "backslashreplace")).hexdigest()


def add_suffix(name: str, suffix: str) -> str:
    """Return the path of a document. In the path of a mix, the suffix comes before the query."""
    path, mark, query = name.partition("?")
    return f"{path}{suffix}{mark}{query}"


def make_feed(site: Site, path: str, title: str) -> Feed:
    """Return a feed without entries, with the values that all feeds of a site share."""
    author = site.author if isinstance(site.author, Person) else Person(name=site.author or site.title)
    return Feed(
        path=path,
        id=f"tag:{site.authority}:feed/{path}",
        title=to_one_line(title),
        description=None,
        page=site.url,
        base=site.base,
        updated=NEVER_UPDATED,
        entries=(),
        author=author.model_copy(update={"name": to_one_line(author.name)}),
        language=site.find_language(path),
        formats=(),
        rights=to_one_line(site.rights) if site.rights else None,
        license=site.license,
        refresh=site.refresh_minutes,
        stylesheet="../" * path.count("/") + STYLESHEET_PATH if site.pages and site.pages.stylesheet else None,
        logo=site.logo,
        has_event_files=site.has_calendars,
        event_title=site.feeds.event_title,
        confirms=site.feeds.cancelled_events == "confirmed",
        hub=site.hub_settings.url if site.hub_settings else None,
        timezone=site.timezone,
        extensions=site.extensions,
    )


def slug_of(site: Site, label: str, kind: Literal["tag", "topic"] = "tag") -> str:
    """Return the slug of a tag or topic. The name of its feed is `tags/<slug>` or `topics/<slug>`.

    Threads may call it.
    """
    return (make_topic_slugger(site.topics) if kind == "topic" else make_tag_slugger(site.tag_slugs))(label)


@dataclass(frozen=True, slots=True)
class Selection:
    """A feed whose entries are not loaded yet."""

    feed: Feed
    """The feed without its entries."""
    candidates: tuple[Candidate, ...]
    calendar: tuple[Candidate, ...] = ()
    """The candidates of its calendar: events, sorted by start."""

    @property
    def path(self) -> str:
        """The name of the feed."""
        return self.feed.path

    def load(self, load: Callable[[Candidate], Entry]) -> Feed:
        """Return the feed with its entries. The argument loads each entry. Events of the calendar are not loaded."""
        return replace(self.feed, entries=tuple(map(load, self.candidates)))

    def load_calendar(self, load: Callable[[Candidate], Entry]) -> Feed:
        """Return the feed with the events of its calendar. `load` loads each event. Other entries are not loaded."""
        return replace(self.feed, calendar=tuple(map(load, self.calendar)))

    def load_all(self, load: Callable[[Candidate], Entry]) -> Feed:
        """Return the feed with its entries and the events of its calendar. `load` loads each of them."""
        calendar = None if self.feed.calendar is None else tuple(map(load, self.calendar))
        return replace(self.feed, entries=tuple(map(load, self.candidates)), calendar=calendar)


def find_held(selections: Iterable[Selection]) -> list[Candidate]:
    """Return the candidates that feeds and calendars contain, each once, in the order of their files and lines."""
    held = ((*selection.candidates, *selection.calendar) for selection in selections)
    unique = {one.id: one for some in held for one in some}.values()

    def find_place(one: Candidate) -> tuple[str, int, int, str]:
        problem = one.header.problem("content", "")
        return problem.path, problem.line, problem.item, one.id

    return sorted(unique, key=find_place)
