"""Digests change when something changes that a document or the memory depends on, and only then."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from support import article, event, site
from topicfeeds import Enclosure, Entry, Person, select
from topicfeeds.entries.digests import author_digest, content_digest
from topicfeeds.entries.model import Category, EventChange, EventSnapshot

OTHER: dict[str, Any] = {
    "id": "tag:example.org,2026:item/other",
    "kind": "event",
    "title": "Other",
    "link": "https://www.example.org/other",
    "published": datetime(2026, 3, 2, tzinfo=UTC),
    "updated": datetime(2026, 3, 3, tzinfo=UTC),
    "summary": "other",
    "content": "<p>other</p>",
    "topics": (Category("other", "Other", "x"),),
    "tags": (Category("other", "Other", "x"),),
    "authors": (Person(name="Other"),),
    "language": "fr",
    "image": "https://www.example.org/other.png",
    "enclosures": (Enclosure(url="https://www.example.org/a.mp3", type="audio/mpeg"),),
    "event": select(site(), [event()])["all"].entries[0].event,
    "notice": EventChange(1, 1, "status", *[EventSnapshot("2026-05-01", None, None, "cancelled")] * 2),
}


def test_every_field_of_an_entry_is_tried() -> None:
    assert set(OTHER) == {field.name for field in fields(Entry)}


@pytest.mark.parametrize("name", sorted(OTHER.keys() - {"topics"}))
def test_another_value_of_any_field_is_another_content_digest(name: str) -> None:
    [entry] = select(site(), [article()])["all"].entries
    changed: Entry = replace(entry, **{name: OTHER[name]})
    assert content_digest(changed, None) != content_digest(entry, None)


def test_topics_do_not_count_as_other_items_title_them() -> None:
    [entry] = select(site(), [article()])["all"].entries
    changed: Entry = replace(entry, topics=(Category("other", "Other", "x"),))
    assert content_digest(changed, None) == content_digest(entry, None)


@pytest.mark.parametrize("name", ["summary", "content"])
def test_a_long_text_that_changes_is_seen_by_the_author_digest(name: str) -> None:
    one, two = article(**{name: "one"}), article(**{name: "two"})
    assert author_digest(one) != author_digest(two)


def test_an_author_digest_is_the_same_for_ever() -> None:
    """The memory keeps it: another value would date a change that nobody made."""
    item = article(title="Café", tags=["a", "b"], authors=[{"name": "Ann", "email": "a@x.example"}])
    assert item.published == date(2026, 3, 1)
    assert author_digest(item).hex() == "ac5b415febe6b4795819838a063633dd"
