"""What every script by hand does first: the items, and the newest fifty of each feed."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

SITE = "https://www.example.org/"
TITLE = "City Network"
LIMIT = 50


def items() -> list[dict[str, Any]]:
    """Read the items that the first argument names."""
    with Path(sys.argv[1]).open(encoding="utf-8") as file:
        found = [json.loads(line) for line in file]
    for item in found:
        item["published"] = datetime.fromisoformat(item["published"])
    return found


def feeds(found: Iterable[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Give the entries of each feed, by its path."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for item in sorted(found, key=lambda item: item["published"], reverse=True):
        for path in ("all", *(f"topics/{slug}" for slug in item["topics"]), *(f"tags/{slug}" for slug in item["tags"])):
            if len(groups[path]) < LIMIT:
                groups[path].append(item)
    yield from groups.items()


def write(path: str, suffix: str, content: bytes) -> None:
    """Write a feed into the folder that the second argument names."""
    place = Path(sys.argv[2], f"{path}.{suffix}.xml")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
