"""The peers: one line for each program, with its corpus, its command, and how to install it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from json import loads
from pathlib import Path

from .checking import Renames
from .peers import hugo, pelican
from .stores import Corpus, Form

ROOT = Path(__file__).parent.parent
BOTH: tuple[Corpus, ...] = ("plain", "city")
CAREFUL = "feedgen, with the validation and the sanitiser of topicfeeds"
_EXTRA = 'pip install -e ".[bench]"'


@dataclass(frozen=True, slots=True)
class Peer:
    """A program that makes the same documents as topicfeeds."""

    name: str
    form: Form
    command: Callable[[Path, Path], list[str]]
    """Returns the command. Its arguments are the corpus and the output folder."""
    version: Callable[[], str | None]
    """Returns the name and version, or None if the program is not installed."""
    install: str
    """The command that installs it."""
    corpora: tuple[Corpus, ...] = ("plain",)
    """The corpora that it can read."""
    sanitises: bool = False
    """Whether it sanitises. If so, its bodies must be the same as ours, byte for byte."""
    most: int = 100_000
    """The largest number of items for which its time and memory are acceptable."""
    renames: Renames = ()


def _package(name: str) -> Callable[[], str | None]:
    """Return a function that returns name and version of an installed Python package."""

    def known() -> str | None:
        try:
            return f"{name} {version(name)}"
        except PackageNotFoundError:
            return None

    return known


def _python(name: str, module: str, package: str, *corpora: Corpus, sanitises: bool = False) -> Peer:
    def command(source: Path, output: Path) -> list[str]:
        return [sys.executable, "-m", f"{__package__}.peers.{module}", str(source), str(output)]

    return Peer(name, "lines", command, _package(package), _EXTRA, corpora or ("plain",), sanitises)


def _node(name: str) -> Peer:
    package = ROOT / "node_modules" / name / "package.json"

    def command(source: Path, output: Path) -> list[str]:
        return ["node", str(Path(__file__).parent / "peers" / f"{name}.mjs"), str(source), str(output)]

    def known() -> str | None:
        if not package.exists() or not shutil.which("node"):
            return None
        return f"{name} {loads(package.read_bytes())['version']}"

    return Peer(name, "lines", command, known, f"npm install --no-save {name}")


@cache
def _hugo() -> str | None:
    if not shutil.which("hugo"):
        return None
    told = subprocess.run(["hugo", "version"], capture_output=True, encoding="utf-8", check=True).stdout
    found = re.search(r"v([0-9.]+)", told)
    return f"Hugo {found[1] if found else told.strip()}"


def _pelican() -> str | None:
    return _package("pelican")() if find_spec("markdown") else None


PEERS = [
    _python("floor, by hand", "floor", "nh3", sanitises=True),
    _python("feedgen", "feedgen_plain", "feedgen", *BOTH),
    _python(CAREFUL, "feedgen_careful", "feedgen", *BOTH, sanitises=True),
    _python("feedgenerator", "feedgenerator", "feedgenerator"),
    _python("Django", "django", "django"),
    _node("feedsmith"),
    _node("feed"),
    Peer("Hugo", "folder", hugo.command, _hugo, "apt-get install hugo", BOTH, renames=hugo.RENAMES),
    Peer("Pelican", "folder", pelican.command, _pelican, _EXTRA, BOTH, most=10_000),
]
