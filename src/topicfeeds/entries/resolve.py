"""Resolve headers: find ids, dates, duplicates, notices and next dates, and make candidates.

Only this step uses the memory and the current time to make entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from ..errors import Problem
from ..models.site import Site
from ..sources.model import Draft, Page
from ..state.memory import ItemMemory
from ..state.snapshot import Snapshot
from ..state.store import State
from .changes import record_change
from .digests import combine_digests, hash_parts
from .duplicates import Duplicates, Merged, unite
from .events import make_aware, make_schedule
from .headers import HeaderMaker
from .held import HeldItems
from .ids import IdRegistry
from .model import Candidate, Category, Header, HeldBack, RefusedError
from .notices import add_history, make_notices
from .spill import Spill

_MISSING = (
    "is missing: without a state, an event needs it (add the day when the event was announced, such as 2026-03-01)"
)
_NOT_RECORDED = "is missing, and no run has recorded the event, so the event is held back (call publish or record)"


def _find_draft(header: Header, now: datetime) -> Draft | None:
    """Return a draft if an item is not public yet, or has expired."""
    is_early = header.public is not None and header.public > now
    is_over = header.expires is not None and header.expires <= now
    if not (is_early or is_over):
        return None
    return Draft(header.path, header.line, header.public if is_early else None, (header.own_id, header.link))


class Resolver:
    """Resolves headers, and the last good versions of items whose records have errors.

    `memory` gives the dates that items lack. An event without `published` gets the time of the run that first saw
    it. If the fields of an item changed, its `updated` becomes the time of the run that saw the change. With `now` (a
    date-time with a zone), items with a later date are held back. With `is_check`, an event without `published` gets
    the time `now`, even without a memory.
    """

    def __init__(
        self,
        site: Site,
        memory: State | Snapshot | None = None,
        now: datetime | None = None,
        spill: Spill | None = None,
        *,
        is_check: bool = False,
    ) -> None:
        if now and now.tzinfo is None:
            raise ValueError("the argument now has no time zone (pass datetime.now(UTC))")
        self.site, self.now, self.memory = site, now.replace(microsecond=0) if now else None, memory
        self._sets_dates = is_check or memory is not None
        self._is_view = isinstance(memory, Snapshot)
        """Whether the memory is only read, so that dates and notices of changes wait for the next run."""
        self._ids = IdRegistry(site.authority)
        self._duplicates = Duplicates(HeaderMaker(site), spill or Spill())
        self.held = HeldItems(site, memory)

    def resolve_all(
        self, found: Iterable[Header | Page | Problem | Draft]
    ) -> Iterator[Candidate | HeldBack | Page | Problem | Draft]:
        """Yield a candidate for each header. Pages, problems and drafts are passed on.

        Records that only differ in topics, tags and an inferred date are one item. For each further record of an item,
        the candidate of the item is yielded again, with all topics and tags so far. The candidate has the data that the
        memory will store.
        """
        inferred: list[tuple[str, Header]] = []
        for one in found:
            draft = one if isinstance(one, Draft) else None
            if isinstance(one, Header) and self.now:
                draft = _find_draft(one, self.now)
            if draft:
                self.held.note_draft(draft)
                yield draft
            elif not isinstance(one, Header):
                yield one
            else:
                name, warnings = self._ids.identify(one)
                yield from warnings
                if one.inferred:
                    inferred.append((name, one))  # resolved last: another page may give an earlier date
                else:
                    yield from self._resolve(one, name)
        earliest: dict[str, date] = {}
        for name, header in inferred:
            earliest[name] = min(header.inferred or date.max, earliest.get(name, date.max))
        for name, header in inferred:
            yield from self._resolve(header._replace(inferred=earliest[name]), name)

    def resolve_last_good(self, name: str) -> list[Candidate | HeldBack] | None:
        """Return the last good version of an item, resolved like any other record. Its warnings were reported before.

        None means that the memory has no version that can be used. The list is empty if the item has expired.
        """
        header = self.held.restore(name)
        if header and self.now and (draft := _find_draft(header, self.now)):
            self.held.note_draft(draft)
            return []
        found = self._resolve(header, name, is_kept=True) if header else None
        return None if found is None else [one for one in found if not isinstance(one, Problem)]

    def _resolve(self, header: Header, name: str, *, is_kept: bool = False) -> Iterator[Candidate | HeldBack | Problem]:
        """Yield the problems of a header, and its candidate unless the item is refused or held back."""
        try:
            before = self.memory.find_item(name) if self.memory else None
            published, updated = self._dates(header, before)
            merged, warning = self._duplicates.merge(header, name)
        except RefusedError as refusal:
            yield replace(header.problem(refusal.field, refusal.message, refusal.severity), other=refusal.other)
            return
        self.held.note_found(name, header)
        if is_kept:  # the last good version has the labels of all records, in their order
            topics, tags = unite(header.topics, merged.topics), unite(header.tags, merged.tags)
            merged = merged._replace(topics=topics, tags=tags)
        yield from self._warn_about_dates(header, published)
        if warning:
            yield warning
        known = None
        if self.memory:
            author = combine_digests(merged.author_digests)
            known = ItemMemory(published.isoformat(), author, snapshot=header.snapshot, held=before and before.held)
            if before and is_kept:
                known, updated = before, _later(updated, self._last_change(header, before))
            elif before:
                known, updated = self._date_change(header, updated, known, before)
        if self.now and published > self.now and (header.published or header.inferred):
            yield from self._hold_back(header, "published", published)
            return
        if self.now and updated > max(self.now, published) and header.updated:
            yield from self._hold_back(header, "updated", updated)
            updated = _later(published, known.snapshot_changed if known else None)
        candidate = self._make_candidate(header, name, (published, updated), merged, known)
        candidate = candidate._replace(is_kept=is_kept) if is_kept else candidate
        yield candidate
        if candidate.event:
            yield from make_notices(candidate, self._ids.authority, before)

    def _hold_back(self, header: Header, field: str, until: datetime) -> Iterator[HeldBack | Problem]:
        whole = field == "published"
        done = "the item is held back" if whole else "the published date is used"
        advice = "to publish it now, correct the date" if whole else "correct the date if it is wrong"
        then = f"{until.isoformat()} is in the future"
        yield header.problem(field, f"{then}; {done} until then ({advice})", "warning")
        yield HeldBack(header, header.load().title, until, whole)

    def _make_candidate(
        self,
        header: Header,
        name: str,
        dates: tuple[datetime, datetime],
        merged: Merged,
        known: ItemMemory | None,
    ) -> Candidate:
        published, updated = dates
        times = header.times
        schedule = add_history(make_schedule(times, self.now, self.site.feeds), times, dates, known) if times else None
        link = None if header.link else self._page(merged.topics)
        parts = [name, header.author_digest.hex(), *(one.isoformat() for one in dates), link or ""]
        parts += [tag.label for tag in merged.tags]
        parts += [repr((schedule.next, schedule.sequence, schedule.change, schedule.cancelled))] if schedule else []
        return Candidate(
            id=name,
            header=header,
            published=published,
            updated=updated,
            topics=merged.topics,
            tags=merged.tags,
            digest=hash_parts(parts).hex(),
            link=link,
            memory=known,
            records=merged.records,
            paths=merged.paths,
            author_digest=combine_digests(merged.author_digests),
            event=schedule,
        )

    def _date_change(
        self, header: Header, updated: datetime, known: ItemMemory, before: ItemMemory
    ) -> tuple[ItemMemory, datetime]:
        """Return the new memory and the `updated` of an item that an earlier run saw. Both include its last change."""
        moment = int(self.now.timestamp()) if self.now and not self._is_view else None
        if moment is None:  # a later run that gets `now` will find the change and set its date
            known = before
        else:
            again = (
                before.changed if before.author_digest == known.author_digest else max(moment, before.changed or moment)
            )
            known = record_change(known._replace(changed=again), before, moment)
        return known, _later(updated, self._last_change(header, known))

    def _last_change(self, header: Header, known: ItemMemory) -> int | None:
        return known.snapshot_changed if header.updated else known.changed

    def _page(self, topics: Iterable[Category]) -> str:
        pages = (self.site.topics[topic.term].url for topic in topics if topic.term in self.site.topics)
        return next((page for page in pages if page), self.site.url)

    def _dates(self, header: Header, before: ItemMemory | None) -> tuple[datetime, datetime]:
        """Return `published` and `updated`. Raises RefusedError."""
        published = header.published
        if published and before and header.is_local:
            known = datetime.fromisoformat(before.published)
            if published.replace(tzinfo=None) == known.replace(tzinfo=None):  # only the time zone changed
                published = known
        if published is None:
            zone = ZoneInfo(header.timezone)
            stated: date | None = datetime.fromisoformat(before.published) if before else header.inferred
            if stated is None and self._is_view:
                raise RefusedError("published", _NOT_RECORDED, severity="warning")
            if stated is None and self._sets_dates and self.now:
                stated = self.now.astimezone(zone)
            if stated is None:
                raise RefusedError("published", _MISSING)
            published = make_aware(stated, zone, "published")
        return published, max(published, header.updated or published)

    def _warn_about_dates(self, header: Header, published: datetime) -> Iterator[Problem]:
        start = header.times.start if header.times else None
        if start and start.year > published.year + 10:
            message = f"{start.isoformat()[:10]} is more than ten years after the published date (check the year)"
            yield header.problem("start", message, "warning")
        if header.updated and header.updated < published:
            message = "is before the published date, which is used instead (correct the dates)"
            yield header.problem("updated", message, "warning")


def _later(moment: datetime, seen: int | None) -> datetime:
    """Return the later of two times. `seen` is in seconds since 1970, or None to return `moment`."""
    return moment if seen is None else max(moment, datetime.fromtimestamp(seen, moment.tzinfo))
