"""What cron does all day: builds with nothing to do, and with one item changed."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

from .peers import FOLDER, Peer, forget, ours
from .running import Command, Cost, in_turn, measured


def unchanged_and_changed(peer: Peer, given: Path, made: Path, runs: int) -> dict[str, list[Cost]]:
    """Measure a full build, one with nothing to do, one with one item changed, and Python alone, in turn."""
    line = ours(given, made)
    full = peer.command(given, made)
    measured(full)
    edit = _editor(given, peer.input)
    commands = {
        "nothing changed": Command(line, given),
        "python -c pass": Command([sys.executable, "-c", "pass"], given),
        "one item changed": Command(line, given, edit),
        "full build": Command(line, given, lambda: forget(made)),
    }
    return in_turn(commands, runs)


def _editor(given: Path, kind: str) -> Callable[[], None]:
    """Make what changes the title of one item, and of another at the next call."""
    path = sorted(given.glob("content/news/*.md"))[0] if kind == FOLDER else given / "items.jsonl"
    turns = 0

    def edit() -> None:
        nonlocal turns
        turns += 1
        text = path.read_text("utf-8")
        path.write_text(re.sub(r'(title"?: ")(Edited \d+ )?', rf"\g<1>Edited {turns} ", text, count=1), "utf-8")

    return edit
