"""JSON Feed 1.1: the members that the specification allows, equal to the entries field by field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from support import CASES, CORPUS, EVENTS, EXAMPLE, article, as_shown, event, folder_feeds, site
from support.needs import shared
from topicfeeds import Article, Entry, Event, Feed, Person, publish, render, select
from topicfeeds.output.write import is_marked
from topicfeeds.text.urls import to_uri

TEXT, LIST, DICT = (str,), (list,), (dict,)
HEAD = {
    "version": TEXT,
    "title": TEXT,
    "home_page_url": TEXT,
    "feed_url": TEXT,
    "description": TEXT,
    "icon": TEXT,
    "authors": LIST,
    "language": TEXT,
    "_topicfeeds": DICT,
    "items": LIST,
}
ITEM = {
    "id": TEXT,
    "url": TEXT,
    "title": TEXT,
    "content_html": TEXT,
    "content_text": TEXT,
    "summary": TEXT,
    "image": TEXT,
    "date_published": TEXT,
    "date_modified": TEXT,
    "authors": LIST,
    "tags": LIST,
    "language": TEXT,
    "attachments": LIST,
    "_event": DICT,
    "_image": DICT,
}
AUTHOR = {"name": TEXT, "url": TEXT}
ATTACHMENT = {"url": TEXT, "mime_type": TEXT, "title": TEXT, "size_in_bytes": (int,)}
of_every_case = pytest.mark.parametrize("case", [EXAMPLE, *CASES, *EVENTS], ids=lambda case: case.name)


def feed_of(*items: Article | Event, **fields: Any) -> dict[str, Any]:
    """Give the JSON Feed of items."""
    return parsed(select(site(**fields), items)["all"])


def item_of(**fields: Any) -> dict[str, Any]:
    """Give the only item of the feed of an article."""
    [item] = feed_of(article(**fields))["items"]
    assert isinstance(item, dict)
    return item


def event_of(**fields: Any) -> dict[str, Any]:
    """Give the extension of an event."""
    [item] = feed_of(event(**fields), timezone="Europe/Brussels")["items"]
    facts = item["_event"]
    assert isinstance(facts, dict)
    return facts


def parsed(feed: Feed) -> dict[str, Any]:
    """Render a feed and read it again. A member that is given twice is an error."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({name for name, _ in pairs}) == len(pairs)
        return dict(pairs)

    made = json.loads(render(feed, "json"), object_pairs_hook=unique)
    assert isinstance(made, dict)
    return made


def check_members(found: Mapping[str, Any], known: Mapping[str, tuple[type, ...]], required: set[str]) -> None:
    """Check names and types of members. None of them is empty."""
    assert required <= found.keys() <= known.keys()
    for name, value in found.items():
        assert isinstance(value, known[name])
        assert not isinstance(value, bool)
        assert value or name in ("items", "size_in_bytes")
        if name == "url" or name.endswith("_url") or name in ("icon", "image"):
            assert urlsplit(str(value)).scheme in ("http", "https", "mailto")
            assert str(value).isascii()


def check_specification(made: Mapping[str, Any]) -> None:
    """Check a document against the rules of the specification, without its schema."""
    assert next(iter(made.items())) == ("version", "https://jsonfeed.org/version/1.1")
    check_members(made, HEAD, {"title", "home_page_url", "feed_url", "authors", "language", "items"})
    assert len({item["id"] for item in made["items"]}) == len(made["items"])
    for item in made["items"]:
        check_members(item, ITEM, {"id", "url", "title", "date_published", "date_modified"})
        assert ("content_html" in item) != ("content_text" in item)
        for name in ("date_published", "date_modified"):
            assert datetime.fromisoformat(item[name]).tzinfo is not None
        assert all(isinstance(tag, str) and tag for tag in item.get("tags", []))
        for person in (*made["authors"], *item.get("authors", [])):
            check_members(person, AUTHOR, {"name"})
        for file in item.get("attachments", []):
            check_members(file, ATTACHMENT, {"url", "mime_type"})


@of_every_case
def test_every_feed_follows_the_specification(case: Path) -> None:
    for feed in folder_feeds(case).values():
        check_specification(parsed(feed))


@of_every_case
def test_every_feed_is_valid_against_the_schema(case: Path) -> None:
    import jsonschema

    schema = json.loads(shared("schemas/jsonfeed-1.1.schema.json").read_text("utf-8"))
    checker = jsonschema.Draft7Validator(schema, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER)
    for feed in folder_feeds(case).values():
        assert [error.message for error in checker.iter_errors(parsed(feed))] == []


@of_every_case
def test_every_field_is_equal_to_that_of_the_entry(case: Path) -> None:
    for feed in folder_feeds(case).values():
        made = parsed(feed)
        assert made["title"] == feed.title
        assert made.get("description") == feed.description
        assert made["home_page_url"] == to_uri(feed.page)
        assert made["feed_url"] == to_uri(feed.url("json"))
        assert made["language"] == feed.language
        assert made["_topicfeeds"]["id"] == feed.id
        assert datetime.fromisoformat(made["_topicfeeds"]["updated"]) == feed.updated
        assert [fields_of(item) for item in made["items"]] == [expected(entry, feed) for entry in as_shown(feed)]


def fields_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """Give the fields of an item, with dates as moments, and without its body in another form."""
    dates = {name: datetime.fromisoformat(item[name]) for name in ("date_published", "date_modified")}
    return {**item, **dates, "content_text": None if "content_html" in item else "-", "_event": None}


def expected(entry: Entry, feed: Feed) -> dict[str, Any]:
    """Give the fields that the item of an entry should have."""
    fields = {
        "id": entry.id,
        "url": to_uri(entry.link),
        "title": entry.title,
        "content_html": entry.content,
        "summary": entry.summary,
        "image": entry.image and to_uri(entry.image),
        "date_published": entry.published,
        "date_modified": entry.updated,
        "authors": [author(person) for person in entry.authors],
        "tags": list(dict.fromkeys(one.label for one in entry.categories)),
        "language": entry.language if entry.language != feed.language else None,
        "attachments": [
            {
                "url": to_uri(file.url),
                "mime_type": file.type,
                **({"title": file.title} if file.title else {}),
                **({} if file.length is None else {"size_in_bytes": file.length}),
            }
            for file in entry.enclosures
        ],
    }
    given = {name: value for name, value in fields.items() if value}
    return given | {"content_text": None if entry.content else "-", "_event": None}


def author(person: Person) -> dict[str, str]:
    address = person.url or (person.email and f"mailto:{person.email}")
    return {"name": person.name, **({"url": to_uri(address)} if address else {})}


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"content": "<p>Body</p>"}, None),
        ({"content": "<p>Body</p>", "summary": "Short"}, None),
        ({"summary": 'a < b & "c"'}, 'a < b & "c"'),
        ({"title": "<b>New</b>"}, "<b>New</b>"),
        ({"content": "<script>x</script>"}, "New homes"),
    ],
)
def test_an_item_without_a_body_has_its_summary_or_title_as_text(fields: dict[str, Any], text: str | None) -> None:
    assert item_of(**fields).get("content_text") == text


@pytest.mark.parametrize(
    ("fields", "facts"),
    [
        ({"start": "2026-05-06"}, {"start": "2026-05-06"}),
        ({"start": "2026-05-06", "end": "2026-05-08"}, {"start": "2026-05-06", "end": "2026-05-08"}),
        ({"start": "2026-05-06T18:00"}, {"start": "2026-05-06T18:00:00+02:00", "timezone": "Europe/Brussels"}),
        ({"start": "2026-05-06T18:00Z"}, {"start": "2026-05-06T20:00:00+02:00", "timezone": "Europe/Brussels"}),
        (
            {"start": "2026-05-06T18:00", "end": "2026-05-06T19:00", "timezone": "UTC", "status": "cancelled"},
            {
                "title": "Fair",
                "start": "2026-05-06T18:00:00Z",
                "end": "2026-05-06T19:00:00Z",
                "timezone": "UTC",
                "status": "cancelled",
            },
        ),
        (
            {"location": {"name": "Hall", "address": "Street 1", "latitude": 0, "longitude": 4.5}},
            {
                "start": "2026-05-01",
                "location": {"name": "Hall", "address": "Street 1", "latitude": 0, "longitude": 4.5},
            },
        ),
        (
            {"organizer": {"name": "Office", "email": "a@example.org"}},
            {"start": "2026-05-01", "organizer": {"name": "Office", "url": "mailto:a@example.org"}},
        ),
    ],
)
def test_an_event_has_its_facts_in_an_extension(fields: dict[str, Any], facts: dict[str, Any]) -> None:
    assert event_of(**fields) == facts


def test_a_recurring_event_has_its_next_dates() -> None:
    item = event(start="2026-05-01", recurrence="FREQ=WEEKLY;COUNT=3")
    feed = select(site(), [item], now=datetime(2026, 5, 3, tzinfo=UTC))["all"]
    [made] = parsed(feed)["items"]
    assert made["_event"] == {"start": "2026-05-01", "next": ["2026-05-08", "2026-05-15"]}


def test_text_cannot_end_the_document_or_pass_for_our_mark() -> None:
    title = '"_topicfeeds": {</script>\u2028\\'
    made = render(select(site(), [article(title=title)])["all"], "json")
    assert made.count(b'"_topicfeeds": {') == 1
    assert json.loads(made)["items"][0]["title"] == title
    assert is_marked(made)
    assert not is_marked(json.dumps({"title": title}).encode())


def test_other_formats_are_alternates() -> None:
    made = feed_of(article(), feeds={"formats": ["json", "atom"]})
    address = "https://www.example.org/all.atom.xml"
    assert made["_topicfeeds"]["alternates"] == [{"url": address, "type": "application/atom+xml"}]


def test_a_file_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    from topicfeeds import PublishError

    (tmp_path / "all.json").write_text('{"version": "https://jsonfeed.org/version/1.1", "items": []}', "utf-8")
    made = site(feeds={"formats": ["json"]})
    with pytest.raises(PublishError, match=r"all\.json: exists, but topicfeeds did not write it"):
        publish(made, [article()], tmp_path)
    (tmp_path / "all.json").unlink()
    assert publish(made, [article()], tmp_path).written == ("all.json",)
    assert publish(made, [article(title="Other")], tmp_path).written == ("all.json",)


# --- a reader -----------------------------------------------------------------------------------


def test_a_reader_stores_every_entry(tmp_path: Path) -> None:
    from reader import make_reader

    feeds = {
        **folder_feeds(EXAMPLE),
        **{f"corpus/{name}": one for name, one in folder_feeds(CORPUS / "feeds/everything").items()},
    }
    for path, feed in feeds.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{path}.json").write_bytes(render(feed, "json"))
    with closing(make_reader(":memory:", feed_root=str(tmp_path))) as reader:
        for path in feeds:
            reader.add_feed(f"{path}.json")
        reader.update_feeds()
        for path, feed in feeds.items():
            loaded = reader.get_feed(f"{path}.json")
            assert (loaded.title, loaded.last_exception) == (feed.title, None)
            stored = {
                one.id: (one.title, one.link, one.published, one.updated) for one in reader.get_entries(feed=loaded)
            }
            assert stored == {
                one.id: (one.title, to_uri(one.link), one.published, one.updated) for one in as_shown(feed)
            }
