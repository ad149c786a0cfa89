"""The output of commands: problems, paths, a summary, a progress bar, a JSON log."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ..errors import NONE_OMITTED, Hint, Omitted, Problem, TopicFeedsError, add_hint, count, is_file_path, printable
from ..state.memory import StoredProblem
from ..state.paths import shorten_path

if TYPE_CHECKING:
    from ..output.documents import Document, Documents
    from ..profile import Step
    from ..run.report import Changes
    from ..sources.model import Draft
    from ..state.uptodate import Reason

MAX_SHOWN_PROBLEMS = 50
"""How many problems are printed without --all-problems."""
STARTED = time.monotonic()
_HINTS = {
    Hint.ALLOW_SHRINK: "Correct the source. If the items were removed on purpose, run once with --allow-shrink, or "
    "raise max_shrink",
    Hint.FREE_LOCK: "Try again later, or wait for the other run with --wait SECONDS",
    Hint.FREE_PLACE: "Move it away, or choose another folder with --output",
    Hint.NAME_SITE: "Name the site file with --site, or create one with topicfeeds init",
    Hint.NEWER_STATE: "Install that version, or choose another file with --state",
    Hint.OTHER_FOLDER: "Give one of the two sites another folder, with --output",
    Hint.OTHER_STATE: "Choose another file with --state",
    Hint.PRUNE: "To remove them, run topicfeeds build --prune",
    Hint.STRICT: "Correct the items, or run without --strict",
}
"""The hints of the library, with the options of the command."""
_DONE = ("published", "written", "removed")
_RANKS = {"unreadable": 0, "refused": 1, "warning": 2}
"""The order of importance, the most important first. If there are too many problems, the first ones are shown."""
_ADVICE = "print all of them with --all-problems"


@dataclass(frozen=True, slots=True)
class Console:
    """Prints problems and lines to standard error, as text or JSON."""

    quiet: bool = False
    everything: bool = False
    """Whether all problems are printed."""
    shape: Callable[[Problem], str] = str
    machine: bool = False
    """Whether each line is a JSON object, for log collectors. Its paths are relative to the folder of the site file."""
    base: str = ""
    """The folder of the site file."""

    def print_problems(self, problems: Sequence[Problem], omitted: Omitted = NONE_OMITTED) -> None:
        """Print problems. If there are too many, drop warnings first. `omitted` counts problems that were not kept."""
        told = [problem for problem in problems if self.wants(problem)]
        shown = told
        if len(told) > MAX_SHOWN_PROBLEMS and not self.everything:
            chosen = sorted(range(len(told)), key=lambda n: _RANKS[told[n].severity])[:MAX_SHOWN_PROBLEMS]
            shown = [told[n] for n in sorted(chosen)]
        shown = [self.complete_problem(problem) for problem in shown]
        if self.machine:
            for problem in shown:
                level = "warning" if problem.severity == "warning" else "error"
                field, item = problem.field or None, problem.name or None
                _log(level, problem.message, path=problem.path, line=problem.line, field=field, item=item)
        else:
            print_lines(*map(self.shape, shown))
        left = omitted.errors + (0 if self.quiet else omitted.warnings)
        if rest := len(told) - len(shown) + left:
            advice = f"{left} of them were not stored: correct the printed ones, then run again" if left else _ADVICE
            self.print_line(f"... and {rest} more ({advice})")

    def print_drafts(self, drafts: Sequence[Draft]) -> None:
        """Print why each draft is left out."""
        shown = drafts if self.everything else drafts[:MAX_SHOWN_PROBLEMS]
        for one in shown:
            reason = one.reason or (f"public from {one.until:%Y-%m-%d}" if one.until else "expired or private")
            name = next((f' "{part}"' for part in one.identity or () if part), "")
            print_lines(printable(f"{self.locate(one.path)}:{one.line}: draft{name}, left out ({reason})"))
        if len(drafts) > len(shown):
            self.print_line(f"... and {count('draft', len(drafts) - len(shown))} more ({_ADVICE})")

    def wants(self, problem: Problem) -> bool:
        """Return whether a problem is printed."""
        return not self.quiet or problem.severity != "warning" or problem.is_urgent

    def locate(self, path: str) -> str:
        """Return the path of a problem as it is printed."""
        if not is_file_path(path) or (self.machine and not Path(path).is_absolute()):
            return path
        return shorten_path(path, self.base, self.base if self.machine else "")

    def complete_problem(self, problem: Problem) -> Problem:
        """Return a problem with its paths as they are printed, and with its hint for users of the command."""
        message = problem.message
        if problem.other:
            message = message.replace(f" {problem.other}:", f" {self.locate(problem.other)}:", 1)
        message = _hint_at_options(message, problem.hint)
        return replace(problem, path=self.locate(problem.path), message=message, hint=None)

    def print_line(self, message: str, level: str = "info", **values: object) -> None:
        """Print a line. `values` are printed in JSON only."""
        if self.machine:
            _log(level, message, **values)
        else:
            print_lines(message)

    def print_error(self, error: TopicFeedsError) -> int:
        """Print why a run stopped, and return its exit code."""
        self.print_problems(error.problems, error.omitted)
        self.print_message(error)
        return error.exit_code

    def print_message(self, error: TopicFeedsError) -> None:
        """Print the message of an error, if it has one in addition to its problems."""
        if error.message:
            self.print_line(_hint_at_options(error.message, error.hint), "error", code=error.exit_code)

    def print_changes(self, changes: Changes, folder: str, *, dry: bool) -> None:
        """Print the changed paths, and a summary if there are any."""
        paths = (*changes.written, *changes.removed)
        if not paths or self.quiet:
            return
        print_text(sys.stdout, "".join(f"{path}\n" for path in paths))
        counts: dict[str, Any] = {
            "items": changes.items,
            "refused": changes.refused,
            "drafts": changes.drafts,
            "written": len(changes.written),
            "unchanged": changes.unchanged,
            "removed": len(changes.removed),
            "retired": changes.retired,
            "seconds": round(time.monotonic() - STARTED, 1),
            "folder": self.locate(str(Path(folder).absolute())),
        }
        published, written, removed = ("to publish", "to write", "to remove") if dry else _DONE
        gone = f", {counts['removed']} {removed}" if counts["removed"] else ""
        gone += f", {counts['retired']} retired (to be removed later)" if counts["retired"] else ""
        done = f"{count('document', len(changes.written))} {written} to {printable(counts['folder'])}"
        drafts = f", {count('draft', changes.drafts)}" if changes.drafts else ""
        self.print_line(
            f"{count('item', changes.items)} {published}, {changes.refused} refused{drafts}; "
            f"{done}, {changes.unchanged} unchanged{gone}; "
            f"{counts['seconds']:.1f} s",
            **counts,
        )

    def print_reasons(self, reasons: Sequence[Reason]) -> None:
        """Print why a build has something to do."""
        shown = reasons if self.everything else reasons[:MAX_SHOWN_PROBLEMS]
        for one in shown:
            message = one.message
            if one.path and one.is_source:
                message = message.replace(one.path, self.locate(one.path), 1)
            message = printable(message)
            self.print_line(message if self.machine else f"Reason: {message}", reason=one.kind, path=one.path)
        if len(reasons) > len(shown):
            self.print_line(f"... and {len(reasons) - len(shown)} more ({_ADVICE})")
        if not reasons:
            self.print_line("Nothing to do: no file, version or document changed, and no date was reached.")

    def print_steps(self, steps: Sequence[Step]) -> None:
        """Print the time and memory of each step."""
        if steps and not self.machine:
            print_lines(f"{'step':<9}{'CPU (s)':>9}{'elapsed (s)':>13}{'peak memory (MB)':>18}")
        for one in steps:
            line = f"{one.name:<9}{one.cpu:>9.2f}{one.time:>13.2f}{one.peak:>18.0f}"
            values: dict[str, Any] = {"cpu": round(one.cpu, 3), "time": round(one.time, 3), "peak": round(one.peak)}
            self.print_line(" ".join(line.split()) if self.machine else line, step=one.name, **values)


def restore_problem(stored: StoredProblem) -> Problem:
    """Return a problem of the last run, as the state stores it."""
    hint = Hint[stored.hint] if stored.hint else None
    return Problem(*stored[:-2], hint=hint, other=stored.other)


def _hint_at_options(message: str, hint: Hint | None) -> str:
    """Add a hint after a message, with the options of the command."""
    return add_hint(message, _HINTS.get(hint, hint.value) if hint else None)


def format_annotation(problem: Problem) -> str:
    """Format a problem as a workflow command of GitHub Actions."""
    level = "warning" if problem.severity == "warning" else "error"
    path = problem.path.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    text = ": ".join(one for one in (problem.name, problem.field, problem.message) if one)
    return printable(f"::{level} file={path},line={problem.line}::{text.replace('%', '%25')}")


def show_progress(documents: Documents) -> Iterable[Document]:
    """Show a progress bar on a terminal, if a run takes more than a second."""
    return _show_bar(documents) if sys.stderr and sys.stderr.isatty() else documents


def _show_bar(documents: Documents) -> Iterator[Document]:
    left = iter(enumerate(documents))
    for _, document in left:
        yield document
        if time.monotonic() - STARTED > 1:
            break
    else:
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Writing feeds", total=len(documents))
        for number, document in left:
            bar.update(task, completed=number)
            yield document


def print_lines(*lines: str) -> None:
    """Print lines to standard error."""
    print_text(sys.stderr, "".join(f"{line}\n" for line in lines if line))


def print_text(stream: TextIO | None, text: str) -> None:
    """Print a text. Errors of a closed or full stream are ignored, as the work itself is not affected."""
    try:
        if stream:
            stream.write(text)
            stream.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno() if stream else 1)


def _log(level: str, message: str, **values: object) -> None:
    import json

    said = {name: value for name, value in values.items() if value is not None}
    print_lines(json.dumps({"level": level, "message": printable(message), **said}, ensure_ascii=False))
