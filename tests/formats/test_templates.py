"""Templates give the bytes that feedgen gives, and an entry is rendered once for all feeds that hold it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import CASES, EXAMPLE, article, event, folder_site, site
from topicfeeds import Feed, read, render, select
from topicfeeds.formats import _render, _templates, atom, ics, render_document, render_event, rss
from topicfeeds.formats._render import render_at_once
from topicfeeds.formats.render_cache import RenderCache
from topicfeeds.text import fast_paths

TEXT = st.text(max_size=12) | st.sampled_from(
    ["\t\r\n\"'>", "{mark 1}", "</entry>\n", "  <entry>", "    </item>\n", "</feed>", "]]>", "&lt;"]
)
ITEMS = st.builds(
    lambda make, n, fields: make(id=str(n), **{name: value for name, value in fields.items() if value}),
    st.sampled_from([article, event]),
    st.integers(0, 50),
    st.fixed_dictionaries(
        {
            "title": TEXT.map(lambda text: f"x{text}"),
            "summary": TEXT.map(lambda text: f"x{text}"),
            "content": TEXT.map(lambda text: f"<p>{text}</p>"),
            "topics": st.lists(st.sampled_from(["a", "b"]), max_size=2),
            "tags": st.lists(st.sampled_from(["x", "y", "z"]) | TEXT.map(lambda text: f"x{text}"), max_size=3),
            "authors": st.lists(
                st.sampled_from(
                    ["Ann", {"name": "B <b> & c", "email": "b@x.example", "url": "https://x.example/?a=1&b"}]
                ),
                max_size=2,
            ),
            "image": st.sampled_from([None, "https://x.example/a?b='&c"])
            | st.builds(
                lambda alt, credit, width: {
                    "url": "https://x.example/é",
                    "alt": alt,
                    "credit": credit,
                    "width": width,
                    "type": "image/png",
                },
                st.none() | TEXT.map(lambda text: f"x{text}"),
                st.none() | TEXT.map(lambda text: f"x{text}"),
                st.none() | st.integers(1, 9),
            ),
            "enclosures": st.lists(
                st.builds(
                    lambda title, length: {
                        "url": "https://x.example/é",
                        "type": "a/b",
                        "title": title,
                        "length": length,
                    },
                    st.none() | TEXT.map(lambda text: f'"{text}"'),
                    st.none() | st.integers(0, 9),
                ),
                max_size=2,
            ),
            "language": st.sampled_from([None, "en", "de"]),
        }
    ),
)
FORMS = ["atom", "rss"]
Rendered = dict[tuple[str, str], bytes]
"""The bytes of feeds, by path and format."""


def render_with_one_cache(feeds: Mapping[str, Feed]) -> Rendered:
    """Render all feeds as a run does: an entry is rendered once for all of them."""
    cache = RenderCache()
    return {(path, form): render_document(feed, form, cache) for form in FORMS for path, feed in feeds.items()}


def render_each_alone(feeds: Mapping[str, Feed]) -> Rendered:
    """Render each document at once with feedgen alone, of entries that nobody has rendered before."""
    with pytest.MonkeyPatch.context() as patched:
        for module in (atom, rss):
            patched.setattr(module, "render_xml", render_at_once)
        return {(path, form): render(feed, form) for form in FORMS for path, feed in feeds.items()}


SETTINGS: list[dict[str, Any]] = [
    {},
    {"feeds": {"formats": ["atom", "rss", "ics"]}},
    {"license": "https://x.example/?a='&b", "refresh": "6h", "pages": {"stylesheet": True}},
]


@given(st.lists(ITEMS, max_size=8), st.sampled_from(SETTINGS))
def test_templates_give_the_bytes_of_feedgen_for_any_items(items: list[Any], settings: dict[str, Any]) -> None:
    feeds = select(site(**settings), items, problems=[])
    expected = render_each_alone(feeds)
    assert render_with_one_cache(feeds) == expected
    assert render_with_one_cache(feeds) == expected  # now by templates that are known


@pytest.mark.parametrize("folder", [EXAMPLE, *CASES], ids=lambda folder: folder.name)
def test_templates_give_the_bytes_of_feedgen_for_the_corpus(folder: Path) -> None:
    given = folder_site(folder)
    feeds = select(given, read(given, folder), problems=[])
    assert render_with_one_cache(feeds) == render_each_alone(feeds)


@pytest.mark.parametrize("enabled", [True, False])
def test_a_switch_turns_templates_off(enabled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    for module, name in ((_templates, "render_from_templates"), (_render, "render_at_once")):
        monkeypatch.setattr(module, name, lambda *_, name=name: calls.append(name))
    monkeypatch.setattr(fast_paths, "ENABLED", enabled)
    feed = select(site(), [article()])["all"]
    for form in FORMS:
        render(feed, form)
    assert calls == ["render_from_templates" if enabled else "render_at_once"] * 2


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use templates, even where the whole suite runs without fast paths."""
    monkeypatch.setattr(fast_paths, "ENABLED", True)


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "wrong", [b"", b"<x>", b"</x>", b"&x;", b"\1", b"<entry/><item/>", b"<!-- -->", b"<![CDATA[]]>"]
)
def test_an_entry_that_does_not_read_back_as_one_is_a_bug(
    form: str, wrong: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry that was read back once is not read back again, so the second feed needs one that is new."""
    feeds = select(site(), [article(id="a", tags=["x"]), article(id="b")])
    cache = RenderCache()
    render_document(feeds["tags/x"], form, cache)
    monkeypatch.setattr(_templates, "_render_entry", lambda *_: [wrong])
    render_document(feeds["tags/x"], form, cache)
    with pytest.raises((AssertionError, ValueError, ExpatError), match=r"has the ids|CDATA|line "):
        render_document(feeds["all"], form, cache)


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize("form", FORMS)
def test_an_entry_that_did_not_read_back_is_a_bug_in_every_later_document(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed, cache = select(site(), [article()])["all"], RenderCache()
    monkeypatch.setattr(_templates, "_render_entry", lambda *_: [b"<x>"])
    for _ in range(2):
        with pytest.raises((AssertionError, ExpatError)):
            render_document(feed, form, cache)


def test_a_calendar_that_does_not_read_back_as_itself_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    feed = select(site(feeds={"formats": ["ics"]}), [event()])["all"]
    monkeypatch.setattr(ics, "_render_event", lambda *_: b"")
    with pytest.raises(AssertionError, match="and 0 entries instead of 1"):
        render(feed, "ics")
    with pytest.raises(AssertionError, match="and 0 entries instead of 1"):
        render_event(feed.entries[0], feed, RenderCache())
