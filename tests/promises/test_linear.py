"""Twice the input takes at most three times as long, for each reader and each field. In long runs only."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support import site
from support.source_files import SUFFIXES, write_items
from topicfeeds import Site, build, read
from topicfeeds.models.items import FIELDS
from topicfeeds.registry import SOURCE_FORMATS
from topicfeeds.text.html import explain_excess, sanitize, to_plain_text

pytestmark = pytest.mark.skipif(not os.environ.get("TOPICFEEDS_FULL"), reason="takes minutes: in long runs only")

MIN_CPU_SECONDS = 0.2
"""Shorter times say little."""
MAX_CHARS = 4_000_000
FORMATS = ["atom", "rss", "json", "ics"]
ITEM: dict[str, Any] = {"id": "a", "title": "A", "published": "2026-03-01"}

Work = Callable[[], object]


def sanitize_fragment(fragment: str) -> str:
    """Sanitise what a build does not refuse."""
    return "" if explain_excess(fragment) else sanitize(fragment, "https://e.org/")


def seconds(make: Callable[[int], Work], size: int) -> float:
    """Return the CPU seconds of the work of a size: the best of three."""
    best, work = float("inf"), make(size)
    for _ in range(3):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
        if best < MIN_CPU_SECONDS / 10:
            break
    return best


def check_linear(make: Callable[[int], Work], size: int, most: int) -> None:
    """Increase the size until the work takes long enough to be measured; twice the size then takes at most three times.

    `make` returns the work of a size. Work that is quick at the size `most` passes.
    """
    while (first := seconds(make, size)) < MIN_CPU_SECONDS:
        size *= 4
        if size > most:
            return
    found = []
    for _ in range(3):  # the machine may be busy
        found.append(seconds(make, 2 * size) / first)
        if found[-1] <= 3:
            return
        first = seconds(make, size)
    pytest.fail(f"twice the input takes {min(found):.1f} times as long (size {size}, {first:.2f} s)")


def reader_of(folder: Path, kind: str, content: Callable[[int], str]) -> Callable[[int], Work]:
    """Return what makes a source file, and the work of reading it."""
    path = folder / f"items{SOURCE_FORMATS[kind].suffixes[0]}"
    given = site(sources=[{"path": path.name, "topics": ["x"]}])

    def make(size: int) -> Work:
        path.write_text(content(size), "utf-8", newline="")
        return lambda: sum(1 for _ in read(given, folder))

    return make


GOOD: dict[str, tuple[int, Callable[[int], list[dict[str, Any]]]]] = {
    "items": (100, lambda size: [{**ITEM, "id": f"i{n}"} for n in range(size)]),
    "items without a title": (100, lambda size: [{"id": f"i{n}", "published": "x"} for n in range(size)]),
    "a long text": (10_000, lambda size: [{**ITEM, "summary": "Some words. " * size}]),
    "a long text of markup": (10_000, lambda size: [{**ITEM, "content": "<p>\"x' & y\\ #</p>" * size}]),
    "many tags": (1_000, lambda size: [{**ITEM, "tags": [f"t{n}" for n in range(size)]}]),
}


@pytest.mark.parametrize("shape", GOOD)
@pytest.mark.parametrize("kind", sorted(SOURCE_FORMATS.keys() & SUFFIXES.keys()))
def test_reading_takes_linear_time(tmp_path: Path, kind: str, shape: str) -> None:
    size, items = GOOD[shape]
    if kind == "markdown" and shape.startswith("items"):
        return  # has one item in each file
    check_linear(reader_of(tmp_path, kind, lambda size: write_items(kind, items(size))), size, 200_000)


UNITS = [
    *(" ", "\n", "\t", "\r\n", "\xa0", "-", "- ", "-\n", "- a: b\n", "[", "{", "[]", "{}", '"', "'", ":", ": ", ","),
    *(";", "#", "\\", "&a ", "*a ", "!a ", "|", ">", "<", "<p>", "&amp;", "=", ".", "a.", "a: b\n", "a,b\n", '"a",'),
    *("a=1\n", "[[item]]\n", "[a]\n", '"""', "'''", "---\n", "\N{BULLET}  x\n", "start date: 01-01-2026\n", "é"),
    *("Title\n\n", "\u2028", '{"a": 1}\n', '{"title": "', '[{"items": ', "01-01-2026\n", "\N{BULLET}", "a b "),
    *("\\u", "\\ud800", "NaN,", "1", "%", "<item>", "<a b='c'", "<!--", "BEGIN:VEVENT\n", "UID:x\n", "\n ", "a;b=c:"),
]  # fmt: skip
HEADS = {
    "csv": "title,id\n",
    "feed": "<rss><channel><item><title>",
    "ics": "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:",
    "json": "[",
    "markdown": "---\n",
    "toml": "[[item]]\ntitle = ",
    "yaml": "- title: ",
}


@pytest.mark.parametrize("unit", UNITS, ids=ascii)
@pytest.mark.parametrize("kind", SOURCE_FORMATS)
def test_reading_anything_takes_linear_time(tmp_path: Path, kind: str, unit: str) -> None:
    for head in {"", HEADS.get(kind, "")}:

        def content(size: int, head: str = head) -> str:
            return head + unit * (size // len(unit))

        check_linear(reader_of(tmp_path, kind, content), 60_000, MAX_CHARS)


VALUES = [
    "a",
    " ",
    "a ",
    "<",
    "<b>",
    "<p>x",
    "&",
    "&amp;",
    "\u202e",
    "é",
    "1",
    "1,",
    "a.",
    "/",
    "a/",
    "%",
    "-",
    "http://a",
    "\0",
]
PREFIXES = {"link": "https://e.org/", "image": "https://e.org/", "recurrence": "FREQ=DAILY;BYMONTHDAY=1", "id": "a:"}


def build_of(given: Site, fields: dict[str, Any]) -> Work:
    """Return the work of building feeds of an article and an event."""
    items = [{**ITEM, **fields}, {**ITEM, "id": "b", "start": "2026-05-01", **fields}]
    return lambda: [document.render() for document in build(given, items, problems=[])]


@pytest.mark.parametrize("value", VALUES, ids=ascii)
@pytest.mark.parametrize("name", FIELDS)
def test_a_long_text_in_a_field_takes_linear_time(name: str, value: str) -> None:
    given = site(feeds={"formats": FORMATS})

    def make(size: int) -> Work:
        text: Any = PREFIXES.get(name, "") + value * (size // len(value))
        if name == "enclosures":
            text = [{"url": "https://e.org/" + text, "type": "a/b"}]
        return build_of(given, {name: [text] if name in ("tags", "topics", "authors", "except") else text})

    check_linear(make, 4000, MAX_CHARS)


LISTS: dict[str, Callable[[int], Any]] = {
    **dict.fromkeys(("tags", "topics", "authors"), lambda n: f"Name {n}"),
    "enclosures": lambda n: {"url": f"https://e.org/{n}", "type": "a/b"},
    "except": lambda n: f"2026-05-{n % 28 + 1:02}",
}


@pytest.mark.parametrize("name", LISTS)
def test_many_values_in_a_field_take_linear_time(name: str) -> None:
    given, value = site(feeds={"formats": FORMATS}), LISTS[name]
    check_linear(lambda size: build_of(given, {name: [value(n) for n in range(size)]}), 10, 100_000)


def test_many_items_take_linear_time() -> None:
    given = site(feeds={"formats": FORMATS})

    def make(size: int) -> Work:
        items = [{**ITEM, "id": f"i{n}", "tags": [f"t{n % 50}"], "start": "2026-05-01"} for n in range(size)]
        return lambda: [document.render() for document in build(given, items, problems=[])]

    check_linear(make, 50, 100_000)


def repeat(unit: str, start: str = "") -> Callable[[int], str]:
    return lambda size: start + unit * (size // len(unit))


HTML: dict[str, Callable[[int], str]] = {
    **{
        unit: repeat(unit)
        for unit in ("<", "&", '"', "<br>", "<br> ", "&nbsp;", "</p>", "<!--", "<tr><td>x", "<p>&amp;</p>")
    },
    **{unit: repeat(unit) for unit in ("<frameset>", "<plaintext>", "<xmp>", "<select><option>a", "<template><p>")},
    **{
        unit: repeat(unit) for unit in ("<b><i><a></b></i></a>", "<svg><text>a</text></svg>", "<math><mi>x</mi></math>")
    },
    **{unit: repeat(unit) for unit in ("<x-card>a</x-card>", "<sup>a</sup>", "<dt>a<dd>b", "<li>a", "<embed src=/a>")},
    **{
        unit: repeat(unit)
        for unit in ('<div data-href="https://e.org/a"></div>', "<img data-src=/a><noscript>x</noscript>")
    },
    "picture": repeat('<picture><source srcset="/a.jpg"><img></picture>'),
    "pictures in one": repeat("<source srcset='data:x'><img>", "<picture>"),
    "sources": repeat('<source srcset="/a.jpg">', "<picture>"),
    "srcset": lambda size: f'<img srcset="{repeat("/a.jpg 1x, ")(size)}">',
    "style": lambda size: f'<p style="{repeat("display: ")(size)}">a',
    "attributes": lambda size: f"<p {' '.join(f'a{n}=b' for n in range(size // 9))}>a",
    "names": lambda size: "".join(f"<x{n}>a</x{n}>" for n in range(size // 16)),
    "katex": repeat('<span class="katex"><span class="katex-html">x</span></span>'),
}


@pytest.mark.parametrize("convert", [sanitize_fragment, to_plain_text], ids=["html", "text"])
@pytest.mark.parametrize("shape", HTML)
def test_hostile_html_takes_linear_time(shape: str, convert: Callable[[str], str]) -> None:
    def make(size: int) -> Work:
        text = HTML[shape](size)
        return lambda: convert(text)

    check_linear(make, 20_000, 1_000_000)
