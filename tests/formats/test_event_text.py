"""What is said of an event for people: when, where, and whether it is, in the language of the feed."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta, timezone
from html import unescape
from typing import Any

import feedparser
import pytest
from babel import localedata
from hypothesis import given
from hypothesis import strategies as st

from support import as_shown, event, site
from topicfeeds import Feed, render, select
from topicfeeds.formats.event_text import _format_interval, format_lead, format_title
from topicfeeds.formats.translations import load_translations

SHAPES: dict[str, dict[str, Any]] = {
    "one day": {"start": date(2026, 5, 6)},
    "several days": {"start": date(2026, 5, 6), "end": date(2026, 5, 8)},
    "within a day": {"start": datetime(2026, 5, 6, 18), "end": datetime(2026, 5, 6, 20, 30)},
    "over midnight": {"start": datetime(2026, 5, 6, 22), "end": datetime(2026, 5, 7, 2)},
    "other zone": {"start": datetime(2026, 5, 6, 9), "end": datetime(2026, 5, 6, 17), "timezone": "Europe/Lisbon"},
    "open end": {"start": datetime(2026, 5, 6, 18)},
}
# Read by people; the data are those of the Unicode CLDR (Babel 2.14 or later).
TABLE = {
    "en": [
        "Wednesday, May 6, 2026",
        "Wed, May 6 – Fri, May 8, 2026",
        "Wednesday, May 6, 2026, 6:00 – 8:30 PM",
        "Wed, May 6, 2026, 10:00 PM – Thu, May 7, 2026, 2:00 AM",
        "Wednesday, May 6, 2026, 9:00 AM – 5:00 PM (Lisbon Time)",
        "Wednesday, May 6, 2026, 6:00 PM",
    ],
    "en-GB": [
        "Wednesday, 6 May 2026",
        "Wed, 6 May – Fri, 8 May 2026",
        "Wednesday, 6 May 2026, 18:00–20:30",
        "Wed, 6 May 2026, 22:00 – Thu, 7 May 2026, 02:00",
        "Wednesday, 6 May 2026, 09:00–17:00 (Lisbon Time)",
        "Wednesday, 6 May 2026, 18:00",
    ],
    "de": [
        "Mittwoch, 6. Mai 2026",
        "Mi., 6. – Fr., 8. Mai 2026",
        "Mittwoch, 6. Mai 2026, 18:00–20:30 Uhr",
        "Mi., 6. Mai 2026, 22:00 – Do., 7. Mai 2026, 02:00",
        "Mittwoch, 6. Mai 2026, 09:00–17:00 Uhr, Lissabon (Ortszeit)",
        "Mittwoch, 6. Mai 2026, 18:00",
    ],
    "fr": [
        "mercredi 6 mai 2026",
        "mer. 6 – ven. 8 mai 2026",
        "mercredi 6 mai 2026, 18:00 – 20:30",
        "mer. 6 mai 2026, 22:00 – jeu. 7 mai 2026, 02:00",
        "mercredi 6 mai 2026, 09:00 – 17:00 (heure : Lisbonne)",
        "mercredi 6 mai 2026, 18:00",
    ],
    "cs": [
        "středa 6. května 2026",
        "st 6. 5. – pá 8. 5. 2026",
        "středa 6. května 2026 18:00–20:30",
        "st 6. 5. 2026 22:00 – čt 7. 5. 2026 2:00",
        "středa 6. května 2026 9:00–17:00 (časové pásmo Lisabon)",
        "středa 6. května 2026 18:00",
    ],
    "el": [
        "Τετάρτη 6 Μαΐου 2026",
        "Τετ 06 Μαΐ – Παρ 08 Μαΐ 2026",
        "Τετάρτη 6 Μαΐου 2026, 6:00–8:30 μ.μ.",
        "Τετ 6 Μαΐ 2026, 10:00 μ.μ. – Πέμ 7 Μαΐ 2026, 2:00 π.μ.",
        "Τετάρτη 6 Μαΐου 2026, 9:00 π.μ. – 5:00 μ.μ., Ώρα (Λισαβόνα)",
        "Τετάρτη 6 Μαΐου 2026, 6:00 μ.μ.",
    ],
    "ar": [
        "الأربعاء، 6 مايو 2026",
        "الأربعاء، 6 – الجمعة، 8 مايو، 2026",
        "الأربعاء، 6 مايو 2026، 6:00–8:30 م",
        "الأربعاء، 6 مايو 2026، 10:00 م – الخميس، 7 مايو 2026، 2:00 ص",
        "الأربعاء، 6 مايو 2026، 9:00 ص – 5:00 م (توقيت لشبونة)",
        "الأربعاء، 6 مايو 2026، 6:00 م",
    ],
    "ja": [
        "2026年5月6日水曜日",
        "2026年5月6日(水)～8日(金)",
        "2026年5月6日水曜日 18時00分～20時30分",
        "2026年5月6日(水) 22:00～2026年5月7日(木) 2:00",
        "2026年5月6日水曜日 9時00分～17時00分 (リスボン時間)",
        "2026年5月6日水曜日 18:00",
    ],
}


def feed_of(language: str = "en", settings: dict[str, Any] | None = None, **fields: Any) -> Feed:
    made = site(language=language, timezone="Europe/Brussels", feeds=settings or {})
    return select(made, [event(**fields)])["all"]


def line(language: str = "en", **fields: Any) -> str:
    feed = feed_of(language, **fields)
    return (
        unescape(re.sub("<[^>]*>", "", format_lead(feed.entries[0], feed, None)))
        .replace("\u202f", " ")
        .replace("\u2009", " ")
    )


@pytest.mark.parametrize("language", TABLE)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_line_says_when_an_event_is(language: str, shape: str) -> None:
    expected = TABLE[language][list(SHAPES).index(shape)]
    assert line(language, **SHAPES[shape]) == expected.replace("\u202f", " ").replace("\u2009", " ")


@pytest.mark.parametrize(
    ("start", "fields", "shown"),
    [
        (datetime(2026, 5, 6, 18, tzinfo=timezone(timedelta(hours=2))), {}, "6:00 PM"),
        (datetime(2026, 5, 6, 16, tzinfo=UTC), {}, "6:00 PM"),
        (datetime(2026, 5, 6, 18, tzinfo=timezone(timedelta(hours=-5))), {}, "6:00 PM (GMT-05:00)"),
        (datetime(2026, 5, 6, 18), {"timezone": "UTC"}, "6:00 PM (UTC)"),
        (datetime(2026, 5, 6, 18), {"timezone": "Etc/GMT-3"}, "6:00 PM (GMT+03:00)"),
        (datetime(2026, 5, 6, 18), {"timezone": "Europe/Brussels"}, "6:00 PM"),
    ],
)
def test_a_zone_is_named_where_it_is_not_the_sites(start: datetime, fields: dict[str, str], shown: str) -> None:
    assert line(start=start, **fields) == f"Wednesday, May 6, 2026, {shown}"


def test_a_line_says_where_an_event_is_and_is_escaped() -> None:
    feed = feed_of(location={"name": "<Hall> & yard", "address": "Street 1\n1000 Graz"})
    assert format_lead(feed.entries[0], feed, "https://www.example.org/a?b&c") == (
        "<p>Friday, May 1, 2026 · &lt;Hall&gt; &amp; yard, Street 1 1000 Graz · "
        '<a href="https://www.example.org/a?b&amp;c">Calendar file</a></p>'
    )


@pytest.mark.parametrize(
    ("status", "named", "opening"),
    [
        (None, "Fair", "<p>Friday"),
        ("confirmed", "Fair", "<p>Friday"),
        ("tentative", "Fair", "<p><strong>Tentative</strong>: Friday"),
        ("cancelled", "Cancelled: Fair", "<p><strong>Cancelled</strong>: Friday"),
        ("postponed", "Postponed: Fair", "<p><strong>Postponed</strong>: Friday"),
    ],
)
def test_an_event_that_is_not_as_planned_says_so_first(status: str | None, named: str, opening: str) -> None:
    feed = feed_of(status=status, content="<p>Come</p>")
    assert format_title(feed.entries[0], feed) == named
    [shown] = as_shown(feed)
    assert (shown.content or "").startswith(opening)
    assert (shown.content or "").endswith("</p><p>Come</p>")


@pytest.mark.parametrize(
    ("pattern", "shown"),
    [
        ("{title} ({when})", "Cancelled: Fair (Friday, May 1, 2026)"),
        ("{when}, {where}: {title}", "Cancelled: Friday, May 1, 2026, Hall: Fair"),
        ("{{{title}}}", "Cancelled: {Fair}"),
    ],
)
def test_the_titles_of_events_follow_a_pattern(pattern: str, shown: str) -> None:
    feed = feed_of(settings={"event_title": pattern}, location="Hall", status="cancelled")
    assert format_title(feed.entries[0], feed) == shown


def test_what_recurs_tells_its_next_three_dates() -> None:
    fields = {"start": "2026-05-06T18:00", "end": "2026-05-06T19:00", "recurrence": "FREQ=WEEKLY", "id": "a"}
    dates = [f"Wed, May {day}, 2026, 6:00 – 7:00 PM" for day in (6, 13, 20)]
    assert line(**fields) == f"Next dates: {'; '.join(dates)}"
    made = site(timezone="Europe/Brussels")
    feed = select(made, [event(**fields)], now=datetime(2026, 12, 31, tzinfo=UTC))["all"]
    assert "Wed, Jan 6, 2027" in format_lead(feed.entries[0], feed, None)


@pytest.mark.parametrize(
    "language", ["en", "pt-BR", "zh-Hant-TW", "sr-Latn", "de-AT-1996", "tlh", "xx-yy", "no", "ar-EG"]
)
def test_any_language_has_a_line(language: str) -> None:
    assert "2026" in line(language, status="cancelled")


@pytest.mark.parametrize("language", ["zh-Hant", "zh-Hant-TW", "zh-Hant-HK"])
def test_hours_in_a_language_that_names_parts_of_a_day_are_an_interval(language: str) -> None:
    assert line(language, start=datetime(2026, 5, 6, 10), end=datetime(2026, 5, 6, 17)).endswith("上午10:00至下午5:00")


@pytest.mark.parametrize("end", [10, 11, 14, 20])
def test_hours_can_be_described_in_all_languages(end: int) -> None:
    for name in localedata.locale_identifiers():
        assert "10" in _format_interval(datetime(2026, 5, 6, 8, 10), datetime(2026, 5, 6, end, 10), name)


@pytest.mark.parametrize(
    "language",
    ["ar", "ar-EG", "he", "iw", "fa", "ur-PK", "ps", "ks", "yi", "ckb", "az-Arab", "uz-Arab", "pa-Arab", "PA-arab"],
)
def test_a_line_in_a_script_that_runs_to_the_left_says_so(language: str) -> None:
    feed = feed_of(language)
    assert format_lead(feed.entries[0], feed, None).startswith('<p dir="rtl">')


@pytest.mark.parametrize("language", ["en", "az", "uz-Latn", "pa", "ks-Deva", "sd-Deva", "ja", "arn", "xx", "xx-Arab"])
def test_a_line_in_another_script_or_an_unknown_language_has_no_direction(language: str) -> None:
    feed = feed_of(language)
    assert format_lead(feed.entries[0], feed, None).startswith("<p>")


@given(
    start=st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.timezones()),
    minutes=st.integers(0, 10_000_000),
    language=st.sampled_from([*load_translations(), "pt-BR", "fa", "th", "hi", "my"]),
    pattern=st.sampled_from([None, "{title} ({when})"]),
)
def test_any_event_can_be_described_in_any_language(
    start: datetime, minutes: int, language: str, pattern: str | None
) -> None:
    end = (start.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(start.tzinfo)  # by no clock that is put back
    feed = feed_of(language, {"event_title": pattern}, start=start, end=end)
    [shown] = as_shown(feed)
    assert "Fair" in shown.title
    assert "\n" not in shown.title + (shown.content or "")


@pytest.mark.parametrize("form", ["atom", "rss", "json"])
def test_the_body_of_an_event_without_content_has_its_summary(form: str) -> None:
    items = [
        event(id="a", title="Fair", summary="Forty stalls\n\nand <b>a choir</b>."),
        event(id="b", title="Walk", summary="Short", content="<p>Long</p>"),
    ]
    made = render(select(site(), items)["all"], form).decode()
    if form == "json":
        bodies = {one["title"]: one["content_html"] for one in json.loads(made)["items"]}
    else:
        bodies = {one.title: one.content[0].value for one in feedparser.parse(made).entries}
    assert bodies["Fair"].endswith("</p><p>Forty stalls</p><p>and &lt;b&gt;a choir&lt;/b&gt;.</p>")
    assert bodies["Walk"].endswith("</p><p>Long</p>")
