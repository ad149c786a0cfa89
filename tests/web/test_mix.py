"""Mixes: the canonical address, the errors, and that the entries are those of the declared feed with the same terms."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import article, site
from support import event as make_event
from support.web import CITY, FORMS, NOW, Caller
from topicfeeds import DeclaredFeed, build
from topicfeeds.registry import FEED_FORMATS
from topicfeeds.text.slugs import make_slug
from topicfeeds.web import FeedResponse


def follow(caller: Caller, query: str, suffix: str = ".atom.xml") -> FeedResponse:
    """Ask for a mix, and follow its redirect, which must lead to a document."""
    made = caller.get(f"mix{suffix}", query)
    if made.status == 301:
        path, _, query = made.headers["Location"].partition("?")
        made = caller.get(path, query)
        assert made.status != 301
    return made


def ids(body: bytes) -> list[str]:
    return re.findall(r"<entry>\s*<id>tag:example.org,2026:item/(\w+)</id>", body.decode())


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("tag=care&topic=work", "topic=work&tag=care"),
        ("tag=care&topic=work&match=any", "topic=work&tag=care"),
        ("match=all&tag=Care&tag=+care+&topic=work", "topic=work&tag=care&match=all"),
        ("tag=care&match=all", "tag=care"),
        ("tag=C%2B%2B", "tag=cpp"),
        ("tag=C%23&tag=", f"tag={make_slug('C#')}"),
        ("kind=event&kind=article&tag=a", "tag=a"),
        ("not_tag=b&not_topic=work&kind=event&tag=c", "tag=c&not_topic=work&not_tag=b&kind=event"),
        ("tag=%C3%89cole", f"tag={make_slug('École')}"),
    ],
)
def test_terms_are_sorted_into_one_address(query: str, canonical: str) -> None:
    made = Caller().get("mix.rss.xml", query)
    assert made.status == 301
    assert made.headers["Location"] == f"mix.rss.xml?{canonical}"
    assert Caller().get("mix.rss.xml", made.headers["Location"].partition("?")[2]).status == 200


def test_a_mix_without_terms_is_the_feed_of_everything() -> None:
    assert Caller().get("mix.ics", "tag=&match=all").headers["Location"] == "all.ics"


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("tga=a", 400, 'unknown parameter "tga" (use topic, tag, not_topic, not_tag, kind or match)'),
        ("tag=a&format=atom", 400, 'unknown parameter "format" (use topic, tag, not_topic, not_tag, kind or match)'),
        ("kind=film", 400, 'kind is "film" (use article or event)'),
        ("match=some", 400, 'match is "some" (use any or all)'),
        ("tag=%FF", 400, "the query has too many parameters, or is not UTF-8 (use at most 16 terms)"),
        (urlencode([("tag", n) for n in range(17)]), 400, "the query has too many terms (use at most 16)"),
        ("&" * 100, 400, "the query has too many parameters, or is not UTF-8 (use at most 16 terms)"),
        ("topic=housng", 404, 'unknown topic "housng" (did you mean "housing"?)'),
        ("tag=a&not_topic=none", 404, 'unknown topic "none"'),
    ],
)
def test_a_query_that_is_no_mix_is_refused_and_no_item_is_read(query: str, status: int, message: str) -> None:
    caller = Caller()
    made = caller.get("mix.atom.xml", query)
    assert (made.status, made.body.decode(), caller.asked) == (status, f"{message}\n", [])


def test_sixteen_terms_are_allowed_and_the_user_can_change_the_number() -> None:
    query = urlencode([("tag", n) for n in range(16)])
    assert follow(Caller(), query).status == 200
    assert follow(Caller(max_terms=3), query).status == 400


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("topic=housing&tag=care", ["fair", "homes", "jobs"]),
        ("topic=work&tag=care&match=all", ["fair", "jobs"]),
        ("tag=care&not_tag=cpp", ["fair", "jobs"]),
        ("not_topic=work", ["homes"]),
        ("kind=event", ["fair"]),
        ("tag=none", []),
    ],
)
def test_a_mix_has_the_items_that_its_terms_say(query: str, found: list[str]) -> None:
    assert ids(follow(Caller(), query).body) == found


def test_a_mix_has_an_id_a_title_and_addresses_of_its_own() -> None:
    query = "topic=housing&amp;tag=care&amp;not_tag=cpp"
    body = follow(Caller(), query.replace("&amp;", "&")).body.decode()
    assert f"<id>tag:example.org,2026:feed/mix?{query}</id>" in body
    assert "<title>Housing, care − C++ - City Network</title>" in body
    assert "<title>work + care - City" in follow(Caller(site()), "topic=work&tag=care&match=all").body.decode()
    assert f'<link href="https://www.example.org/mix.atom.xml?{query}" rel="self"' in body
    assert f'<link href="https://www.example.org/mix.rss.xml?{query}" rel="alternate"' in body


def test_a_mix_is_not_sent_again_if_it_is_unchanged() -> None:
    caller = Caller(versions=True)
    first = caller.get("mix.atom.xml", "tag=care")
    assert caller.get("mix.atom.xml", "tag=care", If_None_Match=first.headers["ETag"]).status == 304
    assert len(caller.asked) == 1


def split(form: str, body: bytes) -> list[str]:
    """Return the entries of a document as they are written."""
    text = body.decode()
    if form == "json":
        return [json.dumps(one) for one in json.loads(text)["items"]]
    name = {"atom": "<entry.*?</entry>", "rss": "<item>.*?</item>", "ics": "BEGIN:VEVENT.*?END:VEVENT"}[form]
    return re.findall(name, text, re.DOTALL)


TOPICS, TAGS = ["housing", "work"], ["a", "C++", "\u00c9cole"]
LABELS = {
    "topics": st.lists(st.sampled_from(TOPICS), unique=True),
    "tags": st.lists(st.sampled_from(TAGS), unique=True),
}
TERMS = st.fixed_dictionaries(
    {
        **LABELS,
        "not_topics": st.lists(st.sampled_from(TOPICS), max_size=1),
        "not_tags": st.lists(st.sampled_from(TAGS), max_size=1),
        "kinds": st.lists(st.sampled_from(["article", "event"]), unique=True),
        "match": st.sampled_from(["any", "all"]),
    }
)
POSTS = st.lists(st.fixed_dictionaries({**LABELS, "day": st.integers(1, 28), "event": st.booleans()}), max_size=8)


@given(terms=TERMS, posts=POSTS, form=st.sampled_from(FORMS))
def test_a_mix_has_the_entries_of_the_declared_feed_byte_for_byte(
    terms: dict[str, Any], posts: list[dict[str, Any]], form: str
) -> None:
    items = [_make_item(number, **post) for number, post in enumerate(posts)]
    declared = DeclaredFeed(slug="same", title="Same", **terms)
    caller = Caller(CITY.model_copy(update={"feed": (declared,)}), items)
    names = {"topics": "topic", "tags": "tag", "not_topics": "not_topic", "not_tags": "not_tag", "kinds": "kind"}
    pairs = [(name, one) for field, name in names.items() for one in terms[field]]
    suffix = FEED_FORMATS[form].suffix
    mix = follow(caller, urlencode([*pairs, ("match", terms["match"])]), suffix)
    same = caller.get(f"feeds/same{suffix}")
    assert (mix.status, split(form, mix.body)) == (same.status, split(form, same.body))


@settings(max_examples=20)
@given(
    posts=st.lists(st.fixed_dictionaries({"number": st.integers(0, 3), **LABELS, "minted": st.booleans()}), max_size=8)
)
def test_a_feed_of_many_rows_has_the_bytes_that_it_has_among_all_feeds(posts: list[dict[str, Any]]) -> None:
    """The rows of an item, such as one for each of its tags, are one entry, even if only one row has the tag."""
    items = [
        article(id=None if minted else str(number), title=f"Post {number}", **labels)
        for post in posts
        for number, minted, labels in [(post["number"], post["minted"], {name: post[name] for name in LABELS})]
    ]
    for document in build(CITY, items, now=NOW):
        if not document.path.endswith(".html"):
            assert Caller(CITY, items).get(document.path).body == document.render(), document.path


def _make_item(number: int, *, day: int, event: bool, **labels: Any) -> Any:
    fields = {"id": str(number), "published": date(2026, 2, day), **labels}
    return make_event(start=date(2026, 5, day), **fields) if event else article(**fields)
