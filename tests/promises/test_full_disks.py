"""Disks that are full, folders that are not ours, and folders that go: the old feeds stay, and the next run mends."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pytest

from support.disks import filled, mount, mounted
from support.faults import SAID, City
from support.needs import program
from support.warm import Warm

SIZES = [*range(19), 1000]
"""Pages: the last are more than enough."""


@pytest.fixture
def city(tmp_path: Path, warm: Warm) -> City:
    return City(tmp_path, warm)


@pytest.mark.parametrize("part", ["public", ".topicfeeds", ""], ids=["output", "state", "both"])
@pytest.mark.parametrize("built", [True, False], ids=["an edit", "a first build"])
def test_a_full_disk_stops_the_run_and_more_room_mends_it(tmp_path: Path, warm: Warm, built: bool, part: str) -> None:
    city, codes = City(tmp_path, warm, built=built), []
    (city.template / part).mkdir(exist_ok=True)
    for left in SIZES:
        city.start()
        with mounted(city.folder / part):
            with filled(city.folder / part, left):
                run = city.run()
            codes.append(run.code)
            if run.code:
                city.check_stopped(run)
            city.check_mended()
    assert codes == sorted(codes, reverse=True)
    assert set(codes) == {74, 0}
    assert codes.count(74) > 3


def test_a_disk_without_room_for_another_file_stops_the_run(city: City) -> None:
    with mounted(city.folder):
        for left in range(3):
            used = len(list(city.folder.rglob("*"))) + 1
            mount(city.folder, f"remount,nr_inodes={used + left}")
            city.check_stopped(city.run())
        mount(city.folder, "remount,nr_inodes=1000")
        city.check_mended()


def test_a_limit_of_file_sizes_stops_the_run(city: City) -> None:
    codes = []
    for size in [*range(0, 1500, 125), 2048, 4096, 8192, 16384, 24576, 32768, 36864, 1_000_000]:
        run = city.start().run_with(program("prlimit", "util-linux"), f"--fsize={size}")
        codes.append(run.code)
        if run.code:
            city.check_stopped(run)
        city.check_mended()
    assert len(codes) == 20
    assert codes == sorted(codes, reverse=True)
    assert set(codes) == {74, 0}


@pytest.mark.parametrize("part", ["public", ".topicfeeds", ""], ids=["output", "state", "both"])
def test_a_disk_that_cannot_be_written_keeps_the_old_feeds(city: City, part: str) -> None:
    with mounted(city.folder / part):
        mount(city.folder / part, "remount,ro")
        city.check_stopped(city.run())
        mount(city.folder / part, "remount,rw")
        city.check_mended()


@pytest.mark.parametrize("part", ["public", "public/tags", ".topicfeeds"])
def test_a_folder_of_somebody_else_stops_the_run(city: City, part: str) -> None:
    folder, before = city.folder / part, list[str]()
    if os.geteuid():
        folder.chmod(0o555)
    else:  # who has no powers over others
        before = [program("setpriv", "util-linux"), "--inh-caps=-all", "--bounding-set=-all"]
        for path in (folder, *folder.rglob("*")):
            os.chown(path, 65534, 65534)
    city.check_stopped(city.run_with(*before))
    folder.chmod(0o777)
    for path in folder.rglob("*"):
        os.chown(path, os.getuid(), os.getgid())
    city.check_mended()


@pytest.mark.parametrize("part", ["public", ".topicfeeds", "public/tags", "public/all.atom.xml"])
def test_what_is_in_the_way_stops_the_run_and_stays(tmp_path: Path, warm: Warm, part: str) -> None:
    city = City(tmp_path, warm, built=False)
    path = city.folder / part
    path.parent.mkdir(exist_ok=True)
    if path.suffix:
        (path / "mine").mkdir(parents=True)
    else:
        path.write_text("mine", "utf-8")
    run = city.run()
    assert (run.code, run.out) == (74, "")
    assert SAID.fullmatch(run.err)
    assert list(city.documents()) == ([path.name] if path.is_file() and path.parent.name == "public" else [])
    if path.is_file():
        assert path.read_text("utf-8") == "mine"
        path.unlink()
    else:
        (path / "mine").rmdir()
        path.rmdir()
    city.check_mended()


@pytest.mark.parametrize("part", ["public", "public/tags", ".topicfeeds"])
def test_a_folder_that_is_deleted_half_way_is_made_again(tmp_path: Path, warm: Warm, part: str) -> None:
    city = City(tmp_path, warm, built=False)
    codes, over = list[int](), threading.Event()

    def delete() -> None:
        while not over.wait(0.01):
            shutil.rmtree(city.folder / part, ignore_errors=True)

    thread = threading.Thread(target=delete)
    thread.start()
    try:
        while len(codes) < 100 and (len(codes) < 10 or 74 not in codes):
            run = city.run()
            codes.append(run.code)
            assert run.code == 0 or (run.code == 74 and SAID.fullmatch(run.err)), run
    finally:
        over.set()
        thread.join(30)
    assert 74 in codes
    city.check_mended()
