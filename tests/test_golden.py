"""What runs of the command do is on record in tests/golden, and stays as it is.

A record has, for each run: the exit code, what was printed, which files were written, removed, or touched though they
are the same, what the memory holds, what is retired, and how many items each source had. What was made by other
versions of Python, of libraries or of the time zones may have other bytes: then all is compared but the digests of the
files, and the test says so by skipping at its end.

Each scenario runs under one seed of Python's hashes, in turn 0, 1 and 2; with TOPICFEEDS_FULL=1 under all three.
Where a change is meant, `pytest tests/test_golden.py --bless` writes the records anew; then read the diff.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from golden.harness import RECORDS, Scenario, differences
from golden.scenarios import SCENARIOS

SEEDS = (0, 1, 2)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_runs_do_what_is_on_record(scenario: Scenario, tmp_path: Path, bless: bool) -> None:
    seeds = SEEDS if os.environ.get("TOPICFEEDS_FULL") else (SEEDS[SCENARIOS.index(scenario) % len(SEEDS)],)
    versions: list[str] = []
    for number, seed in enumerate(seeds):
        (folder := tmp_path / str(seed)).mkdir()
        made = scenario.record(folder, seed)
        if bless and number == 0:
            scenario.bless(made)
        if not scenario.path.exists():
            pytest.fail(f"{scenario.path.name} is missing: run with --bless")
        recorded = scenario.recorded()
        found = differences(recorded, made)
        if found:
            pytest.fail("\n".join([f"{scenario.name}, hash seed {seed}:", *found]), pytrace=False)
        before, now = recorded["made with"], made["made with"]
        versions = [f"{name} {before.get(name)}, here {now[name]}" for name in now if before.get(name) != now[name]]
    if versions:
        pytest.skip(f"all but the digests of files was compared: they were made with {'; '.join(versions)}")


def test_every_record_has_a_scenario() -> None:
    assert {path.stem for path in RECORDS.glob("*.json")} == {scenario.name for scenario in SCENARIOS}


def test_a_difference_names_its_run_and_its_key() -> None:
    old = {"made with": {"lxml": "1"}, "runs": [{"run": "full", "code": 0, "written": {"all.atom.xml": "aa"}}]}
    new = {"made with": {"lxml": "1"}, "runs": [{"run": "full", "code": 1, "written": {"all.atom.xml": "bb"}}]}
    assert differences(old, new) == [
        "run 1, full: code\n  on record: 0\n  now:       1",
        "run 1, full: written: all.atom.xml\n  on record: 'aa'\n  now:       'bb'",
    ]
    assert differences(old, {**new, "made with": {"lxml": "2"}}) == [
        "run 1, full: code\n  on record: 0\n  now:       1",
    ]
    assert differences(old, old) == []
