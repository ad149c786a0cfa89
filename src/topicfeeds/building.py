"""Feeds become documents: paths, fingerprints, and bytes when somebody asks for them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from .flow import Document, Entry, Feed
from .formats import FORMATS, event_path, render, render_event
from .profiling import OFF, Profile
from .versions import versions

_APART = ("author", "calendar", "entries")
_MOST = 30_000_000
"""Characters of entries that are kept as they were cleaned and spelled, which takes some four times that in bytes."""
_LEAST = 400
"""What an entry counts at least."""


class Documents(Iterable[Document]):
    """All documents of feeds, described as they are asked for; how many they are is known before."""

    def __init__(self, feeds: Iterable[Feed], profile: Profile = OFF) -> None:
        self._feeds, self._profile = list(feeds), profile

    def __len__(self) -> int:
        events = {one.id for one in _in_files(self._feeds)}
        return sum(len(feed.formats) for feed in self._feeds) + len(events)

    def __iter__(self) -> Iterator[Document]:
        timed = self._profile.timed
        for one in self._profile.each("build", build(self._feeds)):
            render = timed("render", one.render)
            yield one if render is one.render else replace(one, render=render)


def build(feeds: Iterable[Feed]) -> Iterator[Document]:
    """Describe every document, in the order in which to publish them."""
    makers, whole, kept = versions(), list(feeds), _Kept()
    last = {entry.id: feed for feed in whole for entry in feed.entries}
    people = {id(feed.author): feed.author for feed in whole}
    authors = {key: repr(author) for key, author in people.items()}
    for feed in whole:
        names = [name for name in feed.formats if name != "ics"]
        done = [entry for entry in feed.entries if last[entry.id] is feed]
        digest = _digest(feed, feed.entries, makers + authors[id(feed.author)])
        for name in names:
            yield _document(feed, name, digest, kept, done if name == names[-1] else ())
    for feed in whole:
        if "ics" in feed.formats:
            yield _document(feed, "ics", _digest(feed, feed.calendar or (), makers + authors[id(feed.author)]), kept)
    yield from _events(whole, makers)


class _Kept:
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
            size = _LEAST + len(spelled.content or "")
            self._size += size - kept.pop(entry.id, (entry, 0))[1]
            kept[entry.id] = entry, size
        for entry in done:
            self._let_go(entry.id)
        while self._size > _MOST:
            self._let_go(next(iter(kept)))
        return content

    def _let_go(self, name: str) -> None:
        entry, size = self._entries.pop(name)
        self._size -= size
        entry.release()


def _document(feed: Feed, name: str, digest: str, kept: _Kept, done: Sequence[Entry] = ()) -> Document:
    """Describe a document, the last one of feeds that holds the entries that are then `done`."""
    made, entries = FORMATS[name], (feed.calendar or ()) if name == "ics" else feed.entries
    return Document(
        path=feed.path + made.suffix,
        media_type=made.media_type,
        fingerprint=_sum([digest, name]),
        render=partial(kept.rendered, feed, name, done),
        entries=len(entries),
        updated=max((entry.updated for entry in entries), default=feed.updated),
    )


def _events(feeds: Iterable[Feed], makers: str) -> Iterator[Document]:
    """Describe a file for every event that a feed or a calendar holds."""
    seen: set[str] = set()
    for feed in feeds:
        for entry in _in_files([feed]):
            if entry.id not in seen:
                seen.add(entry.id)
                digest = _sum([makers, entry.digest, feed.language, str(feed.confirms)])
                make = partial(render_event, entry, feed)
                yield Document(event_path(entry), "text/calendar", digest, make, 1, entry.updated)


def _in_files(feeds: Iterable[Feed]) -> Iterator[Entry]:
    for feed in feeds:
        for entry in (*feed.entries, *feed.calendar) if feed.calendar is not None else ():
            if entry.event and not entry.notice:
                yield entry


def _digest(feed: Feed, entries: Iterable[Entry], makers: str) -> str:
    """Sum up all that shapes the bytes of a feed."""
    fields = [getattr(feed, name) for name in feed.__dataclass_fields__ if name not in _APART]
    return _sum([makers, str(feed.calendar is None), *map(repr, fields), *(entry.digest for entry in entries)])


def _sum(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "backslashreplace")).hexdigest()
