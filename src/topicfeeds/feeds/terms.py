"""Terms: which items a feed contains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..entries.model import Candidate
from ..models.site import DeclaredFeed, Site
from ..text.slugs import make_tag_slugger, make_topic_slugger


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedTerms:
    """The terms of a feed: slugs of topics and tags, kinds and languages. Without terms, it contains all items."""

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
        """Topics of which every item of the feed has at least one, for a query. Empty: items may have no topic."""
        return self.topics if self.match == "all" or (self.match == "any" and not self.tags) else ()

    @property
    def one_of_tags(self) -> tuple[str, ...]:
        """Tags of which every item of the feed has at least one, for a query. Empty: items may have no tag."""
        return self.tags if self.match == "all" or (self.match == "any" and not self.topics) else ()

    def includes(self, candidate: Candidate, language: str) -> bool:
        """Return whether the feed can contain a candidate. `language` is the language of the site."""
        if self.languages:
            own = f"{candidate.language or language}-".lower()
            if not own.startswith(tuple(f"{one.lower()}-" for one in self.languages)):
                return False
        topics, tags = {one.term for one in candidate.topics}, {one.term for one in candidate.tags}
        if (self.kinds and candidate.kind not in self.kinds) or not self._matches(topics, tags):
            return False
        return topics.isdisjoint(self.not_topics) and tags.isdisjoint(self.not_tags)

    def _matches(self, topics: set[str], tags: set[str]) -> bool:
        if not (self.topics or self.tags):
            return True
        if self.match == "all":
            return topics.issuperset(self.topics) and tags.issuperset(self.tags)
        has_any = not (topics.isdisjoint(self.topics) and tags.isdisjoint(self.tags))
        return has_any == (self.match == "any")


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
