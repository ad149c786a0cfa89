"""The ledger gives back the row under each key, however many there are, and wherever they are kept."""

from __future__ import annotations

import tempfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import article, problems_of, site
from topicfeeds import PublishError, select
from topicfeeds.entries import spill
from topicfeeds.entries.resolve import resolve
from topicfeeds.entries.spill import RowSpill

KEYS = st.integers(-(2**63), 2**63 - 1) | st.integers(0, 3).map(lambda n: n << 12)  # of which many want one slot


@given(st.lists(KEYS, max_size=60), st.integers(0, 400))
def test_the_first_row_under_a_key_is_given_back_until_there_is_another(keys: list[int], held: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(spill, "_SLOTS", 4)
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


def test_a_disk_without_room_for_rows_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(spill, "_MAX_BYTES_IN_MEMORY", 1)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(PublishError, match=r"gone: cannot be written: No such file or directory \(TMPDIR can name"):
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
        'items:31: id: "7" is that of items:8 (give each item its own id)'
    ]


def test_of_ids_that_are_alike_each_is_known_again() -> None:
    items = [article(id=name, title=name, tags=[name]) for name in ("é", "É", "E\u0301")]
    again = [article(id=name, title=name, tags=["again"]) for name in ("É", "é")]
    (feed,) = [feed for path, feed in select(site(), [*items, *again], problems=[]).items() if path == "all"]
    assert sorted(len(entry.tags) for entry in feed.entries) == [1, 2, 2]


def test_an_item_that_stands_twice_takes_little_more_memory_than_one_that_does_not(
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
