"""feedgen with the validation and the sanitiser of topicfeeds: the same functions, called in the same way.

Each body in a feed is sanitised once, and its URLs are made absolute. The rest is as in `feedgen_plain`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from topicfeeds.models.items import parse_item
from topicfeeds.text.html import sanitize

from ._plain import Plain, select
from .feedgen_plain import write


def publish(lines: Path, output: Path) -> None:
    """Write all documents."""
    write(_clean(select(_validate(lines))), output)


def _validate(lines: Path) -> Iterator[dict[str, Any]]:
    with lines.open("rb") as file:
        for line in file:
            given = json.loads(line)
            try:
                item = parse_item(given)
            except ValidationError:
                continue
            yield {**given, "title": item.title, "published": datetime.fromisoformat(given["published"])}


def _clean(feeds: Iterator[Plain]) -> Iterator[Plain]:
    done = set[str]()
    for feed in feeds:
        for item in feed.items:
            if item["id"] not in done:
                done.add(item["id"])
                item["content"] = sanitize(item["content"], item["link"])
        yield feed


if __name__ == "__main__":
    publish(*map(Path, sys.argv[1:]))
