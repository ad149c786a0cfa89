"""The items of a source that breaks stay as they were. A line says so, and mending the source ends it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support import snapshot
from support.breaking import BREAKS, Break, good, put, remove
from support.needs import program
from support.warm import Warm

Snapshot = dict[str, tuple[bytes, int, int]]


@pytest.fixture(scope="module")
def built(warm: Warm, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders with what is published before and after the good source changes."""
    folders = {title: tmp_path_factory.mktemp(title) for title in ("old", "new")}
    for title, folder in folders.items():
        put(folder)
        good(folder, title)
        assert warm.run("build", cwd=folder).code == 0
    return folders


@pytest.fixture
def folder(built: dict[str, Path], tmp_path: Path) -> Path:
    """A site that was built; since then, its good source has changed."""
    shutil.copytree(built["old"], tmp_path, dirs_exist_ok=True)
    good(tmp_path, "new")
    return tmp_path


def mended(warm: Warm, folder: Path, built: dict[str, Path]) -> None:
    """Build from sources that are whole again: everything is as if they had never been broken."""
    put(folder)
    run = warm.run("build", cwd=folder)
    assert run.code == 0, run.err
    assert contents(folder) == contents(built["new"])


def contents(folder: Path) -> dict[str, bytes]:
    return {path: content for path, (content, *_) in snapshot(folder / "public").items()}


@pytest.mark.parametrize("one", BREAKS, ids=str)
def test_while_a_source_is_broken_its_items_stay_and_the_rest_is_published(
    one: Break, warm: Warm, folder: Path, built: dict[str, Path]
) -> None:
    one.do(folder / one.file)
    expected_lines = one.lines
    for expected in ("new", "new") if one.code == 1 else ("old", "old"):
        run = warm.run("build", "--all-problems", cwd=folder)
        lines = [line for line in run.err.splitlines() if " unchanged" not in line]
        assert (run.code, lines) == (one.code, expected_lines)
        expected_lines = [line for line in expected_lines if ": warning: " not in line]
        assert contents(folder) == contents(built[expected])
    status = warm.run("status", cwd=folder)
    assert status.code == 0
    remove(folder / one.file)
    mended(warm, folder, built)


def test_the_items_of_a_source_without_permission_stay(warm: Warm, folder: Path, built: dict[str, Path]) -> None:
    (folder / "items.json").touch()  # a file that did not change is not opened
    (folder / "items.json").chmod(0)
    less = "-dac_override,-dac_read_search"  # what lets root read all the same
    able = (
        [program("setpriv", "util-linux"), f"--inh-caps={less}", f"--bounding-set={less}"] if os.geteuid() == 0 else []
    )
    done = subprocess.run(
        [*able, sys.executable, "-m", "topicfeeds", "build"], cwd=folder, capture_output=True, text=True, timeout=60
    )
    advice = "check the owner and permissions of the file and its folders"
    stay = "items.json:1: 12 items stay as last published, until this is corrected"
    said = [f"items.json:1: cannot be read: Permission denied ({advice})", stay]
    assert (done.returncode, done.stderr.splitlines()[:2]) == (1, said)
    assert contents(folder) == contents(built["new"])
    (folder / "items.json").chmod(0o644)
    mended(warm, folder, built)


@pytest.mark.parametrize(("options", "code"), [((), 1), (("--strict",), 65)])
def test_everything_twice_with_other_titles_leaves_the_first_of_each(
    warm: Warm, folder: Path, built: dict[str, Path], options: tuple[str, ...], code: int
) -> None:
    good(folder, "old")
    before = snapshot(folder / "public")
    lines = folder / "lines.jsonl"
    lines.write_bytes(lines.read_bytes() + lines.read_bytes().replace(b'"title": "', b'"title": "Draft: '))
    run = warm.run("build", *options, cwd=folder)
    said = [
        f'lines.jsonl:{n + 12}: id: "jsonl-{n}" is already the id of lines.jsonl:{n} (give each item its own id)'
        for n in range(1, 13)
    ]
    assert (run.code, run.out, run.err.splitlines()[:12]) == (code, "", said)
    assert snapshot(folder / "public") == before
    good(folder, "new")
    mended(warm, folder, built)


def test_a_watcher_is_told_once_a_source_has_been_broken_for_too_long(warm: Warm, folder: Path) -> None:
    assert warm.run("status", "--max-age", "1h", cwd=folder).code == 0
    remove(folder / "items.json")
    long_ago = time.time() - 7200
    os.utime(folder / "public/.topicfeeds.lock", (long_ago, long_ago))
    assert warm.run("build", cwd=folder).code == 1
    late = warm.run("status", "--max-age", "1h", cwd=folder)
    assert (late.code, late.err.startswith("The last success was more than 1 hour ago")) == (1, True)
    assert warm.run("status", "--max-age", "3h", cwd=folder).code == 0
    put(folder)
    assert warm.run("build", cwd=folder).code == 0
    assert warm.run("status", "--max-age", "1h", cwd=folder).code == 0
