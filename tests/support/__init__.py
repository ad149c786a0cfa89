"""Small things that many tests share: a site, an article, a run of the command."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from support.needs import ROOT
from topicfeeds import Article, Entry, Event, Feed, Problem, Site, read, select
from topicfeeds.entries.headers import make_headers
from topicfeeds.entries.model import Candidate, Schedule
from topicfeeds.entries.resolve import Resolver
from topicfeeds.formats.body import make_content
from topicfeeds.formats.event_text import format_title
from topicfeeds.formats.render_cache import RenderCache
from topicfeeds.sources.model import ItemLike

EXAMPLE = ROOT / "examples" / "city-network"
CORPUS = ROOT / "tests" / "corpus"
CASES = sorted(path for path in (CORPUS / "feeds").iterdir() if path.is_dir())
EVENTS = sorted(path for path in (CORPUS / "events").iterdir() if path.is_dir())


def site(**fields: Any) -> Site:
    """Make a site of a few fields."""
    return Site.model_validate(
        {"title": "City Network", "url": "https://www.example.org/", "tag_authority": "example.org,2026", **fields}
    )


def article(**fields: Any) -> Article:
    """Make an article of a few fields."""
    return Article.model_validate({"id": "one", "title": "New homes", "published": date(2026, 3, 1), **fields})


def event(**fields: Any) -> Event:
    """Make an event of a few fields."""
    given = {"id": "fair", "title": "Fair", "published": date(2026, 3, 1), "start": date(2026, 5, 1), **fields}
    return Event.model_validate(given)


def folder_site(folder: Path) -> Site:
    """Read the site file of an example or a case."""
    return Site.model_validate(tomllib.loads((folder / "topicfeeds.toml").read_text("utf-8")))


def folder_feeds(folder: Path) -> Mapping[str, Feed]:
    """Select the feeds of an example or a case; what is refused there is left out."""
    return select(folder_site(folder), read(folder_site(folder), folder), problems=[])


def as_shown(feed: Feed) -> tuple[Entry, ...]:
    """Return the entries of a feed as readers see them: their content is the body that the formats publish.

    An event has its status in the title, a line with its date, and a calendar file.
    """
    return tuple(_show(entry, feed, RenderCache()) for entry in feed.entries)


def _show(entry: Entry, feed: Feed, cache: RenderCache) -> Entry:
    content, files = make_content(entry, feed, cache)
    return replace(entry, title=format_title(entry, feed), content=content, enclosures=tuple(files))


def schedule_of(item: Event, now: datetime, **settings: Any) -> Schedule:
    """Give what a moment says about an event, by the settings of feeds."""
    made = site(feeds=settings)
    [candidate] = [
        one for one in Resolver(made, now=now).resolve_all(make_headers(made, [item])) if isinstance(one, Candidate)
    ]
    assert candidate.event
    return candidate.event


def snapshot(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    """Give bytes, inode and mtime of every file but the lock."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != ".topicfeeds.lock"]
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_ino, path.stat().st_mtime_ns)
        for path in files
    }


def problems_of(items: Iterable[ItemLike], **fields: Any) -> list[str]:
    """Give the findings about items, as they are printed."""
    problems: list[Problem] = []
    select(site(**fields), items, problems=problems)
    return [str(problem) for problem in problems]


@dataclass(frozen=True)
class Run:
    """What a run of the command left."""

    code: int
    out: str
    err: str


def command(*arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> Run:
    """Run the command as cron would: no terminal, and nothing but what it needs in the environment."""
    kept = ("PATH", "HOME", "PYTHONPATH", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
    plain = {name: value for name, value in os.environ.items() if name in kept}
    done = subprocess.run(
        [sys.executable, "-m", "topicfeeds", *map(str, arguments)],
        cwd=cwd,
        env={**plain, "PYTHONWARNINGS": "error", **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    return Run(done.returncode, done.stdout.decode(), done.stderr.decode())
