"""What the strictest readers and validators ask: one test a rule, on the example, the corpus and random sites.

Rules have the numbers of `../shared/facts/rules.md`; to find a test, search "Rule 15". Every feed is
rendered in both formats, published in them or not. Where an author gave nothing to go by (an item of
a title alone, an item of 1849), the condition is on the entry, never on the name of a case.

Rules without a test, as this version writes nothing that they are about: 23 (`source`), 27 (archive
pages), 28 (tombstones), and 51 and the headers of 50, which are the web server's.
Of 4 and 6, what authors give as an id is theirs. Of 43, the size and the kind of a logo are the publisher's.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import feedparser
import html5lib
import pytest
from lxml import etree

from fuzz.sites import make_site
from support import CASES, EVENTS, EXAMPLE, article, as_shown, event, folder_feeds, folder_site, site
from support.needs import shared
from topicfeeds import Entry, Feed, Site, build, read, render, select
from topicfeeds.run.calls import check
from topicfeeds.text.urls import to_uri

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"
DCTERMS = "{http://purl.org/dc/terms/}"
MEDIA = "{http://search.yahoo.com/mrss/}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"

FOLDERS = [EXAMPLE, *CASES, *EVENTS]
SUFFIXES = {"atom": ".atom.xml", "rss": ".rss.xml"}
TYPES = {"atom": "application/atom+xml", "rss": "application/rss+xml"}
EMPTY = datetime(2000, 1, 1, tzinfo=UTC)
RANDOM_SITES = 500 if os.environ.get("TOPICFEEDS_FULL") else 6


@dataclass(frozen=True)
class Paper:
    """A feed as it is published, beside what it was made of."""

    name: str
    format: str
    site: Site
    feed: Feed
    content: bytes
    root: etree._Element

    @property
    def url(self) -> str:
        """Where the file is served."""
        return f"{self.site.base}{self.feed.path}{SUFFIXES[self.format]}"

    @property
    def channel(self) -> etree._Element:
        """The element that holds what is said of the feed."""
        return self.root if self.format == "atom" else self.root[0]

    @property
    def entries(self) -> list[tuple[Entry, etree._Element]]:
        """Each entry with its element."""
        tag = f"{ATOM}entry" if self.format == "atom" else "item"
        return list(zip(as_shown(self.feed), self.channel.findall(tag), strict=True))


# What the files on disk have little of: letters beyond ASCII in every address, markup in every name.
ROUGH = site(
    title="Städte & <Netz>",
    url="https://städte.example/",
    feeds_url="https://feeds.städte.example/über/",
    description='Häuser & "Höfe" < 5 Euro <hr>',
    rights="© Städte & <Netz>",
    logo="https://städte.example/lögo.png",
    author={"name": "Büro & <Co>", "email": "buero@example.org", "url": "https://städte.example/büro"},
    language="de",
    topics={"housing": {"title": "Wohnen & <Bauen>", "url": "https://städte.example/wohnen?a=1&b=ü"}, "nothing": {}},
)
ROUGH_ITEMS = [
    article(
        id="urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        link="https://städte.example/häuser?a=1&b=2#ü",
        summary="Less < more & <b>bold</b>",
        content='<p onclick="x">é<br>&nbsp;<a href="/ü?a=1&amp;b=2">y</a> <img src="x.png"><script>z</script></p>',
        topic="housing",
        tags=["R&D", "<i>Fähre</i>", "größe"],
        authors=["Ann & <Bea>", {"name": "Cem", "email": "cem@example.org", "url": "https://städte.example/çem"}],
        language="pt-BR",
        image="https://städte.example/bild.jpg?a=1&b=ü",
        enclosures=[
            {"url": "https://städte.example/ä.mp3", "type": "audio/mpeg", "title": "A & <B>"},
            {"url": "https://städte.example/ö.pdf", "type": "application/pdf", "length": 0},
            {"url": "https://städte.example/ü.mp3", "type": "audio/mpeg", "length": 7},
        ],
    ),
    article(id="1234567", title="Two files & no text", enclosures=[{"url": "https://x.example/a", "type": "a/b"}] * 2),
    article(id=None, title="A title alone", updated=datetime(2026, 3, 2, 9, 30, 15, tzinfo=UTC)),
    event(id="an event / of <markup>", title="<b>Fair</b> & more", content="<p>Come</p>", topic="housing"),
]


@cache
def selected() -> dict[str, tuple[Site, Mapping[str, Feed]]]:
    """Sort the items of every folder into feeds."""
    made = {folder.name: (folder_site(folder), folder_feeds(folder)) for folder in FOLDERS}
    made["rough"] = (ROUGH, select(ROUGH, ROUGH_ITEMS, problems=[]))
    for number in range(RANDOM_SITES):
        given, items = make_site(number)
        made[f"random-{number}"] = (given, select(given, items))  # raises an error if an item is refused
    return made


@cache
def papers(form: str) -> tuple[Paper, ...]:
    """Render every feed in a format, once."""
    made = []
    for case, (given, feeds) in selected().items():
        for path, feed in feeds.items():
            content = render(feed, form)
            made.append(Paper(f"{case}/{path}.{form}", form, given, feed, content, etree.fromstring(content)))
    return tuple(made)


def both() -> tuple[Paper, ...]:
    """Give all papers, of both formats."""
    return papers("atom") + papers("rss")


def entries(form: str) -> Iterator[tuple[Paper, Entry, etree._Element]]:
    """Go through all entries of a format."""
    for paper in papers(form):
        for entry, element in paper.entries:
            yield paper, entry, element


def texts(element: etree._Element, *tags: str) -> list[str]:
    """Give the texts of the children of these names."""
    return [child.text or "" for child in element.iterchildren(*tags)]


def links(element: etree._Element, rel: str) -> list[etree._Element]:
    """Give the links of a relation; without `rel` it is `alternate` (RFC 4287, 4.2.7.2)."""
    return [link for link in element.iterchildren(f"{ATOM}link") if link.get("rel", "alternate") == rel]


# --- Atom ---------------------------------------------------------------------------------------------------------

IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
URI = re.compile(
    r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?"
    r"(/([A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)?"
    r"([?]([A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?"
    r"(#([A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?"
)
LABEL = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
TAG = re.compile(
    rf"tag:([A-Za-z0-9._-]+@)?{LABEL}([.]{LABEL})*,[0-9]{{4}}(-[0-9]{{2}}(-[0-9]{{2}})?)?:"
    r"([A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-F]{2})*"
)
MAIL = re.compile(r"[^@\s<>()]+@[^@\s<>()]+")
LANGUAGE = re.compile("[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
RFC3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")
REGISTERED = {
    "alternate", "current", "describedby", "edit", "edit-media", "enclosure", "first", "hub", "last", "license",
    "next", "next-archive", "payment", "prev-archive", "previous", "related", "replies", "search", "self", "service",
    "up", "via",
}  # fmt: skip


@pytest.mark.parametrize("name", ["id", "title", "updated"])
def test_every_feed_has_one(name: str) -> None:
    """Rule 1 (RFC 4287, 4.1.1)."""
    assert {len(texts(paper.root, ATOM + name)) for paper in papers("atom")} == {1}


@pytest.mark.parametrize("name", ["id", "title", "updated"])
def test_every_entry_has_one(name: str) -> None:
    """Rule 2 (RFC 4287, 4.1.2)."""
    assert {len(texts(element, ATOM + name)) for _, _, element in entries("atom")} == {1}


def test_every_entry_has_an_author_of_its_own_or_of_its_feed() -> None:
    """Rule 3 (RFC 4287, 4.1.2)."""
    for paper, entry, element in entries("atom"):
        assert texts(paper.root, f"{ATOM}author"), paper.name
        assert len(texts(element, f"{ATOM}author")) == len(entry.authors), (paper.name, entry.id)


def test_every_id_is_an_absolute_iri_without_blanks_around_it() -> None:
    """Rule 4 (RFC 4287, 4.2.6)."""
    ids = {element.text or "" for paper in papers("atom") for element in paper.root.iter(f"{ATOM}id")}
    assert not [iri for iri in ids if not IRI.fullmatch(iri)]


def test_every_id_that_we_make_is_canonical() -> None:
    """Rule 4 (RFC 4287, 4.2.6.1): no character has a second spelling."""
    for paper in papers("atom"):
        ids = minted(paper)
        assert ids[0] == f"tag:{paper.site.authority}:feed/{paper.feed.path}"
        rests = [iri.removeprefix(f"tag:{paper.site.authority}:") for iri in ids]
        assert not [rest for rest in rests if not re.fullmatch("[a-z]+/([A-Za-z0-9._~/-]|%[0-9A-F]{2})+", rest)]


def minted(paper: Paper) -> list[str]:
    """Give the ids that are not an author's: the feed's first."""
    ids = [element.text or "" for element in paper.root.iter(f"{ATOM}id")]
    return [iri for iri in ids if iri.startswith(f"tag:{paper.site.authority}:")]


@pytest.mark.parametrize("form", TYPES)
def test_no_id_occurs_twice_in_a_file(form: str) -> None:
    """Rule 5 and Rule 34 (RFC 4287, 4.2.6)."""
    for paper in papers(form):
        counts = Counter(text for _, element in paper.entries for text in texts(element, f"{ATOM}id", "guid"))
        assert counts.total() == len(counts) == len(paper.feed.entries), paper.name


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_an_item_has_one_id_in_all_feeds_and_formats(folder: Path) -> None:
    """Rule 5 (RFC 4287, 4.2.6): there are no more ids than items."""
    given = folder_site(folder)
    items = check(given, read(given, folder)).items
    mine = [paper for paper in both() if paper.name.startswith(f"{folder.name}/")]
    ids = {iri for paper in mine for _, element in paper.entries for iri in texts(element, f"{ATOM}id", "guid")}
    assert min(items, given.feeds.limit) <= len(ids) <= items


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_an_item_has_the_same_id_in_every_run(folder: Path) -> None:
    """Rule 5 (RFC 4287, 4.2.6)."""
    again = folder_feeds(folder)
    for path, feed in selected()[folder.name][1].items():
        assert [entry.id for entry in feed.entries] == [entry.id for entry in again[path].entries]


def test_every_id_that_we_make_is_a_well_formed_tag_uri() -> None:
    """Rule 6 (RFC 4151, 2.1)."""
    assert not [iri for paper in papers("atom") for iri in minted(paper) if not TAG.fullmatch(iri)]


@pytest.mark.parametrize("host", ["WWW.Example.org", "städte.example", "localhost:8000", "example.org."])
def test_ids_made_from_the_host_of_a_site_are_well_formed(host: str) -> None:
    """Rule 6 (RFC 4151, 2.1): an authority is a DNS name of letters, digits and hyphens."""
    feeds = select(site(url=f"https://{host}/", tag_authority=None), [article()])
    assert TAG.fullmatch(feeds["all"].id)
    assert TAG.fullmatch(feeds["all"].entries[0].id)
    assert feeds["all"].id.islower()


def test_every_date_is_one_of_rfc_3339() -> None:
    """Rule 7 (RFC 4287, 3.3)."""
    dates = {d.text or "" for paper in papers("atom") for d in paper.root.iter(f"{ATOM}updated", f"{ATOM}published")}
    assert not [text for text in dates if not RFC3339.fullmatch(text)]


@pytest.mark.parametrize("form", TYPES)
def test_every_date_is_one_of_the_items(form: str) -> None:
    """Rule 8 and Rule 36: no clock and no default gets in; a feed without entries says 2000-01-01."""
    for paper in papers(form):
        stated = {d for entry in paper.feed.entries for d in (entry.published, entry.updated)} or {EMPTY}
        assert set(dates_of(paper.root)) <= stated, paper.name


@pytest.mark.parametrize("form", TYPES)
def test_no_date_is_of_the_future_where_we_know_the_time(form: str) -> None:
    """Rule 8 and Rule 36: items of the future are held back; what is out may say that it changes later."""
    now = datetime(2026, 1, 20, tzinfo=UTC)
    for folder in FOLDERS:
        given = folder_site(folder)
        for feed in select(given, read(given, folder), now=now, problems=[]).values():
            late = {d for d in dates_of(etree.fromstring(render(feed, form))) if d > now + timedelta(minutes=10)}
            assert late <= {entry.updated for entry in feed.entries if entry.published <= now}


def dates_of(root: etree._Element) -> list[datetime]:
    """Read all dates of a document."""
    atom = [datetime.fromisoformat(date.text or "") for date in root.iter(f"{ATOM}updated", f"{ATOM}published")]
    return atom + [parsedate_to_datetime(date.text or "") for date in root.iter("pubDate", "lastBuildDate")]


def test_entries_say_different_updates_where_items_do() -> None:
    """Rule 9 (RFC 4287, 3.3)."""
    for paper in papers("atom"):
        shown = {datetime.fromisoformat(d) for _, e in paper.entries for d in texts(e, f"{ATOM}updated")}
        assert len(shown) == len({entry.updated for entry in paper.feed.entries}), paper.name


def test_a_feed_is_as_new_as_its_newest_entry_and_no_entry_changes_before_it_is_out() -> None:
    """Rule 10."""
    for paper in papers("atom"):
        [feed, *changes] = [datetime.fromisoformat(date.text or "") for date in paper.root.iter(f"{ATOM}updated")]
        published = [datetime.fromisoformat(date.text or "") for date in paper.root.iter(f"{ATOM}published")]
        assert feed == max(changes, default=EMPTY), paper.name
        assert all(out <= change for out, change in zip(published, changes, strict=True)), paper.name


def test_a_feed_names_the_address_at_which_it_is_served() -> None:
    """Rule 11 (RFC 4287, 4.1.1)."""
    for paper in papers("atom"):
        [link] = links(paper.root, "self")
        assert (link.get("href"), link.get("type")) == (to_uri(paper.url), "application/atom+xml")


def test_no_two_alternates_are_of_one_type_and_language() -> None:
    """Rule 12 (RFC 4287, 4.1.1 and 4.1.2)."""
    for paper in papers("atom"):
        for element in (paper.root, *paper.root.iter(f"{ATOM}entry")):
            counts = Counter((link.get("type"), link.get("hreflang")) for link in links(element, "alternate"))
            assert set(counts.values()) == {1}, paper.name


def test_an_entry_has_a_page_and_whatever_text_there_is() -> None:
    """Rule 13 (RFC 4287, 4.1.2)."""
    for paper, entry, element in entries("atom"):
        assert [link.get("href") for link in links(element, "alternate")] == [to_uri(entry.link)], paper.name
        assert texts(element, f"{ATOM}summary") == [entry.summary] * bool(entry.summary), paper.name
        assert texts(element, f"{ATOM}content") == [entry.content] * bool(entry.content), paper.name


def test_no_content_is_elsewhere_or_encoded() -> None:
    """Rule 14 (RFC 4287, 4.1.2): neither `src` nor Base64, so no summary is owed."""
    contents = [content for _, _, element in entries("atom") for content in element.iterchildren(f"{ATOM}content")]
    assert {tuple(content.attrib) for content in contents} == {("type",)}


def test_an_enclosure_keeps_its_type_and_its_length() -> None:
    """Rule 15 (RFC 4287, 4.2.7)."""
    for paper, entry, element in entries("atom"):
        found = [tuple(map(link.get, ("href", "type", "length", "title"))) for link in links(element, "enclosure")]
        files = [
            (to_uri(f.url), f.type, None if f.length is None else str(f.length), f.title) for f in entry.enclosures
        ]
        assert found == files, paper.name


def test_every_relation_is_a_registered_one() -> None:
    """Rule 16 (RFC 4287, 4.2.7.2)."""
    found = {link.get("rel") for paper in both() for link in paper.root.iter(f"{ATOM}link")}
    assert {"alternate", "self", "enclosure"} <= found <= REGISTERED


def test_a_category_has_a_term_an_absolute_scheme_and_a_plain_label_and_occurs_once() -> None:
    """Rule 17 (RFC 4287, 4.2.2)."""
    for paper, entry, element in entries("atom"):
        found = [tuple(map(c.get, ("term", "scheme", "label"))) for c in element.iterchildren(f"{ATOM}category")]
        assert found == [(c.term, to_uri(c.scheme), c.label) for c in entry.categories], paper.name
        assert all(re.fullmatch("[a-z0-9-]+", term or "") and IRI.fullmatch(scheme or "") for term, scheme, _ in found)
        assert len({(term, scheme) for term, scheme, _ in found}) == len(found), paper.name


def test_text_with_characters_of_markup_is_plain_text_and_says_so() -> None:
    """Rule 18 (RFC 4287, 3.1.1): without a type, text is text, and is the author's to the letter."""
    for paper in papers("atom"):
        for element, title in ((paper.root, paper.feed.title), *((e, entry.title) for entry, e in paper.entries)):
            assert texts(element, f"{ATOM}title") == [title], paper.name
        assert texts(paper.root, f"{ATOM}subtitle") == [paper.feed.description] * bool(paper.feed.description)
        assert texts(paper.root, f"{ATOM}rights") == [paper.feed.rights] * bool(paper.feed.rights)
        for construct in paper.root.iter(f"{ATOM}title", f"{ATOM}subtitle", f"{ATOM}rights", f"{ATOM}summary"):
            assert construct.get("type", "text") == "text", paper.name
            assert not len(construct), paper.name


def test_html_is_inline_and_of_type_html() -> None:
    """Rule 19 (RFC 4287, 4.1.3.3)."""
    contents = [content for _, _, element in entries("atom") for content in element.iterchildren(f"{ATOM}content")]
    assert {(content.get("type"), len(content)) for content in contents} == {("html", 0)}


def test_a_person_has_the_name_given_and_nothing_more_an_address_and_an_absolute_page() -> None:
    """Rule 20 (RFC 4287, 3.2): no mail gets into a name unless an author put it there."""
    for paper in papers("atom"):
        given = [paper.feed.author, *(author for entry in paper.feed.entries for author in entry.authors)]
        for person, element in zip(given, paper.root.iter(f"{ATOM}author"), strict=True):
            assert texts(element, f"{ATOM}name") == [person.name], paper.name
            assert all(MAIL.fullmatch(mail) for mail in texts(element, f"{ATOM}email")), paper.name
            assert all(IRI.fullmatch(page) for page in texts(element, f"{ATOM}uri")), paper.name


@pytest.mark.parametrize("form", TYPES)
def test_all_that_is_said_of_a_feed_comes_before_its_entries(form: str) -> None:
    """Rule 21 and Rule 45."""
    for paper in papers(form):
        is_entry = [child.tag in (f"{ATOM}entry", "item") for child in paper.channel]
        assert is_entry == sorted(is_entry), paper.name


def test_atom_is_the_default_namespace_of_atom() -> None:
    """Rule 22."""
    for paper in papers("atom"):
        prefixes = {element.prefix for element in paper.root.iter(f"{ATOM}*")}
        assert prefixes == {None}, paper.name
        assert not re.search(rb"<(atom|ns[0-9]+):", paper.content), paper.name


def test_a_logo_has_an_absolute_address() -> None:
    """Rule 24 (RFC 4287, 4.2.8)."""
    for paper in papers("atom"):
        logos = texts(paper.root, f"{ATOM}logo", f"{ATOM}icon")
        assert logos == [to_uri(paper.site.logo or "")] * bool(paper.site.logo)
        assert all(re.match("https?://[^/]", logo) for logo in logos)


def test_atom_is_valid_against_the_schema_of_the_rfc() -> None:
    """Rule 25 (RFC 4287, appendix B): as in `test_corpus`, and for the example and the rough site too."""
    schema = etree.RelaxNG(etree.parse(shared("schemas/atom.rng")))
    for paper in papers("atom"):
        schema.assertValid(paper.root)


def test_a_feed_and_an_entry_in_another_language_name_it() -> None:
    """Rule 26 (RFC 4287, 2)."""
    for paper in papers("atom"):
        assert paper.root.get(LANG) == paper.site.language
        for entry, element in paper.entries:
            assert element.get(LANG, paper.site.language) == (entry.language or paper.site.language), paper.name
        assert all(LANGUAGE.fullmatch(element.get(LANG, "en")) for element in paper.root.iter())


# --- RSS ----------------------------------------------------------------------------------------------------------

RFC822 = re.compile(
    "(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4}"
    " [0-9]{2}:[0-9]{2}:[0-9]{2} [+-][0-9]{4}"
)
PLAIN = re.compile(rb"<(title|category|dc:creator|dc:language|copyright|managingEditor|generator)( [^<>]*)?>([^<]*)</")
PLAIN_TAGS = ("title", "category", f"{DC}creator", f"{DC}language", "copyright", "managingEditor", "generator")
TWINS = [
    {"pubDate", f"{DC}date", f"{DCTERMS}issued", f"{ATOM}published"},
    {"lastBuildDate", f"{DC}date", f"{DCTERMS}modified", f"{ATOM}updated"},
    {"author", f"{DC}creator", f"{ATOM}author"},
    {"managingEditor", f"{DC}creator", f"{ATOM}author"},
    {"category", f"{DC}subject", f"{ATOM}category"},
    {"title", f"{DC}title", f"{ATOM}title", f"{MEDIA}title"},
    {"description", f"{DC}description", f"{ATOM}summary", f"{MEDIA}description"},
    {f"{CONTENT}encoded", f"{ATOM}content"},
    {"guid", f"{DC}identifier", f"{ATOM}id"},
    {"copyright", f"{DC}rights", f"{ATOM}rights"},
    {"language", f"{DC}language"},
]  # `media:content` is the picture of an item, and an enclosure is another file
SEVERAL = {"item", "category", f"{DC}creator", f"{ATOM}link"}


@pytest.mark.parametrize("name", ["title", "link", "description"])
def test_every_channel_has_one_that_is_not_blank(name: str) -> None:
    """Rule 30."""
    for paper in papers("rss"):
        [text] = texts(paper.channel, name)
        assert text.strip(), paper.name


def test_the_link_of_a_channel_is_a_page_for_people() -> None:
    """Rule 31."""
    files = {own_address(paper) for paper in both()}
    for paper in papers("rss"):
        [link] = texts(paper.channel, "link")
        assert link not in files, paper.name
        assert link == paper.feed.page or not paper.feed.page.isascii(), paper.name


def own_address(paper: Paper) -> str:
    """Give the address by which a paper names itself."""
    [link] = links(paper.channel, "self")
    return link.get("href", "")


def test_a_channel_names_its_own_address_with_the_prefix_that_readers_know() -> None:
    """Rule 32."""
    for paper in papers("rss"):
        [link] = links(paper.channel, "self")
        assert link.prefix == "atom", paper.name
        assert link.get("type") == "application/rss+xml", paper.name
        assert link.get("href") == paper.url or not paper.url.isascii(), paper.name


def test_an_item_has_a_title_and_a_description_of_whatever_there_is() -> None:
    """Rule 33."""
    for paper, entry, element in entries("rss"):
        assert len(texts(element, "title")) == 1, paper.name
        told = entry.summary or entry.content or entry.enclosures[1:]
        assert len([text for text in texts(element, "description") if text.strip()]) == bool(told), paper.name


def test_a_guid_is_the_id_and_no_link() -> None:
    """Rule 34; that it is unique is tested with rule 5."""
    for paper, entry, element in entries("rss"):
        [guid] = element.findall("guid")
        assert (guid.text, guid.get("isPermaLink")) == (entry.id, "false"), paper.name
        assert len(entry.id) >= 9 or not entry.id.isdigit(), paper.name


def test_every_date_is_english_with_its_own_weekday_and_four_digits_of_the_year() -> None:
    """Rule 35 (RFC 822, 5)."""
    dates = {d.text or "" for paper in papers("rss") for d in paper.root.iter("pubDate", "lastBuildDate")}
    assert not [text for text in dates if not RFC822.fullmatch(text)]
    days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert not [text for text in dates if text[:3] != days[parsedate_to_datetime(text).weekday()]]


def test_an_item_is_dated_by_its_publication_never_by_the_start_of_an_event() -> None:
    """Rule 36; dates of the future are tested with rule 8."""
    for paper, entry, element in entries("rss"):
        assert [parsedate_to_datetime(d) for d in texts(element, "pubDate")] == [entry.published], paper.name
    fair = select(site(), [event(published=date(2026, 3, 1), start=date(2026, 5, 1))])["all"]
    assert b"<pubDate>Sun, 01 Mar 2026 00:00:00 +0000</pubDate>" in render(fair, "rss")


@pytest.mark.parametrize("form", TYPES)
def test_every_address_is_absolute_and_of_ascii(form: str) -> None:
    """Rule 37 (RFC 3986, 2); validators ask the same of Atom."""
    for paper in papers(form):
        assert not [address for address in addresses(paper.root) if not URI.fullmatch(address)], paper.name


def test_brackets_in_an_address_are_percent_encoded() -> None:
    """Rule 37 (RFC 3986, 3.4): content management systems write them into the queries of their lists."""
    feed = select(site(), [article(link="https://www.example.org/news?f[0]=topic:1")])["all"]
    assert not [found for found in addresses(etree.fromstring(render(feed, "rss"))) if not URI.fullmatch(found)]


LINKS = [
    ("https://www.example.org/News?f=%7e", "https://www.example.org/News?f=%7e"),
    ("https://www.example.org/für", "https://www.example.org/f%C3%BCr"),
    ("https://www.example.org/fu\u0308r", "https://www.example.org/f%C3%BCr"),
    (
        "https://städte.example/أخبار?a=ü&b=%2F#ö",
        "https://xn--stdte-hra.example/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1?a=%C3%BC&b=%2F#%C3%B6",
    ),
]


@pytest.mark.parametrize(("link", "name"), LINKS)
@pytest.mark.parametrize("form", TYPES)
def test_an_id_made_from_a_link_is_the_link_or_its_uri(form: str, link: str, name: str) -> None:
    """Rule 4: the public validator rejects other characters in an id. An id that the author gave is the author's."""
    feed = select(site(), [article(id=None, link=link), article(id=link + "-x", link=link)])["all"]
    root = etree.fromstring(render(feed, form))
    ids = [element.text for element in root.iter("guid", f"{ATOM}id")][-2:]
    assert sorted(map(str, ids)) == sorted([name, link + "-x"])


@pytest.mark.parametrize(
    ("zone", "written"),
    [
        ("+05:45", "Sat, 28 Feb 2026 18:20:00 +0000"),
        ("+08:45", "Sat, 28 Feb 2026 15:20:00 +0000"),
        ("+05:30", "Sun, 01 Mar 2026 00:05:00 +0530"),
        ("-03:30", "Sun, 01 Mar 2026 00:05:00 -0330"),
        ("+02:00", "Sun, 01 Mar 2026 00:05:00 +0200"),
        ("+00:19", "Sat, 28 Feb 2026 23:46:00 +0000"),
    ],
)
def test_offsets_that_validators_doubt_are_written_as_utc_in_rss(zone: str, written: str) -> None:
    """Rule 35; Atom keeps the offset."""
    feed = select(site(), [article(published=f"2026-03-01T00:05:00{zone}")])["all"]
    root = etree.fromstring(render(feed, "rss"))
    assert {d.text for d in root.iter("pubDate", "lastBuildDate")} == {written}
    assert f"<published>2026-03-01T00:05:00{zone}</published>".encode() in render(feed, "atom")


def addresses(root: etree._Element) -> list[str]:
    """Give the text that a feed takes for an address; an id or a `guid` is none."""
    names = ("link", "url", "docs", "comments", f"{ATOM}logo", f"{ATOM}uri")
    found = [element.text or "" for element in root.iter(*names)]
    attributes = [element.get(name) for element in root.iter() for name in ("href", "url", "domain", "scheme", "src")]
    return found + [address for address in attributes if address is not None]


def test_an_item_has_one_enclosure_at_most_with_a_length_and_a_type() -> None:
    """Rule 38."""
    for paper, entry, element in entries("rss"):
        found = [tuple(map(file.get, ("type", "length"))) for file in element.findall("enclosure")]
        assert found == [(file.type, str(file.length or 0)) for file in entry.enclosures[:1]], paper.name
        assert all(re.match("https?://[^/]", file.get("url", "")) for file in element.findall("enclosure")), paper.name


def test_the_description_comes_before_the_whole_content() -> None:
    """Rule 39."""
    tags = [[child.tag for child in element] for _, _, element in entries("rss")]
    whole = [names for names in tags if f"{CONTENT}encoded" in names]
    assert whole
    assert all(names.index("description") < names.index(f"{CONTENT}encoded") for names in whole)


@pytest.mark.parametrize("form", TYPES)
def test_html_has_absolute_addresses_only(form: str) -> None:
    """Rule 40."""
    for paper in papers(form):
        assert not [found for html in bodies(paper.root) for found in relative(html)], paper.name


def test_plain_text_has_hexadecimal_references() -> None:
    """Rule 41."""
    for paper in papers("rss"):
        head = re.search(b"<description>([^<]*)</", paper.content)
        plain = [found[3] for found in PLAIN.finditer(paper.content)] + [head[1] if head else b""]
        assert not [text for text in plain if b"&amp;" in text or b"&lt;" in text], paper.name
        assert len(plain) == len(list(paper.root.iter(*PLAIN_TAGS))) + 1, "the pattern of this test misses one"


def test_a_title_reads_the_same_as_text_or_as_html() -> None:
    """Rule 41, "Titles with markup characters": some readers take it as the one, some as the other."""
    for paper in papers("rss"):
        shown = [(paper.feed.title, paper.channel), *((entry.title, element) for entry, element in paper.entries)]
        for title, element in shown:
            [text] = texts(element, "title")
            assert title in (text, unescape(text)), paper.name
            assert not read_as_html(text), paper.name


def test_authors_are_creators_and_the_editor_has_mail_and_name() -> None:
    """Rule 42."""
    for paper in papers("rss"):
        editors, creators = texts(paper.channel, "managingEditor"), texts(paper.channel, f"{DC}creator")
        assert len(editors) + len(creators) == 1, paper.name
        assert all(re.fullmatch(r"[^@\s()]+@[^@\s()]+ \(.*\S.*\)", editor) for editor in editors), paper.name
        for entry, element in paper.entries:
            assert texts(element, "author", f"{DC}creator") == [author.name for author in entry.authors], paper.name
            assert not element.findall("author"), paper.name


def test_an_image_has_the_title_and_the_link_of_its_channel() -> None:
    """Rule 43."""
    for paper in papers("rss"):
        images = paper.channel.findall("image")
        assert len(images) == bool(paper.site.logo), paper.name
        for image in images:
            assert texts(image, "title", "link") == texts(paper.channel, "title", "link"), paper.name
            assert [child.tag for child in image] == ["url", "title", "link"], paper.name


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_a_feed_names_the_hub_and_its_own_address(form: str) -> None:
    """Rule 29 (WebSub, 4)."""
    hubs = set()
    for paper in papers(form):
        element = paper.root if form == "atom" else paper.channel
        hub = paper.site.hub_settings
        assert [link.get("href") for link in links(element, "hub")] == ([hub.url] if hub else []), paper.name
        assert [link.get("href") for link in links(element, "self")] == [to_uri(paper.url)], paper.name
        hubs.add(hub)
    assert len(hubs) > 1


def test_the_time_to_live_is_a_positive_number_of_minutes() -> None:
    """Rule 44."""
    found = {paper.site.refresh_minutes: texts(paper.channel, "ttl") for paper in papers("rss")}
    assert {minutes for minutes in found if minutes} <= {45, 360, 7 * 24 * 60}
    assert len(found) > 2
    assert all(texts == ([str(minutes)] if minutes else []) for minutes, texts in found.items())


def test_language_docs_and_categories_are_what_the_profile_asks_for() -> None:
    """Rule 44."""
    for paper in papers("rss"):
        assert texts(paper.channel, "language") == [paper.site.language], paper.name
        assert texts(paper.channel, "docs") == ["http://www.rssboard.org/rss-specification"], paper.name
        for entry, element in paper.entries:
            categories = texts(element, "category")
            assert categories == [category.label for category in entry.categories], paper.name
            assert all(category.strip() for category in categories), paper.name


def test_no_meaning_has_two_elements() -> None:
    """Rule 46."""
    for paper in papers("rss"):
        for element in (paper.channel, *paper.channel.iter("item")):
            counts = Counter(child.tag for child in element)
            assert not [tag for tag, count in counts.items() if count > 1 and tag not in SEVERAL], paper.name
            assert not [twins for twins in TWINS if len(twins & counts.keys()) > 1], paper.name


# --- Both ---------------------------------------------------------------------------------------------------------

FORBIDDEN = re.compile("[^\t\n\r -~\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")
TWICE_ENCODED = re.compile("[\xc2\xc3][\x80-\xbf]|\ufffd")
ACTIVE = {
    "applet", "base", "button", "embed", "form", "frame", "frameset", "iframe", "input", "link", "math", "meta",
    "noscript", "object", "plaintext", "script", "select", "style", "svg", "template", "textarea", "xmp",
}  # fmt: skip
ADDRESSED = {"action", "background", "cite", "data", "formaction", "href", "poster", "src", "srcset", "xlink:href"}


class Tags(HTMLParser):
    """Collects the start tags of a text, as simple readers do."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def read_as_html(text: str) -> list[tuple[str, dict[str, str]]]:
    """Give the tags and attributes that a browser finds in a text, and those that a simple reader finds."""
    tree = html5lib.parseFragment(text, treebuilder="etree", namespaceHTMLElements=False)
    elements = [element for element in tree.iter() if isinstance(element.tag, str)][1:]
    browser = [(str(element.tag).rpartition("}")[2], dict(element.attrib)) for element in elements]
    return browser + Tags(text).found


def bodies(root: etree._Element) -> list[str]:
    """Give the texts that are HTML by their specification."""
    found = [element.text or "" for element in root.iter(f"{CONTENT}encoded", f"{ATOM}content")]
    return found + [text for item in root.iter("item") for text in texts(item, "description")]


def relative(html: str) -> list[str]:
    """Give the addresses that mean another thing elsewhere."""
    attributes = [(name, value) for _, found in read_as_html(html) for name, value in found.items()]
    return [v for name, v in attributes if name in ADDRESSED and not re.match("https?://[^/]|mailto:|tel:", v)]


def active(html: str) -> list[str]:
    """Give what could run, restyle, load or send something."""
    found = read_as_html(html)
    tags = [tag for tag, _ in found if tag in ACTIVE]
    attributes = [(name.lower(), value) for _, attributes in found for name, value in attributes.items()]
    handlers = [name for name, _ in attributes if name.startswith("on") or name in ("style", "srcdoc", "class", "id")]
    return tags + handlers + [value for name, value in attributes if name in ADDRESSED and bad_scheme(value)]


def bad_scheme(address: str) -> bool:
    """Tell whether an address is none that a reader should follow; browsers skip blanks and controls in it."""
    scheme = re.match("([a-z][a-z0-9+.-]*):", re.sub("[\x00-\x20]", "", address).lower())
    return scheme is not None and scheme[1] not in ("http", "https", "mailto", "tel")


@pytest.mark.parametrize("form", TYPES)
def test_html_is_harmless_and_well_formed(form: str) -> None:
    """Rule 47."""
    for paper in papers(form):
        for html in bodies(paper.root):
            assert active(html) == [], paper.name
            html5lib.HTMLParser(strict=True).parseFragment(html)


@pytest.mark.parametrize("form", TYPES)
def test_no_character_is_forbidden_or_encoded_twice(form: str) -> None:
    """Rule 49 (XML 1.0, 2.2)."""
    for paper in papers(form):
        text = paper.content.decode()
        assert not FORBIDDEN.findall(text), paper.name
        assert not [found for found in TWICE_ENCODED.findall(text) if found not in repr(paper.feed)], paper.name


@pytest.mark.parametrize("form", TYPES)
def test_a_file_is_utf_8_and_says_so(form: str) -> None:
    """Rule 50 (XML 1.0, 4.3.3)."""
    for paper in papers(form):
        assert re.match(rb"<\?xml version=['\"]1\.0['\"] encoding=['\"]UTF-8['\"]\?>\n<", paper.content), paper.name
        assert paper.content.decode("utf-8").encode() == paper.content, paper.name


@pytest.mark.parametrize("form", TYPES)
def test_feedparser_reads_the_moments_of_an_event(form: str) -> None:
    """Rule 48 (W3CDTF): a moment has its zone, a day has none, and no end is before its start."""
    shown = 0
    for paper in papers(form):
        for (entry, _), read_back in zip(paper.entries, feedparser.parse(paper.content).entries, strict=True):
            event = entry.event
            found = [read_back.get(name) for name in ("ev_startdate", "ev_enddate")]
            moments = [moment_of(text) if text else None for text in found]
            given = [event.start, event.end] if event else [None, None]
            assert list(map(whole, moments)) == list(map(whole, given)), paper.name
            assert moments[0] is None or moments[1] is None or moments[0] <= moments[1]
            shown += event is not None
    assert shown > 20


def whole(moment: date | None) -> object:
    """Drop the seconds of the offsets that zones had long ago: the clock stays."""
    if not isinstance(moment, datetime):
        return moment
    offset = moment.utcoffset() or timedelta()
    return moment.replace(tzinfo=None), offset // timedelta(minutes=1)


def moment_of(text: str) -> date:
    """Read a day, or a moment with its zone (W3CDTF)."""
    assert re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d[+-]\d\d:\d\d)?", text)
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def test_a_document_has_the_media_type_of_its_format() -> None:
    """Rule 50."""
    documents = build(folder_site(EXAMPLE), read(folder_site(EXAMPLE), EXAMPLE))
    found = {(document.path.partition(".")[2], document.media_type) for document in documents}
    assert found == {("atom.xml", TYPES["atom"]), ("rss.xml", TYPES["rss"]), ("ics", "text/calendar")}


# --- An item that means harm --------------------------------------------------------------------------------------

PAYLOADS = [
    "<script>alert(1)</script>",
    "<ScRiPt/x>alert(1)</sCrIpT >",
    "<script src=//evil.example/x>",
    "</title><script>alert(1)</script>",
    "]]></description><script>alert(1)</script><![CDATA[",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<!--><script>alert(1)</script>-->",
    "<?php <script>alert(1)</script> ?>",
    "<img src=x onerror=alert(1)>",
    "<img src='data:image/svg+xml,x'/onerror='alert(1)'",
    "<svg/onload=alert(1)>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<a href='javascript:alert(1)' style='position:fixed' onclick=alert(1)>x</a>",
    "<a href=' java&#x09;script:alert(1)'>x</a>",
    "<a href='vbscript:x'>x</a> <a href='data:text/html,x'>y</a>",
    "<p style='background: url(//evil.example/x)'>x</p>",
    "<style>@import '//evil.example/x'</style>",
    "<iframe src=//evil.example></iframe><object data=x></object><embed src=x>",
    "<form action=//evil.example><input name=x><button formaction='javascript:x'>y</button></form>",
    "<textarea></textarea><script>alert(1)</script>",
    "<xmp><p title='</xmp><script>alert(1)</script>'></xmp>",
    "<meta http-equiv=refresh content='0;url=//evil.example'><base href=//evil.example/><link rel=stylesheet href=x>",
    "\"><script>alert(1)</script> ' onmouseover='alert(1)",
]


def hostile(payload: str, form: str) -> etree._Element:
    """Put a text wherever text can stand, and render the feed of everything."""
    item = article(
        title=payload,
        summary=payload,
        content=f"<p>{payload}</p>",
        authors=[payload],
        tags=[payload],
        enclosures=[{"url": f"https://x.example/{n}", "type": "a/b", "title": payload} for n in range(2)],
    )
    plain = item.model_copy(update={"id": "two", "content": None})
    given = site(title=payload, description=payload, rights=payload, author=payload)
    return etree.fromstring(render(select(given, [item, plain])["all"], form))


@pytest.mark.parametrize("form", TYPES)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_hostile_item_is_harmless_wherever_a_reader_takes_text_as_html(payload: str, form: str) -> None:
    """Rule 47: content and descriptions are HTML, titles in RSS may be taken as such."""
    root = hostile(payload, form)
    taken = bodies(root) + [element.text or "" for element in root.iter("title")] + texts(root[0], "description")
    assert len(taken) >= 2 if form == "rss" else len(taken) == 1
    assert [found for text in taken for found in active(text)] == []
    assert not [address for address in addresses(root) if bad_scheme(address)]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_hostile_author_and_tag_stay_the_plain_text_that_they_are(payload: str) -> None:
    """Rule 18: nothing is lost of a name, whatever it looks like."""
    atom, rss = hostile(payload, "atom"), hostile(payload, "rss")
    assert {name.text for name in atom.iter(f"{ATOM}name")} == {payload}
    assert {category.get("label") for category in atom.iter(f"{ATOM}category")} == {payload}
    assert {creator.text for creator in rss.iter(f"{DC}creator")} == {payload}
    assert {category.text for category in rss.iter("category")} == {payload}


@pytest.mark.parametrize("name", ["<b>Land</b>", "a <img src=x onerror=alert(1)>", "</p>", "<!-- x", "<?php"])
def test_a_name_that_readers_of_html_take_for_a_tag_causes_a_warning_and_stays(name: str) -> None:
    """Rule 18: category, dc:creator and place are plain text. Escaped twice, they would look wrong in most readers."""
    place = {"name": name, "address": name}
    given = [event(topics=[name], tags=[name], authors=[name], location=place, organizer=name)]
    found = [one for one in check(site(), given).problems if "start of an HTML tag" in one.message]
    fields = ["authors", "location", "location", "organizer", "tags", "topics"]
    assert sorted(one.field for one in found) == fields
    assert {one.severity for one in found} == {"warning"}
    root = etree.fromstring(render(select(site(), given, problems=[])["all"], "rss"))
    assert {one.text for one in root.iter("category")} == {name}
    assert {one.text for one in root.findall(f"channel/item/{DC}creator")} == {name}


def test_names_in_which_no_reader_finds_a_tag_cause_no_warning() -> None:
    """Rule 18."""
    given = [article(title="<b>", tags=["a < b", "<3", "R&D", "a<1"], authors=["x > y"], summary="<b>")]
    assert check(site(), given).problems == ()


def test_a_heading_with_a_tag_causes_a_warning(tmp_path: Path) -> None:
    """Rule 18: the heading of a text page is the label of its topic, and pages are copied from other sites."""
    text = "<script>x</script>\n\nAbout.\n\n  \u2022  a\n\nTitle\n\nSummary\n\npublication date: 01-02-2017\n"
    (tmp_path / "a.txt").write_text(text, "utf-8")
    made = site(sources=[{"path": "a.txt", "topics": ["a"]}])
    found = [str(one) for one in check(made, read(made, tmp_path)).problems]
    assert [one.partition(" that")[0] for one in found] == ["a.txt:1: warning: title: has a <"]
