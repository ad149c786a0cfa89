"""A fast path: feedgen renders a template for each kind of element once. Values are filled in here.

Elements with equal calls only differ in their values. feedgen renders marks in place of the values. This module
replaces the marks with escaped values. Measured on 2026-11-28 with 10,000 items: a full build takes 1.58 to 1.85 times
as long without this fast path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from ..entries.model import Category
from ..feeds.model import Feed
from ..text.urls import to_uri
from ._feedgen import (
    LINK_ALTERNATE,
    START_ENTRY,
    Call,
    Dialect,
    ElementCalls,
    MakeEntry,
    make_call,
    render_with_feedgen,
)
from ._verify import verify
from .render_cache import RenderCache

_MARK = re.compile(r"\{mark (\d+)\}")
_CATEGORY = re.compile(r"[ ]*<category[^\n]*\n")
_MAX_CACHED_CALLS = 50
"""The template of an entry with this many calls or more is not cached."""
_VERIFIED_BODY = "verified body"
"""The cache key of a body that was read back in one format. Bodies are long, so each is only read back once."""
_LAST_TAG = re.compile(r"<([\w:.-]+)[^<>]*>?$")


def render_from_templates(
    channel: ElementCalls,
    feed: Feed,
    dialect: Dialect,
    make_entry: MakeEntry,
    identity: str,
    cache: RenderCache,
) -> bytes:
    """Render a feed and read the document back. A document without `identity` (its `atom:id` or address) is a bug.

    An entry is rendered and read back once for all feeds that contain it. Its bytes do not depend on the feed's other
    entries.
    """
    form = dialect.name, feed.language, feed.base, feed.has_event_files, feed.confirms, feed.event_title
    variant = repr(form)
    entries: list[bytes] = []
    fresh: list[tuple[dict[Hashable, Any], bytes, bytes]] = []
    """For each entry that is rendered now: its values in the cache, its bytes, its body."""
    unverified: list[bytes] = []
    for entry in feed.entries:
        values = cache.values(entry)
        content: bytes | None = values.get(variant)
        if content is None:
            pieces = _render_entry(make_entry(entry, feed, cache), dialect)
            content = b"".join(pieces)
            body = values.get(_VERIFIED_BODY)
            unverified += pieces if body is None else [piece for piece in pieces if piece != body]
            fresh.append((values, content, body or max(pieces[1::2], key=len, default=b"")))
        entries.append(content)
    has_events = any(entry.event for entry in feed.entries)
    template, tail = _channel_template(tuple(channel.calls), dialect, has_events)
    head = b"".join(template.fill(channel.values))
    verify(b"".join([head, *unverified, tail]), identity, len(fresh))
    for values, content, body in fresh:
        values[variant] = content
        values[_VERIFIED_BODY] = body
    return b"".join([head, *entries, tail])


_Escape = Callable[[str], bytes] | None
"""Escapes and encodes a value. None marks the place for all categories."""


class Template(NamedTuple):
    """The text that feedgen renders for some calls, cut at the places of values."""

    pieces: list[bytes]
    slots: list[tuple[int, _Escape]]
    """For each place between two pieces: the number of the value, and its escape function."""

    def fill(self, values: Sequence[str], categories: bytes = b"") -> list[bytes]:
        """Return the pieces with escaped values between them. `categories` has the rendered categories."""
        made = self.pieces.copy()
        made[1::2] = [escape(values[number]) if escape else categories for number, escape in self.slots]
        return made


def _make_template(text: str, plain: frozenset[str]) -> Template:
    """Make a template of a text: cut it at its marks, and choose the function that escapes the value of each mark."""
    pieces = _MARK.split(text)
    slots: list[tuple[int, _Escape]] = []
    before = ""
    for number, mark in enumerate(pieces[1::2]):
        before += pieces[2 * number]
        before = before[before.rindex("<") :]
        slots.append((int(mark), _choose_escape(before, plain)))
    return Template([piece.encode() for piece in pieces], slots)


def _choose_escape(before: str, plain: frozenset[str]) -> _Escape:
    """Return the escape function of a place, by the last tag before it."""
    if ">" not in before:
        return _escape_attribute
    found = _LAST_TAG.match(before)
    return _escape_plain if found and found[1] in plain else _escape_text


def _escape_text(value: str) -> bytes:
    """Return a text, escaped as libxml2 does."""
    escaped = value.encode().replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
    return escaped.replace(b"\r", b"&#13;")


def _escape_plain(value: str) -> bytes:
    return _escape_text(value).replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;")


def _escape_attribute(value: str) -> bytes:
    return _escape_text(value).replace(b'"', b"&quot;").replace(b"\n", b"&#10;").replace(b"\t", b"&#9;")


@lru_cache(maxsize=1000)
def _channel_template(calls: tuple[Call, ...], dialect: Dialect, has_events: bool) -> tuple[Template, bytes]:
    """Return the template of the text before the entries of a document, and the text after them."""
    whole = render_with_feedgen(_make_marked(calls), (), dialect, has_events=has_events)
    head, end, tail = whole.rpartition(dialect.end)
    return _make_template(head, dialect.plain_in_head), (end + tail).encode()


@lru_cache(maxsize=1000)
def _entry_template(calls: tuple[Call, ...], dialect: Dialect, has_categories: bool) -> Template:
    """Return the template of an entry. If it has categories, the last slot is for all of them together."""
    marked = _make_marked(calls, [Category("-", "-", "-")] if has_categories else ())
    whole = render_with_feedgen(_make_marked(_AROUND), [marked], dialect, has_events=True)
    text = whole[whole.index(dialect.start) : whole.rindex(dialect.end)]
    last = len(marked.values)
    template = _make_template(_CATEGORY.sub(f"{{mark {last}}}", text), dialect.plain)
    return template._replace(slots=[(number, None if number == last else escape) for number, escape in template.slots])


@lru_cache(maxsize=10_000)
def _render_category(one: Category, dialect: Dialect) -> bytes:
    return b"".join(_category_template(dialect).fill([one.term, one.label, to_uri(one.scheme)]))


@cache
def _category_template(dialect: Dialect) -> Template:
    marked = _make_marked((START_ENTRY, LINK_ALTERNATE), [Category(*_make_marks(3))])
    found = _CATEGORY.search(render_with_feedgen(_make_marked(_AROUND), [marked], dialect, has_events=True))
    return _make_template(found[0] if found else "", dialect.plain)


_AROUND = (
    make_call("start", id=None, title=None, updated=None),
    make_call("link", href=None),
    make_call("description", description=None),
)
"""The calls that feedgen needs for a valid channel, in both formats."""


def _make_marked(calls: Sequence[Call], categories: Sequence[Category] = ()) -> ElementCalls:
    """Return calls with a mark in place of each value."""
    count = sum(fixed is None for call in calls for _, fixed in call.parameters)
    return ElementCalls(categories, list(calls), _make_marks(count))


def _make_marks(count: int) -> list[str]:
    return [f"{{mark {number}}}" for number in range(count)]


def _render_entry(item: ElementCalls, dialect: Dialect) -> list[bytes]:
    make = _entry_template if len(item.calls) < _MAX_CACHED_CALLS else _entry_template.__wrapped__
    template = make(tuple(item.calls), dialect, bool(item.categories))
    return template.fill(item.values, b"".join([_render_category(one, dialect) for one in item.categories]))
