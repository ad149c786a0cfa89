"""What a test needs beyond Python packages: it skips with the name of what is missing, or fails in CI."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parents[2]


def program(name: str, package: str | None = None) -> str:
    """Give the path of a program, of a Debian package."""
    path = shutil.which(name)
    return path or missing(f"{name} (Debian package {package or name})")


@cache
def strace() -> str:
    """Give the path of strace, where it may be used."""
    path = program("strace")
    done = subprocess.run([path, "-qq", "-o", os.devnull, "true"], capture_output=True, timeout=30)
    return forbidden("to trace programs") if done.returncode else path


def shared(name: str) -> Path:
    """Give a file that lies beside the checkout, for developers of topicfeeds only."""
    path = ROOT.parent / "shared" / name
    return path if path.exists() else missing(f"../shared/{name}")


def missing(what: str) -> NoReturn:
    """Skip, or fail in CI."""
    if os.environ.get("TOPICFEEDS_REQUIRE_ALL") == "1":
        pytest.fail(f"needs {what}")
    pytest.skip(f"needs {what}")


def forbidden(what: str) -> NoReturn:
    """Skip, where the machine does not let these tests do something."""
    pytest.skip(f"is not allowed {what}")
