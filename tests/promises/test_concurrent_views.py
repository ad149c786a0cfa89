"""Views are the published files, and any number of threads makes them at once, while runs change what they show."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from support import EXAMPLE, folder_site, site
from topicfeeds import State, feed, publish, read, record, render, select
from topicfeeds.registry import FEED_FORMATS

FULL = bool(os.environ.get("TOPICFEEDS_FULL"))
NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
FORMATS = ["atom", "rss", "json", "ics"]
NAMES = st.sampled_from("abc")
DAYS = st.integers(0, 60).map(lambda n: (date(2026, 3, 10) + timedelta(days=n)).isoformat())
SAID = {"updated": DAYS, "topics": st.lists(NAMES, max_size=2), "tags": st.lists(NAMES, max_size=2)}
ARTICLES = st.fixed_dictionaries(
    {"title": NAMES, "published": DAYS}, optional={"content": NAMES, "link": st.just("/a")} | SAID
)
STATUSES = st.sampled_from(["cancelled", "confirmed", "a wrong status"])
EVENTS = st.fixed_dictionaries(
    {"title": NAMES, "start": DAYS},
    optional={"location": NAMES, "status": STATUSES, "published": DAYS} | SAID,
)
ITEMS = st.dictionaries(st.sampled_from("123456"), ARTICLES | EVENTS, max_size=6)


def as_list(items: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"id": name, **fields} for name, fields in items.items()]


@settings(max_examples=300 if FULL else 12, deadline=None)
@given(st.lists(ITEMS, min_size=1, max_size=4))
def test_a_view_has_the_bytes_of_the_published_file_after_any_runs(runs: list[dict[str, Any]]) -> None:
    made, now = site(feeds={"formats": FORMATS, "limit": 3}), NOW
    with TemporaryDirectory() as folder:
        out, path = Path(folder, "out"), Path(folder, "state")
        views = State(path, read_only=True)
        for items in map(as_list, runs):
            now += timedelta(days=1)
            publish(made, items, out, state=path, now=now)
            feeds = select(made, items, now=now, state=views, problems=[])
            for name, whole in feeds.items():
                one = feed(made, items, name, now=now, state=views)
                for form in one.formats:
                    assert render(one, form) == (out / f"{name}{FEED_FORMATS[form].suffix}").read_bytes()
                assert one == whole


def test_no_concurrent_view_or_render_fails_or_differs(tmp_path: Path) -> None:
    """All 10,000 in a long run."""
    made, path = folder_site(EXAMPLE), tmp_path / "state"
    items = [*read(made, EXAMPLE)]
    record(made, items, path, now=NOW)
    views = State(path, read_only=True)
    names = [*select(made, items, now=NOW, state=views)]
    shared = {name: feed(made, items, name, now=NOW, state=views) for name in names}
    expected = {(name, form): render(one, form) for name, one in shared.items() for form in ("atom", "rss", "json")}

    def work(n: int) -> bool:
        name, form = [*expected][n % len(expected)]
        one = feed(made, items, name, now=NOW, state=views) if n % 10 == 0 else shared[name]
        return render(one, form) == expected[name, form]

    with ThreadPoolExecutor(16) as pool:
        found = pool.map(work, range(10_000 if FULL else 400))
        for _ in range(3):
            record(made, items, path, now=NOW)
        assert all(found)
