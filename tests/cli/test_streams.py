"""Nobody reads what a run prints: that is no traceback, and changes neither what it does nor its exit code."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.faults import City
from support.warm import Warm

CODES = [0, 1, 2, 65, 74, 75]
WAYS = ["", ">&-", "2>&-", "<&- >&- 2>&-", ">/dev/full", "2>/dev/full", ">/dev/full 2>/dev/full"]


@pytest.fixture
def city(tmp_path: Path, warm: Warm) -> City:
    return City(tmp_path, warm)


def bring_about(code: int, city: City) -> int:
    """Make the next run end with a code; gives the descriptor of a lock."""
    items, lock = city.folder / "items.jsonl", os.open(city.folder / "public/.topicfeeds.lock", os.O_RDONLY)
    if code == 1:
        items.write_text(items.read_text("utf-8") + '{"id": "c"}\n', "utf-8")
    elif code == 2:
        (city.folder / "topicfeeds.toml").write_text("titel", "utf-8")
    elif code == 65:
        with (city.folder / "topicfeeds.toml").open("a", encoding="utf-8") as file:
            file.write('[[sources]]\npath = "missing.jsonl"\n')
    elif code == 74:
        (city.folder / "public/tags/y.atom.xml").mkdir()
    elif code == 75:
        fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def check(city: City, code: int, ended: subprocess.CompletedProcess[str]) -> None:
    """Check code, documents and what was printed where it could be."""
    assert ended.returncode == code
    assert "Traceback" not in ended.stderr + ended.stdout
    assert "ignored" not in ended.stderr + ended.stdout
    assert city.documents() == (city.new if code in (0, 1) else city.old)


@pytest.mark.parametrize("code", CODES)
def test_streams_that_are_closed_or_full_change_nothing(city: City, code: int) -> None:
    command = f"exec {sys.executable} -m topicfeeds build"
    for way in WAYS:
        lock = bring_about(code, city.start())
        run = ["/bin/sh", "-c", f"{command} {way}"]
        ended = subprocess.run(run, cwd=city.folder, capture_output=True, text=True, timeout=60)
        os.close(lock)
        check(city, code, ended)
        assert bool(ended.stdout) == (">" not in way.replace("2>", "") and code in (0, 1))
        assert bool(ended.stderr) == ("2>" not in way)


@pytest.mark.parametrize("code", CODES)
def test_pipes_whose_readers_are_gone_change_nothing(city: City, code: int) -> None:
    lock = bring_about(code, city)
    reading, writing = os.pipe()
    os.close(reading)
    run = [sys.executable, "-m", "topicfeeds", "build"]
    ended = subprocess.run(run, cwd=city.folder, stdout=writing, stderr=writing, timeout=60)
    os.close(writing)
    os.close(lock)
    check(city, code, subprocess.CompletedProcess(run, ended.returncode, "", ""))
