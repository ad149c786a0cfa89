"""The render cache: what is rendered of entries is kept up to a limit, and several threads may share it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import article, site
from topicfeeds import Entry, select
from topicfeeds.entries.headers import make_headers
from topicfeeds.entries.model import Candidate, Header, sanitized_content
from topicfeeds.formats import render_cache
from topicfeeds.formats.render_cache import RenderCache


def make_entry(**fields: object) -> Entry:
    [entry] = select(site(), [article(**fields)])["all"].entries
    return entry


def make_entries(count: int, size: int) -> list[Entry]:
    """Make entries that count `size` characters each, 400 of which every entry counts."""
    return [make_entry(id=str(n), content="x" * (size - 400)) for n in range(count)]


def is_kept(cache: RenderCache, entry: Entry) -> bool:
    """Tell whether something is kept of an entry; looking does not add it."""
    return entry.id in cache


def test_a_value_is_found_by_its_entry_and_its_variant() -> None:
    cache, [one, two] = RenderCache(), make_entries(2, 500)
    cache.values(one)["atom", "en"] = b"one"
    assert cache.values(one) == {("atom", "en"): b"one"}
    assert cache.values(two) == {}
    assert len(cache) == 2


def test_past_the_limit_the_oldest_entries_are_dropped_with_all_their_variants() -> None:
    cache, [one, two, three, four] = RenderCache(max_chars=1_600), make_entries(4, 500)
    for entry in (one, two, three):
        cache.values(entry)["atom"] = cache.values(entry)["rss"] = b"x"
    assert [is_kept(cache, entry) for entry in (one, two, three)] == [True] * 3
    cache.values(four)
    assert [is_kept(cache, entry) for entry in (one, two, three, four)] == [False, True, True, True]
    assert cache.values(one) == {}


def test_an_entry_above_the_limit_can_be_rendered_and_is_not_kept() -> None:
    cache, [entry] = RenderCache(max_chars=1_000), make_entries(1, 5_000)
    values = cache.values(entry)
    values["atom"] = b"large"
    assert values == {"atom": b"large"}
    assert len(cache) == 0


def test_forgetting_entries_makes_room_for_others() -> None:
    cache, [one, two, three] = RenderCache(max_chars=1_000), make_entries(3, 500)
    cache.values(one)
    cache.values(two)
    cache.forget([one.id, "unknown"])
    cache.values(three)
    assert [is_kept(cache, entry) for entry in (one, two, three)] == [False, True, True]
    cache.forget([two.id, three.id])
    assert len(cache) == 0


def test_an_entry_is_loaded_once() -> None:
    cache, entry = RenderCache(), make_entry()
    loaded: list[str] = []

    def load() -> Entry:
        loaded.append(entry.id)
        return entry

    [header] = make_headers(site(), [article()])
    assert isinstance(header, Header)
    header = header._replace(load=load)
    candidate = Candidate(entry.id, header, entry.published, entry.updated, entry.topics, entry.tags, "")
    assert [cache.load(candidate) for _ in range(3)] == [entry] * 3
    assert loaded == [entry.id]
    cache.forget([entry.id])
    assert cache.load(candidate) == entry
    assert loaded == [entry.id] * 2


@pytest.mark.parametrize(
    ("content", "html"),
    [("<p onclick='x'>a</p><script>b</script>", "<p>a</p>"), ("<script>b</script>", None), (None, None)],
    ids=["text", "nothing that is left", "nothing"],
)
def test_the_content_of_an_entry_is_sanitised_once(
    content: str | None, html: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, entry = RenderCache(), make_entry(content=content)
    calls: list[str] = []

    def sanitize(given: Entry, changes: dict[str, str] | None) -> str | None:
        calls.append(given.id)
        return sanitized_content(given, changes)

    monkeypatch.setattr(render_cache, "sanitized_content", sanitize)
    assert [cache.html(entry) for _ in range(3)] == [html] * 3
    assert calls == [entry.id]


SIZES = [500, 700, 900, 1_100, 1_900, 2_100]
ENTRIES = [make_entry(id=str(n), content="x" * (size - 400)) for n, size in enumerate(SIZES)]


@given(st.lists(st.tuples(st.sampled_from(["use", "use", "forget"]), st.integers(0, 5)), max_size=60))
def test_a_cache_keeps_the_newest_entries_that_its_limit_allows(steps: list[tuple[str, int]]) -> None:
    cache, kept = RenderCache(max_chars=2_000), dict[int, int]()
    for what, number in steps:
        if what == "use":
            cache.values(ENTRIES[number])
            kept.setdefault(number, SIZES[number])
            while sum(kept.values()) > 2_000:
                del kept[next(iter(kept))]
        else:
            cache.forget([ENTRIES[number].id])
            kept.pop(number, None)
        assert [is_kept(cache, entry) for entry in ENTRIES] == [number in kept for number in range(6)]


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Let threads take turns far more often than they do by default."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty_threads")
def test_threads_that_share_a_cache_find_what_was_kept_or_nothing() -> None:
    threads, rounds, limit = 8, 400, 3_000
    cache, start = RenderCache(limit), Barrier(threads)
    entries = make_entries(12, 500)

    def work(number: int) -> int:
        start.wait()
        found = 0
        for turn in range(rounds):
            entry = entries[(turn * (number + 1)) % len(entries)]
            values = cache.values(entry)
            found += turn % 3 in values
            assert values.setdefault(turn % 3, f"{entry.id} {turn % 3}") == f"{entry.id} {turn % 3}"
            if turn % 7 == number % 7:
                cache.forget(one.id for one in entries[turn % 5 :: 5])
        return found

    with ThreadPoolExecutor(threads) as pool:
        assert sum(pool.map(work, range(threads))) > 0
    assert len(cache) <= limit // 500
    cache.forget(entry.id for entry in entries)
    assert len(cache) == 0
    for entry in entries[:6]:  # the room of what was forgotten is free, and there is no more than that
        cache.values(entry)
    assert all(is_kept(cache, entry) for entry in entries[:6])
    cache.values(entries[6])
    assert not is_kept(cache, entries[0])
