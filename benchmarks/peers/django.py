"""django.utils.feedgenerator, without the rest of Django: no validation, no sanitising.

It has a single text for an item: the body is the description (in Atom: the summary), and there is no other summary.
Categories only have a name.
"""

from __future__ import annotations

import sys
from pathlib import Path

from django.conf import settings
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed

from ..corpus import AUTHOR, SITE
from ._plain import Plain, folders, read, select


def publish(lines: Path, output: Path) -> None:
    """Write all documents."""
    settings.configure()
    folders(output)
    for feed in select(read(lines)):
        _write(feed, output / f"{feed.path}.atom.xml", "atom")
        _write(feed, output / f"{feed.path}.rss.xml", "rss")


def _write(feed: Plain, path: Path, name: str) -> None:
    kind = Atom1Feed if name == "atom" else Rss201rev2Feed
    made = kind(feed.title, SITE, feed.title, language="en", author_name=AUTHOR, feed_url=feed.url(name))
    for item in feed.items:
        made.add_item(
            item["title"],
            item["link"],
            item["content"],
            unique_id=item["id"],
            pubdate=item["published"],
            updateddate=item["published"],
            categories=[*item["topics"], *item["tags"]],
        )
    with path.open("w", encoding="utf-8") as file:
        made.write(file, "utf-8")


if __name__ == "__main__":
    publish(*map(Path, sys.argv[1:]))
