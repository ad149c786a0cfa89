"""A signal ends a command, also if a library in C replaces the exception of the signal."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from topicfeeds.cli import main
from topicfeeds.errors import PublishError

ERRORS = [ValueError("Error calling function: _SignalReceived"), PublishError(message="user-defined function raised")]


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_an_error_after_a_signal_is_the_end_that_was_asked_for(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(main.cli, "main", fail)
    session = main._Session(None)
    session.signals.append(signal.SIGTERM)
    assert main._run(session) == 143
    assert capsys.readouterr().err == ""
    session.signals.clear()
    assert main._run(session) == (74 if isinstance(error, PublishError) else 70)
    assert str(error) in capsys.readouterr().err


def test_a_build_that_fails_because_of_a_signal_reports_no_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    session = main._Session(None)

    def fail(*_: object) -> None:
        session.signals.append(signal.SIGTERM)
        raise PublishError(message="cannot be used as the state: user-defined function raised exception")

    monkeypatch.setattr("topicfeeds.run.site.build_site", fail)
    monkeypatch.setattr("sys.argv", ["topicfeeds", "build", "--site", str(tmp_path / "topicfeeds.toml")])
    assert main._run(session) == 143
    assert capsys.readouterr().err == ""
