"""Feeds are read as their specifications say, and as other programs write them."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from support import command
from support.reading import everything, found, told
from topicfeeds import Problem
from topicfeeds.sources.model import Draft, Record

GOOD = "<title>A</title><pubDate>Tue, 03 Mar 2026 08:30:00 GMT</pubDate>"
NAMESPACES = " ".join(
    f'xmlns:{prefix}="{name}"'
    for prefix, name in {
        "content": "http://purl.org/rss/1.0/modules/content/",
        "dc": "http://purl.org/dc/elements/1.1/",
        "media": "http://search.yahoo.com/mrss/",
        "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
        "atom": "http://www.w3.org/2005/Atom",
        "ev": "http://purl.org/rss/1.0/modules/event/",
        "georss": "http://www.georss.org/georss",
    }.items()
)


def rss(items: str, head: str = "<link>https://e.org/</link>") -> str:
    return f'<?xml version="1.0"?>\n<rss version="2.0" {NAMESPACES}><channel>{head}{items}</channel></rss>'


def atom(entry: str, attributes: str = "", head: str = "") -> str:
    entry = f"<entry><updated>2026-03-03T08:30:00Z</updated>{entry}</entry>"
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}>{head}{entry}</feed>'


def test_drafts_of_rfc_5023_and_of_blogger_are_left_out_and_comments_are_skipped(tmp_path: Path) -> None:
    marks = [
        "<app:control><app:draft>no</app:draft></app:control><blogger:status>LIVE</blogger:status>",
        "<app:control><app:draft>yes</app:draft></app:control>",
        "<blogger:type>POST</blogger:type><blogger:status>SOFT_TRASHED</blogger:status>",
        "<blogger:type>COMMENT</blogger:type><blogger:status>LIVE</blogger:status>",
    ]
    between = "</entry><entry><updated>2026-03-03T08:30:00Z</updated>"
    rows = between.join(f"<id>tag:b.test:{n}</id><title>{n}</title>{mark}" for n, mark in enumerate(marks))
    spaces = 'xmlns:app="http://www.w3.org/2007/app" xmlns:blogger="http://schemas.google.com/blogger/2018"'
    got = everything(tmp_path, "a.xml", atom(rows, spaces), format="feed")
    assert [one.item.id for one in got if isinstance(one, Record)] == ["tag:b.test:0"]
    assert [(one.identity, one.reason) for one in got if isinstance(one, Draft)] == [
        (("tag:b.test:1", None), "app:draft: yes"),
        (("tag:b.test:2", None), "status: SOFT_TRASHED"),
    ]
    assert [one.message for one in got if isinstance(one, Problem)] == ["skips 1 comment (only posts are read)"]
    got = everything(tmp_path, "a.xml", atom(rows, spaces), format="feed", drafts=True)
    assert [one.item.id for one in got if isinstance(one, Record)] == ["tag:b.test:0", "tag:b.test:1"]
    assert [one.reason for one in got if isinstance(one, Draft)] == ["status: SOFT_TRASHED"]  # deleted is no draft


def one(folder: Path, text: str | bytes) -> dict[str, Any]:
    """Return the fields of the only item of a feed, without its title and date."""
    assert told(folder, "a.rss", text) == []
    [record] = found(folder, "a.rss")
    fields = record.item.model_dump(mode="json", exclude_defaults=True)
    return {name: value for name, value in fields.items() if name not in ("title", "published", "updated")}


@pytest.mark.parametrize(
    ("text", "published"),
    [
        ("Tue, 03 Mar 2026 08:30:00 GMT", datetime(2026, 3, 3, 8, 30, tzinfo=UTC)),
        ("Tue, 03 Mar 2026 08:30:00 UT", datetime(2026, 3, 3, 8, 30, tzinfo=UTC)),
        ("3 Mar 26 08:30 -0000", datetime(2026, 3, 3, 8, 30, tzinfo=UTC)),
        ("Tue, 03 Mar 2026 08:30:00 EST", datetime(2026, 3, 3, 13, 30, tzinfo=UTC)),
        ("Tue, 03 Mar 2026 08:30:00 CET", datetime(2026, 3, 3, 7, 30, tzinfo=UTC)),
        ("Tue, 3 Mar 2026 08:30:00 +0530", datetime(2026, 3, 3, 8, 30, tzinfo=timezone(timedelta(hours=5.5)))),
        ("Tue, 03 Mar 2026 08:30:00", datetime(2026, 3, 3, 8, 30)),
        ("2026-03-03T08:30:00Z", datetime(2026, 3, 3, 8, 30, tzinfo=UTC)),
    ],
)
def test_dates_are_those_of_rfc_822_or_iso_8601(tmp_path: Path, text: str, published: datetime) -> None:
    [record] = found(tmp_path, "a.rss", rss(f"<item><title>A</title><pubDate>{text}</pubDate></item>"))
    assert record.item.published == published


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "Wed, 03 Mar 2026 08:30:00 GMT",
            "has the wrong day of the week (correct it in the program that writes the feed)",
        ),
        ("Tue, 31 Feb 2026 08:30:00 GMT", "is not a valid date (correct it in the program that writes the feed)"),
        ("Tue, 03 Mar 2026 08:30:00 +9959", "is not a valid date (correct it in the program that writes the feed)"),
        ("Tue, 03 Mar 2026 08:30:00 BST", "has an unknown time zone (write an offset such as +0100)"),
        (
            "03/04/2026",
            "is not a date in ISO 8601 (write 2026-03-01 or 2026-03-01T14:30, or set date_format in [[sources]], such "
            'as "%d/%m/%Y")',
        ),
    ],
)
def test_dates_are_never_guessed(tmp_path: Path, text: str, message: str) -> None:
    items = f"\n<item><title>A</title><pubDate>{text}</pubDate></item>"
    assert told(tmp_path, "a.rss", rss(items)) == [f'refused a.rss:3: published: "{text}" {message}']


def test_a_wrong_date_in_a_feed_on_one_line_names_its_item(tmp_path: Path) -> None:
    wrong = "<title>B</title><pubDate>Wed, 03 Mar 2026 08:30:00 GMT</pubDate>"
    undated = "<title>C</title>"
    items = "".join(f"<item><guid>{one}</guid>{one}</item>" for one in (GOOD, wrong, wrong.replace("B", "D"), undated))
    day = 'published: "Wed, 03 Mar 2026 08:30:00 GMT" has the wrong day of the week'
    advice = "(correct it in the program that writes the feed)"
    assert told(tmp_path, "a.rss", rss(items)) == [
        f'refused a.rss:2: item 2 ("B"): {day} {advice}',
        f'refused a.rss:2: item 3 ("D"): {day} {advice}',
        'refused a.rss:2: item 4 ("C"): published: is missing (add a date such as 2026-03-01)',
    ]


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("AT&amp;T", "AT&T"),
        ("Arts &amp;amp; Crafts", "Arts & Crafts"),
        ("&lt;b&gt;Bold&lt;/b&gt; move", "Bold move"),
        ("<![CDATA[1 < 2 & 3]]>", "1 < 2 & 3"),
        ("<![CDATA[<x> is a tag]]>", "<x> is a tag"),
        ("Line\n  break", "Line break"),
    ],
)
def test_titles_of_rss_are_html_if_they_look_like_it(tmp_path: Path, title: str, plain: str) -> None:
    [record] = found(tmp_path, "a.rss", rss(f"<item>{GOOD.replace('A</', title + '</')}</item>"))
    assert " ".join(record.item.title.split()) == plain


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("<title>A &amp;amp; B</title>", "A &amp; B"),
        ('<title type="html">A &amp;amp; &lt;b>B&lt;/b></title>', "A & B"),
        ('<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">A <b>B</b></div></title>', "A B"),
    ],
)
def test_titles_of_atom_are_what_their_type_says(tmp_path: Path, title: str, plain: str) -> None:
    [record] = found(tmp_path, "a.atom", atom(title))
    assert record.item.title == plain


@pytest.mark.parametrize(
    ("elements", "fields"),
    [
        ("<guid>https://e.org/1</guid>", {"id": "https://e.org/1", "link": "https://e.org/1"}),
        ('<guid isPermaLink="false">17</guid>', {"id": "17"}),
        ("<link>/a</link>", {"link": "https://e.org/a"}),
        ('<atom:link href="https://e.org/b"/>', {"link": "https://e.org/b"}),
        ("<author>ana@e.org (Ana Ruiz)</author>", {"authors": [{"name": "Ana Ruiz", "email": "ana@e.org"}]}),
        ("<author>Ana</author>", {"authors": [{"name": "Ana"}]}),
        ("<dc:creator>Ana</dc:creator><author>x@e.org</author>", {"authors": [{"name": "Ana"}]}),
        ("<dc:creator><![CDATA[Ana &amp; Co]]></dc:creator>", {"authors": [{"name": "Ana & Co"}]}),
        ('<source url="https://o.org/f">Other</source>', {"authors": [{"name": "Other"}]}),
        (
            "<category>a</category><category>a</category><dc:subject>B &amp;amp; C</dc:subject>",
            {"tags": ["a", "B & C"]},
        ),
        ("<description>Plain &amp;amp; short</description>", {"summary": "Plain & short"}),
        ("<description>&lt;p>Rich&lt;/p></description>", {"content": "<p>Rich</p>"}),
        (
            "<description>Film &lt;iframe src='https://e.example/'>&lt;/iframe></description>",
            {"content": "Film <iframe src='https://e.example/'></iframe>"},
        ),
        ("<content:encoded>&lt;p>A&lt;/p></content:encoded><description>A</description>", {"content": "<p>A</p>"}),
        (
            "<content:encoded>&lt;p>A&lt;/p></content:encoded><description>B</description>",
            {"content": "<p>A</p>", "summary": "B"},
        ),
        (
            '<enclosure url="/a.mp3" type="audio/mpeg" length="0"/>',
            {"enclosures": [{"url": "https://e.org/a.mp3", "type": "audio/mpeg"}]},
        ),
        (
            '<enclosure url="https://e.org/a.pdf"/>',
            {"enclosures": [{"url": "https://e.org/a.pdf", "type": "application/pdf"}]},
        ),
        (
            '<media:group><media:content url="https://e.org/v.mp4" type="video/mp4" fileSize="9"/>'
            '<media:thumbnail url="/t.png"/></media:group>',
            {
                "image": "https://e.org/t.png",
                "enclosures": [{"url": "https://e.org/v.mp4", "type": "video/mp4", "length": 9}],
            },
        ),
        ('<itunes:image href="https://e.org/i.png"/>', {"image": "https://e.org/i.png"}),
        ("<dc:language>fr</dc:language>", {"language": "fr"}),
        (
            "<ev:startdate>2026-05-01</ev:startdate><ev:enddate>2026-05-02</ev:enddate><ev:location>Hall</ev:location>"
            "<georss:point>50 4</georss:point>",
            {
                "start": "2026-05-01",
                "end": "2026-05-02",
                "location": {"name": "Hall", "latitude": 50.0, "longitude": 4.0},
            },
        ),
    ],
)
def test_elements_of_rss_become_fields(tmp_path: Path, elements: str, fields: dict[str, Any]) -> None:
    assert one(tmp_path, rss(f"<item>{GOOD}{elements}</item>")) == fields


@pytest.mark.parametrize(
    ("elements", "fields"),
    [
        (
            "<author><name>Ana</name><uri>https://ana.org</uri></author>",
            {"authors": [{"name": "Ana", "url": "https://ana.org"}]},
        ),
        ("<source><title>Other</title><author><name>Eve</name></author></source>", {"authors": [{"name": "Eve"}]}),
        ("<source><title>Other</title></source>", {"authors": [{"name": "Other"}]}),
        ('<category term="a"/><category term="b" label="B b"/>', {"tags": ["a", "B b"]}),
        ("<content>1 &lt; 2\n\nb</content>", {"content": "<p>1 &lt; 2</p>\n<p>b</p>"}),
        ('<content type="html">&lt;img src="a.png"></content>', {"content": '<img src="https://e.org/x/a.png">'}),
        (
            '<link href="b"/><link rel="enclosure" href="c.mp3"/>',
            {"link": "https://e.org/x/b", "enclosures": [{"url": "https://e.org/x/c.mp3", "type": "audio/mpeg"}]},
        ),
    ],
)
def test_elements_of_atom_become_fields(tmp_path: Path, elements: str, fields: dict[str, Any]) -> None:
    text = atom(f"<title>A</title>{elements}", 'xml:base="https://e.org/x/" xml:lang="de"')
    assert one(tmp_path, text) == {"language": "de", **fields}


def test_an_element_whose_prefix_is_not_declared_is_not_read(tmp_path: Path) -> None:
    [line] = told(tmp_path, "a.rss", rss(f"<item>{GOOD}<x:a>b</x:a></item>"))
    assert "is not well-formed XML: Namespace prefix x on a is not defined" in line


def test_an_entry_without_an_author_is_from_its_feed(tmp_path: Path) -> None:
    assert one(tmp_path, rss(f"<item>{GOOD}</item>", "<title>Our blog</title>"))["authors"] == [{"name": "Our blog"}]


def test_rss_1_and_old_atom_are_read(tmp_path: Path) -> None:
    rdf = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>T</title><link>https://e.org/</link></channel>'
        '<item rdf:about="https://e.org/1"><title>A</title><link>https://e.org/1</link>'
        "<dc:date>2026-03-03T08:30:00Z</dc:date></item></rdf:RDF>"
    )
    fields = {"id": "https://e.org/1", "link": "https://e.org/1", "authors": [{"name": "T"}]}
    assert one(tmp_path, rdf) == fields
    old = (
        '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>T</title><entry><title>A</title>'
        "<id>tag:e.org,2026:1</id><issued>2026-03-03T08:30:00Z</issued></entry></feed>"
    )
    assert one(tmp_path, old) == {"id": "tag:e.org,2026:1", "authors": [{"name": "T"}]}


def test_a_short_post_without_a_title_gets_its_first_words(tmp_path: Path) -> None:
    item = "<item><pubDate>Tue, 03 Mar 2026 08:30:00 GMT</pubDate><description>{}</description></item>"
    short, long = "A short post.", "word " * 40
    records = found(tmp_path, "a.rss", rss(item.format(short) + item.format(long)))
    assert [record.item.title for record in records] == [short, "word " * 15 + "word…"]


def test_our_notices_are_skipped(tmp_path: Path) -> None:
    notice = "tag:example.org,2026:notice/0123456789abcdef0123"
    items = "".join(f"<item>{GOOD}<guid>{name}</guid></item>" for name in (notice, notice[:-1], "tag:e.org,2026:a"))
    assert [record.item.id for record in found(tmp_path, "a.rss", rss(items))] == [notice[:-1], "tag:e.org,2026:a"]


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16", "windows-1252"])
def test_the_encoding_is_the_declared_one(tmp_path: Path, encoding: str) -> None:
    item = f"<item>{GOOD}<category>Été</category></item>"
    text = f'<?xml version="1.0" encoding="{encoding}"?><rss><channel>{item}</channel></rss>'
    assert one(tmp_path, text.encode(encoding)) == {"tags": ["Été"]}


ENTITIES = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "x" * 10}">' for n in range(12))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"<!DOCTYPE rss [{ENTITIES}]>{rss('&a11;').partition('?>')[2]}", "declares entities"),
        ('<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/hostname">]><rss>&a;</rss>', "declares entities"),
        ('<!DOCTYPE rss [<!ENTITY % a SYSTEM "http://127.0.0.1/a"> %a;]><rss/>', "declares entities"),
        (rss("<item><title>A</title>")[:-16], "is not well-formed XML: "),
        (rss("&nbsp;"), "is not well-formed XML: Entity 'nbsp' not defined (check the program that writes the feed)"),
        (rss("<item>" + "<a>" * 300), "is not well-formed XML: Excessive depth"),
        (rss("<item>" + "<a/>" * 100_001 + "</item>"), "an entry has more than 100,000 elements (simplify this entry)"),
        (rss("<item/>" * 100_001), "has more than 100,000 entries (split the feed)"),
        ("<html><body/></html>", "is not a feed: it starts with <html> (expected rss, feed or RDF)"),
        ("{}", 'is not a JSON Feed: version does not contain jsonfeed.org (for other JSON, set format = "json")'),
        ("Hello", "is not well-formed XML: Start tag expected"),
        ("  ", "is empty"),
    ],
)
def test_a_file_that_is_no_feed_is_not_read(
    tmp_path: Path, text: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "socket", None)  # an attempt to connect would fail
    [line] = told(tmp_path, "a.rss", text)
    assert line.startswith("unreadable a.rss:")
    assert message in line


def test_a_json_feed_needs_its_version_and_keeps_its_lines(tmp_path: Path) -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "T",
        "items": [{"id": "1", "date_published": "2026-03-03"}],
    }
    assert told(tmp_path, "a.json", json.dumps(feed, indent=1), format="feed") == [
        "refused a.json:5: title: is missing (add it)"
    ]


def test_an_empty_item_of_a_json_feed_is_refused(tmp_path: Path) -> None:
    feed = '{"version": "https://jsonfeed.org/version/1", "items": [\n null]}'
    assert told(tmp_path, "a.json", feed, format="feed") == [
        "refused a.json:2: is an empty record (write an item in its place, or remove it)"
    ]


def test_an_empty_json_feed_has_no_items(tmp_path: Path) -> None:
    assert told(tmp_path, "a.json", '{"version": "https://jsonfeed.org/version/1", "items": []}', format="feed") == []


def test_the_command_says_how_to_read_xml_and_publishes_a_feed(tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_text(rss(f"<item>{GOOD}<category>sport</category></item>"), "utf-8")
    site = 'title = "Club"\nurl = "https://club.example.org/"\n[[sources]]\npath = "feed.xml"\n'
    (tmp_path / "topicfeeds.toml").write_text(site, "utf-8")
    run = command("build", cwd=tmp_path)
    assert run.code == 65
    assert 'set format = "feed" in [[sources]]' in run.err
    (tmp_path / "topicfeeds.toml").write_text(site + 'format = "feed"\n', "utf-8")
    run = command("build", cwd=tmp_path)
    assert (run.code, run.out) == (0, "all.atom.xml\nall.rss.xml\ntags/sport.atom.xml\ntags/sport.rss.xml\n")


def test_a_wordpress_post_without_a_date_in_utc_has_its_local_date(tmp_path: Path) -> None:
    export = (
        '<?xml version="1.0"?>\n<rss version="2.0" xmlns:wp="http://wordpress.org/export/1.2/"><channel>'
        "<link>https://e.org/</link><wp:wxr_version>1.2</wp:wxr_version><item><title>A</title>"
        '<guid isPermaLink="false">https://e.org/?p=1</guid><pubDate>Mon, 30 Nov -0001 00:00:00 +0000</pubDate>'
        "<wp:post_date>2026-03-03 08:30:00</wp:post_date><wp:post_date_gmt>0000-00-00 00:00:00</wp:post_date_gmt>"
        "<wp:post_type>post</wp:post_type><wp:status>publish</wp:status></item></channel></rss>"
    )
    assert told(tmp_path, "a.rss", export) == []
    [record] = found(tmp_path, "a.rss")
    assert record.item.published == datetime(2026, 3, 3, 8, 30)
