"""Throw bytes at the readers, the models and the sanitiser, guided by coverage (atheris, libFuzzer).

By hand, and never by pytest; one process works on one target until it is stopped or finds something:

    pip install -e '.[markdown]' atheris
    python tests/fuzz/fuzz.py TARGET [libFuzzer options] [corpus folder]
    python tests/fuzz/fuzz.py json -max_total_time=240 -print_final_stats=1 -artifact_prefix=/tmp/found-
    python tests/fuzz/fuzz.py json /tmp/found-crash-0123    # again what was found

Targets: csv, feed, ics, json, jsonl, listing, markdown, spreadsheet, toml, yaml
(bytes are a file: reader, records, build, render),
cells (bytes choose the rows of a spreadsheet: its own target opens a process for each input, and is slow),
item (bytes choose a mapping of all fields and values of all types that files have), clean (HTML).

Only `Unreadable`, SourceError and Problems may come out. A finding is any other exception, a document that expat
does not parse, a Problem that a line of a terminal cannot hold or whose line is not in the file, cleaned HTML that
changes when cleaned again or could act, and more than 2 seconds or 512 MiB for an input, which has 4 KiB at most.
Nothing is written but seeds into a temporary folder, and what libFuzzer writes of what it found.
"""

from __future__ import annotations

import re
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from datetime import time as clock
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from unittest.mock import patch
from xml.parsers import expat

import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]  # has no types, and CI may lack it

with atheris.instrument_imports(include=["topicfeeds", "tomllib"]):
    from topicfeeds.errors import Problem, SourceError
    from topicfeeds.formats import find_renderer
    from topicfeeds.models import Event, Item, Site, Source
    from topicfeeds.models.messages import validate_item
    from topicfeeds.registry import FEED_FORMATS, SOURCE_FORMATS
    from topicfeeds.run.calls import build
    from topicfeeds.sources._bytes import decode_file
    from topicfeeds.sources._raw import RawRecord, Unreadable, find_reader
    from topicfeeds.sources._validate import RecordValidator
    from topicfeeds.sources.model import FileContext, ItemLike
    from topicfeeds.text.characters import strip_forbidden
    from topicfeeds.text.html import nesting_depth, sanitize, to_plain_text

    for name in FEED_FORMATS:
        find_renderer(name)  # otherwise loaded later, and not instrumented
    for name in SOURCE_FORMATS:
        find_reader(name)

LARGEST = 4096
SECONDS = 2.0
KIBIBYTES = 512 * 1024
BASE = "https://www.example.org/news/"

SITE = Site(title="City Network", url="https://www.example.org/", timezone="Europe/Brussels")
DECLARED = Site.model_validate(
    {
        "title": "Rés & <Co>",
        "url": "https://www.example.org/",
        "feeds_url": "https://feeds.example.org/f",
        "author": {"name": "Desk (night)", "email": "desk@example.org"},
        "description": "A & B",
        "rights": "CC <BY>",
        "logo": "https://www.example.org/é.png",
        "topics": {"housing": {"title": "Housing", "url": "https://www.example.org/housing"}, "urban-gardens": {}},
        "tags": {"land": {"slug": "soil"}},
        "feeds": {"limit": 2},
        "feed": [{"slug": "mine", "title": "Mine", "tags": ["land"], "match": "none", "kinds": ["event"]}],
    }
)
PLAIN = Source(path="items")
MAPPED = Source(
    path="posts",
    fields={
        "id": "id",
        "title": "title.rendered",
        "link": "link",
        "summary": "excerpt.rendered",
        "content": "content",
        "published": "date",
        "start": "start",
        "tags": "terms.name",
        "location": "place",
    },
    defaults={"topics": ["housing"], "language": "en"},
    timezone="America/New_York",
    date_format="%d/%m/%Y %H:%M%z",
    html_fields=("title", "summary"),
    delimiter=";",
)
RICH = Source.model_validate(
    {
        "path": "posts",
        "fields": {
            "id": ["guid.rendered", "{id}-{slug}.{file.lang}"],
            "title": ["title.rendered", "title", "name"],
            "link": ["permalink", "/{date.year}/{date.month}/{slug}/", "link"],
            "image": ["image.url", "image.0", "image"],
            "published": ["created", "date", "file.date"],
            "start": ["{day} {from}", "start.dateTime", "start.date", "start"],
            "end": ["{day} {to}", "end.dateTime", "end.date", "end"],
            "timezone": "start.timeZone",
            "tags": ["relationships.tags.data.id", "_embedded.wp:term.0.name", "tags"],
            "topics": "categories",
            "location.name": ["location.name", "location"],
            "location.address": ["{location.address.street}, {location.address.city}", "location.address"],
            "organizer": "organizer",
            "enclosures": "files",
            "status": "status",
            "recurrence": "recurrence",
            "except": "except",
            "content": ["body.0.value", "body", "content"],
            "summary": "excerpt",
        },
        "only": {"type": ["", "event", "post"]},
        "skip": {"visibility": ["private"]},
        "values": {"tags": {"x": "", "1": "one"}, "all_day": {"ja": "true"}, "topics": {"": "none"}},
        "split": {"tags": [",", ";"], "topics": [" "]},
        "markup": {"content": "markdown", "tags": "html"},
        "date_format": {
            "published": ["iso", "unix", "%d. %B %Y"],
            "start": ["iso", "%d.%m.%Y %H:%M"],
            "end": "unix-ms",
        },
        "date_language": "de",
        "timezone": {"published": "UTC", "end": "W. Europe Standard Time", "start": "UTC+5"},
        "all_day": "allDay",
        "open_end": "open",
        "end_day": "exclusive",
        "lookup": {"tags": {"items": ["included", "item"], "key": "id", "value": ["attributes.name", "name"]}},
    }
)
EACH = Source(
    path="posts", fields={"id": "id", "title": "title", "start": "dates.start", "end": "dates.end"}, each=("dates",)
)
# Each input goes through all of its target's; the pairs differ in what readers and the later steps are told.
GIVEN: dict[str, list[tuple[Site, Source]]] = {
    name: [(SITE, PLAIN), (DECLARED, MAPPED), (SITE, RICH), (SITE, EACH)] for name in SOURCE_FORMATS
}
GIVEN["listing"] = [
    (SITE, Source(path="page", topics=["urban-gardens"], untitled="label")),
    (DECLARED, Source(path="page", untitled="skip", html_fields=("title",))),
]

SEEDS: dict[str, list[str]] = {
    "csv": [
        "id,title,published,start,tags,location.name,authors\n"
        'fair-2026,"Fair: homes, plots",2026-03-02,2026-05-09,land; homes,Town hall,A; B\n',
        "title,published,location,location.name,enclosures.url,content\r\nx,2026-03-02,y,z,u,<p>a\r\n",
        "id;title.rendered;link;date;terms.name;place.name\n1;A <b>x</b>;https://e.org/1;28/01/2026 09:30+0100;a;b\n",
    ],
    "feed": [
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media='
        '"http://search.yahoo.com/mrss/"><channel><title>t</title><link>https://e.org/</link><item><title>a &amp;amp;'
        '</title><guid isPermaLink="false">1</guid><pubDate>Tue, 03 Mar 2026 08:30:00 EST</pubDate><category>'
        '</category><description>&lt;p>d</description><enclosure url="a" length="0"/><media:thumbnail url="b"/></item>'
        "</channel></rss>",
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://e.org/" xml:lang="fr"><title>t</title><entry>'
        '<id>a</id><title type="html">b</title><updated>2026-03-03T08:30:00Z</updated><content type="xhtml"><div xmlns='
        '"http://www.w3.org/1999/xhtml"><a href="c">d</a></div></content><author><name>e</name></author></entry>'
        "</feed>",
        '{"version": "https://jsonfeed.org/version/1.1", "title": "t", "items": [{"id": 1, "content_text": "a\\n\\nb",'
        ' "date_published": "2026-03-03", "attachments": [{"url": "https://e.org/a", "mime_type": "a/b"}]'
        "}]}",
        '<rss xmlns:wp="http://wordpress.org/export/1.2/" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/">'
        "<channel><wp:author><wp:author_login>a</wp:author_login></wp:author><item><title>x</title><wp:post_type>post"
        "</wp:post_type><wp:status>publish</wp:status><wp:post_date_gmt>2026-03-03 08:30:00</wp:post_date_gmt>"
        "<wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key></wp:postmeta></item></channel></rss>",
    ],
    "ics": [
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//topicfeeds//\r\nX-WR-TIMEZONE:Europe/Brussels\r\nBEGIN:VEVENT\r\n"
        "UID:a\r\nSUMMARY:Fair\\, b\r\nDTSTART;TZID=Romance Standard Time:20260505T190000\r\nDURATION:PT1H\r\n"
        "RRULE:FREQ=WEEKLY;UNTIL=20261231\r\nEXDATE:20260512T170000Z\r\nGEO:50.8;4.3\r\nCREATED:20260101T000000Z\r\n"
        "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID:20260519T170000Z\r\nDTSTART:20260520T170000Z\r\n"
        "SUMMARY:Fa\r\n ir\r\nSTATUS:CANCELLED\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:x\nBEGIN:STANDARD\nDTSTART:16010101T030000\nTZOFFSETFROM:+0200\n"
        "TZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nEND:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT\n"
        'UID:b\nSUMMARY;LANGUAGE=de:x\nDTSTART;TZID="x":20260505T190000\nDTEND:20260505T200000Z\nRDATE:20260605T190000Z'
        "\nX-ALT-DESC;FMTTYPE=text/html:<p>a\nATTACH;FMTTYPE=image/png:https://e.org/a\nCLASS:PUBLIC\nEND:VEVENT\n"
        "BEGIN:VTODO\nEND:VTODO\nEND:VCALENDAR\n",
        "BEGIN:VCALENDAR\nMETHOD:CANCEL\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260505\nDTEND;VALUE=DATE:20260507\nSUMMARY:y"
        "\nORGANIZER;CN=A:mailto:a@e.org\nURL:https://e.org\nDESCRIPTION:a\\nb <b>c</b>\nEND:VEVENT\nEND:VCALENDAR",
    ],
    "json": [
        '[{"id": 12, "title": "x", "published": "2026-01-28", "tags": ["a", "b"], "start": "2026-05-06T10:00"}]',
        '{"version": 1, "items": [{"title": "x \\ud83d\\ude00 \\ud800", "published": "2026-01-28"}, {"a": 1, "a": 2}]}',
        '[{"id": 12, "title": {"rendered": "A &amp; <i>b</i>"}, "link": "https://e.org/?p=12", "date":'
        ' "28/01/2026 09:30+01:00", "terms": [{"name": "land"}, {"name": ["plots"]}], "excerpt": {"rendered": "x"}}]',
        '[{"id": "e", "name": "x", "created": "1767225600", "start": {"dateTime": "2026-05-06T18:00:00", "timeZone":'
        ' "Europe/Berlin"}, "end": {"date": "2026-05-07"}, "allDay": "ja", "tags": "a, b;c", "location": {"address": {'
        '"street": "a", "city": "b"}}, "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE:20260513T180000"],'
        ' "relationships": {"tags": {"data": [{"id": "t"}]}}, "included": [{"id": "t", "attributes": {"name": "n"}}]}]',
        '[{"id": 1, "title": "a", "dates": [{"start": "2026-05-06", "end": "2026-05-07"}, {"start": "2026-06-06"}],'
        ' "day": "06.05.2026", "from": "10:00", "image": ["a.png"], "status": "EventCancelled", "slug": "a b",'
        ' "by": [{"name": "A"}, {"name": "B", "url": "https://e.org"}], "terms": [{"group": "g", "name": "n"}]}]',
        '[{"title": "x", "published": "2026-01-28", "enclosures": [{"url": "https://e.org/a", "type": "audio/mpeg",'
        ' "length": "12"}], "authors": ["A", {"name": "B", "email": "b@e.org"}], "content": "<p>a<img src=b>"}]',
    ],
    "jsonl": [
        '{"id": "forum", "title": "Forum", "published": "2026-02-10", "start": "2026-05-06", "end": "2026-05-07",'
        ' "location": {"name": "House", "latitude": 5e1}, "topics": ["housing"]}\n\n{"title": "y", "end": null}\n',
        '\ufeff{"title": "x\\ud800", "published": "2026-02-10", "link": "https://é.example/ü?a b", "image": "http://[::1]"}\n',
    ],
    "yaml": [
        "- id: land\n  title: 'A land: bank'\n  published: 2026-02-17\n  content: <p>See <a href=\"/plots\">all</a>\n"
        "  topics: [housing]\n  authors: [Ines, {name: Tomas, email: t@e.org}]\n",
        "--- &a {title: x, tags: &t [a, b], published: 2026-02-17}\n---\n? title\n: |\n  y\nend: !!str 2026-02-17"
        "\ntags: *t\nstart: ~\n",
        "- {title: a\u2028b, published: 2026-02-17T25:00, timezone: Asia/Tokyo, start: 2026-03-29T02:30, k: , k: 2}",
    ],
    "spreadsheet": ["PK\x03\x04", "PK\x05\x06" + "\0" * 18],
    "cells": ["\x00" * 40, "\x01\x05\x09" * 50, "title published start " * 9, "\x7f\x10\x40" * 90],
    "toml": [
        '[[item]]\nid = "night"\ntitle = """\nNight"""\npublished = 2026-03-01\ntopics = ["housing"]\n'
        "[[item]]\ntitle = 'x'\npublished = 2026-03-01T10:00:00.5-07:00\nstart = 2026-03-01T01:00:00\nend = 10:00:00\n",
        '[[item]]\ntitle = "x" # y\npublished = 0001-01-01\nlocation = {name = "a", latitude = inf}\nauthors = [\n'
        '{name = "A"}, "B"]\nenclosures = [{url = "https://e.org/a", type = "a/b", length = 0xff}]\nid = 1e3\n',
        "[item]\ntitle = 1\n[item.location]\nname.x = nan\n",
    ],
    "markdown": [
        "---\nid: bikes\ntitle: Bikes\npublished: 2026-01-28\n---\n\nForty **per** <b>x\n\n|a|b|\n|-|-|\n|c|~~d~~|\n",
        '+++\ntitle = "x"\npublished = 2026-01-28\ntags = ["a"]\n+++\n[a](javascript:x) ![i](/b.png "t") <http://a.b>\n',
        "---\ndate: 28/01/2026 09:30+01:00\ntitle: {rendered: x}\n---   \r\n# a\n```\nb\n```\n&#1; <!-- c -->\n",
    ],
    "listing": [
        "urban gardens\n\nWho digs, who picks.\n\n  •  events\n  •  neighbours\n\nGardens open\n\nTwelve gates.\n"
        "\nstart date: 05-06-2026\nend date: 06-06-2026\n\n  •  soil\n\nA bed\n\nForty councils.\n\nNews\n\n"
        "publication date: 20-02-2026\n\nlast words\n",
        "Documents for x\n\nstart date: 05-06-2026\nend d\n\n• one two three four\npublication date: 31-02-2026\n\n"
        "x: 01-01-2026\n  •  a\n\nSTART DATE : 01-01-9999\n",
    ],
    "clean": [
        "<p>See <a href='/plots' title=\"x\" onclick=y>all</a> <img src=b.png alt=c> <script>d</script>",
        "<a href='java&#10;script:x'>a</a><a href=mailto:a@b.c>b</a><svg><style><img src=x onerror=y></style></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
        "<noscript><p title='</noscript><img src=x onerror=y>'>&#1;&#xfdd0;&#x80;\ufeff<video poster=a><source src=//b",
        "<p><b><i><p>x<p>y</b><table><tr><b>z<td><a href=http://é.org/\\x>q<a href='http://a@b'>r<pre>\n\n</pre>",
    ],
    "item": ["\x00", "\x01\x02\x03" * 30, "abcdefgh" * 60, "\x7f\x10\x40" * 90],
}

DATES = ["2026-03-01", "2026-03-01T14:30", "2026-03-29T02:30", "2026-10-25T02:30:60.5Z", "9998-12-31T23:59-14:00",
         "1000-01-01", "1000-01-01T00:00+14:00", "2026-02-30"]  # fmt: skip
LINKS = ["https://www.example.org/a?b=c#d", "http://[::1]:80/", "https://é.example/ü%zz", "https://a@b.c/", "HTTPS://X",
         "https://xn--a.b/", "https://1.2.3.4/", "https://a.b:99999/", "ftp://a.b/"]  # fmt: skip
LIKELY: dict[str, list[Any]] = {
    "kind": ["article", "event", "Event"],
    "id": ["a", "tag:a,2000:b", "https://a.b/c", 12, "urn:x:%41", "mailto:x"],
    "link": LINKS,
    "image": LINKS,
    "published": DATES,
    "updated": DATES,
    "start": DATES,
    "end": DATES,
    "content": ["<p>x</p>", "<a href=/b>c</a>", "<svg>", "&#1;", "<div>" * 300, "<p><b title=1>" * 30],
    "topics": [["housing"], ["a", "A"], "housing"],
    "topic": ["housing", "Été"],
    "tags": [["land", "C++"], ["\u202ea", "a"], [" ", "\x01"]],
    "authors": [["A", {"name": "B (c)", "email": "b@e.org", "url": "https://e.org"}], [{"name": "\x01"}]],
    "organizer": ["A", {"name": "B"}],
    "location": ["A", {"name": "B", "latitude": 91}, {"name": "C", "latitude": "1", "longitude": 2.5, "url": "https://e.org"}],
    "language": ["en", "pt-BR", "x"],
    "timezone": ["Europe/Brussels", "UTC", "../../etc/passwd", "Africa/Monrovia", "localtime"],
    "status": ["cancelled", "confirmed"],
    "enclosures": [
        [{"url": "https://e.org/a", "type": "audio/mpeg", "length": 3}],
        [{"url": "https://e.org/é", "type": "a/b; c", "title": "<x>"}, {"url": "https://e.org/", "type": "a/b"}],
    ],
}  # fmt: skip
FIELDS = [*Event.model_fields, "name", "email", "url", "Title", "", "kind.x"]


class Finding(AssertionError):
    """What may not be, where no other exception says so."""


def read(kind: str, content: bytes) -> None:
    """Read a file of a kind as the library does, and make feeds of it."""
    for site, source in GIVEN[kind]:
        found: list[ItemLike] = []
        try:
            form = SOURCE_FORMATS[kind]
            given = content if form.binary else decode_file(content)
            validator = RecordValidator(source, FileContext("file", kind))
            for one in find_reader(kind)(given, source, "file"):
                found += validator.validate(one) if isinstance(one, RawRecord) else (one,)
        except Unreadable as error:
            found.append(Problem("file", error.line, "", error.message, "unreadable"))
        last = len(re.findall(b"\r\n|\r|\n", content)) + 1
        for problem in make_feeds(site, found):
            if not 1 <= problem.line <= last:
                raise Finding(f"the file has {last} lines: {problem}")


def make_feeds(site: Site, found: list[Any]) -> list[Problem]:
    """Build and render; give the findings of the library."""
    problems: list[Problem] = []
    try:
        documents = build(site, found, problems=problems)
    except SourceError as error:
        _ = str(error)
        documents = []
    for problem in problems:
        if not str(problem).isprintable():
            raise Finding(f"cannot be printed: {problem!r}")
    for document in documents:
        well_formed(document.render())
    return problems


def well_formed(document: bytes) -> None:
    """Parse as feed readers do, with namespaces."""
    expat.ParserCreate(namespace_separator=" ").Parse(document, True)


def item(content: bytes) -> None:
    """Make a mapping of the bytes, and of that an item and feeds."""
    chooser = atheris.FuzzedDataProvider(content)
    found = [_record(chooser) for _ in range(chooser.ConsumeIntInRange(1, 3))]
    for record in found:
        if not isinstance(outcome := validate_item(record), Item):
            for place, sentence in outcome:
                _ = str(Problem("item", 1, "".join(map(str, place)), sentence))
    for site in (SITE, DECLARED):
        make_feeds(site, found)


def _record(chooser: Any) -> dict[str, Any]:
    record: dict[str, Any] = {"title": "x", "published": "2026-03-01"}
    for name in FIELDS:
        match chooser.ConsumeIntInRange(0, 7):
            case 0 | 1 | 2:
                if name in LIKELY:
                    record[name] = chooser.PickValueInList(LIKELY[name])
            case 3:
                record[name] = _value(chooser, 4)
    return record


def _value(chooser: Any, depth: int) -> Any:  # noqa: C901, PLR0911 - a table of cases
    match chooser.ConsumeIntInRange(0, 12 if depth else 9):
        case 0:
            return None
        case 1:
            return chooser.ConsumeBool()
        case 2:
            return chooser.ConsumeInt(8)
        case 3:
            return 10 ** chooser.ConsumeIntInRange(0, 6000)
        case 4:
            return chooser.ConsumeFloat()
        case 5:
            return chooser.PickValueInList([*DATES, *LINKS, "a@b.c", "a/b", "\ud800", "\ufdd0text", " "])
        case 6 | 7:
            return chooser.ConsumeUnicode(chooser.ConsumeIntInRange(0, 60))
        case 8:
            day = date.fromordinal(chooser.ConsumeIntInRange(1, date.max.toordinal()))
            return day if chooser.ConsumeBool() else datetime.combine(day, clock(23, 59, 59, 999999))
        case 9:
            zone = timezone(timedelta(minutes=chooser.ConsumeIntInRange(-1439, 1439)))
            return chooser.PickValueInList(
                [clock(1), datetime.min.replace(tzinfo=zone), datetime.max.replace(tzinfo=zone)]
            )
        case 10 | 11:
            return [_value(chooser, depth - 1) for _ in range(chooser.ConsumeIntInRange(0, 3))]
        case _:
            names = [*FIELDS, "latitude", "longitude", "address", "type", "length", "\ufdd0text"]
            return {
                chooser.PickValueInList(names): _value(chooser, depth - 1)
                for _ in range(chooser.ConsumeIntInRange(0, 5))
            }


def cells(content: bytes) -> None:
    """Make the rows of a sheet of the bytes, and read them."""
    chooser = atheris.FuzzedDataProvider(content)
    names = [*FIELDS, "day", "from", "to", "date", "location.name", "tags", "allDay", "status", ""]
    header = [chooser.PickValueInList(names) for _ in range(chooser.ConsumeIntInRange(1, 8))]
    rows = [[_cell(chooser) for _ in range(len(header) + 1)] for _ in range(chooser.ConsumeIntInRange(0, 3))]
    with patch("topicfeeds.sources.spreadsheet._read_rows", lambda *_: iter([header, *rows])):
        for site, source in GIVEN["spreadsheet"]:
            validator = RecordValidator(source, FileContext("file", "spreadsheet"))
            found: list[ItemLike] = []
            try:
                for one in find_reader("spreadsheet")(b"PK\x03\x04", source, "file"):
                    found += validator.validate(one) if isinstance(one, RawRecord) else (one,)
            except Unreadable as error:
                found = [Problem("file", error.line, "", error.message, "unreadable")]
            make_feeds(site, found)


def _cell(chooser: Any) -> Any:
    """Return one of the values that the process of spreadsheets gives."""
    match chooser.ConsumeIntInRange(0, 5):
        case 0:
            return ""
        case 1:
            return date.fromordinal(chooser.ConsumeIntInRange(1, date.max.toordinal()))
        case 2:
            day = date.fromordinal(chooser.ConsumeIntInRange(1, date.max.toordinal()))
            return datetime.combine(day, clock(chooser.ConsumeIntInRange(0, 23), 59))
        case 3:
            return clock(chooser.ConsumeIntInRange(0, 23), chooser.ConsumeIntInRange(0, 59))
        case 4:
            return chooser.PickValueInList([*DATES, *LINKS, "12", "true", "ja", "cancelled", "a; b", "1e400"])
        case _:
            return chooser.ConsumeUnicodeNoSurrogates(chooser.ConsumeIntInRange(0, 40))


def clean(content: bytes) -> None:
    """Sanitise as entries do: what is deeper than items may be is refused before."""
    fragment = content.decode("utf-8", "surrogateescape")  # half pairs come from Python only
    if nesting_depth(fragment) > 250:
        return
    once = sanitize(strip_forbidden(fragment), BASE)
    if (again := sanitize(once, BASE)) != once:
        raise Finding(f"changes when cleaned again: {once!r} {again!r}")
    if "<script" in once.lower():
        raise Finding(f"has a script: {once!r}")
    inspector = _Inspector()
    inspector.feed(once)
    inspector.close()
    well_formed(f"<x>{escape(once)}</x>".encode())
    well_formed(f"<x>{escape(strip_forbidden(to_plain_text(fragment)))}</x>".encode())


class _Inspector(HTMLParser):
    """Looks for what could act, with another parser than the one that cleaned."""

    addresses = frozenset({"action", "background", "cite", "data", "formaction", "href", "poster", "src", "srcset"})
    active = frozenset({"script", "style", "iframe", "object", "embed", "svg", "math", "base", "form", "link", "meta"})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.active:
            raise Finding(f"has <{tag}>")
        for name, value in attrs:
            if name.startswith("on") or name in ("style", "srcdoc", "class", "id"):
                raise Finding(f"has {name}={value!r} on <{tag}>")
            if name in self.addresses:
                scheme = re.match(r"[\x00-\x20]*([^:/?#]*):", value or "")
                seen = re.sub(r"[\x00-\x20]", "", scheme[1]).lower() if scheme else ""
                if seen not in ({"http", "https", "mailto", "tel"} if tag == "a" else {"http", "https"}):
                    raise Finding(f"has {name}={value!r} on <{tag}>")

    def handle_decl(self, decl: str) -> None:
        raise Finding(f"has <!{decl}>")

    def handle_pi(self, data: str) -> None:
        raise Finding(f"has <?{data}>")

    def handle_comment(self, data: str) -> None:
        raise Finding(f"has a comment: {data!r}")


def reader(kind: str) -> Callable[[bytes], None]:
    """Make the target of a kind of file."""
    return lambda content: read(kind, content)


TARGETS: dict[str, Callable[[bytes], None]] = {
    **{kind: reader(kind) for kind in SOURCE_FORMATS},
    "cells": cells,
    "item": item,
    "clean": clean,
}


def bounded(target: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """Watch over time (of this process: the machine may be busy) and memory of a target."""

    def run(content: bytes) -> None:
        before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
        target(content)
        seconds = time.process_time() - started
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        if len(content) <= LARGEST and (seconds > SECONDS or grown > KIBIBYTES):
            raise Finding(f"{len(content)} bytes took {seconds:.1f} s, {grown >> 10} MiB")

    return run


def options(given: list[str], seeds: str) -> Iterator[str]:
    """Complete the options; a file or folder of the caller's comes before the seeds, and gets what is new."""
    yield from given
    for name, value in (("max_len", LARGEST), ("timeout", 30), ("rss_limit_mb", 2048)):
        if not any(option.startswith(f"-{name}=") for option in given):
            yield f"-{name}={value}"
    if not any(Path(option).is_file() for option in given):
        yield seeds


def main() -> None:
    """Run the target that the first argument names."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"usage: fuzz.py {{{','.join(TARGETS)}}} [libFuzzer options] [corpus folder]")
    name = sys.argv.pop(1)
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(SEEDS[name]):
            (Path(folder) / f"seed-{number}").write_bytes(seed.encode())
        atheris.Setup([sys.argv[0], *options(sys.argv[1:], folder)], bounded(TARGETS[name]))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
