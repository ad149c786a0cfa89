"""Our own feeds, read as sources, give equal entries in the fields that their format can hold.

`docs/from-feed.md` and `docs/from-calendar.md` list these fields.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import site
from support.reading import everything
from topicfeeds import Article, Entry, Event, Problem, build, select
from topicfeeds.entries.model import sanitized_content
from topicfeeds.models import Item
from topicfeeds.sources.model import Record
from topicfeeds.text.characters import has_tag
from topicfeeds.text.html import has_elements, to_plain_text

EXAMPLES = 300 if os.environ.get("TOPICFEEDS_FULL") else 20
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(str.isprintable)
NAME = st.builds("N{}".format, TEXT) | st.sampled_from(["A & B", "C++", "Été", "a, b; c", 'x "y"', "2 > 1", "a\\nb"])
PLAIN = NAME.filter(lambda text: not has_tag(text) and "&" not in text)
HTML = st.sampled_from(
    [
        "<p>One <em>two</em> &amp; three</p>",
        '<p>A <a href="/b">link</a></p><ul><li>x</li></ul>',
        '<figure><img src="https://e.org/a.png" alt="a"></figure><p>Text</p>',
        "<pre>a\n  b</pre>",
    ]
)
MOMENT = st.datetimes(datetime(2001, 1, 1), datetime(2026, 6, 1)).map(
    lambda one: one.replace(microsecond=0, tzinfo=UTC)
)
PERSON = st.fixed_dictionaries(
    {"name": NAME}, optional={"email": st.just("a@e.org"), "url": st.just("https://e.org/a")}
)
ENCLOSURE = st.fixed_dictionaries(
    {"url": st.sampled_from([f"https://e.org/{n}.mp3?a=1&b" for n in "abc"]), "type": st.just("audio/mpeg")},
    optional={"length": st.integers(1, 10**9), "title": NAME},
)
TITLE = NAME | st.sampled_from(["<b>bold</b>", "a<b", "&amp; &lt;", "AT&T", "1 < 2 > 1", "Ünï — 日本 😀", "x]]>y"])
"""RSS cannot tell "&lt;i&gt;" from "<i>": no title has both."""
LINES = NAME | st.sampled_from(["one\ntwo", "a < b\n\n& c", "<b>x</b>"])
COMMON: dict[str, Any] = {
    "link": st.sampled_from(["https://e.org/a?b=1&c=2", "https://e.org/%C3%A9"]),
    "updated": MOMENT,
    "tags": st.lists(TITLE, max_size=3, unique=True),
    "topics": st.lists(NAME, max_size=2, unique=True),
    "summary": LINES,
}
ARTICLES = st.fixed_dictionaries(
    {"id": NAME | st.just("https://e.org/id"), "title": TITLE, "published": MOMENT},
    optional=COMMON
    | {
        "content": HTML,
        "authors": st.lists(PERSON, max_size=2),
        "language": st.sampled_from(["fr", "pt-BR"]),
        "image": st.just("https://e.org/i.png"),
        "enclosures": st.lists(ENCLOSURE, max_size=3, unique_by=lambda one: one["url"]),
    },
)
ZONE = "Europe/Brussels"
DAYS = st.dates(date(2025, 1, 1), date(2027, 1, 1))
TIMED = st.datetimes(datetime(2025, 1, 1, 4), datetime(2027, 1, 1, 22)).map(
    lambda one: one.replace(microsecond=0, hour=max(one.hour, 4), fold=0)
)
WHEN = st.builds(
    lambda start, length: {"start": start, **({"end": start + length} if length else {})},
    DAYS | TIMED,
    st.sampled_from([None, timedelta(days=1), timedelta(days=3)]),
)
SERIES = st.builds(
    lambda start, days: {
        "start": start,
        "recurrence": "FREQ=DAILY;COUNT=9",
        "except": [start + timedelta(day) for day in days],
    },
    DAYS | TIMED,
    st.lists(st.integers(1, 8), max_size=3, unique=True),
)
PLACE = NAME | st.fixed_dictionaries({"name": NAME, "latitude": st.just(50.85), "longitude": st.just(-4.35)})
EVENTS = st.builds(
    lambda fields, when: fields | when,
    st.fixed_dictionaries(
        {"id": NAME, "title": TITLE, "published": MOMENT},
        optional=COMMON
        | {
            "location": PLACE,
            "organizer": st.fixed_dictionaries({"name": NAME, "email": st.just("a@e.org")}) | NAME,
            "status": st.sampled_from(["confirmed", "tentative", "cancelled"]),
        },
    ),
    WHEN | SERIES,
)


def publish(item: Item, form: str) -> tuple[Entry, Entry]:
    """Return the entry of an item, and the entry that a site makes of the published document."""
    made = site(timezone=ZONE, feeds={"formats": [form]})
    [document] = [one for one in build(made, [item]) if one.path.startswith("all.")]
    with TemporaryDirectory() as folder:
        name = f"all.{form}"
        kind = "ics" if form == "ics" else "feed"
        records = everything(Path(folder), name, document.render(), format=kind)
    assert [str(one) for one in records if isinstance(one, Problem)] == []
    [first], [second] = (
        select(made, found)["all"].entries for found in ([item], [one for one in records if isinstance(one, Record)])
    )
    return first, second


def labels(entry: Entry) -> list[str]:
    return [category.label for category in entry.categories]


def fields_of_a_feed(entry: Entry, form: str) -> dict[str, Any]:
    """Return the fields that a feed holds."""
    people = entry.authors or (site_author(),)
    return {
        "id": entry.id,
        "title": entry.title,
        "link": entry.link,
        "published": entry.published,
        "updated": None if form == "rss" else entry.updated,
        "summary": entry.summary,
        "content": sanitized_content(entry),
        "topics": [] if form == "json" else [topic.label for topic in entry.topics],
        "tags": sorted({*labels(entry)}) if form == "json" else [tag.label for tag in entry.tags],
        "authors": [person if form == "atom" else person.name for person in people],
        "language": entry.language or "en",
        "image": entry.image,
        "enclosures": [file.model_copy(update={"title": None}) if form == "rss" else file for file in entry.enclosures],
    }


def site_author() -> Any:
    return (
        site().author
        or Article.model_validate(
            {"title": "x", "published": "2026-01-01", "authors": [{"name": site().title}]}
        ).authors[0]
    )


@pytest.mark.parametrize("form", ["atom", "rss", "json"])
@settings(max_examples=EXAMPLES)
@given(given=ARTICLES)
def test_articles_of_our_feeds_are_read_as_they_were_written(form: str, given: dict[str, Any]) -> None:
    if form == "rss":  # one enclosure; links to the others, and a summary of several lines, become content
        given = given | {"enclosures": given.get("enclosures", [])[:1]}
        given |= {} if "content" in given else {"summary": " ".join(given.get("summary", "").split()) or None}
    before, after = publish(Article.model_validate(given), form)
    assert fields_of_a_feed(after, form) == fields_of_a_feed(before, form)


@pytest.mark.parametrize("form", ["atom", "rss", "json"])
@settings(max_examples=EXAMPLES)
@given(given=EVENTS.filter(lambda one: "recurrence" not in one))
def test_events_of_our_feeds_keep_their_times_and_places(form: str, given: dict[str, Any]) -> None:
    if form != "json" and given.get("status") == "cancelled":
        given = given | {"status": None}  # their titles start with the status, and they have no field for it
    before, after = publish(Event.model_validate(given), form)
    assert fields_of_a_feed(after, form) | {"summary": ""} == fields_of_a_feed(before, form) | {"summary": ""}
    was, now = before.event, after.event
    assert was
    assert now
    assert (now.start, now.end or now.start) == (was.start, was.end or was.start)
    assert (now.place and now.place.line, now.place and now.place.point) == (
        was.place and was.place.line,
        was.place and was.place.point,
    )
    assert (now.organizer and now.organizer.name) == (was.organizer and was.organizer.name)
    assert form != "json" or now.status == was.status


@settings(max_examples=EXAMPLES)
@given(given=EVENTS.filter(lambda one: not has_elements(one.get("summary") or "")))  # they are read as HTML
def test_events_of_our_calendars_are_read_as_they_were_written(given: dict[str, Any]) -> None:
    before, after = publish(Event.model_validate(given), "ics")
    for name in ("id", "title", "link", "published", "updated"):
        assert getattr(after, name) == getattr(before, name), name
    assert labels(after) == list(dict.fromkeys(labels(before)))  # a calendar has topics and tags in one list
    text = after.summary or to_plain_text(after.content or "")  # several lines become content
    assert text.split() == (before.summary or "").split()
    was, now = before.event, after.event
    assert was
    assert now
    assert (now.start, now.recurrence, now.left_out) == (was.start, was.recurrence, tuple(sorted(was.left_out)))
    assert (now.status or "confirmed", now.end or now.start) == (was.status or "confirmed", was.end or was.start)
    assert (now.place and now.place.line, now.place and now.place.point) == (
        was.place and was.place.line,
        was.place and was.place.point,
    )
    assert now.organizer == was.organizer
