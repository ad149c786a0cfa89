"""Which entries are in which feed, and in which order."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import article, event, site
from topicfeeds import Feed, render, select
from topicfeeds.sources.model import Page


def names(feed: Feed) -> list[str]:
    return [entry.id.rpartition("/")[2] for entry in feed.entries]


def test_there_is_a_feed_of_everything_of_each_topic_and_of_each_tag() -> None:
    items = [article(topics=["housing"], tags=["b", "a"]), event(topics=["mobility"])]
    assert list(select(site(), items)) == ["all", "topics/housing", "topics/mobility", "tags/a", "tags/b"]


def test_a_declared_topic_has_a_feed_without_items_too() -> None:
    feed = select(site(topics={"housing": {}}), [])["topics/housing"]
    assert (feed.entries, feed.updated) == ((), datetime(2000, 1, 1, tzinfo=UTC))
    assert b"<updated>2000-01-01T00:00:00Z</updated>" in render(feed, "atom")
    assert b"<lastBuildDate>Sat, 01 Jan 2000 00:00:00 +0000</lastBuildDate>" in render(feed, "rss")


def test_a_site_chooses_what_gets_a_feed() -> None:
    items = [article(topics=["housing"], tags=["a"])]
    assert list(select(site(feeds={"per": ["tag"]}), items)) == ["all", "tags/a"]
    assert list(select(site(feeds={"per": []}), items)) == ["all"]


def test_entries_are_newest_first_and_equal_dates_go_by_id() -> None:
    items = [
        article(id="b"),
        article(id="c", published="2026-03-02T00:00+02:00"),
        article(id="a"),
        article(id="d", published="2026-03-01T23:00Z", updated="2027-01-01"),
    ]
    assert names(select(site(), items)["all"]) == ["d", "c", "a", "b"]


def test_a_feed_has_at_most_its_limit_and_a_tag_its_own_newest() -> None:
    items = [article(id=f"{n:02}", published=f"2026-01-{n:02}", tags=["odd"] if n % 2 else []) for n in range(1, 11)]
    feeds = select(site(feeds={"limit": 3}), items)
    assert names(feeds["all"]) == ["10", "09", "08"]
    assert names(feeds["tags/odd"]) == ["09", "07", "05"]


def test_a_feed_changed_when_the_latest_of_its_entries_did() -> None:
    items = [article(id="a", updated="2026-04-01"), article(id="b", published="2026-03-05")]
    assert select(site(), items)["all"].updated == datetime(2026, 4, 1, tzinfo=UTC)


def test_a_feed_has_an_identity_of_its_own() -> None:
    topics = {"housing": {"title": "Housing", "description": "Homes", "url": "https://www.example.org/housing"}}
    made = site(topics=topics, description="All of it", feeds_url="https://feeds.example.org")
    feeds = select(made, [article(tags=["Land"])])
    assert [(feed.id, feed.title, feed.description, feed.page) for feed in feeds.values()] == [
        ("tag:example.org,2026:feed/all", "City Network", "All of it", "https://www.example.org/"),
        (
            "tag:example.org,2026:feed/topics/housing",
            "Housing - City Network",
            "Homes",
            "https://www.example.org/housing",
        ),
        ("tag:example.org,2026:feed/tags/land", "Land - City Network", None, "https://www.example.org/"),
    ]
    assert {feed.base for feed in feeds.values()} == {"https://feeds.example.org/"}


def test_a_topic_without_title_is_named_by_its_slug() -> None:
    assert select(site(topics={"urban-gardens": {}}), [])["topics/urban-gardens"].title == (
        "Urban gardens - City Network"
    )
    feeds = select(site(), [article(topics=["Urban Gardens & more"])])
    assert feeds["topics/urban-gardens-more-0ccbc92544"].title == "Urban Gardens & more - City Network"


def test_a_tag_and_a_topic_of_one_name_are_two_feeds() -> None:
    feeds = select(site(), [article(id="a", topics=["x"]), article(id="b", tags=["x"])])
    assert (names(feeds["topics/x"]), names(feeds["tags/x"])) == (["a"], ["b"])


def test_a_declared_feed_filters_by_kind_and_matches_tags_by_what_they_are() -> None:
    declared = [
        {"slug": "x", "title": "X", "tags": ["Été"], "kinds": ["event"]},
        {"slug": "y", "title": "Y", "kinds": ["article"]},
        {"slug": "z", "title": "Z", "topics": ["t"], "tags": ["été"], "match": "any"},
    ]
    items = [article(id="a", tags=["été"]), event(id="b", tags=["ÉTÉ"]), event(id="c"), article(id="d", topics=["t"])]
    feeds = select(site(feed=declared), items)
    assert [names(feeds[f"feeds/{slug}"]) for slug in "xyz"] == [["b"], ["a", "d"], ["a", "b", "d"]]


def test_an_item_on_two_pages_is_whole_in_every_feed_that_holds_it() -> None:
    twice = [article(id="x", topics=["a"], tags=["s"]), article(id="x", topics=["b"], tags=["t"])]
    newer = [article(id="y", topics=["b"], tags=["t"], published="2026-04-01")]
    for items in ([*twice, *newer], [*newer, *twice], [*twice[::-1], *newer]):
        feeds = select(site(feeds={"limit": 1}), items)
        assert names(feeds["topics/b"]) == ["y"]
        (entry,) = feeds["topics/a"].entries
        assert sorted(topic.term for topic in entry.topics) == ["a", "b"]
        assert sorted(tag.term for tag in entry.tags) == ["s", "t"]


@pytest.mark.parametrize("few", [0, 1, 1000])
def test_an_item_on_two_pages_is_in_a_declared_feed_by_all_that_it_is(
    monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr("topicfeeds.feeds.select._MIN_MERGED_KEPT", few)
    declared = [
        {"slug": "without", "title": "Without b", "topics": ["b"], "match": "none"},
        {"slug": "both", "title": "Both", "topics": ["a", "b"]},
    ]
    items = [article(id="x", topics=["a"]), article(id="x", topics=["b"]), article(id="y", topics=["a"])]
    items += [article(id="z", topics=["b"]), article(id="z", topics=["a"])]
    for order in (items, items[::-1]):
        feeds = select(site(feed=declared), order)
        assert [names(feeds["feeds/without"]), names(feeds["feeds/both"])] == [["y"], ["x", "z"]]


def test_an_entry_is_one_object_in_all_feeds() -> None:
    feeds = select(site(), [article(topics=["a"], tags=["s"])])
    assert len({id(feed.entries[0]) for feed in feeds.values()}) == 1


def test_an_entry_whose_topic_has_a_title_is_one_object_in_all_feeds() -> None:
    feeds = select(site(topics={"a": {"title": "Alpha"}}), [article(topics=["a"], tags=["s"])])
    assert [topic.label for topic in feeds["all"].entries[0].topics] == ["Alpha"]
    assert len({id(feed.entries[0]) for feed in feeds.values()}) == 1


def test_a_page_titles_its_topic_on_items_before_it_too() -> None:
    feeds = select(site(), [article(topics=["a"]), Page("a", "Alpha", None)])
    assert [feeds["topics/a"].title, feeds["all"].entries[0].topics[0].label] == ["Alpha - City Network", "Alpha"]


ITEMS = st.lists(
    st.tuples(st.integers(1, 28), st.sets(st.sampled_from("xyz")), st.sets(st.sampled_from("abcd"))), max_size=30
)


@given(ITEMS, st.integers(1, 5))
def test_every_feed_holds_the_newest_of_what_it_is_about(
    drawn: list[tuple[int, set[str], set[str]]], limit: int
) -> None:
    items = [
        article(id=f"{n:02}", published=f"2026-01-{day:02}", topics=sorted(topics), tags=sorted(tags))
        for n, (day, topics, tags) in enumerate(drawn)
    ]
    for name, feed in select(site(feeds={"limit": limit}), items).items():
        folder, _, slug = name.partition("/")
        about = [i for i in items if folder == "all" or slug in (i.topics if folder == "topics" else i.tags)]
        newest = sorted(about, key=lambda i: i.id or "")
        newest.sort(key=lambda i: str(i.published), reverse=True)
        assert names(feed) == [i.id for i in newest[:limit]]
