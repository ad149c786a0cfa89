"""An event on a site that is published again and again by the command, a day apart."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support import command
from support.serving_folder import serving

SITE = """
title = "City Network"
url = "https://www.example.org/"
feeds_url = "{url}"
timezone = "Europe/Brussels"
tag_authority = "example.org,2026"
[[sources]]
path = "items.yaml"
[feeds]
formats = ["atom", "rss", "ics"]
"""
ANNOUNCED = """
- id: fair
  title: Housing fair
  start: 2026-05-06T18:00
  end: 2026-05-06T20:00
  location: Old Customs House
  content: <p>Bring yuor questions.</p>
  topics: [housing]
  tags: [land]
"""
MOVED = ANNOUNCED.replace("2026-05-06", "2026-05-10")
CANCELLED = MOVED + "  status: cancelled\n"
MENDED = CANCELLED.replace("yuor", "your")
EMPTIED = "[]\n"
SERIES = """
- id: choir
  title: Choir
  start: 2026-03-18T19:00
  end: 2026-03-18T21:00
  recurrence: FREQ=WEEKLY;COUNT=4
  location: Church
  topics: [housing]
"""
MOVED_ON = SERIES.replace("03-18", "03-25").replace("COUNT=4", "COUNT=3")
DATE_CANCELLED = MOVED_ON + "  except: [2026-04-01]\n"
DATE_CONFIRMED = MOVED_ON

FIRST = 1772449200
"""Noon of 2 March 2026, in Brussels."""
DAY = 86400
EVENT = "tag:example.org,2026:item/fair"


class Stage:
    """A site in a folder, published by the command and served."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url, self.now = folder, url, FIRST
        (folder / "topicfeeds.toml").write_text(SITE.format(url=url), "utf-8")

    def act(self, items: str) -> None:
        """Edit the items and publish them, a day after the act before."""
        (self.folder / "items.yaml").write_text(items, "utf-8")
        run = command("build", cwd=self.folder, env={"SOURCE_DATE_EPOCH": str(self.now)})
        assert run.code == 0, run.err
        self.now += DAY

    def forget(self) -> None:
        """Delete the memory."""
        shutil.rmtree(self.folder / ".topicfeeds")


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    (folder / "public").mkdir()
    with serving(folder / "public") as url:
        yield Stage(folder, url)
