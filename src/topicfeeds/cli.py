"""The command line: reads arguments, calls the library, prints what happened."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from . import __version__
from .errors import ConfigError, Problem, PublishError, SourceError, TopicFeedsError, printable

if TYPE_CHECKING:
    from .flow import Changes, Document

Shape = Callable[[Problem], str]
SHOWN = 50
"""How many findings are printed where nobody asks for all."""
STARTED = time.monotonic()


def main() -> None:
    """Run the command; our own errors are lines and a status of their own, bugs keep their traceback."""
    code = _run()
    for stream in (sys.stdout, sys.stderr):
        _write(stream, "")  # whatever is left, before the interpreter trips over a closed one
    sys.exit(code)


def _run() -> int:
    try:
        return int(cli.main(standalone_mode=False) or 0)
    except TopicFeedsError as error:
        return _stopped(error)
    except click.ClickException as error:
        usage = getattr(error, "ctx", None)
        _tell(f"{usage.get_usage()}\n" if usage else "", f"Error: {printable(error.format_message())}")
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except OSError as error:
        _tell(printable(f"topicfeeds: {error.filename or 'output'}: {error.strerror or error}"))
        return 74
    except Exception:
        import traceback

        _tell(traceback.format_exc(), "this is a bug in topicfeeds: please report it with the lines above")
        return 70


SITE = click.option(
    "--site",
    "site_file",
    type=click.Path(path_type=Path),
    default="topicfeeds.toml",
    show_default=True,
    metavar="FILE",
    help="The site file; sources are relative to it.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="topicfeeds")
def cli() -> None:
    """Publish articles and events as feeds: one per topic, one per tag, and one of everything."""


@cli.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Write a site file and two items to start from, into DIR (default: this folder).

    Existing files are left alone: if one is in the way, nothing is written (exit code 2).
    """
    starter = files(__package__) / "starter"
    made = {folder / name: (starter / name).read_bytes() for name in ("topicfeeds.toml", "items/first.yaml")}
    for path in made:
        if os.path.lexists(path):
            raise ConfigError(message=f"{path}: is there already, and nothing was written")
    for path, content in made.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            raise PublishError(message=f"{error.filename}: cannot be written: {error.strerror}") from error
        _write(sys.stdout, f"{path}\n")
    _tell(f"now run: topicfeeds build --site {next(iter(made))}")


@cli.command()
@SITE
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="DIR", help="Where to write.  [default: public beside FILE]"
)
@click.option("--strict", is_flag=True, help="Publish nothing if an item has to be refused (exit code 65).")
@click.option("--dry-run", is_flag=True, help="Print what would be written, and write nothing.")
@click.option("--quiet", is_flag=True, help="Print errors only.")
@click.option("--all-problems", is_flag=True, help=f"Print all findings, not the first {SHOWN}.")
def build(site_file: Path, output: Path | None, strict: bool, dry_run: bool, quiet: bool, all_problems: bool) -> int:
    """Write the feeds that changed, and print their paths.

    Items that cannot be published are left out and named on standard error with file, line and
    field; the exit code is then 1. SOURCE_DATE_EPOCH, where set, is taken for the current time.

    Exit codes: 0 done, 1 some items were refused, 2 usage or site file, 65 the input was refused as
    a whole, 74 the output could not be written. With 2, 65 and 74 the last good feeds stay.
    """
    now = _now()
    from .configuring import load_site
    from .publishing import read, run

    site = load_site(site_file)
    folder = output or site_file.parent / "public"
    found = read(site, site_file.parent)
    watch = iter if quiet else _progress
    try:
        changes = run(site, found, folder, now=now, strict=strict, dry=dry_run, watch=watch)
    except SourceError as error:
        return _stopped(error, quiet=quiet, everything=all_problems)
    _print_problems(changes.problems, quiet=quiet, everything=all_problems)
    if not quiet:
        _print_changes(changes, dry_run)
    return 1 if changes.refused else 0


@cli.command()
@SITE
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "github"]),
    default="text",
    show_default=True,
    help="github: annotations of GitHub Actions.",
)
@click.option("--all-problems", is_flag=True, help=f"Print all findings, not the first {SHOWN}.")
def check(site_file: Path, form: str, all_problems: bool) -> int:
    """Check the site file and all items, and write nothing.

    Messages and exit codes are those of build: 0 nothing to mend, 1 items would be refused, 2 usage
    or site file, 65 the input would be refused as a whole.
    """
    now = _now()
    from .configuring import load_site
    from .publishing import check, read

    shape = partial(_annotation, site_file.parent) if form == "github" else str
    try:
        site = load_site(site_file)
        found = check(site, read(site, site_file.parent), now=now)
    except TopicFeedsError as error:
        return _stopped(error, everything=all_problems, shape=shape)
    _print_problems(found.problems, everything=all_problems, shape=shape)
    if form == "text":
        _tell(f"{found.items} items are fine, {found.refused} would be refused")
    return 1 if found.refused else 0


@cli.command()
@click.argument("what", type=click.Choice(["item", "site"]))
def schema(what: str) -> None:
    """Print the JSON Schema of an item or of the site file, for editors."""
    import json

    from pydantic import TypeAdapter

    from .models import Article, Event, Site

    kind = TypeAdapter(Site if what == "site" else Article | Event)
    _write(sys.stdout, json.dumps(kind.json_schema(), indent=2, ensure_ascii=False) + "\n")


def _now() -> datetime:
    """Take the time that reproducible builds are given, else the clock."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        return datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    except (ValueError, OverflowError, OSError):
        raise click.UsageError(f'SOURCE_DATE_EPOCH is "{epoch}", not a number of seconds since 1970') from None


def _stopped(error: TopicFeedsError, *, quiet: bool = False, everything: bool = False, shape: Shape = str) -> int:
    """Print why a run had to stop, and give its exit code."""
    _print_problems(error.problems, quiet=quiet, everything=everything, shape=shape)
    _tell(error.message)
    return error.exit_code


def _print_problems(
    problems: Sequence[Problem], *, quiet: bool = False, everything: bool = False, shape: Shape = str
) -> None:
    """Print findings, the severe ones first where not all are shown."""
    told = [problem for problem in problems if not quiet or problem.severity != "warning"]
    shown = told
    if len(told) > SHOWN and not everything:
        chosen = sorted(range(len(told)), key=lambda n: told[n].severity == "warning")[:SHOWN]
        shown = [told[n] for n in sorted(chosen)]
    _tell(*map(shape, shown))
    if len(told) > len(shown):
        _tell(f"... and {len(told) - len(shown)} more (--all-problems prints them)")


def _annotation(folder: Path, problem: Problem) -> str:
    """Write a finding as a workflow command of GitHub Actions, with its path from where the command runs."""
    level = "warning" if problem.severity == "warning" else "error"
    path = (folder / problem.path).as_posix().replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    text = f"{problem.field}: {problem.message}" if problem.field else problem.message
    return printable(f"::{level} file={path},line={problem.line}::{text.replace('%', '%25')}")


def _print_changes(changes: Changes, dry_run: bool) -> None:
    """Print the paths, and a summary where there is something to sum up."""
    paths = (*changes.written, *changes.removed)
    _write(sys.stdout, "".join(f"{path}\n" for path in paths))
    if paths:
        done = "to write" if dry_run else "written"
        seconds = time.monotonic() - STARTED
        _tell(
            f"{changes.items} items, {changes.refused} refused; "
            f"{len(changes.written)} documents {done}, {changes.unchanged} unchanged; {seconds:.1f} s"
        )


def _progress(documents: Sequence[Document]) -> Iterable[Document]:
    """Show a bar on a terminal, once a run has taken a second."""
    return _bar(documents) if sys.stderr and sys.stderr.isatty() else documents


def _bar(documents: Sequence[Document]) -> Iterator[Document]:
    left = iter(enumerate(documents))
    for _, document in left:
        yield document
        if time.monotonic() - STARTED > 1:
            break
    else:
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Writing feeds", total=len(documents))
        for number, document in left:
            progress.update(task, completed=number)
            yield document


def _tell(*lines: str) -> None:
    _write(sys.stderr, "".join(f"{line}\n" for line in lines if line))


def _write(stream: TextIO | None, text: str) -> None:
    """Print, and go on where nobody can read it: a closed or full stream undoes nothing that was done."""
    try:
        if stream:
            stream.write(text)
            stream.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno() if stream else 1)
