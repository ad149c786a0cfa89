"""The errors that stop a run: what they carry, and that they pass from one process to another."""

from __future__ import annotations

import ast
import errno
import pickle
import re
import tomllib
from importlib.metadata import PackageNotFoundError

import pytest

import topicfeeds
from support.needs import ROOT
from topicfeeds import BusyError, ConfigError, MissingExtraError, Problem, PublishError, SourceError, TopicFeedsError
from topicfeeds.cli import console
from topicfeeds.errors import Hint, explain_os_error

NO_SPACE = "No space left on device (free disk space, then run again)"
PROBLEMS = [Problem("a.yaml", 2, "title", "is missing"), Problem("b.yaml", 1, "", "is old", "warning", item=1)]


def below(kind: type[TopicFeedsError]) -> set[type[TopicFeedsError]]:
    return {kind}.union(*map(below, kind.__subclasses__()))


@pytest.mark.parametrize("kind", [TopicFeedsError, ConfigError, SourceError, PublishError, BusyError])
def test_an_error_is_the_same_after_pickling(kind: type[TopicFeedsError]) -> None:
    for error in (kind(), kind(PROBLEMS), kind(message="a\x1b[31mb"), kind(PROBLEMS, "c", Hint.FREE_LOCK)):
        copy = pickle.loads(pickle.dumps(error))
        assert type(copy) is kind
        assert (copy.problems, copy.message, str(copy)) == (error.problems, error.message, str(error))
        assert (copy.args, copy.exit_code, copy.hint) == (error.args, error.exit_code, error.hint)


def test_an_error_about_an_extra_is_the_same_after_pickling() -> None:
    error = MissingExtraError("markdown")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is MissingExtraError
    assert (copy.extra, copy.problems, copy.exit_code) == ("markdown", (), 2)
    assert (copy.message, str(copy)) == (error.message, str(error))
    assert "markdown" in str(copy)


@pytest.mark.parametrize("extra", ["markdown", "sql", "dask"])
def test_an_error_about_an_extra_names_what_to_install_as_pyproject_does(extra: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    [needed] = project["optional-dependencies"][extra]
    assert f"(run pip install '{needed}' in " in str(MissingExtraError(extra))


def test_an_extra_of_several_packages_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["a>=1", 'b[c]>=2; extra == "x"', "d<3; python_version < '4' and extra == 'x'", "e; extra == 'xy'"]
    monkeypatch.setattr("importlib.metadata.requires", lambda _: lines)
    assert str(MissingExtraError("x")) == (
        'a source needs the extra "x": b and d are not installed '
        "(run pip install 'b[c]>=2' 'd<3' in the environment of topicfeeds)"
    )


def test_an_extra_is_named_where_topicfeeds_itself_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.requires", fail)
    expected = 'a source needs the extra "markdown", which is not installed (run pip install "topicfeeds[markdown]")'
    assert str(MissingExtraError("markdown")) == expected


def test_a_hint_follows_its_message_as_a_sentence_of_its_own() -> None:
    shrunk = Problem("a.yaml", 1, "", "shrank from 2 items to 0", "unreadable", hint=Hint.ALLOW_SHRINK)
    sentence = f"{Hint.ALLOW_SHRINK.value}."
    assert str(shrunk) == f"a.yaml:1: shrank from 2 items to 0. {sentence}"
    assert (
        str(BusyError(message="Busy.", hint=Hint.FREE_LOCK))
        == "Busy. Try again later, or wait for the other run, for example with wait=60."
    )


def test_every_hint_names_an_option_in_the_command_and_none_in_python() -> None:
    """A call without a list for problems has no command."""
    assert set(console._HINTS) == set(Hint) - {Hint.COLLECT}
    assert all(re.search(r" --[a-z]", sentence) for sentence in console._HINTS.values())
    assert not any("--" in hint.value for hint in Hint)


def test_the_library_speaks_of_no_option_of_the_command() -> None:
    package = ROOT / "src" / "topicfeeds"
    for path in package.rglob("*.py"):
        if path.parent.name == "cli":
            continue
        tree = ast.parse(path.read_text("utf-8"))
        prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
        texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in prose)
        found = [one.value for one in texts if isinstance(one.value, str) and re.search(r"(^| )--[a-z]", one.value)]
        assert found == [], path


@pytest.mark.parametrize(
    ("error", "explained"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), NO_SPACE),
        (OSError(errno.ENAMETOOLONG, "File name too long"), "File name too long"),
        (OSError("strange"), "strange"),
    ],
)
def test_an_error_of_the_system_is_explained_with_what_to_do_where_that_is_known(
    error: OSError, explained: str
) -> None:
    assert explain_os_error(error) == explained


def test_every_error_is_public() -> None:
    assert {kind.__name__ for kind in below(TopicFeedsError)} <= set(topicfeeds.__all__)
