"""Write the same items in each source format."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z)?")
Item = Mapping[str, Any]
"""The fields of an item, as in JSON. A field that is None is not written."""

SUFFIXES = {
    "jsonl": ".jsonl",
    "yaml": ".yaml",
    "json": ".json",
    "csv": ".csv",
    "toml": ".toml",
    "markdown": ".md",
    "listing": ".txt",
    "database": ".sqlite",
}
"""The source formats, and SQLite databases, which are written as a script."""
BROKEN = {
    "jsonl": "{",
    "yaml": "- [",
    "json": "[",
    "csv": 'id,title\n"',
    "toml": "[[",
    "markdown": "---\n[\n---\n",
    "listing": "Nothing is dated here.\n",
    "database": "create table others (id)",
}
"""Content that no reader accepts. Markdown refuses one item, all other formats refuse the source."""
COLUMNS = (
    *("id", "title", "published", "updated", "content", "summary", "tags", "topics", "link", "timezone"),
    *("start", "end", "status", "location", "organizer", "recurrence", "except", "authors", "image", "language"),
)
"""The fields in tables. Only these may be lists or objects: location, organizer, tags, topics, except, authors."""


def write_items(kind: str, items: Sequence[Item], heading: str = "") -> str:
    """Return a file with these items. `kind` is the source format, `heading` is for text pages."""
    rows = [{name: value for name, value in item.items() if value is not None} for item in items]
    if kind == "listing":
        return heading + "".join(map(_to_listing, rows))
    if kind == "json":
        return "[\n" + ",\n".join(map(_dump, rows)) + "\n]\n"
    if kind == "csv":
        return _to_csv(rows)
    if kind == "database":
        return f"create table items ({', '.join(map(_quote, COLUMNS))});\n" + "".join(map(_to_sql, rows))
    write, empty = _WRITERS[kind]
    return "".join(map(write, rows)) or empty


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _to_toml(value: object) -> str:
    """Write dates as dates, and objects as inline tables."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_to_toml(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_to_toml, value)) + "]"
    return value if isinstance(value, str) and _DATE.fullmatch(value) else _dump(value)


def _quote(name: object) -> str:
    return "'" + str(name).replace("'", "''") + "'"


def _to_sql(row: Item) -> str:
    cells = {name: _dump(value) if isinstance(value, list | dict) else value for name, value in row.items()}
    names, values = (", ".join(map(_quote, some)) for some in zip(*cells.items(), strict=True))
    return f"insert into items ({names}) values ({values});\n"


def _assign(row: Item, sign: str, indent: str = "") -> str:
    return "".join(f"{indent}{name}{sign}{_dump(value)}\n" for name, value in row.items())


def _to_markdown(row: Item) -> str:
    front = {name: value for name, value in row.items() if name != "content"}
    return f"---\n{_assign(front, ': ')}---\n{row.get('content', '')}\n"


def _to_csv(rows: Sequence[Item]) -> str:
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    for row in rows:
        table.writerow({name: _to_cell(value) for name, value in row.items()})
    return text.getvalue()


def _to_cell(value: Any) -> Any:
    """Join lists. A table has only the name of a place or a person."""
    if isinstance(value, list):
        return ";".join(map(_to_cell, value))
    return value["name"] if isinstance(value, dict) else value


def _to_listing(row: Item) -> str:
    """Write tags, title, summary and dates. A text page has no other fields."""
    parts = ["".join(f"  • \u00a0{tag}\n" for tag in row.get("tags", ())), row.get("title", ""), row.get("summary", "")]
    if "start" in row:
        dates = f"start date: {_day(row['start'])}\nend date: {_day(row.get('end', row['start']))}"
    else:
        dates = f"publication date: {_day(row.get('published', ''))}"
    return "".join(f"{part.rstrip()}\n\n" for part in [*parts, dates] if part)


def _day(moment: str) -> str:
    """Return 2026-03-01T10:00 as 01-03-2026. Return other text unchanged."""
    return "-".join(reversed(moment[:10].split("-"))) if moment[:1].isdigit() else moment


_WRITERS: dict[str, tuple[Callable[[Item], str], str]] = {
    "jsonl": (lambda row: f"{_dump(row)}\n", ""),
    "markdown": (_to_markdown, ""),
    "toml": (lambda row: "[[item]]\n" + "".join(f"{k} = {_to_toml(v)}\n" for k, v in row.items()), "item = []\n"),
    "yaml": (lambda row: f"-\n{_assign(row, ': ', '  ')}", "[]\n"),
}
"""How to write an item, and how to write that there is none."""
