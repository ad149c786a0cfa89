"""What the command tells of an event that changes, run after run: in every feed of both formats, and once."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import feedparser
import pytest
from icalendar import Calendar

from support.readers_of_feeds import Newsboat
from support.staging import ANNOUNCED, CANCELLED, EVENT, MENDED, MOVED, Stage, stage

FEEDS = """
per = ["topic", "tag"]
limit = {limit}
[[feed]]
slug = "dates"
title = "Dates"
kinds = ["event"]
[[feed]]
slug = "reading"
title = "Reading"
kinds = ["article"]
"""
HOLDING = ("all", "topics/housing", "tags/land", "feeds/dates")
FORMATS = ("atom", "rss")
ARTICLES = """
- {id: roofs, title: Green roofs, summary: Grass, published: 2026-02-02, topics: [housing]}
- {id: plots, title: Plots, summary: Land, published: 2026-02-01, topics: [housing]}
"""


class Told(NamedTuple):
    """What a feed tells."""

    id: str
    title: str
    published: str
    body: str


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as made:
        settle(made, limit=50)
        yield made


def settle(ours: Stage, limit: int) -> None:
    """Let the site have feeds of one kind, too."""
    file = ours.folder / "topicfeeds.toml"
    file.write_text(file.read_text("utf-8").partition("per =")[0] + FEEDS.format(limit=limit), "utf-8")


def parsed(ours: Stage, path: str, name: str) -> Any:
    return feedparser.parse((ours.folder / "public" / f"{path}.{name}.xml").read_bytes())


def told(ours: Stage, path: str = "all", name: str = "atom") -> list[Told]:
    entries = parsed(ours, path, name).entries
    return [Told(found.id, found.title, found.published, found.summary) for found in entries]


def everywhere(ours: Stage) -> list[Told]:
    """Give what all feeds that hold the event tell alike."""
    for name in FORMATS:
        assert len({tuple(told(ours, path, name)) for path in HOLDING}) == 1
        assert told(ours, "feeds/reading", name) == []
    assert [one[:2] for one in told(ours, name="atom")] == [one[:2] for one in told(ours, name="rss")]
    return told(ours)


def notice(*parts: object) -> str:
    """Give the id of a notice, by its formula."""
    text = json.dumps([EVENT, *parts], ensure_ascii=False, separators=(",", ":"))
    return f"tag:example.org,2026:notice/{hashlib.sha256(text.encode()).hexdigest()[:20]}"


def test_the_formula_is_the_one_that_was_promised() -> None:
    text = '["tag:example.org,2026:item/fair","status","cancelled",1]'
    assert text.isascii()
    assert notice("status", "cancelled", 1) == "tag:example.org,2026:notice/f54bd5f93e3e43db88db"


def test_every_turn_of_a_status_is_told_once(ours: Stage, tmp_path_factory: pytest.TempPathFactory) -> None:
    Newsboat.need()
    reader = Newsboat(f"{ours.url}all.rss.xml", tmp_path_factory.mktemp("home"))
    news = []
    for status in ("confirmed", "cancelled", "confirmed", "cancelled", "cancelled", "postponed"):
        ours.act(f"{ANNOUNCED}  status: {status}\n")
        news.append([shown.title for shown in reader.news()])
    assert news == [
        ["Housing fair"],
        ["Cancelled (May 6): Housing fair"],
        ["Confirmed (May 6): Housing fair"],
        ["Cancelled (May 6): Housing fair"],
        [],
        ["Postponed (May 6): Housing fair"],
    ]
    assert [one.id for one in everywhere(ours)] == [
        notice("status", "postponed", 1),
        notice("status", "cancelled", 2),
        notice("status", "confirmed", 1),
        notice("status", "cancelled", 1),
        EVENT,
    ]


def test_an_event_that_is_on_again_says_so_and_no_longer_that_it_is_cancelled(ours: Stage) -> None:
    for items in (ANNOUNCED, f"{ANNOUNCED}  status: cancelled\n", ANNOUNCED):
        ours.act(items)
    assert [one.title for one in everywhere(ours)] == [
        "Confirmed (May 6): Housing fair",
        "Cancelled (May 6): Housing fair",
        "Confirmed: Housing fair",
    ]


def test_a_move_to_another_day_and_place_in_one_edit_is_one_notice(ours: Stage) -> None:
    for items in (ANNOUNCED, MOVED.replace("Old Customs House", "Town Hall")):
        ours.act(items)
    [news, own] = everywhere(ours)
    assert (news.id, news.title) == (
        notice("start", "2026-05-10T16:00:00+00:00", 1),
        "Moved to May 10: Housing fair",
    )
    for one in (news, own):
        line = re.sub("<[^>]+>", "", one.body.partition("</p>")[0]).replace("\u202f", " ").replace("\u2009", " ")
        assert line.startswith(
            "Moved: Sunday, May 10, 2026, 6:00 – 8:00 PM · Town Hall"
            " (before: Wednesday, May 6, 2026, 6:00 – 8:00 PM · Old Customs House)"
        )


def test_back_and_forth_are_told_each_time(ours: Stage) -> None:
    for items in (ANNOUNCED, MOVED, ANNOUNCED, MOVED):
        ours.act(items)
    there, back = "2026-05-10T16:00:00+00:00", "2026-05-06T16:00:00+00:00"
    assert [one.id for one in everywhere(ours)] == [
        notice("start", there, 2),
        notice("start", back, 1),
        notice("start", there, 1),
        EVENT,
    ]


def test_other_spellings_of_the_same_are_not_told(ours: Stage) -> None:
    fields = ANNOUNCED.strip().removeprefix("- ").replace("\n  ", "\n").split("\n")
    place = "location: {name: Old Customs House, latitude: 50.85, longitude: 4.35, url: 'https://www.example.org/hall'}"
    for items in (
        ANNOUNCED,
        "- " + "\n  ".join(reversed(fields)),
        ANNOUNCED.replace("T18:00", "T18:00+02:00").replace("T20:00", "T20:00+02:00"),
        ANNOUNCED.replace("T18:00", "T16:00Z").replace("T20:00", "T18:00:00Z"),
        ANNOUNCED.replace("location: Old Customs House", place),
        ANNOUNCED.replace("location: Old Customs House", place.replace("50.85", "50.86")),
        f"{ANNOUNCED}  status: confirmed\n",
        f"{ANNOUNCED}  organizer: City Network\n  summary: Bring your questions.\n  tags: [land]\n".replace(
            "  tags: [land]\n", "", 1
        ),
    ):
        ours.act(items)
        assert [(one.id, one.title) for one in everywhere(ours)] == [(EVENT, "Housing fair")]


def test_nothing_is_told_of_an_article_that_was_an_event_or_becomes_one(ours: Stage) -> None:
    article = "- {id: fair, title: Housing fair, published: 2026-03-02, content: Read on.}"
    for items, titles in (
        (article, ["Housing fair"]),
        (ANNOUNCED, ["Housing fair"]),
        (MOVED, ["Moved to May 10: Housing fair", "Moved: Housing fair"]),
        (article, ["Housing fair"]),
        (CANCELLED, ["Moved to May 10: Housing fair", "Cancelled: Housing fair"]),
    ):
        ours.act(items)
        assert [one.title for one in told(ours)] == titles


def test_what_was_told_stays_as_it_was_told(ours: Stage) -> None:
    seen: dict[str, Told] = {}
    for items in (ANNOUNCED, MOVED, CANCELLED, MENDED, MOVED, MOVED.replace("Old Customs House", "Town Hall")):
        ours.act(items)
        news = {one.id: one for one in everywhere(ours) if one.id != EVENT}
        assert news | seen == news
        seen = news
    assert len(seen) == 4


def test_an_event_keeps_its_date_and_is_a_later_version_after_each_change(ours: Stage) -> None:
    entries: list[Any] = []
    versions: list[Any] = []
    for items in (ANNOUNCED, MOVED, CANCELLED, MENDED):
        ours.act(items)
        [found] = [found for found in parsed(ours, "all", "atom").entries if found.id == EVENT]
        [event] = Calendar.from_ical((ours.folder / "public/all.ics").read_bytes()).walk("VEVENT")
        entries.append(found)
        versions.append(event)
    assert len({found.published for found in entries}) == 1
    assert {str(event["UID"]) for event in versions} == {EVENT}
    for orders in (
        [found.updated_parsed for found in entries],
        [event["SEQUENCE"] for event in versions],
        [event["LAST-MODIFIED"].dt for event in versions],
    ):
        assert orders == sorted(set(orders))
        assert len(orders) == len(versions)
    assert [str(event.get("STATUS")) for event in versions] == ["None", "None", "CANCELLED", "CANCELLED"]


def test_notices_are_among_the_newest_entries_and_count(ours: Stage) -> None:
    settle(ours, limit=2)
    ours.act(ANNOUNCED + ARTICLES)
    assert [one.title for one in told(ours, "topics/housing")] == ["Housing fair", "Green roofs"]
    ours.act(MOVED + ARTICLES)
    assert [one.title for one in told(ours, "topics/housing")] == [
        "Moved to May 10: Housing fair",
        "Moved: Housing fair",
    ]
    ours.act(CANCELLED + ARTICLES)
    assert [one.title for one in told(ours, "topics/housing")] == [
        "Cancelled (May 10): Housing fair",
        "Cancelled: Housing fair",
    ]  # notices are at most half of a feed
    assert [one.title for one in told(ours, "feeds/reading")] == ["Green roofs", "Plots"]
