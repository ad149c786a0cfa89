"""Calendars are right by everybody's book: four libraries find no fault, and in them the moments of the items.

Every folder in corpus/events is a case: a site and its events. To add one, write `topicfeeds.toml` and items.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from dateutil.rrule import rrulestr
from icalendar import Calendar

from support import CASES, EVENTS, EXAMPLE, event, site
from support.calendars import NAMES, Reading, ask
from support.occurrences import expected, near, written
from topicfeeds import render, select

# What a reader takes otherwise than RFC 5545, by the end of the event's id.
OTHERWISE = {
    "ical.js": {
        "leap-years": "counts on from 29 February as from 1 March",
        "week-20": "counts weeks with BYDAY wrong",
        "fold": "takes the second of two times that the clock shows (3.3.5: the first)",
    },
    "libical": {
        "fold": "takes the second of two times that the clock shows",
        "millennium": "is a day off in the year 1000",
    },
}
CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\ufeff]")
by_every_reader = pytest.mark.parametrize("reader", NAMES)
of_every_case = pytest.mark.parametrize("case", EVENTS, ids=lambda case: case.name)


class Shelf:
    """The calendars of all cases as files, and what readers say of them, each asked once."""

    def __init__(self, folder: Path) -> None:
        self.files = {case: list(written(case, folder)) for case in (*EVENTS, *CASES, EXAMPLE)}
        self.readings = cache(lambda reader: ask(reader, [file for files in self.files.values() for file in files]))

    def read(self, reader: str, case: Path) -> dict[Path, Reading]:
        """Give what a reader says of the files of a case."""
        said = self.readings(reader)
        return {file: said[file] for file in self.files[case]}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("calendars"))


@by_every_reader
@pytest.mark.parametrize("case", [*EVENTS, *CASES, EXAMPLE], ids=lambda case: case.name)
def test_no_reader_finds_a_fault(shelf: Shelf, reader: str, case: Path) -> None:
    for file, reading in shelf.read(reader, case).items():
        assert reading.complaints == [], file.name
        assert reading.appointments, file.name


@by_every_reader
@of_every_case
def test_every_reader_finds_the_moments_of_the_items(shelf: Shelf, reader: str, case: Path) -> None:
    known = OTHERWISE.get(reader, {})
    for file, reading in shelf.read(reader, case).items():
        for found in reading.appointments:
            if found.uid.rpartition("/")[2] not in known:
                assert found._replace(starts=near(list(found.starts))) == expected(case)[found.uid], file.name


@by_every_reader
@of_every_case
def test_every_event_is_in_the_calendar_of_everything_and_in_a_file_of_its_own(
    shelf: Shelf, reader: str, case: Path
) -> None:
    readings = shelf.read(reader, case)
    whole = [
        event.uid for file, reading in readings.items() if file.name == "all.ics" for event in reading.appointments
    ]
    single = [
        [event.uid for event in reading.appointments]
        for file, reading in readings.items()
        if file.parent.name == "events"
    ]
    assert sorted(whole) == sorted(expected(case))
    assert sorted(single) == [[uid] for uid in sorted(expected(case))]


def test_lines_are_those_of_the_rfc(shelf: Shelf) -> None:
    """Octets as RFC 5545, 3.1 has them: CRLF, 75 at most to a line, and no character cut."""
    for file in (file for files in shelf.files.values() for file in files):
        content = file.read_bytes()
        assert content.startswith(b"BEGIN:VCALENDAR\r\n")
        assert content.endswith(b"\r\nEND:VCALENDAR\r\n")
        assert content.count(b"\n") == content.count(b"\r") == content.count(b"\r\n")
        for line in content.split(b"\r\n"):
            assert len(line) <= 75
            assert not CONTROL.search(line.decode()), line
        assert not content.replace(b"\r\n ", b"").count(b"\r\nMETHOD")  # METHOD:PUBLISH needs organizers (RFC 5546)


ZONES = sorted(
    {"Africa/Cairo", "America/Havana", "America/New_York", "America/Santiago", "America/Sao_Paulo", "Antarctica/Troll"}
    | {"Africa/Casablanca", "Africa/El_Aaiun", "Asia/Gaza", "Asia/Jerusalem", "Asia/Kolkata", "Asia/Pyongyang"}
    | {"Asia/Tehran", "Australia/Lord_Howe", "Etc/GMT+5", "Europe/Brussels", "Europe/Dublin", "Europe/Istanbul"}
    | {"Europe/London", "Europe/Moscow", "Pacific/Apia", "Pacific/Chatham", "Pacific/Fiji", "Pacific/Norfolk"}
)


@pytest.mark.parametrize(
    "key", sorted(available_timezones() - {"Factory", "localtime"}) if os.environ.get("TOPICFEEDS_FULL") else ZONES
)
def test_a_zone_is_described_as_the_database_has_it(key: str) -> None:
    """Every change of clocks from 2000 to 2066, by moment and offsets, and nothing else."""
    feed = select(site(feeds={"formats": ["ics"]}), [event(start="2026-05-06T18:00", timezone=key)])["all"]
    found = {change for change in described(render(feed, "ics")) if change[0].year < 2067}
    assert found == set(changes(ZoneInfo(key)))


def described(content: bytes) -> Iterator[tuple[datetime, timedelta, timedelta]]:
    """Give what a calendar says of its zone: moments, and the offsets before and after."""
    calendar: Any = Calendar.from_ical(content)
    for part in (part for zone in calendar.walk("VTIMEZONE") for part in zone.subcomponents):
        before, after, lists = part["TZOFFSETFROM"].td, part["TZOFFSETTO"].td, part.get("RDATE", [])
        singles = (one.dt for some in (lists if isinstance(lists, list) else [lists]) for one in some.dts)
        onsets = {part["DTSTART"].dt, *singles}
        if "RRULE" in part:
            rule = rrulestr(part["RRULE"].to_ical().decode(), dtstart=part["DTSTART"].dt, ignoretz=True)
            onsets |= set(rule.between(datetime(2000, 1, 1), datetime(2067, 1, 1)))
        yield from (((onset - before).replace(tzinfo=UTC), before, after) for onset in onsets if before != after)


def changes(zone: ZoneInfo) -> Iterator[tuple[datetime, timedelta, timedelta]]:
    """Look at the clock every day, and then every minute: no zone of our time is changed at seconds."""
    now, minutes = datetime(2000, 1, 1, tzinfo=UTC), [timedelta(minutes=n) for n in range(24 * 60 + 1)]
    while now.year < 2067:
        before, after = now.astimezone(zone).utcoffset(), (now + minutes[-1]).astimezone(zone).utcoffset()
        if before is not None and after is not None and before != after:
            moments = (now + minute for minute in minutes)
            yield next(one for one in moments if one.astimezone(zone).utcoffset() != before), before, after
        now += minutes[-1]
