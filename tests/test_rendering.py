"""Entries are rendered once and reused: the bytes are those that feedgen makes of each feed alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import CASES, EXAMPLE, article, event, folder_site, site
from topicfeeds import Entry, Feed, build, read, render, select
from topicfeeds.formats._feedgen import Channel, Item

TEXT = st.text(max_size=12) | st.sampled_from(["</entry>\n", "  <entry>", "    </item>\n", "</feed>", "]]>", "&lt;"])
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
            "tags": st.lists(st.sampled_from(["x", "y", "z"]), max_size=3),
            "language": st.sampled_from([None, "en", "de"]),
        }
    ),
)
FORMS = ["atom", "rss"]


def plainly(
    self: Channel, feed: Feed, name: str, make: Callable[[Entry, Feed], Item], _: object = None
) -> tuple[bytes, list[bytes], bytes]:
    """Let feedgen make the whole document at once."""
    for entry in feed.entries:
        self.add_entry(make(entry, feed), order="append")
    return bytes(self.atom_str(pretty=True) if name == "atom" else self.rss_str(pretty=True)), [], b""


def whole(feeds: dict[str, Feed]) -> dict[tuple[str, str], bytes]:
    """Render all feeds plainly, of entries that nobody has rendered before."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Channel, "spell", plainly)
        return {
            (path, form): render(replace(feed, entries=tuple(map(replace, feed.entries))), form)
            for path, feed in feeds.items()
            for form in FORMS
        }


def reused(feeds: dict[str, Feed]) -> dict[tuple[str, str], bytes]:
    """Render all feeds, with entries that many of them hold."""
    return {(path, form): render(feed, form) for form in FORMS for path, feed in feeds.items()}


@given(st.lists(ITEMS, max_size=8), st.sampled_from([{}, {"formats": ["atom", "rss", "ics"]}]))
def test_reused_entries_make_the_bytes_of_plain_feedgen(items: list[Any], settings: dict[str, Any]) -> None:
    feeds = select(site(feeds=settings), items, problems=[])
    assert reused(feeds) == whole(feeds)
    assert reused(feeds) == whole(feeds)


@pytest.mark.parametrize("folder", [EXAMPLE, *CASES], ids=lambda folder: folder.name)
def test_the_corpus_has_the_bytes_of_plain_feedgen(folder: Any) -> None:
    given = folder_site(folder)
    feeds = select(given, read(given, folder), problems=[])
    assert reused(feeds) == whole(feeds)


def test_what_was_made_of_an_entry_is_let_go_of_with_the_last_feed_that_holds_it() -> None:
    items = [article(id=str(n), title=f"N{n}", content="<p>x</p>", tags=[f"t{n % 3}"], topics=["a"]) for n in range(9)]
    documents = list(build(site(), items))
    first = {document.path: document.render() for document in documents}
    kept = {id(entry): entry for document in documents for entry in held(document.render)}
    assert len(kept) == 9
    assert not [entry for entry in kept.values() if entry.made.keys() - {"core", "digest"}]
    assert {document.path: document.render() for document in documents} == first


def held(make: Any) -> tuple[Entry, ...]:
    """Give the entries of the feed that a document is made of."""
    return next(part.entries for part in make.args if isinstance(part, Feed))
