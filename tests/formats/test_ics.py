"""What is in a calendar, line by line, and in which calendars an event is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import feedparser
import pytest

from support import article, event, schedule_of, site
from topicfeeds import Article, Event, Feed, publish, render, select
from topicfeeds.formats import event_path
from topicfeeds.run.calls import build
from topicfeeds.state.store import State

BOTH = {"formats": ["atom", "rss", "ics"]}
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TIMED = {"start": "2026-05-06T18:00"}


def feed_of(*items: Event | Article, name: str = "all", now: datetime | None = None, **feeds: Any) -> Feed:
    return select(site(timezone="Europe/Brussels", feeds=BOTH | feeds), items, now=now)[name]


def lines(content: bytes) -> list[str]:
    return content.decode().replace("\r\n ", "").split("\r\n")


def told(*names: str, **fields: Any) -> list[str]:
    """Give the lines of an event that have one of these names."""
    [*_, body] = render(feed_of(event(**fields)), "ics").partition(b"BEGIN:VEVENT")
    return [line for line in lines(body) if line.partition(":")[0].partition(";")[0] in names]


def uids(feed: Feed) -> list[str]:
    return [line.rpartition("/")[2] for line in lines(render(feed, "ics")) if line.startswith("UID:")]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"start": "2026-05-06"}, ["DTSTART;VALUE=DATE:20260506", "DTEND;VALUE=DATE:20260507"]),
        ({"start": "2026-05-06", "end": "2026-05-08"}, ["DTSTART;VALUE=DATE:20260506", "DTEND;VALUE=DATE:20260509"]),
        (TIMED, ["DTSTART;TZID=Europe/Brussels:20260506T180000"]),
        (TIMED | {"end": "2026-05-06T18:00"}, ["DTSTART;TZID=Europe/Brussels:20260506T180000"]),
        (TIMED | {"timezone": "UTC"}, ["DTSTART:20260506T180000Z"]),
        (TIMED | {"timezone": "Zulu"}, ["DTSTART:20260506T180000Z"]),
        ({"start": "2026-05-06T18:00Z"}, ["DTSTART;TZID=Europe/Brussels:20260506T200000"]),
        ({"start": "2026-05-06T18:00-05:00"}, ["DTSTART:20260506T230000Z"]),
        (
            TIMED | {"end": "2026-10-25T02:30"},
            ["DTSTART;TZID=Europe/Brussels:20260506T180000", "DTEND:20261025T003000Z"],
        ),
        ({"start": "2026-10-25T02:30"}, ["DTSTART:20261025T003000Z"]),
        ({"start": "2026-10-25T02:30+01:00"}, ["DTSTART:20261025T013000Z"]),
        (
            {"start": "2026-10-25T02:50+02:00", "end": "2026-10-25T02:10+01:00"},
            ["DTSTART:20261025T005000Z", "DTEND:20261025T011000Z"],
        ),
        ({"start": "1890-05-06T18:00"}, ["DTSTART:18900506T174230Z"]),
        ({"start": "2100-05-06T18:00"}, ["DTSTART:21000506T160000Z"]),
        (
            TIMED | {"recurrence": "FREQ=DAILY;COUNT=9", "except": ["2026-05-07", "2026-05-08T18:00"]},
            [
                "DTSTART;TZID=Europe/Brussels:20260506T180000",
                "RRULE:FREQ=DAILY;COUNT=9",
                "EXDATE;TZID=Europe/Brussels:20260507T180000",
                "EXDATE;TZID=Europe/Brussels:20260508T180000",
            ],
        ),
        (
            {"start": "2026-05-06", "recurrence": "FREQ=DAILY;UNTIL=20260510", "except": ["2026-05-07"]},
            [
                "DTSTART;VALUE=DATE:20260506",
                "DTEND;VALUE=DATE:20260507",
                "RRULE:FREQ=DAILY;UNTIL=20260510",
                "EXDATE;VALUE=DATE:20260507",
            ],
        ),
    ],
)
def test_times_are_written_so_that_no_reader_can_mistake_them(fields: dict[str, Any], expected: list[str]) -> None:
    assert told("DTSTART", "DTEND", "RRULE", "EXDATE", **fields) == expected


def test_within_a_zone_moments_count_and_not_the_clock() -> None:
    brussels = ZoneInfo("Europe/Brussels")
    first, second = (datetime(2026, 10, 25, 2, 30, tzinfo=brussels, fold=fold) for fold in (0, 1))
    assert event(start=first + timedelta(minutes=9), end=second).end == second
    with pytest.raises(ValueError, match="is before start"):
        event(start=second, end=first + timedelta(minutes=9))
    night = event(start=datetime(2026, 10, 24, 22, tzinfo=brussels), end=datetime(2026, 10, 25, 6, tzinfo=brussels))
    assert schedule_of(night, NOW, calendar_days_back=0).until == datetime(2026, 10, 25, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (None, ["SUMMARY:Fair"]),
        ("confirmed", ["SUMMARY:Fair", "STATUS:CONFIRMED"]),
        ("tentative", ["SUMMARY:Fair", "STATUS:TENTATIVE"]),
        ("postponed", ["SUMMARY:Postponed: Fair", "STATUS:TENTATIVE"]),
        ("cancelled", ["SUMMARY:Cancelled: Fair", "STATUS:CANCELLED"]),
    ],
)
def test_the_status_is_written_if_there_is_one(status: str | None, expected: list[str]) -> None:
    assert sorted(told("SUMMARY", "STATUS", status=status), reverse=True) == expected


def test_what_is_cancelled_may_stay_in_sight() -> None:
    feed = feed_of(event(status="cancelled"), cancelled_events="confirmed")
    assert {"SUMMARY:Cancelled: Fair", "STATUS:CONFIRMED"} <= set(lines(render(feed, "ics")))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"organizer": "City; of Ghent"}, ["CONTACT:City\\; of Ghent"]),
        ({"organizer": {"name": 'A "B"', "email": "a@example.org"}}, ["ORGANIZER;CN=\"A ^'B^'\":mailto:a@example.org"]),
        ({"organizer": {"name": "A", "url": "https://a.example/"}}, ["ORGANIZER;CN=A:https://a.example/"]),
        ({"location": "Hall, 1\\2"}, ["LOCATION:Hall\\, 1\\\\2"]),
        (
            {"location": {"name": "Hall", "address": "Street 1", "latitude": 1e-7, "longitude": -3.7174243}},
            ["GEO:0;-3.717424", "LOCATION:Hall\\, Street 1"],
        ),
        ({"location": {"name": "Hall", "latitude": 51}}, ["LOCATION:Hall"]),
        ({"tags": ["a,b", "c;d"], "topics": ["e"]}, ["CATEGORIES:e,a\\,b,c\\;d"]),
        ({"link": "https://www.example.org/a?b=1,2;c"}, ["URL:https://www.example.org/a?b=1,2;c"]),
        ({"link": "https://www.example.org/é"}, ["URL:https://www.example.org/%C3%A9"]),
        ({"content": "<p>C:\\New</p>\r\n<p>Café &amp; cake</p>"}, ["DESCRIPTION:C:\\\\New\\n\\nCafé & cake"]),
        ({"summary": "a\rb\r\nc\nd"}, ["DESCRIPTION:a\\nb\\nc\\nd"]),
        ({}, ["URL:https://www.example.org/"]),
    ],
)
def test_texts_are_written_as_they_are(fields: dict[str, Any], expected: list[str]) -> None:
    names = {line.partition(":")[0].partition(";")[0] for line in expected}
    assert sorted(told(*names, **fields)) == expected


def test_the_head_names_the_calendar_and_where_it_is() -> None:
    items = [event(topics=["housing"])]
    head = select(site(title="C:\\New; x", description="a\nb", feeds=BOTH), items)
    found = lines(render(head["all"], "ics").partition(b"\r\nBEGIN:VEVENT")[0])
    assert sorted(found) == [
        "BEGIN:VCALENDAR",
        "DESCRIPTION:a\\nb",
        "NAME:C:\\\\New\\; x",
        "PRODID:-//topicfeeds//topicfeeds//EN",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "SOURCE;VALUE=URI:https://www.example.org/all.ics",
        "URL:https://www.example.org/",
        "VERSION:2.0",
        "X-PUBLISHED-TTL:PT1H",
        "X-WR-CALNAME:C:\\\\New\\; x",
    ]
    assert "NAME:Housing - C:\\\\New\\; x" in lines(render(head["topics/housing"], "ics"))


def test_an_event_is_dated_and_numbered_by_its_item_and_not_by_a_clock() -> None:
    fields: dict[str, Any] = {"published": "2026-03-01T10:00Z", "updated": "2026-03-01T10:20Z"}
    assert told("CREATED", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE", **fields) == [
        "DTSTAMP:20260301T102000Z",
        "SEQUENCE:825675600",
        "CREATED:20260301T100000Z",
        "LAST-MODIFIED:20260301T102000Z",
    ]


def test_every_change_makes_the_sequence_grow_and_none_leaves_it(tmp_path: Path) -> None:
    state, found = State(), []
    for hour, fields in enumerate([{}, {"title": "Fair!"}, {"start": "2026-05-02"}, {"start": "2026-05-02"}, {}]):
        given = {"title": "Fair!"} | fields if hour else fields
        now = NOW + timedelta(hours=hour)
        publish(site(feeds=BOTH), [event(published=None, **given)], tmp_path, state=state, now=now)
        found.append(
            [line for line in lines((tmp_path / "all.ics").read_bytes()) if line[:8] in ("SEQUENCE", "DTSTAMP:")]
        )
    first = int((NOW - datetime(2000, 1, 1, tzinfo=UTC)).total_seconds())
    hours = [(0, 0), *((n, first + 3600 * n) for n in (1, 2, 2, 4))]
    assert found == [[f"DTSTAMP:20260320T1{2 + n}0000Z", f"SEQUENCE:{number}"] for n, number in hours]


def test_a_corrected_announcement_takes_no_number_back(tmp_path: Path) -> None:
    state, found = State(), []
    for hour, announced in enumerate(("2026-03-01", "2026-03-19", "2026-03-01")):
        now = NOW + timedelta(hours=hour)
        publish(site(feeds=BOTH), [event(published=announced)], tmp_path, state=state, now=now)
        found += [int(line[9:]) for line in lines((tmp_path / "all.ics").read_bytes()) if line[:9] == "SEQUENCE:"]
    assert found == sorted(set(found))
    assert len(found) == 3


# --- In which calendars -------------------------------------------------------------------------------


def test_a_feed_without_events_has_no_calendar_and_no_link_to_one() -> None:
    items = [article(topics=["housing"]), event(topics=["culture"])]
    feeds = select(site(feeds=BOTH), items)
    paths = {document.path for document in build(site(feeds=BOTH), items)}
    assert {path for path in paths if path.endswith(".ics")} == {
        "all.ics",
        "topics/culture.ics",
        event_path(feeds["topics/culture"].entries[0].id),
    }
    for name in ("atom", "rss"):
        assert b".ics" not in render(feeds["topics/housing"], name)
        link = b'href="https://www.example.org/topics/culture.ics" rel="alternate" type="text/calendar"'
        assert link in render(feeds["topics/culture"], name)


def test_without_the_format_nothing_is_said_of_calendars() -> None:
    plain = site(feeds={"formats": ["atom", "rss"]})
    documents = list(build(plain, [event()]))
    assert {document.path for document in documents} == {"all.atom.xml", "all.rss.xml"}
    assert all(b".ics" not in document.render() for document in documents)


def test_a_calendar_holds_every_event_and_the_feed_the_newest() -> None:
    items = [event(id=f"{n:03}", start=date(2026, 5, 1) + n * DAY, topics=["housing"], tags=["x"]) for n in range(120)]
    for name in ("all", "topics/housing", "tags/x"):
        feed = feed_of(*items, name=name)
        assert len(feed.entries) == 50
        assert uids(feed) == [item.id for item in items]
    assert sum(document.path.startswith("events/") for document in build(site(feeds=BOTH), items)) == 120


def test_a_notice_is_in_no_calendar_and_has_no_file(tmp_path: Path) -> None:
    state = State()
    for hour, start in enumerate(["2026-05-01", "2026-05-02", "2026-05-03"]):
        items = [event(published=None, start=start)]
        publish(site(feeds=BOTH), items, tmp_path, state=state, now=NOW + timedelta(hours=hour))
    found = feedparser.parse((tmp_path / "all.atom.xml").read_bytes()).entries
    assert [entry.title for entry in found] == ["Moved to May 3: Fair", "Moved to May 2: Fair", "Moved: Fair"]
    assert [len(entry.enclosures) for entry in found] == [0, 0, 1]
    assert (tmp_path / "all.ics").read_bytes().count(b"BEGIN:VEVENT") == 1
    assert len(list((tmp_path / "events").iterdir())) == 1


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ["old", "past", "on", "series", "soon", "far"]),
        ({"calendar_days_back": 10}, ["past", "on", "series", "soon", "far"]),
        ({"calendar_days_back": 0}, ["on", "series", "soon", "far"]),
        ({"calendar_days_ahead": 10}, ["old", "past", "on", "series", "soon"]),
        ({"calendar_days_back": 0, "calendar_days_ahead": 0}, ["on", "series"]),
    ],
)
def test_a_window_leaves_out_what_is_over_and_what_is_far(settings: dict[str, Any], expected: list[str]) -> None:
    items = [
        event(id="old", start=NOW - 20 * DAY, end=NOW - 19 * DAY),
        event(id="past", start=NOW - 6 * DAY, end=NOW - 5 * DAY),
        event(id="on", start=NOW - 2 * DAY, end=NOW + DAY),
        event(id="series", start=NOW - DAY, recurrence="FREQ=WEEKLY"),
        event(id="soon", start=NOW + 2 * DAY),
        event(id="far", start=NOW + 20 * DAY),
    ]
    assert uids(feed_of(*items, now=NOW, **settings)) == expected
    assert uids(feed_of(*items, **settings)) == [item.id for item in items]
    assert len(feed_of(*items, now=NOW, **settings).entries) == len(items)
