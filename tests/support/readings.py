"""What parsers, readers and calendar programs find in documents: one function for each, all with the same result."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
from calendar import timegm
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime
from mailbox import Maildir
from pathlib import Path
from typing import Any, NamedTuple

from support.needs import ROOT, missing, program
from support.readers_of_feeds import Library, Newsboat, Rss2email, Sfeed, run


class Reading(NamedTuple):
    """What a program finds of an entry. None: it has no such field."""

    id: str | None
    title: str | None
    link: str | None
    date: int | None
    """Seconds since 1970."""
    body: str | None
    picture: str | None


class Source(NamedTuple):
    """A document: its file, its address, and an empty folder for the program that loads it."""

    path: Path
    url: str
    home: Path


Read = Callable[[Source], Iterable[Reading]]


def with_feedparser(source: Source) -> Iterator[Reading]:
    import feedparser

    for one in feedparser.parse(source.path.read_bytes()).entries:
        body = one.content[0].value if "content" in one else one.get("summary")
        pictures = [thumbnail["url"] for thumbnail in one.get("media_thumbnail", [])]
        yield Reading(one.id, one.title, one.link, timegm(one.published_parsed), body, next(iter(pictures), None))


def with_fastfeedparser(source: Source) -> Iterator[Reading]:
    import fastfeedparser

    for one in fastfeedparser.parse(source.path.read_text("utf-8")).entries:
        pictures = [media["url"] for media in one.get("media_content") or []] + [one.get("image")]
        yield Reading(one.id, one.title, one.link, _seconds(one.published), one.content[0]["value"], pictures[0])


def with_reader(source: Source) -> Iterator[Reading]:
    library = Library(source.url, source.home)
    library.news()
    with library._open() as reader:
        for one in reader.get_entries():
            body = one.content[0].value if one.content else one.summary
            date = int(one.published.timestamp()) if one.published else None
            yield Reading(one.id, one.title, one.link, date, body, None)


def with_newsboat(source: Source) -> Iterator[Reading]:
    newsboat = Newsboat(source.url, source.home)
    newsboat.news()
    with closing(sqlite3.connect(source.home / "cache.db")) as database:
        for row in database.execute("select guid, title, url, pubDate, content from rss_item").fetchall():
            name, title, link, date, body = row
            yield Reading(name, title, link, date, body, None)


def with_sfeed(source: Source) -> Iterator[Reading]:
    sfeed = Sfeed(source.url, source.home)
    sfeed.news()
    for line in (source.home / "lines").read_text("utf-8").splitlines():
        date, title, link, content, _, name, *_ = line.split("\t")
        body = content.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\")
        yield Reading(name, title, link, int(date), body, None)


def with_rss2email(source: Source) -> Iterator[Reading]:
    Rss2email(source.url, source.home)
    config = source.home / "config"
    config.write_text(re.sub("(html-mail|date-header) = False", r"\1 = True", config.read_text()))
    run("r2e", "-c", "config", "-d", "data", "run", home=source.home)
    for mail in Maildir(source.home / "mail"):
        content: Any = mail.get_payload(decode=True)
        page = content.decode("utf-8")
        body = page.partition('<div id="body">')[2].partition('<div class="footer">')[0]
        date = int(parsedate_to_datetime(mail["Date"]).timestamp())
        title = str(make_header(decode_header(mail["Subject"])))
        yield Reading(mail["X-RSS-ID"], title, mail["X-RSS-URL"], date, body, None)


def with_node(library: str) -> Read:
    """Read with a library of JavaScript."""

    def read(source: Source) -> Iterator[Reading]:
        node = program("node", "nodejs")
        if not (ROOT / "node_modules" / library).exists():
            missing(f"{library} (npm install --no-save {library})")
        script = ROOT / "tests" / "support" / "feeds.mjs"
        done = subprocess.run([node, script, library, source.path], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        for one in json.loads(done.stdout):
            date = _seconds(one["date"]) if one.get("date") else None
            yield Reading(one.get("id"), one["title"], one["link"], date, one.get("body"), one.get("picture"))

    return read


def with_icalendar(source: Source) -> Iterator[Reading]:
    from icalendar import Calendar

    events: Any = Calendar.from_ical(source.path.read_bytes()).walk("VEVENT")
    for one in events:
        texts = [str(one[name]) if name in one else None for name in ("UID", "SUMMARY", "URL", "DESCRIPTION", "IMAGE")]
        yield Reading(texts[0], texts[1], texts[2], int(one["DTSTART"].dt.timestamp()), texts[3], texts[4])


def with_vobject(source: Source) -> Iterator[Reading]:
    import vobject

    for one in vobject.readOne(source.path.read_text("utf-8")).vevent_list:
        names = ("uid", "summary", "url", "description", "image")
        texts = [getattr(one, name).value if hasattr(one, name) else None for name in names]
        yield Reading(texts[0], texts[1], texts[2], int(one.dtstart.value.timestamp()), texts[3], texts[4])


def _seconds(text: str) -> int:
    try:
        return int(datetime.fromisoformat(text).astimezone(UTC).timestamp())
    except ValueError:
        return int(parsedate_to_datetime(text).timestamp())


PROGRAMS: dict[str, tuple[Read, str]] = {
    "feedparser": (with_feedparser, "atom rss"),
    "fastfeedparser": (with_fastfeedparser, "atom rss json"),
    "lemon24/reader": (with_reader, "atom rss json"),
    "newsboat": (with_newsboat, "atom rss"),
    "sfeed": (with_sfeed, "atom rss"),
    "rss2email": (with_rss2email, "atom rss"),
    "feedsmith": (with_node("feedsmith"), "atom rss json"),
    "rss-parser": (with_node("rss-parser"), "atom rss"),
    "htmlparser2": (with_node("htmlparser2"), "atom rss"),
    "ical.js": (with_node("ical.js"), "ics"),
    "icalendar": (with_icalendar, "ics"),
    "vobject": (with_vobject, "ics"),
}
"""Each program, with the formats that it reads."""
