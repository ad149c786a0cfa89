"""Write a corpus to files in one of three forms, and change single items in them, as an editor would."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from . import corpus
from .city import city_items
from .corpus import Item, plain_items

Corpus = Literal["plain", "city"]
Form = Literal["lines", "yaml", "folder"]
"""JSON Lines, YAML with 100 items in a file, or a folder of Markdown files."""

MAKERS: dict[Corpus, Callable[[int, int], Iterator[Item]]] = {"plain": plain_items, "city": city_items}
FORMS: dict[Form, str] = {"lines": "JSON Lines", "yaml": "YAML", "folder": "Markdown files"}
_ITEMS_PER_FILE = 100
_SITE = f"""title = "{corpus.TITLE}"
url = "{corpus.SITE}"
tag_authority = "example.org,2026"
timezone = "Europe/Brussels"

[[sources]]
"""
_SOURCES: dict[Form, str] = {
    "lines": 'path = "items.jsonl"\n',
    "yaml": 'path = "items/*.yaml"\n',
    "folder": 'path = "content"\n\n[sources.fields]\nid = "slug"\nlink = "canonical"\npublished = "date"\n'
    'topic = "category"\nstatus = "event_status"\n'
    + "".join(
        f'{name} = "{name}"\n'
        for name in "title summary content tags start end location recurrence image enclosures language updated".split()
    ),
}
_RENAMED = {"link": "canonical", "published": "date", "status": "event_status"}
"""Names in front matter that topicfeeds, Hugo and Pelican all understand, or ignore."""


@dataclass(frozen=True, slots=True)
class Store:
    """A corpus in one form, with its site file, in a folder of its own."""

    folder: Path
    form: Form

    @property
    def site(self) -> Path:
        """The site file."""
        return self.folder / "topicfeeds.toml"

    @property
    def source(self) -> Path:
        """What peers read: the file of JSON Lines, or the folder."""
        return self.folder / {"lines": "items.jsonl", "yaml": "items", "folder": "content"}[self.form]

    def write(self, items: Iterable[Item]) -> None:
        """Write the site file and all items."""
        self.folder.mkdir()
        self.site.write_text(_SITE + _SOURCES[self.form], "utf-8")
        if self.form == "lines":
            with self.source.open("w", encoding="utf-8") as file:
                file.writelines(map(format_line, items))
            return
        self.source.mkdir()
        if self.form == "folder":
            for item in items:
                self._find_file(item.number).write_text(format_page(item), "utf-8")
            return
        source = iter(items)
        while some := list(islice(source, _ITEMS_PER_FILE)):
            self._find_file(some[0].number).write_text("".join(map(format_yaml, some)), "utf-8")

    def replace(self, number: int, item: Item | None) -> None:
        """Replace an item, or remove it. A new item is added to the file in which its number belongs."""
        path = self._find_file(number)
        if self.form == "folder":
            path.write_text(format_page(item), "utf-8") if item else path.unlink()
        elif self.form == "lines":
            _replace_line(path, f'"id": "tag:example.org,2026:item/{number}"'.encode(), item)
        else:
            text = path.read_text("utf-8") if path.exists() else ""
            mark, parts = f'item/{number}"\n', re.split("(?m)^(?=- )", text)
            kept = [part for part in parts if mark not in part]
            path.write_text("".join([*kept, format_yaml(item)] if item else kept), "utf-8")
        if path.exists():
            before = time.time() - 60  # as if the edit was a while ago, so that the time of the file can be trusted
            os.utime(path, (before, before))

    def _find_file(self, number: int) -> Path:
        if self.form == "lines":
            return self.source
        if self.form == "yaml":
            return self.source / f"{number // _ITEMS_PER_FILE:05}.yaml"
        return self.source / f"item-{number}.md"


def format_line(item: Item) -> str:
    """Write an item as a line of JSON."""
    return f"{json.dumps({**item.fields, 'content': item.html})}\n"


def format_yaml(item: Item) -> str:
    """Write an item as an element of a YAML list, with its content as a block of text."""
    lines = [f"{name}: {_format_value(value)}" for name, value in item.fields.items()]
    text = item.html.replace("\n", "\n    ")
    return f"- {lines[0]}\n" + "".join(f"  {line}\n" for line in lines[1:]) + f"  content: |\n    {text}\n"


def format_page(item: Item) -> str:
    """Write an item as a Markdown file with front matter."""
    given = {_RENAMED.get(name, name): value for name, value in item.fields.items() if name != "id"}
    category = given.pop("topics")[0]
    front = {"slug": item.fields["link"].split("/")[-2], **given, "category": category}
    lines = [f"{name}: {_format_plain(value)}\n" for name, value in front.items() if value]
    return f"---\n{''.join(lines)}---\n\n{item.markdown}\n"


def _format_value(value: Any) -> str:
    """Write a value as JSON, which is YAML, too."""
    return json.dumps(value, ensure_ascii=False)


def _format_plain(value: Any) -> str:
    """Write a value without quotes, because Pelican does not read YAML."""
    if isinstance(value, str):
        return value
    if all(isinstance(one, str) for one in value):
        return f"[{', '.join(value)}]"
    return _format_value(value)


def _replace_line(path: Path, mark: bytes, item: Item | None) -> None:
    """Replace the line that contains a mark. A line of the same length is written in place."""
    made = format_line(item).encode() if item else b""
    with path.open("rb+") as file:
        start = 0
        for line in file:
            if mark in line:
                break
            start += len(line)
        else:
            file.write(made)
            return
        if len(line) == len(made):
            file.seek(start)
            file.write(made)
            return
    other = path.with_suffix(".new")
    with path.open("rb") as before, other.open("wb") as after:
        after.writelines(made if mark in one else one for one in before)
    other.replace(path)
