"""A few changes among many records: only the feeds that they come to are made again, as if all had been looked at."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from support import EXAMPLE
from support.city import ATOM, DAY, HOUR, NOON, City, row
from support.records import documents_in, sql
from topicfeeds import PublishError
from topicfeeds.entries.row_cache import RowCache
from topicfeeds.feeds import mend
from topicfeeds.feeds.mend import Mend
from topicfeeds.run.flow import Options
from topicfeeds.run.site import build_site
from topicfeeds.sources.model import Same
from topicfeeds.state.paths import default_paths

ROWS = [row(str(n), published=f"2026-01-{n + 1:02}", topics=[f"t{n % 2}"], tags=[f"tag {n % 5}"]) for n in range(20)]
MOST = 600 if os.environ.get("TOPICFEEDS_FULL") else 120


class Watched:
    """Tells of runs whether they mended what there was, and of which records they asked for more than the id."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.mended = 0
        self.unsure = 0
        """So often everything was recalled, after that or at once."""


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    seen, real = Watched(), Mend.among

    def among(self: Mend, found: Any) -> Iterator[Any]:
        seen.asked.clear()
        seen.mended += 1
        for one in real(self, found):
            if isinstance(one, Same):
                seen.asked.append(one.row.id.rpartition("/")[2])
            yield one

    class Counted(RowCache):
        def __init__(self, *given: Any, known: bool) -> None:
            seen.unsure += known
            super().__init__(*given, known=known)

    monkeypatch.setattr("topicfeeds.run.site.RowCache", Counted)
    monkeypatch.setattr(Mend, "among", among)
    return seen


def ids(city: City, feed: str, folder: Path | None = None) -> list[str]:
    """Name the items of a feed."""
    root = etree.parse((folder or city.public) / f"{feed}.atom.xml").getroot()
    return [str(name.text).rpartition("/")[2] for name in root.iterfind(f"{ATOM}entry/{ATOM}id")]


def edited(n: int, **fields: object) -> list[Any]:
    """Change one of the rows."""
    return [*ROWS[:n], {**ROWS[n], **fields}, *ROWS[n + 1 :]]


def test_after_one_change_only_the_records_of_the_same_feeds_are_read(tmp_path: Path, watched: Watched) -> None:
    city = City.create(tmp_path, *ROWS, limit=3)
    city.build()
    city.put(*edited(19, title="Changed"))
    changes = city.build(NOON + HOUR)
    assert (watched.mended, watched.unsure) == (1, 0)
    assert set(watched.asked) == {"18", "17", "16"} | {"15", "13", "11", "9", "7", "5"} | {"14"}  # in all, t1, tag 4
    assert sorted(changes.written) == sorted(
        f"{name}.{kind}.xml" for name in ("all", "topics/t1", "tags/tag-4") for kind in ("atom", "rss")
    )
    assert changes.unchanged == 2 * (1 + 2 + 5) - 6
    assert changes.items == 20


def test_what_came_to_no_feed_changes_none(tmp_path: Path, watched: Watched) -> None:
    city = City.create(tmp_path, *ROWS, limit=3)
    city.build()
    city.put(*ROWS, row("old", published="2025-01-01", tags=["tag 1"]))
    changes = city.build(NOON + HOUR)
    assert (changes.written, changes.items, watched.unsure) == ((), 21, 0)
    city.put(row("old", published="2025-01-01", tags=["tag 1"]), *ROWS)
    assert city.build(NOON + 2 * HOUR).written == ()
    assert (watched.mended, watched.unsure, watched.asked) == (2, 0, [])


def test_where_one_is_gone_the_next_one_moves_up(tmp_path: Path, watched: Watched) -> None:
    city = City.create(tmp_path, *ROWS, limit=3)
    city.build()
    city.put(*ROWS[:19])
    assert "topics/t1.atom.xml" in city.build(NOON + HOUR).written
    assert (watched.mended, watched.unsure) == (1, 1)
    assert ids(city, "topics/t1") == ["17", "15", "13"]


@pytest.mark.parametrize("fields", [{"published": "2025-01-01"}, {"tags": ["tag 0"]}, {"published": "nonsense"}])
def test_where_one_leaves_a_feed_the_next_one_moves_up(
    tmp_path: Path, watched: Watched, fields: dict[str, Any]
) -> None:
    city = City.create(tmp_path, *ROWS, limit=3)
    city.build()
    city.put(*edited(19, **fields))
    city.build(NOON + HOUR)
    assert watched.unsure == 1
    assert ids(city, "tags/tag-4") == ["14", "9", "4"]


def test_what_no_feed_held_may_go_unseen(tmp_path: Path, watched: Watched) -> None:
    city = City.create(tmp_path, *ROWS, limit=3)
    city.build()
    city.put(*ROWS[1:])  # in each of its feeds there are three that are newer
    changes = city.build(NOON + HOUR)
    assert (changes.written, changes.items, watched.unsure) == ((), 19, 0)


def test_the_first_run_of_a_day_looks_at_everything(tmp_path: Path, watched: Watched) -> None:
    """What feeds hold is remembered by the day, and what they do not hold any more is not asked for again."""
    city = City.create(tmp_path, *ROWS, limit=3)
    city.build()
    held = "select id from rows where core != ''"
    new = [row(f"n{n}", published=f"2026-02-{n + 1:02}", topics=["t0"], tags=["tag 0"]) for n in range(9)]
    for n in range(9):
        city.put(*ROWS, *new[: n + 1])
        city.build(NOON + HOUR)
    assert watched.mended == 9
    assert {name.rpartition("/")[2] for (name,) in city.sql(held)} > {f"n{n}" for n in range(9)}
    city.put(*ROWS, *new, row("last", published="2026-03-01", topics=["t0"], tags=["tag 0"]))
    city.build(NOON + DAY)
    assert watched.mended == 9
    published = {name for path in city.public.rglob("*.atom.xml") for name in ids(city, path.name[:-9], path.parent)}
    assert {name.rpartition("/")[2] for (name,) in city.sql(held)} == published
    seen = city.sql("select distinct seen from items where id in (select id from rows where core != '')")
    assert seen == [(int((NOON + DAY).timestamp()) // 86400,)]


def test_a_clock_that_was_put_back_mends_nothing(tmp_path: Path, watched: Watched) -> None:
    city = City.create(tmp_path, *ROWS, limit=3)
    city.build(NOON + HOUR)
    city.put(*edited(3, title="Changed"))
    city.build(NOON)
    assert watched.mended == 0


@pytest.mark.parametrize(
    "more",
    [
        row("e", start="2026-05-01"),  # an event, which is looked at in each run
        row("f", published="2026-05-01"),  # one that waits
        row("d", link="http://localhost/"),  # one with a warning
        row("r", published="nonsense"),  # one that is refused
        ROWS[3],  # one that comes twice
    ],
)
def test_what_takes_more_to_know_than_rows_is_looked_at_whole(tmp_path: Path, watched: Watched, more: Any) -> None:
    city = City.create(tmp_path, *ROWS, more, limit=3)
    city.build()
    city.put(*edited(3, title="Changed"), more)
    city.build(NOON + HOUR)
    assert watched.mended == 0


def test_declared_feeds_are_chosen_from_everything(tmp_path: Path, watched: Watched) -> None:
    city = City(tmp_path)
    city.configure('[[feed]]\nslug = "x"\ntitle = "X"\ntags = ["tag 1"]\nmatch = "none"\n', limit=3)
    city.put(*ROWS)
    city.build()
    city.put(*edited(3, title="Changed"))
    city.build(NOON + HOUR)
    assert watched.mended == 0


def test_a_document_that_does_not_stand_is_made_again(tmp_path: Path, watched: Watched) -> None:
    city = City.create(tmp_path, *ROWS, limit=3)
    city.build()
    before = documents_in(city.public)
    (city.public / "tags/tag-1.atom.xml").unlink()
    city.put(*ROWS, row("old", published="2025-01-01"))
    assert city.build(NOON + HOUR).written == ("tags/tag-1.atom.xml",)
    assert (watched.mended, documents_in(city.public)) == (1, before)


def test_a_folder_that_became_a_link_stops_the_run(tmp_path: Path, watched: Watched) -> None:
    city = City.create(tmp_path, *ROWS, limit=3)
    city.build()
    shutil.move(city.public / "tags", tmp_path / "elsewhere")
    (city.public / "tags").symlink_to(tmp_path / "elsewhere")
    city.put(*ROWS, row("old", published="2025-01-01"))
    with pytest.raises(PublishError, match="tags: is a symbolic link"):
        city.build(NOON + HOUR)
    assert watched.mended == 1


def test_a_text_page_that_is_new_is_read_with_all_else(tmp_path: Path, watched: Watched) -> None:
    city = City(tmp_path)
    city.configure(path="items/*", limit=3)
    city.put(*ROWS, name="items/a.jsonl")
    city.build()
    (tmp_path / "items/b.txt").write_text((EXAMPLE / "pages/social-innovation.txt").read_text("utf-8"), "utf-8")
    assert city.build(NOON + HOUR).items > 21
    assert (watched.mended, watched.unsure) == (1, 1)


def test_many_changes_are_no_repair(tmp_path: Path, watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mend, "_MAX_CHANGED_RECORDS", 4)
    city = City.create(tmp_path, *ROWS, limit=3)
    city.build()
    more = [row(f"n{n}", published=f"2025-02-{n + 1:02}") for n in range(5)]
    city.put(*ROWS, *more)
    city.build(NOON + HOUR)
    assert watched.unsure == 1
    city.put(*({**one, "title": "Changed"} if n > 15 else one for n, one in enumerate(ROWS)), *more)
    city.build(NOON + 2 * HOUR)
    assert watched.unsure == 2


def test_what_the_memory_has_otherwise_is_read_with_all_else(tmp_path: Path, watched: Watched) -> None:
    city = City.create(tmp_path, *ROWS, limit=3)
    city.build()
    city.sql("update items set changed = 1 where id like '%/18'")
    city.put(*edited(19, title="Changed"))
    city.build(NOON + HOUR)
    assert (watched.mended, watched.unsure) == (1, 1)


@pytest.mark.parametrize("few", [0, 20_000])
def test_mended_again_and_again_it_is_as_if_all_had_been_looked_at(
    tmp_path: Path, watched: Watched, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """Two folders of the same site: one mends where it can, the other, with the same memory, looks at everything."""
    monkeypatch.setattr("topicfeeds.state.rows._MAX_ROWS_IN_MEMORY", few)
    chance, now = random.Random(few), NOON - 12 * HOUR
    city = City(tmp_path)
    city.configure('[[sources]]\npath = "more.jsonl"\n[[sources]]\npath = "notes/*.md"\n', limit=3)
    sources: dict[str, dict[str, Any]] = {"items": {}, "more": {}, "notes": {}}
    other = default_paths(str(city.site), str(tmp_path / "other"))
    for n in range(MOST):
        for _ in range(chance.choice([1, 1, 2])):
            change(sources[chance.choice(list(sources))], chance, n)
        write(city, sources)
        now += timedelta(minutes=chance.choice([1, 5, 600 if n % 10 == 0 else 2]))
        if Path(other.state).exists():
            sql(other.state, "update meta set value = null where name = 'whole'")
        found = [build_site(where, Options(now=now, allow_shrink=True)) for where in (city.place, other)]
        assert found[0].items == found[1].items
        assert sorted(found[0].written) == sorted(found[1].written)
        assert sorted(found[0].removed) == sorted(found[1].removed)
        assert found[0].unchanged == found[1].unchanged
        assert documents_in(city.public) == documents_in(tmp_path / "other")
        for query in ("select path, retired from documents", "select * from accepted", "select key, id from rows"):
            assert city.sql(query) == sql(other.state, query)
    unsure = watched.unsure - (MOST - 1)  # of the other folder all but the first run recall everything
    assert watched.mended - unsure > MOST / 4
    assert unsure > MOST / 20


def change(rows: dict[str, Any], chance: random.Random, n: int) -> None:
    """Add an item, edit one, or take one away."""
    name = f"{id(rows)}-{n}"
    what = chance.choice(["add", "add", "edit", "edit", "move", "remove"]) if rows else "add"
    fields = {
        "published": f"2026-{chance.randint(1, 3):02}-{chance.randint(1, 28):02}",
        "tags": chance.sample(["x", "X", "y y", "é", "z"], chance.randint(0, 2)),
        "topics": chance.sample(["homes", "Parks", "b"], chance.randint(0, 1)),
    }
    if what == "add":
        rows[name] = row(name, **fields)
    elif what == "remove":
        del rows[chance.choice(list(rows))]
    else:
        one = rows[chance.choice(list(rows))]
        one |= fields if what == "move" else {"title": f"Changed {n}"}


def write(city: City, sources: dict[str, dict[str, Any]]) -> None:
    for name in ("items", "more"):
        city.put(*sources[name].values(), name=f"{name}.jsonl")
        if not sources[name]:
            (city.folder / f"{name}.jsonl").write_text(f"{json.dumps(row(name, published='2020-01-01'))}\n")
    shutil.rmtree(city.folder / "notes", ignore_errors=True)
    (city.folder / "notes").mkdir()
    (city.folder / "notes/first.md").write_text("---\nid: first\ntitle: First\npublished: 2020-01-01\n---\nx\n")
    for one in sources["notes"].values():
        tags, topics = (", ".join(one[name]) for name in ("tags", "topics"))
        front = f"id: {one['id']}\ntitle: {one['title']}\npublished: {one['published']}\n"
        text = f"---\n{front}tags: [{tags}]\ntopics: [{topics}]\n---\nText\n"
        (city.folder / f"notes/{one['id']}.md").write_text(text, "utf-8")


def test_one_that_came_twice_fills_no_two_gaps(tmp_path: Path, watched: Watched) -> None:
    city = City(tmp_path)
    city.configure('max_shrink = 1\n[[sources]]\npath = "more.jsonl"\n', limit=3)
    city.put(*ROWS[:6])
    city.put(row("z", published="2025-01-01"), name="more.jsonl")
    city.build()
    new = row("new", published="2026-03-01")
    city.put(*ROWS[:4], new)
    city.put(row("z", published="2025-01-01"), new, name="more.jsonl")
    city.build(NOON + HOUR)
    assert ids(city, "all") == ["new", "3", "2"]
    assert (watched.mended, watched.unsure) == (1, 1)


def test_what_is_said_of_a_damaged_state_is_said_though_the_run_starts_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mend, "_MAX_CHANGED_RECORDS", 3)
    city = City.create(tmp_path, *ROWS, limit=3)
    city.build()
    content, [(root,)] = (
        bytearray(city.state.read_bytes()),
        city.sql("select rootpage from sqlite_master where name = 'items'"),
    )
    [(size,)] = city.sql("pragma page_size")
    content[(root - 1) * size : (root - 1) * size + 12] = b"\xff" * 12
    city.state.write_bytes(content)
    city.put(*ROWS, row("new"))
    [problem] = city.build(NOON + HOUR).problems
    assert "was damaged and was moved to " in problem.message
    assert city.build(NOON + 2 * HOUR).problems == ()


def test_two_that_may_both_be_the_reason_are_named(tmp_path: Path) -> None:
    """The command prints what was found whichever way it went."""
    city = City.create(tmp_path, *ROWS, limit=3)
    city.build()
    city.put(*ROWS, row("3", title="Other"))
    [problem] = city.build(NOON + HOUR).problems
    assert str(problem) == 'items.jsonl:21: id: "3" is already the id of items.jsonl:4 (give each item its own id)'
