"""Disks that are full, folders that are not ours, and folders that go: the old feeds stay, and the next run mends."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from faults import AFTER, BEFORE, City, Run
from needs import missing, program

SIZES = range(0, 20, 1 if os.environ.get("TOPICFEEDS_FULL") else 4)


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City(tmp_path / "city")


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[None]:
    """Mount a small file system of its own."""
    if os.geteuid():
        missing("root, to mount a file system")
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([program("mount"), "-t", "tmpfs", *options, "tmpfs", folder], check=True, timeout=30)
    try:
        yield
    finally:
        subprocess.run([program("umount"), "-l", folder], check=True, timeout=30)


def check_stopped(run: Run, city: City, old: dict[str, bytes]) -> None:
    """Check that a run said in one line why it could not write, and left all as it was."""
    assert run.code == 74, run
    assert (run.err.count("\n"), run.out, "Traceback" in run.err) == (1, "", False), run
    assert "cannot be " in run.err or "is in the way" in run.err, run
    assert city.documents() == old
    assert [name for name in city.leftovers() if name.endswith("tmp")] == []


def check_mended(city: City, new: dict[str, bytes]) -> None:
    """Check that a run finds nothing in its way any more."""
    run = city.run()
    assert (run.code, city.documents(), city.leftovers()) == (0, new, []), run


@pytest.mark.parametrize("part", ["public", ".topicfeeds"])
def test_a_full_disk_stops_the_run_and_more_room_mends_it(city: City, part: str) -> None:
    old = city.start().documents()
    assert city.run().code == 0
    new = city.documents()
    ends = []
    for size in SIZES:
        city.start(built=False)
        with mounted(city.folder / part, "-o", f"size={4 * (size + 1)}k"):
            city.edit(AFTER)
            first = city.run()
            ends.append(first.code)
            if first.code:
                check_stopped(first, city, {})
            subprocess.run(["mount", "-o", "remount,size=10m", city.folder / part], check=True, timeout=30)
            check_mended(city, new)
    assert set(ends) == {0, 74}
    assert old != new


@pytest.mark.parametrize("left", [4 * size for size in SIZES])
def test_a_disk_that_filled_up_keeps_the_old_feeds(tmp_path: Path, left: int) -> None:
    with mounted(tmp_path / "disk", "-o", "size=1m"):
        city = City(tmp_path / "disk" / "city")
        old = city.start().documents()
        filler = tmp_path / "disk" / "filler"
        with filler.open("wb") as file:
            while shutil.disk_usage(tmp_path / "disk").free > left * 1024:
                file.write(bytes(4096))
                file.flush()
        run = city.run()
        if run.code:
            check_stopped(run, city, old)
        filler.unlink()
        assert city.run().code == 0
        assert [path for path in city.documents() if "gone" in path] == []


@pytest.mark.parametrize("size", [*(100 * size for size in SIZES), 4096, 20_000, 40_000])
def test_a_limit_of_file_sizes_stops_the_run(city: City, size: int) -> None:
    old = city.start().documents()
    limit = f"import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))"
    run = city.run(sys.executable, "-c", f"{limit}; os.execv(sys.argv[1], sys.argv[1:])")
    if run.code:
        check_stopped(run, city, old)
    assert (run.code == 0) == (size == 40_000)
    assert city.run().code == 0


def test_a_disk_that_cannot_be_written_keeps_the_old_feeds(city: City) -> None:
    city.start(built=False)
    for part in ("public", ".topicfeeds"):
        with mounted(city.folder / part):
            city.edit(BEFORE)
            assert city.run().code == 0
            old = city.documents()
            city.edit(AFTER)
            subprocess.run(["mount", "-o", "remount,ro", city.folder / part], check=True, timeout=30)
            check_stopped(city.run(), city, old)
            subprocess.run(["mount", "-o", "remount,rw", city.folder / part], check=True, timeout=30)
            assert city.run().code == 0


AS_NOBODY = """
import os, sys, tempfile
from pathlib import Path
from topicfeeds import cli
sys.argv = ["topicfeeds", "build"]
here = os.getcwd()
with tempfile.TemporaryDirectory() as scratch:  # all modules are loaded while they can be
    os.chdir(scratch)
    cli.cli.main(["init"], standalone_mode=False)
    cli.cli.main(["build", "--quiet"], standalone_mode=False)
    os.chdir(here)
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
cli.main()
"""


@pytest.mark.parametrize("part", ["public", "public/tags", ".topicfeeds"])
def test_a_folder_of_somebody_else_stops_the_run(part: str) -> None:
    if os.geteuid():
        missing("root, to be somebody else")
    home = Path("/var/tmp") / f"topicfeeds-test-{os.getpid()}"  # where others may look
    try:
        city = City(home / "city")
        home.mkdir(mode=0o755)
        old = city.start().documents()
        for path in (city.folder, *city.folder.rglob("*")):
            theirs = path == city.folder / part or city.folder / part in path.parents
            os.chown(path, 0 if theirs else 65534, 0 if theirs else 65534)
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY], cwd=city.folder, capture_output=True, text=True, timeout=60
        )
        err = done.stderr.replace("now run: topicfeeds build --site topicfeeds.toml\n", "")
        out = done.stdout.replace("topicfeeds.toml\nitems/first.yaml\n", "")
        check_stopped(Run(done.returncode, out, err), city, old)
        assert city.run().code == 0
    finally:
        shutil.rmtree(home, ignore_errors=True)


def test_a_file_in_place_of_a_folder_stops_the_run(city: City) -> None:
    for part in ("public", ".topicfeeds"):
        old = city.start(built=False).documents()
        (city.folder / part).write_text("mine", "utf-8")
        check_stopped(city.run(), city, old)
        assert (city.folder / part).read_text("utf-8") == "mine"
        (city.folder / part).unlink()
        assert city.run().code == 0


def test_a_folder_that_is_deleted_half_way_is_made_again(city: City) -> None:
    city.start()
    codes, over = set(), threading.Event()

    def delete() -> None:
        while not over.is_set():
            shutil.rmtree(city.folder / "public", ignore_errors=True)

    thread = threading.Thread(target=delete)
    thread.start()
    try:
        for _ in range(10):
            run = city.run()
            codes.add(run.code)
            assert "Traceback" not in run.err
            assert run.code == 0 or (run.code == 74 and run.err.count("\n") == 1), run
    finally:
        over.set()
        thread.join(30)
    assert 74 in codes
    assert city.run().code == 0
    assert sorted(city.documents()) == sorted(
        f"{n}.{k}.xml" for n in ("all", "tags/x", "tags/y") for k in ("atom", "rss")
    )
    assert stat.S_ISDIR((city.folder / "public").stat().st_mode)
