"""Two copies of a site: an incremental build uses the cache of the last run, a clean build has no cache."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from difflib import unified_diff
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from support.edits import OLD_NS
from topicfeeds import Changes, Problem, SourceError
from topicfeeds.cli.shortcut import check_paths
from topicfeeds.run.flow import Options
from topicfeeds.run.site import build_site
from topicfeeds.state.paths import SitePaths, default_paths

SHOWN = 30
"""How many lines of a difference a failure prints."""
WIDTH = 300
"""How many characters of a line it prints."""
MEMORY = {
    "items": "select * from items order by id",
    "versions": "select * from versions order by id",
    "documents": "select path, fingerprint, size, entries, updated, retired from documents order by path",
    "accepted": "select * from accepted order by source",
    "held": "select path, line, title, until from held order by n",
    "findings": "select path, line, field, message, severity, item, name, hint from findings order by n",
    "meta": "select * from meta where name in ('retire_days', 'failed', 'failure', 'items', 'now', 'due') order by 1",
}
"""The part of the state that must not depend on the cache, as queries."""
OF_LAST_SUCCESS = {"held", "findings"}
"""What only a successful run stores: after a failed run, a state without cache may lack it."""


def drop_cache(state_path: Path) -> bool:
    """Delete the cache, and keep the memory. Return whether there was a cache."""
    found = [Path(f"{state_path}.cache{suffix}") for suffix in ("", "-journal", "-wal", "-shm")]
    found = [path for path in found if path.exists()]
    for path in found:
        path.unlink()
    return bool(found)


def read_memory(state_path: Path) -> dict[str, list[Any]]:
    """Return rows of the state, by the names of `MEMORY`. A table that the memory lacks is read from the cache."""
    rows: dict[str, list[Any]] = {name: [] for name in MEMORY}
    for path in (Path(f"{state_path}.cache"), state_path):
        if path.exists():
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
                # A run checks a row of `versions` only when it uses it: the row may be damaged.
                file.text_factory = lambda text: text.decode("utf-8", "replace")
                there = {name for (name,) in file.execute("select name from sqlite_master where type = 'table'")}
                rows |= {name: file.execute(MEMORY[name]).fetchall() for name in MEMORY if name in there}
    return rows


def read_documents(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return bytes and modification time of each document, by its path."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != ".topicfeeds.lock"]
    return {path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


@dataclass(frozen=True)
class Outcome:
    """What a build left and reported."""

    documents: dict[str, tuple[bytes, int]]
    memory: dict[str, list[Any]]
    changes: Changes | None
    error: SourceError | None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The reported problems. A build does not report a warning again if its file is unchanged."""
        return self.changes.problems if self.changes else self.error.problems if self.error else ()

    def counts(self) -> dict[str, object]:
        """Return the exit code, the error and the counts."""
        if self.error:
            return {"exit code": int(self.error.exit_code), "error": self.error.message}
        assert self.changes
        total = len(self.changes.written) + self.changes.unchanged
        names = ("items", "refused", "retired", "removed")
        return {"exit code": 0, "documents": total, **{name: getattr(self.changes, name) for name in names}}


class Twins:
    """A site in the folder `one`, and before each build a copy of it in the folder `two`.

    The copy has no cache, and its documents have other modification times: so a clean build renders all of them.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.city = folder / "one/city"
        self.city.mkdir(parents=True)
        (self.city / "public").mkdir()

    def build(self, now: datetime, *, jobs: int = 1, clean_jobs: int = 1, **options: Any) -> list[str]:
        """Build both copies, and return the differences."""
        paths = _paths(self.city)
        before = _last_outcome(paths)
        is_up_to_date = (
            check_paths(
                paths, now.timestamp(), **{name: options.get(name, False) for name in ("strict", "allow_shrink")}
            ).refused
            is not None
        )
        other, had_cache = self._copy()
        clean = _build(other, clean_jobs, now=now, **options)
        incremental = _build(paths, jobs, now=now, **options)
        found = [*_compare(incremental, clean), *_check_written(before, incremental)]
        found += _check_warnings(before, incremental, clean)
        if before.documents and not had_cache:
            found.append("there was no cache, so both builds were clean (adapt `drop_cache`)")
        if is_up_to_date and (_contents(before) != _contents(clean) or clean.error):
            found.append("`topicfeeds build` would have nothing to do, but a clean build changes something")
            found += _compare(before, clean)
        lost = _item_ids(before) - _item_ids(incremental) if incremental.error else set()
        if lost:
            found.append(f"a failed run deleted items from the memory: {sorted(lost)}")
        return found

    def memory(self) -> dict[str, list[Any]]:
        """Return the rows of the memory after the incremental build."""
        return read_memory(Path(_paths(self.city).state))

    def _copy(self) -> tuple[SitePaths, bool]:
        shutil.rmtree(self._folder / "two", ignore_errors=True)
        shutil.copytree(self.city, self._folder / "two/city")
        paths = _paths(self._folder / "two/city")
        had_cache = drop_cache(Path(paths.state))
        for path in read_documents(Path(paths.folder)):
            os.utime(Path(paths.folder, path), ns=(OLD_NS, OLD_NS))
        return paths, had_cache


def _paths(city: Path) -> SitePaths:
    return default_paths(str(city / "topicfeeds.toml"))


def _last_outcome(paths: SitePaths) -> Outcome:
    return Outcome(read_documents(Path(paths.folder)), read_memory(Path(paths.state)), None, None)


def _build(paths: SitePaths, jobs: int, **options: Any) -> Outcome:
    changes, error = None, None
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CITY", str(Path(paths.site).parent))  # for databases, whose paths do not start at the site file
        try:
            changes = build_site(paths, Options(jobs=jobs, **options))
        except SourceError as caught:
            error = caught
    return Outcome(read_documents(Path(paths.folder)), read_memory(Path(paths.state)), changes, error)


def _item_ids(outcome: Outcome) -> set[str]:
    return {row[0] for row in outcome.memory["items"]}


def _contents(outcome: Outcome) -> dict[str, bytes]:
    return {path: content for path, (content, _) in outcome.documents.items()}


def _compare(incremental: Outcome, clean: Outcome) -> Iterator[str]:
    """Yield the differences between the results of both builds."""
    left, right = _contents(incremental), _contents(clean)
    for path in sorted(left.keys() | right.keys()):
        if left.get(path) != right.get(path):
            yield from _diff(path, *(_lines(some.get(path)) for some in (left, right)))
    for name in (name for name in MEMORY if not clean.error or name not in OF_LAST_SUCCESS):
        rows = (list(map(repr, outcome.memory[name])) for outcome in (incremental, clean))
        yield from _diff(f"table {name}", *rows)
    if incremental.changes or incremental.error:
        results = ([f"{name}: {one}" for name, one in outcome.counts().items()] for outcome in (incremental, clean))
        yield from _diff("result", *results)
        serious = (
            [repr(one) for one in outcome.problems if one.severity != "warning"] for outcome in (incremental, clean)
        )
        yield from _diff("refused and unreadable", *serious)


def _check_written(before: Outcome, after: Outcome) -> Iterator[str]:
    """Check that the incremental build reported exactly the documents that it changed, and touched no others."""
    changed = {path for path, content in _contents(after).items() if _contents(before).get(path) != content}
    touched = {path for path, document in after.documents.items() if before.documents.get(path) != document}
    reported = set(after.changes.written) if after.changes else set()
    if not changed == touched == reported:
        yield f"changed: {sorted(changed)}, touched: {sorted(touched)}, reported: {sorted(reported)}"


def _check_warnings(before: Outcome, incremental: Outcome, clean: Outcome) -> Iterator[str]:
    """Check that new warnings are reported, and that all reported warnings exist."""
    known = {
        (path, name, text) for path, _, name, text, severity, *_ in before.memory["findings"] if severity == "warning"
    }
    [reported, all_of_them] = (
        [repr(one) for one in outcome.problems if one.severity == "warning"] for outcome in (incremental, clean)
    )
    new = [
        repr(one)
        for one in clean.problems
        if one.severity == "warning" and (one.path, one.field, one.message) not in known
    ]
    for name, some, others in (("not reported", new, reported), ("unfounded", reported, all_of_them)):
        yield from (f"warning {name}: {one}" for one in some if one not in others)


def _lines(content: bytes | None) -> list[str]:
    return ["(no such file)"] if content is None else content.decode().replace("><", ">\n<").splitlines()


def _diff(name: str, incremental: list[str], clean: list[str]) -> Iterator[str]:
    lines = unified_diff(incremental, clean, f"{name}, incremental", f"{name}, clean", lineterm="", n=1)
    yield from (line if len(line) < WIDTH else f"{line[:WIDTH]}..." for line in islice(lines, SHOWN))
