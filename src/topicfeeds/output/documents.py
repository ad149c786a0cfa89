"""Feeds become documents: paths, fingerprints, and bytes when somebody asks for them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from ..entries.model import Entry
from ..feeds.model import Feed
from ..registry import FEED_FORMATS
from ..formats import event_path, render, render_event
from ..profile import NO_PROFILE, Profile
from ..state.versions import describe_versions

_NOT_DIGESTED = ("author", "calendar", "entries")
_MAX_RENDER_CHARS = 30_000_000
"""Characters of entries that are kept as they were cleaned and spelled, which takes some four times that in bytes."""
_MIN_RENDER_CHARS = 400
"""What an entry counts at least."""


@dataclass(frozen=True, slots=True)
class Document:
    """One file to publish. Rendering waits until somebody needs the bytes."""

    path: str
    """Relative to the output folder, with forward slashes."""
    media_type: str
    fingerprint: str
    """Equal fingerprints, equal bytes: it holds the versions of the libraries that make them, too."""
    render: Callable[[], bytes]
    entries: int
    """How many entries they hold."""
    updated: datetime


class Documents(Iterable[Document]):
    """All documents of feeds, described as they are asked for; how many they are is known before."""

    def __init__(self, feeds: Iterable[Feed], profile: Profile = NO_PROFILE) -> None:
        self._feeds, self._profile = list(feeds), profile

    def __len__(self) -> int:
        events = {one.id for one in _entries_with_files(self._feeds)}
        return sum(len(feed.formats) for feed in self._feeds) + len(events)

    def __iter__(self) -> Iterator[Document]:
        timed = self._profile.timed
        for one in self._profile.each("build", build_documents(self._feeds)):
            render = timed("render", one.render)
            yield one if render is one.render else replace(one, render=render)


def build_documents(feeds: Iterable[Feed]) -> Iterator[Document]:
    """Describe every document, in the order in which to publish them."""
    makers, whole, kept = describe_versions(), list(feeds), _RenderedEntries()
    last = {entry.id: feed for feed in whole for entry in feed.entries}
    people = {id(feed.author): feed.author for feed in whole}
    authors = {key: repr(author) for key, author in people.items()}
    for feed in whole:
        names = [name for name in feed.formats if name != "ics"]
        done = [entry for entry in feed.entries if last[entry.id] is feed]
        digest = _digest_feed(feed, feed.entries, makers + authors[id(feed.author)])
        for name in names:
            yield _describe_feed(feed, name, digest, kept, done if name == names[-1] else ())
    for feed in whole:
        if "ics" in feed.formats:
            yield _describe_feed(
                feed, "ics", _digest_feed(feed, feed.calendar or (), makers + authors[id(feed.author)]), kept
            )
    yield from _describe_events(whole, makers)


class _RenderedEntries:
    """The entries of which what was made is kept for the next feeds that hold them: those that were used last."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[Entry, int]] = {}
        """With what each counts."""
        self._size = 0

    def rendered(self, feed: Feed, name: str, done: Iterable[Entry]) -> bytes:
        """Spell a feed, the last one that holds the entries that are then `done`."""
        kept = self._entries
        whole = replace(feed, entries=tuple(entry.whole for entry in feed.entries))
        content = render(whole, name)
        for entry, spelled in zip(feed.entries, whole.entries, strict=True):
            size = _MIN_RENDER_CHARS + len(spelled.content or "")
            self._size += size - kept.pop(entry.id, (entry, 0))[1]
            kept[entry.id] = entry, size
        for entry in done:
            self._let_go(entry.id)
        while self._size > _MAX_RENDER_CHARS:
            self._let_go(next(iter(kept)))
        return content

    def _let_go(self, name: str) -> None:
        entry, size = self._entries.pop(name)
        self._size -= size
        entry.release()


def _describe_feed(feed: Feed, name: str, digest: str, kept: _RenderedEntries, done: Sequence[Entry] = ()) -> Document:
    """Describe a document, the last one of feeds that holds the entries that are then `done`."""
    made, entries = FEED_FORMATS[name], (feed.calendar or ()) if name == "ics" else feed.entries
    return Document(
        path=feed.path + made.suffix,
        media_type=made.media_type,
        fingerprint=_hash_parts([digest, name]),
        render=partial(kept.rendered, feed, name, done),
        entries=len(entries),
        updated=max((entry.updated for entry in entries), default=feed.updated),
    )


def _describe_events(feeds: Iterable[Feed], makers: str) -> Iterator[Document]:
    """Describe a file for every event that a feed or a calendar holds."""
    seen: set[str] = set()
    for feed in feeds:
        for entry in _entries_with_files([feed]):
            if entry.id not in seen:
                seen.add(entry.id)
                digest = _hash_parts([makers, entry.digest, feed.language, str(feed.confirms)])
                make = partial(render_event, entry, feed)
                yield Document(event_path(entry), "text/calendar", digest, make, 1, entry.updated)


def _entries_with_files(feeds: Iterable[Feed]) -> Iterator[Entry]:
    for feed in feeds:
        for entry in (*feed.entries, *feed.calendar) if feed.calendar is not None else ():
            if entry.event and not entry.notice:
                yield entry


def _digest_feed(feed: Feed, entries: Iterable[Entry], makers: str) -> str:
    """Sum up all that shapes the bytes of a feed."""
    fields = [getattr(feed, name) for name in feed.__dataclass_fields__ if name not in _NOT_DIGESTED]
    return _hash_parts([makers, str(feed.calendar is None), *map(repr, fields), *(entry.digest for entry in entries)])


def _hash_parts(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "backslashreplace")).hexdigest()
