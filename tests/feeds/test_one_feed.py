"""One feed for a view: it costs one feed, and is the same as among all feeds."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from support import EXAMPLE, article, event, folder_site, site
from topicfeeds import Feed, SourceError, feed, read, render, select
from topicfeeds.entries import model
from topicfeeds.run import calls

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SITE = folder_site(EXAMPLE)
ALL = select(SITE, read(SITE, EXAMPLE), now=NOW)
ADDRESS = "https://www.example.org/views/feed"


@pytest.mark.parametrize("name", ALL)
def test_one_feed_equals_the_feed_of_that_name_among_all(name: str) -> None:
    assert feed(SITE, read(SITE, EXAMPLE), name, now=NOW) == ALL[name]


def test_only_the_named_feeds_are_made_and_unknown_names_are_left_out() -> None:
    some = select(SITE, read(SITE, EXAMPLE), names=["topics/housing", "tags/care", "tags/none"], now=NOW)
    assert some == {name: ALL[name] for name in ("topics/housing", "tags/care")}


def test_only_the_entries_of_the_named_feed_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []

    def load(candidate: model.Candidate) -> model.Entry:
        loaded.append(candidate.id)
        return model.load_entry(candidate)

    monkeypatch.setattr(calls, "load_entry", load)
    items = [article(id=str(n), tags=[f"t{n % 10}"]) for n in range(100)]
    assert len(feed(site(), items, "tags/t3", now=NOW).entries) == len(loaded) == 10


def test_a_name_without_a_feed_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="tags/none"):
        feed(SITE, [], "tags/none", now=NOW)


def test_a_declared_topic_without_items_has_an_empty_feed() -> None:
    assert feed(SITE, [], "topics/housing", now=NOW).entries == ()


def test_names_that_are_one_text_are_a_type_error_that_says_what_to_write() -> None:
    with pytest.raises(TypeError, match=r"names is text \(give a list: \['all'\]\)"):
        select(SITE, [], names="all")


def test_an_item_of_the_future_is_not_in_the_feed() -> None:
    items = [article(id="now"), article(id="later", published=date(2026, 7, 1))]
    assert [one.id.rpartition("/")[2] for one in feed(site(), items, "all", now=NOW).entries] == ["now"]


def test_a_refused_item_stops_the_view_unless_problems_are_collected() -> None:
    bad = {"title": "No date"}
    with pytest.raises(SourceError):
        feed(site(), [bad], "all", now=NOW)
    problems: list[object] = []
    feed(site(), [bad], "all", now=NOW, problems=problems)  # type: ignore[arg-type]
    assert len(problems) == 1


@pytest.mark.parametrize("form", ["atom", "rss", "json", "ics"])
def test_a_feed_that_was_pickled_renders_to_the_same_bytes_and_fingerprint(form: str) -> None:
    one = ALL["topics/housing"]
    again: Feed = pickle.loads(pickle.dumps(one))
    assert again == one
    assert render(again, form, ADDRESS) == render(one, form, ADDRESS)
    assert again.fingerprint(form, ADDRESS) == one.fingerprint(form, ADDRESS)


CHANGES: list[Callable[[Feed], Feed]] = [
    lambda one: replace(one, title="Other"),
    lambda one: replace(one, description=None),
    lambda one: replace(one, entries=one.entries[1:]),
    lambda one: replace(one, entries=(replace(one.entries[0], title="Other"), *one.entries[1:])),
    lambda one: replace(one, entries=(replace(one.entries[0], content="<p>Other"), *one.entries[1:])),
    lambda one: replace(one, has_event_files=not one.has_event_files),
    lambda one: replace(one, language="de"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_the_bytes_changes_the_fingerprint(change: Callable[[Feed], Feed]) -> None:
    one = ALL["topics/housing"]
    assert render(change(one), "atom") != render(one, "atom")
    assert change(one).fingerprint("atom") != one.fingerprint("atom")


def test_format_address_and_alternates_are_part_of_the_fingerprint() -> None:
    one = ALL["topics/housing"]
    made = [
        one.fingerprint("atom"),
        one.fingerprint("rss"),
        one.fingerprint("atom", ADDRESS),
        one.fingerprint("atom", ADDRESS, alternates={}),
        one.fingerprint("atom", ADDRESS, alternates={"rss": ADDRESS}),
    ]
    assert len(set(made)) == len(made)
    assert one.fingerprint("atom", one.url("atom")) == one.fingerprint("atom")


def test_alternates_are_the_addresses_in_other_formats() -> None:
    one = ALL["topics/housing"]
    sisters = {"atom": ADDRESS + ".atom", "rss": ADDRESS + ".rss"}
    text = render(one, "atom", sisters["atom"], alternates=sisters).decode()
    assert f'href="{sisters["rss"]}" rel="alternate" type="application/rss+xml"' in text
    assert one.url("rss") not in text
    assert render(one, "atom", sisters["atom"], alternates={}).decode().count("<link") < text.count("<link")


def test_a_feed_with_events_has_a_calendar_although_its_site_publishes_none() -> None:
    made = site(feeds={"formats": ["atom"]})
    one = feed(made, [event(id="fair", title="Fair")], "all", now=NOW)
    assert b"SUMMARY:Fair" in render(one, "ics", ADDRESS)
    assert b".ics" not in render(one, "atom")


def test_a_feed_without_events_says_that_it_has_no_calendar() -> None:
    with pytest.raises(ValueError, match="the feed all has no events, so it has no calendar"):
        render(feed(site(), [article()], "all", now=NOW), "ics")


def test_media_types_and_addresses_of_formats() -> None:
    one = ALL["all"]
    assert [one.media_type(form) for form in ("atom", "rss", "ics")] == [
        "application/atom+xml",
        "application/rss+xml",
        "text/calendar",
    ]
    with pytest.raises(ValueError, match=r'unknown format "atm" \(did you mean "atom"\?\)'):
        one.media_type("atm")
