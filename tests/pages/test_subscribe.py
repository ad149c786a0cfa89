"""Subscribe pages: what they show, that every link works, that nothing runs, and when they change."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import html5lib
import pytest
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from support import article, command, event, site
from topicfeeds import PublishError, State, build, publish
from topicfeeds.output.write import is_marked
from topicfeeds.pages import templates
from topicfeeds.text.slugs import make_readable

FULL = bool(os.environ.get("TOPICFEEDS_FULL"))
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
BASE = "https://www.example.org/feeds/"
FOLDER = Path(templates.__file__).parent
CATALOGS = sorted((FOLDER / "messages").glob("*.po"))
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }}",
    "{% raw %}",
    "‮gnp",
    "' onload='x",
]


def made(items: list[Any], *, now: datetime | None = NOW, **fields: Any) -> dict[str, str]:
    """Return the pages of items, by path."""
    one = site(feeds_url=BASE, pages={}, **fields)
    documents = build(one, items, now=now)
    return {doc.path: doc.render().decode() for doc in documents if doc.path.endswith(".html")}


def parse(page: str) -> Any:
    """Parse a page strictly, as a browser reads it."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(page)


def text_of(page: str) -> str:
    return " ".join("".join(parse(page).find("body").itertext()).split())


FAIR = event(
    id="fair", title="Fair", start=date(2026, 5, 9), end=date(2026, 5, 10), location="Hall 3", tags=["food"], topic="t"
)
ITEMS = [article(id="a", title="Homes", topics=["t"], tags=["food", "C++"]), FAIR]
SETTINGS: dict[str, Any] = {
    "feeds": {"formats": ["atom", "rss", "ics"]},
    "feed": [{"slug": "events", "title": "E", "kinds": ["event"]}],
}


def test_every_feed_has_a_page_and_the_index_comes_last() -> None:
    names = ["all", "topics/t", "tags/c-c45b21e8c3", "tags/food", "feeds/events", "index"]
    pages = list(made(ITEMS, **SETTINGS))
    assert [re.sub("c-[0-9a-f]{10}", "c-c45b21e8c3", name) for name in pages] == [f"{name}.html" for name in names]


def test_a_site_without_the_table_has_no_pages_and_a_build_loads_nothing_for_them(tmp_path: Path) -> None:
    (tmp_path / "items.json").write_text(json.dumps([{"title": "Fair", "id": "f", "start": "2026-03-05"}]))
    (tmp_path / "topicfeeds.toml").write_text(
        'title = "A"\nurl = "https://www.example.org/"\n[[sources]]\npath = "items.json"\n'
    )
    code = (
        "import sys; from topicfeeds.__main__ import main\ntry: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    )
    env = {**os.environ, "PYTHONPATH": str(FOLDER.parents[1])}
    run = [sys.executable, "-c", code, "build"]
    done = subprocess.run(run, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60)
    loaded = set(done.stderr.split())
    assert "topicfeeds.formats.atom" in loaded, done.stderr
    unwanted = {"jinja2", "segno", "urllib3", "topicfeeds.pages", "topicfeeds.web", "topicfeeds.websub"}
    unwanted |= {"starlette", "uvicorn", "watchfiles", "topicfeeds.formats.json", "topicfeeds.formats.ics"}
    assert loaded & unwanted == set()
    assert not list((tmp_path / "public").rglob("*.html"))


def test_every_relative_link_leads_to_a_file_that_was_written(tmp_path: Path) -> None:
    publish(site(feeds_url=BASE, pages={}, **SETTINGS), ITEMS, tmp_path, now=NOW)
    linked = set()
    for path in tmp_path.rglob("*.html"):
        for one in parse(path.read_text("utf-8")).iter():
            if one.tag not in ("a", "link"):
                continue
            address = urljoin(BASE + path.relative_to(tmp_path).as_posix(), one.get("href"))
            if address.startswith(BASE):
                linked.add(address.removeprefix(BASE))
    assert {name for name in linked if not (tmp_path / name).is_file()} == set()
    assert linked >= {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.html")}


def test_a_page_shows_the_newest_entries_the_next_events_the_counts_and_the_last_change() -> None:
    text = text_of(made(ITEMS, **SETTINGS)["topics/t.html"])
    for part in ("Homes", "Fair", "Hall 3", "May 9", "2 entries in the feed · 1 upcoming event · last change: March"):
        assert part in text


def test_a_page_says_how_to_follow_in_a_reader_a_calendar_and_on_a_phone() -> None:
    tree = parse(made(ITEMS, **SETTINGS)["topics/t.html"])
    fields = {one.text for one in tree.iter("textarea")}
    assert fields == {BASE + name for name in ("topics/t.atom.xml", "topics/t.rss.xml", "topics/t.ics")}
    links = {one.get("href") for one in tree.iter("a")}
    assert "webcal://www.example.org/feeds/topics/t.ics" in links
    assert len(list(tree.iter("ol"))) == 3
    titles = [one.text for one in tree.iter("{http://www.w3.org/2000/svg}title")]
    assert titles == [BASE + "topics/t.html"]
    assert BASE + "topics/t.html" in "".join(tree.find("body").itertext())


def test_the_steps_are_open_on_the_page_of_a_feed_and_closed_on_the_index() -> None:
    pages = made(ITEMS)
    opened = {path for path, page in pages.items() if "open" in next(parse(page).iter("details")).attrib}
    assert opened == pages.keys() - {"index.html"}


def test_a_page_without_calendar_says_nothing_about_calendars() -> None:
    page = made([article(id="a", topics=["t"])], **SETTINGS)["topics/t.html"]
    assert "webcal" not in page
    assert "calendar" not in text_of(page)


def test_the_head_names_the_feeds() -> None:
    pages = made(ITEMS, **SETTINGS)

    def alternates(name: str) -> list[str]:
        found = parse(pages[name]).find("head").iter("link")
        return [one.get("href").removeprefix(BASE) for one in found if one.get("rel") == "alternate"]

    assert alternates("topics/t.html") == ["topics/t.atom.xml", "topics/t.rss.xml", "topics/t.ics"]
    assert alternates("index.html") == ["all.atom.xml", "topics/t.atom.xml", "feeds/events.atom.xml"]


@pytest.mark.parametrize("text", HOSTILE)
def test_titles_labels_and_places_are_shown_as_text(text: str) -> None:
    items = [
        article(id="a", title=text, topics=["t"], tags=[text], link="https://www.example.org/'><script>"),
        event(id="e", title=text, start=date(2026, 5, 9), location=text, organizer=text),
    ]
    one = site(feeds_url=BASE, pages={}, title=text, description=text)
    pages = {doc.path: doc.render().decode() for doc in build(one, items, now=NOW, problems=[])}
    for page in (page for path, page in pages.items() if path.endswith(".html")):
        tree = parse(page)
        assert {one.tag for one in tree.iter() if isinstance(one.tag, str)} & {"script", "img", "iframe"} == set()
        assert not any(name.startswith("on") for one in tree.iter() for name in one.attrib)
    assert " ".join(text.split()) in text_of(pages["index.html"])


def test_a_page_runs_nothing_and_loads_nothing() -> None:
    for page in made(ITEMS, **SETTINGS).values():
        tree = parse(page)
        policy = next(one.get("content") for one in tree.iter("meta") if one.get("http-equiv"))
        style = "".join(next(tree.iter("style")).itertext())
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert policy == (f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'")
        assert "url(" not in style
        assert "@import" not in style
        assert not any(one.get("src") or one.get("style") for one in tree.iter())
        assert {one.get("rel") for one in tree.iter("link")} == {"canonical", "alternate"}


def test_many_tags_are_listed_on_several_pages_of_at_most_50_kb() -> None:
    count = 10_000 if FULL else 400
    label = "A label of a tag of fifty characters or so, no. {}"
    items = [article(id=str(n), title="T" * 300, tags=[label.format(n)]) for n in range(count)]
    pages = made(items, feeds={"limit": 3, "formats": ["atom"]})
    assert max(len(page.encode()) for page in pages.values()) <= 50_000
    lists = [page for path, page in pages.items() if path.startswith("tags-")]
    assert len(lists) > count // 300
    assert sum(page.count('<a href="tags/') for page in lists) == count
    assert '<a href="tags-1.html">All tags</a>' in pages["index.html"]
    assert 'href="tags-2.html" rel="next"' in lists[0]
    assert 'href="tags-1.html" rel="prev"' in lists[1]


@pytest.mark.parametrize("folder", ["topics", "feeds"])
def test_many_topics_and_declared_feeds_are_listed_on_several_pages(folder: str) -> None:
    names = [f"住宅{n}" * 40 for n in range(200)]
    items = [article(id=str(n), title="&" * 300, topics=[name]) for n, name in enumerate(names)]
    declared = [{"slug": f"f-{n}", "title": name, "kinds": ["article"]} for n, name in enumerate(names)]
    pages = made(items, feed=declared, feeds={"limit": 3, "formats": ["atom", "rss"]}, title="&" * 200)
    assert max(len(page.encode()) for page in pages.values()) <= 50_000
    lists = [page for path, page in pages.items() if path.startswith(f"{folder}-")]
    assert sum(page.count(f'<a href="{folder}/') for page in lists) == 200
    assert f'<a href="{folder}-1.html">' in pages["index.html"]


def test_an_address_that_is_too_long_for_a_code_has_none() -> None:
    one = site(feeds_url=f"{BASE}{'a' * 3000}/", pages={})
    [page] = [doc.render().decode() for doc in build(one, [article()], now=NOW) if doc.path == "all.html"]
    assert "<svg" not in page


def test_a_page_names_the_licence_and_the_reservation_of_data_mining() -> None:
    page = made(ITEMS, license="https://creativecommons.org/licenses/by/4.0/", tdm="reserved")["all.html"]
    assert '<link rel="license" href="https://creativecommons.org/licenses/by/4.0/">' in page
    assert '<meta name="tdm-reservation" content="1">' in page
    assert not any(word in made(ITEMS)["all.html"] for word in ("license", "tdm-"))


def test_a_stylesheet_of_feeds_is_written_once_and_removed_with_its_setting(tmp_path: Path) -> None:
    state, styled = State(), site(feeds_url=BASE, pages={"stylesheet": True})
    assert "feed.css" in publish(styled, ITEMS, tmp_path, state=state, now=NOW).written
    assert is_marked((tmp_path / "feed.css").read_bytes())
    assert "url(" not in (tmp_path / "feed.css").read_text("utf-8")
    changed = publish(styled, [*ITEMS, article(id="new")], tmp_path, state=state, now=NOW)
    assert "all.atom.xml" in changed.written
    assert "feed.css" not in changed.written
    assert "feed.css" in publish(site(feeds_url=BASE, pages={}), ITEMS, tmp_path, state=state, now=NOW).removed


def test_long_titles_and_descriptions_are_cut() -> None:
    page = made([article(title="word " * 5000, topics=["t"])], description="word " * 5000)["index.html"]
    assert len(page) < 20_000


@pytest.mark.parametrize("language", ["ar", "de", "fr-CA", "ja"])
def test_a_page_is_in_the_language_of_the_site_and_in_its_direction(language: str) -> None:
    page = made(ITEMS, language=language)["index.html"]
    root = parse(page)
    assert (root.get("lang"), root.get("dir")) == (language, "rtl" if language == "ar" else "ltr")
    word = {"ar": "تابع", "de": "Folgen", "fr-CA": "Suivre", "ja": "Follow"}[language]
    assert f"<summary>{word}</summary>" in page


def source_texts() -> set[Any]:
    """Return the texts in the templates."""
    found: set[Any] = set()
    for path in (FOLDER / "templates").glob("*.html"):
        with path.open("rb") as file:
            for _, _, text, _ in babel_extract(file, ("gettext", "ngettext"), (), {}):
                texts = [text] if isinstance(text, str) else [one for one in text or () if one]
                found.add(texts[0] if len(texts) == 1 else tuple(texts))
    return found


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.stem)
def test_a_catalog_has_every_text_with_the_same_placeholders(path: Path) -> None:
    with path.open("rb") as file:
        catalog = read_po(file, locale=path.stem, abort_invalid=True)
    texts: dict[Any, Any]
    texts = {one.id if isinstance(one.id, str) else tuple(one.id): one.string for one in catalog if one.id}
    assert texts.keys() == source_texts()
    for text, translated in texts.items():
        forms = [translated] if isinstance(translated, str) else translated
        assert all(forms)
        wanted = set(re.findall(r"%\(\w+\)s", text if isinstance(text, str) else text[1]))
        assert set().union(*(re.findall(r"%\(\w+\)s", form) for form in forms)) == wanted
        if isinstance(text, tuple):
            assert len(forms) == catalog.num_plurals


def test_there_are_catalogs_for_eight_languages_besides_english() -> None:
    assert {path.stem for path in CATALOGS} == {"ar", "de", "es", "fr", "it", "nl", "pl", "pt"}
    texts = templates.read_catalog("pl")
    numbers = [texts.ngettext("%(num)s upcoming event", "%(num)s upcoming events", number) for number in (1, 3, 5)]
    assert len(set(numbers)) == 3


def test_without_now_pages_show_no_next_events_and_depend_on_no_clock() -> None:
    assert "Next events" not in made(ITEMS, now=None, **SETTINGS)["index.html"]


@pytest.mark.parametrize("kind", ["day", "hour", "recurring"])
def test_the_run_after_the_end_of_an_event_takes_it_off_the_pages(kind: str, tmp_path: Path) -> None:
    times: dict[str, dict[str, Any]] = {
        "day": {"start": "2026-03-05"},
        "hour": {"start": "2026-03-05T10:00", "end": "2026-03-05T12:00"},
        "recurring": {"start": "2026-03-05T10:00", "recurrence": "FREQ=WEEKLY;COUNT=2"},
    }
    (tmp_path / "items.json").write_text(json.dumps([{"title": "Fair", "id": "f", **times[kind]}]))
    (tmp_path / "topicfeeds.toml").write_text(
        'title = "A"\nurl = "https://www.example.org/"\n[[sources]]\npath = "items.json"\n[pages]\n'
    )

    def shown(day: int) -> bool:
        moment = str(int(datetime(2026, 3, day, 20, tzinfo=UTC).timestamp()))
        assert command("build", cwd=tmp_path, env={"SOURCE_DATE_EPOCH": moment}).code == 0
        return "Next events" in (tmp_path / "public" / "index.html").read_text("utf-8")

    assert [shown(day) for day in (2, 4)] == [True, True]
    assert [shown(day) for day in (7, 20)] == [kind == "recurring", False]


def test_an_unchanged_page_is_not_rendered_and_not_touched(tmp_path: Path) -> None:
    one, state = site(feeds_url=BASE, pages={}, **SETTINGS), State()
    publish(one, ITEMS, tmp_path, state=state, now=NOW)
    again = publish(one, ITEMS, tmp_path, state=state, now=NOW + timedelta(days=1))
    assert again.written == ()


def test_one_new_article_changes_the_pages_of_its_feeds_and_the_index_only(tmp_path: Path) -> None:
    one, state = site(feeds_url=BASE, pages={}), State()
    old = [article(id="a", tags=["food"]), article(id="b", tags=["art"])]
    publish(one, old, tmp_path, state=state, now=NOW)
    changes = publish(one, [*old, article(id="c", tags=["art"], title="New")], tmp_path, state=state, now=NOW)
    assert [path for path in changes.written if path.endswith(".html")] == ["all.html", "tags/art.html", "index.html"]


def test_the_publishers_own_home_page_stops_the_run(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<h1>Welcome</h1>")
    with pytest.raises(PublishError, match=r"index\.html: exists, but topicfeeds did not write it"):
        publish(site(pages={}), ITEMS, tmp_path)
    assert (tmp_path / "index.html").read_text() == "<h1>Welcome</h1>"
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".xml"] == []


def test_a_page_that_topicfeeds_wrote_is_written_over_after_the_state_is_lost(tmp_path: Path) -> None:
    publish(site(pages={}), ITEMS, tmp_path, now=NOW)
    assert "index.html" in publish(site(pages={}, title="Other"), ITEMS, tmp_path, now=NOW).written


def test_the_page_of_a_feed_that_is_gone_is_removed_at_once(tmp_path: Path) -> None:
    one, state = site(pages={}), State()
    publish(one, ITEMS, tmp_path, state=state, now=NOW)
    rest = [article(id="a", title="Homes", topics=["t"])]
    assert "tags/food.html" in publish(one, rest, tmp_path, state=state, now=NOW, allow_shrink=True).removed


def test_labels_of_tags_need_no_latin_letters() -> None:
    page = made([article(tags=["住まい"])])["index.html"]
    assert f'<a href="tags/{make_readable("住まい")}' in page
    assert "住まい" in text_of(page)


def test_texts_of_items_keep_their_direction_and_language() -> None:
    items = [article(title="Homes (2)", language="en"), event(title="سوق", start=date(2026, 5, 9), location="Hall 3!")]
    page = made(items, language="ar", title="Homes & Co.")["all.html"]
    assert "<h1><bdi>Homes &amp; Co.</bdi></h1>" in page
    assert '<bdi lang="en">Homes (2)</bdi></a>' in page
    assert "<bdi>سوق</bdi></a>" in page
    assert "<bdi>Hall 3!</bdi>" in page
