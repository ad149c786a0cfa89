"""The dates that items lack come from what earlier runs saw: given once, and never taken back."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import article, event, site
from support.city import DAY, HOUR, NOON, dates
from topicfeeds import Changes, Event, SourceError, publish
from topicfeeds.sources.model import ItemLike, Record
from topicfeeds.state.store import State

NOW = "2026-04-01T12:00:00Z"
LATER = "2026-04-01T13:00:00Z"
MIDNIGHT = "2026-03-01T00:00:00Z"


class Paper:
    """A site that is published again and again, with one memory."""

    def __init__(self, folder: Path, state: State | None = None, **settings: object) -> None:
        self.folder, self.state = folder, state or State()
        self.site = site(feeds=settings)

    def publish(self, *items: ItemLike, now: datetime | None = NOON) -> Changes:
        return publish(self.site, items, self.folder, state=self.state, now=now, allow_shrink=True)

    def dates(self, *items: ItemLike, now: datetime | None = NOON) -> Any:
        """Publish, and give both dates of the only entry."""
        self.publish(*items, now=now)
        (found,) = dates(self.folder).values()
        return found


@pytest.fixture
def paper(tmp_path: Path) -> Paper:
    return Paper(tmp_path)


def unsaid(**fields: object) -> Event:
    """Make an event that does not say when it was announced."""
    return event(published=None, **fields)


def test_an_event_is_dated_by_the_run_that_first_saw_it(paper: Paper) -> None:
    assert paper.dates(unsaid()) == (NOW, NOW)
    assert paper.dates(unsaid(), now=NOON + HOUR) == (NOW, NOW)
    assert paper.dates(unsaid(), now=NOON - HOUR) == (NOW, NOW)
    assert paper.dates(unsaid(), now=None) == (NOW, NOW)


def test_a_first_date_is_in_the_zone_of_the_event_and_in_whole_seconds(paper: Paper) -> None:
    found = paper.dates(unsaid(timezone="Asia/Tokyo"), now=NOON.replace(microsecond=999_999))
    assert found == ("2026-04-01T21:00:00+09:00",) * 2


def test_a_run_without_the_time_dates_nothing(paper: Paper) -> None:
    with pytest.raises(SourceError, match="published: is missing"):
        publish(paper.site, [unsaid()], paper.folder, state=paper.state, strict=True)
    assert paper.dates(article(), now=None) == (MIDNIGHT, MIDNIGHT)
    assert paper.dates(article(title="Other"), now=None) == (MIDNIGHT, MIDNIGHT)
    assert paper.dates(article(title="Other"), now=NOON) == (MIDNIGHT, NOW)
    assert paper.dates(article(title="Third"), now=None) == (MIDNIGHT, NOW)
    assert paper.dates(article(title="Third"), now=NOON + HOUR) == (MIDNIGHT, LATER)


def test_a_run_that_fails_dates_nothing(paper: Paper) -> None:
    with pytest.raises(SourceError):
        publish(paper.site, [unsaid(), None], paper.folder, state=paper.state, now=NOON, strict=True)  # type: ignore[list-item]
    assert paper.dates(unsaid(), now=NOON + HOUR) == (LATER, LATER)


def test_updated_is_the_run_that_saw_the_last_change(paper: Paper) -> None:
    assert paper.dates(article()) == (MIDNIGHT, MIDNIGHT)
    assert paper.dates(article(title="New flats"), now=NOON + HOUR) == (MIDNIGHT, LATER)
    assert paper.dates(article(title="New flats"), now=NOON + 5 * HOUR) == (MIDNIGHT, LATER)
    assert paper.dates(article(), now=NOON + DAY) == (MIDNIGHT, "2026-04-02T12:00:00Z")


def test_no_date_is_taken_back_where_the_clock_is(paper: Paper) -> None:
    assert paper.dates(unsaid()) == (NOW, NOW)
    assert paper.dates(unsaid(title="Big fair"), now=NOON - DAY) == (NOW, NOW)
    assert paper.dates(unsaid(title="Fair"), now=NOON + HOUR) == (NOW, LATER)
    assert paper.dates(unsaid(title="Big fair"), now=NOON - DAY) == (NOW, LATER)
    assert paper.dates(unsaid(title="Big fair", status="cancelled"), now=NOON - DAY) == (NOW, LATER)


def test_an_item_that_comes_back_has_the_dates_that_it_had(paper: Paper) -> None:
    paper.publish(unsaid())
    paper.publish(unsaid(title="Big fair"), now=NOON + HOUR)
    paper.publish(now=NOON + DAY)
    assert paper.dates(unsaid(title="Big fair"), now=NOON + 400 * DAY) == (NOW, LATER)
    assert paper.dates(unsaid(), now=NOON + 401 * DAY)[0] == NOW


def test_a_date_that_is_no_longer_stated_stays_the_one_that_was_given(paper: Paper) -> None:
    assert paper.dates(event(published="2026-03-01")) == (MIDNIGHT, MIDNIGHT)
    assert paper.dates(unsaid(), now=NOON + HOUR) == (MIDNIGHT, LATER)
    assert paper.dates(event(published="2026-02-01"), now=NOON + DAY)[0] == "2026-02-01T00:00:00Z"
    assert paper.dates(unsaid(), now=NOON + 2 * DAY)[0] == "2026-02-01T00:00:00Z"


def test_an_inferred_date_stays_the_first_that_was_given(paper: Paper) -> None:
    def page(day: date) -> Record:
        return Record(unsaid(), "page.txt", 1, inferred=day, from_page=True)

    assert paper.dates(page(date(2026, 3, 1))) == (MIDNIGHT, MIDNIGHT)
    assert paper.dates(page(date(2026, 3, 20)), now=NOON + HOUR) == (MIDNIGHT, MIDNIGHT)
    assert paper.dates(page(date(2026, 2, 1)), now=NOON + HOUR) == (MIDNIGHT, MIDNIGHT)
    assert paper.dates(unsaid(), now=NOON + HOUR) == (MIDNIGHT, MIDNIGHT)


def test_another_source_that_has_the_item_too_changes_no_date(paper: Paper) -> None:
    one, other = (Record(unsaid(), f"{name}.yaml", 1, topics=(name,)) for name in ("housing", "mobility"))
    assert paper.dates(one) == (NOW, NOW)
    assert paper.dates(one, other, now=NOON + HOUR) == (NOW, NOW)
    assert paper.dates(other, one, now=NOON + HOUR) == (NOW, NOW)


def test_records_of_one_item_that_differ_in_tags_are_a_change_when_they_come_and_in_no_order(paper: Paper) -> None:
    one, other = article(tags=["a"]), article(tags=["b"])
    assert paper.dates(one) == (MIDNIGHT, MIDNIGHT)
    assert paper.dates(one, other, now=NOON + HOUR) == (MIDNIGHT, LATER)
    for again in ((one, other), (other, one), (one, other, one)):
        assert paper.dates(*again, now=NOON + DAY) == (MIDNIGHT, LATER)


FULL = {
    "id": "7",
    "title": "Fair",
    "start": "2026-05-01T10:00:00+00:00",
    "end": "2026-05-01T12:00:00Z",
    "location": {"name": "Town hall", "latitude": 50.5},
    "topics": ["a", "b"],
    "authors": ["Ann"],
}


@pytest.mark.parametrize(
    "written",
    [
        {"id": 7},
        {"kind": "event", "summary": None, "content": " ", "tags": []},
        {"start": "2026-05-01T10:00Z", "end": datetime(2026, 5, 1, 12, tzinfo=UTC)},
        {"location": {"latitude": 50.5, "name": "Town hall", "url": None}},
        {"topics": ("a", "b"), "authors": ("Ann",)},
        {"title": " Fair ", "location": {"name": "Town hall", "latitude": "50.5"}},
    ],
)
def test_what_is_written_in_another_way_is_no_change(paper: Paper, written: Mapping[str, object]) -> None:
    assert paper.dates(FULL) == (NOW, NOW)
    other = {**FULL, **written}
    assert paper.dates(other, now=NOON + HOUR) == (NOW, NOW)
    assert paper.dates(dict(reversed(other.items())), now=NOON + HOUR) == (NOW, NOW)


@pytest.mark.parametrize(
    "written",
    [
        {"title": "Fairs"},
        {"start": "2026-05-01T10:00:01+00:00"},
        {"location": {"name": "Town hall"}},
        {"topics": ["a"]},
        {"authors": ["An", "n"]},
        {"status": "tentative"},
        {"summary": "x"},
        {"title": "x", "summary": "Fair"},
    ],
)
def test_what_says_something_else_is_a_change(paper: Paper, written: Mapping[str, object]) -> None:
    paper.dates(FULL)
    assert paper.dates({**FULL, **written}, now=NOON + HOUR) == (NOW, LATER)


MOVES = [{"status": "cancelled"}, {"start": "2026-05-02"}, {"end": "2026-05-03"}, {"location": "Elsewhere"}]


@pytest.mark.parametrize("moved", MOVES)
def test_of_what_visitors_must_know_the_later_date_counts(paper: Paper, moved: Mapping[str, object]) -> None:
    said = "2026-03-15T00:00:00Z"
    assert paper.dates(event(updated="2026-03-15")) == (MIDNIGHT, said)
    assert paper.dates(event(updated="2026-03-15", title="Big fair"), now=NOON + HOUR) == (MIDNIGHT, said)
    now = NOON + 2 * HOUR
    last = "2026-04-01T14:00:00Z"
    assert paper.dates(event(updated="2026-03-15", **moved), now=now) == (MIDNIGHT, last)
    assert paper.dates(event(updated="2026-03-16", **moved), now=now + HOUR) == (MIDNIGHT, last)
    stated = event(updated="2026-04-01T14:30Z", **moved)
    assert paper.dates(stated, now=now + HOUR) == (MIDNIGHT, "2026-04-01T14:30:00Z")


def test_a_stated_change_that_is_to_come_takes_no_date_back(paper: Paper) -> None:
    paper.dates(event())
    assert paper.dates(event(status="cancelled"), now=NOON + HOUR) == (MIDNIGHT, LATER)
    future = event(status="cancelled", updated="2026-04-03")
    assert paper.dates(future, now=NOON + 2 * HOUR) == (MIDNIGHT, LATER)
    assert paper.dates(future, now=NOON + 2 * DAY) == (MIDNIGHT, "2026-04-03T00:00:00Z")


def test_an_article_with_a_stated_change_goes_by_that_alone(paper: Paper) -> None:
    paper.dates(article(updated="2026-03-15"))
    said = "2026-03-15T00:00:00Z"
    assert paper.dates(article(updated="2026-03-15", title="x"), now=NOON + HOUR) == (MIDNIGHT, said)


def test_an_article_that_becomes_an_event_has_not_moved(paper: Paper) -> None:
    paper.dates(article(updated="2026-03-15"))
    said = "2026-03-15T00:00:00Z"
    assert paper.dates(event(id="one", updated="2026-03-15"), now=NOON + HOUR) == (MIDNIGHT, said)


def test_what_only_waited_is_dated_by_itself_when_its_time_comes(paper: Paper) -> None:
    late = article(published="2026-04-02")
    assert paper.publish(late).items == 0
    given = "2026-04-02T00:00:00Z"
    assert paper.dates(late, now=NOON + DAY) == (given, given)


def test_an_event_is_remembered_though_no_feed_holds_it(tmp_path: Path) -> None:
    paper = Paper(tmp_path, limit=1)
    newer = article(published="2026-04-05")
    assert paper.dates(unsaid()) == (NOW, NOW)
    for days in range(0, 900, 300):
        assert paper.dates(unsaid(), newer, now=NOON + days * DAY + 5 * DAY)[0] == "2026-04-05T00:00:00Z"
    assert paper.dates(unsaid(), now=NOON + 900 * DAY)[0] == NOW


TITLES, TAGS = st.sampled_from(["Fair", "Big fair", "<b>"]), st.sampled_from([[], ["a"], ["b", "a"]])
FIELDS = st.fixed_dictionaries(
    {"title": TITLES, "tags": TAGS},
    optional={
        "status": st.sampled_from(["confirmed", "cancelled"]),
        "location": st.sampled_from(["Hall", "Park"]),
        "summary": st.sampled_from(["x", "y"]),
    },
)
Step = tuple[timedelta, dict[str, Any] | None]
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.tuples(st.integers(-30, 90).map(lambda hours: timedelta(hours=hours)), st.none() | FIELDS),
    min_size=1,
    max_size=8,
)


@given(STEPS, st.booleans())
def test_dates_of_an_event_follow_from_what_runs_saw(steps: Sequence[Step], backwards: bool) -> None:
    """Its first date is that of the first run that saw it, and `updated` that of the last which saw a change."""
    first = changed = None
    last, now = None, NOON
    with TemporaryDirectory() as folder:
        paper = Paper(Path(folder))
        for after, fields in steps:
            now += after if backwards else abs(after)
            fields = fields and dict(reversed(fields.items()))
            paper.publish(*([{"id": "fair", "start": "2026-05-01", **fields}] if fields else []), now=now)
            if fields:
                first = first or now
                changed = now if last not in (None, fields) and (changed is None or now > changed) else changed
                last = fields
                expected = (first, max(first, changed or first))
                found = dates(paper.folder)["fair"]
                assert tuple(map(datetime.fromisoformat, found)) == expected


ITEMS = st.lists(st.tuples(st.sampled_from("abcde"), st.booleans(), FIELDS), max_size=5, unique_by=lambda one: one[0])


@given(st.lists(ITEMS, min_size=1, max_size=4))
@settings(max_examples=25)
def test_what_is_built_step_by_step_is_what_a_run_without_the_cache_builds(runs: list[Any]) -> None:
    """A clean cache with the same memory gives the same bytes."""
    with TemporaryDirectory() as name:
        root = Path(name)
        paper = Paper(root / "public", State(root / "state"), limit=3, retire_days=0)
        for number, items in enumerate(runs):
            now = NOON + number * HOUR
            found = [
                {"id": item, **fields, **({"start": "2026-05-01"} if is_event else {"published": "2026-03-01"})}
                for item, is_event, fields in items
            ]
            memory = root / f"memory{number}"
            if number:
                shutil.copy(root / "state", memory)
                with closing(sqlite3.connect(memory)) as state, state:
                    for table in ("meta", "accepted"):
                        state.execute(f"delete from {table}")
            paper.publish(*found, now=now)
            clean = Paper(root / f"clean{number}", State(memory), limit=3)
            clean.publish(*found, now=now)
            assert _documents(paper.folder) == _documents(clean.folder)


def _documents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.xml")}
