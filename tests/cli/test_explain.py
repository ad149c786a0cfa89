"""`build --explain` says why there is something to do: files, versions, dates, documents."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support import command
from support.city import City, row
from topicfeeds.state.versions import compare_versions, describe_versions

EPOCH = {"SOURCE_DATE_EPOCH": "1775044800"}  # 2026-04-01 12:00
LATER = {"SOURCE_DATE_EPOCH": "1775142000"}


@pytest.fixture
def city(tmp_path: Path) -> City:
    """A site of three sources that was built once, with an item that waits for the next day."""
    made = City(tmp_path)
    made.configure('[[sources]]\npath = "notes/*.yaml"\n')
    made.put(row("a", tags=["x"]), row("later", published="2026-04-02T12:00:00Z"))
    (tmp_path / "notes").mkdir()
    for name in ("one", "two"):
        (tmp_path / f"notes/{name}.yaml").write_text(f"- {{id: {name}, title: T, published: 2026-01-01}}\n", "utf-8")
    assert command("build", cwd=tmp_path, env=EPOCH).code == 0
    return made


def explained(city: City, *options: str, env: dict[str, str] = EPOCH) -> list[str]:
    run = command("build", "--explain", *options, cwd=city.folder, env=env)
    assert run.code == 0, run
    return [line.removeprefix("Reason: ") for line in run.err.splitlines() if line.startswith(("Reason: ", "Nothing"))]


def test_a_first_build_and_one_with_nothing_to_do_say_so(city: City, tmp_path: Path) -> None:
    assert explained(city, "--output", "other") == [
        "there is no state: every file is read, and every document is written"
    ]
    assert explained(city) == ["Nothing to do: no file, version or document changed, and no date was reached."]


def test_every_file_that_changed_is_named_once(city: City) -> None:
    (city.folder / "notes/one.yaml").unlink()
    (city.folder / "notes/two.yaml").write_text("- {id: two, title: Other, published: 2026-01-01}\n", "utf-8")
    (city.folder / "notes/three.yaml").write_text("- {id: three, title: New, published: 2026-01-01}\n", "utf-8")
    (city.public / "all.atom.xml").write_text("by hand", "utf-8")
    city.configure('[[sources]]\npath = "notes/*.yaml"\n', limit=9)
    expected = [
        "notes/one.yaml was removed",
        "notes/three.yaml is new",
        "notes/two.yaml changed",
        "topicfeeds.toml changed",
        "all.atom.xml was changed or deleted, but not by topicfeeds",
    ]
    assert explained(city, "--dry-run") == expected
    assert explained(city) == expected
    assert explained(city) == ["Nothing to do: no file, version or document changed, and no date was reached."]


def test_an_item_whose_date_has_come_is_named(city: City) -> None:
    assert explained(city, env=LATER) == ['items.jsonl:2: the date of "About later" has been reached']


def test_a_log_has_reason_and_path_as_data(city: City) -> None:
    (city.folder / "notes/two.yaml").write_text("- {id: two, title: Other, published: 2026-01-01}\n", "utf-8")
    run = command("build", "--explain", "--log-format", "json", cwd=city.folder, env=EPOCH)
    assert json.loads(run.err.splitlines()[0]) == {
        "level": "info",
        "message": "notes/two.yaml changed",
        "reason": "source",
        "path": "notes/two.yaml",
    }


def test_versions_are_compared_by_name() -> None:
    now = describe_versions()
    assert list(compare_versions(now)) == []
    lxml = next(part for part in now.split() if part.startswith("lxml-"))
    before = now.replace(lxml, "lxml-1.0").replace("# version ", "# version old")
    changes = [f"lxml changed from 1.0 to {lxml.removeprefix('lxml-')}"]
    if "# version " in now:
        release = now.partition("# version ")[2]
        changes.append(f"time zones of the system changed from old{release} to {release}")
    assert list(compare_versions(before)) == changes


def test_many_reasons_are_counted(city: City) -> None:
    for n in range(60):
        (city.folder / f"notes/n{n}.yaml").write_text(f"- {{id: n{n}, title: T, published: 2026-01-01}}\n", "utf-8")
    run = command("build", "--explain", "--dry-run", cwd=city.folder, env=EPOCH)
    assert "... and 10 more (print all of them with --all-problems)" in run.err.splitlines()
    assert len(explained(city, "--all-problems", "--dry-run")) == 60


def test_sources_are_named_from_where_the_command_was_started(city: City) -> None:
    (city.folder / "notes/two.yaml").write_text("- {id: two, title: Other, published: 2026-01-01}\n", "utf-8")
    folder = city.folder.name
    run = command("build", "--explain", "--site", city.site, cwd=city.folder.parent, env=LATER)
    reasons = [line.removeprefix("Reason: ") for line in run.err.splitlines() if line.startswith("Reason: ")]
    assert reasons == [
        f'{folder}/items.jsonl:2: the date of "About later" has been reached',
        f"{folder}/notes/two.yaml changed",
    ]
