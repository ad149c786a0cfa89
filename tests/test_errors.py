"""The errors that stop a run: what they carry, and that they pass from one process to another."""

from __future__ import annotations

import pickle

import pytest

import topicfeeds
from topicfeeds import BusyError, ConfigError, MissingExtraError, Problem, PublishError, SourceError, TopicFeedsError

PROBLEMS = [Problem("a.yaml", 2, "title", "is missing"), Problem("b.yaml", 1, "", "is old", "warning", item=1)]


def below(kind: type[TopicFeedsError]) -> set[type[TopicFeedsError]]:
    return {kind}.union(*map(below, kind.__subclasses__()))


@pytest.mark.parametrize("kind", [TopicFeedsError, ConfigError, SourceError, PublishError, BusyError])
def test_an_error_is_the_same_after_pickling(kind: type[TopicFeedsError]) -> None:
    for error in (kind(), kind(PROBLEMS), kind(message="a\x1b[31mb"), kind(PROBLEMS, "c")):
        copy = pickle.loads(pickle.dumps(error))
        assert type(copy) is kind
        assert (copy.problems, copy.message, str(copy)) == (error.problems, error.message, str(error))
        assert (copy.args, copy.exit_code) == (error.args, error.exit_code)


def test_an_error_about_an_extra_is_the_same_after_pickling() -> None:
    error = MissingExtraError("markdown")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is MissingExtraError
    assert (copy.extra, copy.problems, copy.exit_code) == ("markdown", (), 2)
    assert (copy.message, str(copy)) == (error.message, str(error))
    assert "markdown" in str(copy)


def test_every_error_is_public() -> None:
    assert {kind.__name__ for kind in below(TopicFeedsError)} <= set(topicfeeds.__all__)
