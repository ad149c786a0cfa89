"""A profile charges time to the step that is at work, and to no other."""

from __future__ import annotations

import json
import time
from pathlib import Path

from support import command
from support.city import City, row
from topicfeeds.profile import NO_PROFILE, Profile

STEPS = ["start", "look", "read", "resolve", "select", "build", "render", "write", "remember", "end"]


def test_time_is_charged_to_the_innermost_step() -> None:
    profile = Profile(on=True)

    def reading() -> list[int]:
        time.sleep(0.05)
        return [1]

    with profile.measure("write"):
        assert list(profile.measure_each("read", (one for _ in range(2) for one in reading()))) == [1, 1]
        assert profile.measure_call("render", lambda: time.sleep(0.02))() is None
    steps = {step.name: step for step in profile.steps()}
    assert list(steps) == ["start", "read", "render", "write", "end"]
    assert steps["read"].time >= 0.1
    assert 0.02 <= steps["render"].time < 0.1
    assert steps["write"].time < 0.05
    assert steps["read"].cpu < 0.1  # it slept
    assert all(step.peak > 5 for step in steps.values())


def test_a_step_that_fails_ends() -> None:
    profile = Profile(on=True)
    try:
        with profile.measure("write"):
            raise KeyError
    except KeyError:
        time.sleep(0.02)
    steps = {step.name: step.time for step in profile.steps()}
    assert steps["write"] < 0.02 <= steps["end"]


def test_a_profile_that_is_off_leaves_all_as_it_is() -> None:
    some = [1]
    assert NO_PROFILE.measure_each("read", some) is some
    assert NO_PROFILE.measure_call("render", time.time) is time.time
    assert NO_PROFILE.steps() == []


def test_the_command_prints_its_steps_for_people_and_machines(tmp_path: Path) -> None:
    city = City.create(tmp_path, row("a"))
    done = command("build", "--site", city.site, "--profile", cwd=tmp_path)
    lines = [line.split() for line in done.err.splitlines()]
    at = lines.index(["step", "CPU", "(s)", "elapsed", "(s)", "peak", "memory", "(MB)"])
    assert [line[0] for line in lines[at + 1 :]] == STEPS
    assert sum(float(line[1]) for line in lines[at + 1 :]) > 0.1
    assert all(float(line[3]) > 10 for line in lines[at + 1 :])  # at least that of the process that started it (Linux)
    again = command("build", "--site", city.site, "--profile", cwd=tmp_path)
    assert [line.split()[0] for line in again.err.splitlines()] == ["step", "start", "end"]
    (city.public / "all.atom.xml").unlink()
    machine = command("build", "--site", city.site, "--profile", "--log-format", "json", cwd=tmp_path)
    logged = [json.loads(line) for line in machine.err.splitlines()]
    assert [one["step"] for one in logged if "step" in one] == STEPS
    assert all(one["cpu"] >= 0 and one["peak"] > 10 for one in logged if "step" in one)
