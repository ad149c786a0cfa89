"""Whatever text a field has, a build ends well or with an error of ours: never with a bug (exit code 70)."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import command, site
from topicfeeds import Problem, TopicFeedsError, build, read
from topicfeeds.config import load_site
from topicfeeds.output.write import is_marked

BLANKS = " \xa0\xad\x00\u034f\u115f\u200b\u202e\u2066\u2800\u3164\ufe0f\ufeff\ud800\U000e0100"
TEXT = st.text(max_size=6) | st.text(st.characters(exclude_categories=[]), max_size=6) | st.text(BLANKS, max_size=3)
NAME = TEXT | st.fixed_dictionaries({"name": TEXT}, optional={"email": TEXT, "url": TEXT, "address": TEXT})
ENCLOSURE = st.fixed_dictionaries({"url": TEXT, "type": TEXT}, optional={"title": TEXT})
GOOD_ENCLOSURE = {"url": "https://www.example.org/a.mp3", "type": "audio/mpeg"}
FIELDS: dict[str, Any] = {
    **dict.fromkeys(("title", "summary", "content", "topic", "id", "link", "language", "image", "timezone"), TEXT),
    **dict.fromkeys(("published", "updated", "end", "status", "recurrence"), TEXT),
    **dict.fromkeys(("tags", "topics", "except"), st.lists(TEXT, max_size=2)),
    **dict.fromkeys(("location", "organizer"), NAME),
    "authors": st.lists(NAME, max_size=2),
    "enclosures": st.lists(ENCLOSURE | TEXT.map(lambda title: {**GOOD_ENCLOSURE, "title": title}), max_size=2),
}
FORMATS = {"formats": ["atom", "rss", "json", "ics"]}


@pytest.mark.parametrize("name", FIELDS)
@given(data=st.data())
def test_any_text_in_a_field_of_an_item(name: str, data: st.DataObject) -> None:
    value = data.draw(FIELDS[name])
    problems: list[Problem] = []
    items = [
        {"id": "a", "title": "A", "published": "2026-03-01", name: value},
        {"id": "b", "title": "B", "published": "2026-03-01", "start": "2026-05-01", name: value},
    ]
    for document in build(site(feeds=FORMATS), items, problems=problems):
        content = document.render()
        if document.path.endswith(".json"):
            assert is_marked(content)
            assert [one for one in json.loads(content)["items"] if not one["id"].strip()] == []
    assert all(str(problem).count(": ") >= 2 for problem in problems)


SITE_FIELDS = (
    "title", "url", "feeds_url", "description", "language", "timezone", "rights", "logo", "author", "tag_authority",
    "sources.path", "sources.format", "sources.delimiter", "sources.date_format", "sources.timezone",
    "feed.slug", "feed.title", "feed.description", "feed.url", "feeds.event_title",
    "topics.housing.title", "topics.housing.description", "topics.housing.url", "tags.x.slug",
)  # fmt: skip


@pytest.mark.parametrize("name", SITE_FIELDS)
@given(text=TEXT)
def test_any_text_in_the_site_file(tmp_path_factory: pytest.TempPathFactory, name: str, text: str) -> None:
    folder = tmp_path_factory.mktemp("site")
    tables: dict[str, dict[str, str]] = {
        "": {"title": "A", "url": "https://www.example.org/"},
        "[sources]": {"path": "items.json"},
        "[feed]": {"slug": "all-of-it", "title": "All"},
    }
    table, _, key = name.rpartition(".")
    tables.setdefault(f"[{table}]" if table in ("sources", "feed") else table, {})[key] = text
    lines = [f"[{head}]\n" * bool(head) + "".join(map(_line, values.items())) for head, values in tables.items()]
    (folder / "topicfeeds.toml").write_bytes("".join(lines).encode("utf-8", "replace"))
    (folder / "items.json").write_text('[{"id": "a", "title": "A", "published": "2026-03-01", "topic": "housing"}]')
    with suppress(TopicFeedsError):
        made = load_site(folder / "topicfeeds.toml")
        for document in build(made, read(made, folder), problems=[]):
            document.render()


def _line(value: tuple[str, str]) -> str:
    return f"{value[0]} = {json.dumps(value[1], ensure_ascii=False)}\n"


def test_invisible_names_refuse_their_items_only(tmp_path: Path) -> None:
    (tmp_path / "topicfeeds.toml").write_text(
        'title = "A"\nurl = "https://www.city.example/"\n[[sources]]\npath = "a.jsonl"\n', "utf-8"
    )
    fields: list[dict[str, Any]] = [
        {"authors": ["\u200b"]},
        {"authors": [{"name": "\u202e"}]},
        {"title": "Place", "start": "2026-03-01", "location": "\u202e"},
        {"tags": ["\u202e", "land"]},
    ]
    items = [{"id": str(n), "title": "x", "published": "2026-02-01", **one} for n, one in enumerate(fields)]
    (tmp_path / "a.jsonl").write_text("".join(f"{json.dumps(item)}\n" for item in items), "utf-8")
    run = command("build", cwd=tmp_path)
    assert (run.code, run.err.splitlines()[:-1]) == (
        1,
        [
            "a.jsonl:1: authors[0]: is blank (remove it)",
            "a.jsonl:2: authors[0].name: is missing (add it)",
            "a.jsonl:4: tags[0]: is blank (remove it)",
        ],
    )
    assert "Place" in (tmp_path / "public" / "all.atom.xml").read_text("utf-8")
