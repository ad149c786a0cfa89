"""Documents of a site: rendered from any thread, from one cache that keeps what later documents need."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from support import CASES, EXAMPLE, article, event, folder_site, site
from topicfeeds import Article, Document, Entry, Event, build, publish, read, select
from topicfeeds.entries.spill import Spill
from topicfeeds.formats import ics
from topicfeeds.formats.render_cache import RenderCache
from topicfeeds.output import documents

ALL_FORMATS = {"formats": ["atom", "rss", "ics"]}
THREADS = 8
ROUNDS = 4


def make_items() -> list[Article | Event]:
    """Make articles and events that are in many feeds."""
    articles = [
        article(id=f"a{n}", title=f"Article {n}", content=f"<p>{n} & more</p>" * 20, tags=[f"t{n % 4}"], topics=["x"])
        for n in range(16)
    ]
    events = [
        event(id=f"e{n}", title=f"Event {n}", start=f"2026-05-{n + 1:02}T18:00", tags=[f"t{n % 4}"], topics=["x", "y"])
        for n in range(8)
    ]
    return [*articles, *events]


def rendered(some: list[Document]) -> dict[str, bytes]:
    return {document.path: document.render() for document in some}


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Let threads take turns far more often than they do by default."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.parametrize("max_chars", [None, 20_000, 0], ids=["all is kept", "some is kept", "nothing is kept"])
@pytest.mark.usefixtures("hasty_threads")
def test_threads_render_the_bytes_that_one_thread_renders(
    max_chars: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, items = site(timezone="Europe/Brussels", feeds=ALL_FORMATS), make_items()
    expected = rendered(build(given, items))
    assert {path.rpartition(".")[2] for path in expected} == {"xml", "ics"}
    assert sum(path.startswith("events/") for path in expected) == 8
    monkeypatch.setattr(documents, "RenderCache", lambda changes: RenderCache(max_chars, changes))
    chance = random.Random(7)
    with ThreadPoolExecutor(THREADS) as threads:
        for _ in range(ROUNDS):
            described = build(given, items) * 2  # each is rendered twice, by any two threads
            chance.shuffle(described)
            contents = threads.map(lambda document: document.render(), described)
            for document, content in zip(described, contents, strict=True):
                assert content == expected[document.path], document.path


def test_threads_render_one_document_at_the_same_time() -> None:
    given, items = site(feeds=ALL_FORMATS), make_items()
    for first, second in zip(build(given, items), build(given, items), strict=True):
        expected = first.render()
        with ThreadPoolExecutor(THREADS) as threads:
            assert set(threads.map(lambda document: document.render(), [second] * THREADS)) == {expected}


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch) -> RenderCache:
    """Give the cache that the documents of a site share."""
    made = RenderCache()
    monkeypatch.setattr(documents, "RenderCache", lambda changes: made)
    return made


def test_what_is_rendered_of_an_entry_is_dropped_with_the_last_document_that_holds_it(cache: RenderCache) -> None:
    items = [article(id=str(n), title=f"N{n}", content="<p>x</p>", tags=[f"t{n % 3}"]) for n in range(9)]
    feeds = select(site(), items)
    described = build(site(), items)
    held = [{entry.id for entry in feeds[document.path.partition(".")[0]].entries} for document in described]
    for number, document in enumerate(described):
        document.render()
        kept = {entry.id for entry in feeds["all"].entries if entry.id in cache}
        assert kept == set().union(*held[: number + 1]) & set().union(*held[number + 1 :])
    assert len(cache) == 0
    assert rendered(described) == rendered(build(site(), items))


def test_what_is_rendered_of_an_event_is_kept_for_calendars_and_files(
    cache: RenderCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    real = ics._make_event

    def make(entry: Entry, *given: Any) -> Any:
        made.append(entry.id)
        return real(entry, *given)

    monkeypatch.setattr(ics, "_make_event", make)
    rendered(build(site(feeds=ALL_FORMATS), make_items()))
    assert len(made) == len(set(made)) == 8
    assert len(cache) == 8


def test_documents_keep_no_more_than_the_limit_of_their_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[RenderCache] = []

    def make(changes: dict[str, str] | None) -> RenderCache:
        made.append(RenderCache(changes=changes))
        return made[-1]

    monkeypatch.setattr("topicfeeds.formats.render_cache.MAX_RENDER_CACHE_CHARS", 40_000)
    monkeypatch.setattr(documents, "RenderCache", make)
    items = [article(id=str(n), content="x" * 9000) for n in range(9)]
    build(site(), items)[0].render()
    [cache] = made
    names = [entry.id for entry in select(site(), items)["all"].entries]
    kept = [name for name in names if name in cache]
    assert len(kept) == 4  # each counts 9,400
    assert kept == names[-len(kept) :]


@pytest.mark.parametrize("folder", [EXAMPLE, *CASES], ids=lambda folder: folder.name)
def test_entries_that_memory_has_no_room_for_are_published_with_the_same_bytes(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = folder_site(folder)
    expected = rendered(build(given, read(given, folder), problems=[]))
    spilled: list[str] = []
    real = Spill.add_text

    def add_text(self: Spill, text: str) -> int:
        spilled.append("event" if '"start"' in text else "article")
        return real(self, text)

    monkeypatch.setattr(Spill, "add_text", add_text)
    monkeypatch.setattr("topicfeeds.formats.render_cache.MAX_RENDER_CACHE_CHARS", 1)
    monkeypatch.setattr("topicfeeds.feeds.select._MAX_CHARS_IN_MEMORY", 1)
    publish(given, read(given, folder), tmp_path)
    published = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*.*")}
    assert {path: published[path] for path in expected} == expected
    articles = [entry for entry in select(given, read(given, folder), problems=[])["all"].entries if not entry.event]
    assert len(spilled) >= len(articles) - 1
    assert set(spilled) <= {"article"}
