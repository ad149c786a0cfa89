"""feedgen as its README shows it: no validation, no sanitising. Relative URLs stay relative.

There is one generator for each feed, so both documents have the URL of the Atom document.
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
        made = _make_generator(feed)
        made.atom_file(str(output / f"{feed.path}.atom.xml"))
        made.rss_file(str(output / f"{feed.path}.rss.xml"))


def _make_generator(feed: Plain) -> Any:
    """Set up the generator of a feed, for both formats."""
    made = FeedGenerator()
    made.id(f"tag:example.org,2026:feed/{feed.path}")
    made.title(feed.title)
    made.description(feed.title)
    made.author({"name": AUTHOR})
    made.language("en")
    made.updated(feed.items[0]["published"])
    made.link(href=feed.url("atom"), rel="self")
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
