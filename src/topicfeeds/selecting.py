"""Which entries are in which feed, in which order; and the slugs that name the feeds."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

from .cleaning import line, text
from .flow import Entry, Feed
from .models import DeclaredFeed, Person, Site, Topic, is_slug

EMPTY = datetime(2000, 1, 1, tzinfo=UTC)
"""What a feed without entries says of its last change."""


def select(site: Site, entries: Iterable[Entry], topics: Mapping[str, Topic]) -> dict[str, Feed]:
    """Sort entries into feeds by name: everything, the topics, the tags, the declared feeds.

    `topics` are those to make feeds of even where no entry has them.
    """
    ordered = sorted(entries, key=lambda entry: (-entry.published.timestamp(), entry.id))
    everything = _Selection("all", None, site.description, site.url)
    selections = {"all": everything}
    if "topic" in site.feeds.per:
        selections |= _topics(site, ordered, topics)
    if "tag" in site.feeds.per:
        selections |= _tags(site, ordered)
    declared = [(feed, _matcher(site, feed)) for feed in site.feed]
    selections |= {f"feeds/{feed.slug}": _declared(site, feed) for feed, _ in declared}
    for entry in ordered:
        names = ["all", *(f"topics/{topic.term}" for topic in entry.topics)]
        names += (f"tags/{tag.term}" for tag in entry.tags)
        names += (f"feeds/{feed.slug}" for feed, matches in declared if matches(entry))
        for name in names:
            if name in selections and len(selections[name].entries) < site.feeds.limit:
                selections[name].entries.append(entry)
    return {name: _feed(site, selection) for name, selection in selections.items()}


@dataclass(slots=True)
class _Selection:
    """A feed in the making; `title` is None for the feed of everything."""

    name: str
    title: str | None
    description: str | None
    page: str
    entries: list[Entry] = field(default_factory=list)


def _topics(site: Site, ordered: Iterable[Entry], topics: Mapping[str, Topic]) -> dict[str, _Selection]:
    labels = _labels(topic for entry in ordered for topic in [(c.term, c.label) for c in entry.topics])
    known = {**topics, **{slug: Topic(title=labels[slug]) for slug in sorted(labels) if slug not in topics}}
    return {
        f"topics/{slug}": _Selection(
            f"topics/{slug}", topic_title(slug, topic), topic.description, topic.url or site.url
        )
        for slug, topic in known.items()
    }


def _tags(site: Site, ordered: Iterable[Entry]) -> dict[str, _Selection]:
    labels = _labels(tag for entry in ordered for tag in [(c.term, c.label) for c in entry.tags])
    return {f"tags/{slug}": _Selection(f"tags/{slug}", labels[slug], None, site.url) for slug in sorted(labels)}


def _labels(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Keep the first label of each slug: that of the newest entry."""
    labels: dict[str, str] = {}
    for slug, label in pairs:
        labels.setdefault(slug, label)
    return labels


def _declared(site: Site, feed: DeclaredFeed) -> _Selection:
    return _Selection(f"feeds/{feed.slug}", feed.title, feed.description, feed.url or site.url)


def _matcher(site: Site, feed: DeclaredFeed) -> Callable[[Entry], bool]:
    slug = tag_slugs(site)
    wanted = {("topic", topic_slug(site, name)) for name in feed.topics} | {("tag", slug(tag)) for tag in feed.tags}
    test = {"all": wanted.issubset, "any": lambda has: bool(wanted & has), "none": wanted.isdisjoint}[feed.match]

    def matches(entry: Entry) -> bool:
        has = {("topic", topic.term) for topic in entry.topics} | {("tag", tag.term) for tag in entry.tags}
        return (not feed.kinds or entry.kind in feed.kinds) and (not wanted or test(has))

    return matches


def _feed(site: Site, selection: _Selection) -> Feed:
    author = Person(name=site.author or site.title) if not isinstance(site.author, Person) else site.author
    title = f"{selection.title} - {site.title}" if selection.title else site.title
    return Feed(
        path=selection.name,
        id=f"tag:{site.authority}:feed/{selection.name}",
        title=line(title),
        description=text(selection.description) if selection.description else None,
        page=selection.page,
        base=site.base,
        updated=max((entry.updated for entry in selection.entries), default=EMPTY),
        entries=tuple(selection.entries),
        author=author.model_copy(update={"name": line(author.name)}),
        language=site.language,
        formats=tuple(site.feeds.formats),
        rights=line(site.rights) if site.rights else None,
        logo=site.logo,
    )


def topic_title(slug: str, topic: Topic) -> str:
    """Give a topic's title, or make one from its slug."""
    title = line(topic.title or slug)
    return title[:1].upper() + title[1:].replace("-", " ") if is_slug(title) else title


def topic_slug(site: Site, name: str) -> str:
    """Give the slug of a topic: declared as it is; without declared topics made like a tag's."""
    return name if site.topics else slug_of(name)


def tag_slugs(site: Site) -> Callable[[str], str]:
    """Make the function that gives the slug of a tag of this site."""
    declared = {tag_key(label): tag.slug for label, tag in site.tags.items()}
    taken = set(declared.values())

    @cache
    def slug(label: str) -> str:
        key = tag_key(label)
        made = declared.get(key) or slug_of(label)
        return hashed_slug(key) if key not in declared and made in taken else made

    return slug


def tag_key(label: str) -> str:
    """Give what labels of one tag have in common: case, Unicode form, white space and hyphens do not count."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", label).casefold())
    return re.sub(r"[\s-]+", "-", folded).strip("-")


def slug_of(label: str) -> str:
    """Name any text by a path segment: the same for equal keys, another for any other, whatever else there is."""
    key = tag_key(label)
    return key if is_slug(key) else hashed_slug(key)


def hashed_slug(key: str) -> str:
    """Name a key by what ASCII has of it, and ten hexadecimal digits of its SHA-256."""
    letters = "".join(c for c in unicodedata.normalize("NFKD", key) if not unicodedata.category(c).startswith("M"))
    readable = re.sub(r"[^a-z0-9]+", "-", letters.lower())[:48].strip("-") or "x"
    digest = hashlib.sha256(re.sub("[\ud800-\udfff]", "\ufffd", key).encode()).hexdigest()
    return f"{readable}-{digest[:10]}"
