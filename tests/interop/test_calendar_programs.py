"""What people keep their calendars with: vdirsyncer fetches ours, khal shows it, and what changes is there once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from support import EVENTS, event, site
from support.calendars import Appointment, Moment
from support.needs import missing
from support.occurrences import expected, written
from support.serving_folder import serving
from topicfeeds import Event, publish
from topicfeeds.state.store import State

TIMEOUT = 60
KHAL = """
[calendars]
[[city]]
path = {folder}/items
[sqlite]
path = {folder}/khal.db
[locale]
local_timezone = UTC
default_timezone = UTC
timeformat = %H:%M:%S
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M:%S
longdatetimeformat = %Y-%m-%d %H:%M:%S
"""
VDIRSYNCER = """
[general]
status_path = "{folder}/status"
[pair city]
a = "web"
b = "items"
collections = null
conflict_resolution = "a wins"
[storage web]
type = "http"
url = "{url}"
[storage items]
type = "filesystem"
path = "{folder}/items"
fileext = ".ics"
"""


def run(program: str, *arguments: str, folder: Path) -> str:
    """Run a program of a Python package, with a home of its own."""
    path = Path(sys.executable).with_name(program)
    if not path.exists():
        missing(f"{program} (pip install {program})")
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "America/New_York"}
    done = subprocess.run(
        [str(path), *arguments], capture_output=True, encoding="utf-8", env=environment, timeout=TIMEOUT, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass
class Diary:
    """The calendar of somebody who keeps it in a folder and looks at it with khal."""

    folder: Path

    def __post_init__(self) -> None:
        (self.folder / "items").mkdir()
        (self.folder / "khal.conf").write_text(KHAL.format(folder=self.folder))

    def take(self, file: Path) -> None:
        """Import a file."""
        self._khal("import", "--batch", "-a", "city", str(file))

    def fetch(self, url: str) -> None:
        """Synchronise with a calendar on the web."""
        settings = self.folder / "vdirsyncer.conf"
        settings.write_text(VDIRSYNCER.format(folder=self.folder, url=url))
        for verb in ("discover", "sync"):
            run("vdirsyncer", "-c", str(settings), verb, folder=self.folder)

    def shown(self, start: str, end: str) -> list[tuple[str, ...]]:
        """Give title, start, end and status of all that starts between two days; what takes long is listed daily."""
        form = "{title}\t{start-long-full}\t{end-long-full}\t{status}\t{all-day}"
        listed = self._khal("list", "--day-format", "", "--format", form, start, end)
        rows = {tuple(part.strip() for part in line.split("\t")) for line in listed.splitlines() if line}
        rows = {row[:4] if row[4] == "False" else (row[0], row[1][:10], row[2][:10], row[3]) for row in rows}
        return sorted(row for row in rows if start <= row[1] < end)

    def _khal(self, *arguments: str) -> str:
        return run("khal", "-c", str(self.folder / "khal.conf"), *arguments, folder=self.folder)


def imported(diary: Diary, folder: Path) -> None:
    diary.take(folder / "all.ics")


def fetched(diary: Diary, folder: Path) -> None:
    with serving(folder) as url:
        diary.fetch(f"{url}all.ics")


ONE_OF_TWO = "Where the clock shows a time twice"
"""Of which khal takes the second, where RFC 5545, 3.3.5 has the first."""
in_both_ways = pytest.mark.parametrize("get", [imported, fetched])


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    (tmp_path / "diary").mkdir()
    return Diary(tmp_path / "diary")


def spelled(moment: Moment) -> str:
    return moment if isinstance(moment, str) else f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S}"


def ending(found: Appointment) -> str | None:
    """Give the end as khal has it: with the last day; an hour after the start, where there is none."""
    if isinstance(found.end, str):
        return str(date.fromisoformat(found.end) - timedelta(days=1))
    first = found.starts[0]
    return spelled(first + 3600 if found.end is None and isinstance(first, int) else found.end or 0)


@in_both_ways
@pytest.mark.parametrize(
    "case", [case for case in EVENTS if case.name in ("days", "recurring", "times")], ids=lambda case: case.name
)
def test_khal_shows_the_moments_of_the_items(
    diary: Diary, case: Path, tmp_path: Path, get: Callable[[Diary, Path], None]
) -> None:
    start, end = "2026-01-01", "2026-11-15"
    [*_] = written(case, tmp_path)
    get(diary, tmp_path / case.name)
    shown = diary.shown(start, end)
    moments = {(one.title, spelled(when)) for one in expected(case).values() for when in one.starts}
    if ONE_OF_TWO in {row[0] for row in moments}:
        moments ^= {(ONE_OF_TWO, "2026-10-25 00:30:00"), (ONE_OF_TWO, "2026-10-25 01:30:00")}
    assert {row[:2] for row in shown} == {row for row in moments if start <= row[1] < end}
    first = {(one.title, spelled(one.starts[0]), ending(one)) for one in expected(case).values()}
    assert {row for row in first if start <= row[1] < end} <= {row[:3] for row in shown}


def versions() -> Iterator[list[Event]]:
    """Three states of a programme: announced; moved, cancelled, prolonged; one of them gone."""
    fair = {"id": "fair", "title": "Fair", "start": "2026-05-06T18:00", "end": "2026-05-06T20:00"}
    camp = {"id": "camp", "title": "Camp", "start": "2026-07-06", "end": "2026-07-12"}
    class_: dict[str, Any] = {
        "id": "class",
        "title": "Class",
        "start": "2026-05-04T10:00Z",
        "recurrence": "FREQ=WEEKLY;COUNT=2",
    }
    yield [event(**one) for one in (fair, camp, class_)]
    fair |= {"start": "2026-05-07T18:00", "end": "2026-05-07T20:00", "title": "Spring fair"}
    camp |= {"status": "cancelled"}
    class_ |= {"recurrence": "FREQ=WEEKLY;COUNT=3", "except": ["2026-05-11"]}
    yield [event(**one) for one in (fair, camp, class_)]
    yield [event(**one) for one in (fair, class_)]


FIRST = [
    ("Camp", "2026-07-06", "2026-07-12", ""),
    ("Class", "2026-05-04 10:00:00", "2026-05-04 11:00:00", ""),
    ("Class", "2026-05-11 10:00:00", "2026-05-11 11:00:00", ""),
    ("Fair", "2026-05-06 16:00:00", "2026-05-06 18:00:00", ""),
]
SECOND = [
    ("Cancelled: Camp", "2026-07-06", "2026-07-12", "CANCELLED"),
    ("Cancelled: Class", "2026-05-11 10:00:00", "2026-05-11 11:00:00", "CANCELLED"),
    ("Class", "2026-05-04 10:00:00", "2026-05-04 11:00:00", ""),
    ("Class", "2026-05-18 10:00:00", "2026-05-18 11:00:00", ""),
    ("Spring fair", "2026-05-07 16:00:00", "2026-05-07 18:00:00", ""),
]


@in_both_ways
def test_a_second_version_takes_the_place_of_the_first(
    diary: Diary, tmp_path: Path, get: Callable[[Diary, Path], None]
) -> None:
    state, city = State(), site(timezone="Europe/Brussels", feeds={"formats": ["atom", "ics"]})
    found = []
    for month, items in enumerate(versions(), 3):
        publish(city, items, tmp_path / "out", state=state, now=datetime(2026, month, 20, tzinfo=UTC))
        get(diary, tmp_path / "out")
        found.append(diary.shown("2026-01-01", "2026-12-31"))
    gone = SECOND if get is imported else SECOND[1:]  # what is only imported stays
    assert found == [FIRST, SECOND, gone]
