"""The command, run from a process that has loaded what a build needs: tests can afford hundreds of runs, and kill them.

Run as a program, it reads runs line by line, forks a child for each, and answers with what came of them.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn

from support import Run
from support.needs import ROOT


@dataclass(frozen=True)
class Stop:
    """When a run is to get a signal."""

    after: float
    """Seconds from its start."""
    number: int = signal.SIGKILL
    watched: str = ""
    """A file: the seconds then count from the moment at which another one has its name."""


@dataclass(frozen=True)
class Ended(Run):
    """What a run left; the code of one that a signal ended is minus its number."""

    seconds: float


class Warm:
    """Starts runs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(
        self, *arguments: str | Path, cwd: Path, stop: Stop | None = None, real: bool = False, now: int | None = None
    ) -> Ended:
        """Run the command, at the time `now`; `real` starts Python anew for it, as cron does."""
        (ended,) = self._ask([list(map(str, arguments))], cwd, stop, real, now)
        return ended

    def together(self, lines: Sequence[Sequence[str]], cwd: Path) -> list[Ended]:
        """Run commands at the same time."""
        return self._ask(lines, cwd)

    def _ask(
        self,
        lines: Sequence[Sequence[str]],
        cwd: Path,
        stop: Stop | None = None,
        real: bool = False,
        now: int | None = None,
    ) -> list[Ended]:
        asked = {"lines": lines, "cwd": str(cwd), "stop": asdict(stop) if stop else None, "real": real, "now": now}
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        return [Ended(**one) for one in json.loads(self._process.stdout.readline())]


@contextmanager
def warmed() -> Iterator[Warm]:
    """Have the process, with nothing but what cron gives in its environment."""
    env = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "PYTHONPATH")}
    with subprocess.Popen(
        [sys.executable, "-m", "support.warm"],
        cwd=ROOT / "tests",
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Warm(process)


def _serve() -> None:
    import topicfeeds

    for module in pkgutil.walk_packages(topicfeeds.__path__, "topicfeeds."):
        importlib.import_module(module.name)
    for line in sys.stdin:
        asked = json.loads(line)
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(list(_answer(asked, Path(folder)))), flush=True)


def _answer(asked: dict[str, Any], folder: Path) -> Iterator[dict[str, Any]]:
    gate, ready = os.pipe(), os.pipe()
    stop = Stop(**asked["stop"]) if asked["stop"] else None
    before = _inode(stop.watched) if stop else None
    children: dict[int, list[Path]] = {}
    for number, line in enumerate(asked["lines"]):
        streams = [folder / f"{number}.{name}" for name in ("out", "err")]
        for stream in streams:
            stream.touch()
        child = os.fork()
        if not child:
            _redirect([Path(os.devnull), *streams])
            os.chdir(asked["cwd"])
            if asked["now"] is not None:
                os.environ["SOURCE_DATE_EPOCH"] = str(asked["now"])
            signal.alarm(60)  # ends what hangs
            signal.signal(signal.SIGINT, signal.default_int_handler)  # which shells ignore in the background
            os.close(gate[1])
            os.write(ready[1], b".")
            os.read(gate[0], 1)
            _become(line, real=asked["real"])
        children[child] = streams
        os.read(ready[0], 1)
    for end in (gate[0], *ready):
        os.close(end)
    start = time.monotonic()
    os.close(gate[1])  # what all children wait for
    if stop:
        _kill(next(iter(children)), stop, before)
    for child, streams in children.items():
        status = os.waitpid(child, 0)[1]
        seconds = time.monotonic() - start
        out, err = (stream.read_text("utf-8") for stream in streams)
        yield {"code": os.waitstatus_to_exitcode(status), "out": out, "err": err, "seconds": seconds}


def _kill(child: int, stop: Stop, before: int | None) -> None:
    while stop.watched and _inode(stop.watched) == before and not _ended(child):
        time.sleep(0.0001)
    time.sleep(stop.after)
    os.kill(child, stop.number)  # it has not been waited for, so the number is still its own


def _ended(child: int) -> bool:
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _inode(path: str) -> int | None:
    try:
        return Path(path).stat().st_ino
    except OSError:
        return None


def _redirect(files: Sequence[Path]) -> None:
    for number, file in enumerate(files):
        os.dup2(os.open(file, os.O_RDWR), number)


def _become(arguments: list[str], *, real: bool) -> NoReturn:
    """Go on as the command."""
    if real:
        os.execv(sys.executable, [sys.executable, "-m", "topicfeeds", *arguments])
    from topicfeeds.__main__ import main

    sys.argv = ["topicfeeds", *arguments]
    try:
        main()
    except SystemExit as done:
        os._exit(int(done.code or 0))
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    os._exit(1)


if __name__ == "__main__":
    _serve()
