"""The site: who publishes, under which topics, and where the feeds will be served."""

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
        datetime.strptime("", value)  # noqa: DTZ007 - only to hear what is wrong with the letters
    except ValueError as error:
        if "bad directive" in str(error) or "stray" in str(error):
            raise ValueError(f"{show(value)} is no form of a date ({error})") from None
    return value


def _deduplicate(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _check_text(value: str) -> str:
    """Refuse what could not stand in XML: a site file is not cleaned, it is mended."""
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
    """Check a pattern of titles: texts in braces are filled in."""
    try:
        found = {f"{name}{form}{turn or ''}" for _, name, form, turn in Formatter().parse(value) if name is not None}
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
"""Text of the publisher, fit for XML as it is."""
if TYPE_CHECKING:
    FeedFormatName = str
    SourceFormatName = str
else:  # the registry has the names
    FeedFormatName = Literal[tuple(FEED_FORMATS)]
    SourceFormatName = Literal[tuple(SOURCE_FORMATS)]


class Topic(Model):
    """A subject that the publisher declares. A title left out is made from the slug."""

    title: PublisherText | None = None
    description: PublisherText | None = None
    url: Url | None = None
    """The page of the topic, for people."""


class Tag(Model):
    """A tag with a slug of the publisher's choice."""

    slug: Slug


class Source(Model):
    """Where items are read from: files by name or pattern, relative to the site file."""

    blank_counts = frozenset({"delimiter"})

    path: Word | None = None
    """A file, a pattern, a folder (all files below it), or `-` for standard input."""
    format: SourceFormatName | None = None
    """Left out: by the suffix of the file."""
    topics: Names = ()
    """Given to every item of this source."""
    untitled: Literal["label", "skip"] = "skip"
    """What becomes of items without a title on a text page: left out, or labelled with kind and date."""
    database: Text | None = None
    """In place of `path`: the URL of a database, as SQLAlchemy takes it; `${NAME}` is read from the environment."""
    query: Text | None = None
    """What to select there, with columns named as the fields."""
    fields: Mapping[FieldName, Text] = {}
    """Where other people's records have our fields: dotted paths. What is not named here is not read."""
    html_fields: Annotated[Sequence[FieldName], AfterValidator(tuple)] = ()
    """Fields that hold HTML where plain text is meant, as titles of WordPress do."""
    defaults: Mapping[FieldName, Any] = {}
    """Values for fields that a record does not have."""
    timezone: Zone | None = None
    """The zone of dates and times without offset; left out: the site's."""
    date_format: Annotated[Text, AfterValidator(_check_date_format)] | None = None
    """How dates are written, where not in ISO 8601, in the letters of `strptime`."""
    delimiter: Annotated[
        str, StringConstraints(min_length=1, max_length=1, strip_whitespace=False), AfterValidator(_check_delimiter)
    ] = ","
    """What is between the cells of CSV."""
    max_shrink: Annotated[float, Field(ge=0, le=1)] = 0.5
    """The part of its items that a source may lose from one run to the next; 1: all of them."""

    @cached_property
    def places(self) -> dict[str, list[str]]:
        """`fields`, with the parts of each dotted path."""
        return {name: path.split(".") for name, path in self.fields.items()}

    @property
    def name(self) -> str:
        """Its path, else its query."""
        return self.path or " ".join((self.query or "").split())

    @property
    def label(self) -> str:
        """What messages call it."""
        return self.path or f'query "{self.name if len(self.name) <= 60 else self.name[:57] + "..."}"'

    @model_validator(mode="after")
    def _one_kind(self) -> Source:
        if (self.path is None) == (self.database is None):
            raise ValueError('needs either a path (path = "items/*.yaml") or a database')
        if (self.database is None) != (self.query is None):
            raise ValueError('needs database and query together (query = "select title, published from posts")')
        return self


class FeedSettings(Model):
    """What is made of every selection."""

    formats: Annotated[Sequence[FeedFormatName], Field(min_length=1), AfterValidator(_deduplicate)] = ("atom", "rss")
    limit: Annotated[int, Field(ge=1, strict=True)] = 50
    """How many entries a feed has at most: the newest."""
    max_body: Annotated[int, Field(ge=1, strict=True)] = 1024 * 1024
    """How many bytes the content of an item may have."""
    retire_days: Annotated[int, Field(ge=0, strict=True)] = 30
    """How long the last document of a feed that is gone stays: readers still ask for it."""
    memory_days: Annotated[int, Field(ge=1, strict=True)] = 400
    """How long the state remembers an item that no feed holds any more."""
    per: Annotated[Sequence[Literal["topic", "tag"]], AfterValidator(_deduplicate)] = ("topic", "tag")
    event_title: Annotated[Text, AfterValidator(_check_pattern)] | None = None
    """How events are titled in feeds, such as `{title} ({when})`; also `{where}`."""
    calendar_days_back: Annotated[int, Field(ge=0, strict=True)] | None = None
    """How long an event that is over stays in calendars; left out: for ever."""
    calendar_days_ahead: Annotated[int, Field(ge=0, strict=True)] | None = None
    """How long before its start an event comes into calendars; left out: at once."""
    cancelled_events: Literal["cancelled", "confirmed"] = "cancelled"
    """What calendars say of them: some hide what is cancelled, and nobody sees why."""


class DeclaredFeed(Model):
    """A combination of topics and tags with a feed of its own."""

    slug: Slug
    title: PublisherText
    description: PublisherText | None = None
    url: Url | None = None
    topics: Names = ()
    tags: Names = ()
    kinds: Annotated[Sequence[Literal["article", "event"]], AfterValidator(tuple)] = ()
    """Which kinds of item; none listed: all. Always filters."""
    match: Literal["all", "any", "none"] = "all"
    """Whether an item needs all of the listed topics and tags, any, or none of them."""


class Site(Model):
    """Who publishes, in which language and time zone, and where the feeds will be served."""

    title: PublisherText
    url: Annotated[Url, AfterValidator(_add_slash)]
    feeds_url: Annotated[Url, AfterValidator(_add_slash)] | None = None
    """Where the output folder is served; left out: `url`."""
    description: PublisherText | None = None
    language: Language = "en"
    timezone: Zone = "UTC"
    rights: PublisherText | None = None
    logo: Url | None = None
    author: Annotated[PersonOrName | None, AfterValidator(_check_author)] = None
    """Left out: the title."""
    tag_authority: Annotated[str, AfterValidator(_check_authority)] | None = None
    """What all minted ids start with (RFC 4151); left out: the host of `url` and `,2000`."""
    sources: Annotated[Sequence[Source], AfterValidator(tuple)] = ()
    topics: Mapping[Slug, Topic] = {}
    """By slug. None at all: topics come from the items."""
    tags: Mapping[str, Tag] = {}
    feeds: FeedSettings = FeedSettings()
    feed: Annotated[Sequence[DeclaredFeed], AfterValidator(tuple)] = ()

    @property
    def base(self) -> str:
        """The address of the output folder, with a final slash."""
        return self.feeds_url or self.url

    @property
    def authority(self) -> str:
        """What minted ids start with."""
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
