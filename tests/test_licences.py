"""docs/licences.md lists all dependencies, with those that they need."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution

import pytest

from support.needs import ROOT

ROW = re.compile(r"^\| ([\w.-]+) \| ([^|]+) \|", re.MULTILINE)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
# Needed by old versions of Python or on other systems only.
CONDITION = re.compile(r"python_(full_)?version\s*<|Windows|win32|emscripten|extra\s*==")


def simplify(name: str) -> str:
    return re.sub("[-_.]+", "-", name).lower()


def needed(requirements: list[str]) -> set[str]:
    """Return the names of all packages that are installed for some requirements."""
    found: set[str] = set()
    while requirements:
        line = requirements.pop()
        name = simplify(re.split(r"[^\w.-]", line, maxsplit=1)[0])
        if name in found or CONDITION.search(line.partition(";")[2]):
            continue
        found.add(name)
        requirements += distribution(name).requires or []
    return found


def listed() -> dict[str, str]:
    return {
        simplify(name): licence
        for name, licence in ROW.findall((ROOT / "docs/licences.md").read_text("utf-8"))
        if name not in ("package", "---")
    }


@pytest.mark.parametrize("extra", ["", "sql", "markdown", "spreadsheet", "dask"])
def test_every_dependency_is_listed_with_a_licence(extra: str) -> None:
    given = PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]
    try:
        names = needed(list(given))
    except PackageNotFoundError as error:
        pytest.skip(f"{error.name} is not installed")
    assert sorted(names - listed().keys()) == []


def test_no_licence_asks_more_of_users_than_to_keep_its_text() -> None:
    allowed = {"Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "MIT", "PSF-2.0"}
    assert {name: licence for name, licence in listed().items() if not set(licence.split(" or ")) & allowed} == {}
