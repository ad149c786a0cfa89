"""Elements of one form are made by feedgen once: sheets of equal calls differ in their texts, and in nothing else.

These are put, escaped, where feedgen put the marks that stood for them. It takes a fifth of the time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from ..entries.model import Category, Entry
from ..feeds.model import Feed
from ._feedgen import Dialect, ElementCalls, render_with_feedgen
from ._verify import verify

_MARK = re.compile(r"\{mark (\d+)\}")
_CATEGORY = re.compile(r"[ ]*<category[^\n]*\n")
_MAX_CACHED_CALLS = 50
"""Entries of so many calls have a form of their own each, which is not kept."""
_LAST_TAG = re.compile(r"<([A-Za-z:]+)[^<>]*>?$")


def render_feed(
    channel: ElementCalls, feed: Feed, tongue: Dialect, make: Callable[[Entry, Feed], ElementCalls], identity: str
) -> bytes:
    """Spell a feed, which names itself by an `identity`.

    An entry is made, and read back, once for all feeds that hold it: its bytes do not depend on what is around it.
    """
    language, base, files = feed.language, feed.base, feed.calendar is not None
    key = f"{tongue.name} {language} {base} {files} {feed.confirms} {feed.event_title}"
    fresh = [entry for entry in feed.entries if key not in entry.made]
    proof: list[bytes] = []
    for entry in fresh:
        pieces = _render_entry(make(entry, feed), tongue)
        entry.made[key] = b"".join(pieces)
        proof += _pieces_to_verify(pieces, entry)
    has_events = any(entry.event for entry in feed.entries)
    form, tail = _channel_template(tuple(channel.calls), tongue, has_events)
    head = b"".join(form.fill(channel.values))
    verify(b"".join([head, *proof, tail]), identity, len(fresh))
    return b"".join([head, *[entry.made[key] for entry in feed.entries], tail])


def _pieces_to_verify(pieces: list[bytes], entry: Entry) -> list[bytes]:
    """Leave out the body where that was read back in another format: it is long, and the same bytes in all."""
    body = entry.made.pop("body", None)
    if body is None:
        entry.made["body"] = max(pieces[1::2], key=len, default=b"")
        return pieces
    return [piece for piece in pieces if piece is not body]


_Escape = Callable[[str], bytes] | None
"""Escapes a value and encodes it; None where it is not one value that stands there, but all categories."""


class Template(NamedTuple):
    """What feedgen makes of calls, cut where values stand."""

    pieces: list[bytes]
    slots: list[tuple[int, _Escape]]
    """Between the pieces: the number of a value, and how it is escaped there."""

    def fill(self, values: Sequence[str], categories: bytes = b"") -> list[bytes]:
        """Put values in, and what is spelled already in its place, the last one."""
        made = self.pieces.copy()
        made[1::2] = [escape(values[number]) if escape else categories for number, escape in self.slots]
        return made


def _make_template(text: str, plain: frozenset[str]) -> Template:
    """Cut a text at its marks."""
    pieces = _MARK.split(text)
    slots: list[tuple[int, _Escape]] = []
    before = ""
    for number, mark in enumerate(pieces[1::2]):
        before += pieces[2 * number]
        before = before[before.rindex("<") :]
        slots.append((int(mark), _choose_escape(before, plain)))
    return Template([piece.encode() for piece in pieces], slots)


def _choose_escape(before: str, plain: frozenset[str]) -> _Escape:
    """Tell how a text is escaped, by the last tag before it."""
    if ">" not in before:
        return _escape_attribute
    found = _LAST_TAG.match(before)
    return _escape_plain if found and found[1] in plain else _escape_text


def _escape_text(value: str) -> bytes:
    """Escape a text as libxml2 does."""
    return _escape_cached(value) if 500 < len(value) < 20_000 else _escape_characters(value)


def _escape_characters(value: str) -> bytes:
    spelled = value.encode().replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
    return spelled.replace(b"\r", b"&#13;")


_escape_cached = lru_cache(maxsize=200)(_escape_characters)
"""The same for what is long: both formats of a feed have it, one after the other."""


def _escape_plain(value: str) -> bytes:
    spelled = value.encode().replace(b"&", b"&#x26;").replace(b"<", b"&#x3C;")
    return spelled.replace(b">", b"&gt;").replace(b"\r", b"&#13;")


def _escape_attribute(value: str) -> bytes:
    return _escape_text(value).replace(b'"', b"&quot;").replace(b"\n", b"&#10;").replace(b"\t", b"&#9;")


@lru_cache(maxsize=1000)
def _channel_template(calls: tuple[str, ...], tongue: Dialect, has_events: bool) -> tuple[Template, bytes]:
    """Give the form of what stands before the entries of a document, and what follows them."""
    whole = render_with_feedgen(_make_marked(calls), (), tongue, has_events=has_events)
    head, end, tail = whole.rpartition(tongue.end)
    return _make_template(head, tongue.plain_in_head), (end + tail).encode()


@lru_cache(maxsize=1000)
def _entry_template(calls: tuple[str, ...], tongue: Dialect, has_categories: bool) -> Template:
    """Give the form of an entry; its last value is all of its categories, where it has some."""
    marked = _make_marked(calls, [Category("-", "-", "-")] if has_categories else ())
    whole = render_with_feedgen(_make_marked(_AROUND), [marked], tongue, has_events=True)
    text = whole[whole.index(tongue.start) : whole.rindex(tongue.end)]
    last = len(marked.values)
    form = _make_template(_CATEGORY.sub(f"{{mark {last}}}", text), tongue.plain)
    return form._replace(slots=[(number, None if number == last else escape) for number, escape in form.slots])


@cache
def _make_category_renderer(tongue: Dialect) -> Callable[[Category], bytes]:
    """Make the function that spells a category, which many entries have."""
    form = _category_template(tongue)
    return lru_cache(maxsize=10_000)(lambda one: b"".join(form.fill([one.term, one.label, tongue.spell(one.scheme)])))


@cache
def _category_template(tongue: Dialect) -> Template:
    marked = _make_marked(("start id title updated published", "link href rel=alternate"), [Category(*_make_marks(3))])
    found = _CATEGORY.search(
        render_with_feedgen(_make_marked(_AROUND), [marked], tongue._replace(spell=str), has_events=True)
    )
    return _make_template(found[0] if found else "", tongue.plain)


_AROUND = ("start id title updated", "link href", "description description")
"""What both formats need of a channel."""


def _make_marked(calls: Sequence[str], categories: Sequence[Category] = ()) -> ElementCalls:
    """Make a sheet whose values are marks."""
    made = ElementCalls(categories)
    made.calls = list(calls)
    made.values = _make_marks(sum("=" not in name for call in calls for name in call.split(" ")[1:]))
    return made


def _make_marks(count: int) -> list[str]:
    return [f"{{mark {number}}}" for number in range(count)]


def _render_entry(item: ElementCalls, tongue: Dialect) -> list[bytes]:
    make = _entry_template if len(item.calls) < _MAX_CACHED_CALLS else _entry_template.__wrapped__
    form = make(tuple(item.calls), tongue, bool(item.categories))
    return form.fill(item.values, b"".join(map(_make_category_renderer(tongue), item.categories)))
