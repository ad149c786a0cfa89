"""The options that several commands have, the paths of a site, and the current time."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from ..errors import ConfigError, show
from ..state.paths import SitePaths, default_paths
from .console import MAX_SHOWN_PROBLEMS

_MAX_PATH_BYTES = 4096


def _check_path(_: click.Context, parameter: click.Parameter, path: Path | None) -> Path | None:
    """Reject paths that no file can have, and a state that is a pipe or a device. Raises ConfigError."""
    option = f"--{(parameter.name or '').removesuffix('_file')}"
    if path and len(os.fsencode(path)) > _MAX_PATH_BYTES:
        raise ConfigError(message=f"{option} {show(str(path))} is too long (write at most {_MAX_PATH_BYTES} bytes)")
    if path and option == "--state" and path.exists() and not (path.is_file() or path.is_dir()):
        raise ConfigError(message=f"{path}: is not a regular file (choose another file with --state)")
    return path


_path_option = partial(click.option, type=click.Path(path_type=Path), callback=_check_path)
SITE = _path_option(
    "--site",
    "site_file",
    default="topicfeeds.toml",
    show_default=True,
    metavar="FILE",
    help="The site file. Paths in it are relative to its folder.",
)
OUTPUT = _path_option("--output", metavar="DIR", help="The output folder.  [default: public, beside the site file]")
STATE = _path_option(
    "--state",
    "state_file",
    metavar="FILE",
    help="The state. FILE is the memory: dates of items, and a list of the documents of earlier runs. FILE.cache is "
    "the cache.  [default: a file in .topicfeeds, beside the site file]",
)
ALL_PROBLEMS = click.option(
    "--all-problems", is_flag=True, help=f"Print all problems, not only the first {MAX_SHOWN_PROBLEMS}."
)


def find_paths(site_file: Path, output: Path | None, state_file: Path | None) -> SitePaths:
    """Return the paths of a site. Missing paths get their defaults."""
    return default_paths(str(site_file), str(output or ""), str(state_file or ""))


def read_now() -> datetime:
    """Return the time of SOURCE_DATE_EPOCH (reproducible builds), else the current time."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        return datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    except (ValueError, OverflowError, OSError):
        raise click.UsageError(f'SOURCE_DATE_EPOCH "{epoch}" is not a number of seconds since 1970') from None
