"""The shortcut ends a plain build that has nothing to do, and says why another one has something to do."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from support import command
from support.city import DAY, HOUR, NOON, City, row
from topicfeeds import __version__
from topicfeeds.cli import shortcut
from topicfeeds.cli.shortcut import Check, check_arguments
from topicfeeds.output.lock import LOCK_NAME, acquire_lock, last_success
from topicfeeds.state.documents import TEMPORARY_SUFFIX
from topicfeeds.state.paths import default_paths
from topicfeeds.state.reported import reported_path

ITEMS = (row("a", tags=["x"]), row("b", tags=["y"]))
LATER = row("later", published="2026-04-02T12:00:00Z")
LONG_AGO = 5
"""A date of a success, in seconds since 1970."""


@pytest.fixture
def city(tmp_path: Path) -> City:
    """A site of two articles, and of one that waits for a day, that was built once."""
    made = City.create(tmp_path, *ITEMS, LATER)
    made.build()
    os.utime(made.public / LOCK_NAME, (LONG_AGO, LONG_AGO))
    return made


def describe(check: Check | None) -> str | None:
    """Say what a check found: nothing to do, something to do, or nothing, as the arguments are the command's."""
    if check is None:
        return None
    return "something to do" if check.refused is None else "nothing to do"


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["build"], "nothing to do"),
        (["build", "--quiet", "--strict", "--all-problems", "--allow-shrink"], "nothing to do"),
        (["build", "--wait", "5", "--log-format=json"], "nothing to do"),
        (["build", "--cron"], "nothing to do"),
        (["build", "--site=topicfeeds.toml", "--output", "public"], "nothing to do"),
        (["build", "--jobs", "2"], "nothing to do"),
        (["build", "--output", "other"], "something to do"),
        (["build", "--site", "other.toml"], "something to do"),
        (["build", "--state", "other"], "something to do"),
        (["build", "--dry-run"], None),
        (["build", "--wait", "-1"], None),
        (["build", "--jobs", "0"], None),
        (["build", "--jobs", "x"], None),
        (["build", "--profile"], None),
        (["build", "--log-format", "xml"], None),
        (["build", "--quiet=yes"], None),
        (["build", "--site="], None),
        (["build", "--site"], None),
        (["build", "x"], None),
        (["check"], None),
        ([], None),
    ],
)
def test_arguments_that_are_not_those_of_a_plain_build_are_left_to_the_command(
    city: City, monkeypatch: pytest.MonkeyPatch, arguments: list[str], found: str | None
) -> None:
    monkeypatch.chdir(city.folder)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(NOON.timestamp())))
    assert describe(check_arguments(arguments)) == found


def test_arguments_say_which_paths_are_checked(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(city.folder)
    check = check_arguments(["build", "--output=out", "--site", "a/b.toml", "--state", "c.sqlite"])
    assert check
    assert check.paths == default_paths("a/b.toml", "out", "c.sqlite")


@pytest.mark.parametrize(
    ("epoch", "found"), [("1775044800", "nothing to do"), ("1775131200", "something to do"), ("soon", None)]
)
def test_the_environment_may_give_the_time(
    city: City, monkeypatch: pytest.MonkeyPatch, epoch: str, found: str | None
) -> None:
    monkeypatch.chdir(city.folder)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    assert describe(check_arguments(["build"])) == found


def test_a_check_without_a_reason_lists_the_refused_items_of_the_last_run(city: City) -> None:
    assert city.check() == Check(city.place, refused=[])
    city.put(*ITEMS, row("bad", published="soon"), row("odd", link="http://localhost/x"))
    city.build(allow_shrink=True)
    check = city.check()
    assert [(one.path, one.line, one.field, one.severity) for one in check.refused or ()] == [
        ("items.jsonl", 3, "published", "refused")
    ]


def test_a_check_records_a_success_only_if_there_is_nothing_to_do(city: City) -> None:
    city.put(*ITEMS)
    city.check()
    assert last_success(str(city.public)) == LONG_AGO
    city.put(*ITEMS, LATER)
    city.check()
    assert (last_success(str(city.public)) or 0) > LONG_AGO


def test_a_strict_build_that_fails_records_no_success(city: City) -> None:
    city.put(*ITEMS, row("bad", published="soon"))
    city.build(allow_shrink=True)
    os.utime(city.public / LOCK_NAME, (LONG_AGO, LONG_AGO))
    done = command("build", "--strict", cwd=city.folder, env={"SOURCE_DATE_EPOCH": str(int(NOON.timestamp()))})
    assert done.code == 65
    assert last_success(str(city.public)) == LONG_AGO


def make_output_file(name: str) -> Callable[[City], object]:
    return lambda city: (city.public / name).write_bytes(b"half")


def message_of(city: City, now: datetime = NOON) -> str | None:
    """Check, and give the first reason for a build in words."""
    reasons = shortcut.list_reasons(city.place, now.timestamp())
    assert (city.check(now).refused is None) == bool(reasons)
    return reasons[0].message if reasons else None


REASONS: dict[str, tuple[Callable[[City], object], str]] = {
    "state without sources": (
        lambda city: city.sql("delete from inputs", cache=True),
        "the state does not list the sources of an earlier build",
    ),
    "state without days": (
        lambda city: city.sql("delete from meta where name = 'retire_days'"),
        "the state does not list the sources of an earlier build",
    ),
    "another version": (
        lambda city: city.sql("update meta set value = 'topicfeeds-0.1' where name = 'versions'"),
        f"topicfeeds changed from 0.1 to {__version__}",
    ),
    "cache": (
        lambda city: city.cache.unlink(),
        "the cache is missing, or a run was killed while it wrote the state",
    ),
    "cache of another run": (
        lambda city: city.sql("update meta set value = value + 1 where name = 'run'", cache=True),
        "the cache is missing, or a run was killed while it wrote the state",
    ),
    "date of an item or event": (
        lambda city: city.sql("update meta set value = ? where name = 'due'", int(NOON.timestamp())),
        "a date of an item or event has been reached",
    ),
    "date of a removal": (
        lambda city: city.sql("update documents set retired = ? where path like 'tags/x%'", 5),
        "tags/x.atom.xml: its feed no longer exists, and its retire_days have passed",
    ),
    "clock": (
        lambda city: city.sql("update meta set value = value + 1 where name = 'now'"),
        "the clock was set back",
    ),
    "edited source": (lambda city: city.put(*ITEMS, row("new")), "items.jsonl changed"),
    "deleted source": (
        lambda city: (city.folder / "items.jsonl").unlink(),
        "items.jsonl was removed, or cannot be read",
    ),
    "edited site file": (lambda city: city.configure(limit=7), "topicfeeds.toml changed"),
    "edited document": (make_output_file("all.atom.xml"), "all.atom.xml was changed or deleted, but not by topicfeeds"),
    "deleted document": (
        lambda city: (city.public / "tags/y.rss.xml").unlink(),
        "tags/y.rss.xml was changed or deleted, but not by topicfeeds",
    ),
    "temporary file": (
        make_output_file(f"tags/.x.atom.xml{TEMPORARY_SUFFIX}"),
        f"public/tags/.x.atom.xml{TEMPORARY_SUFFIX} was left behind by a killed run",
    ),
}


@pytest.mark.parametrize(("change", "reason"), REASONS.values(), ids=REASONS)
def test_a_check_says_why_there_is_something_to_do(
    city: City, change: Callable[[City], object], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(city.folder)
    relative = default_paths("topicfeeds.toml", "public", str(city.state))
    assert shortcut.check_paths(relative, NOON.timestamp()) == Check(relative, refused=[])
    os.utime(city.public / LOCK_NAME, (LONG_AGO, LONG_AGO))
    change(city)
    found = shortcut.check_paths(relative, NOON.timestamp())
    assert found.refused is None
    assert shortcut.list_reasons(relative, NOON.timestamp())[0].message == reason
    assert last_success("public") == LONG_AGO


DUE = 'items.jsonl:3: the date of "About later" has been reached'


@pytest.mark.parametrize(
    ("hours", "reason"),
    [
        (-1, "the clock was set back"),
        (0, None),
        (23, None),
        (24, DUE),
        (48, DUE),
    ],
)
def test_a_check_depends_on_the_time(city: City, hours: int, reason: str | None) -> None:
    assert message_of(city, NOON + hours * HOUR) == reason


def test_a_database_and_standard_input_are_reasons_at_every_run(city: City) -> None:
    city.sql("insert into inputs values (1, null, null, null, null)", cache=True)
    assert message_of(city) == "databases and standard input are read in every run"
    city.put(*ITEMS)
    assert message_of(city) == "databases and standard input are read in every run"


def test_a_run_that_was_killed_while_it_wrote_the_state_is_a_reason(city: City) -> None:
    Path(f"{city.state}-journal").write_bytes(b"")
    assert message_of(city) == "a run was killed while it wrote the state"


def busy(city: City) -> object:
    return acquire_lock(str(city.public))


DOUBTS: dict[str, Callable[[City], object]] = {
    "no lock": lambda city: (city.public / LOCK_NAME).unlink(),
    "a run at work": busy,
    "no state": lambda city: city.state.unlink(),
    "a state that is none": lambda city: city.state.write_bytes(b"<html>" * 1000),
    "a state of another version": lambda city: city.sql("pragma user_version = 99"),
    "a damaged table": lambda city: city.sql("drop table documents"),
    "a damaged value": lambda city: city.sql("update meta set value = 5 where name = 'due'", sealed=False),
}


@pytest.mark.parametrize("change", DOUBTS.values(), ids=DOUBTS)
def test_a_check_that_cannot_look_leaves_all_to_the_build(city: City, change: Callable[[City], object]) -> None:
    descriptor = change(city)
    try:
        assert city.check() == Check(city.place)
        if (city.public / LOCK_NAME).exists():
            assert last_success(str(city.public)) == LONG_AGO
    finally:
        if change is busy and isinstance(descriptor, int):
            os.close(descriptor)


def test_a_check_remembers_nothing_of_the_one_before(city: City) -> None:
    city.put(*ITEMS)
    assert message_of(city) == "items.jsonl changed"
    assert message_of(city) == "items.jsonl changed"
    city.put(*ITEMS, LATER)
    assert city.check().refused == []
    assert city.check().refused == []
    assert message_of(city, NOON + DAY) == DUE
    assert city.check().refused == []


def test_the_module_holds_no_state() -> None:
    values = {name: value for name, value in vars(shortcut).items() if not name.startswith("__")}
    assert {name for name, value in values.items() if isinstance(value, (list, dict, set, bytearray))} == set()


COUNT_CHECKS = """
import sys
from topicfeeds.cli import shortcut
real = shortcut.check_paths
def check_paths(*given, **more):
    found = real(*given, **more)
    print("check:", found.refused)
    return found
shortcut.check_paths = check_paths
from topicfeeds.__main__ import main
main()
"""


@pytest.mark.parametrize(
    ("arguments", "checks"), [(["build", "--quiet"], 1), (["build", "--profile"], 1), (["build", "--dry-run"], 0)]
)
def test_a_build_is_checked_once(city: City, arguments: list[str], checks: int) -> None:
    city.put(*ITEMS, row("new"))
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(int(NOON.timestamp()))}
    done = subprocess.run(
        [sys.executable, "-c", COUNT_CHECKS, *arguments],
        cwd=city.folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0
    assert [line for line in done.stdout.splitlines() if "check:" in line] == ["check: None"] * checks


REPEAT = """
import atexit, sys
atexit.register(lambda: print(*sorted({"click", "pydantic"} & sys.modules.keys())))
from topicfeeds.%s import main
main()
"""


@pytest.mark.parametrize("options", [[], ["--quiet"], ["--all-problems"], ["--log-format", "json"], ["--cron"]])
@pytest.mark.parametrize("mistakes", [1, 60])
def test_a_run_with_nothing_to_do_repeats_errors_as_the_whole_command_does(
    city: City, options: list[str], mistakes: int
) -> None:
    city.put(*ITEMS, *(row(f"bad-{n}", published="soon") for n in range(mistakes)))
    city.build()
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(int(NOON.timestamp()))}

    def run(module: str) -> tuple[int, str, str]:
        code = [sys.executable, "-c", REPEAT % module, "build", *options]
        done = subprocess.run(code, cwd=city.folder, env=environment, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stderr, done.stdout

    code, messages, _ = run("cli.main")
    assert (code, "published" in messages) == (1, True)
    if "--cron" in options:
        Path(reported_path(str(city.state))).unlink()
        assert run("__main__") == (code, messages, "pydantic\n")  # a mail has the title of the site
        messages = ""
    assert run("__main__") == (code, messages, "\n")


def test_a_state_that_another_process_writes_is_left_to_the_build(city: City) -> None:
    with sqlite3.connect(city.state, isolation_level=None, timeout=0) as other:
        other.execute("begin exclusive")
        assert city.check() == Check(city.place)
        other.execute("rollback")
    other.close()
    assert city.check().refused == []
