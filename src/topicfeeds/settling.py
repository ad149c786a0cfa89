"""Items become entries: ids, zones and dates resolved, duplicates found. The only step that asks memory or time."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from urllib.parse import quote
from zoneinfo import ZoneInfo

from . import cleaning
from .errors import Problem, nearest, show
from .flow import Category, Entry, Found, Page, Record
from .models import Article, Enclosure, Event, Item, Person, Site, Topic
from .selecting import tag_key, tag_slugs, topic_slug, topic_title

# RFC 3987 in short: a scheme, and none of the characters that never stand in an IRI.
_IRI = re.compile(r'[A-Za-z][A-Za-z0-9+.-]*:[^\s"<>\\^`{|}]+')


@dataclass(frozen=True, slots=True)
class Settled:
    """What can be published: entries in no order, the topics known, and what was found on the way."""

    entries: tuple[Entry, ...]
    topics: Mapping[str, Topic]
    problems: tuple[Problem, ...]


class _Refused(Exception):
    def __init__(self, field: str, message: str) -> None:
        self.field, self.message = field, message


def settle(
    site: Site,
    found: Iterable[Found],
    memory: None = None,  # noqa: ARG001 - kept for dates first seen
    now: datetime | None = None,
) -> Settled:
    """Make entries of items. With `now` (aware), items of the future are held back until then.

    `memory` is where dates first seen will come from.
    """
    records, pages, problems = _sorted(found)
    desk = _Desk(site, _topics(site, pages), problems, now, tag_slugs(site))
    kept: dict[str, tuple[Record, Entry]] = {}
    for record in records:
        try:
            entry = desk.entry(record)
            kept[entry.id] = (record, _merged(*kept[entry.id], record, entry)) if entry.id in kept else (record, entry)
        except _Refused as refusal:
            problems.append(record.problem(refusal.field, refusal.message))
    ripe = (entry for record, entry in kept.values() if not _held_back(record, entry, now, problems))
    return Settled(tuple(ripe), desk.topics, tuple(problems))


def _sorted(found: Iterable[Found]) -> tuple[list[Record], list[Page], list[Problem]]:
    """Part what the sources yielded; items made in Python are named by their position."""
    records, pages, problems = [], [], []
    for position, one in enumerate(found, 1):
        match one:
            case Article() | Event():
                records.append(Record(one, "items", position))
            case Record():
                records.append(one)
            case Page():
                pages.append(one)
            case Problem():
                problems.append(one)
            case _:
                problems.append(Problem("items", position, "", f"{show(one)} is no Article and no Event"))
    return records, pages, problems


def _topics(site: Site, pages: Iterable[Page]) -> dict[str, Topic]:
    """Let the text pages speak of their topics where the site file is silent."""
    topics = dict(site.topics)
    for page in pages:
        slug = topic_slug(site, page.topic)
        said = topics.get(slug, Topic())
        told = {"title": said.title or page.title, "description": said.description or page.description}
        topics[slug] = said.model_copy(update=told)
    return topics


def _merged(first: Record, entry: Entry, record: Record, other: Entry) -> Entry:
    """Make one entry of records that are equal but for topics, tags and an inferred date."""
    if _core(first.item) != _core(record.item):
        where = f"{first.path}:{first.line}"
        if record.item.id or record.item.link:
            name = "id" if record.item.id else "link"
            raise _Refused(name, f"{show(getattr(record.item, name))} is that of {where} (give each item its own id)")
        raise _Refused("id", f"is missing, and {where} has the same date and title (give both an id)")
    published = min(entry.published, other.published)
    return replace(
        entry,
        topics=_union(entry.topics, other.topics),
        tags=_union(entry.tags, other.tags),
        published=published,
        updated=published if first.item.updated is None else max(published, entry.updated),
    )


def _union(first: tuple[Category, ...], second: tuple[Category, ...]) -> tuple[Category, ...]:
    terms = {category.term for category in first}
    return first + tuple(category for category in second if category.term not in terms)


def _core(item: Item) -> Item:
    return item.model_copy(update={"topics": (), "topic": None, "tags": ()})


def _held_back(record: Record, entry: Entry, now: datetime | None, problems: list[Problem]) -> bool:
    if now is None or entry.published <= now:
        return False
    message = f"{entry.published.isoformat()} is in the future (the item is held back until then)"
    problems.append(record.problem("published", message, "warning"))
    return True


@dataclass(slots=True)
class _Desk:
    """Where one record after the other is settled."""

    site: Site
    topics: Mapping[str, Topic]
    problems: list[Problem]
    now: datetime | None
    _slug: Callable[[str], str]
    _minted: dict[str, dict[tuple[str, str, str], dict[object, int]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(dict))
    )

    def entry(self, record: Record) -> Entry:
        """Settle a record. Raises _Refused."""
        item = record.item
        title = self._line(record, "title", item.title)
        topics, tags = tuple(self._topics_of(record)), tuple(self._tags_of(record))
        published, updated = self._dates(record)
        return Entry(
            id=self._id(record, title),
            kind=item.kind,
            title=title,
            link=item.link or self._page(topics),
            published=published,
            updated=updated,
            summary=self._text(record, "summary", item.summary) if item.summary else None,
            content=self._text(record, "content", item.content) if item.content else None,
            topics=topics,
            tags=tags,
            authors=tuple(self._authors(record)),
            language=item.language,
            image=item.image,
            enclosures=tuple(self._enclosures(record)),
        )

    def _line(self, record: Record, name: str, value: str) -> str:
        return self._text(record, name, value, cleaning.line)

    def _text(self, record: Record, name: str, value: str, shape: Callable[[str], str] = str.strip) -> str:
        """Take out what XML forbids, and say so."""
        whole = cleaning.text(value)
        if whole != value:
            lost = sorted({f"U+{ord(c):04X}" for c in value if cleaning.text(c) != c})
            message = f"has characters that XML forbids: {', '.join(lost)} (they are left out)"
            self.problems.append(record.problem(name, message, "warning"))
        if not shape(whole):
            raise _Refused(name, "is blank")
        return shape(whole)

    def _authors(self, record: Record) -> Iterator[Person]:
        for author in record.item.authors:
            name = author if isinstance(author, str) else author.name
            clean = self._line(record, "authors", name)
            yield Person(name=clean) if isinstance(author, str) else author.model_copy(update={"name": clean})

    def _enclosures(self, record: Record) -> Iterator[Enclosure]:
        for file in record.item.enclosures:
            title = self._line(record, "enclosures", file.title) if file.title else None
            yield file.model_copy(update={"title": title})

    def _topics_of(self, record: Record) -> Iterator[Category]:
        scheme = f"{self.site.base}topics/"
        names = [*record.item.topics, *([record.item.topic] if record.item.topic else []), *record.topics]
        slugs: dict[str, str] = {}
        for name in names:
            label = self._line(record, "topics", name)
            if self.site.topics and label not in self.site.topics:
                field = "topic" if record.item.topic else "topics"
                raise _Refused(field, f"unknown topic {show(label)}{nearest(label, self.site.topics)}")
            slugs.setdefault(topic_slug(self.site, label), label)
        for slug, label in slugs.items():
            title = topic_title(slug, self.topics[slug]) if slug in self.topics else label
            yield Category(slug, title, scheme)

    def _tags_of(self, record: Record) -> Iterator[Category]:
        scheme = f"{self.site.base}tags/"
        labels: dict[str, str] = {}
        for tag in record.item.tags:
            label = self._line(record, "tags", tag)
            labels.setdefault(tag_key(label), label)
        for label in labels.values():
            yield Category(self._slug(label), label, scheme)

    def _page(self, topics: Iterable[Category]) -> str:
        pages = (self.topics[topic.term].url for topic in topics if topic.term in self.topics)
        return next((page for page in pages if page), self.site.url)

    def _id(self, record: Record, title: str) -> str:
        item = record.item
        if item.id:
            iri = _IRI.fullmatch(item.id) and not re.match(r"https?:(?!//[^/?#])", item.id, re.IGNORECASE)
            return item.id if iri else f"tag:{self.site.authority}:item/{quote(item.id, safe='')}"
        return item.link or self._mint(record, title)

    def _mint(self, record: Record, title: str) -> str:
        """Make an id of what is least likely to change; equal ones of a file are counted."""
        item = record.item
        stated = item.published or (item.start if isinstance(item, Event) else None)
        text = "" if record.untitled else title
        if record.path not in self._minted and not record.from_page:
            message = "is missing (give an id: an edit of date or title makes a new item)"
            self.problems.append(record.problem("id", message, "warning"))
        equal = self._minted[record.path][item.kind, stated.isoformat() if stated else "", text]
        n = equal.setdefault(object() if record.untitled else item, len(equal) + 1)
        values = [item.kind, stated.isoformat() if stated else "", text, n]
        digest = hashlib.sha256(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
        return f"tag:{self.site.authority}:{item.kind}/{digest[:20]}"

    def _dates(self, record: Record) -> tuple[datetime, datetime]:
        item = record.item
        zone = ZoneInfo(item.timezone or self.site.timezone)
        stated = item.published or record.inferred
        if stated is None:
            raise _Refused("published", "is missing (give the day it was announced)")
        published = _aware(stated, zone, "published")
        updated = _aware(item.updated, zone, "updated") if item.updated else published
        if updated < published:
            self.problems.append(record.problem("updated", "is before published (it is raised to it)", "warning"))
        if self.now and updated > max(self.now, published):
            message = f"{updated.isoformat()} is in the future (published stands in for it until then)"
            self.problems.append(record.problem("updated", message, "warning"))
            updated = published
        return published, max(published, updated)


def _aware(moment: date | datetime, zone: ZoneInfo, field: str) -> datetime:
    """Give a moment its offset, in whole minutes as the formats need it, and whole seconds.

    The day stays as it was written, also where a zone once had an offset with seconds. A time of day
    that occurs twice is the first of the two. Raises _Refused for one that a change of clocks skips.
    """
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(), zone)
    elif moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
        if moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment.replace(tzinfo=None):
            raise _Refused(field, f"{moment.replace(tzinfo=None).isoformat()} does not exist in {zone.key}")
    offset = moment.utcoffset() or timedelta()
    return moment.replace(tzinfo=timezone(offset - offset % timedelta(minutes=1)), microsecond=0)
