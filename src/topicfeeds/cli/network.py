"""The commands that use the network: `serve` shows a site on this machine, `ping` announces changes to a hub."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import ExitCode, TopicFeedsError, count, printable
from .console import Console, print_lines, print_text
from .options import ALL_PROBLEMS, OUTPUT, SITE, STATE, find_paths, read_now

if TYPE_CHECKING:
    from ..run.report import Changes
    from ..web.preview import Preview


@click.command()
@SITE
@STATE
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    metavar="N",
    help="The port of the preview. 0 means any free port.",
)
@ALL_PROBLEMS
def serve(site_file: Path, state_file: Path | None, port: int, all_problems: bool) -> None:
    """Serve a preview of the site, and build it again after each edit.

    The command builds the site into a temporary folder, and prints an address that works on this machine only. To see
    an edit, reload the page. The command does not change the output folder or the state. To stop it, press Ctrl+C.
    """
    from ..web.preview import open_preview

    console = Console(everything=all_problems, base=str(site_file.parent))
    with open_preview(find_paths(site_file, None, state_file)) as preview:
        changes = preview.build(read_now())
        _print_changes(console, changes)
        with preview.serve(port) as address:
            page = "" if "index.html" in changes.written else changes.written[0]
            click.echo(f"{address}{page}")
            print_lines("Open this address in a browser. Edits appear there when you reload. Stop with Ctrl+C.")
            _follow(preview, console)


def _follow(preview: Preview, console: Console) -> None:
    """Build the site after each edit. The same error is printed once."""
    printed = ""
    for _ in preview.watch():
        now = read_now()
        if not preview.is_stale(now):
            continue
        try:
            _print_changes(console, preview.build(now))
            printed = ""
        except TopicFeedsError as error:
            if str(error) != printed:
                console.print_error(error)
            printed = str(error)


def _print_changes(console: Console, changes: Changes) -> None:
    console.print_problems(changes.problems, changes.omitted)
    if changed := len(changes.written) + len(changes.removed):
        items = f"{count('item', changes.items)} published, {changes.refused} refused"
        print_lines(f"{items}; {count('document', changed)} changed")


@click.command()
@SITE
@OUTPUT
@STATE
@click.option("--strict", is_flag=True, help="Exit with code 69 if the hub did not accept every announcement.")
@click.option("--quiet", is_flag=True, help="Print no addresses. Print errors of the hub only with --strict.")
@click.option(
    "--timeout",
    type=click.IntRange(1, 3600),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="Announce for at most SECONDS. The next run announces the rest.",
)
def ping(site_file: Path, output: Path | None, state_file: Path | None, strict: bool, quiet: bool, timeout: int) -> int:
    """Announce changed feeds to the WebSub hub.

    Run the command after each build, when the feeds are on your web server. It announces each feed that changed since
    its last accepted announcement. It prints the addresses that the hub accepts. If the hub fails, nothing is lost: the
    next run announces the same feeds again.
    """
    from ..config import load_site
    from ..websub import announce

    paths = find_paths(site_file, output, state_file)
    made = announce(load_site(paths.site), paths, timeout)
    print_text(sys.stdout, "" if quiet else "".join(f"{address}\n" for address in made.accepted))
    missing = len(made.addresses) - len(made.accepted)
    if not missing:
        return ExitCode.DONE
    if strict or not quiet:
        mark = "" if strict else "warning: "
        rest = f"{count('announcement', missing)} not accepted (the next ping repeats them)"
        print_lines(printable(f"{paths.site}: {mark}hub: {made.problem}; {rest}"))
    return ExitCode.HUB if strict else ExitCode.DONE
