"""Calendars are read as RFC 5545 says, and as other programs write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from support import command, site
from support.reading import everything, found, told
from topicfeeds import Event, select
from topicfeeds.sources.model import Draft, Record

PARIS = ZoneInfo("Europe/Paris")
CUSTOM = """BEGIN:VTIMEZONE
TZID:{name}
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:{summer}
TZOFFSETTO:{winter}
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:{winter}
TZOFFSETTO:{summer}
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
END:VTIMEZONE
"""


def calendar(*events: str, head: str = "") -> str:
    made = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//y//EN\n{head}{made}END:VCALENDAR\n"


def events(folder: Path, *given: str, head: str = "") -> list[Any]:
    text = calendar(*(f"UID:a\nSUMMARY:A\n{one}" for one in given), head=head)
    assert told(folder, "a.ics", text) == []
    return [record.item for record in found(folder, "a.ics")]


@pytest.mark.parametrize(
    ("lines", "start", "end"),
    [
        ("DTSTART;VALUE=DATE:20260501\nDTEND;VALUE=DATE:20260503", date(2026, 5, 1), date(2026, 5, 2)),
        ("DTSTART;VALUE=DATE:20260501\nDTEND;VALUE=DATE:20260502", date(2026, 5, 1), None),
        ("DTSTART;VALUE=DATE:20260501\nDTEND;VALUE=DATE:20260501", date(2026, 5, 1), None),
        ("DTSTART:20260501", date(2026, 5, 1), None),
        ("DTSTART;VALUE=DATE:20260501\nDURATION:P3D", date(2026, 5, 1), date(2026, 5, 3)),
        ("DTSTART:20260501T100000Z\nDURATION:PT90M", datetime(2026, 5, 1, 10, tzinfo=UTC), "PT90M"),
        ("DTSTART:20260501T100000\nDTEND:20260501T100000", datetime(2026, 5, 1, 10), None),
        ("DTSTART;TZID=Europe/Paris:20260328T220000\nDURATION:P1D", datetime(2026, 3, 28, 22, tzinfo=PARIS), "P1D"),
    ],
)
def test_ends_of_days_are_inclusive_and_durations_are_added(
    tmp_path: Path, lines: str, start: date, end: date | str | None
) -> None:
    [event] = events(tmp_path, lines)
    if end == "PT90M":
        end = datetime(2026, 5, 1, 11, 30, tzinfo=UTC)
    if end == "P1D":  # one day later by the clock, which is 23 hours
        end = datetime(2026, 3, 29, 22, tzinfo=PARIS)
    assert (event.start, event.end) == (start, end)


@pytest.mark.parametrize(
    ("tzid", "key"),
    [
        ("Europe/Paris", "Europe/Paris"),
        ('"Europe/Paris"', "Europe/Paris"),
        ("Romance Standard Time", "Europe/Paris"),
        ("/freeassociation.sourceforge.net/Europe/Paris", "Europe/Paris"),
        ("/mozilla.org/20070129_1/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
    ],
)
def test_names_of_zones_are_those_of_iana_windows_and_paths(tmp_path: Path, tzid: str, key: str) -> None:
    [event] = events(tmp_path, f"DTSTART;TZID={tzid}:20260501T100000")
    assert (event.start, event.timezone) == (datetime(2026, 5, 1, 10, tzinfo=ZoneInfo(key)), key)


def test_a_zone_of_the_calendar_becomes_the_iana_zone_with_the_same_offsets(tmp_path: Path) -> None:
    head = CUSTOM.format(name="(UTC+02:00) Helsinki, Kyiv", winter="+0200", summer="+0300")
    [event] = events(
        tmp_path, 'DTSTART;TZID="(UTC+02:00) Helsinki, Kyiv":20260701T100000\nRRULE:FREQ=WEEKLY;COUNT=3', head=head
    )
    assert event.start == datetime(2026, 7, 1, 7, tzinfo=UTC)
    assert ZoneInfo(event.timezone).utcoffset(datetime(2026, 12, 1)) == timedelta(hours=2)


def test_a_zone_that_only_the_calendar_has_becomes_an_offset(tmp_path: Path) -> None:
    head = CUSTOM.format(name="Mine", winter="+0123", summer="+0223")
    [event] = events(tmp_path, "DTSTART;TZID=Mine:20260701T100000", head=head)
    assert (event.start.isoformat(), event.timezone) == ("2026-07-01T10:00:00+02:23", None)


def test_a_zone_of_one_calendar_is_not_used_for_another(tmp_path: Path) -> None:
    zone = CUSTOM.format(name="Mine", winter="+0200", summer="+0300")
    one = calendar("UID:a\nSUMMARY:A\nDTSTART;TZID=Mine:20260701T100000", head=zone)
    other = calendar("UID:b\nSUMMARY:B\nDTSTART;TZID=Mine:20260701T100000")
    assert [record.item.id for record in found(tmp_path, "a.ics", one + other)] == ["a"]
    assert told(tmp_path, "a.ics") == [
        'refused a.ics:31: timezone: unknown time zone "Mine" (write a name such as Europe/Brussels)'
    ]


def test_a_time_in_utc_is_shown_in_the_zone_of_the_calendar_but_a_series_in_utc_stays_there(tmp_path: Path) -> None:
    head = "X-WR-TIMEZONE:America/New_York\n"
    one, named, series, floating = events(
        tmp_path,
        "DTSTART:20260501T100000Z",
        "DTSTART;TZID=Etc/UTC:20260501T100000",
        "DTSTART:20260501T100000Z\nRRULE:FREQ=DAILY;COUNT=2",
        "DTSTART:20260501T100000",
        head=head,
    )
    assert (named.timezone, named.start) == (one.timezone, one.start)
    assert (one.timezone, series.timezone, floating.timezone) == ("America/New_York", "UTC", "America/New_York")
    assert (one.start.hour, floating.start.utcoffset()) == (10, timedelta(hours=-4))


@pytest.mark.parametrize(
    ("start", "until", "expected"),
    [
        (":20260501T100000Z", "20260601", "20260601T235959Z"),
        (";TZID=Europe/Paris:20260501T100000", "20260601", "20260601T215959Z"),
        (";TZID=Europe/Paris:20260501T100000", "20260601T100000", "20260601T080000Z"),
        (";TZID=Europe/Paris:20260501T100000", "20260601T100000Z", "20260601T100000Z"),
        (";VALUE=DATE:20260501", "20260601T000000Z", "20260601"),
    ],
)
def test_until_gets_the_form_that_the_start_requires(tmp_path: Path, start: str, until: str, expected: str) -> None:
    [event] = events(tmp_path, f"DTSTART{start}\nRRULE:FREQ=DAILY;UNTIL={until};X-OLD=1;")
    assert event.recurrence == f"FREQ=DAILY;UNTIL={expected}"


def test_exceptions_that_are_no_dates_of_the_series_have_no_effect(tmp_path: Path) -> None:
    lines = "DTSTART;TZID=Europe/Paris:20260505T190000\nRRULE:FREQ=WEEKLY\n"
    lines += "EXDATE:20260512T170000Z\nEXDATE;VALUE=DATE:20260519\nEXDATE;TZID=Europe/Paris:20260527T190000"
    [event] = events(tmp_path, lines)
    assert event.except_ == (
        datetime(2026, 5, 12, 19, tzinfo=PARIS),
        datetime(2026, 5, 19, 19, tzinfo=PARIS),
    )


def test_a_moved_date_is_an_item_of_its_own_and_a_cancelled_date_is_not(tmp_path: Path) -> None:
    series, moved = events(
        tmp_path,
        "DTSTART;TZID=Europe/Paris:20260505T190000\nRRULE:FREQ=WEEKLY;COUNT=4",
        "RECURRENCE-ID:20260512T170000Z\nDTSTART;TZID=Europe/Paris:20260513T200000",
        "RECURRENCE-ID;TZID=Europe/Paris:20260519T190000\nDTSTART:20260519T170000Z\nSTATUS:CANCELLED",
    )
    assert moved.id == "a/2026-05-12T17:00:00Z"
    assert (moved.recurrence, moved.except_) == (None, ())
    assert series.except_ == tuple(datetime(2026, 5, day, 19, tzinfo=PARIS) for day in (12, 19))


def test_an_added_date_of_an_event_whose_start_and_end_differ_in_type_is_refused_too(tmp_path: Path) -> None:
    lines = "UID:a\nSUMMARY:A\nDTSTART:20260505T100000\nDTEND:20260505T120000Z\nRDATE:20260506T100000"
    messages = told(tmp_path, "a.ics", calendar(lines))
    assert len(messages) == 2
    assert all("end: must have no offset from UTC, like start" in message for message in messages)


def test_a_series_without_dates_of_its_own_is_left_out(tmp_path: Path) -> None:
    [moved] = events(
        tmp_path,
        "DTSTART:20260505T190000Z\nRRULE:FREQ=WEEKLY;COUNT=1",
        "RECURRENCE-ID:20260505T190000Z\nDTSTART:20260506T190000Z",
    )
    assert moved.id == "a/2026-05-05T19:00:00Z"


def test_added_dates_are_items_of_their_own(tmp_path: Path) -> None:
    lines = "DTSTART;VALUE=DATE:20260505\nDTEND;VALUE=DATE:20260507\n"
    lines += "RDATE;VALUE=DATE:20260601,20260505,20260701\nEXDATE;VALUE=DATE:20260701"
    assert [(one.id, one.start, one.end) for one in events(tmp_path, lines)] == [
        ("a", date(2026, 5, 5), date(2026, 5, 6)),
        ("a/2026-06-01", date(2026, 6, 1), date(2026, 6, 2)),
    ]


@pytest.mark.parametrize(
    ("lines", "published", "updated"),
    [
        ("DTSTAMP:20260101T000000Z", None, None),
        ("CREATED:20260101T000000Z\nDTSTAMP:20260303T000000Z", datetime(2026, 1, 1, tzinfo=UTC), None),
        ("CREATED:19000101T120000Z\nLAST-MODIFIED:20260202T000000Z", None, datetime(2026, 2, 2, tzinfo=UTC)),
        ("LAST-MODIFIED:20260303T000000Z\nDTSTAMP:20260303T000000Z", None, None),
        (
            "CREATED:20260101T000000Z\nLAST-MODIFIED:20251231T000000Z",
            datetime(2026, 1, 1, tzinfo=UTC),
            None,
        ),
    ],
)
def test_published_is_created_and_never_the_time_of_the_export(
    tmp_path: Path, lines: str, published: datetime | None, updated: datetime | None
) -> None:
    [event] = events(tmp_path, f"DTSTART:20260501T100000Z\n{lines}")
    assert (event.published, event.updated) == (published, updated)


def test_private_events_are_drafts(tmp_path: Path) -> None:
    text = calendar("UID:a\nSUMMARY:A\nDTSTART:20260501\nCLASS:PRIVATE", "DTSTART:20260501\nCLASS:Confidential")
    assert everything(tmp_path, "a.ics", text) == [
        Draft("a.ics", 4, identity=("a", None), reason="CLASS: PRIVATE"),
        Draft("a.ics", 10, reason="CLASS: Confidential"),
    ]
    assert [record.item.title for record in found(tmp_path, "a.ics", drafts=True)] == ["A"]


def test_a_calendar_that_cancels_has_cancelled_events(tmp_path: Path) -> None:
    text = calendar("UID:a\nSUMMARY:Canceled: A\nDTSTART:20260501T100000Z", head="METHOD:CANCEL\n")
    assert told(tmp_path, "a.ics", text) == []
    (event,) = (record.item for record in found(tmp_path, "a.ics"))
    assert isinstance(event, Event)
    assert (event.title, event.status) == ("A", "cancelled")


@pytest.mark.parametrize(
    ("lines", "fields"),
    [
        (r"DESCRIPTION:One\, two\; C:\\new\NThree", {"content": r"<p>One, two; C:\new<br>Three</p>"}),
        ("DESCRIPTION:One < two", {"summary": "One < two"}),
        ("DESCRIPTION:See <https://www.example.org/a>", {"summary": "See <https://www.example.org/a>"}),
        (r"DESCRIPTION:See <a href='https://e.org'>this</a>\nNow", {"content": "See <a href='https://e.org'>this</a><br>\nNow"}),
        ("DESCRIPTION:Fol\n ded\n\t lines", {"summary": "Folded lines"}),
        ("DESCRIPTION:Plain\nX-ALT-DESC;FMTTYPE=text/html:<p>Rich</p>", {"content": "<p>Rich</p>"}),
        ("X-ALT-DESC;FMTTYPE=application/rtf:x\nDESCRIPTION:Plain", {"summary": "Plain"}),
        ("CATEGORIES:A\\, B,C,,C\nCATEGORIES:D", {"tags": ("A, B", "C", "D")}),
        ("GEO:50.85;4.35", {"location": {"name": "50.85, 4.35", "latitude": 50.85, "longitude": 4.35}}),
        ("ORGANIZER:mailto:ana@example.org", {"organizer": {"name": "ana@example.org", "email": "ana@example.org"}}),
        ("ORGANIZER;CN=\"Ana, Eve\":invalid:nomail", {"organizer": "Ana, Eve"}),
        ("CONTACT:Ana", {"organizer": "Ana"}),
        ("CONTACT:\u200b\nLOCATION:\u200e\nCATEGORIES:\u200b,C,\nDESCRIPTION:\u2060", {"tags": ("C",)}),
        ("ORGANIZER;CN=\"\u200b\":mailto:a@e.org", {"organizer": {"name": "a@e.org", "email": "a@e.org"}}),
        ("STATUS:CANCELLED\nSUMMARY:Cancelled: B", {"status": "cancelled"}),
        (
            "ATTACH:https://e.org/a.pdf?x\nATTACH;ENCODING=BASE64;VALUE=BINARY:AAAA",
            {"enclosures": ({"url": "https://e.org/a.pdf?x", "type": "application/pdf"},)},
        ),
        ("ATTACH;FMTTYPE=image/png:https://e.org/b.png", {"image": "https://e.org/b.png"}),
        (
            "BEGIN:VALARM\nDESCRIPTION:Alarm\nATTACH:https://e.org/beep.mp3\nEND:VALARM\nDESCRIPTION:Own",
            {"summary": "Own"},
        ),
        ("ATTENDEE;CN=Sam:mailto:sam@example.org\nX-OTHER:1", {}),
    ],
)  # fmt: skip
def test_texts_labels_places_people_and_files_are_read(tmp_path: Path, lines: str, fields: dict[str, Any]) -> None:
    [event] = events(tmp_path, f"DTSTART:20260501T100000Z\n{lines}")
    plain = Event.model_validate({"id": "a", "title": "A", "start": datetime(2026, 5, 1, 10, tzinfo=UTC), **fields})
    assert event == plain


NOT_A_CALENDAR = "1: is not an iCalendar file (it must start with BEGIN:VCALENDAR)"
CUT_OFF = "7: ends before END:VCALENDAR (the file may be cut off: export the calendar again)"
MISMATCH = "3: END:VCALENDAR does not match its BEGIN (export the calendar again)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "<!DOCTYPE html>",
            "1: is not an iCalendar file: it looks like HTML or XML (check the program that creates the file)",
        ),
        ("Hello", NOT_A_CALENDAR),
        ("BEGIN:VEVENT\nEND:VEVENT", NOT_A_CALENDAR),
        (calendar("SUMMARY:A\nDTSTART:20260501")[:-15], CUT_OFF),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR", MISMATCH),
        ("BEGIN:VCALENDAR\n" * 9, "9: is nested too deeply (use at most 8 levels)"),
    ],
)
def test_a_file_that_is_no_calendar_is_not_read(tmp_path: Path, text: str, message: str) -> None:
    assert told(tmp_path, "a.ics", text) == [f"unreadable a.ics:{message}"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("SUMMARY:A", "4: has no DTSTART (add the start of the event in the calendar program)"),
        (
            "SUMMARY:A\nDTSTART:20260231",
            '6: start: "20260231" is not a valid date (write a date such as 20260301T143000)',
        ),
        (
            "SUMMARY:A\nDTSTART:20260101\nDTEND:20260101T100000Z",
            "7: end: must be a date without a time, like start (or write both with a time)",
        ),
        (
            "SUMMARY:A\nDTSTART:20260101\nDURATION:3 hours",
            '7: end: "3 hours" is not a valid duration (write one such as PT1H30M)',
        ),
        ("DTSTART:20260101", "4: title: is missing (add it)"),
        (
            "SUMMARY:A\nDTSTART:20260101\nRECURRENCE-ID:",
            '7: "" is not a valid date (write a date such as 20260301T143000)',
        ),
        (
            "SUMMARY:A\nDTSTART:20260101T100000Z\nRRULE:FREQ=SECONDLY",
            "7: recurrence: FREQ=SECONDLY has no end (add COUNT or UNTIL)",
        ),
        (
            "SUMMARY:A\nDTSTART:20260101\nRRULE:FREQ=DAILY\nRRULE:FREQ=YEARLY",
            "8: is a second RRULE (write a separate event for each rule)",
        ),
        (
            "SUMMARY:A\nDTSTART:20260101\nRRULE:FREQ=DAILY\nEXRULE:FREQ=WEEKLY",
            "8: is an EXRULE (list the dates in EXDATE)",
        ),
        (
            "SUMMARY:A\nDTSTART:20260101\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260102",
            "7: changes all later dates of the series, too (end the series here, and add a new one)",
        ),
        (
            "SUMMARY:A\nDTSTART:20260101\nURL:www.example.org",
            '7: link: "www.example.org" is not a web address (start it with https:// or http://)',
        ),
    ],
)
def test_an_event_that_cannot_be_used_is_refused_with_its_line(tmp_path: Path, lines: str, message: str) -> None:
    good = "UID:b\nSUMMARY:B\nDTSTART:20260501"
    assert told(tmp_path, "a.ics", calendar(lines, good)) == [f"refused a.ics:{message}"]
    assert [record.item.id for record in found(tmp_path, "a.ics")] == ["b"]


def test_events_can_be_mapped_like_other_records(tmp_path: Path) -> None:
    text = calendar("UID:a\nSUMMARY:A\nDTSTART:20260501\nLOCATION:Hall\nCATEGORIES:x")
    [record] = found(tmp_path, "a.ics", text, fields={"title": "location", "start": "start"}, defaults={"tags": ["y"]})
    assert (record.item.title, record.item.tags, record.item.id) == ("Hall", ("y",), None)


def test_the_command_publishes_a_calendar(tmp_path: Path) -> None:
    (tmp_path / "club.ics").write_text(calendar("UID:a\nSUMMARY:Run\nDTSTART:20260501\nCATEGORIES:sport"), "utf-8")
    (tmp_path / "topicfeeds.toml").write_text(
        'title = "Club"\nurl = "https://club.example.org/"\n[[sources]]\npath = "club.ics"\n', "utf-8"
    )
    run = command("build", cwd=tmp_path)
    assert (run.code, run.out) == (0, "all.atom.xml\nall.rss.xml\ntags/sport.atom.xml\ntags/sport.rss.xml\n")


MANY = {
    "events": "".join(f"BEGIN:VEVENT\nUID:{n}\nDTSTART:20260101\nEND:VEVENT\n" for n in range(100_001)),
    "added dates": "BEGIN:VEVENT\nUID:a\nSUMMARY:A\nDTSTART:20260101\nRDATE:"
    + "20260102," * 100_001
    + "\nEND:VEVENT\n",
}


@pytest.mark.parametrize("name", MANY)
def test_a_calendar_with_too_many_dates_is_refused_with_one_line(tmp_path: Path, name: str) -> None:
    [line] = told(tmp_path, "a.ics", f"BEGIN:VCALENDAR\n{MANY[name]}END:VCALENDAR\n")
    assert line.endswith("has more than 100,000 events and dates (export a shorter period)")


def test_many_exceptions_are_read_in_one_pass(tmp_path: Path) -> None:
    days = [datetime(2026, 1, 1, 10, tzinfo=UTC) + timedelta(days=n) for n in range(9_999)]
    dates = ",".join(day.strftime("%Y%m%dT%H%M%SZ") for day in days[1:])
    [event] = events(tmp_path, f"CREATED:20260101T000000Z\nDTSTART:20260101T100000Z\nRRULE:FREQ=DAILY\nEXDATE:{dates}")
    assert len(event.except_) == 9_998
    assert select(site(), [Record(event, "a.ics", 1)], now=days[0])["all"].entries[0].event is not None
    assert told(tmp_path, "a.ics", calendar(f"UID:a\nSUMMARY:A\nDTSTART:20260101\nEXDATE:{dates},{dates}")) == [
        "refused a.ics:8: except: has 19,996 dates (use at most 10,000)"
    ]


def test_many_series_with_one_uid_and_many_changed_dates_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("topicfeeds.sources.ics._MAX_EVENTS", 8)
    series = "UID:a\nSUMMARY:A\nDTSTART:20260101\nRRULE:FREQ=DAILY;COUNT=9"
    changed = [f"UID:a\nSUMMARY:A\nDTSTART:2026020{n}\nRECURRENCE-ID:2026010{n}" for n in range(2, 5)]
    assert told(tmp_path, "a.ics", calendar(*[series] * 4, *changed)) == [
        f'refused a.ics:{line}: other series have the UID "a", too (give each series its own UID)' for line in (16, 22)
    ]


CHOIR = "UID:a\nSUMMARY:Choir\nCREATED:20260101T000000Z"
SERIES = f"{CHOIR}\nDTSTART;TZID=Europe/Paris:20260505T190000\nRRULE:FREQ=WEEKLY;COUNT=5"
MOVED = f"{CHOIR}\nDTSTART:20260513T180000Z\nRECURRENCE-ID:20260512T170000Z"


@pytest.mark.parametrize(
    ("added", "titles"),
    [
        (MOVED, ["Choir", "Choir"]),
        (f"{MOVED}\nCLASS:PRIVATE", ["Choir"]),
        (f"{MOVED}\nSTATUS:CANCELLED", ["Cancelled (May 12): Choir", "Choir"]),
    ],
)
def test_a_moved_date_makes_no_notice_but_a_cancelled_date_does(tmp_path: Path, added: str, titles: list[str]) -> None:
    (tmp_path / "topicfeeds.toml").write_text(
        'title = "Club"\nurl = "https://club.example.org/"\ntimezone = "Europe/Paris"\n[[sources]]\npath = "a.ics"\n',
        "utf-8",
    )
    for day, given in ((1, [SERIES]), (2, [SERIES, added])):
        (tmp_path / "a.ics").write_text(calendar(*given), "utf-8")
        now = int(datetime(2026, 4, day, tzinfo=UTC).timestamp())
        run = command("build", cwd=tmp_path, env={"SOURCE_DATE_EPOCH": str(now)})
        assert run.code == 0, run.err
    feed = ElementTree.fromstring((tmp_path / "public/all.atom.xml").read_text("utf-8"))
    assert [one.text for one in feed.findall(".//{*}entry/{*}title")] == titles
