"""The errors that stop a run, and the problems that a person should check.

TopicFeedsError        exit code of the command
+-- ConfigError        2   the site file or the output folder is wrong: nothing was published
|   +-- MissingExtraError  a source or a command needs a package that is not installed
+-- SourceError        65  the input was refused as a whole: nothing was published
+-- PublishError       74  the output folder or the state could not be updated
+-- BusyError          75  another run uses the output folder or the state
"""

from __future__ import annotations

import dataclasses
import errno
import reprlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Literal, NamedTuple, Self


class ExitCode(IntEnum):
    """The exit codes of the command. After a signal, the exit code is 128 plus the number of the signal.

    The codes 65 to 75 are those of `sysexits.h`.
    """

    DONE = 0
    """Done, or nothing to do."""
    PROBLEMS = 1
    """Done, but with problems.

    - `build`: published, except for items and sources with errors.
    - `check`: some items would be refused.
    - `status --max-age`: the last success is older.
    """
    CONFIG = 2
    """Wrong usage, a wrong site file, or a missing extra. Click also uses this code for wrong usage."""
    INPUT = 65
    HUB = 69
    """`ping --strict`: the hub did not accept every announcement."""
    OUTPUT = 74
    BUSY = 75
    BUG = 70


Severity = Literal["warning", "refused", "unreadable"]
STANDARD_INPUT = "standard input"
QUERY = 'query "'
"""How the name of a database query starts in messages."""


class Hint(Enum):
    """What to do about a problem, for users of the library. `cli/console.py` has the hints for users of the command."""

    ALLOW_SHRINK = (
        "Correct the source. If the items were removed on purpose, run once with allow_shrink=True, or raise max_shrink"
    )
    COLLECT = "Correct the items, or pass a list (problems=...) to collect their problems"
    FREE_LOCK = "Try again later, or wait for the other run, for example with wait=60"
    FREE_PLACE = "Move it away, or choose another folder"
    NAME_SITE = "Correct the path, or create a site file with topicfeeds init"
    NEWER_STATE = "Install that version, or choose another path for the state"
    OTHER_FOLDER = "Give one of the two sites another folder"
    OTHER_STATE = "Choose another path for the state"
    PRUNE = "Delete the feeds that this site no longer has"
    STRICT = "Correct the items, or run without strict=True"


def add_hint(message: str, hint: str | None) -> str:
    """Add a hint after a message, as a separate sentence."""
    return f"{message.removesuffix('.')}. {hint}." if hint else message


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem in the input. `str()` has the form of compiler messages, so that editors can jump to the line.

    Threads may share it.

    `severity` says what happened:

    - `warning`: the item is published, unless the message says that it is skipped or held back.
    - `refused`: the item is not published.
    - `unreadable`: the source cannot be used. If the state knows the source, its items stay as they were last
      published. Otherwise, and with `strict`, the run stops.
    """

    path: str
    line: int
    field: str
    message: str
    severity: Severity = "refused"
    item: int = 0
    """Identifies the item in its file: its first line, unless several items start on this line."""
    name: str = ""
    """The position and title of the item, if several items start on the line."""
    identity: tuple[str | None, str | None] | None = dataclasses.field(default=None, compare=False, repr=False)
    """The `id` and the `link` of the item. None if they cannot be read."""
    hint: Hint | None = None
    other: str = ""
    """The path of another file that the message names, relative to the same folder as `path`."""
    is_urgent: bool = False
    """Whether the command prints it even with `--quiet`, because somebody must act, e.g. restore a backup."""

    @property
    def id(self) -> str | None:
        """The `id` of the item, as its author wrote it. None if it has none, or if the problem is not about an item."""
        return self.identity[0] if self.identity else None

    def __str__(self) -> str:
        mark = "warning: " if self.severity == "warning" else ""
        field = "".join(f"{one}: " for one in (self.name, self.field) if one)
        return printable(f"{self.path}:{self.line}: {mark}{field}{_add_own_hint(self)}")


class Omitted(NamedTuple):
    """How many problems a run counted, but did not keep, because there were too many."""

    warnings: int = 0
    errors: int = 0
    items: int = 0
    """How many refused items have only problems that were not kept."""


NONE_OMITTED = Omitted()


class TopicFeedsError(Exception):
    """The base class of errors that stop a run. `str()` has a line for each of the `problems`, then the `message`.

    Threads may share an error, and it can be pickled.
    """

    exit_code = ExitCode.BUG

    def __init__(
        self,
        problems: Sequence[Problem] = (),
        message: str = "",
        hint: Hint | None = None,
        omitted: Omitted = NONE_OMITTED,
    ) -> None:
        self.problems = tuple(problems)
        self.message = printable(message)
        self.hint = hint
        self.omitted = omitted
        super().__init__(problems, message, hint, omitted)

    def __str__(self) -> str:
        return "\n".join([*map(str, self.problems), *([_add_own_hint(self)] if self.message else [])])


def _add_own_hint(one: Problem | TopicFeedsError) -> str:
    return add_hint(one.message, one.hint.value if one.hint else None)


class ConfigError(TopicFeedsError):
    """The site file, the output folder or the path of the state is wrong. Threads may share it."""

    exit_code = ExitCode.CONFIG


class MissingExtraError(ConfigError):
    """A source or a command needs an extra that is not installed. `extra` is its name. Threads may share it."""

    def __init__(self, extra: str, user: str = "a source") -> None:
        self.extra = extra
        super().__init__(message=_describe_missing_extra(extra, user))
        self.args = (extra, user)  # pickle calls __init__ with these


def _describe_missing_extra(extra: str, user: str) -> str:
    """Return a message that names the packages of an extra. pip finds them even if topicfeeds is not on PyPI."""
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
        return f'{user} needs the extra "{extra}", which is not installed (run pip install "topicfeeds[{extra}]")'
    names = " and ".join(re.split(r"[^\w.-]", name)[0] for name in needed)
    verb, command = "is" if len(needed) == 1 else "are", shlex.join(["pip", "install", *needed])
    return (
        f'{user} needs the extra "{extra}": {names} {verb} not installed '
        f"(run {command} in the environment of topicfeeds)"
    )


class SourceError(TopicFeedsError):
    """The input was refused as a whole, and nothing was published.

    Either a source is unreadable and has no earlier items, or the call is strict, and an item or source has an error.
    `select`, `feed`, `embed` and `build` are strict without `problems` and without a state. Threads may share it.
    """

    UNREADABLE = "Nothing was published: a source could not be read. The existing feeds are unchanged."

    exit_code = ExitCode.INPUT

    def with_problems(self, problems: Sequence[Problem], omitted: Omitted) -> Self:
        """Return the same error with other problems."""
        return type(self)(problems, self.message, self.hint, omitted)


class PublishError(TopicFeedsError):
    """The output folder or the state could not be updated. Threads may share it."""

    exit_code = ExitCode.OUTPUT


class BusyError(TopicFeedsError):
    """Another run uses the output folder or the state. Try again later. Threads may share it."""

    exit_code = ExitCode.BUSY


def is_file_path(path: str) -> bool:
    """Return whether the path of a problem names a file or folder, and not a query, a web address or standard input."""
    return path != STANDARD_INPUT and not path.startswith(QUERY) and "://" not in path


def printable(text: str) -> str:
    """Escape characters that could control a terminal or break a line of a log."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def show(value: object) -> str:
    """Return a value for a message, cut to 63 characters. Text is put in quotes."""
    try:
        text = printable(value if isinstance(value, str) else reprlib.repr(value))  # limits nested values
    except ValueError:
        text = "a number with thousands of digits"
    if len(text) > 63:
        text = f"{text[:60]}..."
    return f'"{text}"' if isinstance(value, str) else text


def show_some(values: Sequence[str]) -> str:
    """Return the first distinct values for a message, and how many others there are."""
    several = list(dict.fromkeys(values))
    rest = f" and {len(several) - _MAX_SHOWN} more" if len(several) > _MAX_SHOWN else ""
    return ", ".join(map(show, several[:_MAX_SHOWN])) + rest


_MAX_SHOWN = 3
_OS_ADVICE = {
    errno.ENOSPC: "free disk space, then run again",
    errno.EDQUOT: "free disk space or raise the quota, then run again",
    errno.EACCES: "check the owner and permissions of the file and its folders",
    errno.EPERM: "check the owner and permissions of the file and its folders",
    errno.EROFS: "make the file system writable",
    errno.EIO: "check the disk",
    errno.ELOOP: "remove the symbolic link",
    errno.EEXIST: "move it away",
    errno.ENOTDIR: "a file is in place of a folder: move it away",
    errno.EISDIR: "a folder is in place of a file: move it away",
}


def explain_os_error(error: OSError) -> str:
    """Say why a file could not be used, and what to do if that is known."""
    advice = _OS_ADVICE.get(error.errno or 0)
    return f"{error.strerror or error} ({advice})" if advice else str(error.strerror or error)


def count(word: str, number: int) -> str:
    """Write a number with its noun: `1 item`, `2 items`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the hint ` (did you mean "..."?)` if a name is close to a known one, else an empty string."""
    import difflib

    found = difflib.get_close_matches(name, list(known), n=1)
    return f' (did you mean "{found[0]}"?)' if found else ""
