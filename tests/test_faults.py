"""Whatever call fails, or is the last: the old feeds are whole, a line says why, and the next run mends."""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path

import pytest

from faults import Call, City

FAULTS = ("error=ENOSPC", "error=EIO", "error=EACCES", "error=EMFILE", "signal=KILL")
SAMPLE = 25


def may_fail(call: Call, fault: str) -> bool:
    """Tell of calls whose failure rightly does not matter."""
    if call.name == "openat":
        return "O_RDONLY" in call.text or fault == "error=EACCES"
    if call.name == "fdatasync":
        return ".topicfeeds>" in call.text  # SQLite goes on where a folder is not synced
    return "EEXIST" in call.text or (call.name == "unlink" and "journal" in call.text)


def check(city: City, call: Call, fault: str, old: dict[str, bytes], new: dict[str, bytes], first: Call) -> str:
    """Let a call fail, and check all that is promised; say how the run ended."""
    run = city.fail(call, fault)
    where = f"{call.name} {call.number} {fault}: {call.text[:100]}: {run}"
    now = city.documents()
    assert "Traceback" not in run.err, where
    if run.code == 74:
        assert run.err.count("\n") == 1, where
        assert "cannot be " in run.err, where
    elif run.code == 0:
        assert may_fail(call, fault) or not run.reached, where
        assert now == new, where
    else:
        assert (run.code, fault) == (-9, "signal=KILL"), where
    if run.code and earlier(call, first):
        assert now == old, where
    for path in now | old:
        assert now.get(path) in (old.get(path), new.get(path)), where
    if run.code == 74:
        assert [name for name in city.leftovers() if name.endswith("tmp")] == [], where
    mended = city.run()
    assert (mended.code, city.documents(), city.leftovers()) == (0, new, []), f"{where}: then {mended}"
    again = city.run()
    assert (again.code, again.out, again.err) == (0, "", ""), f"{where}: at last {again}"
    return str(run.code)


def earlier(call: Call, first: Call) -> bool:
    """Tell whether a call comes before the first rename; calls of other names are compared by what they touch."""
    return call.name in ("write", "fchmod") or (call.name == "rename" and call.number <= first.number)


@pytest.mark.parametrize("built", [True, False], ids=["an edit", "a first build"])
def test_whatever_call_fails_the_feeds_are_whole_and_the_next_run_mends(tmp_path: Path, built: bool) -> None:
    city = City(tmp_path / "city")
    old = city.start(built=built).documents()
    calls = city.calls()
    new = city.documents()
    renames = [call for call in calls if call.name == "rename"]
    assert len(renames) == 6
    assert {call.name for call in calls} >= {"openat", "write", "pwrite64", "fsync", "fdatasync", "unlink"}
    tries = [(call, fault) for call in calls for fault in FAULTS]
    if not os.environ.get("TOPICFEEDS_FULL"):
        tries = random.Random(built).sample(tries, SAMPLE)
    ends: Counter[str] = Counter()
    for call, fault in tries:
        city.start(built=built)
        ends[check(city, call, fault, old, new, renames[0])] += 1
    print(f"{len(tries)} faults: {dict(ends)}")
