"""A small site whose build is traced, so that one of its calls to the kernel can be made to fail."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from needs import program

CALLS = "openat,write,pwrite64,fsync,fdatasync,rename,mkdir,unlink,fchmod,utimensat,ftruncate"
SITE = """\
title = "City"
url = "https://www.example.org/"
[[sources]]
path = "items.jsonl"
[feeds]
per = ["tag"]
retire_days = 0
"""
BEFORE = """\
{"id": "a", "title": "A", "published": "2020-01-01", "tags": ["x"]}
{"id": "g", "title": "G", "published": "2020-01-01", "tags": ["gone"]}
"""
AFTER = """\
{"id": "a", "title": "A2", "published": "2020-01-01", "updated": "2020-02-01", "tags": ["x"]}
{"id": "b", "title": "B", "published": "2020-01-01", "updated": "2020-02-01", "tags": ["y"]}
"""
_LINE = re.compile(r"\d+ +(\w+)\((.*)")
# The same calls in every run: no order by hash, nothing compiled, nothing measured.
_PLAIN = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "SOURCE_DATE_EPOCH": "1700000000"}


@dataclass(frozen=True)
class Call:
    """One call of a build on the output folder or the state."""

    name: str
    number: int
    """Which of all calls of this name, from 1."""
    text: str
    """Its arguments and result, as strace prints them."""


@dataclass(frozen=True)
class Run:
    """What a run of the command left."""

    code: int
    out: str
    err: str
    reached: bool = True
    """Whether the call that was to fail was made: that for the age of a file depends on the clock."""


class City:
    """A site that was built, and whose items were then edited."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def start(self, *, built: bool = True) -> City:
        """Make the site anew, in the state before the edit or, not `built`, without any output."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        (self.folder / "topicfeeds.toml").write_text(SITE, "utf-8")
        os.utime(self.folder / "topicfeeds.toml", (1_600_000_000, 1_600_000_000))
        self.edit(BEFORE)
        if built:
            assert self.run().code == 0
        self.edit(AFTER)
        return self

    def edit(self, items: str) -> None:
        """Put items into the source."""
        path = self.folder / "items.jsonl"
        path.write_text(items, "utf-8")
        os.utime(path, (1_600_000_000, 1_600_000_000))  # what has just changed is looked at twice

    def run(self, *before: str) -> Run:
        """Build, with what is to stand before the command."""
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "PYTHONPATH")}
        done = subprocess.run(
            [*before, sys.executable, "-m", "topicfeeds", "build"],
            cwd=self.folder,
            env={**kept, **_PLAIN},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def calls(self) -> list[Call]:
        """Build, and list the calls that touched the output folder or the state."""
        log = self.folder.parent / "trace"
        tracer = (program("strace"), "-f", "-y", "-qq", "-s", "0", "-e", "signal=none", "-e", f"trace={CALLS}")
        assert self.run(*tracer, "-o", str(log)).code == 0
        counts, found = Counter[str](), []
        for name, text in _LINE.findall(log.read_text("utf-8", "replace")):
            counts[name] += 1
            if re.search(rf'"(?:{re.escape(str(self.folder))}/)?(?:public|\.topicfeeds)\b|{self.folder}/[p.]', text):
                found.append(Call(name, counts[name], text))
        return found

    def fail(self, call: Call, fault: str) -> Run:
        """Build, with one call that fails (`error=ENOSPC`) or is the last (`signal=KILL`)."""
        log, inject = self.folder.parent / "trace", f"inject={call.name}:{fault}:when={call.number}"
        run = self.run(program("strace"), "-f", "-qq", "-o", str(log), "-e", f"trace={call.name}", "-e", inject)
        return replace(run, reached="INJECTED" in log.read_text("utf-8", "replace") or run.code < 0)

    def documents(self) -> dict[str, bytes]:
        """Give all files that a web server would."""
        public = self.folder / "public"
        files = [path for path in public.rglob("*") if path.is_file() and not path.name.startswith(".")]
        return {path.relative_to(public).as_posix(): path.read_bytes() for path in files}

    def leftovers(self) -> list[str]:
        """Name the temporary files that are there."""
        return sorted(
            path.name for path in self.folder.rglob("*") if path.name.endswith((".topicfeeds-tmp", "-journal"))
        )
