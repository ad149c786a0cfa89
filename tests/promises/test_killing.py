"""A run may be ended at any moment, and others may run beside it: what is on the web is whole."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from support import command
from support.polling import FAULTS, polled
from support.warm import Stop, Warm

FULL = bool(os.environ.get("TOPICFEEDS_FULL"))
KILLS = 1000 if FULL else 100
REAL = KILLS if FULL else 20
"""So many of them are of a Python that was started anew."""
TOGETHER = 50
STATES = ("alpha", "bravo", "gamma", "delta")
"""States of the source, of one size each."""

Documents = dict[str, bytes]


@pytest.fixture(scope="module")
def clean(warm: Warm, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Documents]:
    """What a build of each state writes into a folder where nothing was."""
    made = {}
    for state in STATES:
        folder = started(tmp_path_factory.mktemp(state))
        put(folder, state)
        assert warm.run("build", cwd=folder).code == 0
        made[state] = documents(folder)
    return made


def started(folder: Path) -> Path:
    """Write a site file."""
    site = 'title = "City"\nurl = "https://www.city.example/"\n[[sources]]\npath = "items.jsonl"\n'
    (folder / "topicfeeds.toml").write_text(site, "utf-8")
    return folder


def put(folder: Path, state: str, name: str = "items.jsonl") -> None:
    """Bring the source into a state; one tag is of this state only."""
    items = (
        {
            "id": f"item {n}",
            "title": f"{state} {n}",
            "published": f"2020-01-{n % 28 + 1:02}",
            "updated": f"2020-02-{n % 28 + 1:02}",
            "content": f"<p>{state}</p>" * 40,
            "topics": [f"topic {n % 12}"],
            "tags": [f"tag {n % 30}", f"tag {(n + 1) % 30}"] + [f"of {state}"] * (n == 0),
        }
        for n in range(60)
    )
    (folder / name).write_text("".join(f"{json.dumps(item)}\n" for item in items), "utf-8")


def documents(folder: Path) -> Documents:
    """Give what is published, and anything else that lies beside it."""
    public = folder / "public"
    files = (path for path in public.rglob("*") if path.is_file() and path.name != ".topicfeeds.lock")
    return {path.relative_to(public).as_posix(): path.read_bytes() for path in files}


def temporary(folder: Path) -> list[str]:
    return [path for path in documents(folder) if path.endswith(".topicfeeds-tmp")]


def moment(chance: random.Random, whole: float, folder: Path) -> Stop:
    """Choose when to kill: at any moment of a run, mostly late, as the first part only reads; or among the renames."""
    if chance.random() < 0.25:
        return Stop(chance.uniform(0, 0.005), watched=str(folder / "public/all.atom.xml"))
    return Stop(chance.triangular(0, whole, 0.8 * whole))


def phase(folder: Path, before: Documents) -> str:
    """Tell from what a killed run left how far it came."""
    now = documents(folder)
    renamed = any(now[path] != before[path] for path in before)
    if temporary(folder):
        return "among the renames" if renamed else "while writing"
    return "after the renames" if renamed else "before writing"


def recover(warm: Warm, folder: Path, expected: Documents) -> None:
    """Run to the end, and again: the bytes are those of a clean build, and then nothing is to do."""
    run = warm.run("build", cwd=folder)
    assert (run.code, run.err.count("\n")) in [(0, 1), (0, 0)], run
    assert {path: content for path, content in documents(folder).items() if path in expected} == expected
    assert temporary(folder) == []
    again = warm.run("build", cwd=folder)
    assert (again.code, again.out, again.err) == (0, "", "")
    assert len(list((folder / ".topicfeeds").iterdir())) == 2  # memory and cache


def typical(warm: Warm, folder: Path, *, real: bool) -> float:
    """Measure how long a whole build takes."""
    times = []
    for state in ("alpha", "bravo") * 2:
        put(folder, state)
        run = warm.run("build", cwd=folder, real=real)
        assert run.code == 0, run.err
        times.append(run.seconds)
    return sorted(times)[1]


def test_a_run_that_is_killed_at_any_moment_tears_nothing_and_the_next_one_mends_all(
    warm: Warm, clean: dict[str, Documents], tmp_path: Path
) -> None:
    chance, folder = random.Random(KILLS), started(tmp_path)
    whole = {real: typical(warm, folder, real=real) for real in (False, True)}
    names = clean["alpha"].keys() & clean["bravo"].keys()  # others become empty, with a date
    allowed = {name: {clean[state][name] for state in ("alpha", "bravo")} for name in names}
    phases, builds, recovered = Counter[str](), 0, 0
    with polled(folder / "public", allowed) as counts:
        while phases.total() < KILLS:
            builds += 1
            state, real = STATES[builds % 2], phases.total() % (KILLS // REAL) == 0
            put(folder, state)
            before = {path: content for path, content in documents(folder).items() if path in names}
            run = warm.run("build", cwd=folder, real=real, stop=moment(chance, whole[real], folder))
            assert run.code in (0, -signal.SIGKILL), run
            assert "Traceback" not in run.err
            if run.code:
                phases[phase(folder, before)] += 1
            if chance.random() < 0.1 or phases.total() == KILLS:
                recover(warm, folder, clean[state])
                recovered += 1
    print(f"{builds} builds; {KILLS} were killed, {dict(phases)}; {recovered} clean runs; {dict(counts)}")
    assert {name: counts[name] for name in FAULTS if counts[name]} == {}
    assert counts["reads"] > 100 * KILLS
    assert counts["changes"] > KILLS
    assert phases["while writing"] >= KILLS / 10
    assert phases["among the renames"] >= KILLS / 50


def test_a_first_run_that_is_killed_leaves_whole_files_and_the_next_one_mends_all(
    warm: Warm, clean: dict[str, Documents], tmp_path: Path
) -> None:
    chance, folder = random.Random(1), started(tmp_path)
    whole = typical(warm, folder, real=False)
    put(folder, "alpha")
    for _ in range(KILLS // 10):
        shutil.rmtree(folder / "public")
        shutil.rmtree(folder / ".topicfeeds")
        run = warm.run("build", cwd=folder, stop=moment(chance, whole, folder))
        assert run.code in (0, -signal.SIGKILL), run
        finished = documents(folder).items() - {(path, documents(folder)[path]) for path in temporary(folder)}
        assert finished <= clean["alpha"].items()
        recover(warm, folder, clean["alpha"])


def test_a_date_that_a_killed_run_published_is_never_given_anew(warm: Warm, tmp_path: Path) -> None:
    folder, first = started(tmp_path), 1_600_000_000
    dated = b"<published>2020-09-13T12:26:40Z</published>"
    for turn in range(KILLS // 10):
        shutil.rmtree(folder / "public", ignore_errors=True)
        shutil.rmtree(folder / ".topicfeeds", ignore_errors=True)
        event = {"id": "fair", "title": "Fair", "start": "2021-01-01", "topic": "fairs"}
        (folder / "items.jsonl").write_text(json.dumps(event), "utf-8")
        feed = folder / "public/all.atom.xml"
        warm.run("build", cwd=folder, now=first, stop=Stop(turn * 0.0001, watched=str(feed)))
        assert dated in feed.read_bytes()
        assert warm.run("build", cwd=folder, now=first + 86400).code == 0
        assert dated in feed.read_bytes()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_told_to_end_cleans_up_at_once(
    warm: Warm, clean: dict[str, Documents], tmp_path: Path, number: int
) -> None:
    chance, folder = random.Random(number), started(tmp_path)
    whole, codes = typical(warm, folder, real=False), Counter[int]()
    for turn in range(KILLS // 5):
        state, stop = STATES[turn % 2], moment(chance, whole, folder)
        put(folder, state)
        run = warm.run("build", cwd=folder, stop=replace(stop, number=number))
        assert run.code in (0, 128 + number, -number), run  # a shell says 128 + number of both
        codes[run.code] += 1
        assert "Traceback" not in run.err
        now = documents(folder).items()
        assert temporary(folder) == []
        assert any(clean[state].items() <= now for state in STATES[:2])
        if turn % 5 == 0:
            recover(warm, folder, clean[state])
    print(f"signal {number}: {dict(codes)}")
    assert codes[128 + number]


def test_an_interrupt_while_libraries_are_loaded_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt", "utf-8")
    run = command("build", cwd=started(tmp_path), env={"PYTHONPATH": str(tmp_path)})
    assert (run.code, run.out, run.err) == (130, "", "")


def beside(folder: Path) -> list[list[str]]:
    """Write one site file for each state, and give the commands that build them into one folder, with one memory."""
    lines = []
    for state in STATES:
        put(folder, state, f"{state}.jsonl")
        site = (folder / "topicfeeds.toml").read_text("utf-8").replace("items.jsonl", f"{state}.jsonl")
        (folder / f"{state}.toml").write_text(site, "utf-8")
        lines.append(["build", "--site", f"{state}.toml", "--output", "public", "--state", "state.sqlite"])
    return lines


def test_of_four_runs_at_once_each_is_done_or_turned_away_and_one_whole_set_is_left(
    warm: Warm, clean: dict[str, Documents], tmp_path: Path
) -> None:
    folder, codes, left = started(tmp_path), Counter[int](), Counter[str]()
    lines = beside(folder)
    for turn in range(TOGETHER):
        if turn % 5 == 0:
            shutil.rmtree(folder / "public", ignore_errors=True)
            (folder / "state.sqlite").unlink(missing_ok=True)
        runs = dict(zip(STATES, warm.together(lines, folder), strict=True))
        codes.update(run.code for run in runs.values())
        assert {run.code for run in runs.values()} <= {0, 75}, runs
        now = documents(folder)
        whole = [state for state in STATES if clean[state].items() <= now.items()]
        assert [runs[state].code for state in whole] == [0]
        assert temporary(folder) == []
        left.update(whole)
    print(f"{TOGETHER} times four at once: codes {dict(codes)}; the set that was left: {dict(left)}")
    assert codes[0] >= TOGETHER
    assert codes[75] >= TOGETHER


def test_of_four_runs_at_once_that_wait_all_are_done(warm: Warm, clean: dict[str, Documents], tmp_path: Path) -> None:
    folder = started(tmp_path)
    lines = [[*line, "--wait", "60"] for line in beside(folder)]
    for _ in range(3):
        runs = warm.together(lines, folder)
        assert [run.code for run in runs] == [0, 0, 0, 0], runs
        now = documents(folder)
        assert sum(clean[state].items() <= now.items() for state in STATES) == 1
        assert temporary(folder) == []
