"""Events that change: each change is one notice for readers, and the memory keeps what that takes."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.years import FIRST, HOURS, Years, fair, titles
from topicfeeds import Article, Event, FeedSettings, Place, publish, select
from topicfeeds.run.calls import build
from topicfeeds.state.store import State


@pytest.fixture
def years(tmp_path: Any) -> Years:
    return Years(tmp_path)


@pytest.mark.parametrize(
    ("fields", "own", "notice", "told"),
    [
        (
            {"start": "2026-05-10T18:00"},
            "Moved: Fair",
            "Moved to May 10: Fair",
            "before: Wednesday, May 6, 2026, 6:00 PM",
        ),
        ({"start": "2026-05-06T19:00"}, "Moved: Fair", "Moved to May 6, 7:00 PM: Fair", "before: Wednesday, May 6"),
        ({"start": "2027-01-10T18:00"}, "Moved: Fair", "Moved to Jan 10, 2027: Fair", "before: Wednesday, May 6"),
        ({"status": "cancelled"}, "Cancelled: Fair", "Cancelled (May 6): Fair", "before: Confirmed"),
        ({"status": "postponed"}, "Postponed: Fair", "Postponed (May 6): Fair", "before: Confirmed"),
        ({"location": "Yard"}, "New place: Fair", "New place (Yard): Fair", "before: Hall"),
        ({"location": None}, "New place: Fair", "New place (–): Fair", "before: Hall"),
    ],
)
def test_a_change_opens_the_text_and_has_an_entry_of_its_own(
    years: Years, fields: dict[str, Any], own: str, notice: str, told: str
) -> None:
    assert titles(years.run(fair())) == ["Fair"]
    for _ in range(2):
        shown = years.run(fair(**fields))
        assert titles(shown) == [notice, own]
        for entry in shown:
            assert (entry.content or "").startswith(f"<p><strong>{own.partition(':')[0]}</strong>: ")
            assert told in (entry.content or "").replace("\u202f", " ")
        assert [entry.published for entry in shown] == [FIRST + HOURS, FIRST]
        assert [entry.updated for entry in shown] == [FIRST + HOURS] * 2


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "Fair!"},
        {"content": "<p>Mended</p>"},
        {"start": "2026-05-06T16:00Z"},
        {"start": "2026-05-06T18:00+02:00"},
        {"start": "2026-05-06T18:00:00", "end": "2026-05-06T18:00"},
        {"end": "2026-05-06T21:00"},
        {"location": {"name": "Hall", "latitude": 51.0, "longitude": 3.7, "url": "https://www.example.org/hall"}},
        {"status": "confirmed"},
        {"tags": ["x"]},
        {"start": "2026-05-06T17:00", "timezone": "Europe/Lisbon"},
    ],
)
def test_other_edits_and_other_spellings_are_no_news(years: Years, fields: dict[str, Any]) -> None:
    years.run(fair())
    shown = years.run(fair(**fields))
    assert [entry.title.rstrip("!") for entry in shown] == ["Fair"]


def test_the_name_of_a_notice_is_made_of_event_field_value_and_count(years: Years) -> None:
    def name(*parts: object) -> str:
        text = json.dumps(["tag:example.org,2026:item/fair", *parts], ensure_ascii=False, separators=(",", ":"))
        return f"tag:example.org,2026:notice/{hashlib.sha256(text.encode()).hexdigest()[:20]}"

    years.run(fair())
    for status in ("cancelled", None, "cancelled"):
        years.run(fair(status=status))
    shown = years.run(fair(status="cancelled", start="2026-05-10T18:00", location="Hôtel"))
    assert [entry.id for entry in shown if entry.notice] == [
        name("start", "2026-05-10T16:00:00+00:00", 1),
        name("status", "cancelled", 2),
        name("status", "confirmed", 1),
        name("status", "cancelled", 1),
    ]


def test_one_edit_of_several_facts_is_one_notice_that_names_them_all(years: Years) -> None:
    years.run(fair())
    shown = years.run(fair(status="postponed", start="2026-06-01T18:00", location="Yard"))
    assert titles(shown) == ["Postponed (Jun 1): Fair", "Postponed: Fair"]
    told = (shown[0].content or "").replace("\u202f", " ")
    assert "Monday, June 1, 2026, 6:00 PM · Yard" in told
    assert "(before: Confirmed · Wednesday, May 6, 2026, 6:00 PM · Hall)" in told


def test_a_notice_keeps_its_text(years: Years) -> None:
    years.run(fair())
    years.run(fair(start="2026-05-10T18:00"))
    before = years.shown(fair(start="2026-05-10T18:00"))[0]
    after = years.run(fair(start="2026-05-11T18:00", location="Yard"))[1]
    assert (after.id, after.title, after.content, after.published) == (
        before.id,
        before.title,
        before.content,
        before.published,
    )


def test_notices_are_in_every_feed_of_the_event_and_count(tmp_path: Any) -> None:
    years = Years(tmp_path, feeds=FeedSettings(limit=2))
    years.run(fair(topics=["housing"], tags=["x"]))
    news = Article(id="news", title="News", published=FIRST, topics=["housing"])
    items: list[Event | Article] = [fair(topics=["housing"], tags=["x"], status="cancelled"), news]
    assert titles(years.run(*items)) == ["Cancelled (May 6): Fair", "Cancelled: Fair"]
    for name in ("topics/housing", "tags/x"):
        text = (tmp_path / f"{name}.atom.xml").read_text("utf-8")
        assert text.count("<entry>") == 2
        assert "<title>Cancelled (May 6): Fair</title>" in text
        assert "News" not in text


def test_a_notice_has_kind_topics_and_tags_of_its_event_and_is_none_itself(years: Years) -> None:
    years.run(fair(topics=["housing"], tags=["x"]))
    notice, own = years.run(fair(topics=["housing"], tags=["x"], status="cancelled"))
    assert (notice.kind, notice.topics, notice.tags) == (own.kind, own.topics, own.tags)
    text = (years.folder / "all.atom.xml").read_text("utf-8")
    assert text.count("<ev:startdate>") == 1


def test_without_a_memory_nothing_is_invented(years: Years) -> None:
    years.run(fair(published="2026-02-01"))
    years.state = State()
    shown = years.run(fair(published="2026-02-01", status="cancelled"))
    assert titles(shown) == ["Cancelled: Fair"]
    assert "before" not in (shown[0].content or "")


def test_a_run_without_the_time_makes_no_notice_and_forgets_nothing(years: Years) -> None:
    years.run(fair())
    moved = fair(start="2026-05-10T18:00")
    publish(years.site, [moved], years.folder, state=years.state)
    assert "Moved" not in (years.folder / "all.atom.xml").read_text("utf-8")
    assert titles(years.run(moved)) == ["Moved to May 10: Fair", "Moved: Fair"]


def test_an_event_that_comes_back_within_the_memory_is_compared_with_what_it_was(years: Years) -> None:
    years.run(fair())
    years.run()
    assert titles(years.run(fair(status="cancelled"))) == ["Cancelled (May 6): Fair", "Cancelled: Fair"]


def test_an_event_on_two_pages_has_one_notice(years: Years) -> None:
    pages: list[Event] = [fair(topics=["housing"]), fair(topics=["mobility"])]
    years.run(*pages)
    shown = years.run(*(fair(topics=page.topics, status="cancelled") for page in pages))
    assert titles(shown) == ["Cancelled (May 6): Fair", "Cancelled: Fair"]
    assert [topic.term for topic in shown[0].topics] == ["housing", "mobility"]


def test_the_number_of_a_version_grows_with_every_change(years: Years) -> None:
    numbers = []
    for fields in (
        {},
        {"status": "cancelled"},
        {"status": "confirmed"},
        {"content": "<p>x</p>"},
        {"content": "<p>x</p>"},
    ):
        own = next(entry for entry in years.run(fair(**fields)) if not entry.notice)
        assert own.event
        numbers.append(own.event.sequence)
    assert numbers == sorted(numbers)
    assert len(set(numbers)) == 4


def test_a_stated_change_and_a_remembered_one_give_the_later(years: Years) -> None:
    years.run(fair(updated="2026-03-01T13:00:00+01:00"))
    own = years.run(fair(updated="2026-03-01T13:30:00+01:00", status="cancelled"))[1]
    assert own.updated == FIRST + HOURS
    assert years.run(fair(updated="2026-03-01T15:00:00+01:00", status="cancelled"))[1].updated == FIRST + 2 * HOURS


FACTS = st.fixed_dictionaries(
    {
        "status": st.sampled_from([None, "confirmed", "cancelled", "postponed", "tentative"]),
        "start": st.sampled_from(
            [date(2026, 5, 6), date(2026, 5, 10), datetime(2026, 5, 6, 18), datetime(2027, 1, 1, 0)]
        ),
        "location": st.sampled_from([None, "Hall", Place(name="Hall"), Place(name="Yard", address="Street 1")]),
        "title": st.sampled_from(["Fair", "Fair!"]),
    }
)


@given(st.lists(FACTS, min_size=1, max_size=8))
def test_notices_are_one_for_each_change_and_stay(tmp_path_factory: Any, edits: list[dict[str, Any]]) -> None:
    years = Years(tmp_path_factory.mktemp("years"))
    seen: dict[str, datetime] = {}
    expected, before = 0, None
    for fields in edits:
        place = fields["location"]
        said = place.line if isinstance(place, Place) else place
        facts = (fields["status"] or "confirmed", str(fields["start"]), said)
        expected += before is not None and facts != before
        before = facts
        shown = years.run(fair(**fields))
        notices = {entry.id: entry.published for entry in shown if entry.notice}
        assert len(notices) == expected
        assert notices.items() >= seen.items()
        seen = notices
        assert [entry.published for entry in shown if not entry.notice] == [FIRST]
        assert len({entry.title for entry in shown}) == len(shown) or expected > 1
    assert [document.path for document in build(years.site, []) if document.path.endswith(".ics")] == []
    assert len(select(years.site, [fair(published="2026-01-01")])["all"].entries) == 1
