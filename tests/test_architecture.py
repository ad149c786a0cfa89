"""The house: which module may import which, what is public, and that rooms stay small."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import topicfeeds
from needs import ROOT
from topicfeeds.errors import TopicFeedsError
from topicfeeds.formats import FORMATS
from topicfeeds.models.site import FormatName

PACKAGE = ROOT / "src" / "topicfeeds"

# A module imports from the lines below its own, a family (a folder) also from itself.
LEVELS = [
    ["__main__"],
    ["cli"],
    ["regenerating", "reporting", "telling"],
    ["publishing"],
    ["accounting", "sharding"],
    ["working"],
    ["configuring", "settling", "sources", "writing"],
    ["scheduling"],
    ["building", "mending"],
    ["formats", "identifying", "recalling", "selecting"],
    ["shelving"],
    ["describing"],
    ["flow"],
    ["sourced"],
    ["models"],
    ["placing"],
    ["cleaning", "idling"],
    ["skimming"],
    ["remembering"],
    ["addressing", "expanding", "ledger", "locating", "locking", "memory", "profiling", "versions", "words"],
    ["errors"],
]
MODULES = sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    """Name the module or family that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """Name the rooms that a file imports from, also inside of functions."""
    depth = len(path.relative_to(PACKAGE).parts)
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == depth:
            yield from [node.module.split(".")[0]] if node.module else [name.name for name in node.names]
        if isinstance(node, (ast.Import, ast.ImportFrom)) and "topicfeeds" in ast.unparse(node):
            pytest.fail(f"{path}:{node.lineno}: relative imports inside of the package")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_point_down(path: Path) -> None:
    if room(path) == "__init__":
        return  # it names everything, and loads it late
    level = {name: number for number, names in enumerate(LEVELS) for name in names}
    for name in imported(path):
        assert name == "__version__" or name == room(path) or level[name] > level[room(path)], name


def test_every_module_has_its_level() -> None:
    assert {room(path) for path in MODULES} - {"__init__"} == {name for names in LEVELS for name in names}


def test_feedgen_and_the_sanitiser_are_spoken_in_one_file_each() -> None:
    def speakers(library: str) -> set[str]:
        found = set()
        for path in MODULES:
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
                names += [name.name for name in node.names] if isinstance(node, ast.Import) else []
                if any(name.split(".")[0] == library for name in names):
                    found.add(path.name)
        return found

    assert speakers("feedgen") == {"_feedgen.py"}
    assert speakers("nh3") == {"cleaning.py"}
    assert speakers("yaml") == {"yaml.py"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_modules_and_functions_are_small_and_say_what_they_are_for(path: Path) -> None:
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    assert text.count("\n") <= 300
    assert ast.get_docstring(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 40, node.name


def test_the_public_names_are_sorted_and_exist() -> None:
    assert topicfeeds.__all__ == sorted(topicfeeds.__all__)
    for name in topicfeeds.__all__:
        assert getattr(topicfeeds, name).__doc__, name
    assert set(topicfeeds.__all__) == {name for names in topicfeeds._HOMES.values() for name in names}
    assert set(topicfeeds.__all__) < set(dir(topicfeeds))
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        topicfeeds.Nonsense  # noqa: B018


def test_there_is_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["dynamic"] == ["version"]
    assert f"\n## {topicfeeds.__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_formats_of_a_site_file_are_those_that_exist() -> None:
    assert FormatName.__args__ == tuple(FORMATS)  # type: ignore[attr-defined]


def test_every_error_says_its_message_and_has_a_code_of_its_own() -> None:
    errors = TopicFeedsError.__subclasses__()
    assert {error.__name__: error.exit_code for error in errors} == {
        "ConfigError": 2,
        "SourceError": 65,
        "PublishError": 74,
        "BusyError": 75,
    }
    for error in errors:
        assert str(error(message="a\x1b[31mb")) == "a\\x1b[31mb"


def test_the_public_api_passes_a_users_strict_type_checker(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), "--config-file", "/dev/null"]
        + [str(ROOT / "tests" / "typing" / "api.py")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.returncode, done.stdout[:8]) == (0, "Success:"), done.stdout
