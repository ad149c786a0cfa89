"""What is as the last run saw it is not read again; what is published is as if all had been read."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.city import HOUR, NOON, City, row
from support.records import ROWS, documents_in, put, sql
from topicfeeds import SourceError
from topicfeeds.models import Source
from topicfeeds.output import documents
from topicfeeds.output.documents import build_documents
from topicfeeds.run.flow import Options
from topicfeeds.run.site import build_site
from topicfeeds.sources import _validate
from topicfeeds.sources._mapping import map_record
from topicfeeds.state.files import snapshot
from topicfeeds.state.paths import default_paths

SOURCES = '[[sources]]\npath = "more.jsonl"\n[[sources]]\npath = "notes/*.md"\n'
STEP = st.fixed_dictionaries({}, optional={"items": ROWS, "more": ROWS, "notes": ROWS, "hours": st.integers(-30, 60)})


@given(st.lists(STEP, min_size=1, max_size=5), st.sampled_from([0, 20_000]))
@settings(max_examples=40)
def test_what_is_recalled_is_published_as_if_it_had_been_read(steps: Sequence[dict[str, Any]], few: int) -> None:
    """Two folders: one recalls, at once or row by row, the other, with the same memory, reads all."""
    now = NOON
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patched:
        patched.setattr("topicfeeds.state.rows._MAX_ROWS_IN_MEMORY", few)
        city = City(Path(name))
        city.configure(SOURCES, limit=3, formats=["atom", "rss", "ics"])
        put(city, {"items": {"a": {}}, "more": {"b": {}}, "notes": {"c": {}}})
        forgetful = default_paths(str(city.site), str(city.folder / "other"))
        for step in [{}, *steps]:
            put(city, step)
            now += timedelta(hours=step.get("hours", 1))
            results: list[object] = []
            for where in (city.place, forgetful):
                if where is forgetful and Path(where.state).exists():
                    sql(where.state, "delete from rows")
                try:
                    results.append(build_site(where, Options(now=now, allow_shrink=True)).items)
                except SourceError as error:
                    results.append([str(problem) for problem in error.problems])
            assert results[0] == results[1]
            assert documents_in(city.public) == documents_in(city.folder / "other")


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The records that are parsed, by the start of their first field."""
    found: list[str] = []
    real = map_record

    def shape(fields: Any, source: Source) -> Any:
        found.append(fields["id"])
        return real(fields, source)

    monkeypatch.setattr(_validate, "map_record", shape)
    return found


@pytest.mark.parametrize("few", [10, 20])
def test_of_a_changed_file_only_changed_lines_are_read(
    tmp_path: Path, parsed: list[str], monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr("topicfeeds.state.rows._MAX_ROWS_IN_MEMORY", few)
    rows = [row(str(n), published=f"2026-01-{n + 1:02}", tags=[f"t{n}"]) for n in range(20)]
    city = City.create(tmp_path, *rows, limit=5)
    city.build()
    assert sorted(set(parsed)) == sorted(str(n) for n in range(20))
    parsed.clear()
    city.put(*rows[:2], row("2", published="2026-01-03", tags=["t2"], title="Changed"), *rows[3:])
    assert sorted(city.build(NOON + HOUR).written) == ["tags/t2.atom.xml", "tags/t2.rss.xml"]
    assert parsed == ["2"]
    parsed.clear()
    city.put(*rows[:2], *rows[3:], row("2", published="2026-01-25", tags=["t19"], title="Changed"))
    city.build(NOON + 2 * HOUR)
    assert set(parsed) == {"2", "16", "17", "18", "19"}  # the new one, and those that stand beside it


def test_of_a_folder_only_changed_files_are_opened(tmp_path: Path, parsed: list[str]) -> None:
    city = City(tmp_path)
    city.configure(path="notes/*.md")
    rows: dict[str, dict[str, Any]] = {str(n): {"tags": [f"t{n}"]} for n in range(10)}
    put(city, {"notes": rows})
    city.build()
    parsed.clear()
    put(city, {"notes": rows | {"3": {"tags": ["t3"], "title": "Changed"}}})
    assert "tags/t3.atom.xml" in city.build(NOON + HOUR).written
    assert set(parsed) == set(rows)  # all stand beside it in the feed of everything
    parsed.clear()
    city.configure(path="notes/*.md", limit=1)
    city.build(NOON + 2 * HOUR)
    assert set(parsed) == set(rows)  # the site file changed: nothing is recalled
    parsed.clear()
    put(city, {"notes": rows | {"3": {"tags": ["t3"], "title": "Changed again", "published": "2026-01-01"}}})
    city.build(NOON + 3 * HOUR)
    assert set(parsed) == {"3"} | set(parsed[1:])
    assert len(set(parsed)) < 4


def test_a_record_with_a_problem_is_read_again_when_its_file_changed(tmp_path: Path, parsed: list[str]) -> None:
    odd = row("odd", link="http://localhost/x")
    city = City.create(tmp_path, row("a"), odd, row("b"))
    assert len(city.build().problems) == 1
    parsed.clear()
    city.put(row("a", title="Changed"), odd, row("b"))
    assert [problem.field for problem in city.build(NOON + HOUR).problems] == ["link"]
    assert "odd" in parsed


def test_an_id_that_was_given_again_is_found_though_the_first_was_not_read(tmp_path: Path) -> None:
    city = City.create(tmp_path, row("a"), row("b"))
    city.build()
    city.put(row("a"), row("b"), row("a", title="Another"))
    [problem] = city.build(NOON + HOUR).problems
    assert str(problem).startswith('items.jsonl:3: id: "a" is already the id of items.jsonl:1')
    city.put(row("a"), row("b"), row("A"))
    [problem] = city.build(NOON + 2 * HOUR).problems
    assert problem.severity == "warning"
    assert problem.message.startswith('"A" differs from the id of items.jsonl:1 only in case')


def test_all_records_of_an_item_that_occurs_twice_are_read_again(tmp_path: Path, parsed: list[str]) -> None:
    rows = [row("a", topics=["x"]), row("a", topics=["y"]), row("b")]
    city = City.create(tmp_path, *rows)
    city.build()
    assert city.sql("select id from rows") == [("tag:www.example.org,2000:item/b",)]
    parsed.clear()
    city.put(*rows, row("c"))
    city.build(NOON + HOUR)
    assert parsed.count("a") == 2


def test_a_file_that_moves_between_sources_is_read_again(tmp_path: Path) -> None:
    city = City(tmp_path)
    city.configure('topics = ["one"]\n[[sources]]\npath = "b/*.md"\ntopics = ["two"]\n', path="a/*.md")
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / f"{name}/{name}.md").write_text(f"---\nid: {name}\ntitle: {name}\npublished: 2026-03-01\n---\n")
    city.build()
    (tmp_path / "a/a.md").rename(tmp_path / "b/a.md")
    assert "topics/two.atom.xml" in city.build(NOON + HOUR, allow_shrink=True).written
    assert "about" not in (city.public / "topics/two.atom.xml").read_text()
    assert (city.public / "topics/two.atom.xml").read_text().count("<entry>") == 2


def test_rows_of_an_earlier_version_are_written_anew(tmp_path: Path, parsed: list[str]) -> None:
    city = City.create(tmp_path, row("a"), row("b"))
    city.build()
    before = city.sql("select * from rows")
    city.sql("drop table rows")
    city.sql("create table rows (content text not null)")
    city.sql("pragma user_version = 1")
    city.put(row("a"), row("b"), row("c"))
    parsed.clear()
    city.build(NOON + HOUR)
    assert set(parsed) == set("abc")
    assert set(before) < set(city.sql("select * from rows"))


def test_a_record_that_changes_while_it_is_read_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row(str(n), published=f"2026-01-{n + 1:02}") for n in range(9)]
    city = City.create(tmp_path, *rows)
    city.build()
    city.put(*rows[:8], row("8", published="2026-01-09", title="Changed"))
    before = documents_in(city.public)
    real, file = build_documents, city.folder / "items.jsonl"

    def build(feeds: Any) -> Any:
        file.write_bytes(file.read_bytes()[:300])
        return real(feeds)

    monkeypatch.setattr(documents, "build_documents", build)
    with pytest.raises(SourceError, match="changed while it was read"):
        city.build(NOON + HOUR)
    assert documents_in(city.public) == before


def test_of_what_is_recalled_and_read_again_all_is_as_in_a_clean_build(tmp_path: Path) -> None:
    rows = [
        row(str(n), published=f"2026-01-0{n}", updated=f"2026-02-0{n}", link=f"https://e.org/{n}", tags=[f"t{n % 2}"])
        for n in range(1, 6)
    ]
    city = City.create(tmp_path, *rows)
    city.build()
    for n, hours in ((4, 1), (2, 48)):  # of the first, what stands beside it is asked for; of the second, everything is
        rows[n] = {**rows[n], "title": "Changed"}
        city.put(*rows)
        city.build(NOON + hours * HOUR)
        city.build_into(f"clean {n}", NOON + hours * HOUR)
        assert documents_in(city.public) == documents_in(tmp_path / f"clean {n}")


@pytest.fixture(params=["items.jsonl", "items.yaml", "notes"])
def told(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[City, Callable[[str], None]]:
    """Give a site with two items in a source of some kind, and what writes a title into it."""
    city = City(tmp_path)
    city.configure(path=request.param)
    (tmp_path / "notes").mkdir()

    def tell(title: str) -> None:
        if request.param == "notes":
            for name, one in (("1", "One"), ("2", title)):
                text = f"---\nid: n{name}\ntitle: {one}\npublished: 2026-03-0{name}\nupdated: 2026-03-05\n---\nText\n"
                (tmp_path / f"notes/{name}.md").write_text(text)
        else:  # a line of JSON is YAML, too
            rows = [row("1", title="One", updated="2026-03-05"), row("2", title=title, updated="2026-03-05")]
            text = "".join(f"{'- ' if 'yaml' in request.param else ''}{json.dumps(one)}\n" for one in rows)
            (tmp_path / request.param).write_text(text)

    return city, tell


def test_what_changed_while_a_run_looked_and_came_back_is_published(
    told: tuple[City, Callable[[str], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a run reads may not be what it looked at; the next one has to know what was read."""
    city, tell = told
    tell("Old")
    time.sleep(0.06)
    city.build()
    tell("AAA")
    time.sleep(0.06)
    with monkeypatch.context() as patched:

        def changing(*given: Any, **options: Any) -> Any:
            found = snapshot(*given, **options)
            tell("BBB")
            return found

        patched.setattr("topicfeeds.run.site.snapshot", changing)
        city.build(NOON + HOUR)
    assert b"BBB" in (city.public / "all.atom.xml").read_bytes()
    time.sleep(0.06)
    tell("AAA")
    assert not city.is_up_to_date(NOON + 2 * HOUR)
    city.build(NOON + 2 * HOUR)
    assert b"AAA" in (city.public / "all.atom.xml").read_bytes()
    time.sleep(0.06)
    city.build(NOON + 3 * HOUR)
    assert city.is_up_to_date(NOON + 4 * HOUR)


@pytest.mark.parametrize("name", ["items.jsonl", "items.yaml"])
def test_what_was_as_it_was_and_changed_before_it_was_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    city, start = City(tmp_path), "- " if "yaml" in name else ""
    city.configure('[[sources]]\npath = "more.jsonl"\n', path=name)

    def tell(title: str) -> None:
        (tmp_path / name).write_text(f"{start}{json.dumps(row('1', title=title, updated='2026-03-05'))}\n")
        time.sleep(0.06)

    def changing(*given: Any, **options: Any) -> Any:
        found = snapshot(*given, **options)
        tell("BBB")
        return found

    tell("AAA")
    city.put(row("more"), name="more.jsonl")
    city.build()
    city.put(row("more", title="Changed"), name="more.jsonl")
    with monkeypatch.context() as patched:
        patched.setattr("topicfeeds.run.site.snapshot", changing)
        city.build(NOON + HOUR)
    assert b"BBB" in (city.public / "all.atom.xml").read_bytes()
    tell("AAA")
    assert not city.is_up_to_date(NOON + 2 * HOUR)
    city.build(NOON + 2 * HOUR)
    assert b"AAA" in (city.public / "all.atom.xml").read_bytes()


def test_a_site_file_that_changes_as_it_is_read_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    city = City.create(tmp_path, row("1"), limit=5)
    city.build()
    city.configure(limit=6)
    with monkeypatch.context() as patched:

        def changing(*given: Any, **options: Any) -> Any:
            city.configure(limit=7)
            return snapshot(*given, **options)

        patched.setattr("topicfeeds.run.site.snapshot", changing)
        city.build(NOON + HOUR)
    assert not city.is_up_to_date(NOON + HOUR)
    city.build(NOON + HOUR)
    assert city.is_up_to_date(NOON + HOUR)


@pytest.mark.parametrize("text", ["---\nid: n1\ntitle: Two\npublished: 2026-03-01\n---\nText\n", "\0", "\udcff", ""])
def test_a_file_that_was_replaced_unseen_stops_one_run_and_no_more(tmp_path: Path, text: str) -> None:
    """Its size and date are as they were, as those of a copy that kept its date may be."""
    city, file = City(tmp_path), tmp_path / "notes/1.md"
    city.configure(path="notes")
    file.parent.mkdir()
    file.write_text("---\nid: n1\ntitle: One\npublished: 2026-03-01\n---\nText\n")
    (tmp_path / "notes/2.md").write_text("---\nid: n2\ntitle: More\npublished: 2026-03-01\n---\nText\n")
    time.sleep(0.06)
    city.build()
    status = file.stat()
    file.write_bytes(text.encode(errors="surrogateescape").ljust(status.st_size, b" "))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    (tmp_path / "notes/3.md").write_text("---\nid: n3\ntitle: New\npublished: 2026-03-01\n---\nText\n")
    with pytest.raises(SourceError, match=r"changed while it was read \(run again\)"):
        city.build(NOON + HOUR)
    if "Two" in text:
        assert city.build(NOON + HOUR).items == 3
    else:
        with pytest.raises(SourceError, match=r"NUL characters|not UTF-8|is empty"):
            city.build(NOON + HOUR)


def test_text_that_moves_from_one_field_to_another_is_another(tmp_path: Path) -> None:
    city = City.create(tmp_path, row("a", summary="s\0content\0body"))
    city.build()
    city.put(row("a", summary="s", content="body"))
    assert "all.atom.xml" in city.build(NOON + HOUR).written
