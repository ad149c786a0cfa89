"""Resolve records: find ids, time zones, dates and duplicates, and make entries.

Only this step uses the memory and the current time to make entries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache, partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ..errors import Problem
from ..models.items import Enclosure, Event, Person
from ..models.site import Site, explain_unknown_topic
from ..sources.model import HeldBack, ItemLike, Page, Passed, Record, Same
from ..sources.objects import as_records
from ..state.memory import ItemMemory
from ..state.store import State
from ..text.characters import has_bidi_controls, strip_bidi_controls, strip_forbidden, to_one_line
from ..text.html import nesting_depth
from ..text.slugs import make_tag_slugger, make_topic_slugger, tag_key
from ..text.urls import url_warning
from .digests import author_digest, combine_digests
from .duplicates import Duplicates
from .events import make_aware, resolve_event
from .ids import IdRegistry
from .model import Candidate, Category, Entry, RefusedError
from .notices import add_sequence, make_notices, record_change, take_snapshot

_MAX_NESTING_DEPTH = 250


def resolve(
    site: Site,
    found: Iterable[ItemLike | Same | Passed],
    memory: State | None = None,
    now: datetime | None = None,
) -> Iterator[Candidate | HeldBack | Page | Passed | Problem]:
    """Yield a candidate for each record. Pages and problems are passed on.

    Records that only differ in topics, tags and an inferred date are one item. For each further record of an item, its
    candidate is yielded again, with all topics and tags so far. With `now` (a date-time with a zone), items with a
    later date are held back.

    `memory` gives the dates that items lack. An event without `published` gets the time of the run that first saw
    it. An item whose fields changed gets the time of the run that saw the change as `updated`. The candidate has the
    data that the memory will store.
    """
    if now and now.tzinfo is None:
        raise ValueError("now has no time zone (pass datetime.now(UTC))")
    resolver = Resolver(site, now.replace(microsecond=0) if now else None, memory)
    inferred: list[tuple[str, Record]] = []
    for one in as_records(found):
        if isinstance(one, Same):
            yield from resolver.recall(one)
        elif isinstance(one, Passed):
            resolver.enter(one)
            yield one
        elif not isinstance(one, Record):
            yield one
        elif one.inferred and not one.item.published:
            inferred.append((resolver.identify(one), one))  # waits for all pages: another page may give an earlier date
        else:
            yield from resolver.resolve(one, resolver.identify(one))
    earliest: dict[str, date] = {}
    for name, record in inferred:
        earliest[name] = min(record.inferred or date.max, earliest.get(name, date.max))
    for name, record in inferred:
        yield from resolver.resolve(record._replace(inferred=earliest[name]), name)


class _Draft(NamedTuple):
    """An entry, and the data that its candidate needs."""

    entry: Entry
    memory: ItemMemory | None
    author_digest: bytes | None
    records: int


@dataclass(slots=True)
class Resolver:
    """Resolves records one by one."""

    site: Site
    now: datetime | None
    memory: State | None
    _ids: IdRegistry = field(init=False)
    _duplicates: Duplicates = field(default_factory=Duplicates)
    _topic: Callable[[str], Category] = field(init=False)
    _tag: Callable[[str], tuple[str, Category]] = field(init=False)
    """Returns the key of a label and its category. All items share one object for each label."""
    _problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        site, slug = self.site, make_tag_slugger(self.site.tag_slugs)
        topic_slug = make_topic_slugger(site.topics)
        self._ids = IdRegistry(site.authority)
        self._topic = cache(lambda label: Category(topic_slug(label), label, f"{site.base}topics/"))
        self._tag = cache(lambda label: (tag_key(label), Category(slug(label), label, f"{site.base}tags/")))

    def identify(self, record: Record) -> str:
        """Return the id of a record."""
        name, warnings = self._ids.identify(record)
        self._problems += warnings
        return name

    def resolve(self, record: Record, name: str) -> Iterator[Candidate | HeldBack | Problem]:
        """Yield the problems of a record, and its candidate unless the record is refused or held back."""
        draft = self._draft(record, name)
        if self._problems:
            yield from self._problems
            self._problems.clear()
        if draft is None:
            return
        entry, known = draft.entry, draft.memory
        if self.now and entry.published > self.now and (record.item.published or record.inferred):
            then = f"{entry.published.isoformat()} is in the future"
            message = f"{then}; the item is held back until then (to publish it now, correct the date)"
            yield record.problem("published", message, "warning")
            yield HeldBack(record, entry.published)
            return
        if self.now and entry.updated > max(self.now, entry.published) and record.item.updated:
            then = f"{entry.updated.isoformat()} is in the future"
            message = f"{then}; published is used until then (correct the date if it is wrong)"
            yield record.problem("updated", message, "warning")
            yield HeldBack(record, entry.updated, whole=False)
            entry = replace(entry, updated=_later(entry.published, known.snapshot_changed if known else None))
        if draft.records > 1:
            entry = replace(entry, link=record.item.link or self._page(entry.topics))
        yield _to_candidate(draft._replace(entry=entry), record)
        if entry.event:
            for notice in make_notices(entry, known, self._ids.authority):
                yield _to_candidate(_Draft(notice, None, None, draft.records), record)._replace(is_notice=True)

    def enter(self, one: Passed) -> None:
        """Reserve the id of a record that is not resolved here: it is unchanged, or a worker resolved it."""
        self._duplicates.enter_unchanged(one.id, one.path, one.line)

    def recall(self, same: Same) -> Iterator[Candidate | HeldBack | Problem]:
        """Yield the candidate of an unchanged record from its row.

        If the row does not fit the memory or the current time any more, read and resolve the record.
        """
        row, now = same.row, self.now
        before = self.memory.find_item(row.id) if self.memory else None
        known = before == row.known or (before is None and row.known == ItemMemory(*row.known[:2]))
        if not known or (now and now < max(row.published, row.updated)):
            record = same.read()
            yield from self.resolve(record, self.identify(record))
            return
        self._duplicates.enter_unchanged(row.id, same.location.path, same.location.line)
        yield Candidate(
            id=row.id,
            kind="article",
            published=row.published,
            updated=row.updated,
            topics=tuple(map(self._topic, row.topics)),
            tags=tuple([self._tag(label)[1] for label in row.tags]),
            load=partial(self._load, same),
            source=same.source,
            location=same.location,
            memory=row.known,
            author_digest=row.known.author_digest,
            digest=row.core or None,
            stored_digest=row.core or None,
            is_unchanged=True,
        )

    def _load(self, same: Same) -> Entry:
        """Return the entry of an unchanged record. Its problems are dropped, as the last run reported them."""
        entry = self._make_entry(same.read(), same.row.id, None)
        self._problems.clear()
        return replace(entry, published=same.row.published, updated=same.row.updated)

    def _draft(self, record: Record, name: str) -> _Draft | None:
        """Return the draft of a record, or None if the record is refused."""
        before = self.memory.find_item(name) if self.memory else None
        try:
            entry = self._make_entry(record, name, before)
            digest = author_digest(record.item) if self.memory else None
            merged, warnings = self._duplicates.merge(record, entry, digest)
            self._problems += warnings
        except RefusedError as refusal:
            self._problems.append(record.problem(refusal.field, refusal.message))
            return None
        if merged.records > 1:
            entry = replace(entry, topics=merged.topics, tags=merged.tags)
        known = None
        if digest:
            said = digest if merged.records == 1 else combine_digests(merged.author_digests)
            snapshot = take_snapshot(entry.event) if entry.event else None
            known = ItemMemory(entry.published.isoformat(), said, snapshot=snapshot)
        if known and before:
            known, updated = self._date_change(record, entry, known, before)
            entry = replace(entry, updated=updated) if updated != entry.updated else entry
        return _Draft(add_sequence(entry, known), known, digest, merged.records)

    def _make_entry(self, record: Record, name: str, before: ItemMemory | None) -> Entry:
        item = record.item
        topics = self._topics(record)
        event = None
        if isinstance(item, Event):
            event = resolve_event(item, self.site, self.now, partial(self._line, record))
        published, updated = self._dates(record, before)
        for place in ("link", "image"):
            if (address := getattr(item, place)) and (warning := url_warning(address)):
                self._problems.append(record.problem(place, warning, "warning"))
        return Entry(
            id=name,
            kind=item.kind,
            title=self._line(record, "title", item.title),
            link=item.link or self._page(topics),
            published=published,
            updated=updated,
            summary=self._text(record, "summary", item.summary) if item.summary else None,
            content=self._content(record, item.content) if item.content else None,
            topics=topics,
            tags=self._tags(record),
            authors=tuple(self._authors(record)) if item.authors else (),
            language=item.language,
            image=item.image,
            enclosures=tuple(self._enclosures(record)) if item.enclosures else (),
            event=event,
        )

    def _date_change(
        self, record: Record, entry: Entry, known: ItemMemory, before: ItemMemory
    ) -> tuple[ItemMemory, datetime]:
        """Return the memory and the `updated` of an item that an earlier run saw, with the time of its last change."""
        moment = int(self.now.timestamp()) if self.now else None
        if moment is None:  # a later run that gets `now` will find the change and set its date
            known = before
        else:
            again = (
                before.changed if before.author_digest == known.author_digest else max(moment, before.changed or moment)
            )
            known = record_change(known._replace(changed=again), before, moment)
        seen = known.snapshot_changed if record.item.updated else known.changed
        return known, max(entry.updated, _later(entry.published, seen))

    def _line(self, record: Record, name: str, value: str) -> str:
        """Return a title or a name as one line. Names lose the marks that change the direction of text."""
        if value and value.isprintable() and (plain := to_one_line(value)):
            return plain
        whole = self._text(record, name, value, to_one_line)
        if has_bidi_controls(whole):
            codes = _list_codes(c for c in whole if has_bidi_controls(c))
            done = "kept: check how the title reads" if name == "title" else "removed: delete them in the source too"
            message = f"has characters that change the direction of text: {codes} ({done})"
            self._problems.append(record.problem(name, message, "warning"))
        return whole if name == "title" else strip_bidi_controls(whole)

    def _text(self, record: Record, name: str, value: str, shape: Callable[[str], str] = str.strip) -> str:
        """Return a text without the characters that XML forbids, and warn about them.

        Raises RefusedError if it is blank.
        """
        whole = strip_forbidden(value)
        if whole != value:
            codes = _list_codes(c for c in value if strip_forbidden(c) != c)
            message = f"has characters that XML forbids: {codes} (removed: delete them in the source too)"
            self._problems.append(record.problem(name, message, "warning"))
        if not shape(whole):
            raise RefusedError(name, "is blank (write some text)")
        return shape(whole)

    def _content(self, record: Record, value: str) -> str:
        most = self.site.feeds.max_body
        if len(value) * 4 > most and (size := len(value.encode("utf-8", "replace"))) > most:
            limit = f"the limit is {most} (shorten it, or raise max_body under [feeds] in the site file)"
            raise RefusedError("content", f"has {size} bytes; {limit}")
        if nesting_depth(value) > _MAX_NESTING_DEPTH:
            message = f"has tags nested more than {_MAX_NESTING_DEPTH} deep (close the tags, or simplify the HTML)"
            raise RefusedError("content", message)
        return self._text(record, "content", value)

    def _authors(self, record: Record) -> Iterator[Person]:
        for author in record.item.authors:
            name = author if isinstance(author, str) else author.name
            clean = self._line(record, "authors", name)
            yield _make_person(clean) if isinstance(author, str) else author.model_copy(update={"name": clean})

    def _enclosures(self, record: Record) -> Iterator[Enclosure]:
        for file in record.item.enclosures:
            title = self._line(record, "enclosures", file.title) if file.title else None
            yield file.model_copy(update={"title": title})

    def _topics(self, record: Record) -> tuple[Category, ...]:
        names = [*record.item.topics, *([record.item.topic] if record.item.topic else []), *record.topics]
        found: dict[str, Category] = {}
        for name in names:
            label = self._line(record, "topics", name)
            if self.site.topics and label not in self.site.topics:
                field = "topic" if record.item.topic else "topics"
                raise RefusedError(field, explain_unknown_topic(label, self.site.topics))
            topic = self._topic(label)
            found.setdefault(topic.term, topic)
        return tuple(found.values())

    def _tags(self, record: Record) -> tuple[Category, ...]:
        found: dict[str, Category] = {}
        for tag in record.item.tags:
            key, category = self._tag(self._line(record, "tags", tag))
            found.setdefault(key, category)
        return tuple(found.values())

    def _page(self, topics: Iterable[Category]) -> str:
        pages = (self.site.topics[topic.term].url for topic in topics if topic.term in self.site.topics)
        return next((page for page in pages if page), self.site.url)

    def _dates(self, record: Record, before: ItemMemory | None) -> tuple[datetime, datetime]:
        item = record.item
        zone = ZoneInfo(item.timezone or self.site.timezone)
        first = datetime.fromisoformat(before.published) if before else None
        stated = item.published or first or record.inferred
        if stated is None and self.memory and self.now:
            stated = self.now.astimezone(zone)
        if stated is None:
            raise RefusedError("published", "is missing (add the day when the event was announced, such as 2026-03-01)")
        published = make_aware(stated, zone, "published")
        updated = make_aware(item.updated, zone, "updated") if item.updated else published
        start = item.start if isinstance(item, Event) else None
        if start and start.year > published.year + 10:
            message = f"{start.isoformat()} is more than ten years after published (check the year)"
            self._problems.append(record.problem("start", message, "warning"))
        if updated < published:
            message = "is before published, so published is used instead (correct the dates)"
            self._problems.append(record.problem("updated", message, "warning"))
        return published, max(published, updated)


def _list_codes(characters: Iterable[str]) -> str:
    return ", ".join(sorted({f"U+{ord(c):04X}" for c in characters}))


@cache
def _make_person(name: str) -> Person:
    return Person(name=name)


def _later(moment: datetime, seen: int | None) -> datetime:
    """Return the later of `moment` and `seen`, which is in seconds since 1970, or None."""
    return moment if seen is None else max(moment, datetime.fromtimestamp(seen, moment.tzinfo))


def _to_candidate(draft: _Draft, record: Record) -> Candidate:
    entry, item = draft.entry, record.item
    is_locatable = item.kind == "article" and item.published and (item.id or item.link)
    return Candidate(
        id=entry.id,
        kind=entry.kind,
        published=entry.published,
        updated=entry.updated,
        topics=entry.topics,
        tags=entry.tags,
        load=lambda: entry,
        source=record.source,
        location=record.location if is_locatable else None,
        memory=draft.memory,
        author_digest=draft.author_digest,
        records=draft.records,
        event=entry.event,
    )
