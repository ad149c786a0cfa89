"""Parts for the publisher's own pages: links for the head, and a list with microformats and JSON-LD."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import html5lib
import pytest

from support import article, command, event, site
from topicfeeds import Embed, embed

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
BASE = "https://www.example.org/feeds/"
IMAGE = {"url": "https://www.example.org/a.jpg", "alt": 'A "crane"', "width": 80, "height": 60, "credit": "Ann"}
HOSTILE = "</script><script>alert(1)</script>\"'<!--"
FAIR = event(
    id="fair",
    title="Fair",
    link="https://www.example.org/fair",
    start=datetime(2026, 5, 9, 10),
    end=datetime(2026, 5, 9, 12),
    timezone="Europe/Brussels",
    location={"name": "Hall 3", "address": "Main Square"},
    topics=["t"],
    image=IMAGE,
)
HOMES = article(
    id="a", title="Homes", link="https://www.example.org/homes", summary="Short", topics=["t"], authors=["Ann"]
)


def made(*items: Any, name: str = "topics/t", **fields: Any) -> Embed:
    settings = {"feeds": {"formats": ["atom", "rss", "json", "ics"]}, **fields}
    return embed(site(feeds_url=BASE, **settings), items, name, now=NOW)


def parse(html: str) -> Any:
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(f"<!DOCTYPE html><title>A</title>{html}")


def classes(tree: Any, name: str) -> list[Any]:
    return [one for one in tree.iter() if isinstance(one.tag, str) and name in (one.get("class") or "").split()]


def data_of(body: str) -> list[dict[str, Any]]:
    [script] = parse(body).iter("script")
    assert script.get("type") == "application/ld+json"
    found = json.loads(script.text)
    assert found["@context"] == "https://schema.org"
    return list(found["@graph"])


def test_the_head_links_to_the_feed_in_every_format() -> None:
    links = list(parse(made(FAIR).head).iter("link"))
    assert [(one.get("rel"), one.get("type"), one.get("href")) for one in links] == [
        ("alternate", media_type, f"{BASE}topics/t{suffix}")
        for media_type, suffix in (
            ("application/atom+xml", ".atom.xml"),
            ("application/rss+xml", ".rss.xml"),
            ("application/feed+json", ".json"),
            ("text/calendar", ".ics"),
        )
    ]
    assert {one.get("title") for one in links} == {"T - City Network"}


def test_the_body_has_microformats_of_entries_and_events() -> None:
    tree = parse(made(FAIR, HOMES).body)
    [feed], [one], entries = classes(tree, "h-feed"), classes(tree, "h-event"), classes(tree, "h-entry")
    assert "".join(classes(feed, "p-name")[0].itertext()) == "T"
    assert classes(one, "u-url")[0].get("href") == "https://www.example.org/fair"
    assert classes(one, "dt-start")[0].get("datetime") == "2026-05-09T10:00:00+02:00"
    assert classes(one, "dt-end")[0].get("value") == "2026-05-09T12:00:00+02:00"
    assert classes(one, "p-location")[0].text == "Hall 3, Main Square"
    assert [classes(entry, "dt-published")[0].get("datetime")[:10] for entry in entries] == ["2026-03-01"] * 2
    assert ["".join(classes(entry, "p-name")[0].itertext()) for entry in entries] == ["Homes", "Fair"]


def test_without_css_title_date_and_place_are_on_lines_of_their_own() -> None:
    [one] = classes(parse(made(FAIR).body), "h-event")
    assert [child.tag for child in one if child.tag != "small"] == ["img", "br", "a", "br", "time", "data", "br", "bdi"]


def test_pictures_are_in_the_body_only_with_their_description() -> None:
    [image, _] = parse(made(FAIR).body).iter("img")
    facts = {"src": IMAGE["url"], "alt": 'A "crane"', "width": "80", "height": "60", "loading": "lazy"}
    assert facts.items() <= dict(image.attrib).items()
    [plain] = parse(made(article(topics=["t"], image="https://www.example.org/b.png")).body).iter("img")
    assert plain.get("alt") == ""


def test_search_engines_find_each_entry_once_as_json_ld() -> None:
    fair, homes = data_of(made(FAIR, HOMES).body)
    assert fair == {
        "@context": "https://schema.org",
        "@type": "Event",
        "@id": "tag:example.org,2026:item/fair",
        "name": "Fair",
        "url": "https://www.example.org/fair",
        "image": {
            "@type": "ImageObject",
            "url": IMAGE["url"],
            "caption": 'A "crane"',
            "creditText": "Ann",
            "width": 80,
            "height": 60,
        },
        "startDate": "2026-05-09T10:00:00+02:00",
        "endDate": "2026-05-09T12:00:00+02:00",
        "eventStatus": "https://schema.org/EventScheduled",
        "location": {"@type": "Place", "name": "Hall 3", "address": "Main Square"},
        "keywords": ["t"],
    }
    assert (homes["@type"], homes["headline"], homes["url"]) == ("Article", "Homes", "https://www.example.org/homes")
    assert homes["author"] == [{"@type": "Person", "name": "Ann"}]


def test_a_recurring_event_is_shown_with_its_next_date() -> None:
    weekly = event(start=date(2026, 2, 25), end=date(2026, 2, 26), recurrence="FREQ=WEEKLY", topics=["t"])
    [found] = data_of(made(weekly).body)
    assert (found["startDate"], found["endDate"]) == ("2026-03-04", "2026-03-05")


def test_texts_of_items_run_nothing() -> None:
    items = [
        article(id="a", title=HOSTILE, summary=HOSTILE, topics=["t"], image={"url": IMAGE["url"], "alt": HOSTILE}),
        event(id="e", title=HOSTILE, start=date(2026, 5, 9), location=HOSTILE, topics=["t"]),
    ]
    tree = parse(made(*items, title=HOSTILE).body)
    assert [one.get("type") for one in tree.iter("script")] == ["application/ld+json"]
    assert not any(name.startswith("on") for one in tree.iter() for name in one.attrib)
    assert {one["headline"] if "headline" in one else one["name"] for one in data_of(made(*items).body)} == {HOSTILE}


def test_a_feed_without_entries_says_so_and_links_to_the_feed() -> None:
    tree = parse(made(topics={"t": {}}).body)
    assert "Nothing has been published here yet." in "".join(tree.itertext())
    assert [one.get("href") for one in tree.iter("a")] == [f"{BASE}topics/t.atom.xml"]
    assert [one.get("href") for one in parse(made(topics={"t": {}}, pages={}).body).iter("a")] == [
        f"{BASE}topics/t.html"
    ]


def test_the_body_is_in_the_language_of_the_site() -> None:
    body = made(FAIR, language="ar").body
    assert 'lang="ar" dir="rtl"' in body
    assert "متابعة" in body or "تابع" in body


def test_an_unknown_feed_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        made(FAIR, name="topics/x")


# --- the command --------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "topicfeeds.toml").write_text(
        'title = "A"\nurl = "https://www.example.org/"\nfeeds_url = "https://www.example.org/feeds/"\n'
        'tdm = "reserved"\n[[sources]]\npath = "a.yaml"\ntopics = ["t"]\n[topics.t]\n'
    )
    (tmp_path / "a.yaml").write_text("{id: a, title: Fair, published: 2026-03-01, start: 2026-05-09, tags: [food]}")
    return tmp_path


def test_the_command_prints_the_parts_and_writes_nothing(folder: Path) -> None:
    env = {"SOURCE_DATE_EPOCH": str(int(NOW.timestamp()))}
    head, body = (
        command("embed", "--topic", "t", "--part", part, cwd=folder, env=env).out for part in ("head", "body")
    )
    assert command("embed", "--topic", "t", cwd=folder, env=env).out == (
        f"<!-- in the head of your page -->\n{head}<!-- in its body -->\n{body}"
    )
    assert 'class="h-event"' in body
    assert sorted(path.name for path in folder.iterdir()) == ["a.yaml", "topicfeeds.toml"]


def test_the_command_knows_the_dates_of_the_memory(folder: Path) -> None:
    (folder / "a.yaml").write_text("{id: a, title: Fair, start: 2026-05-09, tags: [food]}")
    assert command("build", cwd=folder, env={"SOURCE_DATE_EPOCH": "1770000000"}).code == 0
    later = command("embed", "--tag", "food", cwd=folder, env={"SOURCE_DATE_EPOCH": "1774000000"})
    assert 'datetime="2026-02-02T' in later.out
    assert command("build", cwd=folder, env={"SOURCE_DATE_EPOCH": "1774000000"}).out == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--topic", "tt"], 'there is no feed "topics/tt" (did you mean "topics/t"?)'),
        (["--topic", "t", "--tag", "food"], "--topic, --tag and --feed exclude each other"),
    ],
)
def test_a_wrong_feed_is_an_error_of_usage(folder: Path, arguments: list[str], message: str) -> None:
    done = command("embed", *arguments, cwd=folder)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_the_command_prints_the_file_that_reserves_text_and_data_mining(folder: Path) -> None:
    done = command("embed", "--part", "tdmrep", cwd=folder)
    assert json.loads(done.out) == [{"location": "/feeds/*", "tdm-reservation": 1}]
    text = (folder / "topicfeeds.toml").read_text().replace('tdm = "reserved"\n', "")
    (folder / "topicfeeds.toml").write_text(text)
    done = command("embed", "--part", "tdmrep", cwd=folder)
    assert (done.code, done.out) == (2, "")
    assert 'does not reserve the rights for text and data mining (add tdm = "reserved")' in done.err
