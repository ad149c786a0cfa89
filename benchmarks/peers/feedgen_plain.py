"""feedgen in the obvious way: no validation, no sanitising. Relative URLs stay relative.

There is one generator for each feed and format, because each document contains its own URL.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..corpus import AUTHOR, SITE
from ._plain import Plain, categories, folders, read, select

from feedgen.feed import FeedGenerator  # isort: skip


def publish(lines: Path, output: Path) -> None:
    """Write all documents."""
    write(select(read(lines)), output)


def write(feeds: Iterable[Plain], output: Path) -> None:
    """Write the documents of feeds."""
    folders(output)
    for feed in feeds:
        _generator(feed, "atom").atom_file(str(output / f"{feed.path}.atom.xml"), pretty=True)
        _generator(feed, "rss").rss_file(str(output / f"{feed.path}.rss.xml"), pretty=True)


def _generator(feed: Plain, name: str) -> Any:
    """Set up a generator for a feed in a format."""
    made = FeedGenerator()
    made.id(f"tag:example.org,2026:feed/{feed.path}")
    made.title(feed.title)
    made.description(feed.title)
    made.author({"name": AUTHOR})
    made.language("en")
    made.updated(feed.items[0]["published"])
    made.link(href=feed.url(name), rel="self")
    made.link(href=SITE, rel="alternate")
    for item in feed.items:
        entry = made.add_entry(order="append")
        entry.id(item["id"])
        entry.title(item["title"])
        entry.link(href=item["link"], rel="alternate")
        entry.published(item["published"])
        entry.updated(item["published"])
        entry.summary(item["summary"])
        entry.content(item["content"], type="html")
        entry.category(categories(item))
    return made


if __name__ == "__main__":
    publish(*map(Path, sys.argv[1:]))
