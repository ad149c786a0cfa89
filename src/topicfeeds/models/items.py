"""Articles and events, as their authors write them. The fields are the same in every input format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AliasChoices, Discriminator, Field, Tag, ValidationInfo, field_validator

from ..errors import show
from .dates import Moment, Zone
from .fields import Body, Count, Identifier, Language, Listed, Model, Names, Text, Url, Word, is_absent
from .recurrence import check_exception, check_rule
from .schema_org import to_schema_org
from .status import StatusName


class Person(Model):
    """An author or organiser."""

    name: Text
    email: Annotated[Word, Field(pattern=r"^[^@\s<>()]+@[^@\s<>()]+$")] | None = None
    url: Url | None = None


class Place(Model):
    """Where an event is. Coordinates are WGS 84, in degrees."""

    name: Text
    address: Text | None = None
    url: Url | None = None
    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None

    @property
    def line(self) -> str:
        """Name and address in one line."""
        return f"{self.name}, {self.address}" if self.address else self.name

    @property
    def point(self) -> tuple[str, str] | None:
        """Latitude and longitude as formats have them: six decimals at most, and no exponent (RFC 5545, 3.8.1.6)."""
        if self.latitude is None or self.longitude is None:
            return None
        latitude, longitude = (f"{degrees:.6f}".rstrip("0").rstrip(".") for degrees in (self.latitude, self.longitude))
        return latitude, longitude


class Enclosure(Model):
    """A file that comes with an item: its address, media type, and size in bytes."""

    url: Url
    type: Annotated[Word, Field(pattern=r"^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+( *;.*)?$")]
    length: Annotated[Count, Field(ge=0)] | None = None
    title: Text | None = None


def _to_utc(moment: date) -> date:
    """Let moments be compared by more than the clock, which is all that Python looks at within one zone."""
    return moment.astimezone(UTC) if isinstance(moment, datetime) and moment.tzinfo else moment


def _must_match(start: date) -> str:
    if isinstance(start, datetime):
        return "must have a time, like start (or write both without a time)"
    return "must be a date without a time, like start (or write both with a time)"


def _must_match_offset(start: datetime) -> str:
    if start.tzinfo:
        return "must have an offset from UTC, like start (or write both without an offset)"
    return "must have no offset from UTC, like start (or write both with an offset)"


def _choose_branch(value: object) -> str:
    return "\ufdd0text" if isinstance(value, str) else "\ufdd0object"


# The tags name the branch in pydantic's errors; `explain` leaves them out.
_AsText = Annotated[Text, Tag("\ufdd0text")]
PersonOrName = Annotated[Annotated[Person, Tag("\ufdd0object")] | _AsText, Discriminator(_choose_branch)]
PlaceOrName = Annotated[Annotated[Place, Tag("\ufdd0object")] | _AsText, Discriminator(_choose_branch)]


class Item(Model):
    """What articles and events have in common; every item is one or the other."""

    kind: Literal["article", "event"]
    title: Text
    """Plain text of one line."""
    id: Identifier | None = None
    """An absolute IRI is used as it is, any other text becomes part of a `tag:` URI (RFC 4151)."""
    link: Url | None = None
    """The page of the item. Left out: the page of its first topic that has one, else the site's."""
    summary: Text | None = None
    """Plain text."""
    content: Body | None = None
    """A fragment of HTML; published sanitised and with absolute addresses."""
    published: Moment | None = None
    """When it was first made public; a date is midnight in the item's zone."""
    updated: Moment | None = None
    """When it last changed in a way that readers should know; left out: as `published`."""
    topics: Names = ()
    """Slugs of topics."""
    topic: Text | None = None
    """The same for one topic."""
    tags: Names = ()
    """Free labels."""
    authors: Listed[PersonOrName] = ()
    """Persons, or just their names. None: the site's author."""
    language: Language | None = None
    """A language tag (BCP 47). Left out: the site's."""
    image: Url | None = None
    enclosures: Listed[Enclosure] = ()
    timezone: Zone | None = None
    """The zone (IANA name) of dates and of date-times without offset. Left out: the site's, else UTC."""

    @field_validator("topic")
    @classmethod
    def _one_way(cls, topic: str | None, info: ValidationInfo) -> str | None:
        if topic and info.data.get("topics"):
            raise ValueError("is given together with topics (keep one of the two)")
        return topic


class Article(Item):
    """News, a report, a post: something to read, published at a moment."""

    kind: Literal["article"] = "article"
    published: Moment


class Event(Item):
    """Something to attend, from its start to its end; a date as `end` is included."""

    kind: Literal["event"] = "event"
    start: Moment
    end: Moment | None = None
    location: PlaceOrName | None = None
    organizer: PersonOrName | None = None
    status: StatusName | None = None
    recurrence: Word | None = None
    """When it takes place again: a rule of RFC 5545, such as `FREQ=WEEKLY;COUNT=10`, in the event's local time."""
    except_: Annotated[Sequence[Moment], AfterValidator(tuple)] = Field(
        default=(), validation_alias=AliasChoices("except", "except_"), serialization_alias="except"
    )
    """Starts that the rule gives and that are left out; a date stands for the start on that day."""

    @field_validator("end")
    @classmethod
    def _in_order(cls, end: Moment | None, info: ValidationInfo) -> Moment | None:
        start = info.data.get("start")
        if end is None or start is None:
            return end
        if isinstance(start, datetime) != isinstance(end, datetime):
            raise ValueError(_must_match(start))
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
            if not (isinstance(moment, datetime) and moment.tzinfo):  # else it is known when its zone is
                check_exception(moment, rule, start)
        return left_out

    def json_ld(self, *, previous_start: date | datetime | None = None) -> dict[str, Any]:
        """Describe it for search engines, in the words of schema.org: to be put into a page as JSON.

        `previous_start` is when it was to start before it was moved. Times without offset are of `timezone`.
        """
        return to_schema_org(self, previous_start)


FIELDS = tuple(name.rstrip("_") for name in Event.model_fields)
"""The names that fields have in records."""


def parse_item(record: Any) -> Item:
    """Validate a mapping, or an object with attributes. A record with `start` and no `kind` is an event.

    Raises pydantic.ValidationError.
    """
    get = record.get if isinstance(record, Mapping) else partial(getattr, record)
    kind, start = get("kind", None), get("start", None)
    event = kind == "event" or (is_absent(kind) and not is_absent(start))
    model: type[Item] = Event if event else Article
    return model.model_validate(record)
