"""Digests change when something changes that a document or the memory depends on, and only then."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from support import article, event, site
from topicfeeds import Article, Event, State, build, select
from topicfeeds.entries.digests import digest_item
from topicfeeds.entries.headers import make_headers
from topicfeeds.entries.model import Candidate
from topicfeeds.entries.resolve import Resolver

OTHER: dict[str, Any] = {
    "id": "other",
    "title": "Other",
    "link": "https://www.example.org/other",
    "published": "2026-03-02",
    "updated": "2026-03-03",
    "summary": "other",
    "content": "<p>other</p>",
    "tags": ["other"],
    "authors": ["Other"],
    "language": "fr",
    "image": "https://www.example.org/other.png",
    "enclosures": [{"url": "https://www.example.org/a.mp3", "type": "audio/mpeg"}],
    "timezone": "Asia/Tokyo",
}
OTHER_EVENT: dict[str, Any] = {
    "start": "2026-06-07T18:00",
    "end": "2026-09-09",
    "location": "Elsewhere",
    "organizer": "Somebody",
    "status": "cancelled",
    "recurrence": "FREQ=DAILY;COUNT=3",
}
LABELS = {"topics", "topic", "kind", "except_"}


def digest(item: Article | Event) -> str:
    """Give the digest of the only candidate of an item."""
    [candidate] = [
        one for one in Resolver(site()).resolve_all(make_headers(site(), [item])) if isinstance(one, Candidate)
    ]
    return candidate.digest


def test_every_field_of_an_item_is_tried() -> None:
    assert OTHER.keys() | OTHER_EVENT.keys() | LABELS == set(Event.model_fields)


@pytest.mark.parametrize("name", sorted(OTHER))
def test_another_value_of_any_field_of_an_article_is_another_digest(name: str) -> None:
    assert digest(article(**{name: OTHER[name]})) != digest(article())


@pytest.mark.parametrize("name", sorted(OTHER_EVENT))
def test_another_value_of_any_field_of_an_event_is_another_digest(name: str) -> None:
    assert digest(event(**{name: OTHER_EVENT[name]})) != digest(event())


def test_what_the_site_file_says_is_in_the_fingerprint_of_every_document() -> None:
    plain, zoned = (build(site(timezone=zone), [article()]) for zone in ("UTC", "Asia/Tokyo"))
    assert {one.fingerprint for one in plain}.isdisjoint(one.fingerprint for one in zoned)


def test_the_next_dates_of_an_event_are_in_its_digest() -> None:
    weekly = event(recurrence="FREQ=WEEKLY;COUNT=9", published="2026-01-01")
    found = set()
    for month in (1, 6):
        state = State()
        state.begin()
        now = select(site(), [article(published=f"2026-0{month}-01")])["all"].entries[0].published
        found |= {
            one.digest
            for one in Resolver(site(), state, now).resolve_all(make_headers(site(), [weekly]))
            if isinstance(one, Candidate)
        }
    assert len(found) == 2


@pytest.mark.parametrize("name", ["summary", "content"])
def test_a_long_text_that_changes_is_seen_by_the_author_digest(name: str) -> None:
    one, two = article(**{name: "one"}), article(**{name: "two"})
    assert digest_item(one) != digest_item(two)


def test_topics_and_tags_are_not_in_the_content_digest() -> None:
    one, two = article(tags=["a"], topics=["b"]), article(topic="c")
    assert digest_item(one)[0] != digest_item(two)[0]
    assert digest_item(one)[1] == digest_item(two)[1] == digest_item(article())[1]


def test_an_author_digest_is_the_same_for_ever() -> None:
    """The memory keeps it: another value would date a change that nobody made."""
    item = article(title="Café", tags=["a", "b"], authors=[{"name": "Ann", "email": "a@x.example"}])
    assert item.published == date(2026, 3, 1)
    assert digest_item(item)[0].hex() == "ac5b415febe6b4795819838a063633dd"
