"""A site in a folder, built again and again in this process as cron builds it, at times that tests choose."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lxml import etree

from topicfeeds import Changes
from topicfeeds.cli.shortcut import Check, check_paths
from topicfeeds.run.flow import Options
from topicfeeds.run.site import build_site
from topicfeeds.state.database import open_database
from topicfeeds.state.paths import SitePaths, default_paths

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ATOM = "{http://www.w3.org/2005/Atom}"

Row = Mapping[str, object]


def row(name: str, **fields: object) -> Row:
    """Write an article down."""
    return {"id": name, "title": f"About {name}", "published": "2026-03-01", **fields}


@dataclass(frozen=True)
class City:
    """A folder with a site file, one source, and what comes of them."""

    folder: Path

    @classmethod
    def create(cls, folder: Path, *rows: Row, **settings: Any) -> City:
        """Write a site file and its items."""
        city = cls(folder)
        city.configure(**settings)
        city.put(*rows)
        return city

    def configure(self, more: str = "", path: str = "items.jsonl", **settings: object) -> None:
        """Write the site file; `settings` are those of the feeds, `more` is added to its source."""
        feeds = "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
        head = 'title = "City"\nurl = "https://www.city.example/"\n'
        text = f'{head}[[sources]]\npath = "{path}"\n{more}\n[feeds]\n{feeds}'
        (self.folder / "topicfeeds.toml").write_text(text, "utf-8")

    def put(self, *rows: Row, name: str = "items.jsonl") -> None:
        """Write items into a source."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{json.dumps(one)}\n" for one in rows), "utf-8")

    @property
    def site(self) -> Path:
        return self.folder / "topicfeeds.toml"

    @property
    def public(self) -> Path:
        return self.folder / "public"

    @property
    def place(self) -> SitePaths:
        return default_paths(str(self.site))

    @property
    def state(self) -> Path:
        return Path(self.place.state)

    def build(self, now: datetime = NOON, jobs: int = 1, **options: Any) -> Changes:
        """Build, at a moment."""
        return build_site(self.place, Options(now=now, jobs=jobs, **options))

    def build_into(self, output: str, now: datetime = NOON) -> Changes:
        """Build into another folder, named from that of the site."""
        return build_site(default_paths(str(self.site), str(self.folder / output)), Options(now=now))

    def is_up_to_date(self, now: datetime = NOON) -> bool:
        """Tell whether a build has nothing to do at a moment."""
        return self.check(now).refused is not None

    def check(self, now: datetime = NOON) -> Check:
        """Check for "nothing to do", as a build does."""
        return check_paths(self.place, now.timestamp())

    @property
    def cache(self) -> Path:
        return Path(f"{self.state}.cache")

    def sql(self, query: str, *values: object, cache: bool = False, sealed: bool = True) -> list[Any]:
        """Look into the memory or the cache, or edit it; `sealed` says whether the checksums fit after an edit."""
        return edit_state(self.cache if cache else self.state, query, *values, sealed=sealed)


def edit_state(path: Path, query: str, *values: object, sealed: bool = True) -> list[Any]:
    """Run a query on the memory or the cache; `sealed` says whether the checksums fit afterwards."""
    with closing(open_database(str(path), "rw")) as file:
        rows = file.execute(query, values).fetchall()
        tables = [name for (name,) in file.execute("select name from sqlite_master where type = 'table'")]
        for table in tables if sealed and not query.startswith(("select", "pragma", "alter", "drop")) else []:
            *names, last = [name for _, name, *_ in file.execute(f"pragma table_info({table})")]
            if last == "checksum" and table not in ("records", "bodies", "versions"):
                file.execute(f"update {table} set checksum = checksum({', '.join(names)})")
        return rows


def dates(folder: Path, feed: str = "all") -> dict[str, tuple[str, str]]:
    """Give `published` and `updated` of the entries of a feed that are no notices, by the end of their ids."""
    root = etree.parse(folder / f"{feed}.atom.xml").getroot()
    return {
        str(entry.findtext(f"{ATOM}id")).rpartition("/")[2]: (
            str(entry.findtext(f"{ATOM}published")),
            str(entry.findtext(f"{ATOM}updated")),
        )
        for entry in root.iter(f"{ATOM}entry")
        if ":notice/" not in str(entry.findtext(f"{ATOM}id"))
    }
