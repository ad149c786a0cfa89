"""Entries are rendered once and reused: the bytes are those that feedgen makes of each feed alone."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import CASES, EXAMPLE, article, event, folder_site, site
from support.city import NOON, City, row
from topicfeeds import Entry, Feed, PublishError, build, publish, read, render, select
from topicfeeds.entries.spill import EntrySpill
from topicfeeds.formats import _templates, atom, ics, render_event, rss
from topicfeeds.formats._feedgen import Dialect, ElementCalls, render_with_feedgen

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
            "image": st.sampled_from([None, "https://x.example/a?b='&c"]),
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


def whole(feeds: dict[str, Feed]) -> dict[tuple[str, str], bytes]:
    """Let feedgen make each document at once, of entries that nobody has rendered before."""
    with pytest.MonkeyPatch.context() as patched:
        for module in (atom, rss):
            patched.setattr(module, "render_feed", at_once)
        return {
            (path, form): render(replace(feed, entries=tuple(map(replace, feed.entries))), form)
            for path, feed in feeds.items()
            for form in FORMS
        }


def at_once(
    channel: ElementCalls, feed: Feed, tongue: Dialect, make: Callable[[Entry, Feed], ElementCalls], _: str
) -> bytes:
    """Spell a feed by feedgen and lxml alone, but for the references that plain texts of RSS have."""
    has_events = any(entry.event for entry in feed.entries)
    made = render_with_feedgen(channel, [make(entry, feed) for entry in feed.entries], tongue, has_events=has_events)
    if tongue.name == "atom":
        return made.encode()
    names = "title|category|copyright|dc:creator|managingEditor"
    made = re.sub(rf"(?<=<)({names})( [^<>]*)?>[^<]*", swapped, made)
    return re.sub(r"(?<=\n    <)description>[^<]*", swapped, made, count=1).encode()


def swapped(found: re.Match[str]) -> str:
    tag, _, text = found[0].partition(">")
    return tag + ">" + text.replace("&amp;", "&#x26;").replace("&lt;", "&#x3C;")


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


def test_of_what_was_made_no_more_is_kept_than_there_is_room_for_however_long_a_body_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("topicfeeds.output.documents._MAX_RENDER_CHARS", 20_000)
    first = next(iter(build(site(), [article(id=str(n), content="x" * 9000) for n in range(9)])))
    first.render()
    assert [entry.id[-1] for entry in held(first.render) if "html" in entry.made] == ["7", "8"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "wrong", [b"", b"<x>", b"</x>", b"&x;", b"\1", b"<entry/><item/>", b"<!-- -->", b"<![CDATA[]]>"]
)
def test_an_entry_that_does_not_read_back_as_one_is_a_bug(
    form: str, wrong: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry that was read back once is not looked at again: the second feed has one that is new."""
    feed = select(site(), [article(id="a"), article(id="b")])["all"]
    render(replace(feed, entries=feed.entries[:1]), form)
    monkeypatch.setattr(_templates, "_render_entry", lambda *_: [wrong])
    with pytest.raises((AssertionError, ValueError, ExpatError), match=r"was rendered as|CDATA|line "):
        render(feed, form)


def test_a_calendar_that_does_not_read_back_as_itself_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    feed = select(site(feeds={"formats": ["ics"]}), [event()])["all"]
    monkeypatch.setattr(ics, "_render_event", lambda *_: b"")
    with pytest.raises(AssertionError, match="with 0 entries, not 1"):
        render(feed, "ics")
    with pytest.raises(AssertionError, match="with 0 entries, not 1"):
        render_event(feed.entries[0], feed)


def held(make: Any) -> tuple[Entry, ...]:
    """Give the entries of the feed that a document is made of."""
    return next(part.entries for part in make.args if isinstance(part, Feed))


@pytest.mark.parametrize("folder", [EXAMPLE, *CASES], ids=lambda folder: folder.name)
def test_what_is_put_aside_and_let_go_of_is_published_as_if_it_were_held(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = folder_site(folder)
    expected = {document.path: document.render() for document in build(given, read(given, folder), problems=[])}
    shelved: list[str] = []
    real = EntrySpill.put

    def put(self: EntrySpill, entry: Entry) -> Entry:
        shelved.append(entry.kind)
        return real(self, entry)

    monkeypatch.setattr(EntrySpill, "put", put)
    monkeypatch.setattr("topicfeeds.output.documents._MAX_RENDER_CHARS", 1)
    monkeypatch.setattr("topicfeeds.feeds.select._MAX_CHARS_IN_MEMORY", 1)
    publish(given, read(given, folder), tmp_path)
    made = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*.*")}
    assert {path: made[path] for path in expected} == expected
    articles = [entry for entry in select(given, read(given, folder), problems=[])["all"].entries if not entry.event]
    assert len(shelved) >= len(articles) - 1
    assert all(entry.title for entry in articles)  # for others than a run, nothing is put aside


def test_an_edit_finds_what_was_put_aside_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topicfeeds.feeds.select._MAX_CHARS_IN_MEMORY", 1)
    rows = [row(f"n{n}", tags=[f"t{n}"], content="<p>x</p>") for n in range(9)]
    city = City.made(tmp_path, *rows)
    city.build()
    city.put(*rows[:8], row("n8", tags=["t8"], content="<p>y</p>"))
    assert set(city.build(NOON).written) == {f"{name}.{form}.xml" for name in ("all", "tags/t8") for form in FORMS}


def test_a_disk_without_room_for_what_is_put_aside_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("topicfeeds.feeds.select._MAX_CHARS_IN_MEMORY", 0)
    city = City.made(tmp_path, row("a"))
    with monkeypatch.context() as patched:
        patched.setattr(tempfile, "TemporaryFile", lambda: open("/dev/full", "r+b"))  # noqa: PTH123, SIM115
        with pytest.raises(PublishError, match=r"cannot be written: No space left on device \(TMPDIR can name another"):
            city.build()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(PublishError, match=r"gone: cannot be written: No such file or directory \(TMPDIR can name"):
        city.build()
    assert not list(city.public.glob("*.xml"))
