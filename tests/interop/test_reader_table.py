"""The table of docs/readers.md: what each parser, reader and calendar program finds in real documents.

To write the table, run `pytest --bless tests/interop/test_reader_table.py`, and read the diff.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from support import as_shown, site
from support.needs import ROOT
from support.previews import previewed_folder
from support.readings import PROGRAMS, Reading, Source
from topicfeeds import Article, Event, publish, select
from topicfeeds.registry import FEED_FORMATS
from topicfeeds.text.plain_text import write_plain_text
from topicfeeds.text.urls import to_uri

PAGE = ROOT / "docs" / "readers.md"
FIELDS = ("ids", "titles", "links", "dates", "bodies", "pictures")
TITLES = {"atom": "Atom", "rss": "RSS", "json": "JSON Feed", "ics": "iCalendar"}
SITE = site(feeds_url="https://www.example.org/feeds/", timezone="Europe/Brussels", feeds={"formats": list(TITLES)})
ITEMS = [
    Article.model_validate(
        {
            "id": "homes",
            "title": "Homes & gardens – “fast” 住宅",
            "link": "https://www.example.org/straße?a=1&b=2",
            "published": "2026-03-01T10:00:00+01:00",
            "summary": "Short",
            "content": '<p>First <b>bold</b> &amp; <a href="/x">link</a> 1 &lt; 2.</p><ul><li>One</li></ul>',
            "image": {"url": "https://www.example.org/homes.jpg", "alt": "A picture"},
        }
    ),
    Article.model_validate(
        {
            "id": "https://www.example.org/items/2",
            "title": "Boats",
            "link": "https://www.example.org/boats",
            "published": "2026-03-02",
            "content": "<p>Text</p>",
            "image": {"url": "https://www.example.org/boats.png", "alt": "A picture"},
        }
    ),
    Event.model_validate(
        {
            "id": "fair",
            "title": "Fair",
            "link": "https://www.example.org/fair",
            "published": "2026-02-02",
            "start": "2026-05-09T10:00:00",
            "end": "2026-05-09T12:00:00",
            "location": "Park",
            "content": "<p>Come, all; bring<br>cake.</p>",
            "image": {"url": "https://www.example.org/fair.png", "alt": "A picture"},
        }
    ),
]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The folder with all formats, and the address where it is served."""
    folder = tmp_path_factory.mktemp("published")
    publish(SITE, ITEMS, folder)
    with previewed_folder(folder) as port:
        yield folder, f"http://127.0.0.1:{port}/"


def wanted(form: str) -> list[Reading]:
    """Give what the items say."""
    feed = select(SITE, ITEMS)["all"]
    if form == "ics":
        event = ITEMS[2]
        assert isinstance(event, Event)
        return [
            Reading(
                one.id,
                "Fair",
                one.link,
                1778313600,
                write_plain_text(event.content or ""),
                one.image,
            )
            for one in feed.calendar or ()
        ]
    return [
        Reading(
            one.id,
            one.title,
            to_uri(one.link),
            int(one.published.timestamp()),
            one.content,
            one.image,
        )
        for one in as_shown(feed)
    ]


def words(html: str | None) -> str | None:
    """Give the words of a body: some programs write its tags anew, or give text instead."""
    return None if html is None else " ".join(unescape(re.sub("<[^>]*>", " ", html)).split())


def compare(found: list[Reading], given: list[Reading]) -> list[str]:
    """Name what is equal."""
    if len(found) != len(given):
        return []
    pairs = list(zip(sorted(found, key=str), sorted(given, key=str), strict=True))
    return ["entries"] + [
        name for n, name in enumerate(FIELDS) if all(words(str(a[n])) == words(str(b[n])) for a, b in pairs)
    ]


@pytest.fixture(scope="module")
def equal(published: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], list[str]]:
    """What each program finds as the items have it, by program and format."""
    folder, address = published
    found = {}
    for name, (read, formats) in PROGRAMS.items():
        for form in formats.split():
            file = f"all{FEED_FORMATS[form].suffix}"
            source = Source(folder / file, address + file, tmp_path_factory.mktemp("home"))
            found[name, form] = compare(list(read(source)), wanted(form))
    return found


@pytest.mark.parametrize("form", TITLES)
def test_the_items_have_every_field(form: str) -> None:
    assert [value for reading in wanted(form) for value in reading if not value] == []


def test_every_program_finds_every_entry_with_id_title_link_and_date(
    equal: dict[tuple[str, str], list[str]],
) -> None:
    least = {"entries", "ids", "titles", "links", "dates"}
    assert {key: least - set(names) for key, names in equal.items() if not least <= set(names)} == {}


def test_the_page_has_the_table(equal: dict[tuple[str, str], list[str]], bless: bool) -> None:
    rows = [["", *TITLES.values()], ["---"] * (len(TITLES) + 1)]
    rows += [[name, *(cell(equal.get((name, form))) for form in TITLES)] for name in PROGRAMS]
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows).replace("|  |", "| |")
    page = PAGE.read_text("utf-8")
    start, end = "<!-- table -->\n", "<!-- end of the table -->\n"
    made = page.partition(start)[0] + start + table + end + page.partition(end)[2]
    if bless:
        PAGE.write_text(made, "utf-8")
    assert page == made or bless


def cell(names: list[str] | None) -> str:
    if names is None:
        return "–"
    gone = [name for name in FIELDS if name not in names]
    return f"everything but {' and '.join(gone)}" if gone else "everything"
