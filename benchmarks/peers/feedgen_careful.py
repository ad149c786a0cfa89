"""feedgen with the same input checks as topicfeeds: pydantic validates each item, and nh3 sanitises bodies.

Each body in a feed is sanitised once, and its URLs are made absolute. The rest is as in `feedgen_plain`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from ._cleaning import Cleaner
from ._model import Article
from ._plain import Plain, select
from .feedgen_plain import write


def publish(lines: Path, output: Path) -> None:
    """Write all documents."""
    write(_cleaned(select(_validated(lines))), output)


def _validated(lines: Path) -> Iterator[dict[str, Any]]:
    adapter = TypeAdapter(Article)
    with lines.open("rb") as file:
        for line in file:
            yield dict(adapter.validate_json(line))


def _cleaned(feeds: Iterator[Plain]) -> Iterator[Plain]:
    cleaner, done = Cleaner(), set[str]()
    for feed in feeds:
        for item in feed.items:
            if item["id"] not in done:
                done.add(item["id"])
                item["content"] = cleaner.clean(item["content"], item["link"])
        yield feed


if __name__ == "__main__":
    publish(*map(Path, sys.argv[1:]))
