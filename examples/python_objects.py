"""Publish Python objects as feeds in a folder, and print the paths of the files that were written."""

import sys
from datetime import UTC, date, datetime

from topicfeeds import Article, Event, Site, publish

site = Site(title="River Cities", url="https://www.rivercities.example/")
items = [
    Article(id="homes", title="New homes", published=date(2026, 3, 1), tags=["planning"]),
    Event(
        id="fair", title="Fair", published=datetime(2026, 3, 2, 9, tzinfo=UTC), start=date(2026, 5, 9), topic="housing"
    ),
]
print(*publish(site, items, sys.argv[1]).written, sep="\n")
