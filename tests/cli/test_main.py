"""The command, run as cron and people run it."""

from __future__ import annotations

import json
import os
import pty
import re
import select as selecting
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support import command, snapshot
from support.needs import ROOT

BAD = '[[sources]]\npath = "items/*.yaml"\n'


@pytest.fixture
def started(tmp_path: Path) -> Path:
    """A folder where `topicfeeds init` was run."""
    assert command("init", cwd=tmp_path).code == 0
    site = tmp_path / "topicfeeds.toml"
    site.write_text(site.read_text("utf-8").replace("https://www.example.org/", "https://www.city.example/"), "utf-8")
    return tmp_path


def test_init_writes_a_site_that_builds_as_it_is(tmp_path: Path) -> None:
    run = command("init", "new/city", cwd=tmp_path)
    assert (run.code, run.out) == (0, "new/city/topicfeeds.toml\nnew/city/items/first.yaml\n")
    assert run.err == "Next, run: topicfeeds build --site new/city/topicfeeds.toml\n"
    run = command("build", "--strict", cwd=tmp_path / "new/city")
    assert run.code == 0
    assert re.fullmatch(
        r"topicfeeds\.toml:5: warning: url: is still the example address \(.*\)\n"
        r"2 items published, 0 refused; 20 documents written to public, 0 unchanged; \d+\.\d s\n",
        run.err,
    )
    assert sorted(snapshot(tmp_path / "new/city/public")) == sorted(run.out.split())


def test_init_never_writes_over_a_file(started: Path) -> None:
    (started / "items/first.yaml").unlink()
    (started / "topicfeeds.toml").write_text("mine", "utf-8")
    run = command("init", cwd=started)
    assert (run.code, run.out) == (2, "")
    assert run.err == "topicfeeds.toml: already exists; nothing was written (choose another folder)\n"
    assert list(snapshot(started)) == ["topicfeeds.toml"]


def test_init_tells_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", "utf-8")
    run = command("init", "file/city", cwd=tmp_path)
    assert run.code == 74
    assert run.err == ("file/city: cannot be written: Not a directory (a file is in place of a folder: move it away)\n")


def test_build_prints_the_paths_that_it_wrote_in_order(started: Path) -> None:
    run = command("build", cwd=started)
    assert run.out.split()[:4] == ["all.atom.xml", "all.rss.xml", "topics/mobility.atom.xml", "topics/mobility.rss.xml"]


def test_a_second_build_prints_nothing_and_touches_nothing(started: Path) -> None:
    command("build", cwd=started)
    before = snapshot(started / "public")
    run = command("build", cwd=started)
    assert (run.code, run.out, run.err) == (0, "", "")
    assert snapshot(started / "public") == before


def test_one_edit_rewrites_only_its_documents(started: Path) -> None:
    command("build", cwd=started)
    items = started / "items/first.yaml"
    items.write_text(items.read_text("utf-8").replace("Open day", "Open house"), "utf-8")
    run = command("build", cwd=started)
    feeds = ("all", "topics/housing", "tags/planning")
    documents = [f"{feed}.{kind}.xml" for feed in feeds for kind in ("atom", "rss")]
    assert run.out.split() == [*documents, *(f"{feed}.html" for feed in feeds), "index.html"]


def test_output_and_site_can_be_anywhere_and_sources_are_beside_the_site(started: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    run = command("build", "--site", started / "topicfeeds.toml", "--output", "out", cwd=elsewhere)
    assert run.code == 0
    assert (elsewhere / "out/all.atom.xml").exists()
    run = command("build", "--site", started / "topicfeeds.toml", cwd=elsewhere)
    assert (started / "public/all.atom.xml").exists()


def test_a_site_that_replaces_the_feeds_of_another_is_told(started: Path) -> None:
    first, second = started / "topicfeeds.toml", started / "other.toml"
    assert "replaced" not in command("build", cwd=started).err
    second.write_text(first.read_text("utf-8").replace("City Network", "Other City"), "utf-8")
    said = "warning: public had the feeds of topicfeeds.toml; this run replaced them. "
    run = command("build", "--site", "other.toml", "--quiet", cwd=started)
    assert run.err == f"other.toml:1: {said}Give one of the two sites another folder, with --output.\n"
    assert "replaced" not in command("build", "--site", "other.toml", cwd=started).err
    assert "topicfeeds.toml:1: warning: public had the feeds of other.toml" in command("build", cwd=started).err
    first.rename(started / "renamed.toml")
    assert "replaced" not in command("build", "--site", "renamed.toml", cwd=started).err


def test_a_dry_run_prints_and_writes_nothing(started: Path) -> None:
    run = command("build", "--dry-run", cwd=started)
    assert len(run.out.split()) == 20
    assert "2 items to publish, 0 refused; 20 documents to write" in run.err
    assert not (started / "public").exists()


def test_a_bad_item_is_printed_and_the_rest_is_published(started: Path) -> None:
    items = started / "items/first.yaml"
    items.write_text(items.read_text("utf-8") + "- titel: x\n  published: 2026-01-01\n", "utf-8")
    messages = [
        "items/first.yaml:25: title: is missing (add it)",
        'items/first.yaml:25: titel: unknown field (did you mean "title"?)',
    ]
    run = command("build", cwd=started)
    assert run.code == 1
    assert run.err.splitlines()[:2] == messages
    assert "2 items published, 1 refused; 20 documents written" in run.err
    again = command("build", cwd=started)
    assert (again.code, again.out, again.err.splitlines()) == (1, "", messages)


def test_strict_publishes_nothing_where_an_item_is_refused(started: Path) -> None:
    (started / "items/second.yaml").write_text("- titel: x\n", "utf-8")
    run = command("build", "--strict", cwd=started)
    assert (run.code, run.out) == (65, "")
    assert run.err.splitlines()[-1] == (
        "Nothing was published: items were refused. The existing feeds are unchanged. "
        "Correct the items, or run without --strict."
    )
    assert snapshot(started / "public") == {}


def test_warnings_never_fail_a_strict_run_and_quiet_leaves_them_out(started: Path) -> None:
    (started / "items/second.yaml").write_text("- {title: x, published: 2026-01-01}\n", "utf-8")
    run = command("build", "--strict", "--quiet", cwd=started)
    assert (run.code, run.out, run.err) == (0, "", "")
    (started / "items/second.yaml").rename(started / "items/third.yaml")
    assert command("build", "--strict", cwd=started).err.startswith(
        "items/third.yaml:1: warning: id: is missing "
        "(give every item an id; otherwise an edited date or title makes a new item)\n"
    )


def test_an_unreadable_source_leaves_the_last_good_feeds(started: Path) -> None:
    command("build", cwd=started)
    before = snapshot(started / "public")
    (started / "items/first.yaml").write_text("- title: [", "utf-8")
    run = command("build", cwd=started)
    assert (run.code, run.out) == (1, "")
    assert run.err.splitlines() == [
        "items/first.yaml:1: is not valid YAML: a value is incomplete "
        "(close its bracket, or put quotes around the text)",
        "items/first.yaml:1: 2 items stay as last published, until this is corrected",
    ]
    assert snapshot(started / "public") == before


def test_all_faults_of_a_site_file_are_printed_and_nothing_is_read(started: Path) -> None:
    (started / "topicfeeds.toml").write_text('title = ""\nurl = "x"\n' + BAD, "utf-8")
    run = command("build", cwd=started)
    assert (run.code, run.out) == (2, "")
    assert run.err.splitlines() == [
        "topicfeeds.toml:1: title: is missing (add it)",
        'topicfeeds.toml:2: url: "x" is not a web address (start it with https:// or http://)',
    ]


def test_a_missing_site_file_is_an_error(tmp_path: Path) -> None:
    run = command("build", cwd=tmp_path)
    assert run.code == 2
    hint = "Name the site file with --site, or create one with topicfeeds init."
    assert run.err == f"topicfeeds.toml: cannot be read: No such file or directory. {hint}\n"


def test_a_foreign_file_in_the_way_stops_the_run(started: Path) -> None:
    (started / "public").mkdir()
    (started / "public/all.rss.xml").write_text("by hand", "utf-8")
    run = command("build", cwd=started)
    assert (run.code, run.out) == (74, "")
    assert run.err == (
        "public/all.rss.xml: exists, but topicfeeds did not write it and does not replace it. "
        "Move it away, or choose another folder with --output.\n"
    )


@pytest.mark.parametrize("arguments", [["build", "--sit", "x"], ["biuld"], ["build", "--output"]])
def test_wrong_usage_is_an_error(tmp_path: Path, arguments: list[str]) -> None:
    run = command(*arguments, cwd=tmp_path)
    assert run.code == 2
    assert re.search("(?m)^Error: ", run.err)
    assert "Traceback" not in run.err


def test_help_and_version_are_printed(tmp_path: Path) -> None:
    assert "  75        another run is using" in command("build", "--help", cwd=tmp_path).out
    assert "init" in command("-h", cwd=tmp_path).out
    assert re.fullmatch(r"topicfeeds, version \d+\.\d+\.\d+\n", command("--version", cwd=tmp_path).out)


@pytest.mark.parametrize("arguments", [[], ["schema"]])
def test_a_command_that_lacks_its_arguments_prints_its_help_as_an_error(tmp_path: Path, arguments: list[str]) -> None:
    run = command(*arguments, cwd=tmp_path)
    assert (run.code, run.out) == (2, "")
    assert run.err == command(*arguments, "--help", cwd=tmp_path).out
    assert run.err.startswith("Usage: ")
    assert "\n\nOptions:\n" in run.err


def test_a_missing_argument_is_named_with_its_choices_on_lines_of_their_own(tmp_path: Path) -> None:
    run = command("schema", "--", cwd=tmp_path)
    assert run.code == 2
    assert run.err.endswith("Error: Missing argument '{item|site}'. Choose from:\n\titem,\n\tsite\n")


def test_check_says_what_build_would_and_writes_nothing(started: Path) -> None:
    run = command("check", cwd=started)
    assert (run.code, run.out, run.err) == (0, "", "2 items would be published, 0 would be refused\n")
    (started / "items/second.yaml").write_text("- titel: x\n  published: 2026-01-01\n", "utf-8")
    run = command("check", cwd=started)
    assert (run.code, run.err.splitlines()) == (
        1,
        [
            "items/second.yaml:1: title: is missing (add it)",
            'items/second.yaml:1: titel: unknown field (did you mean "title"?)',
            "2 items would be published, 1 would be refused",
        ],
    )
    (started / "items/second.yaml").write_text("- [", "utf-8")
    assert command("check", cwd=started).code == 65
    assert command("check", "--site", "nowhere.toml", cwd=started).code == 2
    assert not (started / "public").exists()


def test_check_names_each_draft_and_the_reason(started: Path) -> None:
    keys = ["hidden: yes", "isPublic: no", "publishDate: 2999-01-01", "expiryDate: 2020-01-01", "hidden: no"]
    drafts = "".join(f"- title: {n}\n  published: 2026-01-01\n  {key}\n" for n, key in enumerate(keys))
    drafts = drafts.replace("- title: 1\n", "- title: 1\n  id: b1\n")
    (started / "items/second.yaml").write_text(drafts, "utf-8")
    run = command("check", cwd=started)
    assert [line for line in run.err.splitlines() if "draft" in line] == [
        "items/second.yaml:1: draft, left out (hidden: yes)",
        'items/second.yaml:4: draft "b1", left out (isPublic: no)',
        "items/second.yaml:8: draft, left out (public from 2999-01-01)",
        "items/second.yaml:11: draft, left out (expired or private)",
        "2 items would be published, 1 would be refused, 4 drafts would be left out",
    ]


def test_check_annotates_for_github(started: Path) -> None:
    (started / "items/50%,x.yaml").write_text(
        "- {titel: 100%, title: a, published: 2026-01-01, updated: 2025-01-01}\n", "utf-8"
    )
    (started / "items/z.yaml").write_text("- {id: z, title: a, published: 2026-01-01, updated: 2025-01-01}\n", "utf-8")
    run = command("check", "--site", f"{started.name}/topicfeeds.toml", "--format", "github", cwd=started.parent)
    assert (run.code, run.err.splitlines()) == (
        1,
        [
            f'::error file={started.name}/items/50%25%2Cx.yaml,line=1::titel: unknown field (did you mean "title"?)',
            f"::warning file={started.name}/items/z.yaml,line=1::"
            "updated: is before the published date, which is used instead (correct the dates)",
        ],
    )
    (started / "topicfeeds.toml").write_text("title = 1\n", "utf-8")
    run = command("check", "--format", "github", cwd=started)
    assert (run.code, run.err.splitlines()) == (
        2,
        [
            "::error file=topicfeeds.toml,line=1::title: 1 is a number, not text (put it in quotes)",
            "::error file=topicfeeds.toml,line=1::url: is missing (add it)",
        ],
    )


@pytest.mark.parametrize("what", ["item", "site"])
def test_schema_prints_what_editors_validate_by(tmp_path: Path, what: str) -> None:
    run = command("schema", what, cwd=tmp_path)
    made = json.loads(run.out)
    text = json.dumps(made)
    for name in ["authors", "enclosures", "timezone"] if what == "item" else ["feeds_url", "sources", "untitled"]:
        assert f'"{name}"' in text
    assert command("schema", "feed", cwd=tmp_path).code == 2


def test_the_time_is_that_of_source_date_epoch(started: Path) -> None:
    run = command("build", cwd=started, env={"SOURCE_DATE_EPOCH": "1772400000"})  # 2026-03-01T21:20:00Z
    assert run.err.startswith(
        "items/first.yaml:18: warning: published: 2026-03-02T09:30:00+01:00 is in the future; "
        "the item is held back until then (to publish it now, correct the date)\n1 item published, 0 refused"
    )
    run = command("build", cwd=started, env={"SOURCE_DATE_EPOCH": "soon"})
    assert run.code == 2
    assert 'SOURCE_DATE_EPOCH "soon" is not a number of seconds since 1970' in run.err


def test_fifty_findings_are_shown_and_the_rest_is_counted(started: Path) -> None:
    lines = ["- {titel: x}\n"] * 40 + [f"- {{id: w{n}, title: x, published: 2099-01-01}}\n" for n in range(40)]
    (started / "items/second.yaml").write_text("".join(lines), "utf-8")
    told = command("build", cwd=started).err.splitlines()
    assert sum("unknown field" in line for line in told) + sum("is missing" in line for line in told) == 50
    assert told[50] == "... and 110 more (print all of them with --all-problems)"
    assert len(command("check", "--all-problems", cwd=started).err.splitlines()) == 161
    assert len(command("build", "--strict", "--all-problems", cwd=started).err.splitlines()) == 121


def test_a_closed_stdout_is_no_error(started: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "topicfeeds", "build"], cwd=started, stdout=writing, stderr=subprocess.PIPE, timeout=60
    )
    os.close(writing)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    assert b"20 documents written" in done.stderr


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("build >&-", 0),
        ("build 2>&-", 0),
        ("build >/dev/full", 0),
        ("build 2>/dev/full", 0),
        ("build >/dev/full 2>&1", 0),
        ("build --site missing 2>/dev/full", 2),
        ("build --site missing 2>&-", 2),
        ("init fresh >/dev/full", 0),
        ("--help >/dev/full", 74),
        ("init " + "a" * 300, 74),
    ],
)
def test_streams_that_nobody_reads_change_nothing(started: Path, line: str, code: int) -> None:
    run = ["/bin/sh", "-c", f"{sys.executable} -m topicfeeds {line}"]
    done = subprocess.run(run, cwd=started, capture_output=True, text=True, timeout=60)
    assert (done.returncode, "Traceback" in done.stderr, "ignored" in done.stderr) == (code, False, False)
    assert (started / "public").exists() == ("build" in line and code == 0)
    assert (started / "fresh/items/first.yaml").exists() == ("fresh" in line)


def test_what_is_typed_cannot_act_on_the_terminal(tmp_path: Path) -> None:
    run = command("build", "x\n\x1b[31m", cwd=tmp_path)
    assert run.code == 2
    assert "\x1b" not in run.err
    assert r"x\n\x1b[31m" in run.err


def test_a_bug_keeps_its_traceback_and_says_what_to_do(started: Path) -> None:
    code = (
        "import sys, topicfeeds.run.site as p, topicfeeds.cli.main as c\n"
        "p.build_site = lambda *a, **k: 1 / 0\n"
        "sys.argv = ['topicfeeds', 'build']\n"
        "c.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=started, capture_output=True, timeout=60)
    assert done.returncode == 70
    assert b"ZeroDivisionError" in done.stderr
    assert done.stderr.endswith(b"This is a bug in topicfeeds. Please report it, with the lines above.\n")


def test_an_interrupt_ends_with_130(started: Path) -> None:
    code = (
        "import sys, topicfeeds.run.site as p, topicfeeds.cli.main as c\n"
        "def stop(*a, **k): raise KeyboardInterrupt\n"
        "p.build_site = stop\n"
        "sys.argv = ['topicfeeds', 'build']\n"
        "c.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=started, capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (130, b"\n")


def on_a_terminal(folder: Path, code: str) -> str:
    """Run Python code with stderr on a terminal, and give what appeared there."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=slave,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
    )
    os.close(slave)
    shown, end = b"", time.monotonic() + 60
    while time.monotonic() < end:
        if selecting.select([master], [], [], 0.05)[0]:
            try:
                shown += os.read(master, 65536)
            except OSError:  # the other end is closed
                break
    os.close(master)
    process.wait(timeout=60)
    return shown.decode()


SLOW = (
    "import sys, topicfeeds.cli.main as c, topicfeeds.cli.console as t\n"
    "t.STARTED -= {seconds}\n"
    "sys.argv = ['topicfeeds', 'build']\n"
    "c.main()"
)  # fmt: skip


def test_a_terminal_sees_progress_once_a_run_takes_a_second(started: Path) -> None:
    assert "Writing feeds" in on_a_terminal(started, SLOW.format(seconds=2))


def test_a_quick_run_shows_no_progress(started: Path) -> None:
    assert "Writing feeds" not in on_a_terminal(started, SLOW.format(seconds=-30))


def test_cron_sees_no_progress(started: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SLOW.format(seconds=2)], cwd=started, capture_output=True, timeout=60, check=True
    )
    assert re.fullmatch(rb"2 items published, .* s\n", done.stderr)


def test_nothing_heavy_is_imported_before_it_is_needed(started: Path) -> None:
    heavy = {"pydantic", "lxml", "feedgen", "nh3", "rich", "yaml", "idna"}
    code = "import sys, topicfeeds, topicfeeds.cli.main; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, timeout=60, check=True)
    assert heavy.isdisjoint(done.stdout.decode().split())
