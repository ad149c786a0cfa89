"""feedgen as its manual shows it: nothing is validated and nothing sanitised."""

from __future__ import annotations

from typing import Any

import lxml.etree  # noqa: F401 - feedgen uses it without importing it
from feedgen.feed import FeedGenerator
from selecting import SITE, TITLE, feeds, items, write


def make(path: str, entries: list[dict[str, Any]]) -> Any:
    """Fill a generator."""
    feed = FeedGenerator()
    feed.id(f"tag:example.org,2026:feed/{path}")
    feed.title(f"{path} - {TITLE}")
    feed.author({"name": TITLE})
    feed.description(path)
    feed.link(href=SITE, rel="alternate")
    feed.updated(entries[0]["published"])
    for item in entries:
        entry = feed.add_entry(order="append")
        entry.id(item["id"])
        entry.title(item["title"])
        entry.link(href=item["link"])
        entry.published(item["published"])
        entry.updated(item["published"])
        entry.summary(item["summary"])
        entry.description(item["summary"])
        entry.content(item["content"], type="html")
        entry.category([{"term": name} for name in (*item["topics"], *item["tags"])])
    return feed


def main() -> None:
    """Write both formats of every feed."""
    for path, entries in feeds(items()):
        feed = make(path, entries)
        write(path, "atom", feed.atom_str(pretty=True))
        write(path, "rss", feed.rss_str(pretty=True))


if __name__ == "__main__":
    main()
