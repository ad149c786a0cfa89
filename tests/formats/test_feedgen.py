"""What feedgen 1.0.0 does wrong, by the numbers of `../shared/facts/feedgen.md`, tested on what we write with it.

To find a test, search "Trap 13". Readers' views are feedparser's. `test_rules` has the same assertion, on all
that the corpus makes, for the traps 2 (rule 31), 23 (rule 16), 24 (rule 34) and 27 (rule 22).

Traps without a test, as they cannot reach what we write: 4 and 5 (CDATA and remote content: rules 14 and 19
hold on all output), 6 and 7 (`textInput`, a described image and `sy:` are not written), 9 (no `source`),
12 (extensions are always on), 32 (bytes are asked for), 35 (no stylesheet is written).
"""

from __future__ import annotations

import json
import locale
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import feedparser
import pytest
from lxml import etree
from pydantic import ValidationError

from support import EXAMPLE, article, event, folder_feeds, site
from support.needs import ROOT
from topicfeeds import Article, Event, Feed, SourceError, publish, read, render, select
from topicfeeds.entries.model import sanitized_content
from topicfeeds.formats._templates import _entry_template

FORMATS = ("atom", "rss")
FILES: list[dict[str, Any]] = [
    {"url": "https://www.example.org/1.mp3", "type": "audio/mpeg", "length": 1234, "title": "Listen"},
    {"url": "https://www.example.org/1.pdf", "type": "application/pdf"},
]


def feed_of(*items: Article | Event, **fields: Any) -> Feed:
    """Select the feed of everything."""
    return select(site(**fields), items)["all"]


def seen(feed: Feed, form: str) -> Any:
    """Read a feed as a reader does."""
    found = feedparser.parse(render(feed, form))
    assert not found.bozo, found.get("bozo_exception")
    return found


def rendered(feeds: Iterable[Feed]) -> list[bytes]:
    """Render feeds in all formats."""
    return [render(feed, form) for feed in feeds for form in FORMATS]


# --- Wrong output -------------------------------------------------------------------------------------------------


def test_the_link_of_an_entry_is_its_page_and_its_files_are_enclosures() -> None:
    """Trap 1 (lkiesow/python-feedgen#135): the page became the mp3, and there were no enclosures."""
    [entry] = seen(feed_of(article(link="https://www.example.org/1", enclosures=FILES)), "atom").entries
    assert entry.link == "https://www.example.org/1"
    found = [(file.href, file.type, file.get("length"), file.get("title")) for file in entry.enclosures]
    assert found == [(f["url"], f["type"], str(f["length"]) if "length" in f else None, f.get("title")) for f in FILES]


@pytest.mark.parametrize("form", FORMATS)
def test_a_feed_names_itself_and_its_other_format(form: str) -> None:
    """Trap 3: only the first `self` link reached RSS."""
    found = seen(feed_of(article()), form).feed.links
    others = [link.href for link in found if link.rel == "alternate" and link.type != "text/html"]
    [other] = [name for name in FORMATS if name != form]
    assert others == [f"https://www.example.org/all.{other}.xml"]
    assert [link.href for link in found if link.rel == "self"] == [f"https://www.example.org/all.{form}.xml"]


@pytest.mark.parametrize("form", FORMATS)
def test_authors_need_no_mail_to_be_named(form: str) -> None:
    """Trap 8: RSS had entry authors with an address only, and no feed author at all."""
    persons = ["Ann", {"name": "Bea", "email": "bea@example.org"}]
    found = seen(feed_of(article(authors=persons), author="The office"), form)
    assert [author.name for author in found.entries[0].authors] == ["Ann", "Bea"]
    assert found.feed.author == "The office"


@pytest.mark.parametrize("item", [article(id=None), event(id=None)], ids=["article", "event"])
def test_an_item_without_an_id_has_a_guid_and_a_date_of_publication(item: Article | Event) -> None:
    """Trap 10: an item had no `guid` without an id, and no `pubDate` where it had an `updated` only."""
    feed = feed_of(item.model_copy(update={"updated": date(2026, 3, 2)}))
    [entry] = seen(feed, "rss").entries
    assert (entry.id, entry.published) == (feed.entries[0].id, "Sun, 01 Mar 2026 00:00:00 +0000")


@pytest.mark.parametrize(
    ("published", "zone", "atom", "rss"),
    [
        (date(1000, 1, 1), "UTC", "1000-01-01T00:00:00Z", "Wed, 01 Jan 1000 00:00:00 +0000"),
        (date(1850, 1, 1), "Europe/Brussels", "1850-01-01T00:00:00+00:17", "Mon, 31 Dec 1849 23:43:00 +0000"),
        (date(1850, 1, 1), "America/New_York", "1850-01-01T00:00:00-04:57", "Tue, 01 Jan 1850 04:57:00 +0000"),
        (
            datetime(2026, 3, 1, 9, 30, 15, 999999, timezone(timedelta(hours=5, minutes=30, seconds=15))),
            "UTC",
            "2026-03-01T09:30:15+05:30",
            "Sun, 01 Mar 2026 09:30:15 +0530",
        ),
    ],
)
def test_a_date_has_whole_seconds_and_an_offset_of_whole_minutes(
    published: date, zone: str, atom: str, rss: str
) -> None:
    """Trap 11: microseconds and seconds of offsets were printed, and early years with two digits."""
    feed = feed_of(article(published=published, timezone=zone))
    assert set(re.findall("<(?:updated|published)>(.*)</", render(feed, "atom").decode())) == {atom}
    assert set(re.findall("<(?:pubDate|lastBuildDate)>(.*)</", render(feed, "rss").decode())) == {rss}


@pytest.mark.parametrize("content", ["<p>Text</p>", None], ids=["with text", "without text"])
def test_rss_has_the_first_enclosure_and_links_to_the_others(content: str | None) -> None:
    """Trap 13: the last enclosure won, the others were lost."""
    [entry] = seen(feed_of(article(content=content, enclosures=FILES)), "rss").entries
    assert [(file.href, file.type, file.length) for file in entry.enclosures] == [
        (FILES[0]["url"], "audio/mpeg", "1234")
    ]
    assert f'<a href="{FILES[1]["url"]}"' in entry.description
    assert FILES[0]["url"] not in entry.description


def test_a_tag_shows_its_label_and_keeps_its_slug_for_atom() -> None:
    """Trap 14: RSS has the label, and has no place for the slug."""
    feed = feed_of(article(tags=["Knowledge Society"]))
    [atom], [rss] = (seen(feed, form).entries[0].tags for form in FORMATS)
    assert (atom.term, atom.label) == ("knowledge-society", "Knowledge Society")
    assert rss.term == "Knowledge Society"


# --- Output that changes by itself --------------------------------------------------------------------------------

PRINT_ALL = """
import sys
from support import EXAMPLE, folder_feeds
from topicfeeds import render
for feed in folder_feeds(EXAMPLE).values():
    for form in ("atom", "rss"):
        sys.stdout.buffer.write(render(feed, form))
"""


def in_another_process(program: str, **variables: str) -> bytes:
    """Run a program in a fresh interpreter."""
    paths = os.pathsep.join([str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths, **variables}
    arguments = [sys.executable, "-W", "error", "-c", program]
    return subprocess.run(arguments, env=environment, capture_output=True, check=True, timeout=60).stdout


def test_the_clock_is_not_asked() -> None:
    """Trap 15: everything said now, to the microsecond in Atom and to the second in RSS."""
    feeds = [*folder_feeds(EXAMPLE).values(), feed_of()]
    before, second = rendered(feeds), int(time.time())
    while int(time.time()) == second:
        time.sleep(0.01)
    assert rendered(feeds) == before


@pytest.mark.parametrize(("seed", "zone"), [("1", "Asia/Tokyo"), ("2", "America/New_York")])
def test_no_seed_and_no_zone_of_a_process_gets_in(seed: str, zone: str) -> None:
    """Trap 16: sets were written in the order of their hashes."""
    expected = b"".join(rendered(folder_feeds(EXAMPLE).values()))
    assert in_another_process(PRINT_ALL, PYTHONHASHSEED=seed, TZ=zone) == expected


def test_the_version_of_feedgen_is_not_published() -> None:
    """Trap 17: an upgrade would have changed all files."""
    for content in rendered([feed_of(article())]):
        assert re.findall(b"<generator.*", content) == [b"<generator>topicfeeds</generator>"]
        assert b"feedgen" not in content


# --- Text ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("text", ["AT&T", "Q&A; R&D", "literal &amp; here", "5 > 3 < 4", "]]>", "{{ x }} %s"])
def test_text_is_escaped_once(text: str, form: str) -> None:
    """Trap 18: titles, subtitles and rights have no type, so they are plain text."""
    item = article(title=text, authors=[text], tags=[text])
    root = etree.fromstring(render(feed_of(item, title=text, description=text, rights=text), form))
    names = {etree.QName(element).localname for element in root.iter() if text in (element.text, element.get("label"))}
    atom = {"title", "subtitle", "rights", "name", "category"}
    assert names == (atom if form == "atom" else {"title", "description", "copyright", "creator", "category"})


@pytest.mark.parametrize(
    ("fields", "description", "whole"),
    [
        ({"summary": "Ten & <more>"}, "Ten &amp; &lt;more&gt;", None),
        ({"content": "<p>Ten</p>"}, "<p>Ten</p>", None),
        ({"summary": "Ten & <more>", "content": "<p>Ten</p>"}, "Ten &amp; &lt;more&gt;", "<p>Ten</p>"),
        ({}, None, None),
    ],
    ids=["summary", "content", "both", "neither"],
)
def test_an_rss_description_is_html_whatever_it_is_made_of(
    fields: dict[str, str], description: str | None, whole: str | None
) -> None:
    """Trap 18: RSS ignores the type of a summary; with a content only, that is the description."""
    root = etree.fromstring(render(feed_of(article(**fields)), "rss"))
    assert root.findtext(".//item/description") == description
    assert root.findtext(".//item/{http://purl.org/rss/1.0/modules/content/}encoded") == whole


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("html", ["a<br>b", "a&nbsp;b", "<p>a<p>b", "a & b < c", "<b>a<i>b</b>c</i>", "&bogus;"])
def test_html_need_not_be_well_formed_xml(html: str, form: str) -> None:
    """Trap 19: as XHTML, such content stopped the whole feed."""
    feed = feed_of(article(content=html))
    [entry] = feed.entries
    texts = [element.text for element in etree.fromstring(render(feed, form)).iter("{*}content", "description")]
    assert texts[-1]
    assert texts[-1] == sanitized_content(entry)


BAD = pytest.mark.parametrize("character", ["\x01", "\ufffe"], ids=["C0", "U+FFFE"])
IN_ITEMS: dict[str, dict[str, Any]] = {
    "title": {"title": "a?b"},
    "summary": {"summary": "a?b"},
    "content": {"content": "<p>a?b</p>"},
    "tag": {"tags": ["a?b"]},
    "topic": {"topic": "a?b"},
    "author": {"authors": ["a?b"]},
    "mail": {"authors": [{"name": "Ann", "email": "a?b@example.org"}]},
    "id": {"id": "a?b"},
    "id that is an IRI": {"id": "urn:a?b"},
    "link": {"link": "https://www.example.org/a?b"},
    "title of a file": {"enclosures": [{"url": "https://www.example.org/1", "type": "a/b", "title": "a?b"}] * 2},
    "type of a file": {"enclosures": [{"url": "https://www.example.org/1", "type": "a/b; c=a?b"}]},
}
IN_SITES: dict[str, dict[str, Any]] = {
    "title": {"title": "a?b"},
    "description": {"description": "a?b"},
    "rights": {"rights": "a?b"},
    "author": {"author": "a?b"},
    "mail": {"author": {"name": "Ann", "email": "a?b@example.org"}},
    "title of a topic": {"topics": {"housing": {"title": "a?b"}}},
    "description of a topic": {"topics": {"housing": {"title": "Housing", "description": "a?b"}}},
    "title of a feed": {"feed": [{"slug": "one", "title": "a?b", "description": "a?b"}]},
}


def with_character(fields: dict[str, Any], character: str) -> dict[str, Any]:
    """Put a character where the question mark is."""
    changed: dict[str, Any] = json.loads(json.dumps(fields).replace("a?b", f"a{json.dumps(character)[1:-1]}b"))
    return changed


@BAD
@pytest.mark.parametrize("fields", IN_ITEMS.values(), ids=IN_ITEMS)
def test_a_bad_character_in_one_item_leaves_its_feed_readable(
    fields: dict[str, Any], character: str, tmp_path: Path
) -> None:
    """Trap 20: one bad title stopped the whole feed. The item is cleaned or refused; its neighbour is there."""
    record = {"id": "one", "title": "One", "published": "2026-03-01", **with_character(fields, character)}
    for content in with_neighbour(json.dumps(record) + "\n", tmp_path / "items.jsonl"):
        assert b">Two</title>" in content


def test_half_a_surrogate_pair_in_one_item_of_json_leaves_its_feed_readable(tmp_path: Path) -> None:
    """Trap 20: JSON can spell what UTF-8 cannot (RFC 8259, 8.2), and programs that cut texts do."""
    record = '{"id": "one", "title": "a\\ud83d", "published": "2026-03-01"}\n'
    for content in with_neighbour(record, tmp_path / "items.jsonl"):
        assert b">Two</title>" in content


def test_half_a_surrogate_pair_in_yaml_is_named_by_file_and_line(tmp_path: Path) -> None:
    """Trap 20: YAML itself forbids it (1.2, 5.7), so the file is unreadable."""
    record = '- {id: one, title: "a\\ud83d", published: 2026-03-01}\n'
    with pytest.raises(SourceError, match=r"^items\.yaml:1: "):
        with_neighbour(record, tmp_path / "items.yaml")


def with_neighbour(record: str, file: Path) -> list[bytes]:
    """Render the feed of everything of a record, and of a good one in a file beside it."""
    file.write_text(record)
    file.with_name("two.yaml").write_text("- {id: two, title: Two, published: 2026-03-01}\n")
    given = site(sources=[{"path": file.name}, {"path": "two.yaml"}])
    return rendered([select(given, read(given, file.parent), problems=[])["all"]])


@BAD
@pytest.mark.parametrize("fields", IN_SITES.values(), ids=IN_SITES)
def test_a_bad_character_in_a_site_is_refused_or_cleaned(fields: dict[str, Any], character: str) -> None:
    """Trap 20: and not found out by the file that cannot be written."""
    with suppress(ValidationError):
        feeds = select(site(**with_character(fields, character)), [article(topic="housing")])
        for content in rendered(feeds.values()):
            assert etree.fromstring(content) is not None


@pytest.mark.parametrize("form", FORMATS)
def test_what_ends_a_cdata_section_is_text_like_any_other(form: str) -> None:
    """Trap 21: and there are no CDATA sections at all."""
    feed = feed_of(article(summary="a ]]> b", content="<p>c ]]> d</p>"))
    assert b"CDATA" not in render(feed, form)
    [entry] = seen(feed, form).entries
    assert (entry.summary, entry.content[0].value) == (
        "a ]]> b" if form == "atom" else "a ]]&gt; b",
        "<p>c ]]&gt; d</p>",
    )


# --- Checks that feedgen leaves to us -----------------------------------------------------------------------------


def test_an_id_that_is_taken_gets_no_second_entry() -> None:
    """Trap 22: feedgen takes any id twice."""
    items = [article(id="one", title="First"), article(id="one", title="Second")]
    for content in rendered([select(site(), items, problems=[])["all"]]):
        assert [entry.title for entry in feedparser.parse(content).entries] == ["First"]


@pytest.mark.parametrize(
    "fields",
    [{"link": "news/1"}, {"link": "nonsense"}, {"title": " "}, {"title": "a\ud83d"}, {"language": "no idea"}],
)
def test_nonsense_does_not_come_as_far_as_a_feed(fields: dict[str, str]) -> None:
    """Trap 22: feedgen takes relative addresses, blank titles and any language."""
    with pytest.raises(ValidationError):
        article(**fields)


def test_rendering_leaves_a_feed_as_it_was() -> None:
    """Trap 25: dictionaries that feedgen was given had a `rel` afterwards."""
    feed = feed_of(article(enclosures=FILES, tags=["Land"], authors=["Ann"]))
    before = repr(feed)
    first = rendered([feed])
    assert repr(feed) == before
    assert rendered([feed]) == first


# --- Structure, threads, speed ------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
def test_the_newest_entry_is_the_first(form: str) -> None:
    """Trap 26: entries were put first, each before the last."""
    items = [article(id=f"{day}", title=f"{day}", published=date(2026, 3, day)) for day in (2, 3, 1)]
    assert [entry.title for entry in seen(feed_of(*items), form).entries] == ["3", "2", "1"]


@pytest.mark.parametrize(("form", "root", "element"), [("atom", b"feed", b"entry"), ("rss", b"rss", b"item")])
def test_an_entry_is_the_same_bytes_in_all_its_feeds(form: str, root: bytes, element: bytes) -> None:
    """Trap 28 and Trap 29: a second feed had the extensions of the first, undeclared on its root."""
    item = article(image="https://x.example/1.jpg", language="fr", authors=["Ann"], tags=["Land"], topic="housing")
    documents = [render(feed, form) for feed in select(site(), [item]).values()]
    assert len(documents) == 3
    assert len({tuple(re.findall(b"<%b>.*</%b>" % (element, element), each, re.DOTALL)) for each in documents}) == 1
    assert [re.findall(rb"<(\S+)[^<>]* xmlns", each) for each in documents] == [[root]] * 3


def test_the_locale_of_the_process_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trap 30: each date of RSS switched the locale of all threads, and could leave it at C."""
    feeds = list(folder_feeds(EXAMPLE).values())
    expected = rendered(feeds)

    def forbidden(category: int, name: str | Sequence[str] | None = None) -> str:
        raise AssertionError(f"a thread asked for the locale {category} {name}")

    monkeypatch.setattr(locale, "setlocale", forbidden)
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(rendered, [feeds] * 4)) == [expected] * 4


@pytest.mark.parametrize("module", ["topicfeeds.formats._feedgen", "topicfeeds.formats.rss", "topicfeeds.formats.atom"])
def test_a_fresh_interpreter_may_import_any_module_first(module: str) -> None:
    """Trap 31: `feedgen.util` uses `lxml.etree` without importing it."""
    assert in_another_process(f"import {module}; print({module}.__name__)").decode().strip() == module


def test_a_file_is_replaced_not_written_over(tmp_path: Path) -> None:
    """Trap 33: a reader that came in the middle of a run got half a file."""
    publish(site(), [article(title="Old")], tmp_path)
    with (tmp_path / "all.rss.xml").open("rb") as opened:
        publish(site(), [article(title="New")], tmp_path)
        assert b"<title>Old</title>" in opened.read()
    assert b"<title>New</title>" in (tmp_path / "all.rss.xml").read_bytes()


@pytest.mark.parametrize(
    ("field", "most", "made"),
    [
        ("tags", 200, "tag {}".format),
        ("authors", 400, "Ann {}".format),
        ("enclosures", 48, lambda n: {"url": f"https://x.example/{n}", "type": "audio/mpeg"}),
    ],
)
def test_many_of_an_entry_cost_no_more_each_than_few(field: str, most: int, made: Callable[[int], object]) -> None:
    """Trap 34: added one by one, 4000 take seconds."""
    few, many = (calls(feed_of(article(**{field: [made(n) for n in range(count)]}))) for count in (most // 4, most))
    assert many < 5 * few


def test_forms_of_entries_that_are_like_no_other_are_not_kept() -> None:
    before = _entry_template.cache_info().currsize
    feeds = [feed_of(article(enclosures=[FILES[0]] * (count + 49))) for count in range(2)]
    assert [len(seen(feed, "atom").entries[0].enclosures) for feed in feeds] == [49, 50]
    assert _entry_template.cache_info().currsize == before


def calls(feed: Feed) -> int:
    """Count the calls of functions that it takes to render a feed whose form was never seen."""
    count = 0

    def called(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event.endswith("call")

    _entry_template.cache_clear()
    sys.setprofile(called)
    try:
        rendered([feed])
    finally:
        sys.setprofile(None)
    return count


def test_an_entry_in_another_language_says_so() -> None:
    """Trap 36: feedgen has no language of entries."""
    feed = feed_of(article(language="fr"))
    assert seen(feed, "atom").entries[0].title_detail.language == "fr"
    assert seen(feed, "rss").entries[0].language == "fr"
