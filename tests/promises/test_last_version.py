"""While a record, a file or a source is broken, its items stay as they were last published."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from lxml import etree

from support import command
from support.city import DAY, HOUR, NOON, City, Row, row
from topicfeeds import SourceError
from topicfeeds.output.lock import last_success

FULL = bool(os.environ.get("TOPICFEEDS_FULL"))
RUNS = 500 if FULL else 30
ATOM = "{http://www.w3.org/2005/Atom}"


def titles(city: City, feed: str = "all") -> dict[str, str]:
    """Return the titles of the entries of a feed that are no notices, by the ends of their ids."""
    root = etree.parse(city.public / f"{feed}.atom.xml").getroot()
    found = {str(one.findtext(f"{ATOM}id")): str(one.findtext(f"{ATOM}title")) for one in root.iter(f"{ATOM}entry")}
    return {name.rpartition("/")[2]: title for name, title in found.items() if ":notice/" not in name}


def everything(city: City) -> str:
    return "".join(path.read_text("utf-8") for path in sorted(city.public.rglob("*.*")) if path.suffix != ".lock")


TWO = [row("a", tags=["x"]), row("b", tags=["y"])]
EVENT = row("c", title="Open day", start="2026-05-01T10:00", tags=["z"], topics=["school"], location="Hall")

LOST = "{} no longer published: {} in the state cannot be read (correct this, or restore a backup of the state)"


@pytest.fixture
def city(tmp_path: Path) -> City:
    made = City.create(tmp_path, *TWO, EVENT, formats=["atom", "ics"])
    made.build()
    return made


@pytest.mark.parametrize(
    "broken",
    [{"published": "soon"}, {"end": "2026-04-01T10:00"}, {"status": "maybe"}, {"title": ""}, {"tags": "z"}, {"x": 1}],
    ids=str,
)
def test_an_item_whose_record_is_refused_stays_as_it_was_until_it_is_corrected(
    city: City, broken: dict[str, object]
) -> None:
    before = everything(city)
    city.put(*TWO, {**EVENT, "summary": "New", **broken})
    for hours in (1, 2):
        changes = city.build(NOON + hours * HOUR)
        assert (changes.refused, changes.has_unread, changes.items, changes.written) == (1, False, 3, ())
        [*_, last] = changes.problems
        assert str(last) == (
            "items.jsonl:3: the last good version of this item stays published (correct the item, or remove it)"
        )
        assert everything(city) == before
    assert [one.message for one in city.check(NOON + 2 * HOUR).refused or ()] == [
        one.message for one in changes.problems
    ]
    city.put(*TWO, {**EVENT, "summary": "Corrected"})
    changes = city.build(NOON + 3 * HOUR)
    assert (changes.refused, changes.problems) == (0, ())
    assert "Corrected" in everything(city)


def test_an_item_whose_broken_record_is_removed_leaves(city: City) -> None:
    city.put(*TWO, {**EVENT, "end": "2026-01-01T10:00"})
    city.build(NOON + HOUR)
    city.put(*TWO)
    assert city.build(NOON + 2 * HOUR).problems == ()
    assert "Open day" not in everything(city)
    assert city.sql("select id from versions where id like '%/c'") == []


def test_an_item_that_was_never_published_does_not_come_out_of_nothing(city: City) -> None:
    city.put(*TWO, EVENT, row("new", published="soon"))
    changes = city.build(NOON + HOUR)
    assert [one.field for one in changes.problems] == ["published"]
    assert "About new" not in everything(city)


def test_a_record_without_a_readable_id_keeps_the_missing_items_of_its_file_only(tmp_path: Path) -> None:
    city = City(tmp_path)
    city.configure(path="items/*.jsonl")
    city.put(row("a"), row("b"), name="items/1.jsonl")
    city.put(row("c"), row("d"), name="items/2.jsonl")
    city.build()
    city.put(row("a"), row("b", id=["b"]), name="items/1.jsonl")
    city.put(row("c"), name="items/2.jsonl")
    changes = city.build(NOON + HOUR)
    assert titles(city).keys() == {"a", "b", "c"}
    message = "1 item stays as last published, until this is corrected"
    assert [one.message for one in changes.problems][-1] == message


BREAKS: list[Callable[[Path], object]] = [
    lambda path: path.write_bytes(b"\xff\xfe"),
    lambda path: path.write_bytes(path.read_bytes()[:-9]),
    lambda path: path.unlink(),
    lambda path: path.write_text("<html>"),
]


@pytest.mark.parametrize("number", range(len(BREAKS)))
def test_the_items_of_a_file_that_cannot_be_read_stay_while_the_rest_is_published(tmp_path: Path, number: int) -> None:
    city = City.create(tmp_path, row("a"))
    (tmp_path / "b.json").write_text(json.dumps([row("b"), row("c")]), "utf-8")
    city.configure('[[sources]]\npath = "b.json"')
    city.build()
    success = last_success(str(city.public))
    BREAKS[number](tmp_path / "b.json")
    city.put(row("a", title="Changed"))
    changes = city.build(NOON + HOUR)
    assert (changes.refused, changes.has_unread) == (0, True)
    assert titles(city) == {"a": "Changed", "b": "About b", "c": "About c"}
    assert last_success(str(city.public)) == success
    (tmp_path / "b.json").write_text(json.dumps([row("b", title="Mended")]), "utf-8")
    changes = city.build(NOON + 2 * HOUR)
    assert (changes.problems, titles(city)) == ((), {"a": "Changed", "b": "Mended"})
    assert last_success(str(city.public)) != success


def test_the_command_says_that_a_source_was_not_taken_and_watchers_see_no_success(city: City) -> None:
    (city.folder / "items.jsonl").write_bytes(b"{")
    os.utime(city.public / ".topicfeeds.lock", (1, 1))
    first, second = (command("build", "--site", city.site, cwd=city.folder) for _ in range(2))
    assert (first.code, second.code, second.out) == (1, 1, "")
    assert first.err.splitlines()[:2] == second.err.splitlines()
    status = command("status", "--site", city.site, "--max-age", "1h", cwd=city.folder)
    assert status.code == 1
    assert "published, but a source has an error: items.jsonl:1: is not valid JSON" in status.out


def test_nothing_is_published_with_strict_without_a_state_or_for_a_source_that_was_never_read(tmp_path: Path) -> None:
    city = City.create(tmp_path, row("a"))
    (tmp_path / "b.json").write_bytes(b"{")
    city.configure('[[sources]]\npath = "b.json"')
    with pytest.raises(SourceError):
        city.build()
    (tmp_path / "b.json").write_bytes(b"[]")
    city.build()
    (tmp_path / "b.json").write_bytes(b"{")
    with pytest.raises(SourceError):
        city.build(NOON + HOUR, strict=True)
    assert city.build(NOON + HOUR).has_unread
    city.state.unlink()
    with pytest.raises(SourceError):
        city.build(NOON + HOUR)


def test_an_article_of_two_files_keeps_the_topics_of_both_while_one_is_broken(tmp_path: Path) -> None:
    city, more = City(tmp_path), 'topics = ["one"]\n[[sources]]\npath = "b.jsonl"\ntopics = ["two"]'
    city.configure(more)
    city.put(row("a"))
    city.put(row("a"), name="b.jsonl")
    city.build()
    before = everything(city)
    for name in ("items.jsonl", "b.jsonl"):
        good = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(b"{")
        city.build(NOON + HOUR)
        assert everything(city) == before
        (tmp_path / name).write_bytes(good)
    city.put(name="b.jsonl")
    city.build(NOON + 2 * HOUR)
    assert titles(city, "topics/two") == {}
    assert titles(city, "topics/one").keys() == {"a"}


def test_an_item_that_moved_to_another_file_is_not_kept_twice(tmp_path: Path) -> None:
    city = City(tmp_path)
    city.configure('[[sources]]\npath = "b.jsonl"')
    city.put(*[row(str(n)) for n in range(12)])
    city.put(row("x"), name="b.jsonl")
    city.build()
    city.put(row("0"))
    city.put(row("x"), *[row(str(n), title=f"Moved {n}") for n in range(1, 12)], name="b.jsonl")
    assert city.build(NOON + HOUR).problems == ()
    (tmp_path / "items.jsonl").write_bytes(b"{")
    city.build(NOON + 2 * HOUR)
    assert titles(city)["3"] == "Moved 3"


def test_a_topic_that_disappears_from_the_site_file_keeps_its_items_in_the_other_feeds(tmp_path: Path) -> None:
    city = City(tmp_path)
    topics = '[topics.homes]\ntitle = "Homes"\n[topics.parks]\ntitle = "Parks"\n'
    city.configure(topics)
    city.put(row("a", topics=["homes"], tags=["x"]), row("b", topics=["parks"]))
    city.build()
    city.configure('[topics.parks]\ntitle = "Parks"\n')
    changes = city.build(NOON + HOUR)
    assert changes.refused == 1
    assert titles(city).keys() == {"a", "b"}
    assert titles(city, "tags/x").keys() == {"a"}
    assert titles(city, "topics/homes") == {}
    city.configure(topics)
    assert city.build(NOON + 2 * HOUR).refused == 0
    assert titles(city, "topics/homes").keys() == {"a"}


def test_an_event_keeps_its_notices_and_dates_while_its_record_is_broken(city: City) -> None:
    city.put(*TWO, {**EVENT, "start": "2026-05-02T10:00"})
    city.build(NOON + HOUR)
    before = everything(city)
    assert "Moved" in before
    city.put(*TWO, {**EVENT, "start": "2026-05-03T10:00", "end": "2026-05-01T10:00"})
    city.build(NOON + DAY)
    assert everything(city) == before


def test_a_run_without_a_cache_keeps_the_same_items(city: City) -> None:
    city.put(*TWO, {**EVENT, "status": "maybe"})
    city.build(NOON + HOUR)
    before = everything(city)
    city.cache.unlink()
    city.build(NOON + 2 * HOUR)
    assert everything(city) == before


def test_a_damaged_memory_still_has_the_last_good_versions(city: City) -> None:
    before = everything(city)
    city.sql("update meta set checksum = 1", sealed=False)
    city.sql("update accepted set checksum = 1", sealed=False)
    city.put(*TWO, {**EVENT, "status": "maybe"})
    assert "was damaged" in city.build(NOON + HOUR).problems[0].message
    assert everything(city) == before


def test_a_damaged_version_is_not_published(city: City) -> None:
    city.sql("update versions set item = replace(item, 'Open day', 'Wrong day')", sealed=False)
    city.put(*TWO, {**EVENT, "status": "maybe"})
    done = city.build(NOON + HOUR)
    assert done.refused == 1
    assert titles(city).keys() == {"a", "b"}
    assert [one.message for one in done.problems if not one.field] == [
        LOST.format("1 item is", "its last good version")
    ]


def test_a_damaged_version_of_an_item_in_an_unreadable_file_is_reported(city: City) -> None:
    city.sql("delete from versions where id like '%/a' or id like '%/c'", sealed=False)
    (city.folder / "items.jsonl").write_text("{", encoding="utf-8")
    done = city.build(NOON + HOUR)
    assert titles(city).keys() == {"b"}
    expected = [
        LOST.format("2 items are", "their last good versions"),
        "1 item stays as last published, until this is corrected",
    ]
    assert [one.message for one in done.problems][1:] == expected


def test_a_lost_version_is_stored_again_when_its_item_is_published(city: City) -> None:
    city.sql("delete from versions where id like '%/c'", sealed=False)
    city.sql("update meta set checksum = 1", sealed=False)
    city.put({**TWO[0], "title": "New"}, TWO[1], EVENT)
    lost = "the dates of 3 items were kept, and the last good versions of 1 of them are lost"
    assert lost in city.build(NOON + HOUR).problems[0].message
    before = everything(city)
    city.put(TWO[1], {**EVENT, "status": "maybe"}, {**TWO[0], "title": ""})
    city.build(NOON + 2 * HOUR)
    assert everything(city) == before


@pytest.mark.parametrize("broken", [{"published": "soon"}, None], ids=["record", "file"])
def test_an_item_expires_while_its_record_or_file_is_broken(city: City, broken: dict[str, str] | None) -> None:
    expiring = {**EVENT, "expiryDate": "2026-04-03T00:00"}
    city.put(*TWO, expiring)
    city.build()
    city.put(*TWO, {**expiring, **(broken or {})})
    if broken is None:
        (city.folder / "items.jsonl").write_text("{", "utf-8")
    city.build(NOON + HOUR)
    assert titles(city).keys() == {"a", "b", "c"}
    assert not city.is_up_to_date(NOON + 2 * DAY)
    city.build(NOON + 2 * DAY)
    assert titles(city).keys() == {"a", "b"}


@pytest.mark.parametrize("broken", [{"published": "soon"}, None], ids=["record", "file"])
def test_items_that_expire_while_broken_are_not_lost_items(tmp_path: Path, broken: dict[str, str] | None) -> None:
    rows = [row(f"a{number}", expiryDate="2026-04-03T00:00") for number in range(8)] + [row("b"), row("c"), row("d")]
    city = City.create(tmp_path, *rows)
    city.build()
    city.put(*({**one, **(broken or {})} for one in rows))
    if broken is None:
        (tmp_path / "items.jsonl").write_text("{", "utf-8")
    for hours in (48, 49):
        assert "shrank" not in str(city.build(NOON + hours * HOUR).problems)
        assert titles(city).keys() == {"b", "c", "d"}
    city.put(*rows)
    assert city.build(NOON + 3 * DAY).problems == ()


def test_an_item_in_a_broken_file_does_not_expire_with_its_record_in_another_file(tmp_path: Path) -> None:
    city = City(tmp_path)
    city.configure(path="items/*.jsonl")
    city.put(row("a"), name="items/1.jsonl")
    city.put(row("a", tags=["x"], expiryDate="2026-04-03T00:00"), row("b"), name="items/2.jsonl")
    city.build()
    (tmp_path / "items" / "1.jsonl").write_text("{", "utf-8")
    city.build(NOON + 2 * DAY)
    assert titles(city).keys() == {"a", "b"}


def test_a_draft_in_another_file_does_not_withdraw_an_item_whose_record_is_broken(city: City) -> None:
    city.configure('[[sources]]\npath = "drafts.jsonl"')
    city.put({**EVENT, "draft": True}, name="drafts.jsonl")
    city.build()
    city.put(*TWO, {**EVENT, "status": "maybe"})
    city.build(NOON + HOUR)
    assert titles(city).keys() == {"a", "b", "c"}
    city.put(*TWO, {**EVENT, "status": "maybe", "draft": True})
    city.build(NOON + 2 * HOUR)
    assert titles(city).keys() == {"a", "b"}


# Random runs.


@dataclass
class Author:
    """Edits a site, and knows what must be published: the last good version of each item that still exists."""

    chance: random.Random
    kind: str
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    live: dict[str, str] = field(default_factory=dict)
    """The title that must be published, by id."""
    place: dict[str, int] = field(default_factory=dict)
    unreadable: set[int] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    number: int = 0

    def edit(self) -> None:
        act = self.chance.choice(["add", "add", "edit", "delete", "break", "correct", "spoil", "mend"])
        names = sorted(name for name in self.items if self.place[name] not in self.unreadable)
        name = self.chance.choice(names) if names else ""
        if act == "add" or not names:
            self._add()
        elif act == "edit":
            self.number += 1
            self.items[name]["title"] = f"Title{self.number}."
        elif act == "delete":
            self.deleted.add(self.live.pop(name, ""))
            self.deleted.add(self.items.pop(name)["title"])
            self.broken.discard(name)
        elif act == "break":
            self.broken.add(name)
        elif act == "correct":
            self.broken.discard(name)
        elif act == "spoil":
            self.unreadable.add(self.chance.randrange(3))
        else:
            self.unreadable.clear()

    def _add(self) -> None:
        self.number += 1
        name = f"n{self.number}"
        event = {"start": f"2026-06-{1 + self.number % 28:02}"} if self.chance.random() < 0.3 else {}
        self.items[name] = {
            **row(name, title=f"Title{self.number}.", published=f"2026-03-{1 + self.number % 28:02}"),
            "tags": [f"t{self.chance.randrange(4)}"],
            **event,
        }
        self.place[name] = self.chance.randrange(3)

    def write(self, folder: Path) -> None:
        """Write all files, and note what must be published after the next run."""
        for number in range(3):
            rows = [self.written(name) for name in self.items if self.place[name] == number]
            path = folder / f"{number}.{self.kind}"
            if number in self.unreadable:
                path.write_bytes(b"\xff{")
                continue
            text = yaml.safe_dump(rows) if self.kind == "yaml" else json.dumps(rows)
            path.write_text("".join(f"{json.dumps(one)}\n" for one in rows) if self.kind == "jsonl" else text, "utf-8")
            for name, item in self.items.items():
                if self.place[name] == number and name not in self.broken:
                    self.live[name] = item["title"]

    def written(self, name: str) -> Row:
        return {**self.items[name], "published": "soon"} if name in self.broken else self.items[name]


@pytest.mark.parametrize("kind", ["json", "jsonl", "yaml"])
def test_deleting_breaking_and_correcting_at_random(kind: str, tmp_path: Path) -> None:
    chance = random.Random(f"{kind} 19")
    author, city = Author(chance, kind), City(tmp_path)
    sources = "".join(f'[[sources]]\npath = "{n}.{kind}"\nmax_shrink = 1\n' for n in (1, 2))
    city.configure(f"max_shrink = 1\n{sources}", path=f"0.{kind}", formats=["atom", "rss", "ics"], limit=1000)
    for _ in range(4):
        author._add()
    author.write(tmp_path)
    now: datetime = NOON
    for number in range(RUNS // 3):
        city.build(now)
        assert titles(city) == author.live, (number, author)
        whole = everything(city)
        gone = author.deleted - set(author.live.values()) - {""}
        assert not [title for title in gone if f">{title}<" in whole or f":{title}\r" in whole], (number, author)
        author.edit()
        author.write(tmp_path)
        if chance.random() < 0.1:
            city.cache.unlink()
        now += timedelta(minutes=chance.choice([1, 60]))
