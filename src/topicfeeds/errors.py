"""What can stop a run, and the findings that a person should look at.

TopicFeedsError        exit code of the command
+-- ConfigError        2   the site file is wrong: nothing was read or written
|   +-- MissingExtraError  a source needs a package that is not installed
+-- SourceError        65  the input was refused as a whole: nothing was published
+-- PublishError       74  the output folder or the state could not be brought up to date
+-- BusyError          75  another run works on the output folder
"""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal


class ExitCode(IntEnum):
    """The exit codes of the command; 65 to 75 are those of `sysexits.h`. A signal adds its number to 128."""

    DONE = 0
    """Done, or nothing to do."""
    PROBLEMS = 1
    """Done, but items were refused; or a check found something."""
    CONFIG = 2
    """Wrong usage, a wrong site file, or a missing extra. Click uses it for usage too."""
    INPUT = 65
    OUTPUT = 74
    BUSY = 75
    BUG = 70


Severity = Literal["warning", "refused", "unreadable"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding, printed the way compilers do, so that editors can jump to it.

    `severity` says what became of its subject: published all the same (`warning`), left out
    (`refused`), or a reason to publish nothing at all (`unreadable`).
    """

    path: str
    line: int
    field: str
    message: str
    severity: Severity = "refused"
    item: int = 0
    """The first line of the item that it is about, which tells items apart."""

    def __str__(self) -> str:
        mark = "warning: " if self.severity == "warning" else ""
        field = f"{self.field}: " if self.field else ""
        return printable(f"{self.path}:{self.line}: {mark}{field}{self.message}")


class TopicFeedsError(Exception):
    """A run has to stop. `problems` says why, and `str()` has one line for each."""

    exit_code = ExitCode.BUG

    def __init__(self, problems: Sequence[Problem] = (), message: str = "") -> None:
        self.problems = tuple(problems)
        self.message = printable(message)
        super().__init__(problems, message)

    def __str__(self) -> str:
        return "\n".join([*map(str, self.problems), *([self.message] if self.message else [])])


class ConfigError(TopicFeedsError):
    """The site file is wrong."""

    exit_code = ExitCode.CONFIG


class MissingExtraError(ConfigError):
    """A source needs a package that is an extra of ours, and is not installed."""

    def __init__(self, extra: str) -> None:
        self.extra = extra
        super().__init__(message=_describe_missing_extra(extra))
        self.args = (extra,)  # pickle calls __init__ with these


def _describe_missing_extra(extra: str) -> str:
    """Name the packages of an extra, by the metadata of topicfeeds: pip finds them wherever topicfeeds came from."""
    import re
    import shlex
    from importlib.metadata import PackageNotFoundError, requires

    try:
        known = requires("topicfeeds") or []
    except PackageNotFoundError:  # topicfeeds is on the path, but not installed
        known = []
    parts = (line.partition(";") for line in known)
    needed = [name.strip() for name, _, marker in parts if re.search(rf"\bextra *== *['\"]{extra}['\"]", marker)]
    if not needed:
        return f'a source needs the extra "{extra}", which is not installed (run pip install "topicfeeds[{extra}]")'
    names = " and ".join(re.split(r"[^\w.-]", name)[0] for name in needed)
    verb, command = "is" if len(needed) == 1 else "are", shlex.join(["pip", "install", *needed])
    return (
        f"a source needs {names}, which {verb} not installed "
        f'(run {command} in the environment of topicfeeds; it is the extra "{extra}")'
    )


class SourceError(TopicFeedsError):
    """The input was refused as a whole: a source is unreadable, or items were refused where none may be."""

    UNREADABLE = "Nothing was published: a source could not be read. The existing feeds are unchanged."

    exit_code = ExitCode.INPUT


class PublishError(TopicFeedsError):
    """The output folder or the state could not be brought up to date."""

    exit_code = ExitCode.OUTPUT


class BusyError(TopicFeedsError):
    """Another run works on the output folder: try again later."""

    exit_code = ExitCode.BUSY


def printable(text: str) -> str:
    """Escape what could act on a terminal or break a line of a log."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def show(value: object) -> str:
    """Quote a value for a message, cut to what fits a line."""
    try:
        text = printable(value if isinstance(value, str) else reprlib.repr(value))  # which bounds what nests
    except ValueError:
        text = "a number of thousands of digits"
    if len(text) > 63:
        text = f"{text[:60]}..."
    return f'"{text}"' if isinstance(value, str) else text


def nearest(name: str, known: Iterable[str]) -> str:
    """Give the hint ` (did you mean "..."?)` for a name that is close to a known one, else nothing."""
    found = difflib.get_close_matches(name, list(known), n=1)
    return f' (did you mean "{found[0]}"?)' if found else ""
