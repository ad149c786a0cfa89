"""The command `topicfeeds init`: writes an example site, or a site file for an export."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from ..errors import ConfigError, PublishError, explain_os_error
from .console import Console, print_lines, print_text
from .options import read_now

EXPORTS = ("wordpress", "drupal", "hugo", "jekyll", "csv", "spreadsheet", "sqlite", "ics", "feed")
"""The kinds of exports in `exports/kinds.toml`, which only `init --from` loads."""
_SHOWN_ITEMS = 3


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option(
    "--from",
    "export",
    type=(click.Choice(EXPORTS), str),
    metavar="KIND PATH",
    help=f"Write a site file for the file, folder or pattern PATH. KIND is one of: {', '.join(EXPORTS)}.",
)
@click.option("--url", default="https://www.example.org/", show_default=True, help="With --from: your site's address.")
def init(folder: Path, export: tuple[str, str] | None, url: str) -> None:
    """Create an example site in DIR, or a site file for your own data.

    Without --from, the command writes topicfeeds.toml and items/first.yaml. DIR defaults to the current folder.

    With --from, the command examines the data, and writes topicfeeds.toml with comments. Then it prints the first three
    items as topicfeeds reads them, and the columns that the site file does not use.

    If DIR already has one of these files, the command writes nothing and exits with code 2.
    """
    if export:
        _write_site(folder, export, url)
    else:
        _copy_starter(folder)


def _copy_starter(folder: Path) -> None:
    """Copy the example site into a folder. Raises the errors of `_write_files`."""
    from importlib.resources import files

    starter = files("topicfeeds") / "starter"
    _write_files({folder / name: (starter / name).read_bytes() for name in ("topicfeeds.toml", "items/first.yaml")})
    print_lines(f"Next, run: topicfeeds build --site {folder / 'topicfeeds.toml'}")


def _write_site(folder: Path, export: tuple[str, str], url: str) -> None:
    """Write a site file for an export (its kind and its path), and show its first items.

    Raises ConfigError for a wrong path or URL, and PublishError if the file cannot be written.
    """
    import tomllib

    from ..exports.site_file import write_site_file  # imported here, as only this command needs them
    from ..models.site import Site
    from .samples import has_no_zone, print_samples

    kind, path = export
    if folder.exists() and not folder.is_dir():
        raise ConfigError(message=f'{folder}: is not a folder (put a pattern in quotes: --from {kind} "posts-*.json")')
    place = folder / "topicfeeds.toml"
    _check_free(place)
    with _writing():
        folder.mkdir(parents=True, exist_ok=True)
    text = write_site_file(kind, os.path.relpath(path, os.path.realpath(folder)), folder, url, read_now().year)
    _write_files({place: text.encode()})
    site, console = Site.model_validate(tomllib.loads(text)), Console(base=str(folder))
    samples, problems = print_samples(site, folder, _SHOWN_ITEMS, console)
    console.print_problems(problems)
    if any(has_no_zone(one.record.item) for one in samples):
        print_lines(f"The times above name no time zone, so they are in UTC. To change that, set timezone in {place}")
    print_lines(*(line[2:] for line in text.split("\n") if line.startswith("# no topics")))
    print_lines(f"Check each line of {place}. Next, run: topicfeeds build --site {place}")


def _check_free(path: Path) -> None:
    if os.path.lexists(path):
        raise ConfigError(message=f"{path}: already exists; nothing was written (choose another folder)")


def _write_files(made: Mapping[Path, bytes]) -> None:
    """Write new files, and print their paths. Raises ConfigError if one exists, and PublishError if one fails."""
    for path in made:
        _check_free(path)
    for path, content in made.items():
        with _writing():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        print_text(sys.stdout, f"{path}\n")


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PublishError(message=f"{error.filename}: cannot be written: {explain_os_error(error)}") from error
