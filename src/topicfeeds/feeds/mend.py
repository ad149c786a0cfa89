"""Few records are new or gone among many: only the feeds that they come to are made again.

A feed that no record came to and none went from is what it was, and its documents stand. One that something came to
is chosen from what is new and from what a feed held in the last run: of all else, nothing was new enough then, and so
it is not now, unless something went and nothing as new came in its place. Where that, or anything else, is not sure,
all records are recalled.
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
"""So many records may be new or gone."""
_SECONDS_A_DAY = 86400
_SUFFIXES = [made.suffix for made in FEED_FORMATS.values()]


class Unsure(Exception):
    """What few records change is not known from these alone."""


def may_mend(whole: object, now: float) -> bool:
    """Tell whether all that the last run knew is in its rows, by what it said of that: when it was.

    What no feed holds any more is remembered by the day: the first run of each looks at everything.
    """
    return isinstance(whole, int) and whole <= now and whole // _SECONDS_A_DAY == int(now) // _SECONDS_A_DAY


class Mend(RowCache):
    """Recalls what stands beside the records that are new. Methods raise Unsure."""

    mends = True

    def __init__(self, state: State, stamps: dict[str, FileStamp], site: Site) -> None:
        """Start from what the files are like now."""
        super().__init__(state, stamps, known=True)
        self._topic, self._tag, self._limit = (
            make_topic_slugger(site.topics),
            make_tag_slugger(site.tag_slugs),
            site.feeds.limit,
        )
        self._members: list[tuple[Location, str, ReadRecord]] = []
        """The records that are as they were, and that a feed held."""
        self._is_late = False
        self._new: dict[str, list[tuple[float, str]]] = defaultdict(list)
        """By feed, where the entries stand that are new."""

    def known(self, location: Location, source: str, read: ReadRecord) -> tuple[Passed, ...] | None:
        """Let a record that a feed held wait until it is known whether it is asked for; others count, and no more."""
        found = self._state.rows.get(location.key)
        if found is None:
            return None
        self.keep(location.key)
        if found[1]:
            self._members.append((location, source, read))
            return ()
        return (Passed(found[0], location.path, location.line, source),)

    def note(self, candidate: Candidate) -> None:
        """Keep an entry in mind, and where it stands if it is new."""
        if candidate.is_unchanged:
            return
        if self._is_late or candidate.records > 1:
            raise Unsure  # it was to be recalled, and was read after all; or it counts twice, and is one
        for name in _feed_names((topic.term for topic in candidate.topics), (tag.term for tag in candidate.tags)):
            self._new[name].append(sort_key(candidate.published, candidate.id))
        if len(self._new["all"]) > _MAX_CHANGED_RECORDS:
            raise Unsure
        super().note(candidate)

    def among(
        self, found: Iterable[Record | Same | Passed | Page | Problem]
    ) -> Iterator[Record | Same | Passed | Problem]:
        """Pass on what sources hold, and then what stands beside it."""
        for one in found:
            if isinstance(one, Page) or (isinstance(one, Record) and one.inferred):
                raise Unsure  # it is resolved with others, after all
            yield one
        self._look_for_gaps()
        yield from self._beside()

    def _look_for_gaps(self) -> None:
        """See that for each record that is gone from a feed one has come that is as new."""
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
        """Give the records that a feed held, and whole those that may stand in one to which something came."""
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
        """Keep the documents of all feeds but these, and count them."""
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
    """Name the feeds that an entry may stand in."""
    return ["all", *(f"topics/{term}" for term in topics), *(f"tags/{term}" for term in tags)]


def _feed_name(path: str) -> str:
    """Name the feed of a document."""
    return next((path.removesuffix(suffix) for suffix in _SUFFIXES if path.endswith(suffix)), path)
