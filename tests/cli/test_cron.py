"""`build --cron`: a mail when a problem is new, one a day while it lasts, and an all-clear. Exit codes stay."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from support import Run, command, snapshot
from support.warm import Warm

SITE = 'title = "City Network"\nurl = "https://www.city.example/"\n[[sources]]\npath = "items/*.yaml"\nmax_shrink = 1\n'
GOOD = "- {id: a, title: Good, published: 2026-03-01}\n"
BAD = "- {id: b, title: Bad, published: 02-01-2026}\n"
WORSE = "- {id: c, published: 2026-03-01}\n"
ODD = "- {id: d, title: Odd, published: 2026-03-01, link: 'http://localhost/'}\n"
MINUTE, DAY = 60, 86_400
REMINDER = "You get a reminder once a day, and a message when all problems are solved."


@dataclass
class City:
    """A site that cron builds, from another folder."""

    folder: Path
    warm: Warm
    now: int = 1_773_000_000
    real: bool = False
    """Whether each run starts Python anew."""

    def put(self, text: str, name: str = "a.yaml") -> None:
        (self.folder / "items" / name).write_text(text, "utf-8")

    def run(self, *more: str, after: int = 5 * MINUTE) -> Run:
        """Run the command some seconds after the run before."""
        self.now += after
        site = self.folder / "topicfeeds.toml"
        run = self.warm.run(
            "build", "--cron", "--site", site, *more, cwd=self.folder.parent, now=self.now, real=self.real
        )
        assert run.out == ""
        return Run(run.code, run.out, run.err)

    @property
    def where(self) -> str:
        return f"(site file {self.folder}/topicfeeds.toml, feeds in {self.folder}/public)."

    @property
    def reported(self) -> Path:
        [state] = (self.folder / ".topicfeeds").glob("*.sqlite")
        return Path(f"{state}.reported")


@pytest.fixture
def city(tmp_path: Path, warm: Warm) -> City:
    """A site that was built once, without a word."""
    made = City(tmp_path / "city", warm)
    (made.folder / "items").mkdir(parents=True)
    (made.folder / "topicfeeds.toml").write_text(SITE, "utf-8")
    made.put(GOOD)
    assert made.run() == Run(0, "", "")
    assert (made.folder / "public/all.atom.xml").exists()
    return made


def test_a_mail_comes_when_a_problem_is_new_once_a_day_and_when_it_is_solved(city: City) -> None:
    city.real = True
    city.put(GOOD + BAD)
    run = city.run()
    head, problem, foot = run.err.splitlines()
    assert run.code == 1
    assert head == f"City Network: 1 new problem {city.where}"
    assert problem.startswith("city/items/a.yaml:2: published: ")
    assert foot == f"Everything else is published. {REMINDER}"
    for _ in range(2):
        assert city.run() == Run(1, "", "")
    run = city.run(after=DAY - 10 * MINUTE)
    assert run.code == 1
    assert run.err.splitlines() == [f"City Network: 1 problem not solved yet {city.where}", problem, foot]
    assert city.run() == Run(1, "", "")
    city.put(GOOD)
    assert city.run() == Run(0, "", f"City Network: all problems are solved. Everything is published {city.where}\n")
    assert city.run() == Run(0, "", "")
    assert not city.reported.exists()


def test_a_reminder_keeps_its_time_of_day_and_may_be_a_little_early(city: City) -> None:
    city.put(GOOD + BAD)
    assert city.run().err
    assert city.run(after=DAY - 16 * MINUTE).err == ""
    assert city.run(after=MINUTE).err  # 15 minutes early
    assert city.run(after=DAY - MINUTE).err == ""
    assert city.run(after=MINUTE).err
    assert city.run(after=3 * DAY).err
    assert city.run(after=DAY - MINUTE).err == ""
    assert city.run(after=MINUTE).err


def test_a_clock_that_was_wrong_stops_no_reminder(city: City) -> None:
    city.put(GOOD + BAD)
    assert city.run(after=3650 * DAY).err
    assert city.run(after=-3650 * DAY).err


def test_only_new_problems_are_printed_and_the_others_counted(city: City) -> None:
    city.put(GOOD + BAD)
    city.run()
    city.put(GOOD + "# a comment that moves the lines\n" + BAD + WORSE)
    head, problem, foot = city.run().err.splitlines()
    assert head == f"City Network: 1 new problem {city.where}"
    assert problem.startswith("city/items/a.yaml:4: title: ")
    assert foot == f"Everything else is published. 1 earlier problem must be solved too. {REMINDER}"
    city.put(GOOD + WORSE)
    assert city.run() == Run(1, "", "")
    city.put(GOOD + BAD + WORSE)
    assert city.run().err.splitlines()[0] == f"City Network: 1 new problem {city.where}"
    assert city.run(after=DAY).err.splitlines()[0] == f"City Network: 2 problems not solved yet {city.where}"


def test_a_problem_that_replaces_an_older_one_is_new_even_if_a_reminder_is_due(city: City) -> None:
    city.put(GOOD + BAD)
    city.run()
    city.put(GOOD + WORSE)
    head, problem, foot = city.run(after=DAY).err.splitlines()
    assert head == f"City Network: 1 new problem {city.where}"
    assert problem.startswith("city/items/a.yaml:2: title: ")
    assert foot == f"Everything else is published. {REMINDER}"
    assert city.run() == Run(1, "", "")
    assert city.run(after=DAY).err.splitlines()[0] == f"City Network: 1 problem not solved yet {city.where}"


def test_an_item_or_file_with_several_lines_is_one_problem(city: City) -> None:
    city.put(GOOD, "b.yaml")
    city.put(GOOD.replace("a,", "e,"))
    city.run()
    city.put("- {id: e, published: 02-01-2026}\n")
    run = city.run().err.splitlines()
    assert run[0] == f"City Network: 1 new problem {city.where}"
    assert len(run) == 5  # the title, the date, and that the last good version stays
    city.put("- {id: e\n", "b.yaml")
    run = city.run().err.splitlines()
    assert run[0] == f"City Network: 1 new problem {city.where}"
    assert run[-1] == f"Everything else is published. 1 earlier problem must be solved too. {REMINDER}"
    assert city.run(after=DAY).err.splitlines()[0] == f"City Network: 2 problems not solved yet {city.where}"


def test_a_second_item_with_the_same_error_is_new(city: City) -> None:
    city.put(GOOD + WORSE)
    city.run()
    city.put(GOOD + WORSE + WORSE.replace("c", "e", 1))
    assert "city/items/a.yaml:3: title: " in city.run().err


def test_a_warning_is_printed_once_and_needs_no_all_clear(city: City) -> None:
    city.put(GOOD + ODD)
    head, warning, foot = city.run().err.splitlines()
    assert head == f"City Network: 1 new warning {city.where}"
    assert warning.startswith("city/items/a.yaml:2: warning: link: ")
    assert foot == "Everything is published."
    for after in (MINUTE, DAY):
        assert city.run(after=after) == Run(0, "", "")
    city.put(GOOD)
    assert city.run() == Run(0, "", "")


def test_quiet_leaves_warnings_out(city: City) -> None:
    city.put(GOOD + ODD)
    assert city.run("--quiet") == Run(0, "", "")
    city.put(GOOD + BAD, "b.yaml")
    assert ": warning: " not in city.run("--quiet").err


def test_a_run_that_stops_says_so_once_and_when_feeds_are_published_again(city: City) -> None:
    city.put(GOOD + BAD)
    city.run()
    (city.folder / "topicfeeds.toml").write_text(f"{SITE}x = 1\n", "utf-8")
    run = city.run()
    assert run.code == 2
    head, problem, foot = run.err.splitlines()
    assert head == f"City Network: 1 new problem {city.where}"
    assert problem.startswith("city/topicfeeds.toml:6: sources[0].x: ")
    assert foot == f"Nothing was published. The existing feeds are unchanged. {REMINDER}"
    assert city.run() == Run(2, "", "")
    (city.folder / "topicfeeds.toml").write_text(SITE, "utf-8")
    again = f"City Network: feeds are published again. 1 problem must still be solved {city.where}\n"
    assert city.run() == Run(1, "", again)
    assert city.run() == Run(1, "", "")


def test_a_site_file_without_a_title_is_named_by_its_path(city: City) -> None:
    (city.folder / "topicfeeds.toml").write_text("titel", "utf-8")
    assert city.run().err.splitlines()[0] == f"topicfeeds: 1 new problem {city.where}"
    (city.folder / "topicfeeds.toml").unlink()
    os.mkfifo(city.folder / "topicfeeds.toml")
    assert city.run().err.splitlines()[0] == f"topicfeeds: 1 new problem {city.where}"


def test_a_strict_run_prints_its_error_once(city: City) -> None:
    city.put(GOOD + BAD)
    run = city.run("--strict")
    assert run.code == 65
    assert [line.partition(".")[0] for line in run.err.splitlines()][2:] == [
        "Nothing was published: items were refused",
        "You get a reminder once a day, and a message when all problems are solved",
    ]
    assert city.run("--strict") == Run(65, "", "")


@pytest.mark.parametrize("code", [74, 75])
def test_an_output_that_cannot_be_used_is_reported_once_and_cleared(city: City, code: int) -> None:
    feed, lock = city.folder / "public/all.atom.xml", city.folder / "public/.topicfeeds.lock"
    city.put(GOOD.replace("Good", "New"))
    if code == 74:
        feed.unlink()
        feed.mkdir()
    with lock.open("rb") as file:
        if code == 75:
            fcntl.flock(file, fcntl.LOCK_EX)
        run = city.run()
        assert (run.code, run.err.splitlines()[0]) == (code, f"City Network: 1 new problem {city.where}")
        assert run.err.splitlines()[1].startswith("city/public/")
        assert city.run() == Run(code, "", "")
    if code == 74:
        feed.rmdir()
    assert city.run().err == f"City Network: all problems are solved. Everything is published {city.where}\n"


def test_runs_of_which_nobody_reads_a_mail_report_nothing(city: City) -> None:
    city.put(GOOD + BAD)
    env = {"SOURCE_DATE_EPOCH": str(city.now)}
    assert command("build", cwd=city.folder, env=env).code == 1
    run = command("build", "--cron", "--dry-run", cwd=city.folder, env=env)
    assert (run.code, run.err.splitlines()[0][:21]) == (1, "items/a.yaml:2: publi")
    assert city.run().err.splitlines()[0] == f"City Network: 1 new problem {city.where}"


def test_a_run_with_nothing_to_report_writes_nothing(city: City) -> None:
    city.put(GOOD + BAD)
    city.run()
    before = snapshot(city.folder)
    assert city.run() == Run(1, "", "")
    assert snapshot(city.folder) == before


@pytest.mark.parametrize("content", [b"My notes\n", b"\xff\x00", b"x" * 100_000])
def test_a_file_of_somebody_else_is_left_alone(city: City, content: bytes) -> None:
    city.reported.write_bytes(content)
    city.put(GOOD + BAD)
    for _ in range(2):
        assert city.run().err.splitlines()[0] == f"City Network: 1 new problem {city.where}"
    assert city.reported.read_bytes() == content


def test_a_file_that_was_cut_reports_the_problems_again(city: City) -> None:
    city.put(GOOD + BAD)
    city.run()
    city.reported.write_bytes(city.reported.read_bytes().splitlines(keepends=True)[0])
    assert city.run().err.splitlines()[0] == f"City Network: 1 new problem {city.where}"
    assert city.run().err == ""
    city.reported.write_bytes(city.reported.read_bytes().splitlines(keepends=True)[0])
    city.put(GOOD)
    assert city.run() == Run(0, "", "")
    assert not city.reported.exists()


def test_a_link_is_not_followed(city: City) -> None:
    city.put(GOOD + BAD)
    city.reported.symlink_to(city.folder / "elsewhere")
    Path(f"{city.reported}.new").symlink_to(city.folder / "elsewhere")
    for _ in range(2):
        assert city.run().err
    assert not (city.folder / "elsewhere").exists()


def test_others_cannot_read_what_was_reported(city: City) -> None:
    city.put(GOOD + BAD)
    city.run()
    assert city.reported.stat().st_mode & 0o777 == 0o600


def test_a_log_of_cron_has_an_object_a_line(city: City) -> None:
    city.put(GOOD + BAD)
    head, problem, foot = map(json.loads, city.run("--log-format", "json").err.splitlines())
    assert head["message"] == f"City Network: 1 new problem {city.where}"
    assert (problem["path"], problem["line"]) == ("items/a.yaml", 2)
    assert foot["level"] == "info"


def test_a_title_cannot_act_on_the_terminal_of_who_reads(city: City) -> None:
    (city.folder / "topicfeeds.toml").write_text(SITE.replace("City Network", "a\\u001b[31mb"), "utf-8")
    city.put(GOOD + BAD)
    assert city.run().err.startswith("a\\x1b[31mb: 1 new problem ")
