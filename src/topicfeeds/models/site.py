"""The models of the site file: the publisher, its sources and topics, and where the feeds are served."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from string import Formatter
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from ..errors import nearest, show
from ..registry import FEED_FORMATS, SOURCE_FORMATS
from ..text.characters import strip_forbidden, to_one_line
from ..text.slugs import is_slug, tag_key
from ..text.urls import to_ascii_host
from .dates import Zone
from .fields import Language, Model, Names, Text, Url, Word
from .items import FIELDS, Person, PersonOrName

_MAX_NAMED_TOPICS = 5
"""How many declared topics a message names."""
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_AUTHORITY = re.compile(
    rf"([A-Za-z0-9._-]+@)?{_LABEL}(\.{_LABEL})*,[0-9]{{4}}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?"
)


def _check_slug(value: str) -> str:
    if not is_slug(value):
        raise ValueError(
            f"{show(value)} is no slug (lower-case a-z, digits and single hyphens, at most 60,"
            " no reserved name, no ten hexadecimal digits at the end)"
        )
    return value


def _check_authority(value: str) -> str:
    if not _AUTHORITY.fullmatch(value):
        raise ValueError(f'{show(value)} is no authority (write "example.org,2026": a domain and a date, RFC 4151)')
    return value


def _check_delimiter(value: str) -> str:
    if value in '"\r\n':
        raise ValueError(f"{show(value)} cannot be between cells")
    return value


def _check_date_format(value: str) -> str:
    try:
        datetime.strptime("", value)  # noqa: DTZ007 - only the format is checked
    except ValueError as error:
        if "bad directive" in str(error) or "stray" in str(error):
            raise ValueError(f"{show(value)} is no form of a date ({error})") from None
    return value


def _deduplicate(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _check_text(value: str) -> str:
    """Reject characters that XML forbids. The publisher has to correct the site file: it is not cleaned."""
    if strip_forbidden(value) != value or not to_one_line(value):
        raise ValueError(f"{show(value)} has characters that no feed can have (take them out)")
    return value


def _check_author(author: Person | str | None) -> Person | str | None:
    if author is not None:
        _check_text(author if isinstance(author, str) else author.name)
    return author


def _add_slash(value: str) -> str:
    if "?" in value or "#" in value:
        raise ValueError(f"{show(value)} has a ? or # (write the address of a folder)")
    return value if value.endswith("/") else value + "/"


def _check_pattern(value: str) -> str:
    """Check a pattern of titles, such as `{title} ({when})`."""
    try:
        found = {f"{name}{spec}{conv or ''}" for _, name, spec, conv in Formatter().parse(value) if name is not None}
    except ValueError:
        found = {"?"}
    if not found <= {"title", "when", "where"}:
        raise ValueError(f"{show(value)} is no pattern (write {{title}}, {{when}}, {{where}} where they belong)")
    return _check_text(value)


def explain_unknown_topic(topic: str, declared: Iterable[str]) -> str:
    """Say that the site file does not declare a topic, and what to write instead."""
    known = list(declared)
    names = ", ".join(known[:_MAX_NAMED_TOPICS]) + (", ..." if len(known) > _MAX_NAMED_TOPICS else "")
    table = f"[topics.{topic}]" if is_slug(topic) else "a [topics.<slug>] table"
    hint = nearest(topic, known) or f" (use a declared one: {names}; or add {table} to the site file)"
    return f"unknown topic {show(topic)}{hint}"


def _check_field_name(name: str) -> str:
    if name not in FIELDS:
        raise ValueError(f"unknown field{nearest(name, FIELDS)}")
    return name


OneCharacter = Annotated[str, StringConstraints(min_length=1, max_length=1, strip_whitespace=False)]
FieldName = Annotated[str, AfterValidator(_check_field_name)]
Slug = Annotated[str, AfterValidator(_check_slug)]
PublisherText = Annotated[Text, AfterValidator(_check_text)]
"""Text of the publisher, without characters that XML forbids."""
if TYPE_CHECKING:
    FeedFormatName = str
    SourceFormatName = str
else:  # the names come from the registry
    FeedFormatName = Literal[tuple(FEED_FORMATS)]
    SourceFormatName = Literal[tuple(SOURCE_FORMATS)]


class Topic(Model):
    """A subject that the publisher declares.

    By default, title and description come from the topic's text page. Without one, the title is made from the slug.
    """

    title: PublisherText | None = None
    description: PublisherText | None = None
    url: Url | None = None
    """The web page of the topic."""


class Tag(Model):
    """A tag whose slug the publisher chose."""

    slug: Slug


class Source(Model):
    """A source of items: files, relative to the site file, or a query of a database."""

    blank_counts = frozenset({"delimiter"})

    path: Word | None = None
    """A file, a pattern, a folder (with all files below it), or `-` for standard input."""
    format: SourceFormatName | None = None
    """The name of the source format. Default: by the suffix of each file."""
    topics: Names = ()
    """Topics that every item of this source gets."""
    untitled: Literal["label", "skip"] = "skip"
    """What happens to items without a title on a text page: skip them, or use kind and date as the title."""
    database: Text | None = None
    """The URL of a database for SQLAlchemy, in place of `path`. `${NAME}` is replaced from the environment."""
    query: Text | None = None
    """The SQL query. Columns have the names of fields, unless `fields` maps them."""
    fields: Mapping[FieldName, Text] = {}
    """Maps our fields to dotted paths in records of other systems. If set, only the mapped fields are read."""
    html_fields: Annotated[Sequence[FieldName], AfterValidator(tuple)] = ()
    """Plain-text fields that contain HTML in this source, such as titles of WordPress. They become plain text."""
    defaults: Mapping[FieldName, Any] = {}
    """Values for fields that are absent in a record."""
    timezone: Zone | None = None
    """The time zone (IANA name) of dates, and of date-times without offset. Default: the site's time zone."""
    date_format: Annotated[Text, AfterValidator(_check_date_format)] | None = None
    """The format of dates that are not in ISO 8601, for `strptime`, such as `%d/%m/%Y`."""
    delimiter: Annotated[
        str, StringConstraints(min_length=1, max_length=1, strip_whitespace=False), AfterValidator(_check_delimiter)
    ] = ","
    """The character between the cells of a CSV file."""
    max_shrink: Annotated[float, Field(ge=0, le=1)] = 0.5
    """The share of its items that a source may lose from one run to the next, from 0 to 1. 1 allows any loss."""

    @cached_property
    def places(self) -> dict[str, list[str]]:
        """`fields`, with each dotted path split into its parts."""
        return {name: path.split(".") for name, path in self.fields.items()}

    @property
    def name(self) -> str:
        """The path, else the query on one line."""
        return self.path or " ".join((self.query or "").split())

    @property
    def label(self) -> str:
        """The name of the source in messages."""
        return self.path or f'query "{self.name if len(self.name) <= 60 else self.name[:57] + "..."}"'

    @model_validator(mode="after")
    def _one_kind(self) -> Source:
        if (self.path is None) == (self.database is None):
            raise ValueError('needs either a path (path = "items/*.yaml") or a database')
        if (self.database is None) != (self.query is None):
            raise ValueError('needs database and query together (query = "select title, published from posts")')
        return self


class FeedSettings(Model):
    """The settings of all feeds."""

    formats: Annotated[Sequence[FeedFormatName], Field(min_length=1), AfterValidator(_deduplicate)] = ("atom", "rss")
    limit: Annotated[int, Field(ge=1, strict=True)] = 50
    """The largest number of entries in a feed. The newest entries are kept."""
    max_body: Annotated[int, Field(ge=1, strict=True)] = 1024 * 1024
    """The largest content of an item, in bytes (UTF-8)."""
    retire_days: Annotated[int, Field(ge=0, strict=True)] = 30
    """Days for which the documents of a removed feed are kept, as readers still request them."""
    memory_days: Annotated[int, Field(ge=1, strict=True)] = 400
    """Days for which the state remembers an item that is in no feed any more."""
    per: Annotated[Sequence[Literal["topic", "tag"]], AfterValidator(_deduplicate)] = ("topic", "tag")
    event_title: Annotated[Text, AfterValidator(_check_pattern)] | None = None
    """The pattern of event titles in feeds, such as `{title} ({when})`. `{where}` is also available."""
    calendar_days_back: Annotated[int, Field(ge=0, strict=True)] | None = None
    """Days for which a past event stays in calendars. Default: for ever."""
    calendar_days_ahead: Annotated[int, Field(ge=0, strict=True)] | None = None
    """Days before its start at which an event enters calendars. Default: at once."""
    cancelled_events: Literal["cancelled", "confirmed"] = "cancelled"
    """The status of cancelled events in calendars. Some programs hide cancelled events, and people do not see why."""


class DeclaredFeed(Model):
    """A feed that the site file declares: a combination of topics, tags and kinds of item."""

    slug: Slug
    title: PublisherText
    description: PublisherText | None = None
    url: Url | None = None
    topics: Names = ()
    tags: Names = ()
    kinds: Annotated[Sequence[Literal["article", "event"]], AfterValidator(tuple)] = ()
    """The kinds of item in the feed, whatever `match` says. Default: all kinds."""
    match: Literal["all", "any", "none"] = "all"
    """Whether an item must have all of the listed topics and tags, any of them, or none of them."""


class Site(Model):
    """The publisher, its language and time zone, its sources and topics, and where the feeds are served."""

    title: PublisherText
    url: Annotated[Url, AfterValidator(_add_slash)]
    feeds_url: Annotated[Url, AfterValidator(_add_slash)] | None = None
    """The address at which the output folder is served. Default: `url`."""
    description: PublisherText | None = None
    language: Language = "en"
    timezone: Zone = "UTC"
    rights: PublisherText | None = None
    logo: Url | None = None
    author: Annotated[PersonOrName | None, AfterValidator(_check_author)] = None
    """The author of the feeds, and of items without authors. Default: `title`."""
    tag_authority: Annotated[str, AfterValidator(_check_authority)] | None = None
    """The authority of `tag:` ids (RFC 4151), such as `example.org,2026`. Default: the host of `url` and `,2000`."""
    sources: Annotated[Sequence[Source], AfterValidator(tuple)] = ()
    topics: Mapping[Slug, Topic] = {}
    """Topics by slug. If there are none, topics come from the items."""
    tags: Mapping[str, Tag] = {}
    feeds: FeedSettings = FeedSettings()
    feed: Annotated[Sequence[DeclaredFeed], AfterValidator(tuple)] = ()

    @property
    def base(self) -> str:
        """The address of the output folder, with a final slash."""
        return self.feeds_url or self.url

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
            yield ("tag_authority",), 'is missing: no ids can be made of this url (write "example.org,2026")'

    def _unknown_topics(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        named: list[tuple[str, int, Iterable[str]]] = [
            *(("sources", n, source.topics) for n, source in enumerate(self.sources)),
            *(("feed", n, feed.topics) for n, feed in enumerate(self.feed)),
        ]
        for table, n, topics in named:
            for topic in topics:
                if self.topics and topic not in self.topics:
                    yield (table, n, "topics"), explain_unknown_topic(topic, self.topics)

    def _shared_slugs(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        keys = Counter(map(tag_key, self.tags))
        for label in self.tags:
            if keys[tag_key(label)] > 1:
                yield ("tags", label), f"{show(label)} is the same tag as another here (keep one)"
        slugs = Counter(tag.slug for tag in self.tags.values())
        for label, tag in self.tags.items():
            if slugs[tag.slug] > 1:
                yield ("tags", label, "slug"), f"{show(tag.slug)} is the slug of another tag too (each needs its own)"
        declared = Counter(feed.slug for feed in self.feed)
        for n, feed in enumerate(self.feed):
            if declared[feed.slug] > 1:
                yield ("feed", n, "slug"), f"{show(feed.slug)} is the slug of another feed too (each needs its own)"
