"""Architecture: which folder may import which, what is public, and that modules stay small."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest

import topicfeeds
from support.needs import ROOT
from topicfeeds.errors import TopicFeedsError
from topicfeeds.models import site, source
from topicfeeds.registry import FEED_FORMATS, SOURCE_FORMATS

PACKAGE = ROOT / "src" / "topicfeeds"

# A module imports from the lines below its own, a folder also from itself.
LEVELS = [
    ["__main__"],
    ["cli"],
    ["web"],
    ["run"],
    ["pages", "websub"],
    ["output", "parallel"],
    ["formats"],
    ["feeds"],
    ["entries", "exports"],
    ["config", "sources"],
    ["models", "state"],
    ["errors", "profile", "registry", "text"],
]
MODULES = sorted(PACKAGE.rglob("*.py"))
CLASS = re.compile(r"_?[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*")


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def room(path: Path) -> str:
    """Name the module or folder at the top that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def imported(path: Path) -> Iterator[str]:
    """Name the rooms that a file imports from, also inside of functions.

    The types of `Extensions` name classes from above: in that file, imports for type checkers do not count.
    """
    depth, tree = len(path.relative_to(PACKAGE).parts), parsed(path)
    if name_of(path) == "models/extensions.py":
        tree.body = [node for node in tree.body if not (isinstance(node, ast.If) and "TYPE" in ast.unparse(node.test))]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == depth:
            yield from [node.module.split(".")[0]] if node.module else [name.name for name in node.names]
        if isinstance(node, (ast.Import, ast.ImportFrom)) and "topicfeeds" in ast.unparse(node):
            pytest.fail(f"{path}:{node.lineno}: relative imports inside of the package")


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_down(path: Path) -> None:
    if room(path) == "__init__":
        return  # it names everything, and loads it late
    level = {name: number for number, names in enumerate(LEVELS) for name in names}
    for name in imported(path):
        assert name == "__version__" or name == room(path) or level[name] > level[room(path)], name


def test_every_room_has_its_level_and_there_are_few() -> None:
    assert {room(path) for path in MODULES} - {"__init__"} == {name for names in LEVELS for name in names}
    assert len(LEVELS) <= 12
    assert len(list(PACKAGE.glob("*.py"))) <= 9


def test_a_name_of_a_class_is_used_once() -> None:
    classes, aliases = Counter[str](), Counter[str]()
    for path in MODULES:
        tree = parsed(path)
        classes.update(node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
        for node in tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
            aliases.update(one.id for one in targets if isinstance(one, ast.Name) and CLASS.fullmatch(one.id))
    assert {name: count for name, count in (classes + aliases).items() if name in classes and count > 1} == {}


def test_feedgen_and_yaml_are_spoken_in_one_file_and_nh3_in_the_sanitiser_and_its_parser() -> None:
    def speakers(library: str) -> set[str]:
        found = set()
        for path in MODULES:
            for node in ast.walk(parsed(path)):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
                names += [name.name for name in node.names] if isinstance(node, ast.Import) else []
                if any(name.split(".")[0] == library for name in names):
                    found.add(name_of(path))
        return found

    assert speakers("feedgen") == {"formats/_feedgen.py"}
    assert speakers("nh3") == {"text/html.py", "text/html_tree.py"}
    assert speakers("yaml") == {"sources/yaml.py"}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_and_functions_are_small_and_say_what_they_are_for(path: Path) -> None:
    tree = parsed(path)
    assert path.read_text("utf-8").count("\n") <= 400
    assert ast.get_docstring(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            docstring = (ast.get_docstring(node, clean=False) or "").count("\n")
            assert (node.end_lineno or 0) - node.lineno - docstring < 40, node.name


@pytest.mark.parametrize("name", SOURCE_FORMATS)
def test_every_format_of_sources_has_a_file_that_reads_it(name: str) -> None:
    read = import_module(f"topicfeeds.sources.{name}").read
    assert len(inspect.signature(read).parameters) == 3
    assert name in get_args(source.SourceFormatName)


@pytest.mark.parametrize("name", FEED_FORMATS)
def test_every_format_of_feeds_has_a_file_that_renders_it(name: str) -> None:
    render = import_module(f"topicfeeds.formats.{name}").render
    assert len(inspect.signature(render).parameters) == 4
    assert name in get_args(site.FeedFormatName)


def test_the_public_names_are_sorted_and_exist() -> None:
    assert topicfeeds.__all__ == sorted(topicfeeds.__all__)
    for name in topicfeeds.__all__:
        assert getattr(topicfeeds, name).__doc__, name
    assert set(topicfeeds.__all__) == {name for names in topicfeeds._HOMES.values() for name in names}
    assert set(topicfeeds.__all__) < set(dir(topicfeeds))
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        topicfeeds.Nonsense  # type: ignore[attr-defined]  # noqa: B018


def test_the_names_that_load_late_are_those_that_type_checkers_see() -> None:
    seen = [node for node in parsed(PACKAGE / "__init__.py").body if ast.unparse(node).startswith("if TYPE_CHECKING:")]
    imports = [node for node in ast.walk(seen[0]) if isinstance(node, ast.ImportFrom)]
    assert {f".{node.module}": [name.name for name in node.names] for node in imports} == topicfeeds._HOMES


def test_there_is_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["dynamic"] == ["version"]
    assert f"\n## {topicfeeds.__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


@pytest.mark.parametrize("lowest", ["click>=8.2", "icalendar>=7", "nh3>=0.3.6"])
def test_a_dependency_is_not_allowed_in_a_version_that_fails_our_tests(lowest: str) -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    assert lowest in tomllib.loads(text)["project"]["dependencies"]
    assert re.search(rf'^    "{re.escape(lowest)}", +# \w', text, re.MULTILINE), "say why"


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


MYPY = ["mypy", "--strict", "--config-file", "/dev/null"]
PYRIGHT = ["pyright", "--pythonpath", sys.executable]


def check_types(path: Path, folder: Path, checker: Sequence[str] = MYPY) -> tuple[int, str]:
    """Run a type checker as a user does, without our configuration."""
    call = [sys.executable, "-m", *checker, *(["--cache-dir", str(folder)] if checker is MYPY else []), str(path)]
    done = subprocess.run(call, cwd=folder, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout


def test_the_public_api_passes_a_users_strict_type_checker(tmp_path: Path) -> None:
    code, out = check_types(ROOT / "tests" / "typing" / "api.py", tmp_path)
    assert (code, out[:8]) == (0, "Success:"), out


def test_a_type_checker_knows_every_public_name_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "names.py"
    path.write_text(f"from topicfeeds import {', '.join(topicfeeds.__all__)}\n", "utf-8")
    code, out = check_types(path, tmp_path)
    assert (code, out[:8]) == (0, "Success:"), out
    path.write_text("from topicfeeds import Artcle\n", "utf-8")
    code, out = check_types(path, tmp_path)
    assert code == 1
    assert re.match(r'names\.py:1: error: Module "topicfeeds" has no attribute "Artcle"; maybe "Article"\?', out), out


@pytest.mark.skipif("not os.environ.get('TOPICFEEDS_FULL')", reason="pyright takes long, and loads itself from npm")
def test_pyright_accepts_a_users_module_and_refuses_a_misspelt_name(tmp_path: Path) -> None:
    module = ROOT / "tests" / "typing" / "api.py"
    assert len(module.read_text("utf-8").splitlines()) >= 100
    code, out = check_types(module, tmp_path, PYRIGHT)
    assert (code, out[:8]) == (0, "0 errors"), out
    (tmp_path / "names.py").write_text("from topicfeeds import Artcle\n", "utf-8")
    code, out = check_types(tmp_path / "names.py", tmp_path, PYRIGHT)
    assert code == 1
    assert '"Artcle" is unknown import symbol' in out


PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")


def has_code(path: Path) -> bool:
    """Tell a module from one that holds a docstring only."""
    return len(parsed(path).body) > 1


def test_the_page_on_the_architecture_names_every_file() -> None:
    named = re.findall(r"^\| `([\w/]+\.(?:py|toml))` \| [^|]+ \|$", PAGE, re.MULTILINE)
    assert len(set(named)) == len(named)
    assert {name for name in named if name.endswith(".py")} == {name_of(path) for path in MODULES if has_code(path)}
    assert [name for name in named if not (PACKAGE / name).is_file()] == []


def test_the_page_on_the_architecture_has_the_table_of_imports() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", PAGE, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, len(LEVELS) + 1))
    assert [re.findall(r"`(\w+)`", names) for _, names in rows] == LEVELS


def test_the_page_on_the_architecture_names_nothing_that_is_gone() -> None:
    code = "".join(path.read_text("utf-8") for path in MODULES)
    words = set(re.findall(r"`(?:\w+\.)?([A-Za-z_]+)`", PAGE))
    assert [word for word in sorted(words) if not re.search(rf"\b{word}\b", code)] == []
    paths = re.findall(r"`((?:\w+/)*\w+\.(?:py|toml))`", PAGE)
    assert [path for path in paths if not (PACKAGE / path).is_file()] == []
