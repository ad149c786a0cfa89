"""Who does the same work: what each needs, how it is run, and what it cannot do."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ..checking import Skips
from ..corpus import SITE
from ..running import Command

HERE = Path(__file__).parent
_ROOT = HERE.parent.parent
PLAIN, FOLDER, PELICAN = "jsonl", "markdown", "pelican"
"""The inputs: the folders that `corpus` writes."""


@dataclass(frozen=True)
class Peer:
    """A program that makes feeds."""

    name: str
    input: str
    missing: Callable[[], str | None]
    """Says what to install, where it is not installed."""
    line: Callable[[Path, Path], list[str]]
    """Gives the command for an input folder and an output folder."""
    skips: Skips = field(default_factory=Skips)
    arrange: Callable[[Path, Path], object] = lambda _given, _made: None
    """Makes what the command needs, unmeasured."""
    gather: Callable[[Path], Path] = lambda made: made
    """Gives the folder with the feeds, under our names."""

    def command(self, given: Path, made: Path) -> Command:
        """Give the command that builds anew."""

        def before() -> None:
            shutil.rmtree(made, ignore_errors=True)
            made.mkdir(parents=True)
            self.arrange(given, made)

        return Command(self.line(given, made), given, before)


def _package(module: str, name: str) -> Callable[[], str | None]:
    return lambda: None if importlib.util.find_spec(module) else f"pip install {name}"


def _node(name: str) -> Callable[[], str | None]:
    def missing() -> str | None:
        there = (_ROOT / "node_modules" / name).is_dir() and shutil.which("node")
        return None if there else f"npm install --no-save {name}"

    return missing


def _script(name: str) -> Callable[[Path, Path], list[str]]:
    return lambda given, made: [sys.executable, str(HERE / f"{name}.py"), str(given / "items.jsonl"), str(made)]


def _module(name: str) -> Callable[[Path, Path], list[str]]:
    return lambda given, made: ["node", str(HERE / f"{name}.mjs"), str(given / "items.jsonl"), str(made)]


def _hugo_line(given: Path, made: Path) -> list[str]:
    places = ["--source", str(given), "--layoutDir", str(HERE / "hugo/layouts"), "--destination", str(made / "site")]
    return ["hugo", "--quiet", "--config", str(HERE / "hugo/hugo.toml"), *places, "--baseURL", SITE]


def _hugo_feeds(made: Path) -> Path:
    """Give Hugo's feeds our names: `tags/x/index.xml` is `tags/x.rss.xml`."""
    found = made / "feeds"
    for path in (made / "site").rglob("*.xml"):
        place = path.parent.relative_to(made / "site").as_posix()
        form = "rss" if path.name == "index.xml" else "atom"
        target = found / (f"all.{form}.xml" if place == "." else f"{place}.{form}.xml")
        if place == "." or place.count("/") == 1:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    return found


def _hugo_missing() -> str | None:
    return None if shutil.which("hugo") else "apt-get install hugo"


def _pelican_line(given: Path, made: Path) -> list[str]:
    return [sys.executable, "-m", "pelican", str(given / "content"), "--settings", str(HERE / "pelican_settings.py"),
            "--output", str(made), "--quiet"]  # fmt: skip


def ours(given: Path, made: Path) -> list[str]:
    """Give our own command."""
    command = [sys.executable, "-m", "topicfeeds", "build", "--quiet", "--site", str(given / "topicfeeds.toml")]
    return [*command, "--output", str(made), "--state", str(made.parent / f"{made.name}.sqlite")]


def forget(made: Path) -> None:
    """Take our state away: what follows is a full build."""
    (made.parent / f"{made.name}.sqlite").unlink(missing_ok=True)


OURS = {
    given: Peer(f"topicfeeds, {what}", given, lambda: None, ours, arrange=lambda _, made: forget(made))
    for given, what in ((PLAIN, "JSON Lines"), (FOLDER, "Markdown"))
}
PEERS = [
    Peer("floor by hand (pydantic, nh3, lxml)", PLAIN, lambda: None, _script("floor")),
    Peer("feedgen, plainly", PLAIN, lambda: None, _script("feedgen_plain")),
    Peer("feedgen, validating and sanitising", PLAIN, lambda: None, _script("feedgen_checked")),
    Peer("feedgenerator", PLAIN, _package("feedgenerator", "feedgenerator"), _script("feedgenerator_peer")),
    Peer("Django's feedgenerator", PLAIN, _package("django", "django"), _script("django_peer")),
    Peer("feed (npm)", PLAIN, _node("feed"), _module("feed")),
    Peer("feedsmith (npm)", PLAIN, _node("feedsmith"), _module("feedsmith")),
    Peer("Hugo", FOLDER, _hugo_missing, _hugo_line, gather=_hugo_feeds),
    Peer(
        "Pelican",
        PELICAN,
        _package("pelican", "'pelican[markdown]'"),
        _pelican_line,
        Skips(topics=True, categories=True, links=True),
    ),
]


def version(name: str) -> str:
    """Give the first line that a program prints of its version."""
    done = subprocess.run([name, "version"], capture_output=True, text=True, check=False)
    return done.stdout.splitlines()[0] if done.stdout else "?"
