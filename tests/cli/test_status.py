"""What people and monitors are told: the status, its age, summaries, logs for collectors."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from support import command
from topicfeeds.cli.status import describe_state
from topicfeeds.state.paths import default_paths

SITE = """\
title = "City Network"
url = "https://www.city.example/"
{top}
[[sources]]
path = "items.yaml"
{more}
"""
GOOD = "- {id: a, title: Homes, published: 2026-03-01, tags: [planning]}\n"
OTHER = "- {id: b, title: Buses, published: 2026-03-02, tags: [planning]}\n"
BAD = "- {id: c, title: Bad, published: 2026-03-02, start: never, end: never}\n"
LATER = "- {id: d, title: Later, published: 2026-04-01T10:00:00Z}\n"
NOW = {"SOURCE_DATE_EPOCH": "1773000000"}  # 2026-03-08T20:00:00Z


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """A site that was built once."""
    (tmp_path / "topicfeeds.toml").write_text(SITE.format(top="", more=""), "utf-8")
    (tmp_path / "items.yaml").write_text(GOOD + OTHER, "utf-8")
    assert command("build", cwd=tmp_path, env=NOW).code == 0
    os.utime(tmp_path / "public/.topicfeeds.lock", (1_773_000_000, 1_773_000_000))
    return tmp_path


def test_the_status_shows_runs_and_feeds(city: Path) -> None:
    run = command("status", cwd=city)
    assert (run.code, run.err) == (0, "")
    assert re.sub(r"\d+ days ago", "- days ago", run.out).splitlines() == [
        "last run      2026-03-08T20:00:00+00:00 (- days ago)",
        "last success  2026-03-08T20:00:00+00:00 (- days ago)",
        "items         2, 0 refused, 0 held back",
        "feeds         2",
        "  all  2 entries, updated 2026-03-02T00:00:00+00:00",
        "  tags/planning  2 entries, updated 2026-03-02T00:00:00+00:00",
    ]


def test_pages_and_the_stylesheet_are_no_feeds(city: Path) -> None:
    site = city / "topicfeeds.toml"
    site.write_text(site.read_text("utf-8") + "\n[pages]\nstylesheet = true\n", "utf-8")
    assert command("build", cwd=city, env=NOW).code == 0
    assert (city / "public/feed.css").exists()
    assert "\nfeeds         2\n" in command("status", cwd=city).out


def test_the_status_lists_what_is_refused_held_back_and_retired(city: Path) -> None:
    (city / "items.yaml").write_text("- {id: a, title: Homes, published: 2026-03-01}\n" + BAD + LATER, "utf-8")
    assert command("build", cwd=city, env=NOW).code == 1
    lines = command("status", cwd=city).out.splitlines()[2:]
    assert lines[0] == "items         1, 1 refused, 1 held back"
    assert lines[1:3] == ["feeds         1", "  all  1 entry, updated 2026-03-08T20:00:00+00:00"]
    assert lines[3] == "refused"
    assert [line.split(":")[:3] for line in lines[4:6]] == [
        ["  items.yaml", "2", f" {name}"] for name in ("start", "end")
    ]
    assert lines[6:8] == ["held back", "  items.yaml:3: until 2026-04-01T10:00:00+00:00: Later"]
    assert lines[8:] == [
        "retired",
        *(
            f"  tags/planning.{kind}.xml  since 2026-03-08T20:00:00+00:00, to be removed 2026-04-07T20:00:00+00:00"
            for kind in ("atom", "rss")
        ),
    ]


def test_the_status_names_the_failure_of_the_last_run_until_one_ends_well(city: Path) -> None:
    text = (city / "items.yaml").read_text("utf-8")
    (city / "items.yaml").unlink()
    assert command("build", cwd=city, env={"SOURCE_DATE_EPOCH": "1773003600"}).code == 1
    run, success, *_ = command("status", cwd=city).out.splitlines()
    assert re.match(
        r"last run      2026-03-08T21:00:00\+00:00 \(\d+ days ago\)  "
        r"failed: published, but a source has an error: items\.yaml:1: ",
        run,
    )
    assert success.startswith("last success  2026-03-08T20:00:00+00:00 (")
    (city / "items.yaml").write_text(text, "utf-8")
    assert command("build", cwd=city, env=NOW).code == 0
    run, success, *_ = command("status", cwd=city).out.splitlines()
    assert run.split()[2:] == success.split()[2:]


def test_a_strict_run_that_fails_is_named_too(city: Path) -> None:
    (city / "items.yaml").write_text(GOOD + OTHER + BAD, "utf-8")
    assert command("build", "--strict", cwd=city, env=NOW).code == 65
    assert "  failed: items.yaml:3: " in command("status", cwd=city).out.splitlines()[0]


def test_a_dry_run_leaves_the_status_as_it_is(city: Path) -> None:
    before = command("status", cwd=city).out
    (city / "items.yaml").unlink()
    assert command("build", "--dry-run", cwd=city, env=NOW).code == 1
    assert command("status", cwd=city).out == before


@pytest.mark.parametrize(("age", "code"), [("1s", 1), ("1m", 1), ("1h", 1), ("9999999d", 0), ("999999999s", 0)])
def test_a_success_that_is_too_old_fails_the_check_of_a_monitor(city: Path, age: str, code: int) -> None:
    run = command("status", "--max-age", age, cwd=city)
    assert run.code == code
    assert run.out.startswith("last run")
    words = {"1s": "1 second", "1m": "1 minute", "1h": "1 hour"}.get(age)
    sentence = f"The last success was more than {words} ago: 2026-03-08T20:00:00+00:00 ("
    assert run.err.startswith(sentence) == bool(code)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "in the future"),
        (0, "0 seconds ago"),
        (1, "1 second ago"),
        (99, "99 seconds ago"),
        (100, "1 minute ago"),
        (185, "3 minutes ago"),
        (99 * 60 + 59, "99 minutes ago"),
        (100 * 60, "1 hour ago"),
        (99 * 3600 + 3599, "99 hours ago"),
        (100 * 3600, "4 days ago"),
        (400 * 86400, "400 days ago"),
    ],
)
def test_ages_are_in_words(city: Path, seconds: int, words: str) -> None:
    place = default_paths(str(city / "topicfeeds.toml"))
    lines = list(describe_state(place, 1_773_000_000 + seconds))
    assert lines[:2] == [f"last {name}  2026-03-08T20:00:00+00:00 ({words})" for name in ("run    ", "success")]


def test_every_run_that_ends_well_is_a_success_also_with_nothing_to_do(city: Path) -> None:
    for items, code in ((GOOD + OTHER, 0), (GOOD + OTHER + BAD, 1), (GOOD + OTHER + BAD, 1)):
        (city / "items.yaml").write_text(items, "utf-8")
        os.utime(city / "public/.topicfeeds.lock", (0, 1))
        assert command("status", "--max-age", "1h", cwd=city).code == 1
        assert command("build", cwd=city, env=NOW).code == code
        assert command("status", "--max-age", "1h", cwd=city).code == 0


def test_no_success_is_none_however_often_runs_failed(tmp_path: Path) -> None:
    (tmp_path / "topicfeeds.toml").write_text(SITE.format(top="", more=""), "utf-8")
    assert command("build", cwd=tmp_path).code == 65
    run = command("status", "--max-age", "2h", cwd=tmp_path)
    assert (run.code, run.err) == (1, "No run has succeeded yet. Run topicfeeds build, and read its messages.\n")
    assert "last success  never\n" in run.out


@pytest.mark.parametrize("name", ["topicfeeds.toml", "nowhere/topicfeeds.toml", "items.yaml/topicfeeds.toml"])
def test_a_status_without_a_site_file_is_an_error(city: Path, name: str) -> None:
    (city / "topicfeeds.toml").unlink()
    run = command("status", "--site", name, "--max-age=2h", cwd=city)
    assert (run.code, run.out) == (2, "")
    advice = "name the site file with --site, or create one with topicfeeds init"
    assert run.err == f"{name}: does not exist ({advice})\n"


def test_the_status_of_a_site_that_was_never_built_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "topicfeeds.toml").write_text(SITE.format(top="", more=""), "utf-8")
    run = command("status", cwd=tmp_path)
    assert run.code == 0
    assert run.out.startswith("last success  never\n")
    advice = "(run topicfeeds build, or run status as the user who builds)"
    assert run.out.endswith(f".sqlite: does not exist, or you cannot read it {advice}\n")
    assert [one.name for one in tmp_path.iterdir()] == ["topicfeeds.toml"]


def test_the_status_of_a_state_that_is_cut_is_told(city: Path) -> None:
    state = next((city / ".topicfeeds").glob("*.cache"))
    with closing(sqlite3.connect(state)) as connection:
        connection.execute("insert into findings values (9, '', 1, '', '', 'refused', 1, '', null, '', 0)")
        connection.commit()
    run = command("status", cwd=city)
    assert run.code == 0
    assert run.out.splitlines()[-1].endswith(
        ": cannot be read: the values of a row do not match its checksum (run topicfeeds build, and read its messages)"
    )


@pytest.mark.parametrize("age", ["2", "h", "-1h", "1.5h", "2 h", "2w", "²h"])
def test_an_age_that_is_none_is_refused(city: Path, age: str) -> None:
    run = command("status", f"--max-age={age}", cwd=city)
    assert run.code == 2
    assert run.err.endswith(f'Error: --max-age "{age}" is not an age (write for example 90s, 30m, 2h or 3d)\n')


def test_what_is_in_an_item_cannot_act_on_the_terminal_of_who_looks(city: Path) -> None:
    (city / "items.yaml").write_text('- {id: d, title: "a\\e[31mb", published: 2099-01-01}\n', "utf-8")
    command("build", "--allow-shrink", cwd=city, env=NOW)
    run = command("status", cwd=city)
    assert "\x1b" not in run.out
    assert run.out.count("held back") == 2


def test_the_summary_counts_what_was_done(city: Path) -> None:
    (city / "items.yaml").write_text(GOOD.replace("planning", "homes") + OTHER + BAD, "utf-8")
    run = command("build", cwd=city, env=NOW)
    assert run.err.splitlines()[-1].startswith(
        "2 items published, 1 refused; 6 documents written to public, 0 unchanged; "
    )
    (city / "items.yaml").write_text(GOOD.replace("planning", "homes") + OTHER.replace("planning", "homes"), "utf-8")
    run = command("build", cwd=city, env=NOW)
    assert run.err.startswith(
        "2 items published, 0 refused; 6 documents written to public, 0 unchanged, 2 retired (to be removed later); "
    )
    late = {"SOURCE_DATE_EPOCH": str(1_773_000_000 + 30 * 86400)}
    run = command("build", cwd=city, env=late)
    assert run.out.split() == ["tags/planning.atom.xml", "tags/planning.rss.xml"]
    assert run.err.startswith("2 items published, 0 refused; 0 documents written to public, 4 unchanged, 2 removed; ")


def test_collectors_get_an_object_a_line(city: Path) -> None:
    (city / "items.yaml").write_text(GOOD + OTHER.replace("title: Buses", 'title: "Bu\\u202eses"') + BAD, "utf-8")
    run = command("build", "--log-format", "json", cwd=city, env=NOW)
    lines = [json.loads(line) for line in run.err.splitlines()]
    assert [line["level"] for line in lines] == ["warning", "error", "error", "info"]
    assert {"path": "items.yaml", "line": 3, "field": "start"}.items() <= lines[1].items()
    summary = {"items": 2, "refused": 1, "written": 4, "unchanged": 0, "removed": 0, "retired": 0, "folder": "public"}
    assert summary.items() <= lines[-1].items()
    assert lines[-1]["seconds"] >= 0
    run = command("build", "--log-format", "json", cwd=city, env=NOW)
    assert [json.loads(line)["field"] for line in run.err.splitlines()] == ["start", "end"]


def test_collectors_are_told_why_a_run_stopped(city: Path) -> None:
    (city / "items.yaml").unlink()
    run = command("build", "--strict", "--log-format", "json", cwd=city)
    lines = [json.loads(line) for line in run.err.splitlines()]
    assert [line["level"] for line in lines] == ["error", "error", "error"]
    assert lines[0]["path"] == "items.yaml"
    assert lines[2]["code"] == 65
    assert command("build", "--log-format", "xml", cwd=city).code == 2
