"""Read items, select entries and name files: the work of users of libraries that only serialise feeds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from ..corpus import LIMIT, SITE, TITLE


class Plain(NamedTuple):
    """A feed as lists and dictionaries."""

    path: str
    """The path in the output folder, without suffix."""
    title: str
    items: list[dict[str, Any]]
    """The newest items, as in the corpus."""

    def url(self, name: str) -> str:
        """Return the URL of the document in a format."""
        return f"{SITE}{self.path}.{name}.xml"


def read(lines: Path) -> Iterator[dict[str, Any]]:
    """Read all items without validation. Only dates are parsed."""
    with lines.open("rb") as file:
        for item in map(json.loads, file):
            item["published"] = datetime.fromisoformat(item["published"])
            yield item


def select(items: Iterable[dict[str, Any]]) -> Iterator[Plain]:
    """Yield each feed with its newest items."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        for name in ["all", *map("topics/{}".format, item["topics"]), *map("tags/{}".format, item["tags"])]:
            groups.setdefault(name, []).append(item)
    for name, group in groups.items():
        newest = sorted(group, key=itemgetter("published"), reverse=True)[:LIMIT]
        label = name.rpartition("/")[2]
        yield Plain(slug(name), TITLE if name == "all" else f"{label} - {TITLE}", newest)


def slug(label: str) -> str:
    """Make a slug. Sufficient for the labels of the corpus."""
    return label.replace(" ", "-")


def categories(item: dict[str, Any]) -> list[dict[str, str]]:
    """Return topics and tags as Atom categories."""
    return [
        {"term": slug(label), "label": label, "scheme": f"{SITE}{kind}/"}
        for kind in ("topics", "tags")
        for label in item[kind]
    ]


def folders(output: Path) -> None:
    """Make the folders for the feeds."""
    for name in ("topics", "tags"):
        (output / name).mkdir(parents=True, exist_ok=True)
