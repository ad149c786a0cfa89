"""Documents: the files to publish. Each has a path and a fingerprint, and is only rendered when needed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any

from ..entries.model import Candidate
from ..feeds.model import NEVER_UPDATED, Feed, Selection, add_suffix, make_feed, make_fingerprint
from ..feeds.select import make_topic_title
from ..formats import EVENT_FOLDER, EVENT_MEDIA_TYPE, event_path, render_document, render_event
from ..formats.render_cache import RenderCache
from ..models.site import Site, Topic
from ..profile import NO_PROFILE, Profile
from ..registry import find_media_type
from ..state.documents import WrittenDocument
from ..state.snapshot import Snapshot
from ..state.store import State
from ..state.versions import describe_versions

_NOT_DIGESTED = ("author", "calendar", "entries")
"""The fields of a feed that are not part of its own digest."""


@dataclass(frozen=True, slots=True)
class Document:
    """One file to publish. It is only rendered when `render` is called. Threads may share it."""

    path: str
    """Relative to the output folder, with forward slashes."""
    media_type: str
    fingerprint: str
    """Equal fingerprints mean equal bytes. Fingerprints depend on the versions of the rendering libraries."""
    render: Callable[[], bytes]
    """Returns the bytes."""
    entries: int
    """How many entries the document has."""
    updated: datetime
    title: str = ""
    """The title of its feed."""
    retired: int | None = None
    """When a run first found that the site no longer has this document, in seconds since 1970. Else None."""

    def __reduce__(self) -> tuple[Any, ...]:
        copy = replace(self, render=partial(bytes, self.render()))  # the data that `render` uses cannot be pickled
        return Document, tuple(getattr(copy, one.name) for one in fields(copy))


def make_document(path: str, content: bytes, updated: datetime) -> Document:
    """Return a document whose bytes are known."""
    return Document(path, find_media_type(path), hashlib.sha256(content).hexdigest(), lambda: content, 0, updated)


class Documents(Iterable[Document]):
    """All documents of a site. `len` gives their number, and iteration builds them one by one."""

    def __init__(
        self, selections: Iterable[Selection], site: Site, profile: Profile = NO_PROFILE, pages: Sequence[Document] = ()
    ) -> None:
        """`pages` are further documents. They come last, as they link to the others."""
        self._selections, self._site, self._profile, self._pages = list(selections), site, profile, pages
        self.changes: dict[str, str] = {}
        """The changes that sanitising made to the content of each rendered entry, by its id."""

    def __len__(self) -> int:
        feeds = sum(len(one.feed.formats) for one in self._selections)
        return feeds + len(_find_events(self._selections)) + len(self._pages)

    def __iter__(self) -> Iterator[Document]:
        timed = self._profile.measure_call
        documents = chain(build_documents(self._selections, self._site, self.changes), self._pages)
        for one in self._profile.measure_each("build", documents):
            render = timed("render", one.render)
            yield one if render is one.render else replace(one, render=render)


def build_documents(
    selections: Iterable[Selection], site: Site, changes: dict[str, str] | None = None, makers: str | None = None
) -> Iterator[Document]:
    """Yield all documents of a site, in the order in which they are published.

    `changes` receives the changes that sanitising made to the content of each rendered entry, by its id. `makers` is
    the result of `describe_makers`, if the caller has it.
    """
    makers = makers or describe_makers(site)
    whole, cache = list(selections), RenderCache(changes=changes)
    last = {candidate.id: one.path for one in whole for candidate in one.candidates}
    for one in whole:
        names = [name for name in one.feed.formats if not one.feed.find_format(name).is_calendar]
        done = [c.id for c in one.candidates if last[c.id] == one.path and c.event is None]  # calendars need events
        digest = digest_feed(one, one.candidates, makers)
        for name in names:
            yield _describe_feed(one, name, digest, cache, done if name == names[-1] else ())
    for one in whole:
        for name in one.feed.formats:
            if one.feed.find_format(name).is_calendar:
                yield _describe_feed(one, name, digest_feed(one, one.calendar, makers), cache)
    yield from _describe_events(whole, makers, cache)


def describe_makers(site: Site) -> str:
    """Return a digest of the versions and settings that shape every document."""
    settings = site.model_dump_json(exclude={"sources"})
    return make_fingerprint([describe_versions(), settings, site.extensions.version])


def _describe_feed(one: Selection, name: str, digest: str, cache: RenderCache, done: Sequence[str] = ()) -> Document:
    """Return a document of a feed. After rendering, the cache forgets the entries `done`."""
    form = one.feed.find_format(name)
    candidates, load = (one.calendar, one.load_calendar) if form.is_calendar else (one.candidates, one.load)

    def render() -> bytes:
        content = render_document(load(cache.load), name, cache)
        cache.forget(done)
        return content

    return Document(
        path=add_suffix(one.path, form.suffix),
        media_type=form.media_type,
        fingerprint=make_fingerprint([digest, name]),
        render=render,
        entries=len(candidates),
        updated=max((candidate.updated for candidate in candidates), default=one.feed.updated),
        title=one.feed.title,
    )


def build_empty(known: WrittenDocument, site: Site, now: datetime | None) -> Document | None:
    """Return the empty document of a feed that no longer exists, or None if `known` is not the document of a feed.

    Its date is the time of the run that emptied it.
    """
    for name, form in site.extensions.feed_formats.items():
        if known.path.endswith(form.suffix) and not known.path.startswith(EVENT_FOLDER):
            path = known.path.removesuffix(form.suffix)
            title = known.title or f"{make_topic_title(path.rpartition('/')[2], Topic())} - {site.title}"
            feed = replace(make_feed(site, path, title), updated=_date_empty([known], now), calendar=())
            one = Selection(feed, ())
            made = _describe_feed(one, name, digest_feed(one, (), describe_makers(site)), RenderCache())
            return replace(made, retired=known.retired)
    return None


def date_empty_feed(one: Selection, state: State | Snapshot | None, now: datetime | None) -> Selection:
    """Return a selection. If its feed has become empty, `updated` is the time of the run that emptied it.

    `now` is None if no run can record the date.
    """
    if one.candidates or not state:
        return one
    names = [form.suffix for form in one.feed.extensions.feed_formats.values() if not form.is_calendar]
    known = [known for suffix in names if (known := state.find_document(one.path + suffix))]
    return replace(one, feed=replace(one.feed, updated=_date_empty(known, now)))


def _date_empty(known: Iterable[WrittenDocument], now: datetime | None) -> datetime:
    """Return when the documents of a feed without entries became empty. The memory has the date."""
    dates = [NEVER_UPDATED]
    for one in known:
        with suppress(ValueError):
            dates.append(datetime.fromisoformat(one.updated))
        if one.entries and now:
            dates.append(now.replace(microsecond=0))
    return max(dates)


def _describe_events(selections: Iterable[Selection], makers: str, cache: RenderCache) -> Iterator[Document]:
    """Yield a calendar file for each event that a feed or a calendar contains."""
    for candidate, feed in _find_events(selections).values():
        facts = [makers, _digest_candidate(candidate), feed.language, str(feed.confirms)]
        yield Document(
            path=event_path(candidate.id),
            media_type=EVENT_MEDIA_TYPE,
            fingerprint=make_fingerprint(facts),
            render=partial(_render_event, candidate, feed, cache),
            entries=1,
            updated=candidate.updated,
        )


def _render_event(candidate: Candidate, feed: Feed, cache: RenderCache) -> bytes:
    return render_event(cache.load(candidate), feed, cache)


def _find_events(selections: Iterable[Selection]) -> dict[str, tuple[Candidate, Feed]]:
    """Return each event that has a calendar file, by id, and the first feed that contains it."""
    found: dict[str, tuple[Candidate, Feed]] = {}
    for one in selections:
        for candidate in (*one.candidates, *one.calendar) if one.feed.has_event_files else ():
            if candidate.event and not candidate.notice:
                found.setdefault(candidate.id, (candidate, one.feed))
    return found


def digest_feed(one: Selection, candidates: Iterable[Candidate], makers: str) -> str:
    """Return a digest of everything that the bytes of a feed depend on."""
    feed = one.feed
    fields = [getattr(feed, name) for name in feed.__dataclass_fields__ if name not in _NOT_DIGESTED]
    return make_fingerprint([makers, *map(repr, fields), *map(_digest_candidate, candidates)])


def _digest_candidate(candidate: Candidate) -> str:
    return candidate.digest + repr(tuple(map(tuple, candidate.topics)))
