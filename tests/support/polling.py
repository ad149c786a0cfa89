"""Documents, read again and again as a web server does, by a process of its own.

Run as a program, it reads a folder and what each document may hold, polls until its input ends, and prints the counts.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

FAULTS = ("torn", "vanished", "of another length than announced", "changed with no later Last-Modified")


@contextmanager
def polled(folder: Path, allowed: Mapping[str, Iterable[bytes]]) -> Iterator[Counter[str]]:
    """Count `reads`, `changes` and faults while something else happens; the counts are there afterwards."""
    known = {path: sorted({content.decode() for content in contents}) for path, contents in allowed.items()}
    counts: Counter[str] = Counter()
    line, env = [sys.executable, __file__], {"PATH": os.environ["PATH"]}
    with subprocess.Popen(line, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps({"folder": str(folder), "allowed": known}).encode() + b"\n")
        process.stdin.flush()
        process.stdout.readline()
        try:
            yield counts
        finally:
            process.stdin.close()
            counts.update(json.loads(process.stdout.read()))


def _poll() -> None:
    asked = json.loads(sys.stdin.readline())
    folder = Path(asked["folder"])
    allowed = {path: {text.encode() for text in texts} for path, texts in asked["allowed"].items()}
    counts: Counter[str] = Counter()
    last: dict[str, tuple[bytes, int]] = {}
    os.nice(5)  # what is tested goes first
    print("ready", flush=True)
    while not select.select([sys.stdin], [], [], 0)[0]:
        for path, contents in allowed.items():
            found = _read(folder / path)
            counts["reads"] += 1
            if found is None:
                counts["vanished"] += 1
                continue
            content, length, modified = found
            counts["torn"] += content not in contents
            counts["of another length than announced"] += len(content) != length
            before, then = last.get(path, (content, modified))
            if content != before:
                counts["changes"] += 1
                counts["changed with no later Last-Modified"] += modified <= then
            last[path] = content, modified
    print(json.dumps(counts))


def _read(path: Path) -> tuple[bytes, int, int] | None:
    """Open, stat and read a document: its content, and the length and the whole seconds that a server announces."""
    try:
        with path.open("rb", buffering=0) as file:
            status = os.fstat(file.fileno())
            return file.readall(), status.st_size, int(status.st_mtime)
    except FileNotFoundError:
        return None


if __name__ == "__main__":
    _poll()
