"""What real readers make of our feeds: feedparser, reader, sfeed and newsboat find what the entries hold.

The two formats differ by design. RSS has its addresses in ASCII, a title that could be taken for
markup escaped once more, one enclosure (the others are links at the end of the body), and a summary
that is HTML; without a summary, its description is the content.
"""

from __future__ import annotations

import re
import sqlite3
import subprocess
from calendar import timegm
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from html import escape, unescape
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from support import CASES, EXAMPLE, article, as_shown, folder_feeds, folder_site, site
from support.needs import program
from support.readers_of_feeds import Newsboat
from support.serving_folder import serving
from topicfeeds import Entry, Feed, publish, read, render, select
from topicfeeds.text.urls import to_uri

if TYPE_CHECKING:
    from reader import Reader

FORMATS = ("atom", "rss")
EMPTY = "sparse/topics/empty"
TIMEOUT = 30

in_both_formats = pytest.mark.parametrize("name", FORMATS)
of_every_case = pytest.mark.parametrize("case", [EXAMPLE, *CASES], ids=lambda case: case.name)


class Story(NamedTuple):
    """What every reader keeps of an entry."""

    id: str
    title: str
    link: str
    published: int


class Body(NamedTuple):
    """What there is to read in an entry."""

    summary: str
    content: str
    links: list[str]
    """Addresses after the end of an RSS body."""


def title(text: str, name: str) -> str:
    return escape(text, quote=False) if name == "rss" and re.search("<[A-Za-z/!?]", text) else text


def story(entry: Entry, name: str) -> Story:
    link = to_uri(entry.link)
    return Story(entry.id, title(entry.title, name), link, int(entry.published.timestamp()))


def body(entry: Entry, name: str) -> Body:
    summary, content = entry.summary or "", entry.content or ""
    if name == "atom":
        return Body(summary, content, [])
    return Body(escape(summary, quote=False), content, [file.url for file in entry.enclosures[1:]])


def rss_body(entry: Entry, description: str, content: str) -> Body:
    """Sort what an RSS item holds."""
    text, links = parted(content or description, len(entry.enclosures[1:]))
    if content:
        return Body(description, text, links)
    return Body("", text, links) if entry.content else Body(text, "", links)


def parted(text: str, count: int) -> tuple[str, list[str]]:
    """Part the last links off a text; their addresses."""
    found = re.search(rf'(?:<p><a href="[^"]*"[^>]*>[^<]*</a></p>){{{count}}}\Z', text)
    end = found.start() if found else len(text)
    return text[:end], [unescape(href) for href in re.findall('href="([^"]*)"', text[end:])]


@cache
def feeds_of(case: Path) -> Mapping[str, Feed]:
    return folder_feeds(case)


# --- feedparser ---------------------------------------------------------------------------------


def parsed(feed: Feed, name: str) -> Any:
    """Read a feed as it is: sanitising would rewrite content, and what it guesses to be HTML in RSS titles."""
    import feedparser

    return feedparser.parse(BytesIO(render(feed, name)), sanitize_html=False, resolve_relative_uris=False)


@cache
def readings(case: Path, name: str) -> list[tuple[Feed, Any]]:
    """Give every feed of a case with what feedparser finds in it."""
    return [(feed, parsed(feed, name)) for feed in feeds_of(case).values()]


def entries(case: Path, name: str) -> Iterator[tuple[Entry, Any]]:
    """Give every entry of a case with what feedparser finds of it."""
    for feed, found in readings(case, name):
        yield from zip(as_shown(feed), found.entries, strict=True)


@of_every_case
@in_both_formats
def test_feedparser_has_no_complaint(case: Path, name: str) -> None:
    assert readings(case, name)
    complaints = {feed.path: found.get("bozo_exception") for feed, found in readings(case, name) if found.bozo}
    assert complaints == {}


@of_every_case
@in_both_formats
def test_feedparser_finds_every_entry_in_order(case: Path, name: str) -> None:
    for feed, found in readings(case, name):
        assert [item.id for item in found.entries] == [entry.id for entry in feed.entries]


@of_every_case
@in_both_formats
def test_feedparser_reads_the_titles_and_the_page_of_a_feed(case: Path, name: str) -> None:
    for feed, found in readings(case, name):
        assert (found.feed.title, found.feed.link) == (title(feed.title, name), to_uri(feed.page))
        assert timegm(found.feed.updated_parsed) == feed.updated.timestamp()


@of_every_case
@in_both_formats
def test_feedparser_reads_titles(case: Path, name: str) -> None:
    for entry, found in entries(case, name):
        assert found.title == title(entry.title, name)


@of_every_case
@in_both_formats
def test_feedparser_reads_links(case: Path, name: str) -> None:
    for entry, found in entries(case, name):
        assert found.link == to_uri(entry.link)


@of_every_case
@in_both_formats
def test_feedparser_reads_when_an_entry_was_published(case: Path, name: str) -> None:
    for entry, found in entries(case, name):
        assert timegm(found.published_parsed) == entry.published.timestamp()


@of_every_case
def test_feedparser_reads_when_an_atom_entry_was_updated(case: Path) -> None:
    for entry, found in entries(case, "atom"):
        assert timegm(found.updated_parsed) == entry.updated.timestamp()


@of_every_case
def test_feedparser_reads_the_categories_of_atom(case: Path) -> None:
    for entry, found in entries(case, "atom"):
        tags = [(tag.term, tag.label, tag.scheme) for tag in found.get("tags", [])]
        assert tags == [(category.term, category.label, category.scheme) for category in entry.categories]


@of_every_case
def test_feedparser_reads_the_categories_of_rss(case: Path) -> None:
    for entry, found in entries(case, "rss"):
        tags = [(tag.term, tag.scheme) for tag in found.get("tags", [])]
        assert tags == [(category.label, category.scheme) for category in entry.categories]


@of_every_case
@in_both_formats
def test_feedparser_reads_the_names_of_authors(case: Path, name: str) -> None:
    """Of their fields, names alone: feedparser gives the mail of the first author to a last one without mail."""
    for entry, found in entries(case, name):
        assert [author.name for author in found.get("authors", [])] == [person.name for person in entry.authors]


@of_every_case
def test_feedparser_reads_summary_and_content_of_atom(case: Path) -> None:
    for entry, found in entries(case, "atom"):
        # Not `summary`: where an entry has none, feedparser fills in the content.
        summary = found.get("summary_detail", {"type": "text/plain", "value": ""})
        content = found.get("content", [{"type": "text/html", "value": ""}])
        assert Body(summary["value"], content[0]["value"], []) == body(entry, "atom")
        assert (summary["type"], *(part["type"] for part in content)) == ("text/plain", "text/html")


@of_every_case
def test_feedparser_reads_summary_and_content_of_rss(case: Path) -> None:
    for entry, found in entries(case, "rss"):
        content = "".join(part.value for part in found.get("content", []))
        assert rss_body(entry, found.get("summary", ""), content) == body(entry, "rss")


@of_every_case
def test_feedparser_reads_all_enclosures_of_atom(case: Path) -> None:
    for entry, found in entries(case, "atom"):
        files = [(file.href, file.type, file.get("length"), file.get("title")) for file in found.enclosures]
        sizes = [None if file.length is None else str(file.length) for file in entry.enclosures]
        given = zip(entry.enclosures, sizes, strict=True)
        assert files == [(file.url, file.type, size, file.title) for file, size in given]


@of_every_case
def test_feedparser_reads_the_first_enclosure_of_rss(case: Path) -> None:
    for entry, found in entries(case, "rss"):
        files = [(file.href, file.type, file.length) for file in found.enclosures]
        assert files == [(to_uri(file.url), file.type, str(file.length or 0)) for file in entry.enclosures[:1]]


@pytest.mark.parametrize("name", ["atom", "rss"])
def test_feedparser_reads_addresses_beyond_ascii_as_uris(name: str) -> None:
    enclosure = {"url": "https://münchen.example/ü.mp3", "type": "audio/mpeg"}
    item = article(link="https://münchen.example/straße?q=ü#ß", enclosures=[enclosure])
    (found,) = parsed(select(site(), [item])["all"], name).entries
    assert found.link == "https://xn--mnchen-3ya.example/stra%C3%9Fe?q=%C3%BC#%C3%9F"
    assert found.enclosures[0].href == "https://xn--mnchen-3ya.example/%C3%BC.mp3"


# --- a published site, for those that load files ------------------------------------------------


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Publish the example, and a topic that nothing belongs to."""
    folder = tmp_path_factory.mktemp("published")
    publish(folder_site(EXAMPLE), read(folder_site(EXAMPLE), EXAMPLE), folder / "example")
    publish(site(topics={"empty": {"title": "Nothing yet"}}), [article()], folder / "sparse")
    return folder


def example(name: str) -> dict[str, Feed]:
    """Give the feeds of the example by the file they are published in."""
    return {f"example/{path}.{name}.xml": feed for path, feed in feeds_of(EXAMPLE).items()}


def files() -> list[str]:
    return [file for name in FORMATS for file in (*example(name), f"{EMPTY}.{name}.xml")]


def stories(name: str) -> dict[str, list[Story]]:
    """Give what readers should keep of the example, file by file."""
    return {file: sorted(story(entry, name) for entry in as_shown(feed)) for file, feed in example(name).items()}


# --- lemon24/reader -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def library(published: Path) -> Iterator[Reader]:
    """Load all files into a reader."""
    from reader import make_reader

    with closing(make_reader(":memory:", feed_root=str(published))) as reader:
        for file in files():
            reader.add_feed(file)
        reader.update_feeds()
        yield reader


def shelved(library: Reader, name: str) -> Iterator[tuple[Entry, Any]]:
    """Give every entry of the example with what the reader stored of it."""
    for file, feed in example(name).items():
        found = {item.id: item for item in library.get_entries(feed=file)}
        yield from ((entry, found[entry.id]) for entry in as_shown(feed))


def canonical(html: str) -> str:
    """Spell HTML in one way: the reader sanitises it, and so writes tags and attributes anew."""
    import html5lib

    fragment = html5lib.parseFragment(html)
    return str(html5lib.serialize(fragment, alphabetical_attributes=True, quote_attr_values="always"))


def test_reader_loads_every_feed_without_an_error(library: Reader) -> None:
    faults = {feed.url: feed.last_exception for feed in library.get_feeds() if feed.last_exception}
    assert faults == {}
    assert {feed.url for feed in library.get_feeds() if feed.last_updated} == set(files())


@in_both_formats
def test_reader_stores_every_entry_of_the_example(library: Reader, name: str) -> None:
    stored = {
        file: sorted(
            Story(item.id, item.title or "", item.link or "", int(item.published.timestamp()) if item.published else 0)
            for item in library.get_entries(feed=file)
        )
        for file in example(name)
    }
    assert stored == stories(name)


@in_both_formats
def test_reader_loads_a_feed_without_entries(library: Reader, name: str) -> None:
    feed = library.get_feed(f"{EMPTY}.{name}.xml")
    assert (feed.title, feed.last_exception) == ("Nothing yet - City Network", None)
    assert list(library.get_entries(feed=feed)) == []


def test_reader_stores_when_an_atom_entry_was_updated(library: Reader) -> None:
    for entry, found in shelved(library, "atom"):
        assert found.updated == entry.updated


def test_reader_stores_summary_and_content_of_atom(library: Reader) -> None:
    for entry, found in shelved(library, "atom"):
        assert [canonical(part.value) for part in found.content] == [
            canonical(html) for html in [entry.content] if html
        ]
        # Where an entry has no summary, feedparser, which reader builds on, fills in the content.
        assert found.summary == entry.summary or (not entry.summary and found.summary == found.content[0].value)


def test_reader_stores_summary_and_content_of_rss(library: Reader) -> None:
    for entry, found in shelved(library, "rss"):
        content = "".join(part.value for part in found.content)
        stored, given = rss_body(entry, found.summary or "", content), body(entry, "rss")
        assert stored._replace(content=canonical(stored.content)) == given._replace(content=canonical(given.content))


@in_both_formats
def test_reader_stores_enclosures(library: Reader, name: str) -> None:
    for entry, found in shelved(library, name):
        given = [(to_uri(file.url), file.type, file.length) for file in entry.enclosures]
        stored = [(file.href, file.type, file.length) for file in found.enclosures]
        assert stored == (given if name == "atom" else given[:1])


# --- sfeed --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tables(published: Path) -> dict[str, list[list[str]]]:
    """Turn every file into sfeed's lines of fields."""
    return {file: table((published / file).read_bytes()) for file in files()}


def table(content: bytes) -> list[list[str]]:
    done = subprocess.run([program("sfeed")], input=content, capture_output=True, timeout=TIMEOUT, check=True)
    assert done.stderr == b""
    return [line.split("\t") for line in done.stdout.decode().splitlines()]


@in_both_formats
def test_sfeed_lists_every_entry_of_the_example(tables: Mapping[str, list[list[str]]], name: str) -> None:
    listed = {
        file: sorted(Story(id_, headline, link, int(moment)) for moment, headline, link, _, _, id_, *_ in tables[file])
        for file in example(name)
    }
    assert listed == stories(name)


@in_both_formats
def test_sfeed_lists_author_and_enclosure_of_the_example(tables: Mapping[str, list[list[str]]], name: str) -> None:
    for file, feed in example(name).items():
        listed = {line[5]: (line[6], line[7]) for line in tables[file]}
        for entry in as_shown(feed):
            author = [person.name for person in entry.authors]
            enclosure = [to_uri(enclosure.url) for enclosure in entry.enclosures]
            assert listed[entry.id] == ((author or [""])[0], (enclosure or [""])[0])


@in_both_formats
def test_sfeed_reads_a_feed_without_entries(tables: Mapping[str, list[list[str]]], name: str) -> None:
    assert tables[f"{EMPTY}.{name}.xml"] == []


# --- newsboat -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cache:
    """What newsboat keeps of one feed."""

    feeds: list[tuple[str, str]]
    """Title, and the address that it opens."""
    stories: list[Story]
    bodies: dict[str, str]
    errors: str


@pytest.fixture(scope="module")
def caches(published: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Cache]:
    """Load every file into a newsboat of its own: one newsboat keeps an id once for all feeds."""
    Newsboat.need()
    homes = [tmp_path_factory.mktemp("newsboat") for _ in files()]
    with serving(published) as url, ThreadPoolExecutor(2) as pool:
        loaded = pool.map(lambda file, home: reloaded(url + file, home), files(), homes)
        return dict(zip(files(), loaded, strict=True))


def reloaded(url: str, home: Path) -> Cache:
    """Load one feed."""
    newsboat = Newsboat(url, home)
    newsboat.run("-x", "reload")
    return cached(home / "cache.db", newsboat.errors)


def cached(file: Path, errors: str) -> Cache:
    with closing(sqlite3.connect(file)) as database:
        feeds = database.execute("SELECT title, url FROM rss_feed").fetchall()
        items = database.execute("SELECT guid, title, url, pubDate, content FROM rss_item").fetchall()
    return Cache(feeds, sorted(Story(*item[:4]) for item in items), {item[0]: item[4] for item in items}, errors)


def test_newsboat_loads_every_feed_without_an_error(caches: Mapping[str, Cache]) -> None:
    assert {file: cache.errors for file, cache in caches.items() if cache.errors} == {}


@in_both_formats
def test_newsboat_stores_every_entry_of_the_example(caches: Mapping[str, Cache], name: str) -> None:
    assert {file: caches[file].stories for file in example(name)} == stories(name)


@in_both_formats
def test_newsboat_stores_the_body_of_every_entry(caches: Mapping[str, Cache], name: str) -> None:
    """The content, else the summary; it keeps both as HTML."""
    for file, feed in example(name).items():
        for entry in as_shown(feed):
            text, links = parted(caches[file].bodies[entry.id], len(body(entry, name).links))
            assert text == (entry.content or escape(entry.summary or "", quote=False))
            assert links == body(entry, name).links


@in_both_formats
def test_newsboat_stores_title_and_page_of_a_feed(caches: Mapping[str, Cache], name: str) -> None:
    stored = {file: caches[file].feeds for file in example(name)}
    assert stored == {file: [(feed.title, feed.page)] for file, feed in example(name).items()}


@in_both_formats
def test_newsboat_loads_a_feed_without_entries(caches: Mapping[str, Cache], name: str) -> None:
    cache = caches[f"{EMPTY}.{name}.xml"]
    assert [stored for stored, _ in cache.feeds] == ["Nothing yet - City Network"]
    assert (cache.stories, cache.errors) == ([], "")
