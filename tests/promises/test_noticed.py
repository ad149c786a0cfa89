"""However a run ends, the next one notices every later change: it never says "nothing to do" by mistake."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support import command
from support.city import HOUR, NOON, City, row
from topicfeeds import PublishError
from topicfeeds.cli.shortcut import list_reasons
from topicfeeds.output.folder import OutputFolder

OLD_NS = 10**18
UNCHANGED = " The existing feeds are unchanged.\n"
YAML = "- {id: a, title: About a, published: 2026-03-01}\n"


def published(city: City) -> str:
    return (city.public / "all.atom.xml").read_text("utf-8")


def test_a_file_that_could_not_be_read_and_is_deleted_leaves_the_feeds(tmp_path: Path) -> None:
    city = City(tmp_path)
    city.configure(path="*.jsonl")
    city.put(row("a"), name="a.jsonl")
    city.put(row("b"), name="b.jsonl")
    city.build()
    (tmp_path / "a.jsonl").unlink()
    (tmp_path / "a.jsonl").symlink_to("nowhere")
    assert city.build(NOON + HOUR).has_unread
    assert "About a" in published(city)
    (tmp_path / "a.jsonl").unlink()
    reasons = list_reasons(city.place, (NOON + HOUR).timestamp())
    assert reasons[0].message == "a.jsonl could not be read by the last run"
    assert city.build(NOON + HOUR).problems == ()
    assert "About a" not in published(city)
    assert city.is_up_to_date(NOON + HOUR)


@pytest.mark.parametrize("path", ["notes", "notes/*.jsonl"])
def test_a_folder_that_was_missing_and_comes_back_empty_is_read(tmp_path: Path, path: str) -> None:
    city = City(tmp_path)
    city.configure(path=path)
    city.put(row("a"), name="notes/a.jsonl")
    city.build()
    (tmp_path / "notes").rename(tmp_path / "aside")
    assert city.build(NOON + HOUR).has_unread
    (tmp_path / "notes").mkdir()
    assert not city.is_up_to_date(NOON + HOUR)
    assert not city.build(NOON + HOUR).has_unread
    assert "About a" not in published(city)
    assert city.is_up_to_date(NOON + HOUR)


@pytest.mark.parametrize(("name", "reader"), [("a.jsonl", "open_regular"), ("a.yaml", "read_content")])
@pytest.mark.parametrize("touched", [False, True])
def test_a_file_is_read_when_its_permissions_are_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, reader: str, touched: bool
) -> None:
    city, file = City(tmp_path), tmp_path / name
    city.configure(path=name)
    city.put(row("a"), name=name)
    if name.endswith("yaml"):
        file.write_text(YAML, "utf-8")
    os.utime(file, ns=(OLD_NS, OLD_NS))
    city.build()
    city.configure(path=name, limit=7)  # so that a file without changes is read, too
    if touched:
        os.utime(file, ns=(OLD_NS, OLD_NS + 10**9))
    with monkeypatch.context() as broken:
        broken.setattr(f"topicfeeds.sources.chunks.{reader}", deny)
        assert city.build(NOON + HOUR).has_unread
    os.utime(file, ns=(OLD_NS, OLD_NS))
    assert not city.is_up_to_date(NOON + HOUR)
    assert not city.build(NOON + HOUR).has_unread
    assert city.is_up_to_date(NOON + HOUR)


def deny(*_: object) -> None:
    raise PermissionError(13, "Permission denied")


def test_the_file_of_an_event_that_could_not_be_removed_is_removed_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = City.create(tmp_path, row("a"), row("e", start="2026-05-01"), formats=["atom", "ics"])
    city.build()
    (document,) = (city.public / "events").iterdir()
    city.put(row("a"))
    with monkeypatch.context() as broken:
        broken.setattr(OutputFolder, "remove", deny)
        with pytest.raises(PublishError):
            city.build(NOON + HOUR)
    assert document.exists()
    assert not city.is_up_to_date(NOON + HOUR)
    assert city.build(NOON + HOUR).removed == (f"events/{document.name}",)
    assert city.is_up_to_date(NOON + HOUR)


def test_the_files_of_lookups_are_not_read_by_every_run(tmp_path: Path) -> None:
    fields = 'fields = { id = "id", title = "title", published = "published", tags = "tag" }'
    lookup = f'{fields}\nlookup.tags = {{ path = "tags.csv", key = "id", value = "name" }}\n'
    city = City(tmp_path)
    city.configure(lookup)
    city.put(row("a", tag="1"))
    (tmp_path / "tags.csv").write_text("id,name\n1,homes\n", "utf-8")
    city.build()
    assert city.is_up_to_date()
    (tmp_path / "tags.csv").write_text("id,name\n1,parks\n", "utf-8")
    assert "tags/parks.atom.xml" in city.build().written


def test_a_first_run_that_meets_a_name_that_is_not_utf8_stops_with_one_line(tmp_path: Path) -> None:
    city = City(tmp_path)
    city.configure(path="*.jsonl")
    city.put(row("a"), name="good.jsonl")
    city.put(row("b"), name=os.fsdecode(b"caf\xe9.jsonl"))
    run = command("build", cwd=tmp_path)
    said = "caf\\udce9.jsonl:1: the name of the file is not UTF-8 (rename the file)\n"
    assert (run.code, run.err) == (65, f"{said}Nothing was published: a source could not be read.{UNCHANGED}")
    assert "failed: caf\\udce9.jsonl:1: the name of the file is not UTF-8" in command("status", cwd=tmp_path).out
