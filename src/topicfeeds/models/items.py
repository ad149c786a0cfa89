"""Articles and events, as their authors write them. All input formats have the same fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
)

from ..errors import show
from .dates import Moment, Zone
from .fields import Body, Count, Identifier, Language, Listed, Model, Names, Text, Url, Word, is_absent, to_plain
from .recurrence import check_exceptions, check_rule
from .schema_org import to_schema_org
from .status import StatusName

T = TypeVar("T")
S = TypeVar("S")

MAX_TAGS = 200
"""The limit of the tags of an item, and of its topics: each one makes a feed, in which the item lists all of them."""
MAX_ENCLOSURES = 50


def _cut_scheme(value: object) -> object:
    """Return the address in a `mailto:` link, which calendars and JSON-LD have."""
    is_link = isinstance(value, str) and value.strip().lower().startswith("mailto:")
    return str(value).strip()[len("mailto:") :].partition("?")[0] if is_link else value


class Person(Model):
    """An author or organiser."""

    name: Text
    email: Annotated[Word, Field(pattern=r"^[^@\s<>()]+@[^@\s<>()]+$"), BeforeValidator(_cut_scheme)] | None = None
    url: Url | None = None


class Place(Model):
    """The place of an event. Coordinates are in degrees (WGS 84)."""

    name: Text
    address: Text | None = None
    url: Url | None = None
    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None

    @property
    def line(self) -> str:
        """Name and address (if any) on one line."""
        return f"{self.name}, {self.address}" if self.address else self.name

    @property
    def point(self) -> tuple[str, str] | None:
        """Latitude and longitude as text, or None. Each has at most six decimals, no exponent (RFC 5545, 3.8.1.6)."""
        if self.latitude is None or self.longitude is None:
            return None
        latitude, longitude = (f"{degrees:.6f}".rstrip("0").rstrip(".") for degrees in (self.latitude, self.longitude))
        return latitude, longitude


class Enclosure(Model):
    """A file attached to an item. `type` is its media type, `length` its size in bytes."""

    url: Url
    type: Annotated[Word, Field(pattern=r"^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+( *;.*)?$")]
    length: Annotated[Count, Field(ge=0)] | None = None
    title: Text | None = None


class Image(Model):
    """A picture of an item, with its description. `width` and `height` are in pixels, `type` is its media type."""

    url: Url
    alt: Text | None = None
    """What the picture shows, in words, for people who do not see it."""
    credit: Text | None = None
    """Who made the picture."""
    width: Annotated[Count, Field(ge=1)] | None = None
    height: Annotated[Count, Field(ge=1)] | None = None
    type: Annotated[Word, Field(pattern=r"^image/[A-Za-z0-9!#$&^_.+-]+$")] | None = None


def _to_utc(moment: date) -> date:
    """Convert an aware datetime to UTC. Python compares two datetimes of the same zone only by local time."""
    return moment.astimezone(UTC) if isinstance(moment, datetime) and moment.tzinfo else moment


def _must_match_offset(start: datetime) -> str:
    if start.tzinfo:
        return "must have an offset from UTC, like start (or write both without an offset)"
    return "must have no offset from UTC, like start (or write both with an offset)"


def _choose_branch(value: object) -> str:
    """Return the tag of a union's branch: text or object."""
    return "\ufdd0text" if isinstance(value, str) else "\ufdd0object"


# The tags name the branch in pydantic's errors; `explain_errors` removes them.
ObjectOr = Annotated[Annotated[T, Tag("\ufdd0object")] | Annotated[S, Tag("\ufdd0text")], Discriminator(_choose_branch)]
PersonOrName = ObjectOr[Person, Text]
ImageOrUrl = ObjectOr[Image, Url]
PlaceOrName = ObjectOr[Place, Text]


class Item(Model):
    """The fields of both articles and events. Every item is an `Article` or an `Event`."""

    kind: Literal["article", "event"]
    title: Text
    """Plain text on one line."""
    id: Identifier | None = None
    """An absolute IRI is used as it is. Any other text becomes part of a `tag:` URI (RFC 4151)."""
    link: Url | None = None
    """The web page of the item. Default: the page of its first topic that has a page, else the site's `url`."""
    summary: Text | None = None
    """Plain text."""
    content: Body | None = None
    """A fragment of HTML. It is published sanitised, with absolute addresses."""
    published: Moment | None = None
    """When the item was first made public. A date means midnight in the item's time zone."""
    updated: Moment | None = None
    """When the item last changed. Default: the time of the run that noticed it (needs a state), else `published`."""
    topics: Annotated[Names, Field(max_length=MAX_TAGS)] = ()
    """Slugs of topics. If the site declares no topics, any text is allowed."""
    topic: Text | None = None
    """A single topic, in place of `topics`."""
    tags: Annotated[Names, Field(max_length=MAX_TAGS)] = ()
    """Free labels."""
    authors: Listed[PersonOrName] = ()
    """Persons or names. Default: the site's author."""
    language: Language | None = None
    """A language tag (BCP 47). Default: the site's language."""
    image: ImageOrUrl | None = None
    """A picture, or its address."""
    enclosures: Annotated[Listed[Enclosure], Field(max_length=MAX_ENCLOSURES)] = ()
    timezone: Zone | None = None
    """The time zone (IANA name) of dates, and of date-times without offset. Default: the site's time zone, else UTC."""

    @field_validator("topic")
    @classmethod
    def _one_way(cls, topic: str | None, info: ValidationInfo) -> str | None:
        if topic and info.data.get("topics"):
            raise ValueError("is given together with topics (keep one of the two)")
        return topic


class Article(Item):
    """Something to read, such as news, a report or a post. It must have `published`."""

    kind: Literal["article"] = "article"
    published: Moment


class Event(Item):
    """Something to attend. If `end` is a date, it is the last day of the event."""

    kind: Literal["event"] = "event"
    start: Moment
    end: Moment | None = None
    location: PlaceOrName | None = None
    organizer: PersonOrName | None = None
    status: StatusName | None = None
    recurrence: Word | None = None
    """When the event repeats, in its local time: a rule of RFC 5545 (3.3.10), such as `FREQ=WEEKLY;COUNT=10`."""
    except_: Annotated[Sequence[Moment], AfterValidator(tuple)] = Field(
        default=(), validation_alias=AliasChoices("except", "except_"), serialization_alias="except"
    )
    """Starts that are removed from the recurrence. A date means the start on that day."""

    @field_validator("end")
    @classmethod
    def _in_order(cls, end: Moment | None, info: ValidationInfo) -> Moment | None:
        start = info.data.get("start")
        if end is None or start is None:
            return end
        if isinstance(start, datetime) and not isinstance(end, datetime):
            raise ValueError("must have a time, like start (or write both without a time)")
        if isinstance(end, datetime) and not isinstance(start, datetime):
            raise ValueError("must be a date without a time, like start (or write both with a time)")
        if isinstance(start, datetime) and isinstance(end, datetime) and (start.tzinfo is None) != (end.tzinfo is None):
            raise ValueError(_must_match_offset(start))
        if _to_utc(end) < _to_utc(start):
            raise ValueError("is before start (correct one of the two)")
        return end

    @field_validator("recurrence")
    @classmethod
    def _sound(cls, rule: str | None, info: ValidationInfo) -> str | None:
        start = info.data.get("start")
        return rule if rule is None or start is None else check_rule(rule, start)

    @field_validator("except_")
    @classmethod
    def _given(cls, left_out: tuple[Moment, ...], info: ValidationInfo) -> tuple[Moment, ...]:
        start, rule = info.data.get("start"), info.data.get("recurrence")
        if start is None or not left_out or "recurrence" not in info.data:
            return left_out
        if rule is None:
            raise ValueError("needs a recurrence (add recurrence, or remove except)")
        for moment in left_out:
            if isinstance(moment, datetime) and not isinstance(start, datetime):
                raise ValueError(f"{show(moment.isoformat())} must be a date without a time, like start")
            if isinstance(moment, datetime) and (start.tzinfo is None) != (moment.tzinfo is None):
                raise ValueError(f"{show(moment.isoformat())} {_must_match_offset(start)}")
        # Aware moments are checked later, in the zone of the event.
        check_exceptions([one for one in left_out if not (isinstance(one, datetime) and one.tzinfo)], rule, start)
        return left_out

    def json_ld(self, *, previous_start: date | datetime | None = None) -> dict[str, Any]:
        """Return the event as JSON-LD of schema.org, to embed in a web page for search engines.

        `previous_start` is the start before the event was moved. Date-times without offset are in `timezone`.
        """
        return to_schema_org(self, previous_start)


FIELDS = tuple(name.rstrip("_") for name in Event.model_fields)
"""The names of all fields in records."""


def parse_item(record: Any) -> Item:
    """Validate a mapping or an object with attributes, and return an `Article` or an `Event`.

    A record with `start` and without `kind` is an event. Raises pydantic.ValidationError.
    """
    return (Event if is_event(record) else Article).model_validate(record)


def is_event(record: Any) -> bool:
    """Return whether a mapping or an object with attributes is an event."""
    get = record.get if isinstance(record, Mapping) else partial(getattr, record)
    kind, start = to_plain(get("kind", None)), get("start", None)
    return bool(kind == "event" or (is_absent(kind) and not is_absent(start)))
