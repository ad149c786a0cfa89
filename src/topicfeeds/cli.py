"""The command line: reads arguments, calls the library, prints what happened."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from . import __version__, idling
from .errors import ConfigError, Problem, PublishError, TopicFeedsError, printable
from .profiling import Profile
from .telling import SHOWN, Teller, annotation, progress, tell, write

if TYPE_CHECKING:
    from .building import Documents
    from .flow import Document
    from .idling import Place


class _Signalled(BaseException):
    """The process was asked to end."""


_SIGNALS: list[int] = []


def main() -> None:
    """Run the command; our own errors are lines and a status of their own, bugs keep their traceback."""
    for number in (signal.SIGTERM, signal.SIGINT):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _signalled)
    gc.set_threshold(300_000, 20, 50)  # little that a build makes is a cycle, and looking for them takes a tenth of it
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # pydantic would look at all that is installed
    code = _run()
    for stream in (sys.stdout, sys.stderr):
        write(stream, "")  # whatever is left, before the interpreter trips over a closed one
    sys.exit(code)


def _signalled(number: int, _: FrameType | None) -> None:
    _SIGNALS.append(number)
    raise _Signalled


def _run() -> int:
    try:
        return int(cli.main(standalone_mode=False) or 0)
    except TopicFeedsError as error:
        return Teller().stopped(error)
    except click.ClickException as error:
        usage = getattr(error, "ctx", None)
        tell(f"{usage.get_usage()}\n" if usage else "", f"Error: {printable(error.format_message())}")
        return error.exit_code
    except (click.Abort, KeyboardInterrupt, _Signalled):
        return 128 + (_SIGNALS[0] if _SIGNALS else signal.SIGINT)
    except OSError as error:
        tell(printable(f"topicfeeds: {error.filename or 'output'}: {error.strerror or error}"))
        return 74
    except Exception:
        import traceback

        tell(traceback.format_exc(), "this is a bug in topicfeeds: please report it with the lines above")
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
OUTPUT = click.option(
    "--output", type=click.Path(path_type=Path), metavar="DIR", help="Where to write.  [default: public beside FILE]"
)
STATE = click.option(
    "--state",
    "state_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What runs remember.  [default: a file in .topicfeeds beside the site file]",
)
ALL_PROBLEMS = click.option("--all-problems", is_flag=True, help=f"Print all findings, not the first {SHOWN}.")


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
    from importlib.resources import files

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
        write(sys.stdout, f"{path}\n")
    tell(f"now run: topicfeeds build --site {next(iter(made))}")


@cli.command()
@SITE
@OUTPUT
@STATE
@click.option("--strict", is_flag=True, help="Publish nothing if an item has to be refused (exit code 65).")
@click.option("--allow-shrink", is_flag=True, help="Publish also if a source lost most of its items.")
@click.option("--dry-run", is_flag=True, help="Print what would be written, and write nothing.")
@click.option("--wait", type=click.IntRange(min=0), default=0, metavar="SECONDS", help="Wait for another run to end.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Read large sources (50,000 items and more) by so many processes.",
)
@click.option("--profile", "wants_profile", is_flag=True, help="Print time and memory of each step.")
@click.option("--quiet", is_flag=True, help="Print errors only.")
@ALL_PROBLEMS
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json: one object a line on standard error.",
)
def build(
    site_file: Path,
    output: Path | None,
    state_file: Path | None,
    dry_run: bool,
    wants_profile: bool,
    quiet: bool,
    all_problems: bool,
    log_format: str,
    **options: Any,
) -> int:
    """Write the feeds that changed, and print their paths.

    Items that cannot be published are left out and named on standard error with file, line and
    field; the exit code is then 1. Where nothing changed, nothing is printed or opened for writing.
    SOURCE_DATE_EPOCH, where set, is taken for the current time.

    Exit codes: 0 done, or nothing to do; 1 some items were refused; 2 usage or site file; 65 the input was
    refused as a whole; 74 the output could not be written; 75 another run is busy with the folder; 130 and 143
    interrupted and terminated. With 2, 65, 74 and 75 the last good feeds stay.
    """
    now, place = _now(), _place(site_file, output, state_file)
    teller, profile = Teller(quiet, all_problems, machine=log_format == "json"), Profile(on=wants_profile)
    refused = None if dry_run else idling.repeated(place, now.timestamp())
    if refused is not None and not (options["strict"] and refused):
        teller.problems([Problem(*finding) for finding in refused])
        teller.steps(profile.steps())
        return 1 if refused else 0
    from .regenerating import regenerate

    watch = _stoppable if quiet else _watched
    try:
        changes = regenerate(place, now, dry=dry_run, watch=watch, profile=profile, **options)
    except TopicFeedsError as error:
        return teller.stopped(error)
    teller.problems(changes.problems)
    teller.changes(changes, dry=dry_run)
    teller.steps(profile.steps())
    return 1 if changes.refused else 0


def _watched(documents: Documents) -> Iterable[Document]:
    return _stoppable(progress(documents))


def _place(site_file: Path, output: Path | None, state_file: Path | None) -> Place:
    return idling.place(str(site_file), str(output or ""), str(state_file or ""))


def _stoppable(documents: Iterable[Document]) -> Iterable[Document]:
    """End between two documents where a signal was lost: libraries in C swallow what is raised in a callback."""
    for document in documents:
        if _SIGNALS:
            raise _Signalled
        yield document
    if _SIGNALS:
        raise _Signalled


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
@ALL_PROBLEMS
def check(site_file: Path, form: str, all_problems: bool) -> int:
    """Check the site file and all items, and write nothing.

    Messages and exit codes are those of build: 0 nothing to mend, 1 items would be refused, 2 usage
    or site file, 65 the input would be refused as a whole.
    """
    now = _now()
    from .configuring import load_site
    from .publishing import check, read

    teller = Teller(everything=all_problems, shape=partial(annotation, site_file.parent) if form == "github" else str)
    try:
        site = load_site(site_file)
        found = check(site, read(site, site_file.parent), now=now)
    except TopicFeedsError as error:
        return teller.stopped(error)
    teller.problems(found.problems)
    if form == "text":
        tell(f"{found.items} items are fine, {found.refused} would be refused")
    return 1 if found.refused else 0


@cli.command()
@SITE
@OUTPUT
@STATE
@click.option("--max-age", metavar="AGE", help="Fail (exit code 1) if the last success is older: 90s, 30m, 2h, 3d.")
def status(site_file: Path, output: Path | None, state_file: Path | None, max_age: str | None) -> int:
    """Show the last runs, the feeds, and what is refused, held back or retired."""
    from . import reporting

    oldest = reporting.seconds(max_age) if max_age else None
    if max_age and oldest is None:
        raise click.UsageError(f'--max-age is "{max_age}", not an age such as 90s, 30m, 2h or 3d')
    place = _place(site_file, output, state_file)
    write(sys.stdout, "".join(f"{printable(line)}\n" for line in reporting.report(place)))
    late = reporting.late(place, oldest, datetime.now(UTC).timestamp()) if oldest is not None else ""
    tell(late)
    return 1 if late else 0


@cli.command()
@click.argument("what", type=click.Choice(["item", "site"]))
def schema(what: str) -> None:
    """Print the JSON Schema of an item or of the site file, for editors."""
    import json

    from pydantic import TypeAdapter

    from .models import Article, Event, Site

    kind = TypeAdapter(Site if what == "site" else Article | Event)
    write(sys.stdout, json.dumps(kind.json_schema(), indent=2, ensure_ascii=False) + "\n")


def _now() -> datetime:
    """Take the time that reproducible builds are given, else the clock."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        return datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    except (ValueError, OverflowError, OSError):
        raise click.UsageError(f'SOURCE_DATE_EPOCH is "{epoch}", not a number of seconds since 1970') from None
