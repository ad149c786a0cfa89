"""The models of the site file: the publisher, its sources and topics, and where the feeds are served."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from string import Formatter
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from ..errors import nearest, show
from ..registry import FEED_FORMATS
from ..text.characters import strip_forbidden
from ..text.slugs import MAX_SLUG_CHARS, RESERVED, is_slug, make_readable, tag_key
from ..text.urls import to_ascii_host
from .dates import Zone
from .extensions import ExtensibleModel, Extensions
from .fields import Language, Model, Names, Text, Url
from .items import ObjectOr, Person, PersonOrName
from .source import Source as Source

_MAX_SHOWN_TOPICS = 5
MAX_BODY_BYTES = 8 * 1024 * 1024
"""Many readers reject a feed that has a text of more than 10,000,000 bytes."""
MAX_DAYS = 36_500
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_AUTHORITY = re.compile(
    rf"([A-Za-z0-9._-]+@)?{_LABEL}(\.{_LABEL})*,[0-9]{{4}}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?"
)
_REFRESH = re.compile("[1-9][0-9]{0,4}[mhd]")
_MAX_REFRESH_MINUTES = 7 * 1440


def explain_unknown_topic(topic: str, known: Iterable[str]) -> str:
    """Name a few of the known topics, and say how to declare another."""
    known = list(known)
    more = f" and {len(known) - _MAX_SHOWN_TOPICS} more" if len(known) > _MAX_SHOWN_TOPICS else ""
    hint = f"known topics: {', '.join(known[:_MAX_SHOWN_TOPICS])}{more}"
    if guess := nearest(topic, known).strip(" ()"):
        hint = f"{guess} {hint}"
    name = topic if is_slug(topic) else make_readable(topic)
    if name not in known:
        hint += f"; to add one, write [topics.{name}] in topicfeeds.toml"
    return f"unknown topic {show(topic)} ({hint})"


def _check_slug(value: str) -> str:
    if not is_slug(value):
        raise ValueError(f"{show(value)} {_explain_slug(value)}")
    return value


def _explain_slug(value: str) -> str:
    """Say which rule a slug breaks; `is_slug` has the rules."""
    if value in RESERVED:
        return f"is a reserved name (choose another slug, such as {value}-1)"
    if len(value) > MAX_SLUG_CHARS:
        return f"is longer than {MAX_SLUG_CHARS} characters (shorten it)"
    proposal = make_readable(value)
    if proposal == value:
        return "ends like a generated slug: with a hyphen and ten hexadecimal digits (choose another slug)"
    example = proposal if is_slug(proposal) and (proposal != "x" or value == "X") else "new-homes"
    return f'is not a slug (use only a-z, 0-9 and single hyphens, such as "{example}")'


def _check_authority(value: str) -> str:
    if not _AUTHORITY.fullmatch(value):
        raise ValueError(
            f'{show(value)} is not a tag authority (write a domain, a comma and a year, such as "example.org,2026")'
        )
    return value


def _deduplicate(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _check_text(value: str) -> str:
    """Reject characters that XML forbids. Texts of items are cleaned, but the publisher must correct the site file."""
    if strip_forbidden(value) != value:
        raise ValueError(f"{show(value)} contains characters that XML forbids (remove them)")
    return value


def _check_author(author: Person | str | None) -> Person | str | None:
    if author is not None:
        _check_text(author if isinstance(author, str) else author.name)
    return author


def _add_slash(value: str) -> str:
    if "?" in value or "#" in value:
        raise ValueError(
            f"{show(value)} contains ? or # (write the address of a folder, such as https://www.example.org/feeds/)"
        )
    return value if value.endswith("/") else value + "/"


def _check_refresh(value: str) -> str:
    if not _REFRESH.fullmatch(value) or _to_minutes(value) > _MAX_REFRESH_MINUTES:
        raise ValueError(f'{show(value)} is not a time from 1m to 7d (write for example "30m", "6h" or "1d")')
    return value


def _to_minutes(value: str) -> int:
    return int(value[:-1]) * {"m": 1, "h": 60, "d": 1440}[value[-1]]


def _check_pattern(value: str) -> str:
    """Check a pattern of titles, such as `{title} ({when})`."""
    try:
        found = {f"{name}{spec}{conv or ''}" for _, name, spec, conv in Formatter().parse(value) if name is not None}
    except ValueError:
        found = {"?"}
    if not found <= {"title", "when", "where"}:
        raise ValueError(
            f"{show(value)} has a wrong placeholder (write only {{title}}, {{when}} and {{where}} in braces)"
        )
    return _check_text(value)


Slug = Annotated[str, AfterValidator(_check_slug)]
PublisherText = Annotated[Text, AfterValidator(_check_text)]
"""Text of the publisher, without characters that XML forbids."""
if TYPE_CHECKING:
    FeedFormatName = str
else:  # the names come from the registry
    FeedFormatName = Literal[tuple(FEED_FORMATS)]


class Topic(Model):
    """A subject that the publisher declares.

    By default, title and description come from the text page of the topic. If there is no text page, the title is made
    from the slug.
    """

    title: PublisherText | None = None
    description: PublisherText | None = None
    url: Url | None = None
    """The web page of the topic."""


class Tag(Model):
    """A tag whose slug the publisher chose."""

    slug: Slug


class FeedSettings(Model):
    """The settings of all feeds."""

    formats: Annotated[Sequence[FeedFormatName], Field(min_length=1), AfterValidator(_deduplicate)] = ("atom", "rss")
    limit: Annotated[int, Field(ge=1, le=1_000_000, strict=True)] = 50
    """The largest number of entries in a feed. The newest entries are kept."""
    max_notices: Annotated[int, Field(ge=0, le=1_000_000, strict=True)] = 10
    """The largest number of notices (entries about changed events) that one run adds to a feed."""
    max_body: Annotated[int, Field(ge=1, le=MAX_BODY_BYTES, strict=True)] = 1024 * 1024
    """The largest content of an item, in bytes (UTF-8)."""
    retire_days: Annotated[int, Field(ge=0, le=MAX_DAYS, strict=True)] = 30
    """Days for which the documents of a removed feed are kept, as readers still request them."""
    memory_days: Annotated[int, Field(ge=1, le=MAX_DAYS, strict=True)] = 400
    """Days for which the state remembers an item that is no longer in a feed."""
    per: Annotated[Sequence[Literal["topic", "tag"]], AfterValidator(_deduplicate)] = ("topic", "tag")
    event_title: Annotated[Text, AfterValidator(_check_pattern)] | None = None
    """The pattern of event titles in feeds, such as `{title} ({when})`. `{where}` is also available."""
    calendar_days_back: Annotated[int, Field(ge=0, le=MAX_DAYS, strict=True)] | None = None
    """Days for which a past event stays in calendars. Default: for ever."""
    calendar_days_ahead: Annotated[int, Field(ge=0, le=MAX_DAYS, strict=True)] | None = None
    """How many days before its start an event enters calendars. Default: at once."""
    cancelled_events: Literal["cancelled", "confirmed"] = "cancelled"
    """The status of cancelled events in calendars. Some programs hide events with the status `cancelled`."""

    @property
    def notices_per_run(self) -> int:
        """The largest number of notices that one run adds to a feed: `max_notices`, at most half of `limit`."""
        return min(self.max_notices, self.limit // 2)


class DeclaredFeed(Model):
    """A feed that the site file declares: a combination of topics, tags and kinds of item."""

    slug: Slug
    title: PublisherText
    description: PublisherText | None = None
    url: Url | None = None
    topics: Names = ()
    tags: Names = ()
    not_topics: Names = ()
    """The topics whose items are not in the feed, whatever `match` says."""
    not_tags: Names = ()
    """The tags whose items are not in the feed, whatever `match` says."""
    kinds: Annotated[Sequence[Literal["article", "event"]], AfterValidator(tuple)] = ()
    """The kinds of item in the feed, whatever `match` says. Default: all kinds."""
    languages: Annotated[Sequence[Language], AfterValidator(tuple)] = ()
    """The languages of the items in the feed, whatever `match` says: `fr` includes `fr-CA`. Default: all languages."""
    match: Literal["all", "any", "none"] = "all"
    """Whether an item must have all of the listed topics and tags, any of them, or none of them."""


class PageSettings(Model):
    """The settings of the web pages that show the feeds and let people subscribe to them."""

    templates: Text | None = None
    """A folder of templates that replace those of topicfeeds with the same name. It is relative to the site file."""
    stylesheet: Annotated[bool, Field(strict=True)] = False
    """Whether Atom and RSS have a stylesheet (`feed.css`), so that browsers show them as pages."""

    opml_tags: Annotated[bool, Field(strict=True)] = False
    """Whether the list of feeds (`feeds.opml`) has the feeds of tags. With them, readers show each item many times."""


class Hub(Model):
    """A WebSub hub. It tells feed readers at once that a feed changed."""

    url: Url
    private: Annotated[bool, Field(strict=True)] = False
    """Whether the hub is in a private network. If so, `url` may start with http:// and have a private address."""


def _check_hub(value: Hub | str | None) -> Hub | str | None:
    url = value.url if isinstance(value, Hub) else value
    if url and not url.lower().startswith("https:") and not (isinstance(value, Hub) and value.private):
        raise ValueError(
            f"{show(url)} is not a secure address (start it with https://; for a hub in a private network, "
            'write hub = { url = "http://...", private = true })'
        )
    return value


HubOrUrl = ObjectOr[Hub, Url]


class Site(ExtensibleModel):
    """The publisher, its language and time zone, its sources and topics, and where the feeds are served."""

    title: PublisherText
    url: Annotated[Url, AfterValidator(_add_slash)]
    feeds_url: Annotated[Url, AfterValidator(_add_slash)] | None = None
    """The address at which the output folder is served. Default: `url`."""
    description: PublisherText | None = None
    language: Language = "en"
    timezone: Zone = "UTC"
    rights: PublisherText | None = None
    license: Url | None = None
    """The address of the licence of the items."""
    tdm: Literal["reserved"] | None = None
    """`reserved`: text and data mining needs your permission (TDM Reservation Protocol). Default: no statement."""
    refresh: Annotated[Text, AfterValidator(_check_refresh)] | None = None
    """How often readers should check for changes, such as `30m`, `6h` or `1d`. Default: readers decide."""
    require_alt: Annotated[bool, Field(strict=True)] = False
    """Whether to warn about pictures without a text for people who do not see them."""
    logo: Url | None = None
    author: Annotated[PersonOrName | None, AfterValidator(_check_author)] = None
    """The author of the feeds, and of items without authors. Default: `title`."""
    hub: Annotated[HubOrUrl | None, AfterValidator(_check_hub)] = None
    """The WebSub hub to which `topicfeeds ping` announces changed feeds, or its address. Default: none."""
    tag_authority: Annotated[str, AfterValidator(_check_authority)] | None = None
    """The authority of `tag:` ids (RFC 4151), such as `example.org,2026`. Default: the host of `url`, then `,2000`."""
    sources: Annotated[Sequence[Source], AfterValidator(tuple)] = ()
    topics: Mapping[Slug, Topic] = {}
    """Topics by slug. If there are none, topics come from the items."""
    tags: Mapping[Text, Tag] = {}
    feeds: FeedSettings = FeedSettings()
    feed: Annotated[Sequence[DeclaredFeed], AfterValidator(tuple)] = ()
    pages: PageSettings | None = None
    """Web pages that show the feeds and let people subscribe to them. Default: no pages."""

    def extend(self, extensions: Extensions) -> Site:
        """Return the site with only these extensions. Raises ValueError for a filter of an unknown feed."""
        if not isinstance(extensions, Extensions):
            raise TypeError(f"extensions is of type {type(extensions).__name__} (pass Extensions)")
        if unknown := extensions.filters.keys() - {feed.slug for feed in self.feed}:
            advice = "declare it, or remove the filter"
            raise ValueError(f"filters: the site declares no feed {show(min(unknown))} ({advice})")
        sources = tuple(source.with_extensions(extensions) for source in self.sources)
        return self.model_copy(update={"sources": sources}).with_extensions(extensions)

    def find_language(self, feed: str) -> str:
        """Return the language of a feed. A declared feed of one language has this language."""
        found = next((one.languages for one in self.feed if feed == f"feeds/{one.slug}"), ())
        return found[0] if len(found) == 1 else self.language

    def find_limit(self, feed: str) -> int:
        """Return the largest number of entries of a feed, given its name."""
        return self.extensions.find_options(feed).limit or self.feeds.limit

    def find_formats(self, feed: str) -> tuple[str, ...]:
        """Return the formats of a feed, given its name."""
        return tuple(self.extensions.find_options(feed).formats or (*self.feeds.formats, *self.extensions.formats))

    @property
    def has_calendars(self) -> bool:
        """Whether a feed can have a calendar."""
        options = (one.formats or () for one in self.extensions.feeds.values())
        known = self.extensions.feed_formats
        return any(known[name].is_calendar for name in chain(self.feeds.formats, self.extensions.formats, *options))

    @property
    def base(self) -> str:
        """The address of the output folder, with a final slash."""
        return self.feeds_url or self.url

    @property
    def hub_settings(self) -> Hub | None:
        """The hub with its settings, if the site has a hub."""
        return Hub(url=self.hub) if isinstance(self.hub, str) else self.hub

    @property
    def templates(self) -> str | None:
        """The folder of templates that replace those of topicfeeds."""
        return self.pages.templates if self.pages else None

    @property
    def refresh_minutes(self) -> int | None:
        """The minutes after which readers should check for changes, or None if readers decide."""
        return _to_minutes(self.refresh) if self.refresh else None

    @property
    def authority(self) -> str:
        """The authority of `tag:` ids: `tag_authority` or its default."""
        host = to_ascii_host(urlsplit(self.url).hostname or "")
        return self.tag_authority or f"{host.rstrip('.')},2000"

    @property
    def tag_slugs(self) -> dict[str, str]:
        """The slugs of declared tags, by label."""
        return {label: tag.slug for label, tag in self.tags.items()}

    @model_validator(mode="after")
    def _consistent(self) -> Site:
        errors = [
            InitErrorDetails(type=PydanticCustomError("inconsistent", "{text}", {"text": text}), loc=loc, input=None)
            for loc, text in (*self._no_authority(), *self._unknown_topics(), *self._shared_slugs())
        ]
        if errors:
            raise ValidationError.from_exception_data("Site", errors)
        return self

    def _no_authority(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        if not _AUTHORITY.fullmatch(self.authority):
            yield (
                ("tag_authority",),
                'is missing: the host of url cannot be used for ids (add tag_authority = "example.org,2026")',
            )

    def _unknown_topics(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        for table, field in (("sources", "topics"), ("feed", "topics"), ("feed", "not_topics")):
            for n, one in enumerate(getattr(self, table) if self.topics else ()):
                for topic in getattr(one, field):
                    if topic not in self.topics:
                        yield (table, n, field), explain_unknown_topic(topic, self.topics)

    def _shared_slugs(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        same: dict[str, list[str]] = {}
        for label in self.tags:
            same.setdefault(tag_key(label), []).append(label)
        for label in self.tags:
            for other in [other for other in same[tag_key(label)] if other != label][:1]:
                yield ("tags", label), f"{show(label)} is the same tag as {show(other)} (keep one)"
        for table, declared in (("tags", dict(self.tags)), ("feed", dict(enumerate(self.feed)))):
            slugs, kind = Counter(one.slug for one in declared.values()), table.removesuffix("s")
            for place, slug in ((place, one.slug) for place, one in declared.items() if slugs[one.slug] > 1):
                message = f"{show(slug)} is the slug of more than one {kind} (give each {kind} its own slug)"
                yield (table, place, "slug"), message
