"""Whatever publishers have goes in: the same items in every format are the same feeds."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from support import article, command, folder_site, problems_of, site
from support.needs import ROOT
from support.reading import found, told
from topicfeeds import Entry, Event, Problem, build, read, read_objects, select
from topicfeeds.entries.model import sanitized_content
from topicfeeds.sources._raw import RawRecord
from topicfeeds.sources._simple_front_matter import read_simple
from topicfeeds.sources.model import Record
from topicfeeds.sources.yaml import read as read_yaml

Fields = dict[str, Any]

ITEMS: list[Fields] = [
    {
        "id": f"item-{n}",
        "kind": "event" if n % 4 == 0 else "article",
        "title": ["New homes", 'Quotes "here", and commas', "Fête & más", "no", "012"][n % 5],
        "link": f"https://www.example.org/news/{n}",
        "summary": ["Short.", "Two\nlines", "a; b", "x < y", "'single'"][n % 5],
        "content": f'<p>Body <b>{n}</b> &amp; <a href="/x">more</a></p>',
        "published": [f"2026-01-{n + 1:02}", f"2026-01-{n + 1:02}T09:30", f"2026-01-{n + 1:02}T09:30:00+02:00"][n % 3],
        "topics": ["housing"] if n % 2 else ["housing", "mobility"],
        "tags": ["C++", "knowledge society", "été"][: n % 4],
        "authors": ["Ann", "Bea Cole"][: n % 3],
        "language": ["en", "fr"][n % 2],
        "image": f"https://www.example.org/{n}.jpg",
        **({"start": "2026-05-01", "end": "2026-05-02", "location": {"name": "Hall"}} if n % 4 == 0 else {}),
    }
    for n in range(20)
]


def as_json(items: list[Fields]) -> dict[str, str]:
    return {"items.json": json.dumps(items, ensure_ascii=False, indent=1)}


def as_json_object(items: list[Fields]) -> dict[str, str]:
    return {"items.json": json.dumps({"page": {"items": 1}, "items": items, "next": None})}


def as_jsonl(items: list[Fields]) -> dict[str, str]:
    return {"items.jsonl": "\n".join(json.dumps(item) for item in items)}


def as_yaml(items: list[Fields]) -> dict[str, str]:
    return {"items.yaml": "".join(f"- {json.dumps(item)}\n" for item in items)}


def as_yaml_documents(items: list[Fields]) -> dict[str, str]:
    return {"items.yml": "".join(f"---\n{front(item)}" for item in items)}


def front(item: Fields) -> str:
    return "".join(f"{name}: {json.dumps(value)}\n" for name, value in item.items())


def toml_value(value: object) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name} = {toml_value(inner)}' for name, inner in value.items())} }}"
    return json.dumps(value)


def as_toml(items: list[Fields]) -> dict[str, str]:
    tables = ("".join(f"{name} = {toml_value(value)}\n" for name, value in item.items()) for item in items)
    return {"items.toml": "".join(f"[[item]]\n{table}\n" for table in tables)}


def as_csv(items: list[Fields]) -> dict[str, str]:
    names = [*items[1], "start", "end", "location.name"]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    for item in items:
        flat = {**item, "location.name": item.get("location", {}).get("name")}
        writer.writerow([";".join(v) if isinstance(v := flat.get(name), list) else v for name in names])
    return {"items.csv": text.getvalue()}


def as_markdown(items: list[Fields]) -> dict[str, str]:
    def page(item: Fields) -> str:
        return (
            f"---\n{front({name: value for name, value in item.items() if name != 'content'})}---\n{item['content']}\n"
        )

    return {f"{number:02}.md": page(item) for number, item in enumerate(items)}


def as_toml_markdown(items: list[Fields]) -> dict[str, str]:
    def page(item: Fields) -> str:
        lines = (f"{name} = {toml_value(value)}\n" for name, value in item.items() if name != "content")
        return f"+++\n{''.join(lines)}+++\n\n{item['content']}"

    return {f"{number:02}.md": page(item) for number, item in enumerate(items)}


WRITERS = [
    *(as_json, as_json_object, as_jsonl, as_yaml, as_yaml_documents, as_toml, as_csv, as_markdown, as_toml_markdown)
]


def feeds(folder: Path, files: dict[str, str], **source: object) -> dict[str, bytes]:
    """Publish files as one source: the folder that they are in."""
    (folder / "items").mkdir(parents=True)
    for name, text in files.items():
        (folder / "items" / name).write_text(text, "utf-8", newline="")
    made = site(timezone="Europe/Brussels", sources=[{"path": "items", **source}])
    return {document.path: document.render() for document in build(made, read(made, folder))}


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_twenty_items_are_the_same_feeds_from_every_format(
    write: Callable[[list[Fields]], dict[str, str]], tmp_path: Path
) -> None:
    expected = feeds(tmp_path / "jsonl", as_jsonl(ITEMS))
    assert len(expected) == 12
    assert feeds(tmp_path / "other", write(ITEMS)) == expected


def test_a_text_page_is_the_same_feeds_as_its_items_in_json(tmp_path: Path) -> None:
    page = "Worms\n\nThey dig.\n\npublication date: 27-02-2017\n\n"
    page += "  • \u00a0soil\n\nB\n\nb\n\npublication date: 01-02-2017\n"
    items = [
        {"title": "Worms", "summary": "They dig.", "published": "2017-02-27"},
        {"title": "B", "summary": "b", "published": "2017-02-01", "tags": ["soil"]},
    ]
    ours = feeds(tmp_path / "page", {"page.txt": page}, topics=["gardens"])
    made = site(timezone="Europe/Brussels", sources=[{"path": "x.json", "topics": ["gardens"]}])
    (tmp_path / "x.json").write_text(json.dumps(items), "utf-8")
    problems: list[Problem] = []
    theirs = {doc.path: doc.render() for doc in build(made, read(made, tmp_path), problems=problems)}
    assert ours == theirs


def test_json_records_have_the_line_that_they_start_on(tmp_path: Path) -> None:
    text = (
        '{\n "count": 2,\n "items": [\n  {"title": "A", "published": "2026-01-01"},\n\n  {\n   "titel": "B"\n  } ]\n}\n'
    )
    assert [record.line for record in found(tmp_path, "a.json", text)] == [4]
    assert {line.split(":")[1] for line in told(tmp_path, "a.json")} == {"6"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", " \n", "1: is empty (create it again; if it should have no items, remove the file or its source)"),
        ("a.csv", "", "1: is empty"),
        ("a.jsonl", "\n\n", "1: is empty"),
        ("a.txt", "gardens\n\nWe dig.\n", '1: has no item: no line has the form "publication date: 31-12-2026" (check'),
        ("a.json", "x", "1: is not valid JSON: expecting value at column 1"),
        ("a.json", '"x"', "1: has no list of items (write objects between [ and ])"),
        ("a.json", '{"item": []}', '1: has no list of items (set items = "item" in [[sources]])'),
        ("a.json", '[{"title": "A"},\n]', "2: is not valid JSON: "),
        ("a.json", "[1]", '1: 1 is not an object (write an item as {"title": "...", ...})'),
        ("a.json", '[{}, null, "x"]', '1: item 3: "x" is not an object (write an item as {"title": "...", ...})'),
        ("a.json", "[]\n]", "2: is not valid JSON: text follows the end of the data"),
        ("a.json", "[" * 100_000, "1: is nested too deep"),
        ("a.json", "[" + "9" * 5000 + "]", "1: is not valid JSON: a number has too many digits"),
        ("a.json", "[{'title': 1}]", "1: is not valid JSON: expecting property name enclosed in"),
        ("a.jsonl", '{"title": "A"} {"title": "B"}', "1: is not valid JSON Lines: text follows the item at column 15"),
        ("a.toml", "[[item]]\ntitle = \n", "2: is not valid TOML: "),
        ("a.toml", 'title = "x"', '1: "title" is outside of an item (write [[item]] above the fields of each item)'),
        ("a.toml", "[item]\ntitle = 1", "1: item is not a list of tables (write [[item]] above the fields"),
        ("a.toml", "item = [1]", "1: item is not a list of tables (write [[item]] above the fields of each item)"),
        ("a.toml", "[[item]]\na = 1\na = 2", '3: is not valid TOML: "a" is given twice (keep one)'),
        ("a.csv", 'title,published\n\n"A\nB",2026-01-01\nA,b,c\n', "5: has 3 cells, but the header has 2"),
        ("a.csv", "title,published,title\n", '1: the header has the column "title" twice (rename one)'),
        ("a.csv", 'title,published\n"A,2026-01-01\n', "2: is not valid CSV: a quoted cell is not closed (add the"),
    ],
)
def test_what_is_not_of_its_format_is_unreadable(tmp_path: Path, name: str, content: str, message: str) -> None:
    assert told(tmp_path, name, content)[-1].startswith(f"unreadable {name}:{message}")


def test_front_matter_that_is_a_list_has_no_record(tmp_path: Path) -> None:
    assert told(tmp_path, "a.md", "---\n- null\n---\nText\n") == [
        "refused a.md:2: is an empty record (write an item in its place, or remove it)"
    ]


def test_a_name_that_an_object_has_twice_refuses_its_item(tmp_path: Path) -> None:
    item = '{"title": "A", "title": "B", "authors": [{"name": "x", "name": "y"}], "published": "2026-01-01"}'
    for name, text in (("a.jsonl", item), ("b.json", f"[{item}]")):
        assert told(tmp_path, name, text) == [
            f"refused {name}:1: name: is given twice in this item (keep one)",
            f"refused {name}:1: title: is given twice in this item (keep one)",
        ]


def test_csv_rows_have_their_lines_and_lists_and_parts_of_fields(tmp_path: Path) -> None:
    text = (
        "title,published,start,tags,location.name,location.latitude,summary\n"
        '"A, B",2026-01-01,,"a; b,c ;;",,,"two\nlines"\n'
        "\nC,2026-01-01,2026-05-01,,Hall,51.5,\nD,x,,,,,\n"
    )
    first, second = found(tmp_path, "a.csv", text)
    assert (first.item.title, first.item.tags, first.item.summary, first.line) == (
        "A, B",
        ("a", "b,c"),
        "two\nlines",
        2,
    )
    assert second.line == 5
    assert second.item.model_dump()["location"] == {
        "name": "Hall",
        "address": None,
        "url": None,
        "latitude": 51.5,
        "longitude": None,
    }
    assert told(tmp_path, "a.csv") == [
        'refused a.csv:6: published: "x" is not a date in ISO 8601 '
        '(write 2026-03-01 or 2026-03-01T14:30, or set date_format in [[sources]], such as "%d/%m/%Y")'
    ]


def test_csv_may_have_another_delimiter_and_other_columns(tmp_path: Path) -> None:
    text = "Titel;Datum;Schlagworte;intern\nNeue Wohnungen;01.03.2026;wohnen,planen;x\n"
    fields = {"title": "Titel", "published": "Datum", "summary": "Schlagworte"}
    (record,) = found(tmp_path, "a.csv", text, delimiter=";", fields=fields, date_format="%d.%m.%Y")
    assert (record.item.title, str(record.item.published), record.item.summary) == (
        *("Neue Wohnungen", "2026-03-01"),
        "wohnen,planen",
    )


def test_cells_may_have_tabs_between_them(tmp_path: Path) -> None:
    (record,) = found(tmp_path, "a.csv", "title\tpublished\nA, B\t2026-01-01\n", delimiter="\t")
    assert record.item.title == "A, B"


def test_markdown_is_rendered_and_its_html_sanitised(tmp_path: Path) -> None:
    text = (
        "---\ntitle: A\nid: a\npublished: 2026-01-01\n---\n\n# Head\n\nA *b* <script>alert(1)</script>"
        "[bad](javascript:alert(1)) [good](/x)\n\n| a |\n|---|\n| ~~2~~ |\n"
    )
    atom = feeds(tmp_path, {"a.md": text})["all.atom.xml"].decode()
    assert unescape(re.findall("<content type=.html.>(.*?)</content>", atom, re.DOTALL)[0]) == (
        '<h1>Head</h1>\n<p>A <em>b</em> <a rel="noopener noreferrer">bad</a> '
        '<a href="https://www.example.org/x" rel="noopener noreferrer">good</a></p>\n'
        "<table><thead><tr><th>a</th></tr></thead><tbody>\n<tr><td><del>2</del></td></tr>\n</tbody></table>"
    )


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("# Head\n", ["1: has no front matter (start the file with a line ---, the fields, and another line ---)"]),
        ("---\ntitle: A\n", ["1: the front matter has no end (add a line --- below the fields)"]),
        (
            '---json\n{"title": "A"}\n---\nx',
            ["1: front matter in json is not supported (write it in YAML after ---, or in TOML after +++)"],
        ),
        (
            "---\n---\nBody\n",
            ["1: title: is missing (add it)", "1: published: is missing (add a date such as 2026-03-01)"],
        ),
        ("---\ntitle: [\n---\n", ["3: is not valid YAML: a value is incomplete"]),
        ("---\ntitle: A\npublished: x\n---\n", ['3: published: "x" is not a date in ISO 8601 (write 2026-03-01']),
        ("---\ntitle: A\ntitle: B\n---\n", ["3: title: is given twice in this item (keep one)"]),
        ("---\n- title: A\n- title: B\n---\n", ["1: has 2 items in its front matter (write each item in a file"]),
        ("+++\ntitle = \n+++\n", ["2: is not valid TOML: "]),
        (
            "+++\ntitle = 'A'\npublished = 3\n+++\n",
            ["3: published: 3 is not a date (write 2026-03-01 or 2026-03-01T14:30, or set date_format"],
        ),
    ],
)
def test_a_bad_markdown_file_refuses_its_item_and_no_other(tmp_path: Path, text: str, messages: list[str]) -> None:
    (tmp_path / "good.md").write_text("---\ntitle: Good\npublished: 2026-01-01\n---\n", "utf-8")
    (tmp_path / "bad.md").write_text(text, "utf-8")
    lines = told(tmp_path, "*.md")
    assert len(lines) == len(messages)
    for line, message in zip(lines, messages, strict=True):
        assert line.startswith(f"refused bad.md:{message}")
    assert [record.item.title for record in found(tmp_path, "*.md")] == ["Good"]


def test_markdown_without_the_extra_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\ntitle: A\npublished: 2026-01-01\n---\nBody\n", "utf-8")
    (tmp_path / "topicfeeds.toml").write_text('title="x"\nurl="https://e.org"\n[[sources]]\npath="a.md"\n', "utf-8")
    (tmp_path / "pyromark.py").write_text("raise ImportError", "utf-8")
    run = command("build", cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)})
    assert (run.code, run.err) == (
        2,
        'a source needs the extra "markdown": pyromark is not installed '
        "(run pip install 'pyromark>=0.9' in the environment of topicfeeds)\n",
    )
    assert not (tmp_path / "public").exists()


def test_a_folder_is_all_files_below_it_that_have_a_format(tmp_path: Path) -> None:
    for name in ("b/x.yaml", "a.yaml", "b/c/y.yml", ".git/z.yaml", "b/.hidden.yaml", "photo.jpg", "README"):
        (tmp_path / "items" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "items" / name).write_text(f"title: {name}\npublished: 2026-01-01\n", "utf-8")
    assert [record.path for record in found(tmp_path, "items")] == ["items/a.yaml", "items/b/c/y.yml", "items/b/x.yaml"]
    (tmp_path / "empty").mkdir()
    assert told(tmp_path, "empty") == [
        "warning empty:1: warning: no file matches (check path in [[sources]], or remove the source)"
    ]


def test_standard_input_is_a_source(tmp_path: Path) -> None:
    (tmp_path / "topicfeeds.toml").write_text(
        'title="x"\nurl="https://e.org"\n[[sources]]\npath="-"\nformat="jsonl"\n', "utf-8"
    )
    text = '{"id": "a", "title": "A", "published": "2026-01-01"}\n{"titel": "B"}\n'
    run = [sys.executable, "-m", "topicfeeds", "build"]
    done = subprocess.run(run, cwd=tmp_path, input=text, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "all.atom.xml\nall.rss.xml\n")
    assert done.stderr.startswith("standard input:2: title: is missing (add it)\n")


@pytest.mark.parametrize(("make", "kind"), [(os.mkfifo, "a pipe"), (os.mkdir, "a folder")])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, make: Callable[[Path], None], kind: str) -> None:
    make(tmp_path / "a.yaml")
    (tmp_path / "b.yaml").symlink_to("a.yaml")
    name = "[ab].yaml"
    assert told(tmp_path, name) == [
        f"unreadable a.yaml:1: is {kind}, not a regular file (check path in [[sources]])",
        f"unreadable b.yaml:1: is {kind}, not a regular file (check path in [[sources]])",
    ]


def test_devices_and_link_loops_are_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    assert told(tmp_path, "zero.yaml") == [
        "unreadable zero.yaml:1: is a device, not a regular file (check path in [[sources]])"
    ]
    assert told(tmp_path, "loop.yaml") == [
        "unreadable loop.yaml:1: cannot be read: Too many levels of symbolic links (correct the link)"
    ]


RECORD = {
    "id": 7,
    "name": {"rendered": "New homes"},
    "link": "https://e.org/7",
    "secret": "x",
    "status": "publish",
    "created": {"at": "01/03/2026 14:30"},
    "labels": [{"name": "land"}, {"name": "homes"}, {}],
    "gone": None,
}
SHAPE = {"id": "id", "title": "name.rendered", "published": "created.at", "tags": "labels.name", "summary": "a.b.c"}


def test_a_mapping_takes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    text = json.dumps([RECORD])
    (record,) = found(
        tmp_path, "a.json", text, fields=SHAPE, date_format="%d/%m/%Y %H:%M", timezone="Asia/Tokyo",
        defaults={"topics": ["housing"], "language": "en"},
    )  # fmt: skip
    item = record.item
    assert (item.id, item.title, item.tags, item.summary, item.link) == (
        "7",
        "New homes",
        ("land", "homes"),
        None,
        None,
    )
    assert (str(item.published), item.timezone, item.topics) == ("2026-03-01 14:30:00", "Asia/Tokyo", ("housing",))


def test_a_date_of_another_form_is_refused_and_not_guessed(tmp_path: Path) -> None:
    text = json.dumps([RECORD])
    assert told(tmp_path, "a.json", text, fields=SHAPE, date_format="%d/%m/%Y") == [
        'refused a.json:1: published: "01/03/2026 14:30" does not match date_format "%d/%m/%Y" (correct one of the two)'
    ]
    assert told(tmp_path, "a.json", text, fields=SHAPE)[0].startswith(
        'refused a.json:1: published: "01/03/2026 14:30" is not a date in ISO 8601'
    )


def test_defaults_stand_in_for_what_is_absent_or_blank(tmp_path: Path) -> None:
    first, second = {"title": "A", "published": "2026-01-01", "summary": " "}, {"title": "B", "published": "2026-01-01"}
    text = json.dumps([first, {**second, "language": "fr"}])
    records = found(tmp_path, "a.json", text, defaults={"summary": "News", "language": "en"})
    assert [(one.item.summary, one.item.language) for one in records] == [("News", "en"), ("News", "fr")]


def test_a_mapping_to_an_unknown_field_is_a_problem() -> None:
    with pytest.raises(ValueError, match='unknown field \\(did you mean "title"'):
        site(sources=[{"path": "x", "fields": {"titel": "name"}}])


def test_an_item_that_is_too_large_or_too_deep_is_refused_by_name() -> None:
    big = article(id="big", content="é" * 600_000)
    deep = article(id="deep", content="<div>" * 5000)
    assert problems_of([big, deep, article(id="fine", content="<p>" * 5000 + "é" * 500_000)]) == [
        "items:1: content: has 1200000 bytes; the limit is 1048576 "
        "(shorten it, or raise max_body under [feeds] in the site file)",
        "items:2: content: has tags nested more than 250 deep (close the tags, or simplify the HTML)",
    ]
    assert problems_of([big], feeds={"max_body": 2_000_000}) == []


@given(st.binary(max_size=60) | st.text("-:[]{}\"',;=+#\n\t ab1", max_size=60).map(str.encode))
def test_any_bytes_are_records_or_findings(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.getbasetemp()
    for name in ("any.json", "any.toml", "any.csv", "any.md"):
        (folder / name).write_bytes(content)
        found(folder, name)


def published_example(name: str) -> dict[str, Entry]:
    folder = ROOT / "examples" / name
    entries = select(folder_site(folder), read(folder_site(folder), folder))["all"].entries
    return {entry.id: entry for entry in entries}


def test_a_wordpress_export_is_read() -> None:
    (entry,) = published_example("wordpress").values()
    assert (entry.id, entry.title, entry.summary) == (
        "https://blog.example.org/?p=12",
        "What’s a weed? Q&A",
        "A plant in the wrong place…",
    )
    assert (entry.published.isoformat(), entry.updated.isoformat()) == (
        "2026-03-01T09:30:00+00:00",
        "2026-03-02T07:00:00+00:00",
    )
    assert [tag.label for tag in entry.tags] == ["Soil", "weeds", "Q&A"]
    assert [person.name for person in entry.authors] == ["Ines Carvalho"]
    link = '<a href="https://blog.example.org/wrong-place" rel="noopener noreferrer">'
    assert sanitized_content(entry) == f"<p>A plant in the {link}wrong place</a>.</p>"


def test_a_hugo_content_folder_is_read() -> None:
    entries = published_example("hugo")
    tides, ferry = (entries[f"tag:harbour.example,2026:item/{name}"] for name in ("tides", "ferry"))
    assert (tides.title, [tag.label for tag in tides.tags]) == ("2026-04-19", ["tides", "no"])
    assert (tides.published.isoformat(), tides.updated.isoformat()) == (
        "2026-04-19T08:00:00+01:00",
        "2026-04-20T00:00:00+01:00",
    )
    assert sanitized_content(tides) == "<p>High water at <strong>six</strong>, low water at <em>noon</em>.</p>"
    assert [topic.label for topic in ferry.topics] == ["sea", "town"]
    assert '<a href="https://harbour.example/ferry"' in (sanitized_content(ferry) or "")


def test_a_list_of_schema_org_events_is_read() -> None:
    folder = ROOT / "examples" / "schema-org"
    records = [one for one in read(folder_site(folder), folder) if isinstance(one, Record)]
    night, day = (one.item for one in records)
    assert isinstance(night, Event)
    assert (night.start, night.location, night.organizer) == (datetime(2026, 4, 21, 20), "Great Hall", "Music Hall")
    assert isinstance(day, Event)
    assert (day.start, day.end, day.topics) == (date(2026, 6, 1), None, ("concerts",))
    assert [entry.kind for entry in published_example("schema-org").values()] == ["event", "event"]


@dataclass
class Post:
    """What an ORM gives."""

    name: str
    day: date
    tags: list[str]

    def get_absolute_url(self) -> str:
        return f"https://www.example.org/{self.name}"


def test_python_objects_are_read_where_a_field_may_name_a_method() -> None:
    posts = [Post("a", date(2026, 1, 1), ["x"]), Post("", date(2026, 1, 1), [])]
    fields = {"title": "name", "published": "day", "link": "get_absolute_url", "tags": "tags"}
    records = list(read_objects(posts, fields=fields, defaults={"topics": ["housing"]}, name="posts"))
    assert isinstance(records[0], Record)
    item = records[0].item
    assert (item.title, item.link, item.tags, item.topics) == ("a", "https://www.example.org/a", ("x",), ("housing",))
    assert [str(one) for one in records[1:]] == [
        'posts:2: title: is missing or blank in this record (fill in "name", or correct fields.title)'
    ]


def test_models_mappings_and_objects_may_be_mixed() -> None:
    mapping = {"id": "b", "title": "B", "published": "2026-01-02"}
    made = select(site(), [article(id="a"), mapping, *read_objects([Row("c", "C", date(2026, 1, 3))])])
    assert [entry.title for entry in made["all"].entries] == ["New homes", "C", "B"]
    assert problems_of([mapping, {"titel": "x"}]) == [
        "items:2: title: is missing (add it)",
        "items:2: published: is missing (add a date such as 2026-03-01)",
        'items:2: titel: unknown field (did you mean "title"?)',
    ]


@dataclass
class Row:
    """An object with attributes named as fields."""

    id: str
    title: str
    published: date


SCALARS = st.text("ab9é :#-,[]\"'\\_.&/+~?!|>%@`{}*=\t\u00a0\u2028\ufeff", max_size=6) | st.sampled_from(
    ["null", "Null ", "~", "true", "a: b", "a #b", "2026-01-02", "no", '"q"', "'q'", "a, b", "x:", "- a", "..."]
)
LINES = st.builds(
    "{}:{}{}{}".format,
    st.sampled_from(["title", "a-b", "null", "tags", "k", "-k", "a.b"]),
    st.sampled_from([" ", "  ", ""]),
    SCALARS
    | SCALARS.map("[{}]".format)
    | SCALARS.map('"{}"'.format)
    | st.lists(SCALARS).map(", ".join).map("[{}]".format),
    st.sampled_from(["", " "]),
)


@given(st.lists(LINES, min_size=1, max_size=3).map("\n".join), st.sampled_from(["", "\n", "\n\n"]))
@settings(max_examples=500)
@example("title: A: b", "")
@example("title: null ", "\n")
@example('title: "a #b: c"\ntags: [a b, c]\npublished: 2026-01-02T10:00:00+01:00', "\n")
def test_simple_front_matter_is_read_as_all_of_yaml_would_read_it(front: str, end: str) -> None:
    text = f"\n{front}{end}"
    if simple := read_simple(text):
        assert list(read_yaml(text, None, "a.md")) == [simple]


def test_most_front_matter_is_simple() -> None:
    text = (
        '\ntitle: New homes for 40,000\npublished: 2026-01-02\nlink: https://e.org/a?b=c#d\ntags: [a b, c/d]\nid: "7"\n'
    )
    assert read_simple(text) == RawRecord(
        {
            "title": "New homes for 40,000",
            "published": "2026-01-02",
            "link": "https://e.org/a?b=c#d",
            "tags": ["a b", "c/d"],
            "id": "7",
        },
        2,
        {"title": 2, "published": 3, "link": 4, "tags": 5, "id": 6},
    )
