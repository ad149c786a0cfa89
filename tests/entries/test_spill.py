"""Spills give back each row and each entry, however many there are, and wherever they are kept."""

from __future__ import annotations

import tempfile
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import article, event, problems_of, site
from support.city import NOON, City, row
from topicfeeds import PublishError, select
from topicfeeds.entries import spill
from topicfeeds.entries.resolve import resolve
from topicfeeds.entries.spill import EntrySpill, RowSpill

KEYS = st.integers(-(2**63), 2**63 - 1) | st.integers(0, 3).map(lambda n: n << 12)  # of which many want one slot


@given(st.lists(KEYS, max_size=60), st.integers(0, 400))
def test_the_first_row_under_a_key_is_given_back_until_there_is_another(keys: list[int], held: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(spill, "_INITIAL_SLOTS", 4)
        patched.setattr(spill, "_MAX_BYTES_IN_MEMORY", held)
        rows, first = RowSpill(), dict[int, tuple[object, ...]]()
        for n, key in enumerate(keys):
            row = (f"é{n}" * (n % 7), n, None, b"x" * n, (n, n))
            assert rows.enter(key, row) == first.get(key)
            first.setdefault(key, row)
            if n % 3 == 2:
                first[key] = (n, "another")
                rows.put(key, first[key])
        for key in keys:
            assert rows.enter(key, ()) == first[key]


def test_a_disk_without_room_for_rows_stops_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(spill, "_MAX_BYTES_IN_MEMORY", 1)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(PublishError, match=r"gone: cannot be written: No such file or directory \(set TMPDIR to"):
        RowSpill().enter(1, ("row",))


def test_an_item_that_comes_again_is_known_though_its_row_is_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spill, "_MAX_BYTES_IN_MEMORY", 1)
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


def test_an_item_that_occurs_twice_takes_little_more_memory_than_one_that_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spill, "_MAX_BYTES_IN_MEMORY", 1 << 10)

    def peak(times: int) -> int:
        tracemalloc.start()
        try:
            for _ in resolve(site(), (article(id=str(n), tags=[f"t{k}"]) for k in range(times) for n in range(3000))):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(3)  # what is loaded, and kept for all runs
    assert peak(3) - peak(1) < 3000 * 100


def test_threads_read_back_every_entry_of_a_spill() -> None:
    persons = [{"name": "Ann", "email": "a@example.org"}]
    articles = [article(id=f"a{n}", content=f"<p>{n}</p>" * n, authors=persons, tags=["é"]) for n in range(60)]
    events = [event(id=f"e{n}", start="2026-05-06T18:00", location="Hall", recurrence="FREQ=DAILY") for n in range(9)]
    items = [*articles, *events]
    entries = select(site(timezone="Europe/Brussels", feeds={"limit": 100}), items)["all"].entries
    spill = EntrySpill()
    loads = [spill.put(entry) for entry in entries]
    with ThreadPoolExecutor(8) as threads:
        for _ in range(3):
            assert list(threads.map(lambda load: load(), loads)) == list(entries)
    last = spill.put(replace(entries[0], title="Later"))
    assert [last().title, loads[0]()] == ["Later", entries[0]]


def test_an_edit_changes_only_the_documents_of_its_item_though_entries_were_spilled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("topicfeeds.feeds.select._MAX_CHARS_IN_MEMORY", 1)
    rows = [row(f"n{n}", tags=[f"t{n}"], content="<p>x</p>") for n in range(9)]
    city = City.create(tmp_path, *rows)
    city.build()
    city.put(*rows[:8], row("n8", tags=["t8"], content="<p>y</p>"))
    written = {f"{name}.{form}.xml" for name in ("all", "tags/t8") for form in ("atom", "rss")}
    assert set(city.build(NOON).written) == written


def test_a_disk_without_room_for_entries_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topicfeeds.feeds.select._MAX_CHARS_IN_MEMORY", 0)
    city = City.create(tmp_path, row("a"))
    with monkeypatch.context() as patched:
        patched.setattr(tempfile, "TemporaryFile", lambda: open("/dev/full", "r+b"))  # noqa: PTH123, SIM115
        with pytest.raises(PublishError, match=r"cannot be written: No space left on device \(set TMPDIR to a folder"):
            city.build()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(PublishError, match=r"gone: cannot be written: No such file or directory \(set TMPDIR to"):
        city.build()
    assert not list(city.public.glob("*.xml"))
