"""Options of the tests."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from support.warm import Warm

# Shells ignore this signal in commands that they run in the background, and the commands of tests would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples in every run, so that a failure is seen by whoever caused it.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("full", max_examples=2000, deadline=None)
settings.load_profile("full" if os.environ.get("TOPICFEEDS_FULL") else "steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bless", action="store_true", help="write what the corpus expects anew; then read the diff")


@pytest.fixture
def bless(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--bless"))


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    from support.warm import warmed  # few tests need it, and it loads the whole package

    with warmed() as process:
        yield process
