"""feedgenerator, which Pelican uses: neither validating nor sanitising."""

from __future__ import annotations

from io import StringIO

from feedgenerator import Atom1Feed, Rss201rev2Feed
from selecting import SITE, TITLE, feeds, items, write


class Whole(Rss201rev2Feed):  # type: ignore[misc]
    """RSS drops the content: it is put in the description's place."""

    def add_item_elements(self, handler, item):  # type: ignore[no-untyped-def]
        """Write an item."""
        super().add_item_elements(handler, {**item, "description": item["content"]})


def main() -> None:
    """Write both formats of every feed."""
    for path, entries in feeds(items()):
        for suffix, kind in (("atom", Atom1Feed), ("rss", Whole)):
            feed = kind(title=f"{path} - {TITLE}", link=SITE, description=path)
            for item in entries:
                feed.add_item(
                    title=item["title"],
                    link=item["link"],
                    description=item["summary"],
                    content=item["content"],
                    unique_id=item["id"],
                    pubdate=item["published"],
                    updateddate=item["published"],
                    categories=[*item["topics"], *item["tags"]],
                )
            out = StringIO()
            feed.write(out, "utf-8")
            write(path, suffix, out.getvalue().encode())


if __name__ == "__main__":
    main()
