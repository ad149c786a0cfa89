"""Events that recur: which rules are taken, and when they take place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from support import event, problems_of, schedule_of, site
from topicfeeds import select
from topicfeeds.models.recurrence import list_occurrences

DAY = date(2026, 5, 6)  # a Wednesday
BRUSSELS = ZoneInfo("Europe/Brussels")


def refusal(**fields: Any) -> str:
    """Give what is wrong with an event, as it is printed."""
    given = {"id": "fair", "title": "Fair", "published": "2026-03-01", "start": "2026-05-06", **fields}
    [problem] = problems_of([given])
    return problem.removeprefix("items:1: ")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            "WEEKLY",
            '"WEEKLY" is not a valid part of a recurrence rule (write a rule such as FREQ=WEEKLY;BYDAY=WE;COUNT=10)',
        ),
        ("FREQ=WEEKLY;BYDAYS=WE", '"BYDAYS=WE" is not a valid part of a recurrence rule (did you mean "BYDAY"?)'),
        ("FREQ=WEEKLY;", "has an empty part (remove the extra semicolon)"),
        ("COUNT=3", '"COUNT=3" has no valid FREQ (write a rule such as FREQ=WEEKLY;BYDAY=WE;COUNT=10)'),
        (
            "FREQ=FORTNIGHTLY",
            '"FREQ=FORTNIGHTLY" has no valid FREQ (write a rule such as FREQ=WEEKLY;BYDAY=WE;COUNT=10)',
        ),
        ("FREQ=DAILY;FREQ=DAILY", "has FREQ twice (keep one)"),
        ("FREQ=DAILY;COUNT=0", 'COUNT "0" is out of range (write a number from 1 to 999999)'),
        ("FREQ=DAILY;INTERVAL=0", 'INTERVAL "0" is out of range (write a number from 1 to 999999)'),
        ("FREQ=DAILY;INTERVAL=²", 'INTERVAL "²" is out of range (write a number from 1 to 999999)'),
        ("FREQ=DAILY;COUNT=9999999", 'COUNT "9999999" is out of range (write a number from 1 to 999999)'),
        ("FREQ=DAILY;COUNT=3;UNTIL=20260510", "has both COUNT and UNTIL (keep one of the two)"),
        (
            "FREQ=DAILY;UNTIL=20260510T000000Z",
            'UNTIL "20260510T000000Z" must be a valid date without a time, like start (write 20261231)',
        ),
        (
            "FREQ=DAILY;UNTIL=20260231",
            'UNTIL "20260231" must be a valid date without a time, like start (write 20261231)',
        ),
        (
            "FREQ=DAILY;UNTIL=2026051",
            'UNTIL "2026051" must be a valid date without a time, like start (write 20261231)',
        ),
        ("FREQ=DAILY;UNTIL=20260505", "ends before the event starts (write a later UNTIL)"),
        (
            "FREQ=WEEKLY;BYDAY=XX",
            '"BYDAY=XX" is not a valid part of a recurrence rule (write a rule such as FREQ=WEEKLY;BYDAY=WE;COUNT=10)',
        ),
        (
            "FREQ=WEEKLY;BYDAY=TH",
            '"FREQ=WEEKLY;BYDAY=TH" does not include the start (set start to a date of the rule)',
        ),
        (
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            '"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30" does not include the start (set start to a date of the rule)',
        ),
        ("FREQ=HOURLY;COUNT=3", "FREQ=HOURLY needs a start with a time (write a start such as 2026-03-01T14:30)"),
        *(
            (
                f"FREQ=YEARLY;{part}",
                f'"{part}" is not a valid part of a recurrence rule '
                "(write a rule such as FREQ=WEEKLY;BYDAY=WE;COUNT=10)",
            )
            for part in (
                *("BYDAY=WE(1)", "BYDAY=0WE", "BYDAY=WE,", "BYMONTH=5,13", "BYMONTHDAY=6,32", "BYMONTHDAY=0_6"),
                *("BYMONTHDAY=٦", "BYSETPOS=0", "BYWEEKNO=19,54", "BYYEARDAY=126,367", "BYHOUR=24", "BYSECOND=60"),
            )
        ),
        (
            "FREQ=WEEKLY;BYDAY=1WE",
            "the number in BYDAY=1WE needs FREQ=MONTHLY or FREQ=YEARLY without BYWEEKNO (remove the number)",
        ),
        (
            "FREQ=YEARLY;BYWEEKNO=19;BYDAY=1WE",
            "the number in BYDAY=1WE needs FREQ=MONTHLY or FREQ=YEARLY without BYWEEKNO (remove the number)",
        ),
        ("FREQ=WEEKLY;BYMONTHDAY=6", "BYMONTHDAY cannot be combined with FREQ=WEEKLY (remove BYMONTHDAY)"),
        ("FREQ=MONTHLY;BYWEEKNO=19", "BYWEEKNO cannot be combined with FREQ=MONTHLY (remove BYWEEKNO)"),
        ("FREQ=DAILY;BYYEARDAY=126", "BYYEARDAY cannot be combined with FREQ=DAILY (remove BYYEARDAY)"),
        ("FREQ=DAILY;BYHOUR=0", "BYHOUR needs a start with a time (remove BYHOUR, or add a time to start)"),
    ],
)
def test_a_rule_that_is_none_is_refused_in_words(rule: str, message: str) -> None:
    assert refusal(recurrence=rule) == f"recurrence: {message}"


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("FREQ=HOURLY", "FREQ=HOURLY has no end (add COUNT or UNTIL)"),
        ("FREQ=SECONDLY;INTERVAL=7", "FREQ=SECONDLY has no end (add COUNT or UNTIL)"),
        ("FREQ=MINUTELY;COUNT=100001", "has more than 100,000 dates (write a lower COUNT or an earlier UNTIL)"),
        (
            "FREQ=SECONDLY;UNTIL=20991231T000000Z",
            "has more than 100,000 dates (write a lower COUNT or an earlier UNTIL)",
        ),
        (
            "FREQ=DAILY;UNTIL=20260510",
            'UNTIL "20260510" must be a valid time in UTC, because start has a time (write 20261231T225959Z)',
        ),
        ("FREQ=DAILY;UNTIL=20260506T155959Z", "ends before the event starts (write a later UNTIL)"),
    ],
)
def test_a_rule_that_repeats_within_a_day_has_to_end(rule: str, message: str) -> None:
    fields = {"start": "2026-05-06T18:00", "timezone": "Europe/Brussels"}
    assert refusal(recurrence=rule, **fields) == f"recurrence: {message}"


@pytest.mark.parametrize(
    ("left_out", "fields", "message"),
    [
        (["2026-05-07"], {}, '"2026-05-07" is not a date of the recurrence (write a date that matches the rule)'),
        (["2027-05-06"], {}, '"2027-05-06" is not a date of the recurrence (write a date that matches the rule)'),
        (["2026-05-13T18:00"], {}, '"2026-05-13T18:00:00" must be a date without a time, like start'),
        (["2026-05-13"], {"recurrence": None}, "needs a recurrence (add recurrence, or remove except)"),
        (
            ["2026-05-06", "2026-05-13", "2026-05-20"],
            {},
            "removes every date of the recurrence (to cancel the event, set its status to cancelled)",
        ),
        (
            ["2026-05-13T18:00Z"],
            {"start": "2026-05-06T18:00"},
            '"2026-05-13T18:00:00+00:00" must have no offset from UTC, like start (or write both with an offset)',
        ),
        (
            ["2026-05-13T19:00"],
            {"start": "2026-05-06T18:00"},
            '"2026-05-13T19:00:00" is not a date of the recurrence (write a date that matches the rule)',
        ),
    ],
)
def test_a_date_that_is_left_out_has_to_be_one(left_out: list[str], fields: dict[str, Any], message: str) -> None:
    assert refusal(**{"recurrence": "FREQ=WEEKLY;COUNT=3", "except": left_out, **fields}) == f"except: {message}"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"start": "2026-05-06T22:30Z", "recurrence": "FREQ=WEEKLY;BYDAY=WE"},
            'recurrence: "FREQ=WEEKLY;BYDAY=WE" does not include the start (set start to a date of the rule)',
        ),
        (
            {"start": "2026-05-06T22:30Z", "recurrence": "FREQ=WEEKLY", "except": ["2026-05-13"]},
            'except: "2026-05-13T00:30:00+02:00" is not a date of the recurrence (write a date that matches the rule)',
        ),
        (
            {"start": "2026-10-20T18:00+02:00", "recurrence": "FREQ=DAILY", "except": ["2026-10-28T18:00+02:00"]},
            'except: "2026-10-28T17:00:00+01:00" is not a date of the recurrence (write a date that matches the rule)',
        ),
        (
            {"start": "2026-10-25T02:30+01:00", "recurrence": "FREQ=DAILY"},
            "start: 02:30 occurs twice on this day; a recurring event cannot start at the later one "
            "(choose another day)",
        ),
    ],
)
def test_a_rule_counts_in_the_zone_of_its_event(fields: dict[str, Any], message: str) -> None:
    assert refusal(timezone="Europe/Brussels", **fields) == message


def test_what_is_left_out_may_be_told_by_another_offset() -> None:
    given = event(
        start="2026-10-20T16:00Z",
        timezone="Europe/Brussels",
        recurrence="FREQ=WEEKLY",
        **{"except": ["2026-10-27T17:00Z"]},
    )
    happening = select(site(), [given])["all"].entries[0].event
    assert happening
    assert [moment.day for moment in happening.next] == [20, 3, 10]


def test_a_wrong_start_is_told_once() -> None:
    assert refusal(start="soon", recurrence="FREQ=WEEKLY", **{"except": ["2026-05-06"]}).startswith("start: ")


def test_an_offset_that_its_zone_never_has_cannot_recur() -> None:
    message = refusal(start="2026-05-06T18:00-05:00", recurrence="FREQ=WEEKLY", timezone="Europe/Brussels")
    assert message.startswith(
        "start: has an offset that Europe/Brussels does not have at this time (set timezone to the zone of this event)"
    )


def test_a_rule_may_be_written_as_calendars_have_it() -> None:
    assert event(recurrence="rrule:freq=weekly;count=2").recurrence == "FREQ=WEEKLY;COUNT=2"


def test_what_is_left_out_may_be_given_as_in_python() -> None:
    assert event(start=DAY, recurrence="FREQ=DAILY", except_=[DAY]) == event(
        start=DAY, recurrence="FREQ=DAILY", **{"except": ["2026-05-06"]}
    )


def listed(rule: str, start: date, left_out: Sequence[date] = ()) -> list[date]:
    return list(islice(list_occurrences(rule, start, left_out), 5))


def test_the_clock_on_the_wall_counts() -> None:
    start = datetime(2026, 10, 20, 18, tzinfo=BRUSSELS)
    found = listed("FREQ=WEEKLY;COUNT=3", start)
    assert [str(moment) for moment in found] == [
        "2026-10-20 18:00:00+02:00",
        "2026-10-27 18:00:00+01:00",
        "2026-11-03 18:00:00+01:00",
    ]


def test_the_end_of_a_rule_is_meant_in_utc() -> None:
    start = datetime(2026, 5, 6, 0, 30, tzinfo=BRUSSELS)
    assert len(listed("FREQ=DAILY;UNTIL=20260507T223000Z", start)) == 3
    assert len(listed("FREQ=DAILY;UNTIL=20260507T222959Z", start)) == 2


def test_days_are_left_out_at_the_time_of_the_start() -> None:
    start = datetime(2026, 5, 6, 18, tzinfo=BRUSSELS)
    assert [moment.day for moment in listed("FREQ=DAILY;COUNT=3", start, [date(2026, 5, 7)])] == [6, 8]


def test_what_is_on_counts_as_next_and_what_is_over_does_not() -> None:
    fields: dict[str, Any] = {
        "start": "2026-05-06T18:00Z",
        "end": "2026-05-06T20:00Z",
        "recurrence": "FREQ=DAILY;COUNT=3",
    }
    for hour, day in ((19, 6), (20, 7)):
        now = datetime(2026, 5, 6, hour, tzinfo=UTC)
        happening = schedule_of(event(**fields), now)
        assert happening.next[0].day == day
        assert happening.until == datetime(2026, 5, day, 20, tzinfo=UTC)
    over = schedule_of(event(**fields), datetime(2026, 6, 1, tzinfo=UTC))
    assert (over.next, over.until) == ((), None)


RULES = [
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=WEEKLY;BYDAY=MO,WE,FR;COUNT=40",
    "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
    "FREQ=MONTHLY;BYDAY=1WE",
    "FREQ=MONTHLY;BYMONTHDAY=6;COUNT=12",
    "FREQ=YEARLY;BYMONTH=5;BYDAY=WE;BYSETPOS=1",
    "FREQ=YEARLY;UNTIL=20400506T160000Z",
    "FREQ=HOURLY;COUNT=9",
]


@given(rule=st.sampled_from(RULES), days=st.integers(0, 4000))
def test_the_dates_are_those_of_a_library_that_counts_them_otherwise(rule: str, days: int) -> None:
    start = datetime(2026, 5, 6, 18, tzinfo=BRUSSELS)
    now = datetime(2026, 5, 1, tzinfo=UTC) + timedelta(days=days)
    happening = select(site(), [event(start=start, timezone="Europe/Brussels", recurrence=rule)], now=now)[
        "all"
    ].entries[0]
    whole = rrulestr(rule, dtstart=start)
    found = (moment for moment in whole if moment > now)
    assert happening.event
    assert list(happening.event.next) == list(islice(found, 3))
