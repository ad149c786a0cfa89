"""Whatever call fails, or is the last: the old feeds are whole, a line says why, and the next run mends."""

from __future__ import annotations

import os
import random
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from support.faults import SAID, Call, City
from support.warm import Warm

FULL = bool(os.environ.get("TOPICFEEDS_FULL"))
WRITES = "openat,write,pwrite64,fsync,fdatasync,renameat,mkdir,mkdirat,unlink,unlinkat,chmod,fchmod,utimensat,ftruncate"
READS = "read,pread64,getdents64,flock"
FAULTS = ("error=ENOSPC", "error=EIO", "error=EACCES", "error=EMFILE", "signal=KILL")
OPENING = re.compile(r'\.sqlite", O_RDWR\|O_CREAT')
NEEDED = {"openat", "write", "pwrite64", "fsync", "fdatasync", "renameat", "unlink", "fchmod", "utimensat"}


def may_fail(call: Call, fault: str, calls: list[Call]) -> bool:
    """Tell of calls whose failure rightly does not matter."""
    if call.early:  # a look at what there is, for the check for nothing to do and for warnings that were told before
        looks = call.name in READS or ("O_RDONLY" in call.text and "O_CREAT" not in call.text)
        return looks or "EEXIST" in call.text
    if re.search(r"\.topicfeeds>(\)| *$)", call.text):  # SQLite syncs the folder of the state, if it can
        return call.name in ("openat", "fdatasync")
    # The state is opened again where what few records change is not known from these alone: its folder is there then,
    # and what SQLite cannot open for writing it opens for reading, which is enough until that is known.
    if "LOCK_UN" in call.text or (call.name == "mkdir" and "EEXIST" in call.text):  # closing a file also unlocks it
        return True
    if OPENING.search(call.text):
        return fault.startswith("error") and call is not [one for one in calls if OPENING.search(one.text)][-1]
    return False


def check(city: City, call: Call, fault: str, calls: list[Call]) -> int:
    """Let a call fail, and check all that is promised; give the exit code."""
    run = city.fail(call, fault)
    now, old, new = city.documents(), city.old, city.new
    if run.code == 74:
        assert SAID.fullmatch(run.err)
        assert run.out == ""
        assert [name for name in city.leftovers() if not name.endswith("-journal")] == []
    elif run.code == 0:
        assert may_fail(call, fault, calls)
        assert now == new
    else:
        assert (run.code, fault) == (-9, "signal=KILL")
    if run.code and not call.late:
        assert now == old
    assert all(now.get(path) in (old.get(path), new.get(path)) for path in now | old)
    city.check_mended()
    return run.code


def chosen(calls: list[Call], faults: tuple[str, ...], each: int) -> list[tuple[Call, str]]:
    """Give all faults, or, in short runs, some of each kind of call."""
    tries = [(call, fault) for call in calls for fault in faults]
    if FULL:
        return tries
    random.Random(each).shuffle(tries)
    kinds = defaultdict(list)
    for call, fault in tries:
        kinds[call.name, call.late].append((call, fault))
    return [one for kind in sorted(kinds) for one in kinds[kind][:each]]


@pytest.mark.parametrize("built", [True, False], ids=["an edit", "a first build"])
@pytest.mark.parametrize(("names", "faults"), [(WRITES, FAULTS), (READS, ("error=EIO",))], ids=["writing", "reading"])
def test_whatever_call_fails_the_feeds_are_whole_and_the_next_run_mends(
    warm: Warm, tmp_path: Path, built: bool, names: str, faults: tuple[str, ...]
) -> None:
    city = City(tmp_path, warm, built=built)
    calls = city.calls(names)
    writes = NEEDED | ({"unlinkat"} if built else {"mkdirat"})
    looks = {"pread64", "getdents64", "flock"} | ({"read"} if built else set())  # of documents that stand
    assert {call.name for call in calls} >= (writes if names == WRITES else looks)
    tries, ends = chosen(calls, faults, 1 + built), Counter[tuple[str, int]]()
    for call, fault in tries:
        try:
            ends[fault, check(city, call, fault, calls)] += 1
        except AssertionError as error:
            error.add_note(f"{fault} of {call}")
            raise
    print(f"{len(tries)} faults of {len(calls)} calls: {dict(ends)}")
    assert ends["error=EIO", 74] > 0
