"""What libraries that only spell feeds leave to their users: reading the items, selecting, naming files."""

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
    """Its place below the output folder, without suffix."""
    title: str
    items: list[dict[str, Any]]
    """The newest, as they stand in the corpus."""

    def url(self, name: str) -> str:
        """Give the address of its document in a format."""
        return f"{SITE}{self.path}.{name}.xml"


def read(lines: Path) -> Iterator[dict[str, Any]]:
    """Read all items as they are, but for their dates."""
    with lines.open("rb") as file:
        for item in map(json.loads, file):
            item["published"] = datetime.fromisoformat(item["published"])
            yield item


def select(items: Iterable[dict[str, Any]]) -> Iterator[Plain]:
    """Give the newest items of each feed."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        for name in ["all", *map("topics/{}".format, item["topics"]), *map("tags/{}".format, item["tags"])]:
            groups.setdefault(name, []).append(item)
    for name, group in groups.items():
        newest = sorted(group, key=itemgetter("published"), reverse=True)[:LIMIT]
        label = name.rpartition("/")[2]
        yield Plain(slug(name), TITLE if name == "all" else f"{label} - {TITLE}", newest)


def slug(label: str) -> str:
    """Spell a label in a path, as far as the corpus needs it."""
    return label.replace(" ", "-")


def categories(item: dict[str, Any]) -> list[dict[str, str]]:
    """Name topics and tags in the words of Atom."""
    return [
        {"term": slug(label), "label": label, "scheme": f"{SITE}{kind}/"}
        for kind in ("topics", "tags")
        for label in item[kind]
    ]


def folders(output: Path) -> None:
    """Make the folders that feeds are in."""
    for name in ("topics", "tags"):
        (output / name).mkdir(parents=True, exist_ok=True)
