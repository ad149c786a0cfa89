"""The list of feeds in OPML: which feeds it has, and that programs read it alike."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from support import CASES, EXAMPLE, article, command, event, folder_site, site
from support.needs import ROOT, missing, program
from topicfeeds import PublishError, Site, State, build, publish, read
from topicfeeds.text.urls import to_uri

BASE = "https://www.example.org/feeds/"
DECLARED = [{"slug": "events", "title": "Events", "kinds": ["event"], "url": "https://www.example.org/agenda"}]
ITEMS = [
    article(id="a", title="Homes", topics=["land"], tags=["food"]),
    event(id="fair", title="Fair", start=date(2026, 5, 9), topic="land", tags=["food"]),
]
HOSTILE = 'A & "B" <c> \' --> ]]> ü 住'
of_every_case = pytest.mark.parametrize("case", [EXAMPLE, *CASES], ids=lambda case: case.name)


def made(one: Site, items: Any = ITEMS) -> bytes | None:
    """Give the list of a site, if it has one."""
    return next((doc.render() for doc in build(one, items, problems=[]) if doc.path == "feeds.opml"), None)


def site_with(formats: list[str] | None = None, **pages: Any) -> Site:
    return site(feeds_url=BASE, pages=pages, feed=DECLARED, feeds={"formats": formats or ["atom", "rss"]})


def outlines(content: bytes | None) -> list[dict[str, str]]:
    assert content
    return [{str(name): str(value) for name, value in one.items()} for one in etree.fromstring(content).iter("outline")]


def addresses(one: Site) -> list[str]:
    return [outline["xmlUrl"].removeprefix(BASE) for outline in outlines(made(one))]


def expected(one: Site, items: Any) -> list[tuple[str, str, str]]:
    """Give title, address and page of the feeds that the list should have: those of the Atom documents."""
    found = []
    for doc in build(one, items, problems=[]):
        if doc.path.endswith(".atom.xml") and not doc.path.startswith("tags/"):
            root = etree.fromstring(doc.render())
            atom = "{http://www.w3.org/2005/Atom}"
            links = {link.get("rel"): link.get("href") for link in reversed(root.findall(f"{atom}link"))}
            found.append((root.findtext(f"{atom}title") or "", str(links["self"]), str(links["alternate"])))
    return found


def test_the_list_has_everything_topics_and_declared_feeds() -> None:
    assert outlines(made(site_with())) == [
        {
            "text": title,
            "title": title,
            "type": "rss",
            "xmlUrl": f"{BASE}{path}.atom.xml",
            "htmlUrl": page,
            "language": "en",
        }
        for title, path, page in (
            ("City Network", "all", "https://www.example.org/"),
            ("Land - City Network", "topics/land", "https://www.example.org/"),
            ("Events - City Network", "feeds/events", "https://www.example.org/agenda"),
        )
    ]


def test_tags_are_listed_only_on_request() -> None:
    assert "tags/food.atom.xml" not in addresses(site_with())
    assert "tags/food.atom.xml" in addresses(site_with(opml_tags=True))


@pytest.mark.parametrize(
    ("formats", "path"),
    [
        (["rss", "atom"], "all.atom.xml"),
        (["json", "rss"], "all.rss.xml"),
        (["json", "ics"], "all.json"),
    ],
)
def test_a_feed_is_listed_once_in_the_format_that_most_readers_know(formats: list[str], path: str) -> None:
    assert addresses(site_with(formats))[0] == path
    assert len(addresses(site_with(formats))) == 3


def test_a_site_of_calendars_alone_has_no_list() -> None:
    pages = {doc.path: doc.render() for doc in build(site_with(["ics"]), ITEMS)}
    assert "feeds.opml" not in pages
    assert b"feeds.opml" not in pages["index.html"]


def test_every_page_links_to_the_list() -> None:
    pages = {doc.path: doc.render() for doc in build(site_with(), ITEMS)}
    assert b'<a href="feeds.opml">' in pages["all.html"]
    assert b'<a href="../feeds.opml">' in pages["topics/land.html"]


def test_a_site_without_pages_has_no_list() -> None:
    assert made(site()) is None


def test_an_edit_of_an_item_leaves_the_list_alone(tmp_path: Path) -> None:
    state = State()
    publish(site_with(), ITEMS, tmp_path, state=state)
    changed = publish(site_with(), [article(id="a", title="New", topics=["land"])], tmp_path, state=state)
    assert "all.atom.xml" in changed.written
    assert "feeds.opml" not in changed.written
    more = [article(id="b", topics=["sea"])]
    assert "feeds.opml" in publish(site_with(), more, tmp_path, state=state, allow_shrink=True).written
    assert "feeds.opml" in publish(site(), more, tmp_path, state=state).removed


def test_a_list_of_somebody_else_stops_the_run(tmp_path: Path) -> None:
    (tmp_path / "feeds.opml").write_text("<opml/>")
    with pytest.raises(PublishError, match=r"feeds\.opml: exists, but topicfeeds did not write it"):
        publish(site_with(), ITEMS, tmp_path)
    (tmp_path / "feeds.opml").write_bytes(made(site_with()) or b"")
    assert "feeds.opml" in publish(site_with(opml_tags=True), ITEMS, tmp_path).written


def test_the_status_counts_feeds_and_no_pages(tmp_path: Path) -> None:
    (tmp_path / "topicfeeds.toml").write_text(
        'title = "A"\nurl = "https://www.example.org/"\n[pages]\n[[sources]]\npath = "items.yaml"\n', "utf-8"
    )
    (tmp_path / "items.yaml").write_text("- {id: a, title: A, published: 2026-03-01, tags: [x]}\n", "utf-8")
    assert command("build", cwd=tmp_path).code == 0
    assert "\nfeeds         2\n  all  1 entry, " in command("status", cwd=tmp_path).out


# --- programs -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Site]:
    """The list of a site whose texts have everything that XML escapes."""
    one = site(
        title=HOSTILE,
        url="https://www.exämple.org/ü/",
        feeds_url="https://www.exämple.org/feeds/",
        description=HOSTILE,
        topics={"land": {"title": HOSTILE, "description": HOSTILE, "url": "https://www.example.org/?a='&b=\"c"}},
        pages={},
    )
    path = tmp_path_factory.mktemp("opml") / "feeds.opml"
    path.write_bytes(made(one, [article(topics=["land"])]) or b"")
    return path, one


@of_every_case
def test_listparser_reads_what_the_feeds_say(case: Path) -> None:
    import listparser

    one = folder_site(case)
    one = one.model_copy(
        update={"pages": site(pages={}).pages, "feeds": one.feeds.model_copy(update={"formats": ("atom",)})}
    )
    found = listparser.parse((made(one, read(one, case)) or b"").decode())
    assert not found.bozo
    assert found.meta.title == one.title
    given = expected(one, read(one, case))
    assert [(feed.title, feed.url) for feed in found.feeds] == [(title, address) for title, address, _ in given]
    pages = [outline["htmlUrl"] for outline in outlines(made(one, read(one, case)))]
    assert pages == [page for _, _, page in given]


def test_listparser_and_feedsmith_read_the_same(hostile: tuple[Path, Site]) -> None:
    import listparser

    path, one = hostile
    node = program("node", "nodejs")
    if not (ROOT / "node_modules" / "feedsmith").exists():
        missing("feedsmith (npm install --no-save feedsmith)")
    script = Path(__file__).parents[1] / "support" / "opml.mjs"
    done = subprocess.run([node, script, path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    read_by_node = json.loads(done.stdout)
    read_by_python = listparser.parse(path.read_text("utf-8"))
    feeds = [(HOSTILE, "all"), (f"{HOSTILE} - {HOSTILE}", "topics/land")]
    wanted = [(title, to_uri(f"{one.base}{name}.atom.xml")) for title, name in feeds]
    assert [(feed.title, feed.url) for feed in read_by_python.feeds] == wanted
    assert [(feed["title"], feed["xmlUrl"]) for feed in read_by_node["body"]["outlines"]] == wanted
    assert read_by_python.meta.title == read_by_node["head"]["title"] == HOSTILE
    assert [feed["description"] for feed in read_by_node["body"]["outlines"]] == [HOSTILE, HOSTILE]


def test_newsboat_imports_every_feed(hostile: tuple[Path, Site], tmp_path: Path) -> None:
    newsboat, (path, one) = program("newsboat"), hostile
    (tmp_path / "urls").touch()
    (tmp_path / "config").touch()
    run = [newsboat, "-u", "urls", "-C", "config", "-c", "cache.db", "-i", str(path)]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    imported = [line.split()[0] for line in (tmp_path / "urls").read_text("utf-8").splitlines()]
    assert imported == [to_uri(f"{one.base}{name}.atom.xml") for name in ("all", "topics/land")]


def test_sfeed_imports_every_feed(hostile: tuple[Path, Site]) -> None:
    path, one = hostile
    run = program("sfeed_opml_import", "sfeed")
    done = subprocess.run([run], input=path.read_text("utf-8"), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    imported = [address for line in done.stdout.splitlines() for address in re.findall(r"'(https://[^']+)'", line)]
    assert imported == [to_uri(f"{one.base}{name}.atom.xml") for name in ("all", "topics/land")]
