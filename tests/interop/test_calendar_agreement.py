"""Feed, calendar and file say the same of an event as its item, on any machine, and go together."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import islice
from pathlib import Path
from typing import Any

import feedparser
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from lxml import etree

from support import EVENTS, command, event, site
from support.calendars import MOST, Appointment, by_icalendar, moment
from support.occurrences import end, near, starts, there
from topicfeeds import Event, Feed, publish, render, select
from topicfeeds.formats import event_path, render_event
from topicfeeds.formats.render_cache import RenderCache
from topicfeeds.state.store import State

BOTH = {"formats": ["atom", "rss", "ics"]}
CITY = site(timezone="Europe/Brussels", feeds=BOTH)
EV = "{http://purl.org/rss/1.0/modules/event/}"
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
KEYS = (
    *(
        "Africa/Casablanca",
        "America/New_York",
        "America/Sao_Paulo",
        "Antarctica/Troll",
        "Asia/Kolkata",
        "Asia/Pyongyang",
    ),
    *("Australia/Lord_Howe", "Europe/Amsterdam", "Europe/Brussels", "Europe/Dublin", "Pacific/Apia", "UTC"),
)
RULES = ("FREQ=DAILY;COUNT=40", "FREQ=WEEKLY;COUNT=60", "FREQ=MONTHLY;COUNT=20", "FREQ=YEARLY;INTERVAL=2")

whole_seconds = st.one_of(
    st.datetimes(datetime(1970, 1, 1), datetime(2066, 1, 1)), st.datetimes(datetime(1000, 1, 2), datetime(9997, 1, 1))
).map(lambda one: one.replace(microsecond=0))
offsets = st.integers(-14 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
lengths = st.timedeltas(timedelta(), timedelta(days=9)).map(
    lambda length: timedelta(seconds=length // timedelta(seconds=1))
)


@st.composite
def events(draw: st.DrawFn) -> Event:
    """Make an event of days, of times by the clock, or of times with offsets; with an end, or without."""
    fields: dict[str, Any] = {"timezone": draw(st.none() | st.sampled_from(KEYS))}
    fields["status"] = draw(st.sampled_from([None, "confirmed", "tentative", "cancelled", "postponed"]))
    start: date = draw(whole_seconds)
    over: date = start + draw(lengths)
    kind = draw(st.sampled_from(["day", "clock", "offset", "series"]))
    if kind == "day":
        start, over = date(*start.timetuple()[:3]), date(*over.timetuple()[:3])
    elif kind == "offset" and isinstance(start, datetime) and isinstance(over, datetime):
        zone, there = draw(offsets), draw(offsets)
        start, over = start.replace(tzinfo=zone), over.replace(tzinfo=zone).astimezone(there)
    elif kind == "series" and isinstance(start, datetime):
        start = start.replace(year=2015 + start.year % 20, day=min(start.day, 28), hour=9 + start.hour % 12)
        over = start + timedelta(hours=1)
        fields["recurrence"] = draw(st.sampled_from(RULES))
    return event(start=start, end=draw(st.none() | st.just(over)), **fields)


def feed_of(item: Event) -> Feed:
    """Select the feed of an event; none of one that falls into a gap."""
    feed = select(CITY, [item], problems=[])["all"]
    assume(feed.entries)
    return feed


def moments(feed: Feed, name: str) -> list[date]:
    """Give what a feed tells machines of the times of its event."""
    document = etree.fromstring(render(feed, name))
    texts = [document.findtext(f".//{EV}{which}date") for which in ("start", "end")]
    return [datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text) for text in texts if text]


def same(said: date, meant: date) -> bool:
    """Compare moments; feeds need offsets of whole minutes: an old one loses its seconds, and the clock stays."""
    if isinstance(said, datetime) and isinstance(meant, datetime):
        return timedelta() <= said - meant < timedelta(minutes=1)
    return said == meant


@given(item=events())
def test_feed_calendar_and_item_agree_on_the_moments(item: Event) -> None:
    feed = feed_of(item)
    [found] = [one for one in by_icalendar(render(feed, "ics")) if isinstance(one, Appointment)]
    expected = near([moment(one) for one in islice(starts(item, CITY), MOST)])
    assert (found.end, near(list(found.starts))) == (end(item, CITY), expected)
    assert list(by_icalendar(render_event(feed.entries[0], feed, RenderCache()))) == [found]
    meant = [there(one, item, CITY) for one in (item.start, item.end) if one]
    for name in ("atom", "rss"):
        assert [same(*pair) for pair in zip(moments(feed, name), meant, strict=True)] == [True] * len(meant)


@contextmanager
def machine_in(zone: str) -> Iterator[None]:
    """Be on a machine of another time zone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        yield
    time.tzset()


@given(item=events(), zone=st.sampled_from(["Asia/Kolkata", "Pacific/Apia", "America/St_Johns", ":/nowhere"]))
def test_the_bytes_are_the_same_in_any_zone_of_the_machine(item: Event, zone: str) -> None:
    def written() -> list[bytes]:
        feed = feed_of(item)
        return [
            *(render(feed, name) for name in ("atom", "rss", "ics")),
            render_event(feed.entries[0], feed, RenderCache()),
        ]

    here = written()
    with machine_in(zone):
        assert written() == here


@pytest.mark.parametrize("case", EVENTS, ids=lambda case: case.name)
def test_the_command_writes_the_same_bytes_in_any_zone_of_the_machine(case: Path, tmp_path: Path) -> None:
    found = []
    for name, zone in (("west", "America/St_Johns"), ("east", "Pacific/Kiritimati")):
        options = (
            "--site",
            case / "topicfeeds.toml",
            "--output",
            tmp_path / name,
            "--state",
            tmp_path / f"{name}.state",
        )
        run = command("build", *options, cwd=tmp_path, env={"TZ": zone, "SOURCE_DATE_EPOCH": "1780000000"})
        assert run.code == 0, run.err
        files = sorted(path for path in (tmp_path / name).rglob("*.*") if path.is_file())
        found.append([(path.relative_to(tmp_path / name), path.read_bytes()) for path in files])
    assert found[0] == found[1]


# --- Feeds and the files of their events ------------------------------------------------------------------


def test_a_feed_names_the_file_of_an_event_with_its_size(tmp_path: Path) -> None:
    items = [
        event(id=name, start="2026-05-06T18:00", title=f"Fair {name}", topics=["é"], location="市役所")
        for name in ("a;b,c\\d", "é/ü?#", "https://www.example.org/events/1")
    ]
    publish(CITY, items, tmp_path)
    [topic] = {path.stem.partition(".")[0] for path in (tmp_path / "topics").iterdir()}
    for name in ("all.atom.xml", "all.rss.xml", f"topics/{topic}.atom.xml", f"topics/{topic}.rss.xml"):
        found = feedparser.parse((tmp_path / name).read_bytes()).entries
        assert len(found) == 3
        for entry in found:
            [file] = entry.enclosures
            content = (tmp_path / file.href.removeprefix("https://www.example.org/")).read_bytes()
            assert (file.type, int(file.length)) == ("text/calendar", len(content))
            assert [one.uid for one in by_icalendar(content) if isinstance(one, Appointment)] == [entry.id]
            [text] = entry.get("content") or [entry.summary_detail]
            assert f'<a href="{file.href}">Calendar file</a>' in text.value


def test_the_file_of_an_event_is_removed_when_the_event_is_gone(tmp_path: Path) -> None:
    state, both = State(), [event(id="a"), event(id="b")]
    for now, items, names in (
        (NOW, both, {"a", "b"}),
        (NOW + timedelta(days=1), both[:1], {"a"}),
        (NOW + timedelta(days=31), both[:1], {"a"}),
    ):
        publish(CITY, items, tmp_path, state=state, now=now)
        uids = [
            line
            for file in (tmp_path / "events").iterdir()
            for line in file.read_text().splitlines()
            if line[:4] == "UID:"
        ]
        assert {line[-1] for line in uids} == names
    assert (tmp_path / "all.ics").read_text().count("BEGIN:VEVENT") == 1


def test_a_calendar_goes_with_its_last_event(tmp_path: Path) -> None:
    state = State()
    publish(CITY, [event(topics=["x"])], tmp_path, state=state, now=NOW)
    gone = publish(CITY, [event(topics=["y"])], tmp_path, state=state, now=NOW + timedelta(hours=1))
    assert "topics/y.ics" in gone.written
    late = publish(CITY, [event(topics=["y"])], tmp_path, state=state, now=NOW + timedelta(days=31))
    assert set(late.removed) == {"topics/x.atom.xml", "topics/x.rss.xml", "topics/x.ics"}


def test_an_edit_leaves_the_files_of_other_events_alone(tmp_path: Path) -> None:
    state, items = State(), [event(id="a"), event(id="b")]
    publish(CITY, items, tmp_path, state=state, now=NOW)
    edited = [items[0], event(id="b", title="Other")]
    changes = publish(CITY, edited, tmp_path, state=state, now=NOW + timedelta(hours=1))
    file = event_path(select(CITY, edited[1:])["all"].entries[0].id)
    assert sorted(changes.written) == ["all.atom.xml", "all.ics", "all.rss.xml", file]
