"""Terms: which items a feed contains."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from ..entries.headers import HeaderMaker, list_topics
from ..entries.ids import make_id
from ..entries.model import Candidate
from ..models.site import DeclaredFeed, Site
from ..sources.model import ItemLike, Record
from ..sources.objects import as_records
from ..text.slugs import make_tag_slugger, make_topic_slugger


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedTerms:
    """The terms of a feed: slugs of topics and tags, kinds and languages. A feed without terms contains all items."""

    name: str = "all"
    """The name of the feed, such as `topics/mobility`."""
    topics: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    not_topics: tuple[str, ...] = ()
    not_tags: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    """`article` or `event`. Empty: all kinds."""
    languages: tuple[str, ...] = ()
    match: Literal["all", "any", "none"] = "any"
    """Whether an item must have all of `topics` and `tags`, any of them, or none of them."""

    @property
    def one_of_topics(self) -> tuple[str, ...]:
        """Topics for a query: each item of the feed has at least one of them. If empty, do not filter by topic."""
        return self.topics if self.match == "all" or (self.match == "any" and not self.tags) else ()

    @property
    def one_of_tags(self) -> tuple[str, ...]:
        """Tags for a query: each item of the feed has at least one of them. If empty, do not filter by tag."""
        return self.tags if self.match == "all" or (self.match == "any" and not self.topics) else ()

    def may_include(self, kind: str, topics: set[str], tags: set[str]) -> bool:
        """Return whether an item with this record can be in the feed. Its other records can add topics and tags."""
        is_open = self.match == "none" or not (self.topics or self.tags)
        return (not self.kinds or kind in self.kinds) and (is_open or self._has_any(topics, tags))

    def includes(self, candidate: Candidate, language: str) -> bool:
        """Return whether the feed can contain a candidate. `language` is the language of the site."""
        topics, tags = {one.term for one in candidate.topics}, {one.term for one in candidate.tags}
        own = f"{candidate.header.language or language}-".lower()
        if self.languages and not own.startswith(tuple(f"{one.lower()}-" for one in self.languages)):
            return False
        if self.match == "all" and not (topics.issuperset(self.topics) and tags.issuperset(self.tags)):
            return False
        if self.match == "none" and self._has_any(topics, tags):
            return False
        if not self.may_include(candidate.header.kind, topics, tags):
            return False
        return topics.isdisjoint(self.not_topics) and tags.isdisjoint(self.not_tags)

    def _has_any(self, topics: set[str], tags: set[str]) -> bool:
        return not (topics.isdisjoint(self.topics) and tags.isdisjoint(self.tags))


def read_declared(site: Site, feed: DeclaredFeed) -> FeedTerms:
    """Return the terms of a feed that the site file declares."""
    tag, topic = make_tag_slugger(site.tag_slugs), make_topic_slugger(site.topics)
    return FeedTerms(
        name=f"feeds/{feed.slug}",
        topics=tuple(map(topic, feed.topics)),
        tags=tuple(map(tag, feed.tags)),
        not_topics=tuple(map(topic, feed.not_topics)),
        not_tags=tuple(map(tag, feed.not_tags)),
        kinds=tuple(feed.kinds),
        languages=tuple(feed.languages),
        match=feed.match,
    )


def narrow(site: Site, found: Iterable[ItemLike], terms: FeedTerms) -> Iterator[ItemLike]:
    """Yield the records of the items that can be in a feed, so that no other record is resolved."""
    maker, known = HeaderMaker(site), list(as_records(found, site))
    # without id and link, the id of an item depends on other records
    names = [make_id(site.authority, one.item.id, one.item.link) if isinstance(one, Record) else None for one in known]
    wanted = {name for one, name in zip(known, names, strict=True) if name and _may_include(one, terms, maker)}
    return (one for one, name in zip(known, names, strict=True) if name is None or name in wanted)


def _may_include(record: Any, terms: FeedTerms, maker: HeaderMaker) -> bool:
    item, names = record.item, list_topics(record)
    is_plain = all(map(str.isprintable, (*names, *item.tags)))  # other labels still have to be cleaned
    return not is_plain or terms.may_include(
        item.kind, {maker.topic(one).term for one in names}, {maker.tag(one).term for one in item.tags}
    )
