"""django.utils.feedgenerator: neither validating nor sanitising; it has room for one text, which is the body."""

from __future__ import annotations

from django.conf import settings
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed
from selecting import SITE, TITLE, feeds, items, write


def main() -> None:
    """Write both formats of every feed."""
    settings.configure(USE_TZ=True)
    for path, entries in feeds(items()):
        for suffix, kind in (("atom", Atom1Feed), ("rss", Rss201rev2Feed)):
            feed = kind(title=f"{path} - {TITLE}", link=SITE, description=path)
            for item in entries:
                feed.add_item(
                    title=item["title"],
                    link=item["link"],
                    description=item["content"],
                    unique_id=item["id"],
                    pubdate=item["published"],
                    updateddate=item["published"],
                    categories=[*item["topics"], *item["tags"]],
                )
            write(path, suffix, feed.writeString("utf-8").encode())


if __name__ == "__main__":
    main()
