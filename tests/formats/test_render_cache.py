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
from topicfeeds.entries.model import sanitized_content
from topicfeeds.formats import render_cache
from topicfeeds.formats.render_cache import RenderCache


def make_entry(**fields: object) -> Entry:
    [entry] = select(site(), [article(**fields)])["all"].entries
    return entry


def names_in(cache: RenderCache, names: str) -> str:
    """Name the entries of which something is kept. It uses them all, in their order."""
    return "".join(name for name in names if cache.find(name, "x"))


def test_a_value_is_found_by_its_entry_and_its_variant() -> None:
    cache = RenderCache()
    assert cache.store("a", ("atom", "en"), b"one", 3) == b"one"
    assert cache.find("a", ("atom", "en")) == b"one"
    assert (cache.find("a", ("rss", "en")), cache.find("b", ("atom", "en"))) == (None, None)
    assert len(cache) == 1


def test_past_the_limit_the_least_recently_used_entry_is_dropped() -> None:
    cache = RenderCache(max_chars=1_600)  # a value counts 200 at least, and its size
    for name in "abc":
        cache.store(name, "x", name, 300)
    assert names_in(cache, "abc") == "abc"
    cache.find("a", "x")
    cache.store("d", "x", "d", 300)
    assert names_in(cache, "abcd") == "acd"
    cache.store("a", "y", "more of it", 300)  # drops the one that was used before the others
    assert names_in(cache, "abcd") == "ad"


def test_an_entry_is_dropped_with_all_its_variants() -> None:
    cache = RenderCache(max_chars=1_000)
    for variant in ("html", "atom", "rss"):
        cache.store("a", variant, "a", 100)
    cache.store("b", "html", "b", 100)
    assert [cache.find("a", variant) for variant in ("html", "atom", "rss")] == [None] * 3
    assert cache.find("b", "html") == "b"


def test_a_value_above_the_limit_is_returned_and_not_kept() -> None:
    cache = RenderCache(max_chars=1_000)
    cache.store("a", "x", "a", 100)
    assert cache.store("b", "x", "large", 5_000) == "large"
    assert len(cache) == 0
    cache.store("c", "x", "c", 800)
    assert names_in(cache, "c") == "c"


def test_a_value_that_is_stored_twice_counts_once() -> None:
    cache = RenderCache(max_chars=1_000)
    for _ in range(5):
        cache.store("a", "x", "a", 200)
    cache.store("b", "x", "b", 200)
    assert names_in(cache, "ab") == "ab"


def test_forgetting_entries_makes_room_for_others() -> None:
    cache = RenderCache(max_chars=1_000)
    cache.store("a", "x", "a", 300)
    cache.store("b", "x", "b", 300)
    cache.forget(["a", "unknown"])
    assert names_in(cache, "ab") == "b"
    cache.store("c", "x", "c", 300)
    assert names_in(cache, "bc") == "bc"
    cache.forget("bc")
    assert len(cache) == 0


def test_an_entry_is_loaded_once() -> None:
    cache, entry = RenderCache(), make_entry()
    loaded: list[str] = []

    def load() -> Entry:
        loaded.append(entry.id)
        return entry

    assert [cache.entry(entry.id, load) for _ in range(3)] == [entry] * 3
    assert loaded == [entry.id]
    cache.forget([entry.id])
    assert cache.entry(entry.id, load) == entry
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

    def sanitize(given: Entry) -> str | None:
        calls.append(given.id)
        return sanitized_content(given)

    monkeypatch.setattr(render_cache, "sanitized_content", sanitize)
    assert [cache.html(entry) for _ in range(3)] == [html] * 3
    assert calls == [entry.id]


STEPS = st.lists(
    st.tuples(st.sampled_from(["store", "store", "find", "forget"]), st.sampled_from("abcdef"), st.integers(0, 900)),
    max_size=60,
)


@given(STEPS)
def test_a_cache_keeps_as_many_of_the_last_used_entries_as_its_limit_allows(steps: list[tuple[str, str, int]]) -> None:
    cache, kept = RenderCache(max_chars=2_000), dict[str, dict[int, int]]()
    for what, name, number in steps:
        if what == "store":
            size = number // 10 * 10  # a variant has one size
            cache.store(name, number // 10, number, size)
            kept[name] = kept.pop(name, {}) | {number // 10: 200 + size}
            while sum(sum(sizes.values()) for sizes in kept.values()) > 2_000:
                del kept[next(iter(kept))]
        elif what == "forget":
            cache.forget([name])
            kept.pop(name, None)
        else:
            found = cache.find(name, number // 10)
            assert (found is not None) == (number // 10 in kept.get(name, {}))
            if name in kept:
                kept[name] = kept.pop(name)
        assert len(cache) == len(kept)


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Let threads take turns far more often than they do by default."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty_threads")
def test_threads_that_share_a_cache_find_what_was_stored_or_nothing() -> None:
    threads, rounds, limit = 8, 400, 3_000
    cache, start = RenderCache(limit), Barrier(threads)
    names = [str(n) for n in range(12)]

    def work(number: int) -> int:
        start.wait()
        found = 0
        for turn in range(rounds):
            name = names[(turn * (number + 1)) % len(names)]
            value = cache.find(name, turn % 3)
            assert value in (None, f"{name} {turn % 3}")
            found += value is not None
            cache.store(name, turn % 3, f"{name} {turn % 3}", 100)
            if turn % 7 == number % 7:
                cache.forget(names[turn % 5 :: 5])
        return found

    with ThreadPoolExecutor(threads) as pool:
        assert sum(pool.map(work, range(threads))) > 0
    assert len(cache) <= limit // 300
    cache.forget(names)
    assert len(cache) == 0
    for name in "ab":  # the room of what was forgotten is free, and there is no more than that
        cache.store(name, "x", name, limit // 2 - 200)
    assert names_in(cache, "ab") == "ab"
    cache.store("c", "x", "c", 0)
    assert names_in(cache, "abc") == "bc"
