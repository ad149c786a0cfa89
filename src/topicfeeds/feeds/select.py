"""Selection: choose and sort the candidates of each feed."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from heapq import nsmallest
from typing import NamedTuple

from ..entries.events import to_instant
from ..entries.headers import HeaderMaker
from ..entries.model import Candidate, Category, NewNotice, load_entry
from ..entries.spill import Spill
from ..models.site import Site, Topic
from ..sources.model import Page
from ..text.characters import strip_forbidden, to_one_line
from ..text.slugs import is_slug, make_topic_slugger
from .model import NEVER_UPDATED, Selection, make_feed
from .terms import FeedTerms, read_declared

_MAX_CHARS_IN_MEMORY = 100_000_000
"""The limit of entries in memory, in characters. Further entries go to a temporary file."""
_MIN_ENTRY_CHARS = 2500
"""The characters that are counted for each entry, in addition to its content."""
_MIN_MERGED_KEPT = 1000


Decide = Callable[[NewNotice, Sequence[str] | None, Sequence[str]], None]
"""Takes a new notice, the names of the feeds that get it, and the names of the event's other feeds.

If all feeds of the event get the notice, the first names are None.
"""


def select_feeds(
    site: Site,
    found: Iterable[Candidate | Page],
    spill: Spill | None = None,
    wanted: Wanted | None = None,
    decide: Decide | None = None,
) -> dict[str, Selection]:
    """Return the selections of candidates, by feed name: all items, topics, tags, declared feeds.

    - Only candidates that are in a feed are kept.
    - A later candidate with the same id replaces the earlier one.
    - Pages give topics the titles and descriptions that the site file does not have.
    - A feed gets at most `notices_per_run` new notices, for the nearest events. `decide` stores the decision.
    - With `spill`, entries past the first 100 million characters go to it.
    """
    selector = FeedSelector(site, spill, wanted)
    for one in found:
        if isinstance(one, Page):
            selector.add_topic_page(one)
        else:
            selector.add(one)
    selector.add_new_notices(decide)
    return selector.select()


class Wanted(NamedTuple):
    """What to select."""

    calendars: bool
    """Whether to select the events of calendars."""
    names: frozenset[str] | None = None
    """The names of the feeds. None means all feeds."""
    terms: FeedTerms | None = None
    """If set, only items that this feed can contain are used. The feed of a mix is then also selected."""

    def includes(self, name: str) -> bool:
        """Return whether to select the feed with this name."""
        return self.names is None or name in self.names


@dataclass(slots=True)
class _NewestEntries:
    """The newest candidates of one feed, newest first."""

    name: str
    limit: int
    """How many candidates it keeps."""
    candidates: list[Candidate] = field(default_factory=list)
    _keys: list[tuple[float, str]] = field(default_factory=list)
    """The sort key of each candidate."""
    _notices: list[tuple[float, str]] = field(default_factory=list)
    """The sort keys of the notices: at most half of `limit`."""

    def wants(self, key: tuple[float, str]) -> bool:
        """Return whether a candidate with this sort key is new enough."""
        return len(self._keys) < self.limit or (bool(self._keys) and key <= self._keys[-1])

    def insert(self, candidate: Candidate, key: tuple[float, str]) -> None:
        """Insert a candidate. It replaces a candidate with the same sort key, and so with the same id."""
        keys = self._keys
        place = bisect_left(keys, key)
        if place < len(keys) and keys[place] == key:
            self.candidates[place] = candidate
            return
        keys.insert(place, key)
        self.candidates.insert(place, candidate)
        if candidate.notice:
            insort(self._notices, key)
            if len(self._notices) > self.limit // 2:
                self._drop(self._notices[-1])
        if len(keys) > self.limit:
            self._drop(keys[-1])

    def _drop(self, key: tuple[float, str]) -> None:
        place = bisect_left(self._keys, key)
        del self._keys[place], self.candidates[place]
        if self._notices and self._notices[-1] == key:
            del self._notices[-1]


def sort_key(published: datetime, name: str) -> tuple[float, str]:
    """Return the sort key of an entry: the newest first, then by id."""
    return -published.timestamp(), name


class FeedSelector:
    """Sorts candidates into feeds, one by one."""

    def __init__(self, site: Site, spill: Spill | None = None, wanted: Wanted | None = None) -> None:
        self.site, self._spill = site, spill
        self._wanted = wanted or Wanted(site.has_calendars or site.pages is not None)
        self._chars = 0
        """The estimated characters of the entries in memory that were added to feeds."""
        self._maker = HeaderMaker(site)
        self._topics = dict(site.topics)
        self._titled = set(site.topics)
        """The topics whose title does not come from the items."""
        self._mix = mix = self._wanted.terms if self._wanted.terms and "?" in self._wanted.terms.name else None
        self._declared = [*(read_declared(site, feed) for feed in site.feed), *([mix] if mix else [])]
        self._filters = site.extensions.filters
        self._newest: dict[str, _NewestEntries] = {}
        """The wanted feeds by name."""
        self._calendars: dict[str, dict[str, Candidate]] = {}
        """The events of each calendar, by feed name and id."""
        self._merged: dict[str, Candidate] = {}
        """The last version of each merged candidate. Declared feeds may contain an earlier version."""
        self._max_merged = _MIN_MERGED_KEPT
        self._final: dict[str, Candidate] = {}
        self._new_notices: dict[str, Candidate] = {}

    def add_topic_page(self, page: Page) -> None:
        """Give a topic the title and description of its text page, unless the site file has them."""
        slug = make_topic_slugger(self.site.topics)(page.topic)
        topic = self._topics.get(slug, Topic())
        about = {"title": topic.title or page.title, "description": topic.description or page.description}
        self._topics[slug] = topic.model_copy(update=about)
        if page.title:
            self._titled.add(slug)

    def add(self, candidate: Candidate) -> None:
        """Add a candidate to every feed for which it is new enough."""
        if candidate.new:
            self._new_notices[candidate.id] = candidate
            return
        places = self._find_places(candidate)
        if candidate.records > 1 and self._declared:
            self._keep_merged(candidate)
        if self._wanted.calendars and candidate.event and not candidate.notice and candidate.event.in_calendar:
            for place in places:
                self._calendars.setdefault(place.name, {})[candidate.id] = candidate
        self._insert(candidate, places)

    def _matches(self, terms: FeedTerms, candidate: Candidate) -> bool:
        """Return whether a feed with these terms can contain a candidate."""
        passes = self._filters.get(terms.name.removeprefix("feeds/"))
        return terms.includes(candidate, self.site.language) and (passes is None or passes(load_entry(candidate)))

    def add_new_notices(self, decide: Decide | None) -> None:
        """Add the notices of this run: to each feed at most `notices_per_run`, for the nearest events."""
        rivals: dict[str, list[Candidate]] = {}
        for notice in self._new_notices.values():
            for place in self._find_places(notice):
                rivals.setdefault(place.name, []).append(notice)
        limit = self.site.feeds.notices_per_run
        chosen = {(name, one.id) for name, some in rivals.items() for one in nsmallest(limit, some, key=_nearness_key)}
        for notice in self._new_notices.values():
            places = self._find_places(notice)
            having = [place for place in places if (place.name, notice.id) in chosen]
            if decide and notice.new:
                feeds = None if having == places else [place.name for place in having]
                decide(notice.new, feeds, [place.name for place in places if place not in having])
            self._insert(notice, having)

    def _insert(self, candidate: Candidate, places: Iterable[_NewestEntries]) -> None:
        key = sort_key(candidate.published, candidate.id)
        wanting = [place for place in places if place.wants(key)]
        if wanting and self._spill and not candidate.event:
            candidate = self._spill_if_many(candidate, self._spill)
        for place in wanting:
            place.insert(candidate, key)

    def _find_places(self, candidate: Candidate) -> list[_NewestEntries]:
        """Return the wanted feeds that can contain a candidate."""
        names, per = ["all"], self.site.feeds.per
        if "topic" in per:
            names += [f"topics/{topic.term}" for topic in candidate.topics]
        if "tag" in per:
            names += [f"tags/{tag.term}" for tag in candidate.tags]
        names += [one.name for one in self._declared if self._matches(one, candidate)]
        if candidate.notice and candidate.notice.feeds is not None:
            names = [name for name in names if name in candidate.notice.feeds]
        names = [name for name in names if self._wanted.includes(name)]
        for name in names:
            if name not in self._newest:
                self._newest[name] = _NewestEntries(name, self.site.find_limit(name))
        return [self._newest[name] for name in names]

    def _spill_if_many(self, candidate: Candidate, spill: Spill) -> Candidate:
        """Write the item of an article to the spill if too many entries are in memory, and return its candidate."""
        header = candidate.header
        if not header.is_parsed:
            return candidate
        self._chars += _MIN_ENTRY_CHARS + len(header.load().content or "")
        if self._chars <= _MAX_CHARS_IN_MEMORY or not (text := header.body()):
            return candidate
        read, kind = partial(spill.read_text, spill.add_text(text)), header.kind
        spilled = header._replace(load=lambda: self._maker.restore(read(), kind), body=read)
        return candidate._replace(header=spilled)

    def _keep_merged(self, candidate: Candidate) -> None:
        """Keep a merged candidate. From time to time, drop candidates that no declared feed contains."""
        self._merged[candidate.id] = candidate
        if len(self._merged) > self._max_merged:
            names = [name for one in self._declared if (name := one.name) in self._newest]
            held = {one.id for name in names for one in self._newest[name].candidates}
            held.update(*(self._calendars.get(one.name, ()) for one in self._declared))
            self._merged = {name: one for name, one in self._merged.items() if name in held}
            self._max_merged = 2 * len(self._merged) + _MIN_MERGED_KEPT

    def held_ids(self) -> set[str]:
        """Return the ids of the candidates that feeds hold so far."""
        return {one.id for newest in self._newest.values() for one in newest.candidates}

    def select(self) -> dict[str, Selection]:
        """Return the selections of all candidates that were added, by feed name."""
        for terms in self._declared:  # a merged candidate may have got a topic or tag that a feed excludes
            name, matches = terms.name, partial(self._matches, terms)
            if name in self._newest:
                whole = (self._merged.get(one.id, one) for one in self._newest[name].candidates)
                self._newest[name].candidates = [one for one in whole if matches(one)]
            whole = (self._merged.get(one.id, one) for one in self._calendars.get(name, {}).values())
            self._calendars[name] = {one.id: one for one in whole if matches(one)}
        found: list[tuple[str, str | None, Topic]] = [("all", None, Topic(description=self.site.description))]
        if "topic" in self.site.feeds.per:
            known = self._topics | {slug: self._topics.get(slug, Topic()) for slug in self._slugs("topics")}
            found += ((f"topics/{slug}", self._topic_title(slug), topic) for slug, topic in known.items())
        found += ((f"tags/{slug}", self._find_label(f"tags/{slug}"), Topic()) for slug in self._slugs("tags"))
        for feed in self.site.feed:
            found.append((f"feeds/{feed.slug}", feed.title, Topic(description=feed.description, url=feed.url)))
        if self._mix:
            found.append((self._mix.name, None, Topic()))
        return {one[0]: self._describe(*one) for one in found if self._wanted.includes(one[0])}

    def _slugs(self, folder: str) -> list[str]:
        return sorted(name.partition("/")[2] for name in self._newest if name.startswith(f"{folder}/"))

    def _find_label(self, name: str) -> str:
        """Return the label that the newest entry of the feed of a topic or tag uses."""
        newest, address = self._newest[name].candidates[0], self.site.base + name
        return next(one.label for one in (*newest.topics, *newest.tags) if one.scheme + one.term == address)

    def _topic_title(self, slug: str) -> str:
        if slug in self._titled or f"topics/{slug}" not in self._newest:
            return make_topic_title(slug, self._topics[slug])
        return make_topic_title(slug, Topic(title=self._find_label(f"topics/{slug}")))

    def _finish(self, candidate: Candidate) -> Candidate:
        """Return a candidate with its final topics. All feeds share the result."""
        if candidate.id not in self._final:
            whole = self._merged.get(candidate.id, candidate)
            topics = tuple(map(self._title_topic, whole.topics))
            self._final[candidate.id] = whole if topics == whole.topics else whole._replace(topics=topics)
        return self._final[candidate.id]

    def _title_topic(self, topic: Category) -> Category:
        if topic.term not in self._titled:
            return topic
        return topic._replace(label=make_topic_title(topic.term, self._topics[topic.term]))

    def _describe(self, path: str, title: str | None, about: Topic) -> Selection:
        """Return a selection. The description and page of its feed are those of `about`.

        Without `title`, the feed has the title of the site.
        """
        site, formats = self.site, self.site.extensions.feed_formats
        candidates = tuple(map(self._finish, self._newest[path].candidates)) if path in self._newest else ()
        calendar = tuple(map(self._finish, sorted(self._calendars.get(path, {}).values(), key=_start_key)))
        feed = replace(
            make_feed(site, path, f"{title} - {site.title}" if title else site.title),
            description=strip_forbidden(about.description) if about.description else None,
            page=about.url or site.url,
            updated=max((one.updated for one in candidates), default=NEVER_UPDATED),
            formats=tuple(name for name in site.find_formats(path) if calendar or not formats[name].is_calendar),
            calendar=() if self._wanted.calendars else None,
        )
        return Selection(feed, candidates, calendar)


def _nearness_key(notice: Candidate) -> tuple[float, str]:
    return notice.new.nearest.timestamp() if notice.new else 0, notice.id


def _start_key(candidate: Candidate) -> tuple[float, str]:
    start = candidate.event.start if candidate.event else candidate.published
    return to_instant(start).timestamp(), candidate.id


def make_topic_title(slug: str, topic: Topic) -> str:
    """Return the title of a topic. Without a title, it is made from the slug."""
    title = to_one_line(topic.title or slug)
    return title[:1].upper() + title[1:].replace("-", " ") if is_slug(title) else title
