"""Changes of events: which of them readers hear of, what the notice says, and in how many feeds it is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from support import article
from support.years import FIRST, Years, fair, titles
from topicfeeds import Article, Entry, Event
from topicfeeds.entries.changes import record_change
from topicfeeds.state.memory import ItemMemory

WEEKLY = {"start": "2026-03-18T19:00", "end": "2026-03-18T21:00", "recurrence": "FREQ=WEEKLY;COUNT=8"}
"""A series on Wednesdays, from 18 March to 6 May 2026."""
RULE = "recurrence"


@pytest.fixture
def years(tmp_path: Any) -> Years:
    return Years(tmp_path, feeds={"formats": ["atom", "ics"]})


def change(years: Years, before: dict[str, Any], after: dict[str, Any]) -> list[Entry]:
    years.run(fair(**before))
    return years.run(fair(**after))


def body(entry: Entry) -> str:
    text = (entry.content or "").replace("\u202f", " ").replace("\u2009", " ")
    return (
        text.partition(" · <a ")[0]
        .removeprefix("<p>")
        .removesuffix("</p>")
        .replace("<strong>", "")
        .replace("</strong>", "")
    )


def calendar(years: Years) -> list[str]:
    text: str = (years.folder / "all.ics").read_text("utf-8")
    return text.replace("\n ", "").splitlines()


# Events that are over.


def venue(number: int, **fields: Any) -> Event:
    return fair(id=f"old{number}", title=f"Old event {number}", **fields)


def test_a_new_venue_of_sixty_past_events_makes_no_notice(years: Years) -> None:
    def items(place: str) -> list[Event | Article]:
        old = [
            venue(n, published=f"2024-01-{n % 28 + 1:02}", start=f"2024-06-{n % 28 + 1:02}T19:00", location=place)
            for n in range(60)
        ]
        return [*old, *(article(id=f"new{n}", title=f"News {n}", published=f"2026-02-2{n}") for n in range(3))]

    years.run(*items("City Hall"))
    shown = years.run(*items("City Hall, Main Square 1"))
    assert titles(shown)[:3] == ["News 2", "News 1", "News 0"]
    assert not [entry for entry in shown if entry.notice]
    assert "City Hall, Main Square 1" in body(shown[3])
    assert years.problems == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"start": "2026-02-20"}, {"start": "2026-02-21"}),
        ({"start": "2026-02-20T19:00"}, {"start": "2026-02-20T19:00", "status": "cancelled"}),
        ({"start": "2026-02-20", "end": "2026-02-22"}, {"start": "2026-02-20", "end": "2026-02-23"}),
        ({"start": "2026-02-04", RULE: "FREQ=WEEKLY;COUNT=3"}, {"start": "2026-02-05", RULE: "FREQ=WEEKLY;COUNT=3"}),
        ({"start": "2026-02-20T19:00", "location": "Hall"}, {"start": "2026-02-20T19:00", "location": None}),
    ],
)
def test_a_change_of_an_event_that_is_over_makes_no_notice(
    years: Years, before: dict[str, Any], after: dict[str, Any]
) -> None:
    for _ in range(2):
        assert len(change(years, before, after)) == 1
        before = after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"start": "2026-02-20"}, {"start": "2026-05-21"}),
        ({"start": "2026-05-20"}, {"start": "2026-02-20"}),
        (
            {"start": "2026-02-27", "end": "2026-03-02"},
            {"start": "2026-02-27", "end": "2026-03-02", "location": "Yard"},
        ),
        ({"start": "2026-03-01"}, {"start": "2026-03-01", "status": "cancelled"}),
        ({"start": "2026-03-01T10:00"}, {"start": "2026-03-01T10:00", "status": "cancelled"}),
        (
            {"start": "2026-02-04", RULE: "FREQ=WEEKLY"},
            {"start": "2026-02-04", RULE: "FREQ=WEEKLY", "location": "Yard"},
        ),
    ],
)
def test_a_change_of_an_event_with_an_old_or_new_date_to_come_makes_one(
    years: Years, before: dict[str, Any], after: dict[str, Any]
) -> None:
    assert len(change(years, before, after)) == 2


# The number of notices.


def many(number: int, **fields: Any) -> list[Event]:
    """Give events on one day after the other, from 1 April 2026 on."""
    start = datetime(2026, 4, 1, 19)
    return [
        fair(id=f"n{n:02}", title=f"Event {n:02}", start=(start + timedelta(days=n)).isoformat(), **fields)
        for n in range(number)
    ]


def test_a_run_adds_ten_notices_to_a_feed_for_the_nearest_events_and_says_what_is_missing(years: Years) -> None:
    years.run(*many(60))
    for _ in range(2):
        shown = years.run(*many(60, location="Yard"))
        notices = [entry for entry in shown if entry.notice]
        assert sorted(titles(notices)) == [f"New place (Yard): Event {n:02}" for n in range(10)]
        missing, years.problems = years.problems, []
        if _ == 0:
            assert len(missing) == 50
            assert "location: changed, but the feed all has no notice of it: a run adds at most 10" in missing[0]
        else:
            assert missing == []


def test_the_nearest_events_are_those_whose_old_or_new_date_is_next(tmp_path: Any) -> None:
    years = Years(tmp_path, feeds={"max_notices": 2})
    dates = ("2026-03-03", "2026-06-01", "2026-05-01", "2026-04-01")
    years.run(*(fair(id=f"{n}", title=f"{n}", start=start) for n, start in enumerate(dates)))
    moved = ("2027-01-01", "2026-03-02", "2026-05-02", "2026-04-02")
    shown = years.run(*(fair(id=f"{n}", title=f"{n}", start=start) for n, start in enumerate(moved)))
    assert sorted(titles([one for one in shown if one.notice])) == ["Moved to Jan 1, 2027: 0", "Moved to Mar 2: 1"]


def test_a_small_feed_has_the_notices_of_the_nearest_events_and_the_warning_names_its_limit(tmp_path: Any) -> None:
    years = Years(tmp_path, feeds={"limit": 6})
    years.run(*many(9))
    shown = years.run(*many(9, location="Yard"))
    assert sorted(titles([one for one in shown if one.notice])) == [f"New place (Yard): Event {n:02}" for n in range(3)]
    assert len(years.problems) == 6
    assert "at most 3 notices to a feed (before the next large change, raise limit under [feeds]" in years.problems[0]


def test_each_feed_has_its_own_limit_and_keeps_what_was_decided(tmp_path: Any) -> None:
    years = Years(tmp_path, feeds={"max_notices": 2, "formats": ["atom"]})

    def items(**fields: Any) -> list[Event]:
        return [*many(3, tags=["a"], **fields), fair(id="b", title="B", start="2026-06-01", tags=["b"], **fields)]

    years.run(*items())
    for _ in range(3):
        years.run(*items(location="Yard"))
        counts = {
            name: (tmp_path / f"{name}.atom.xml").read_text("utf-8").count("<title>New place (Yard)")
            for name in ("all", "tags/a", "tags/b")
        }
        assert counts == {"all": 2, "tags/a": 2, "tags/b": 1}


def test_a_later_run_adds_notices_of_other_changes_only(years: Years) -> None:
    years.run(*many(12))
    years.run(*many(12, location="Yard"))
    shown = years.run(*many(11, location="Yard"), *many(12, location="Barn")[11:])
    assert len([one for one in shown if one.notice]) == 11
    assert "New place (Barn): Event 11" in titles(shown)
    assert "New place (Yard): Event 10" not in titles(shown)


def test_no_notices_are_made_if_the_limit_is_0(tmp_path: Any) -> None:
    years = Years(tmp_path, feeds={"max_notices": 0})
    years.run(*many(3))
    assert titles(years.run(*many(3, location="Yard"))) == [f"New place: Event {n:02}" for n in range(3)]
    assert years.problems == []


@pytest.mark.parametrize(("limit", "notices"), [(1, 0), (2, 1), (5, 2), (8, 4), (50, 10)])
def test_notices_never_fill_more_than_half_of_a_feed(tmp_path: Any, limit: int, notices: int) -> None:
    years = Years(tmp_path, feeds={"limit": limit})
    news: list[Event | Article] = [article(id=f"a{n}", title=f"News {n}", published="2026-02-01") for n in range(9)]
    years.run(*many(12), *news)
    shown = years.run(*news, *many(12, location="Yard"))
    assert len(shown) == min(limit, 21 + notices)
    assert len([one for one in shown if one.notice]) == notices


def test_the_newest_notices_stay_if_there_are_too_many(tmp_path: Any) -> None:
    years = Years(tmp_path, feeds={"limit": 4})
    for place in ("Hall", "Yard", "Barn", "Shed"):
        years.run(fair(location=place), article())
    assert titles(years.run(article(), fair(location="Shed"))) == [
        "New place (Shed): Fair",
        "New place (Barn): Fair",
        "New place: Fair",
        "New homes",
    ]


# Dates before the change, as readers saw them.


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            {"start": "2026-05-16T19:00", "end": "2026-05-16T21:00"},
            {"start": "2026-05-23"},
            "Saturday, May 23, 2026 (before: Saturday, May 16, 2026, 7:00 – 9:00 PM)",
        ),
        (
            {"start": "2026-05-16T00:30", "end": "2026-05-16T03:00"},
            {"start": "2026-05-23"},
            "Saturday, May 23, 2026 (before: Saturday, May 16, 2026, 12:30 – 3:00 AM)",
        ),
        (
            {"start": "2026-05-16T19:00", "end": "2026-05-16T21:00", "timezone": "America/New_York"},
            {"start": "2026-05-23", "timezone": "America/New_York"},
            "Saturday, May 23, 2026 (before: Saturday, May 16, 2026, 7:00 – 9:00 PM (New York Time))",
        ),
        (
            {"start": "2026-05-16T19:00-04:00"},
            {"start": "2026-05-23"},
            "Saturday, May 23, 2026 (before: Saturday, May 16, 2026, 7:00 PM (GMT-04:00))",
        ),
        (
            {"start": "2026-05-16T19:00"},
            {"start": "2026-05-16", "status": "cancelled"},
            "Saturday, May 16, 2026 (before: Confirmed · Saturday, May 16, 2026, 7:00 PM)",
        ),
        (
            {"start": "2026-05-16T19:00"},
            {"start": "2026-05-16T19:00", "timezone": "America/New_York"},
            "Saturday, May 16, 2026, 7:00 PM (New York Time) (before: Saturday, May 16, 2026, 7:00 PM (Brussels Time))",
        ),
        (
            {"start": "2026-05-16T19:00", "timezone": "America/New_York"},
            {"start": "2026-05-16T19:00"},
            "Saturday, May 16, 2026, 7:00 PM (before: Saturday, May 16, 2026, 7:00 PM (New York Time))",
        ),
        (
            {"start": "2026-05-16T19:00", "timezone": "America/New_York"},
            {"start": "2026-05-17T00:00", "timezone": "Asia/Tokyo"},
            "Sunday, May 17, 2026, 12:00 AM (Tokyo Time) (before: Saturday, May 16, 2026, 7:00 PM (New York Time))",
        ),
        (
            {"start": "2026-05-16", "end": "2026-05-17"},
            {"start": "2026-05-16T10:00"},
            "Saturday, May 16, 2026, 10:00 AM (before: Sat, May 16 – Sun, May 17, 2026)",
        ),
        (
            WEEKLY,
            {"start": "2026-03-25"},
            "Wednesday, March 25, 2026 (before: Next dates: Wed, Mar 18, 2026, 7:00 – 9:00 PM; "
            "Wed, Mar 25, 2026, 7:00 – 9:00 PM; Wed, Apr 1, 2026, 7:00 – 9:00 PM)",
        ),
    ],
)
def test_the_old_date_is_the_one_that_readers_saw(
    years: Years, before: dict[str, Any], after: dict[str, Any], told: str
) -> None:
    shown = change(years, {**before, "location": None}, {**after, "location": None})
    assert [body(entry).partition(": ")[2] for entry in shown] == [told, told]


def test_a_notice_keeps_its_old_date_when_the_zone_of_the_site_changes(years: Years) -> None:
    change(years, {"start": "2026-05-16T19:00Z"}, {"start": "2026-05-23T19:00Z"})
    assert "before: Saturday, May 16, 2026, 9:00 PM" in body(years.shown(fair(start="2026-05-23T19:00Z"))[0])
    years.site = years.site.model_copy(update={"timezone": "America/New_York"})
    notice = years.run(fair(start="2026-05-23T19:00Z"))[0]
    assert "before: Saturday, May 16, 2026, 9:00 PM" in body(notice)


# Changes that are no news.


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"start": "2026-05-06T18:00"}, {"start": "2026-05-06T18:00", "end": "2026-05-06T21:00"}),
        ({"start": "2026-05-06T18:00"}, {"start": "2026-05-06T12:00", "timezone": "America/New_York"}),
        (WEEKLY, {**WEEKLY, RULE: "FREQ=WEEKLY;BYDAY=WE;UNTIL=20260506T170000Z"}),
        (WEEKLY, {**WEEKLY, RULE: "FREQ=WEEKLY;COUNT=10"}),
        (WEEKLY, {**WEEKLY, "timezone": "Europe/Paris"}),
        (
            {"start": "2026-02-02", RULE: "FREQ=WEEKLY"},
            {"start": "2026-03-02", RULE: "FREQ=WEEKLY"},
        ),
        (
            {"start": "2026-02-02", RULE: "FREQ=WEEKLY"},
            {"start": "2026-02-02", RULE: "FREQ=WEEKLY", "except": ["2026-02-09"]},
        ),
        ({"start": "2026-05-06"}, {"start": "2026-05-06", RULE: "FREQ=WEEKLY;COUNT=3"}),
        ({"location": "City Hall, Main St. 1"}, {"location": "City hall - Main St 1"}),
        ({"location": "St John's Hall (Main St)"}, {"location": "St John’s Hall / Main St"}),
        ({"location": 'St John&#8217;s: "Old" Hall'}, {"location": "St John’s | “Old” Hall"}),
        ({"location": "Jean-Jaurès 1-3"}, {"location": "Jean‑Jaurès 1–3"}),
    ],
)
def test_an_event_that_takes_place_as_readers_know_it_makes_no_notice(
    years: Years, before: dict[str, Any], after: dict[str, Any]
) -> None:
    for _ in range(2):
        assert titles(change(years, before, after)) == ["Fair"]
        before = after


def test_a_series_may_start_with_its_next_date_every_week(years: Years) -> None:
    years.now = datetime(2026, 3, 16, tzinfo=UTC)
    for week in range(8):
        start = datetime(2026, 3, 18, 19) + timedelta(weeks=week)
        more = {"end": (start + timedelta(hours=2)).isoformat(), RULE: f"FREQ=WEEKLY;COUNT={8 - week}"}
        assert titles(years.run(fair(start=start.isoformat(), **more))) == ["Fair"]
        years.now += timedelta(weeks=1)


@pytest.mark.parametrize("published", ["2026-02-01", "2026-02-01T10:00", "2026-02-01T10:00+01:00", None])
def test_a_change_of_zone_alone_changes_no_date_of_publication(years: Years, published: str | None) -> None:
    first = years.run(fair(published=published))[-1].published
    for _ in range(2):
        shown = years.run(fair(published=published, timezone="America/New_York"))
        assert shown[-1].published == first
    corrected = years.run(fair(published="2026-02-02", timezone="America/New_York"))[-1].published
    assert corrected.isoformat() == "2026-02-02T00:00:00-05:00"


def test_an_author_who_corrects_the_offset_corrects_the_date_of_publication(years: Years) -> None:
    years.run(fair(published="2026-02-01T10:00+02:00"))
    shown = years.run(fair(published="2026-02-01T10:00+01:00"))
    assert shown[-1].published == datetime(2026, 2, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("facts", "now"),
    [
        (["2026-05-06T16:00:00+00:00", None, "Hall", "confirmed"], {}),
        (["2026-05-06", "2026-05-08", None, "cancelled"], {"start": "2026-05-06", "end": "2026-05-08"}),
        (["2026-05-06T22:00:00+00:00", None, "Hall", "confirmed"], {"start": "2026-05-06T18:00-04:00"}),
        (["2026-03-18T18:00:00+00:00", "2026-03-18T20:00:00+00:00", "Hall", "confirmed"], WEEKLY),
        (
            ["2026-03-18T18:00:00+00:00", "2026-03-18T20:00:00+00:00", "Hall", "confirmed"],
            {**WEEKLY, "except": ["2026-04-01"]},
        ),
        (
            ["2026-02-25T18:00:00+00:00", "2026-02-25T20:00:00+00:00", "Hall", "confirmed"],
            {**WEEKLY, "start": "2026-03-04T19:00", "end": "2026-03-04T21:00"},
        ),
    ],
)
def test_facts_of_an_earlier_version_are_compared_in_their_form(
    years: Years, facts: list[str | None], now: dict[str, Any]
) -> None:
    fields = {**now, "location": facts[2], "status": facts[3]}
    years.run(fair(**fields))
    name, known = "tag:example.org,2026:item/fair", years.state.find_item("tag:example.org,2026:item/fair")
    assert known
    made = record_change(known, known._replace(snapshot=json.dumps(facts)), int(years.now.timestamp()))
    assert made.changes is None, name
    assert (made.snapshot_changed is None) == (facts[0] != "2026-02-25T18:00:00+00:00")


def test_a_change_after_an_upgrade_is_told_with_the_old_date(years: Years) -> None:
    years.run(fair(start="2026-05-23"))
    before = years.state.find_item("tag:example.org,2026:item/fair")
    assert before
    old = '["2026-05-16T17:00:00+00:00","2026-05-16T19:00:00+00:00","Hall","confirmed"]'
    found = json.loads(record_change(before, before._replace(snapshot=old), int(FIRST.timestamp())).changes or "")
    assert [one[2] for one in found] == ["start"]


def test_the_changes_of_an_earlier_version_make_the_same_notices(years: Years) -> None:
    event = fair(start="2026-05-10T18:00")
    years.run(event)
    facts = [[start, None, "Hall", "confirmed"] for start in ("2026-05-06T16:00:00+00:00", "2026-05-10T16:00:00+00:00")]
    name, stored = "tag:example.org,2026:item/fair", json.dumps([[int(FIRST.timestamp()), 1, "start", *facts]])
    years.state.begin(int(years.now.timestamp()))
    known = years.state.find_item(name)
    assert known
    years.state.note_item(name, known._replace(changes=stored))
    years.state.commit(400)
    years.state.close()
    [notice] = [one for one in years.run(event) if one.notice]
    assert titles([notice]) == ["Moved to May 10: Fair"]
    assert body(notice).endswith("6:00 PM · Hall (before: Wednesday, May 6, 2026, 6:00 PM)")


# Single dates of a series.


def test_a_cancelled_date_of_a_series_makes_one_notice_and_stays_in_the_calendar(years: Years) -> None:
    years.run(fair(**WEEKLY))
    for _ in range(2):
        notice, own = years.run(fair(**WEEKLY, **{"except": ["2026-03-25"]}))
        assert titles([notice, own]) == ["Cancelled (Mar 25): Fair", "Fair"]
        assert body(notice) == "Cancelled: Wed, Mar 25, 2026, 7:00 – 9:00 PM · Hall"
        assert body(own).endswith("Hall (Cancelled: Wed, Mar 25, 2026, 7:00 – 9:00 PM)")
        lines = calendar(years)
        assert "RECURRENCE-ID;TZID=Europe/Brussels:20260325T190000" in lines
        assert lines.count("UID:tag:example.org\\,2026:item/fair") == 2
        assert [line for line in lines if line.startswith(("SUMMARY", "STATUS", "EXDATE"))] == [
            "SUMMARY:Fair",
            "SUMMARY:Cancelled: Fair",
            "STATUS:CANCELLED",
        ]


def test_an_exception_that_was_always_one_is_no_cancelled_date(years: Years) -> None:
    exception = {**WEEKLY, "except": ["2026-03-25"]}
    assert titles(change(years, exception, {**exception, "title": "Fair!"})) == ["Fair!"]
    assert "EXDATE;TZID=Europe/Brussels:20260325T190000" in calendar(years)


@pytest.mark.parametrize(
    ("before", "after", "notice"),
    [
        ({}, {"except": ["2026-03-25", "2026-04-08"]}, "Cancelled (Mar 25; Apr 8): Fair"),
        ({"except": ["2026-03-25"]}, {"except": ["2026-03-25", "2026-04-08"]}, "Cancelled (Apr 8): Fair"),
        ({"except": ["2026-03-25"]}, {}, "Confirmed (Mar 25): Fair"),
        ({}, {RULE: "FREQ=WEEKLY;COUNT=6"}, "Cancelled (Apr 29; May 6): Fair"),
        ({}, {RULE: "FREQ=WEEKLY;COUNT=2"}, "Cancelled (Apr 1; Apr 8; Apr 15; …): Fair"),
        ({}, {"start": "2026-03-25T19:00", "end": "2026-03-25T21:00"}, "Cancelled (Mar 18): Fair"),
        (
            {},
            {"start": "2026-04-01T19:00", "end": "2026-04-01T21:00", RULE: None},
            "Cancelled (Mar 18; Mar 25; Apr 8; …): Fair",
        ),
        ({}, {RULE: "FREQ=WEEKLY;BYDAY=WE,TH;COUNT=8"}, "Moved (Mar 18): Fair"),
        ({}, {"start": "2026-03-19T19:00", "end": "2026-03-19T21:00"}, "Moved to Mar 19: Fair"),
        ({}, {"start": "2026-03-18T20:00", "end": "2026-03-18T22:00"}, "Moved to Mar 18, 8:00 PM: Fair"),
        ({}, {"end": "2026-03-18T22:00"}, "Moved (Mar 18): Fair"),
        ({}, {"status": "cancelled"}, "Cancelled (Mar 18; Mar 25; Apr 1; …): Fair"),
        ({}, {"except": ["2026-03-25"], "location": "Yard"}, "Cancelled (Mar 25): Fair"),
    ],
)
def test_a_change_of_a_series_is_one_notice(
    years: Years, before: dict[str, Any], after: dict[str, Any], notice: str
) -> None:
    assert titles(change(years, WEEKLY | before, WEEKLY | after))[0] == notice
    assert titles(years.run(fair(**(WEEKLY | after))))[0] == notice


def test_a_date_that_has_begun_is_not_cancelled_by_a_later_start(years: Years) -> None:
    years.now = datetime(2026, 3, 18, 18, 30, tzinfo=UTC)
    later = {**WEEKLY, "start": "2026-03-25T19:00", "end": "2026-03-25T21:00"}
    assert titles(change(years, WEEKLY, later)) == ["Fair"]


@pytest.mark.parametrize(("day", "told"), [(17, "Cancelled (Mar 18): Fair"), (18, "Fair")])
def test_a_whole_day_has_begun_at_midnight_in_the_zone_of_the_event(years: Years, day: int, told: str) -> None:
    first = {"start": "2026-03-18", RULE: "FREQ=WEEKLY", "timezone": "Pacific/Auckland"}
    years.run(fair(**first))
    years.now = datetime(2026, 3, day, 9, tzinfo=ZoneInfo("Pacific/Auckland"))
    assert titles(years.run(fair(**(first | {"start": "2026-03-25"}))))[0] == told


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Room 1.1", "Room 11"),
        ("Level -1", "Level 1"),
        ("Building C", "Building C++"),
        ("किला", "कला"),
        ("🏛", "🎪"),
        ("1/2", "12"),
        ("C#", "C"),
    ],
)
def test_another_place_with_similar_letters_makes_a_notice(years: Years, before: str, after: str) -> None:
    assert titles(change(years, {"location": before}, {"location": after}))[0] == f"New place ({after}): Fair"


def test_a_place_with_a_reference_of_thousands_of_digits_is_another_place(years: Years) -> None:
    after = f"Hall &#{'1' * 5000};"
    assert titles(change(years, {"location": "Hall"}, {"location": after}))[0].startswith("New place (Hall &#111")


def test_a_new_spelling_of_a_place_is_not_told_beside_a_new_date(years: Years) -> None:
    notice, _ = change(
        years,
        {"start": "2026-05-06", "location": "City Hall, Main St. 1"},
        {"start": "2026-05-07", "location": "City hall - Main St 1"},
    )
    assert body(notice).endswith("(before: Wednesday, May 6, 2026)")


def test_a_new_rule_is_told_with_the_next_dates(years: Years) -> None:
    notice, own = change(
        years, {"start": "2026-03-18", RULE: "FREQ=WEEKLY"}, {"start": "2026-03-18", RULE: "FREQ=DAILY"}
    )
    assert titles([own]) == ["Moved: Fair"]
    told = "Next dates: Wed, Mar 18, 2026; Thu, Mar 19, 2026; Fri, Mar 20, 2026 · Hall "
    told += "(before: Next dates: Wed, Mar 18, 2026; Wed, Mar 25, 2026; Wed, Apr 1, 2026)"
    assert body(notice) == body(own) == f"Moved: {told}"


def test_a_date_that_is_over_is_not_cancelled(years: Years) -> None:
    years.now = datetime(2026, 4, 2, tzinfo=UTC)
    shown = change(years, WEEKLY, {**WEEKLY, "except": ["2026-03-25", "2026-04-08"]})
    assert titles(shown)[0] == "Cancelled (Apr 8): Fair"
    assert "EXDATE;TZID=Europe/Brussels:20260325T190000" in calendar(years)


def test_a_date_is_cancelled_confirmed_and_cancelled_again(years: Years) -> None:
    years.run(fair(**WEEKLY))
    for exceptions in (["2026-03-25"], [], ["2026-03-25"]):
        shown = years.run(fair(**WEEKLY, **{"except": exceptions}))
        assert ("RECURRENCE-ID;TZID=Europe/Brussels:20260325T190000" in calendar(years)) == bool(exceptions)
    told = [one for one in shown if one.notice]
    assert titles(told) == ["Cancelled (Mar 25): Fair", "Confirmed (Mar 25): Fair", "Cancelled (Mar 25): Fair"]
    assert len({one.id for one in told}) == 3


def test_a_cancelled_day_stays_cancelled_when_the_series_gets_another_time(years: Years) -> None:
    years.run(fair(**WEEKLY))
    years.run(fair(**WEEKLY, **{"except": ["2026-03-25"]}))
    later = {**WEEKLY, "start": "2026-03-18T20:00", "end": "2026-03-18T22:00", "except": ["2026-03-25"]}
    assert titles(years.run(fair(**later)))[0] == "Moved to Mar 18, 8:00 PM: Fair"
    assert "RECURRENCE-ID;TZID=Europe/Brussels:20260325T200000" in calendar(years)


def test_a_cancelled_day_of_a_series_without_times_is_a_date_in_the_calendar(tmp_path: Any) -> None:
    years = Years(tmp_path, feeds={"formats": ["atom", "ics"], "cancelled_events": "confirmed"})
    days = {"start": "2026-03-18", "end": "2026-03-19", RULE: "FREQ=WEEKLY;COUNT=3"}
    notice, _ = change(years, days, {**days, "except": ["2026-03-25"]})
    assert body(notice) == "Cancelled: Wed, Mar 25 – Thu, Mar 26, 2026 · Hall"
    lines = calendar(years)
    assert {"RECURRENCE-ID;VALUE=DATE:20260325", "SUMMARY:Cancelled: Fair", "STATUS:CONFIRMED"} <= {*lines}
    assert "DTEND;VALUE=DATE:20260327" in lines


# SEQUENCE.


def test_sequence_never_decreases(years: Years) -> None:
    numbers = []
    for fields in (
        {"updated": "2026-03-01T11:00:00Z"},
        {"updated": "2026-03-01T10:00:00Z"},
        {"updated": "2026-03-01T10:00:00Z", "timezone": "Asia/Tokyo"},
        {"updated": None},
        {"updated": "2026-03-01T08:00:00Z", "status": "cancelled"},
        {"updated": "2026-03-01T08:00:00Z", "published": "2026-03-01T16:00:00Z"},
        {"updated": "2030-01-01"},
        {},
    ):
        own = years.run(fair(**{"published": "2026-02-01", **fields}))[-1]
        assert own.event
        numbers.append(own.event.sequence)
    assert numbers == sorted(numbers)


def test_a_memory_without_facts_makes_no_notice() -> None:
    known = ItemMemory("2026-03-01T00:00:00+00:00", b"x", snapshot='["2026-05-06",null,null,"confirmed","UTC",null,[]]')
    assert record_change(known, known._replace(snapshot=None), 0).changes is None
