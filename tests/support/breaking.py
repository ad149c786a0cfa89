"""Ways in which sources break, and what is said of each."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SITE = """
title = "City"
url = "https://www.city.example/"
[[sources]]
path = "items.json"
[[sources]]
path = "lines.jsonl"
[[sources]]
path = "table.csv"
[[sources]]
path = "notes/*.yaml"
[[sources]]
database = "sqlite:///posts.sqlite"
query = "select * from posts order by id"
[[sources]]
path = "good.yaml"
"""
FIELDS = ("id", "title", "published", "updated", "topic")


def rows(name: str) -> list[dict[str, str]]:
    """Give the items of a source, which carry their dates."""
    return [
        dict(zip(FIELDS, (f"{name}-{n}", f"Été {n}", f"2020-01-{n:02}", f"2020-02-{n:02}", name), strict=True))
        for n in range(1, 13)
    ]


def put(folder: Path) -> None:
    """Write a site file and sources of five kinds that are whole."""
    (folder / "topicfeeds.toml").write_text(SITE, "utf-8")
    (folder / "items.json").write_text(json.dumps(rows("json"), ensure_ascii=False, indent=1), "utf-8")
    (folder / "lines.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows("jsonl")), "utf-8")
    lines = (",".join(values) for values in (FIELDS, *(row.values() for row in rows("csv"))))
    (folder / "table.csv").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    (folder / "notes").mkdir(exist_ok=True)
    (folder / "notes/some.yaml").write_text(json.dumps(rows("yaml")), "utf-8")
    database = sqlite3.connect(folder / "posts.sqlite")
    database.executescript(f"drop table if exists posts; create table posts ({', '.join(FIELDS)})")
    database.executemany("insert into posts values (?, ?, ?, ?, ?)", [tuple(row.values()) for row in rows("sql")])
    database.commit()
    database.close()


def good(folder: Path, title: str) -> None:
    """Change the source that never breaks."""
    item = {"id": "good", "title": title, "published": "2020-01-01", "updated": "2020-03-01", "topic": "good"}
    (folder / "good.yaml").write_text(json.dumps([item]), "utf-8")


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@dataclass(frozen=True)
class Break:
    """A way in which a source breaks."""

    name: str
    file: str
    """What it is done to."""
    do: Callable[[Path], object]
    says: str
    """The findings, line by line."""
    kept: int = 12
    """How many items stay as they were because of the last finding."""
    code: int = 1

    def __str__(self) -> str:
        return self.name

    @property
    def lines(self) -> list[str]:
        lines = self.says.splitlines()
        place = re.match(r".*?:\d+: ", lines[-1])
        verb = "items stay" if self.kept > 1 else "item stays"
        end = [f"{place[0]}{self.kept} {verb} as last published, until this is corrected"] if place else []
        return [*lines, *(end if self.kept else [])]


def holds(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    """Break a file by changing what it holds."""
    return lambda path: path.write_bytes(change(path.read_bytes()))


def replaced(old: bytes, new: bytes) -> Callable[[Path], object]:
    return holds(lambda content: content.replace(old, new))


def becomes(make: Callable[[Path], object]) -> Callable[[Path], object]:
    """Break a file by putting something else in its place."""

    def do(path: Path) -> None:
        remove(path)
        make(path)

    return do


def linked(target: str) -> Callable[[Path], object]:
    return becomes(lambda path: path.symlink_to(target))


def kept(count: int) -> Callable[[Path], object]:
    return holds(lambda content: json.dumps(json.loads(content)[:count]).encode())


def told(statement: str) -> Callable[[Path], object]:
    """Break a database."""

    def do(path: Path) -> None:
        database = sqlite3.connect(path)
        database.executescript(statement)
        database.close()

    return do


def lost(name: str, left: int = 0) -> str:
    hint = (
        "Correct the source. If the items were removed on purpose, run once with --allow-shrink, or raise max_shrink."
    )
    return f"{name}:1: shrank from 12 items to {left}; the missing items stay published. {hint}"


PAGE = b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body></body></html>\n"
PICTURE = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0" + bytes(range(256))
CONFLICT = b"<<<<<<< ours\n%b=======\n%b>>>>>>> theirs\n"
EMPTY = "items.json:1: is empty (create it again; if it should have no items, remove the file or its source)"
MARKUP = "it looks like HTML or XML (check the program that creates the file)"
NOT_THERE = "No such file or directory (check path in [[sources]]: it is relative to the folder of the site file)"
GONE = f"items.json:1: cannot be read: {NOT_THERE}"
HEADER = (
    "table.csv:1: no column has the name of a field "
    "(add a header such as id,title,published, or set fields in [[sources]])"
)
NO_DATABASE = 'there is no file "posts.sqlite" (check database in [[sources]]: its path is relative to the site file)'
NO_FILE = "1: warning: no file matches (check path in [[sources]], or remove the source)"
NO_DATE = (
    "is not a date in ISO 8601 "
    '(write 2026-03-01 or 2026-03-01T14:30, or set date_format in [[sources]], such as "%d/%m/%Y")'
)
QUERY = 'query "select * from posts order by id"'
TITLES = "".join(
    f'table.csv:{n}: title: is missing (add it)\ntable.csv:{n}: name: unknown field (did you mean "title"?)\n'
    for n in range(2, 14)
)
DATES = "".join(f'table.csv:{n + 1}: published: "01/2020/{n:02}" {NO_DATE}\n' for n in range(1, 13))
STAY = "the last good version of this item stays published (correct the item, or remove it)"
ALL_STAY = "".join(f"table.csv:{n}: {STAY}\n" for n in range(2, 14))
BREAKS = [
    Break("missing", "items.json", remove, GONE),
    Break("empty", "items.json", holds(lambda _: b""), EMPTY),
    Break("blank", "items.json", holds(lambda _: b" \n\n"), EMPTY),
    Break(
        "zeros after a crash",
        "items.json",
        holds(lambda content: bytes(len(content))),
        "items.json:1: contains NUL characters, so it is damaged or not a text file (create the file again)",
    ),
    Break(
        "cut",
        "items.json",
        holds(lambda content: content[: len(content) // 2]),
        "items.json:44: is not valid JSON: expecting property name enclosed in double quotes at column 3 "
        "(the file may be cut off)",
    ),
    Break(
        "cut in its last line",
        "lines.jsonl",
        holds(lambda content: content[:-30]),
        "lines.jsonl:12: is not valid JSON: unterminated string starting at column 87 (add the closing quote)",
        kept=1,
    ),
    Break(
        "an error page for JSON",
        "items.json",
        holds(lambda _: PAGE),
        f"items.json:1: is not valid JSON: {MARKUP}",
    ),
    Break(
        "an error page for YAML",
        "notes/some.yaml",
        holds(lambda _: PAGE),
        f"notes/some.yaml:1: is not valid YAML: {MARKUP}",
    ),
    Break("an error page for CSV", "table.csv", holds(lambda _: PAGE), f"table.csv:1: is not valid CSV: {MARKUP}"),
    Break(
        "an error message",
        "items.json",
        holds(lambda _: b'{"error": "rate limit exceeded"}'),
        'items.json:1: has no list of items (give the list the name "items", or set items in [[sources]])',
    ),
    Break(
        "UTF-16",
        "items.json",
        holds(lambda content: content.decode().encode("utf-16")),
        "items.json:1: byte 1 (0xFF) is not UTF-8 (save the file as UTF-8, or set encoding in [[sources]])",
    ),
    Break(
        "Latin-1",
        "items.json",
        holds(lambda content: content.decode().encode("latin-1")),
        "items.json:4: byte 36 (0xC9) is not UTF-8 (save the file as UTF-8, or set encoding in [[sources]])",
    ),
    Break(
        "compressed",
        "items.json",
        holds(lambda content: gzip.compress(content, mtime=0)),
        "items.json:1: byte 2 (0x8B) is not UTF-8 (save the file as UTF-8, or set encoding in [[sources]])",
    ),
    Break(
        "binary",
        "lines.jsonl",
        holds(lambda _: PICTURE),
        "lines.jsonl:1: byte 1 (0x89) is not UTF-8 (save the file as UTF-8)",
    ),
    Break(
        "marks of a conflict",
        "notes/some.yaml",
        holds(lambda content: CONFLICT % (content, content)),
        "notes/some.yaml:1: contains merge conflict markers (resolve the conflict)",
    ),
    Break(
        "everything twice",
        "items.json",
        holds(lambda content: content * 2),
        "items.json:86: is not valid JSON: text follows the end of the data "
        "(remove the text; JSON Lines need the suffix .jsonl)",
    ),
    Break(
        "a pipe",
        "items.json",
        becomes(os.mkfifo),
        "items.json:1: is a pipe, not a regular file (check path in [[sources]])",
    ),
    Break(
        "a device",
        "items.json",
        linked("/dev/zero"),
        "items.json:1: is a device, not a regular file (check path in [[sources]])",
    ),
    Break("a folder", "items.json", becomes(Path.mkdir), f"items.json:{NO_FILE}\n{lost('items.json')}", kept=0),
    Break(
        "a link loop",
        "items.json",
        linked("items.json"),
        "items.json:1: cannot be read: Too many levels of symbolic links (correct the link)",
    ),
    Break("a link to nowhere", "items.json", linked("/nowhere/items.json"), GONE),
    Break(
        "a name that is not UTF-8",
        "notes",
        lambda folder: (folder / "some.yaml").rename(folder / os.fsdecode(b"s\xfcme.yaml")),
        r"notes/s\udcfcme.yaml:1: the name of the file is not UTF-8 (rename the file)"
        f"\n{lost('notes/*.yaml')}",
        kept=0,
    ),
    Break("more than half of the items gone", "items.json", kept(5), lost("items.json", 5), kept=0),
    Break("all items gone", "items.json", kept(0), lost("items.json"), kept=0),
    Break(
        "dates in another form",
        "table.csv",
        replaced(b"2020-01-", b"01/2020/"),
        f"{DATES}{ALL_STAY}",
        kept=0,
    ),
    Break("another name of a column", "table.csv", replaced(b"title", b"name"), f"{TITLES}{ALL_STAY}", kept=0),
    Break("another delimiter", "table.csv", replaced(b",", b"!"), HEADER),
    Break("no header", "table.csv", holds(lambda content: content.partition(b"\n")[2]), HEADER),
    Break(
        "no file of a pattern",
        "notes",
        lambda folder: remove(folder / "some.yaml"),
        f"notes/*.yaml:{NO_FILE}\n{lost('notes/*.yaml')}",
        kept=0,
    ),
    Break("a folder gone", "notes", remove, f"notes/*.yaml:1: cannot be read: notes: {NOT_THERE}"),
    Break(
        "a table gone",
        "posts.sqlite",
        told("drop table posts"),
        f"{QUERY}:1: database: query failed: no such table: posts",
    ),
    Break("rows gone", "posts.sqlite", told("delete from posts"), lost(QUERY), kept=0),
    Break("a database gone", "posts.sqlite", remove, f"{QUERY}:1: database: {NO_DATABASE}"),
    Break(
        "a page for a database",
        "posts.sqlite",
        holds(lambda _: PAGE),
        f"{QUERY}:1: database: query failed: file is not a database",
    ),
    Break(
        "the site file cut",
        "topicfeeds.toml",
        holds(lambda content: content[:-9]),
        'topicfeeds.toml:16: is not valid TOML: a text has no closing quote (add " at the end of the text)',
        kept=0,
        code=2,
    ),
    Break(
        "the site file empty",
        "topicfeeds.toml",
        holds(lambda _: b""),
        "topicfeeds.toml:1: title: is missing (add it)\ntopicfeeds.toml:1: url: is missing (add it)",
        kept=0,
        code=2,
    ),
]
