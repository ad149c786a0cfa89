"""Hundreds of runs of one site, between which everything goes wrong: each good run has the bytes of a clean build.

Between two runs, sources are edited or broken, and time passes or is put back. Before some of them, a run is killed or
finds the disk full, or a file of the state is damaged. Before each good run, the site is copied without the cache: the
clean build of the copy starts from the same memory.
"""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.city import NOON
from support.disks import filled, mounted
from support.edits import (
    LONG,
    OLD_NS,
    Add,
    Break,
    Change,
    Configure,
    Copy,
    Correct,
    Delete,
    DeleteFolder,
    Edit,
    Editor,
    Empty,
    Head,
    Nothing,
    Project,
    Rename,
    Reverse,
    Tamper,
    Undo,
)
from support.twins import drop_cache, read_documents, read_memory
from support.warm import Stop, Warm
from topicfeeds.state.paths import default_paths

RUNS = 1000 if os.environ.get("TOPICFEEDS_FULL") else 16
MINUTES = [1, 1, 1, 60, 60, 1440, 9 * 1440, 40 * 1440, -60, -9 * 1440]
FIELDS: list[dict[str, Any]] = [
    *({"title": f"Title {n}"} for n in range(5)),
    *({"content": text} for text in ("<p>x</p>", "<a href='/y'>y</a>", LONG, None)),
    *({"published": text} for text in ("2026-02-27", "2026-03-30T12:00:00Z", "2026-05-02", "nonsense", None)),
    *({"tags": names} for names in (["x"], ["X", "y y"], ["é"], [])),
    *({"topics": names} for names in (["homes"], ["Homes", "b"], [])),
    *({"id": name} for name in (None, "a", "A")),
    {"updated": "2026-04-02"},
    {"start": "2026-05-01"},
]
EVENT_FIELDS: list[dict[str, Any]] = [
    *({"start": text, "end": None} for text in ("2026-05-02", "2026-05-02T09:00", "2026-04-01")),
    *({"status": text} for text in ("cancelled", "postponed", None)),
    *({"location": text} for text in ("Barn", "Hall", None)),
    {"start": "2026-04-03T18:00", "end": None, "recurrence": "FREQ=WEEKLY;COUNT=9"},
    {"recurrence": None, "except": None},
]
SETTINGS: list[dict[str, Any]] = [
    *({"limit": number} for number in (1, 3, 50)),
    *({"formats": names} for names in (["rss"], ["atom", "ics"])),
    {"timezone": "America/New_York"},
    {"retire_days": 0},
    {"feed": "My feed"},
]
_DATED = {"published": "2026-03-25", "tags": ["x"]}
EDITS: list[Callable[[random.Random], Edit]] = [
    *[lambda chance: Change(chance.randrange(40), chance.choice(FIELDS))] * 6,
    *[lambda chance: Change(chance.randrange(40), chance.choice(EVENT_FIELDS), events=True)] * 4,
    *[lambda chance: Add(chance.randrange(15), {"title": "New", **chance.choice(({}, FIELDS[-1])), **_DATED})] * 3,
    *[lambda chance: Copy(chance.randrange(40), chance.randrange(15), chance.choice(FIELDS))] * 2,
    *[lambda chance: Delete(chance.randrange(40))] * 3,
    *[lambda chance: Undo()] * 3,
    *[lambda chance: Configure(chance.choice(SETTINGS))] * 2,
    *[lambda chance: Correct()] * 2,
    lambda chance: Rename(chance.randrange(15)),
    lambda chance: Reverse(chance.randrange(15)),
    lambda chance: Empty(chance.randrange(15)),
    lambda chance: Break(chance.randrange(15)),
    lambda chance: Head(chance.randrange(15), "Gardens\n\nGreen ones.\n\n"),
    lambda chance: Tamper(chance.randrange(40), chance.random() < 0.5),
    lambda chance: DeleteFolder(),
    lambda chance: Nothing(),
]


class Site:
    """A site that is edited and built."""

    def __init__(self, folder: Path, warm: Warm, chance: random.Random) -> None:
        self.city, self._copy, self._warm, self._chance = folder / "one/city", folder / "two/city", warm, chance
        self._folder, self._now, self.counts = folder, NOON, Counter[str]()
        self.public = self.city / "public"
        self.public.mkdir(parents=True)
        project = Project.create("jsonl", "yaml", "csv", "markdown", "listing", formats=["atom", "rss", "ics"])
        self._editor = Editor(project)

    def edit(self) -> Edit:
        """Edit the sources, and let time pass."""
        edit = self._chance.choice(EDITS)(self._chance)
        self._editor.apply(edit, self.public)
        self._editor.project.write(self.city)
        moved = self._now.timestamp() + 60 * self._chance.choice(MINUTES)
        self._now = self._now.fromtimestamp(max(moved, NOON.timestamp()), self._now.tzinfo)
        return edit

    def suffer(self) -> str:
        """Let a run be killed or find no room, or damage a file of the state; or do nothing."""
        what = self._chance.choice([*["nothing"] * 4, *["kill"] * 3, "full disk", "full disk", "damage"])
        if what == "kill":
            self._check(self.build(self.city, stop=Stop(self._chance.uniform(0, 0.15))), -9)
        if what == "full disk":
            with filled(self._folder, self._chance.randrange(40)):
                self._check(self.build(self.city), 74)
        if what == "damage":
            state = default_paths(str(self.city / "topicfeeds.toml")).state
            self._damage(Path(self._chance.choice([state, f"{state}.cache"])))
        self.counts[what] += 1
        return what

    def _damage(self, path: Path) -> None:
        if not path.exists():
            return
        content, chance = bytearray(path.read_bytes()), self._chance
        match chance.randrange(3):
            case 0:
                content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            case 1:
                del content[chance.randrange(len(content)) :]
            case _:
                at = chance.randrange(len(content) // 4096) * 4096
                content[at : at + 4096] = bytes(4096)
        path.write_bytes(content)

    def check_good_run(self) -> None:
        """Build the site, and a copy of it without cache: both have the same result."""
        shutil.rmtree(self._copy, ignore_errors=True)
        shutil.copytree(self.city, self._copy)
        drop_cache(Path(default_paths(str(self._copy / "topicfeeds.toml")).state))
        for path in read_documents(self._copy / "public") if (self._copy / "public").exists() else ():
            os.utime(self._copy / "public" / path, ns=(OLD_NS, OLD_NS))
        (clean, _), (code, told) = self.build(self._copy), self.build(self.city)
        assert self._check((code, told)) == clean
        assert _documents(self.city) == _documents(self._copy)
        if " unchanged; " in told:  # a run with nothing to do does not forget items
            assert _items(self.city) == _items(self._copy)
        self.counts[f"code {code}"] += 1

    def build(self, city: Path, stop: Stop | None = None) -> tuple[int, str]:
        """Build, and return the exit code and stderr."""
        self.counts["runs"] += city == self.city
        run = self._warm.run("build", "--allow-shrink", cwd=city, now=int(self._now.timestamp()), stop=stop)
        return run.code, run.err

    def _check(self, run: tuple[int, str], *more: int) -> int:
        """Check that a run ended as documented. 65: a source is broken, and has no last good version."""
        assert run[0] in (0, 1, 65, *more), run
        assert "Traceback" not in run[1], run
        return run[0]


def _documents(city: Path) -> dict[str, bytes]:
    return {path: content for path, (content, _) in read_documents(city / "public").items()}


def _items(city: Path) -> list[Any]:
    """Return what the memory knows of items, but for the day of the last run that had something to do."""
    return [row[:-2] for row in read_memory(Path(default_paths(str(city / "topicfeeds.toml")).state))["items"]]


def test_after_all_that_can_go_wrong_a_good_run_has_the_bytes_of_a_clean_build(warm: Warm, tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    with mounted(folder, pages=20_000):
        site, steps = Site(folder, warm, random.Random(RUNS)), list[str]()
        while site.counts["runs"] < RUNS:
            steps.append(f"{site.edit()}, then {site.suffer()}")
            try:
                site.check_good_run()
            except AssertionError as error:
                error.add_note(f"step {len(steps)}; the last: {'; '.join(steps[-3:])}")
                raise
    print(dict(site.counts))
    assert site.counts["code 0"] + site.counts["code 1"] > RUNS / 4
