"""The work: made-up items, the same for the same number and seed, as JSON Lines and as folders of Markdown."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

WORDS = [
    "street", "garden", "council", "energy", "housing", "water", "forum", "plan", "report", "project",
    "network", "people", "mobility", "river", "school", "library", "market", "bridge", "harbour", "cycle",
]  # fmt: skip
TOPICS = WORDS
TAGS = [f"{word}-{n}" for n in range(1, 16) for word in WORDS]
SITE = "https://www.example.org/"
_FIRST = datetime(2016, 1, 1, tzinfo=UTC)
_SITE_FILE = f"""
title = "City Network"
url = "{SITE}"
tag_authority = "example.org,2026"
author = "City Network"

[[sources]]
"""
_FIELDS = """
fields = { id = "id", title = "title", link = "link", summary = "summary", content = "content", published = "date", \
topics = "topics", tags = "tags" }
"""


class Item(NamedTuple):
    """An article; its body is a list of paragraphs of words, links and bold words."""

    id: str
    title: str
    link: str
    published: str
    summary: str
    paragraphs: list[str]
    """In Markdown."""
    topics: list[str]
    tags: list[str]

    def html(self) -> str:
        """Spell the body as HTML."""
        return "".join(f"<p>{_html(one)}</p>\n" for one in self.paragraphs)


def items(n: int, seed: int = 1) -> Iterator[Item]:
    """Make items, one after the other: of a few tags each, some of which are on many items and some on few."""
    chance = random.Random(f"{seed}")
    step = timedelta(minutes=60 * 24 * 3650 // n)
    for i in range(n):
        tags = {TAGS[int(len(TAGS) * chance.random() ** 2)] for _ in range(chance.randint(1, 6))}
        topics = chance.sample(TOPICS, chance.choice((1, 1, 1, 2)))
        yield Item(
            id=f"item-{i}",
            title=f"{_words(chance, 5).capitalize()} {i}",
            link=f"{SITE}news/{i}",
            published=(_FIRST + i * step).strftime("%Y-%m-%dT%H:%M:%SZ"),
            summary=_words(chance, 16).capitalize() + ".",
            paragraphs=[_paragraph(chance) for _ in range(5)],
            topics=topics,
            tags=sorted(tags),
        )


def _words(chance: random.Random, n: int) -> str:
    return " ".join(chance.choices(WORDS, k=n))


def _paragraph(chance: random.Random) -> str:
    n = chance.randint(1, 999)
    return (
        f"{_words(chance, 30).capitalize()} [of {n}](/x/{n}) & **{_words(chance, 2)}** {_words(chance, 28)}"
        f" [elsewhere](https://other.example/{n}) {_words(chance, 4)}."
    )


def _html(paragraph: str) -> str:
    text = paragraph.replace("&", "&amp;")
    out, bold = [], False
    for n, part in enumerate(text.split("**")):
        out.append(("<strong>" if not bold else "</strong>") if n else "")
        bold = bold != bool(n)
        while "](" in part:
            before, _, after = part.partition("[")
            label, _, rest = after.partition("](")
            address, _, part = rest.partition(")")
            out.append(f'{before}<a href="{address}">{label}</a>')
        out.append(part)
    return "".join(out)


def write_jsonl(folder: Path, n: int, seed: int = 1) -> None:
    """Write `items.jsonl` and the site file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "topicfeeds.toml").write_text(_SITE_FILE + 'path = "items.jsonl"\n', "utf-8")
    with (folder / "items.jsonl").open("w", encoding="utf-8") as file:
        for item in items(n, seed):
            fields = {name: getattr(item, name) for name in ("id", "title", "link", "published", "summary")}
            rest = {"content": item.html(), "topics": item.topics, "tags": item.tags}
            file.write(json.dumps(fields | rest) + "\n")


def write_markdown(folder: Path, n: int, seed: int = 1) -> None:
    """Write a folder `content/news` that topicfeeds and Hugo read alike, and the site file."""
    (folder / "content/news").mkdir(parents=True, exist_ok=True)
    source = 'path = "content/news/*.md"\n' + _FIELDS
    (folder / "topicfeeds.toml").write_text(_SITE_FILE + source, "utf-8")
    for item in items(n, seed):
        front = [
            f"id: {item.id}",
            f'title: "{item.title}"',
            f"link: {item.link}",
            f"date: {item.published}",
            f'summary: "{item.summary}"',
            f"topics: [{', '.join(item.topics)}]",
            f"tags: [{', '.join(item.tags)}]",
        ]
        _write(folder / f"content/news/{item.id}.md", front, item)


def write_pelican(folder: Path, n: int, seed: int = 1) -> None:
    """Write a folder in the words of Pelican, which has one category an item: the first topic."""
    (folder / "content").mkdir(parents=True, exist_ok=True)
    for item in items(n, seed):
        front = [
            f"title: {item.title}",
            f"date: {item.published}",
            f"slug: {item.link.rpartition('/')[2]}",
            f"summary: {item.summary}",
            f"category: {item.topics[0]}",
            f"tags: {', '.join(item.tags)}",
        ]
        _write(folder / f"content/{item.id}.md", front, item)


def _write(path: Path, front: list[str], item: Item) -> None:
    body = "\n\n".join(item.paragraphs)
    path.write_text("---\n" + "\n".join(front) + f"\n---\n\n{body}\n", "utf-8")
