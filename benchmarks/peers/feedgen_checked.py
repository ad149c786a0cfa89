"""feedgen with the same validation and sanitising, each item cleaned once."""

from __future__ import annotations

from checked import items
from feedgen_plain import make
from selecting import feeds, write


def main() -> None:
    """Write both formats of every feed."""
    everything = {item.id: item for item in items()}
    rows = (
        {"id": item.id, "published": item.published, "topics": item.topics, "tags": item.tags}
        for item in everything.values()
    )
    for path, entries in feeds(rows):
        whole = [{**everything[row["id"]].model_dump(), "content": everything[row["id"]].html} for row in entries]
        feed = make(path, whole)
        write(path, "atom", feed.atom_str(pretty=True))
        write(path, "rss", feed.rss_str(pretty=True))


if __name__ == "__main__":
    main()
