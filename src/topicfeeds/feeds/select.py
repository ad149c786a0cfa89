"""Which entries are in which feed, in which order; and the slugs that name the feeds."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from typing import Literal

from ..entries.model import Category, Entry
from ..entries.spill import EntrySpill
from ..models.items import Person
from ..models.site import DeclaredFeed, Site, Topic
from ..sources.model import Page
from ..text.characters import strip_forbidden, to_one_line
from ..text.slugs import is_slug, make_tag_slugger, make_topic_slugger
from .model import Feed

_MAX_CHARS_IN_MEMORY = 100_000_000
"""Characters of entries that are held in memory with all that they hold: many feeds hold more."""
_MIN_ENTRY_CHARS = 2500
"""What an entry counts at least."""
_MIN_MERGED_KEPT = 1000
NEVER_UPDATED = datetime(2000, 1, 1, tzinfo=UTC)
"""What a feed without entries says of its last change."""


def select_feeds(
    site: Site, settled: Iterable[Entry | Page], *, shelves: bool = False, mends: bool = False
) -> dict[str, Feed]:
    """Sort entries into feeds by name: everything, the topics, the tags, the declared feeds.

    Nothing is kept that no feed holds. An entry that comes again under its id takes the place of the
    one before. Pages say what their topics are where the site is silent. With `shelves`, what many
    entries hold is put aside: ask for them `whole`. What `mends` is of feeds that something new
    came to; what is recalled comes after that.
    """
    hall = FeedSelector(site, shelves=shelves, mends=mends)
    for one in settled:
        if isinstance(one, Page):
            hall.hear(one)
        else:
            hall.offer(one)
    return hall.feeds()


@dataclass(slots=True)
class _NewestEntries:
    """The newest entries of a feed in the making, in their order."""

    name: str
    limit: int
    entries: list[Entry] = field(default_factory=list)
    _keys: list[tuple[float, str]] = field(default_factory=list)
    """Where each stands."""

    def wants(self, key: tuple[float, str]) -> bool:
        """Tell whether an entry is new enough."""
        return len(self._keys) < self.limit or key <= self._keys[-1]

    def take(self, entry: Entry, key: tuple[float, str]) -> None:
        """Take an entry in; one of equal key, and so of equal id, takes the place of the other."""
        keys = self._keys
        place = bisect_left(keys, key)
        if place < len(keys) and keys[place] == key:
            self.entries[place] = entry
            return
        keys.insert(place, key)
        self.entries.insert(place, entry)
        if len(keys) > self.limit:
            del keys[-1], self.entries[-1]


class _SelectionTable(dict[str, _NewestEntries]):
    """Selections by what their names end with, made when they are asked for, and entered among all."""

    def __init__(self, start: str, limit: int, everything: dict[str, _NewestEntries]) -> None:
        super().__init__()
        self.start, self.limit, self.everything = start, limit, everything

    def __missing__(self, end: str) -> _NewestEntries:
        name = self.start + end
        made = self[end] = self.everything[name] = _NewestEntries(name, self.limit)
        return made


def sort_key(published: datetime, name: str) -> tuple[float, str]:
    """Tell where an entry stands, by its date and id: the newest first."""
    return -published.timestamp(), name


class FeedSelector:
    """Where every feed takes its pick of the entries that pass."""

    def __init__(self, site: Site, *, shelves: bool = False, mends: bool = False) -> None:
        self.site, self.mends = site, mends
        self.taken: int | None = 0 if shelves else None
        """The characters of entries that were taken in: what is past the first is put aside."""
        self.shelf: EntrySpill | None = None
        self.topics = dict(site.topics)
        self.titled = set(site.topics)
        """The topics whose title does not come from the items."""
        self.declared = [(f"feeds/{feed.slug}", _make_matcher(site, feed)) for feed in site.feed]
        self.selections: dict[str, _NewestEntries] = {}
        """By name; and by what is looked up for each entry:"""
        limit, per = site.feeds.limit, site.feeds.per
        self.everything = _SelectionTable("", limit, self.selections)["all"]
        self.by_topic = _SelectionTable("topics/", limit, self.selections) if "topic" in per else None
        self.by_tag = _SelectionTable("tags/", limit, self.selections) if "tag" in per else None
        self.feed = _SelectionTable("", limit, self.selections)
        self.dated = "ics" in site.feeds.formats
        self.calendars: dict[str, dict[str, Entry]] = {}
        """All events of a feed, by their ids; kept where calendars are published."""
        self.again: dict[str, Entry] = {}
        """Entries that came more than once, with all that is known of them: declared feeds may hold less."""
        self.most_again = _MIN_MERGED_KEPT
        self.made: dict[str, Entry] = {}
        author = site.author if isinstance(site.author, Person) else Person(name=site.author or site.title)
        self.author = author.model_copy(update={"name": to_one_line(author.name)})

    def hear(self, page: Page) -> None:
        """Let a text page speak of its topic where the site file is silent."""
        slug = make_topic_slugger(self.site.topics)(page.topic)
        said = self.topics.get(slug, Topic())
        told = {"title": said.title or page.title, "description": said.description or page.description}
        self.topics[slug] = said.model_copy(update=told)
        if page.title:
            self.titled.add(slug)

    def offer(self, entry: Entry) -> None:
        """Show an entry to every feed that it may be in."""
        places = [self.everything]
        if self.mends and entry.load:
            places += [self.selections[name] for name in _feed_paths(entry) if name in self.selections]
        else:
            if self.by_topic is not None:
                places += [self.by_topic[topic.term] for topic in entry.topics]
            if self.by_tag is not None:
                places += [self.by_tag[tag.term] for tag in entry.tags]
        if self.declared:
            places += [self.feed[name] for name, matches in self.declared if matches(entry)]
        if entry.records > 1 and self.declared:
            self._keep_again(entry)
        if self.dated and entry.event and not entry.notice and entry.event.in_calendar:
            for place in places:
                self.calendars.setdefault(place.name, {})[entry.id] = entry
        key = sort_key(entry.published, entry.id)
        wanting = [one for one in places if one.wants(key)]
        if wanting and self.taken is not None and not (entry.load or entry.event or entry.notice or entry.records > 1):
            self.taken += _MIN_ENTRY_CHARS + len(entry.content or "")
            if self.taken > _MAX_CHARS_IN_MEMORY:
                self.shelf = self.shelf or EntrySpill()
                entry = self.shelf.put(entry)
        for one in wanting:
            one.take(entry, key)

    def _keep_again(self, entry: Entry) -> None:
        """Keep an entry that came again, and of such entries those only that declared feeds hold."""
        self.again[entry.id] = entry
        if len(self.again) > self.most_again:
            names = [name for name, _ in self.declared if name in self.selections]
            held = {one.id for name in names for one in self.selections[name].entries}
            held.update(*(self.calendars.get(name, ()) for name, _ in self.declared))
            self.again = {name: one for name, one in self.again.items() if name in held}
            self.most_again = 2 * len(self.again) + _MIN_MERGED_KEPT

    def held(self) -> set[str]:
        """Give the ids of the entries that stand in a feed, so far."""
        return {entry.id for selection in self.selections.values() for entry in selection.entries}

    def feeds(self) -> dict[str, Feed]:
        """Give the feeds of what has passed, with their titles and pages."""
        for name, matches in self.declared:  # what came again may have got a topic or tag that a feed excludes
            if name in self.selections:
                whole = (self.again.get(entry.id, entry) for entry in self.selections[name].entries)
                self.selections[name].entries = [entry for entry in whole if matches(entry)]
            whole = (self.again.get(entry.id, entry) for entry in self.calendars.get(name, {}).values())
            self.calendars[name] = {entry.id: entry for entry in whole if matches(entry)}
        made = [self._feed("all", None, Topic(description=self.site.description))]
        if "topic" in self.site.feeds.per:
            known = self.topics | {slug: self.topics.get(slug, Topic()) for slug in self._slugs("topics")}
            made += (self._feed(f"topics/{slug}", self._topic_title(slug), topic) for slug, topic in known.items())
        made += (self._feed(f"tags/{slug}", self._label("tags", slug), Topic()) for slug in self._slugs("tags"))
        for feed in self.site.feed:
            made.append(self._feed(f"feeds/{feed.slug}", feed.title, Topic(description=feed.description, url=feed.url)))
        return {feed.path: feed for feed in made if feed.entries or not self.mends}

    def _slugs(self, folder: str) -> list[str]:
        return sorted(name.partition("/")[2] for name in self.selections if name.startswith(f"{folder}/"))

    def _label(self, folder: Literal["topics", "tags"], slug: str) -> str:
        """Spell a slug as its newest entry does."""
        newest = self.selections[f"{folder}/{slug}"].entries[0]
        categories = newest.topics if folder == "topics" else newest.tags
        return next(category.label for category in categories if category.term == slug)

    def _topic_title(self, slug: str) -> str:
        if slug in self.titled or f"topics/{slug}" not in self.selections:
            return make_topic_title(slug, self.topics[slug])
        return make_topic_title(slug, Topic(title=self._label("topics", slug)))

    def _entry(self, entry: Entry) -> Entry:
        """Give an entry its last form: one object for all feeds, with topics titled as their feeds are."""
        if entry.id not in self.made:
            whole = self.again.get(entry.id, entry)
            topics = tuple(map(self._titled, whole.topics))
            self.made[entry.id] = whole if topics == whole.topics else replace(whole, topics=topics)
        return self.made[entry.id]

    def _titled(self, topic: Category) -> Category:
        if topic.term not in self.titled:
            return topic
        return topic._replace(label=make_topic_title(topic.term, self.topics[topic.term]))

    def _feed(self, path: str, title: str | None, about: Topic) -> Feed:
        """Make a feed; `about` has its description and page, and no title means that of the site."""
        site = self.site
        entries = tuple(map(self._entry, self.selections[path].entries)) if path in self.selections else ()
        calendar = tuple(map(self._entry, sorted(self.calendars.get(path, {}).values(), key=_start_key)))
        settings = site.feeds
        return Feed(
            path=path,
            id=f"tag:{site.authority}:feed/{path}",
            title=to_one_line(f"{title} - {site.title}" if title else site.title),
            description=strip_forbidden(about.description) if about.description else None,
            page=about.url or site.url,
            base=site.base,
            updated=max((entry.updated for entry in entries), default=NEVER_UPDATED),
            entries=entries,
            author=self.author,
            language=site.language,
            formats=tuple(name for name in settings.formats if name != "ics" or calendar),
            rights=to_one_line(site.rights) if site.rights else None,
            logo=site.logo,
            calendar=calendar if self.dated else None,
            event_title=settings.event_title,
            confirms=settings.cancelled_events == "confirmed",
        )


def _feed_paths(entry: Entry) -> list[str]:
    return [f"topics/{topic.term}" for topic in entry.topics] + [f"tags/{tag.term}" for tag in entry.tags]


def _start_key(entry: Entry) -> tuple[float, str]:
    start = entry.event.start if entry.event else entry.published
    moment = start if isinstance(start, datetime) else datetime.combine(start, time(), UTC)
    return (moment.timestamp(), entry.id)


def _make_matcher(site: Site, feed: DeclaredFeed) -> Callable[[Entry], bool]:
    slug, topic_slug = make_tag_slugger(site.tag_slugs), make_topic_slugger(site.topics)
    wanted = {("topic", topic_slug(name)) for name in feed.topics} | {("tag", slug(tag)) for tag in feed.tags}
    test = {"all": wanted.issubset, "any": lambda has: bool(wanted & has), "none": wanted.isdisjoint}[feed.match]

    def matches(entry: Entry) -> bool:
        has = {("topic", topic.term) for topic in entry.topics} | {("tag", tag.term) for tag in entry.tags}
        return (not feed.kinds or entry.kind in feed.kinds) and (not wanted or test(has))

    return matches


def make_topic_title(slug: str, topic: Topic) -> str:
    """Give a topic's title, or make one from its slug."""
    title = to_one_line(topic.title or slug)
    return title[:1].upper() + title[1:].replace("-", " ") if is_slug(title) else title
