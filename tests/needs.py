"""What a test needs beyond Python packages: it skips with the name of what is missing, or fails in CI."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parent.parent


def program(name: str, package: str | None = None) -> str:
    """Give the path of a program, of a Debian package."""
    path = shutil.which(name)
    return path or missing(f"{name} (Debian package {package or name})")


def shared(name: str) -> Path:
    """Give a file that lies beside the checkout, for developers of topicfeeds only."""
    path = ROOT.parent / "shared" / name
    return path if path.exists() else missing(f"../shared/{name}")


def missing(what: str) -> NoReturn:
    """Skip, or fail in CI."""
    if os.environ.get("TOPICFEEDS_REQUIRE_ALL") == "1":
        pytest.fail(f"needs {what}")
    pytest.skip(f"needs {what}")
