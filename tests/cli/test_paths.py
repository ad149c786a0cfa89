"""Paths in messages: seen from where the command was started, in Python and in the log from the site file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from support import command
from topicfeeds import load_site, publish, read
from topicfeeds.state.paths import shorten_path

SITE = 'title = "City"\nurl = "https://www.city.example/"\n[[sources]]\npath = "items/*.yaml"\n'
BAD = "- {id: a, title: Good, published: 2026-03-01}\n- {id: b, title: Bad, published: 02-01-2026}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a site in a folder below it, which has one item with an error."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "city/items").mkdir(parents=True)
    (tmp_path / "city/topicfeeds.toml").write_text(SITE, "utf-8")
    (tmp_path / "city/items/a.yaml").write_text(BAD, "utf-8")
    return tmp_path


def first_line(text: str) -> str:
    return text.splitlines()[0]


@pytest.mark.parametrize(
    ("start", "given", "shown"),
    [
        ("city", "topicfeeds.toml", "topicfeeds.toml"),
        ("city", "./topicfeeds.toml", "topicfeeds.toml"),
        ("city", "{city}/topicfeeds.toml", "topicfeeds.toml"),
        (".", "city/topicfeeds.toml", "city/topicfeeds.toml"),
        (".", "city/items/../topicfeeds.toml", "city/topicfeeds.toml"),
        (".", "{city}/topicfeeds.toml", "city/topicfeeds.toml"),
        ("city/items", "../topicfeeds.toml", "{city}/topicfeeds.toml"),
        ("elsewhere", "../city/topicfeeds.toml", "{city}/topicfeeds.toml"),
        ("/", "{city}/topicfeeds.toml", "{city}/topicfeeds.toml"),
        (".", "elsewhere/link/../topicfeeds.toml", "city/topicfeeds.toml"),
        (".", "elsewhere/link/a.yaml", "elsewhere/link/a.yaml"),
        ("city", ".", "{city}"),
    ],
)
def test_a_path_is_relative_below_the_start_and_absolute_elsewhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch, start: str, given: str, shown: str
) -> None:
    (folder / "elsewhere/link").symlink_to(folder / "city/items")
    monkeypatch.chdir(folder / start)
    assert shorten_path(given.format(city=folder / "city")) == shown.format(city=folder / "city")


@pytest.mark.parametrize(
    ("start", "given", "site", "item"),
    [
        (".", "city/topicfeeds.toml", "city/topicfeeds.toml", "city/items/a.yaml"),
        ("city/items", "../topicfeeds.toml", "{city}/topicfeeds.toml", "a.yaml"),
    ],
)
def test_a_message_shows_paths_from_where_the_command_was_started(
    folder: Path, start: str, given: str, site: str, item: str
) -> None:
    site = site.format(city=folder / "city")
    for words in (["build"], ["build", "--strict"], ["build"], ["check"]):
        run = command(*words, "--site", given, cwd=folder / start)
        assert first_line(run.err).startswith(f"{item}:2: published: ")
    run = command("status", "--site", given, cwd=folder / start)
    assert f"\n  {item}:2: published: " in run.out
    (folder / "city/topicfeeds.toml").write_text(f"{SITE}[x]", "utf-8")
    run = command("build", "--site", given, cwd=folder / start)
    assert first_line(run.err).startswith(f"{site}:5: x: ")


def test_the_summary_says_where_the_feeds_are(folder: Path) -> None:
    for start, given, shown in (
        ("city", ["--site", "topicfeeds.toml"], "public"),
        (".", ["--site", "city/topicfeeds.toml"], "city/public"),
        ("elsewhere", ["--site", "../city/topicfeeds.toml"], f"{folder}/city/public"),
        ("elsewhere", ["--site", "../city/topicfeeds.toml", "--output", "feeds"], "feeds"),
    ):
        for path in folder.glob("*/public/*.xml"):
            path.unlink()
        run = command("build", *given, cwd=folder / start)
        assert f"; 2 documents written to {shown}, 0 unchanged; " in run.err


def test_the_failure_of_the_last_run_is_shown_from_where_the_status_was_asked(folder: Path) -> None:
    assert command("build", "--strict", "--site", "city/topicfeeds.toml", cwd=folder).code == 65
    assert (
        "  failed: city/items/a.yaml:2: published: "
        in command("status", "--site", "city/topicfeeds.toml", cwd=folder).out
    )
    assert "  failed: items/a.yaml:2: published: " in command("status", cwd=folder / "city").out


def test_a_source_above_the_site_file_and_the_log_keep_their_paths(folder: Path) -> None:
    (folder / "city/topicfeeds.toml").write_text(SITE.replace("items/", "../elsewhere/"), "utf-8")
    (folder / "elsewhere/a.yaml").write_text(BAD, "utf-8")
    assert first_line(command("build", cwd=folder / "city").err).startswith(f"{folder}/elsewhere/a.yaml:2: ")
    run = command("build", "--site", "city/topicfeeds.toml", cwd=folder)
    assert first_line(run.err).startswith("elsewhere/a.yaml:2: ")
    run = command("build", "--site", "city/topicfeeds.toml", "--log-format", "json", cwd=folder)
    assert json.loads(first_line(run.err))["path"] == "../elsewhere/a.yaml"


def test_the_log_and_python_have_paths_from_the_site_file(folder: Path) -> None:
    run = command("build", "--site", "city/topicfeeds.toml", "--log-format", "json", cwd=folder)
    problem, summary = map(json.loads, run.err.splitlines())
    assert (problem["path"], summary["folder"]) == ("items/a.yaml", "public")
    site = load_site(folder / "city/topicfeeds.toml")
    [found] = publish(site, read(site, folder / "city"), folder / "out").problems
    assert found.path == "items/a.yaml"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ('path = "-"\nformat = "json"', "standard input"),
        ('database = "sqlite:///no.db"\nquery = "select 1"', 'query "select 1"'),
        ('path = "https://www.example.org/x.json"', "https://www.example.org/x.json"),
    ],
)
def test_a_source_that_is_no_file_has_no_folder(folder: Path, source: str, name: str) -> None:
    (folder / "city/topicfeeds.toml").write_text(SITE.replace('path = "items/*.yaml"', source), "utf-8")
    run = command("build", "--site", "city/topicfeeds.toml", cwd=folder)
    assert run.code != 0
    assert first_line(run.err).startswith(f"{name}:1: ")


def test_annotations_have_paths_from_where_the_check_was_started(folder: Path) -> None:
    run = command("check", "--format", "github", "--site", "city/topicfeeds.toml", cwd=folder)
    assert first_line(run.err).startswith("::error file=city/items/a.yaml,line=2::published: ")


def test_a_command_whose_folder_was_deleted_shows_paths_as_they_are(folder: Path) -> None:
    (folder / "gone").mkdir()
    program = "import os, sys; os.rmdir(os.getcwd()); from topicfeeds.__main__ import main; main()"
    run = [sys.executable, "-c", program, "build", "--site", str(folder / "city/topicfeeds.toml")]
    done = subprocess.run(run, cwd=folder / "gone", capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert first_line(done.stderr).startswith(f"{folder}/city/items/a.yaml:2: ")


def test_the_other_file_of_a_message_is_shown_in_the_same_way(folder: Path) -> None:
    (folder / "city/items/b.yaml").write_text("- {id: a, title: Other, published: 2026-03-01}\n", "utf-8")
    message = 'id: "a" is already the id of {}items/a.yaml:1 (give each item its own id)'
    shown = f"city/items/b.yaml:1: {message.format('city/')}"
    for _ in range(2):
        assert shown in command("build", "--site", "city/topicfeeds.toml", cwd=folder).err.splitlines()
    assert f"  {shown}" in command("status", "--site", "city/topicfeeds.toml", cwd=folder).out.splitlines()
    run = command("build", "--log-format", "json", "--site", "city/topicfeeds.toml", cwd=folder)
    assert message.format("").removeprefix("id: ") in [json.loads(line)["message"] for line in run.err.splitlines()]


def test_an_id_that_is_the_path_of_the_other_file_stays(folder: Path) -> None:
    for name, title in (("a", "One"), ("b", "Two")):
        text = f'- {{id: "items/a.yaml", title: {title}, published: 2026-03-01}}\n'
        (folder / f"city/items/{name}.yaml").write_text(text, "utf-8")
    run = command("build", "--site", "city/topicfeeds.toml", cwd=folder)
    assert ' "items/a.yaml" is already the id of city/items/a.yaml:1 ' in run.err
