"""Make the items of the plain corpus: articles with about 2.5 KB of HTML, a summary, a topic and tags.

There are 20 topics and 300 tags. An article has one topic and one to five tags. Some tags are much more frequent than
others. The corpus depends only on the number of items and the seed. Items are generated one by one, so memory does not
limit their number. `city.py` makes items like those of real sites out of them.

Labels are lower-case ASCII, because peers make different file names from other labels. All dates are different,
because peers order equal dates in different ways.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

SITE = "https://www.example.org/"
TITLE = "City Network"
AUTHOR = "City Network"
LIMIT = 50
TOPICS = (
    "air ageing business children climate culture energy food gardens health housing jobs land mobility parks "
    "safety schools sport waste water"
).split()
_FIRST = "blue central early eastern fair green late local new northern open public rural safe shared".split()
_SECOND = (
    "bikes bridges buses budgets courts fields forums harbours homes kitchens lanes libraries lights maps markets "
    "meadows plots rivers squares trams"
).split()
TAGS = [f"{first} {second}" for second in _SECOND for first in _FIRST]

_WORDS = (
    "a about after all an and are as at be been before by can city cities council for from had has have if in into is "
    "it its last make many more most new no not of office on one only open or other our out over people plan plans "
    "project public report residents said say she since so some street than that the their them then there these they "
    "this three time to town two under until up was we week were what when where which while who will with work year"
).split()
_NEWEST = datetime(2025, 1, 1, tzinfo=UTC)
_STEP = timedelta(seconds=137)
_STRIDE = 1_000_003
"""A prime. `number * _STRIDE % count` gives each rank once, unless the prime divides the number of items."""


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a body, in HTML and in Markdown."""

    html: str
    markdown: str


@dataclass(frozen=True, slots=True)
class Item:
    """An item before it is written to a file."""

    number: int
    fields: dict[str, Any]
    """The fields as topicfeeds names them, without `content`."""
    blocks: list[Block]
    """The content."""

    @property
    def html(self) -> str:
        """The content in HTML."""
        return "\n".join(block.html for block in self.blocks)

    @property
    def markdown(self) -> str:
        """The content in Markdown."""
        return "\n\n".join(block.markdown for block in self.blocks)


def plain_items(count: int, seed: int = 1) -> Iterator[Item]:
    """Generate articles. The first is the newest; the others are not ordered by date."""
    chance = random.Random(seed)
    blocks = [_block(chance, number) for number in range(600)]
    weights = list(accumulate(1 / (rank + 8) for rank in range(len(TAGS))))
    for number in range(count):
        tags = chance.choices(TAGS, cum_weights=weights, k=chance.choice((1, 2, 2, 3, 3, 4, 5)))
        if number < len(TAGS):
            tags.append(TAGS[number])  # so that each tag has an item
        fields = {
            "id": f"tag:example.org,2026:item/{number}",
            "title": f"{sentence(chance, 6)} & {number}",
            "link": f"{SITE}news/item-{number}/",
            "published": (_NEWEST - number * _STRIDE % count * _STEP).isoformat(),
            "summary": f"{sentence(chance, 24)}.",
            "topics": [TOPICS[number] if number < len(TOPICS) else chance.choice(TOPICS)],
            "tags": list(dict.fromkeys(tags)),
        }
        yield Item(number, fields, [_first(number, count), *chance.choices(blocks, k=9)])


def sentence(chance: random.Random, words: int) -> str:
    """Return some words, the first with a capital."""
    return " ".join(chance.choices(_WORDS, k=words)).capitalize()


def _first(number: int, count: int) -> Block:
    """Make the first block of a body: a unique text, with URLs relative to the site and to the page."""
    one, two = (number * 7 + 3) % count, (number * 3 + 1) % count
    return Block(
        f'<p>Number {number}, after <a href="/news/item-{one}/">{one}</a> and <a href="../item-{two}/">{two}</a>.</p>',
        f"Number {number}, after [{one}](/news/item-{one}/) and [{two}](../item-{two}/).",
    )


def _block(chance: random.Random, number: int) -> Block:
    """Make a heading, a list or a paragraph."""
    kind, text = number % 6, sentence(chance, 46)
    if kind == 0:
        return Block(f"<h2>{text[:40].strip()}</h2>", f"## {text[:40].strip()}")
    if kind == 1:
        points = [sentence(chance, 12) for _ in range(4)]
        listed = "".join(f"<li>{point}</li>\n" for point in points)
        return Block(f"<ul>\n{listed}</ul>", "\n".join(f"- {point}" for point in points))
    bold, page = sentence(chance, 2), f"https://www.example.com/{chance.choice(_WORDS)}/{number}"
    return Block(
        f'<p class="text">{text} <strong>{bold}</strong> <em>it’s</em> &amp; <a href="{page}">more</a>.</p>',
        f"{text} **{bold}** *it’s* & [more]({page}).",
    )
