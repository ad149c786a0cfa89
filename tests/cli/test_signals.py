"""A signal ends a command, also if a library in C replaces the exception of the signal."""

from __future__ import annotations

import signal

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
