"""A folder in which the command runs again and again, and a record of all that each run does.

The program is a closed box here: nothing of it is imported. A run is a process; what is recorded is its exit code,
what it prints, the files that it writes, removes or touches, and the rows of its memory, read with sqlite3.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

RECORDS = Path(__file__).parent
_MAKERS = "babel click feedgen icalendar idna lxml nh3 pydantic pyromark python-dateutil tzdata"
"""Packages that make the bytes, or that have a word in what is printed."""
ZONES = Path("/usr/share/zoneinfo/tzdata.zi")
KEPT = ("PATH", "HOME", "PYTHONPATH", "TZ", "LANG", "LC_ALL", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
LONG = 60
"""Of what is printed in more lines than these, a digest and both ends are kept; of more sources, a digest."""
SHOWN = 20
"""So many differences are shown."""
LONG_AGO = 1_600_000_000
"""Sources are dated from here on, in seconds since 1970: a run trusts a date that is well in the past."""
PRINTED = "(printed)"
"""The name under which text that depends on versions of libraries is kept, as if it were a file."""

Record = dict[str, Any]
Stat = tuple[int, int, str]
"""Inode, mtime in nanoseconds, digest of the content."""


@dataclass
class Stage:
    """A folder with a site, and the runs of the command in it."""

    folder: Path
    seed: int
    """The seed of Python's hashes."""
    runs: list[Record] = field(default_factory=list)
    _before: dict[str, Stat] = field(default_factory=dict)
    _state: tuple[int, int] | None = None
    _ticks: int = 0

    def put(self, name: str, content: str | bytes) -> None:
        """Write a source where it is another than before, with a date that no earlier one had."""
        path, wanted = self.folder / name, content.encode() if isinstance(content, str) else content
        if path.is_file() and path.read_bytes() == wanted:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wanted)
        self.date(path)

    def date(self, path: Path) -> None:
        """Date a source: each a hundred seconds after the one before."""
        self._ticks += 1
        moment = (LONG_AGO + 100 * self._ticks) * 1_000_000_000 + 123_456_789
        os.utime(path, ns=(moment, moment))

    def fill(self, name: str, files: Mapping[str, str]) -> None:
        """Have just these files in a folder of sources."""
        for path in sorted((self.folder / name).glob("*")):
            if path.name not in files:
                path.unlink()
        for one, content in files.items():
            self.put(f"{name}/{one}", content)

    def run(self, label: str, now: int, *arguments: str, by_version: bool = False) -> None:
        """Run the command at a moment, and record it; what it prints may depend on versions of libraries."""
        plain = {name: value for name, value in os.environ.items() if name in KEPT}
        fixed = {"PYTHONWARNINGS": "error", "PYTHONHASHSEED": str(self.seed), "SOURCE_DATE_EPOCH": str(now)}
        done = subprocess.run(
            [sys.executable, "-m", "topicfeeds", *(arguments or ("build",))],
            cwd=self.folder,
            env={**plain, **fixed},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
            check=False,
        )
        record: Record = {"run": label, "code": done.returncode, **self._files(), **self._remembered()}
        if by_version:
            record["written"][PRINTED] = _digest(done.stdout)
        else:
            record["out"] = self._text(done.stdout)
        record["err"] = self._text(done.stderr)
        self.runs.append(record)

    def _text(self, printed: bytes) -> Any:
        """Take out of a text what is another in every run: times, and where the folder is."""
        text = printed.decode().replace(str(self.folder), "<folder>")
        text = re.sub(r"[^\s=]+/(?=pages/urban-gardens)", "<above>/", text)
        text = re.sub(r'; [0-9.]+ s(?=$|")', "; - s", text, flags=re.MULTILINE)
        text = re.sub(r'"seconds": [0-9.]+', '"seconds": "-"', text)
        text = re.sub(r"^(last (?:run|success) +)[0-9T:+-]{25} \([^)]*\)", r"\1-", text, flags=re.MULTILINE)
        lines = text.split("\n")
        if len(lines) <= LONG:
            return lines
        return {"lines": len(lines), "sha": _digest(text.encode()), "ends": [*lines[:3], *lines[-4:]]}

    def _files(self) -> Record:
        """Tell what became of the output since the last run."""
        before, now = self._before, dict(_output(self.folder / "public"))
        written = {path: stat[2] for path, stat in now.items() if path not in before or before[path][2] != stat[2]}
        touched = [path for path in now if path in before and path not in written and now[path] != before[path]]
        self._before = now
        gone = sorted(before.keys() - now.keys())
        return {"written": written, "touched though the same": touched, "removed": gone}

    def _remembered(self) -> Record:
        """Tell what the state remembers, if there is one."""
        if not (path := self.state):
            return {}
        stat = path.stat()
        before, self._state = self._state, (stat.st_ino, stat.st_mtime_ns)
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
            found = file.execute("select * from items order by id")
            columns, rows = [name for name, *_ in found.description], found.fetchall()
            retired = file.execute("select path, retired from documents where retired is not null order by path")
            accepted = file.execute("select source, items from accepted order by source").fetchall()
            return {
                "state": {"path": path.relative_to(self.folder).as_posix(), "is touched": before != self._state},
                "memory": {
                    "rows": len(rows),
                    **{name: _column(rows, n) for n, name in enumerate(columns) if name != "checksum"},
                },
                "retired": dict(retired.fetchall()),
                "accepted": dict(accepted) if len(accepted) <= LONG else _digest(json.dumps(accepted).encode()),
            }

    @property
    def state(self) -> Path | None:
        """The file that a run leaves to the next."""
        return next(iter(sorted(self.folder.glob(".topicfeeds/*.sqlite"))), None)

    def lose_state(self) -> None:
        """Delete what runs remember."""
        for path in sorted(self.folder.glob(".topicfeeds/*")):
            path.unlink()

    def age_state(self) -> None:
        """Make the state one that the version before wrote."""
        assert self.state
        with closing(sqlite3.connect(self.state)) as file, file:
            for table in ("rows", "inputs", "files", "findings", "held"):
                file.execute(f"create table {table} (n integer primary key, path text)")
            for name, facts, changes in file.execute("select id, facts, changes from items").fetchall():
                told = [[*one[:3], *map(_age_facts, one[3:5])] for one in json.loads(changes or "[]")]
                aged = facts and json.dumps(_age_facts(json.loads(facts))), json.dumps(told) if told else None
                file.execute("update items set facts = ?, changes = ? where id = ?", (*aged, name))
            file.execute("pragma user_version = 4")
        Path(f"{self.state}.cache").unlink()


def _age_facts(facts: list[Any]) -> list[Any]:
    """Give the facts about an event as the version before stored them: four, and times in UTC."""
    zone = ZoneInfo(facts[4])
    return [*(_to_utc(one, zone) if one and "T" in one else one for one in facts[:2]), *facts[2:4]]


def _to_utc(text: str, zone: ZoneInfo) -> str:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC).isoformat()


@dataclass(frozen=True)
class Scenario:
    """A site and a row of runs."""

    name: str
    play: Callable[[Stage], None]

    @property
    def path(self) -> Path:
        return RECORDS / f"{self.name}.json"

    def record(self, folder: Path, seed: int) -> Record:
        """Play it in an empty folder."""
        stage = Stage(folder, seed)
        self.play(stage)
        return {"made with": made_with(), "runs": stage.runs}

    def recorded(self) -> Record:
        record: Record = json.loads(self.path.read_text("utf-8"))
        return record

    def bless(self, record: Record) -> None:
        """Keep a record, a file or a line of text on a line of its own."""
        self.path.write_text(f"{json.dumps(record, indent=0, sort_keys=True, ensure_ascii=False)}\n", "utf-8")


def made_with() -> dict[str, str]:
    """Name what the bytes of a feed depend on beside the program."""
    found = {"python": ".".join(map(str, sys.version_info[:2]))}
    for name in _MAKERS.split():
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    found["zones of the system"] = ZONES.read_text("utf-8").partition("\n")[0] if ZONES.exists() else "none"
    return found


def differences(recorded: Record, made: Record) -> list[str]:
    """Tell in which runs and in what two records differ; digests of files count where both were made with the same."""
    is_same = recorded["made with"] == made["made with"]
    old, new = (dict(_flat(record, is_same)) for record in (recorded, made))
    found = [
        f"{place}\n  on record: {old.get(place, 'nothing')}\n  now:       {new.get(place, 'nothing')}"
        for place in dict.fromkeys([*old, *new])
        if old.get(place, "nothing") != new.get(place, "nothing")
    ]
    return found if len(found) <= SHOWN else [*found[:SHOWN], f"... and {len(found) - SHOWN} more"]


def _flat(record: Record, with_digests: bool) -> Iterator[tuple[str, str]]:
    """Name each value of a record by its run, its key, and where it is below that."""
    for number, run in enumerate(record["runs"], 1):
        for key, value in run.items():
            for below, one in _leaves(value):
                is_left_out = key == "written" and not with_digests
                yield f"run {number}, {run['run']}: {key}{below}", "(any)" if is_left_out else repr(one)


def _leaves(value: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, one in value.items():
            yield from _leaves(one, f"{above}: {key}")
    elif isinstance(value, list) and value:
        for number, one in enumerate(value, 1):
            yield from _leaves(one, f"{above}: {number}")
    else:
        yield above, value


def _output(folder: Path) -> Iterator[tuple[str, Stat]]:
    """Look at all files below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            stat = path.lstat()
            yield path.relative_to(folder).as_posix(), (stat.st_ino, stat.st_mtime_ns, _digest(path.read_bytes()))


def _column(rows: Sequence[Sequence[object]], number: int) -> str:
    """Sum up a column of a table; what is binary is written as hex."""
    values = [one.hex() if isinstance(one := row[number], bytes) else one for row in rows]
    return _digest(json.dumps(values).encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
