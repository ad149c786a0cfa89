"""The command line: reads arguments, calls the library, prints the results."""

from __future__ import annotations

import gc
import os
import signal
import sys
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from .. import __version__
from ..errors import ExitCode, TopicFeedsError, count, explain_os_error, printable
from ..profile import Profile
from .console import Console, format_annotation, print_lines, print_text, show_progress
from .network import ping, serve
from .options import ALL_PROBLEMS, OUTPUT, SITE, STATE, find_paths, read_now
from .repeat import make_report, repeat_problems
from .shortcut import Check, check_paths, list_reasons
from .starter import init

if TYPE_CHECKING:
    from ..output.documents import Document, Documents


class _SignalReceived(BaseException):
    """The process received a signal to end."""


@dataclass(slots=True)
class _Session:
    """Data that all commands of a process share."""

    check: Check | None = None
    """The result of the check for "nothing to do", or None if the check has not run."""
    signals: list[int] = field(default_factory=list)
    """The signals that arrived."""

    def receive(self, number: int, _: FrameType | None) -> None:
        """Record a signal, and stop the command."""
        self.signals.append(number)
        raise _SignalReceived

    def stop_on_signal(self, documents: Iterable[Document]) -> Iterable[Document]:
        """Stop between two documents after a signal: C libraries may swallow an exception raised in a callback."""
        for document in documents:
            if self.signals:
                raise _SignalReceived
            yield document
        if self.signals:
            raise _SignalReceived


def main(check: Check | None = None) -> None:
    """Run the command. Print our own errors as lines and set an exit code. For bugs, print the traceback."""
    session = _Session(check)
    for number in (signal.SIGTERM, signal.SIGINT):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, session.receive)
    gc.set_threshold(300_000, 20, 50)  # builds make few reference cycles; searching for them takes 10 % of the time
    if not sys.warnoptions:  # otherwise, the user chose which warnings to show
        warnings.simplefilter("ignore")  # warnings of libraries are for programmers
        os.environ["PYTHONWARNINGS"] = "ignore"  # the same for worker processes
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # pydantic would search all installed packages
    code = _run(session)
    for stream in (sys.stdout, sys.stderr):
        print_text(stream, "")  # flush now: at exit, a closed stream would print an error
    sys.exit(code)


def _run(session: _Session) -> int:
    try:
        return int(cli.main(standalone_mode=False, obj=session) or 0)
    except (click.Abort, KeyboardInterrupt, _SignalReceived):
        return 128 + (session.signals[0] if session.signals else signal.SIGINT)
    except Exception as error:
        if session.signals:  # a C library may have replaced the exception of the signal with another one
            return 128 + session.signals[0]
        return _report(error)


def _report(error: Exception) -> int:
    """Print the lines of an error, and return the exit code."""
    if isinstance(error, TopicFeedsError):
        return Console().print_error(error)
    if isinstance(error, click.ClickException):
        print_lines(*_describe_usage_error(error))
        return error.exit_code
    if isinstance(error, OSError):
        print_lines(printable(f"topicfeeds: {error.filename or 'output'}: {explain_os_error(error)}"))
        return ExitCode.OUTPUT
    import traceback

    lines = "".join(traceback.format_exception(error))
    print_lines(lines, "This is a bug in topicfeeds. Please report it, with the lines above.")
    return ExitCode.BUG


def _describe_usage_error(error: click.ClickException) -> list[str]:
    """Return the lines to print. Text that the user typed is escaped. Line breaks that click made are kept."""
    message = error.format_message()
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return [message]
    if not isinstance(error, click.MissingParameter):
        message = printable(message)
    context = error.ctx if isinstance(error, click.UsageError) else None
    return [f"{context.get_usage()}\n" if context else "", f"Error: {message}"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="topicfeeds")
def cli() -> None:
    """Publish articles and events as feeds: one feed with all items, one for each topic, and one for each tag.

    To start, run "topicfeeds init", then "topicfeeds build".
    """


_EXIT_CODES = """\b
Exit codes:
  0         success: feeds were written, or nothing changed
  1         published, except for items and sources with errors
  2         wrong usage, an error in the site file, or a missing extra
  65        nothing was published: a source cannot be read and no earlier run
            has read it, or --strict is set and an item or source has errors
  70        a bug in topicfeeds: please report it
  74        the output or the state could not be written
  75        another run is using the output folder or the state
  130       interrupted (Ctrl+C)
  143       terminated (SIGTERM)

After codes 2, 65 and 75, the existing feeds are unchanged. After codes 130 and 143, either all feeds were updated, or
none. After codes 70 and 74, some files may be new and others old, but no file is incomplete. The next run writes the
remaining files.
"""


@cli.command(epilog=_EXIT_CODES)
@SITE
@OUTPUT
@STATE
@click.option("--strict", is_flag=True, help="Publish nothing if an item or source has errors (exit code 65).")
@click.option(
    "--allow-shrink",
    is_flag=True,
    help="Remove items even if a source lost more of them than max_shrink allows.",
)
@click.option(
    "--prune",
    is_flag=True,
    help="Also remove files of removed feeds that the memory does not list, e.g. after the memory was lost.",
)
@click.option("--dry-run", is_flag=True, help="Print the paths that a run would write or remove, but change nothing.")
@click.option(
    "--wait",
    type=click.IntRange(min=0),
    default=0,
    metavar="SECONDS",
    help="If another run is using the output folder, wait up to SECONDS for that run to end.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="If the cache is empty, e.g. in the first run, read large sources with N processes.",
)
@click.option("--explain", is_flag=True, help="Print why the build is needed: changed files, versions, dates.")
@click.option("--profile", "wants_profile", is_flag=True, help="Print the time and memory of each step.")
@click.option(
    "--quiet",
    is_flag=True,
    help="Print only errors, and warnings that cannot wait (damaged memory, mixed-up output folders).",
)
@click.option(
    "--cron",
    is_flag=True,
    help="For cron: print problems when they are new and then once a day, and a message when all are solved. Print "
    "nothing else. The exit code is the same as without --cron.",
)
@ALL_PROBLEMS
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Format of messages. json prints one object per line on standard error.",
)
@click.pass_obj
def build(session: _Session, /, site_file: Path, output: Path | None, state_file: Path | None, **given: Any) -> int:
    """Write the feeds that changed, and print their paths.

    The command refuses items with errors. It reports each refused item on standard error, with file, line and field. If
    it refuses an item or cannot read a source, it still publishes the rest, and exits with code 1. If the refused item
    was published before, its last good version stays published until you correct or remove the item.

    A warning is only printed if the last successful run did not have it.

    If nothing changed, the command writes no file. It only repeats the messages about errors.

    If the environment variable SOURCE_DATE_EPOCH is set, the command uses it as the current time (seconds since 1970).
    """
    now, paths = read_now(), find_paths(site_file, output, state_file)
    console = Console(
        given["quiet"], given["all_problems"], machine=given["log_format"] == "json", base=str(Path(paths.site).parent)
    )
    report = make_report(console, paths, int(now.timestamp()), cron=given["cron"] and not given["dry_run"])
    profile = Profile(on=given["wants_profile"])
    flags = {name: given[name] for name in ("strict", "allow_shrink")}
    check = session.check or (
        None if given["dry_run"] or given["prune"] else check_paths(paths, now.timestamp(), **flags)
    )
    if given["explain"]:
        console.print_reasons(list_reasons(paths, now.timestamp(), **flags))
    if check and check.refused is not None:
        code = repeat_problems(check, report)
        console.print_steps(profile.steps())
        return code

    from ..run.flow import Options
    from ..run.site import build_site

    def watch(documents: Documents) -> Iterable[Document]:
        return session.stop_on_signal(documents if given["quiet"] or given["cron"] else show_progress(documents))

    names = ("strict", "allow_shrink", "prune", "dry_run", "wait", "jobs")
    options = Options(now=now, watch=watch, profile=profile, **{name: given[name] for name in names})
    try:
        changes = build_site(paths, options)
    except TopicFeedsError as error:
        if session.signals:
            raise  # the error may come from the signal, not from the input
        return report.print_error(error)
    report.print_problems(changes.problems, changes.omitted)
    report.print_changes(changes, paths.folder, dry=options.dry_run)
    console.print_steps(profile.steps())
    return ExitCode.PROBLEMS if changes.refused or changes.has_unread else ExitCode.DONE


@cli.command()
@SITE
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "github"]),
    default="text",
    show_default=True,
    help="Format of messages. github prints annotations for GitHub Actions.",
)
@click.option(
    "--show", type=click.IntRange(min=0), default=0, metavar="N", help="Print the first N items of each source."
)
@ALL_PROBLEMS
def check(site_file: Path, form: str, show: int, all_problems: bool) -> int:
    """Check the site file and all items, and write nothing.

    The command prints the same messages as build, with four exceptions:

    \b
    - It does not compare sources with earlier runs, so it does not detect lost
      items.
    - It prints all warnings, even those of earlier runs.
    - It prints warnings about HTML even for items that no feed contains.
    - If a source cannot be read, it always exits with code 65. build publishes
      the rest if an earlier run has read this source.

    With --show 3, the command also prints the first three items of each source, field by field. After each value, it
    prints the column or path of the value. Then it lists the columns of the source that no setting reads.

    \b
    Exit codes:
      0   no errors
      1   build would refuse some items
      2   wrong usage, an error in the site file, or a missing extra
      65  a source cannot be read
    """
    now = read_now()
    from ..config import check_url, load_site
    from ..run.calls import check, read

    shape = format_annotation if form == "github" else str
    console = Console(everything=all_problems, shape=shape, base=str(site_file.parent))
    try:
        site = load_site(site_file)
        found = check(site, read(site, site_file.parent), now=now)
    except TopicFeedsError as error:
        return console.print_error(error)
    if show:
        from .samples import print_samples

        print_samples(site, site_file.parent, show, console)
    console.print_problems([*found.problems, *check_url(site, site_file)], found.omitted)
    if form == "text":
        console.print_drafts(found.left_out)
        drafts = f", {count('draft', found.drafts)} would be left out" if found.drafts else ""
        print_lines(f"{count('item', found.items)} would be published, {found.refused} would be refused{drafts}")
    return ExitCode.PROBLEMS if found.refused else ExitCode.DONE


@cli.command()
@SITE
@OUTPUT
@STATE
@click.option(
    "--max-age",
    metavar="AGE",
    help="Exit with code 1 if the last successful run is older than AGE, e.g. 90s, 30m, 2h or 3d.",
)
def status(site_file: Path, output: Path | None, state_file: Path | None, max_age: str | None) -> int:
    """Show the last run, the feeds and the refused items.

    The command also shows items that are held back because their date is in the future, and documents of removed feeds.
    """
    from .status import check_site_file, describe_lateness, describe_state, parse_age

    oldest = parse_age(max_age) if max_age else None
    place, now = find_paths(site_file, output, state_file), datetime.now(UTC).timestamp()
    check_site_file(place.site)
    print_text(sys.stdout, "".join(f"{printable(line)}\n" for line in describe_state(place, now)))
    late = describe_lateness(place, oldest, now) if oldest else ""
    print_lines(late)
    return ExitCode.PROBLEMS if late else ExitCode.DONE


@cli.command()
@SITE
@OUTPUT
@STATE
@click.option("--topic", metavar="SLUG", help="The feed of this topic.")
@click.option("--tag", metavar="SLUG", help="The feed of this tag.")
@click.option("--feed", metavar="SLUG", help="The declared feed with this slug.")
@click.option(
    "--part",
    type=click.Choice(["all", "head", "body", "tdmrep"]),
    default="all",
    show_default=True,
    help="head: the links for the head of your page. body: the entries and events. tdmrep: the file "
    "/.well-known/tdmrep.json of your site, which reserves the rights for text and data mining.",
)
def embed(site_file: Path, output: Path | None, state_file: Path | None, part: str, **names: str | None) -> None:
    """Print a feed as HTML for your own pages.

    The HTML has links for the head of a page, and the newest entries and the next events for its body. The body has
    microformats (h-entry, h-event) and JSON-LD for search engines. It contains no JavaScript.

    Without --topic, --tag and --feed, the command prints the feed with all items. Run it after build. It reads the
    sources and the memory, and writes nothing.
    """
    given = [f"{name}s/{slug}" for name, slug in names.items() if slug]
    if len(given) > 1:
        raise click.UsageError("--topic, --tag and --feed exclude each other (write one of them)")
    from .embed import make_parts

    name, state = "".join(given) or "all", find_paths(site_file, output, state_file).state
    print_text(sys.stdout, make_parts(site_file, state, name, part, read_now()))


@cli.command(no_args_is_help=True)
@click.argument("what", type=click.Choice(["item", "site"]))
def schema(what: str) -> None:
    """Print the JSON Schema of an item or of the site file.

    Text editors can use the schema to validate files.
    """
    import json

    from pydantic import TypeAdapter

    from ..models import Article, Event, Site

    kind = TypeAdapter(Site if what == "site" else Article | Event)
    print_text(sys.stdout, json.dumps(kind.json_schema(), indent=2, ensure_ascii=False) + "\n")


for _command in (init, ping, serve):
    cli.add_command(_command)
