"""The spill gives back each row and each text, however many there are, and wherever they are kept."""

from __future__ import annotations

import resource
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import article, problems_of, site
from support.city import NOON, City, row
from topicfeeds import PublishError, select
from topicfeeds.entries import spill
from topicfeeds.entries.spill import SeenRow, Spill

KEYS = st.integers(-(2**63), 2**63 - 1) | st.integers(0, 3)


def make_row(n: int) -> SeenRow:
    return (f"é{n}" * (n % 7), f"{n}.yaml", n, b"x" * 16, "a\x1eb", "", b"y" * 16 * (n % 3), n, "fr" if n % 2 else None)


@given(st.lists(KEYS, max_size=60))
def test_the_first_row_under_a_key_is_given_back_until_there_is_another(keys: list[int]) -> None:
    rows, first = Spill(), dict[int, SeenRow]()
    for n, key in enumerate(keys):
        assert rows.enter(key, make_row(n)) == first.get(key)
        first.setdefault(key, make_row(n))
        if n % 3 == 2:
            first[key] = make_row(n + 1000)
            rows.put(key, first[key])
    for key in keys:
        assert rows.enter(key, make_row(0)) == first[key]


def test_texts_are_given_back_by_their_number() -> None:
    texts = Spill()
    numbers = {texts.add_text(f"é{n}\u2028" * n): f"é{n}\u2028" * n for n in range(40)}
    assert {number: texts.read_text(number) for number in numbers} == numbers


def test_a_spill_that_is_larger_than_its_memory_is_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spill, "_CACHE_KB", 100)
    rows = Spill()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for n in range(300):
        rows.add_text("x" * 100_000)
        rows.enter(n, make_row(n))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 15_000
    assert rows.read_text(150) == "x" * 100_000
    assert rows.enter(7, make_row(9)) == make_row(7)


def test_an_item_that_comes_again_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spill, "_CACHE_KB", 1)
    items = [article(id=str(n), tags=[f"t{n % 3}"]) for n in range(30)]
    more = [article(id=str(n), tags=["again"], topics=["x"]) for n in range(0, 30, 3)]
    whole = {entry.id: entry for entry in select(site(), [*items, *more, *more])["all"].entries}
    assert sorted(",".join(tag.label for tag in entry.tags) for entry in whole.values()) == (
        ["t0,again"] * 10 + ["t1"] * 10 + ["t2"] * 10
    )
    assert problems_of([*items, article(id="7", title="Other")]) == [
        'items:31: id: "7" is already the id of items:8 (give each item its own id)'
    ]


def test_of_ids_that_are_alike_each_is_known_again() -> None:
    items = [article(id=name, title=name, tags=[name]) for name in ("é", "É", "E\u0301")]
    again = [article(id=name, title=name, tags=["again"]) for name in ("É", "é")]
    (feed,) = [feed for path, feed in select(site(), [*items, *again], problems=[]).items() if path == "all"]
    assert sorted(len(entry.tags) for entry in feed.entries) == [1, 2, 2]


def test_an_edit_changes_only_the_documents_of_its_item_though_items_were_spilled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("topicfeeds.feeds.select._MAX_CHARS_IN_MEMORY", 1)
    rows = [row(f"n{n}", tags=[f"t{n}"], content="<p>x</p>") for n in range(9)]
    city = City.create(tmp_path, *rows)
    city.build()
    city.put(*rows[:8], row("n8", tags=["t8"], content="<p>y</p>"))
    written = {f"{name}.{form}.xml" for name in ("all", "tags/t8") for form in ("atom", "rss")}
    assert set(city.build(NOON).written) == written


def test_a_disk_without_room_for_the_spill_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spill, "_CACHE_KB", 1)
    monkeypatch.setattr(tempfile, "tempdir", "/full")
    full = Spill()
    full._file.execute("pragma max_page_count = 20")
    with pytest.raises(PublishError, match=r"/full: cannot be written: database or disk is full \(set TMPDIR to"):
        full.add_text("x" * 1_000_000)
