"""Previews: a folder that is served as `topicfeeds serve` does, and the command itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from topicfeeds.state.paths import SitePaths


@contextmanager
def previewed_folder(folder: Path) -> Iterator[int]:
    """Serve a folder, and give the port."""
    from topicfeeds.web.preview import Preview

    with Preview(SitePaths("", str(folder), "")).serve(0) as address:
        yield urlsplit(address).port or 0


@contextmanager
def running_preview(site: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run `topicfeeds serve` for a site file, and give the address that it prints."""
    process = subprocess.Popen(
        [sys.executable, "-m", "topicfeeds", "serve", "--site", str(site), "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        assert process.stderr
        address = process.stdout.readline().strip()
        assert address, process.stderr.read()
        yield address, process
    finally:
        process.terminate()
        process.communicate(timeout=30)
