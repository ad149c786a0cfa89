"""A small site whose build is traced, so that one of its calls to the kernel can be made to fail."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from support import Run
from support.needs import strace
from support.warm import Warm

SITE = """\
title = "City"
url = "https://www.city.example/"
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
NOW = 1_700_000_000
SAID = re.compile(r"(?:topicfeeds: )?\S*(?:public|\.topicfeeds)\S*: .+\n")
"""What a run says that cannot write: one line, with path and cause."""
_QUICK = "--seccomp-bpf"  # does not stop at other calls, and does not send signals
_LINE = re.compile(r"^\d+ +(\w+)\((.*)", re.MULTILINE)
# The same calls in every run: no order by hash, nothing compiled.
_PLAIN = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "SOURCE_DATE_EPOCH": str(NOW)}


@dataclass(frozen=True)
class Call:
    """One call of a build on the output folder or the state."""

    name: str
    number: int
    """Which of all calls of this name, from 1."""
    text: str
    """Its arguments and result, as strace prints them."""
    early: bool
    """Whether nothing was opened for writing yet."""
    late: bool
    """Whether a document was renamed before."""

    @property
    def path(self) -> str:
        """What it is about, as far as its arguments say."""
        return "".join(re.findall(r'"([^"]*)"', self.text)[:1])


class City:
    """A site that was built, and whose items were then edited; or, not `built`, one without any output."""

    def __init__(self, folder: Path, warm: Warm, *, built: bool = True) -> None:
        self.folder, self.built = folder / "city", built
        self.template = folder / "template"
        self._warm = warm
        self._make()
        self.old = self.documents()
        assert self.run().code == 0
        self.new = self.documents()
        self.start()

    def _make(self) -> None:
        self.folder.mkdir()
        (self.folder / "topicfeeds.toml").write_text(SITE, "utf-8")
        if self.built:
            self.edit(BEFORE)
            assert self.run().code == 0
            for path in (self.folder / "public").rglob("*.xml"):
                os.utime(path, (time.time() + 9999,) * 2)  # so that each document that changes has to be dated later
            assert self.run().code == 0
        self.edit(AFTER)
        shutil.copytree(self.folder, self.template)

    def start(self) -> City:
        """Make everything as it was."""
        shutil.rmtree(self.folder)
        shutil.copytree(self.template, self.folder)
        return self

    def edit(self, items: str) -> None:
        """Put items into the source."""
        path = self.folder / "items.jsonl"
        path.write_text(items, "utf-8")
        os.utime(path, (NOW - 9999, NOW - 9999))  # what has just changed is looked at twice

    def run(self) -> Run:
        """Build."""
        return self._warm.run("build", cwd=self.folder, now=NOW)

    def run_with(self, *before: str) -> Run:
        """Build in a new process, with what is to stand before the command."""
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

    def calls(self, names: str) -> list[Call]:
        """Build, and list the calls of these names that touched the output folder or the state."""
        self.start()
        assert self._traced(_QUICK, "-y", "-e", f"trace={names},renameat").code == 0
        counts, found = Counter[str](), list[Call]()
        ours = re.compile(rf'"(?:{re.escape(str(self.folder))}/)?(?:public|\.topicfeeds)\b|{self.folder}/[p.]')
        early, late = True, False
        for name, text in _LINE.findall(self._trace()):
            counts[name] += 1
            early = early and "-tmp" not in text and "O_RDWR" not in text
            if ours.search(text) and name in names.split(","):
                found.append(Call(name, counts[name], text, early, late))
            late = late or (name == "renameat" and bool(ours.search(text)))
        return found

    def fail(self, call: Call, fault: str) -> Run:
        """Build, with one call that fails (`error=ENOSPC`) or is the last (`signal=KILL`)."""
        self.start()
        inject = ("-e", f"trace={call.name}", "-e", f"inject={call.name}:{fault}:when={call.number}")
        if fault == "signal=KILL":
            run = self._traced(*inject)
            hit = _LINE.findall(self._trace())[-1:]
        else:
            run = self._traced(_QUICK, *inject)
            hit = [found for found in _LINE.findall(self._trace()) if "(INJECTED)" in found[1]]
        assert [call.path in text for _, text in hit] == [True], f"the call was not hit, but {hit}"
        return run

    def _traced(self, *options: str) -> Run:
        log = str(self.folder.parent / "trace")
        return self.run_with(strace(), "-f", "-qq", "-s", "0", "-e", "signal=none", "-o", log, *options)

    def _trace(self) -> str:
        return (self.folder.parent / "trace").read_text("utf-8", "replace")

    def documents(self) -> dict[str, bytes]:
        """Give all files that a web server would."""
        public = self.folder / "public"
        files = [path for path in public.rglob("*") if path.is_file() and not path.name.startswith(".")]
        return {path.relative_to(public).as_posix(): path.read_bytes() for path in files}

    def leftovers(self) -> list[str]:
        """Name the temporary files that are there, and states that were set aside."""
        ends = (".topicfeeds-tmp", "-journal", ".damaged")
        return sorted(path.name for path in self.folder.rglob("*") if path.name.endswith(ends))

    def check_stopped(self, run: Run) -> None:
        """Check that a run said in one line why it could not write, and left all as it was."""
        assert (run.code, run.out) == (74, ""), run
        assert SAID.fullmatch(run.err), run
        assert self.documents() == self.old
        assert [name for name in self.leftovers() if not name.endswith("-journal")] == []

    def check_mended(self) -> None:
        """Check that a run finds nothing in its way any more, and the next one nothing to do."""
        run = self.run()
        assert (run.code, self.leftovers()) == (0, []), run
        assert self.documents() == self.new, run
        again = self.run()
        assert (again.code, again.out, again.err) == (0, "", ""), again
