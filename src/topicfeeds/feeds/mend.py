"""Mending: after few changes, only the affected feeds are selected and rendered again.

A feed without new and removed records is unchanged, and so are its documents. A feed with changes is selected from the
new records and the records that feeds held in the last run. An older record cannot enter a feed, unless a record
left the feed and no record that is at least as new replaced it. In that case, and in any other doubt, `Unsure` is
raised, and the run recalls all records.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from functools import partial
from heapq import nsmallest
from pathlib import Path

from ..entries.model import Candidate
from ..entries.row_cache import RowCache
from ..errors import Problem
from ..models.site import Site
from ..registry import FEED_FORMATS
from ..sources._unchanged import ReadRecord
from ..sources.model import Location, Page, Passed, Record, Same
from ..state.documents import WrittenDocument, find_link
from ..state.files import FileStamp
from ..state.rows import Row
from ..state.store import State
from ..text.slugs import make_tag_slugger, make_topic_slugger
from .select import sort_key

_MAX_CHANGED_RECORDS = 1000
"""With more new records, or as many removed records, all feeds are selected."""
_SECONDS_A_DAY = 86400
_SUFFIXES = [made.suffix for made in FEED_FORMATS.values()]


class Unsure(Exception):
    """The changed records alone do not show which feeds change. All feeds must be selected."""


def may_mend(whole: object, now: float) -> bool:
    """Return whether the last run allows mending.

    `whole` is the time of the last run (seconds since 1970) if its rows were complete, else None. The memory stores the
    day when an item was last seen in a feed, so the first run of each day (UTC) selects all feeds.
    """
    return isinstance(whole, int) and whole <= now and whole // _SECONDS_A_DAY == int(now) // _SECONDS_A_DAY


class Mend(RowCache):
    """A row cache that only recalls records that may be in a feed with a new record. Methods raise Unsure."""

    mends = True

    def __init__(self, state: State, stamps: dict[str, FileStamp], site: Site) -> None:
        """`stamps` has the stamp of each file, by path."""
        super().__init__(state, stamps, known=True)
        self._topic, self._tag, self._limit = (
            make_topic_slugger(site.topics),
            make_tag_slugger(site.tag_slugs),
            site.feeds.limit,
        )
        self._members: list[tuple[Location, str, ReadRecord]] = []
        """The deferred records: unchanged, and in a feed of the last run."""
        self._is_late = False
        self._new: dict[str, list[tuple[float, str]]] = defaultdict(list)
        """The sort keys of new entries, by feed."""

    def known(self, location: Location, source: str, read: ReadRecord) -> tuple[Passed, ...] | None:
        """Return None for a record that is not unchanged.

        An unchanged record that was in a feed is deferred until `among` yields it: an empty tuple is returned. Any
        other unchanged record is returned as `Passed`.
        """
        found = self._state.rows.get(location.key)
        if found is None:
            return None
        self.keep(location.key)
        if found[1]:
            self._members.append((location, source, read))
            return ()
        return (Passed(found[0], location.path, location.line, source),)

    def note(self, candidate: Candidate) -> None:
        """Store the row and the sort key of a new candidate. Unchanged candidates are ignored."""
        if candidate.is_unchanged:
            return
        if self._is_late or candidate.records > 1:
            raise Unsure  # a deferred record was read after all, or several records are one item
        for name in _feed_names((topic.term for topic in candidate.topics), (tag.term for tag in candidate.tags)):
            self._new[name].append(sort_key(candidate.published, candidate.id))
        if len(self._new["all"]) > _MAX_CHANGED_RECORDS:
            raise Unsure
        super().note(candidate)

    def among(
        self, found: Iterable[Record | Same | Passed | Page | Problem]
    ) -> Iterator[Record | Same | Passed | Problem]:
        """Yield the results of sources, and then the deferred records."""
        for one in found:
            if isinstance(one, Page) or (isinstance(one, Record) and one.inferred):
                raise Unsure  # these are resolved after all other records
            yield one
        self._look_for_gaps()
        yield from self._beside()

    def _look_for_gaps(self) -> None:
        """Raise Unsure if a record left a feed, and no new record that is at least as new replaced it."""
        gone: dict[str, list[tuple[float, str]]] = defaultdict(list)
        for row in self.gone(_MAX_CHANGED_RECORDS):
            for name in self._names(row):
                gone[name].append(sort_key(row.published, row.id))
        if len(gone.get("all", ())) == _MAX_CHANGED_RECORDS:
            raise Unsure
        for name, places in gone.items():
            new = sorted(self._new.get(name, ()))
            if len(new) < len(places) or any(one > other for one, other in zip(new, sorted(places), strict=False)):
                raise Unsure

    def _beside(self) -> Iterator[Same | Passed]:
        """Yield the deferred records: as `Same` if a feed of theirs has changes, else as `Passed`."""
        self._is_late = True
        touched = self._new.keys() - {"all"}
        found: list[tuple[tuple[float, str], Row | None]] = []
        for location, _, _ in self._members:
            row = self.row(location.key)
            if row is None:
                raise Unsure
            is_touched = not touched.isdisjoint(self._names(row))
            found.append((sort_key(row.published, row.id), row if is_touched else None))
        newest = set(nsmallest(self._limit if self._new else 0, (place for place, _ in found)))
        for (place, kept), (location, source, read) in zip(found, self._members, strict=True):
            if row := kept or (self.row(location.key) if place in newest else None):
                yield Same(row, location, source, partial(read, location))
            else:
                yield Passed(place[1], location.path, location.line, source)

    def _names(self, row: Row) -> list[str]:
        return _feed_names(map(self._topic, row.topics), map(self._tag, row.tags))

    def keep_current(self, feeds: Container[str], folder: Path) -> int:
        """Keep the documents of all feeds that are not in `feeds`, and return their number. Raises Unsure."""
        count, above = 0, set[str]()

        def standing() -> Iterator[WrittenDocument]:
            nonlocal count
            for document in self._state.list_documents():
                if document.retired is not None or _feed_name(document.path) in feeds:
                    continue
                name = document.path.rpartition("/")[0]
                if not document.is_unchanged(str(folder)) or (name not in above and find_link(name, folder)):
                    raise Unsure
                above.add(name)
                count += 1
                yield document

        self._state.note_documents(standing())
        return count


def _feed_names(topics: Iterable[str], tags: Iterable[str]) -> list[str]:
    """Return the names of the feeds that an entry may be in."""
    return ["all", *(f"topics/{term}" for term in topics), *(f"tags/{term}" for term in tags)]


def _feed_name(path: str) -> str:
    """Return the name of the feed of a document, by its path."""
    return next((path.removesuffix(suffix) for suffix in _SUFFIXES if path.endswith(suffix)), path)
