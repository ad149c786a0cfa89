"""The site file: parse TOML into a `Site`, or report problems with their lines."""

from __future__ import annotations

import errno
import os
import stat
import tomllib
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from .errors import ConfigError, Hint, Problem, explain_os_error, show
from .models.messages import explain_errors, format_path
from .models.site import Site
from .registry import FEED_FORMATS
from .state.ownership import READ_FLAGS
from .text.toml_errors import explain_toml_error
from .text.toml_lines import find_line, find_toml_lines

_MAX_SITE_BYTES = 16 * 1024 * 1024
_EXAMPLE_URLS = ("https://example.org/", "https://www.example.org/")
_SUFFIXES = sorted(form.suffix for form in FEED_FORMATS.values())
_OUTPUT_EXAMPLES = [f"{name}{suffix}" for name in ("all", "topics/a", "tags/a", "feeds/a") for suffix in _SUFFIXES]
"""Examples of paths in an output folder."""


def load_site(path: Path | str) -> Site:
    """Read a site file (TOML in UTF-8). Raises ConfigError with all problems found in it. Threads may call it."""
    path = Path(path)
    name = path.name
    try:
        text = read_site_file(path).decode("utf-8-sig")
        table = tomllib.loads(text)
    except OSError as error:
        reason = explain_os_error(error) if isinstance(error, PermissionError) else error.strerror
        hint = Hint.NAME_SITE if isinstance(error, FileNotFoundError) else None
        raise ConfigError(message=f"{path}: cannot be read: {reason}", hint=hint) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError([Problem(name, line, "", "is not UTF-8 (save the file as UTF-8)")]) from None
    except (ValueError, RecursionError) as error:
        line, sentence = explain_toml_error(text, error)
        raise ConfigError([Problem(name, line, "", sentence)]) from None
    return _find_templates(_validated(table, text, name), path, text)


def _find_templates(site: Site, path: Path, text: str) -> Site:
    """Return a site with the absolute path of its templates. Raises ConfigError if they are not a folder."""
    if not site.pages or not site.pages.templates:
        return site
    folder = (path.parent / site.pages.templates).absolute()
    if not folder.is_dir():
        line = find_line(("pages", "templates"), find_toml_lines(text))
        message = f"{show(site.pages.templates)} is not a folder (create it, or remove this line)"
        raise ConfigError([Problem(path.name, line, "pages.templates", message)])
    return site.model_copy(update={"pages": site.pages.model_copy(update={"templates": str(folder)})})


def check_url(site: Site, path: Path | str) -> list[Problem]:
    """Return a warning if the address of a site is still the one of the examples."""
    if site.url not in _EXAMPLE_URLS:
        return []
    with suppress(OSError, ValueError):  # the file changed after loading
        line = find_line(("url",), find_toml_lines(read_site_file(path).decode("utf-8-sig")))
        message = "is still the example address (write the address of your site)"
        return [Problem(Path(path).name, line, "url", message, "warning")]
    return []


def read_site_file(path: Path | str) -> bytes:
    """Return the bytes of a site file. Raises OSError, also for a pipe or a device: reading it might never end."""
    descriptor = os.open(path, READ_FLAGS)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - it is open already
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        if status.st_size > _MAX_SITE_BYTES:
            raise OSError(errno.EFBIG, f"it is larger than {_MAX_SITE_BYTES >> 20} MiB")
        return file.read(_MAX_SITE_BYTES)


def check_output(site: Site, folder: Path, base: Path | None = None) -> None:
    """Check that an output folder is safe to write to. `base` is the folder of the site file. Raises ConfigError."""
    scheme, mark, rest = str(folder).partition(":/")
    if mark and len(scheme) > 1 and scheme.isalnum():
        advice = "in Python, pass a target to publish, such as FsspecTarget"
        raise ConfigError(message=f"{scheme}://{rest.strip('/')}: is an address, not a folder ({advice})")
    place = Path(os.path.realpath(folder))  # resolve() raises an error for circular links
    reason = ""
    if place == place.parent:
        reason = "it is the root of the file system"
    elif any((place / name).is_dir() for name in (".git", ".hg", ".svn")):  # in a worktree, .git is a file
        reason = "it is the root of a repository"
    elif base is not None and (source := _read_from(site, place, base)):
        reason = f"the source {show(source)} would read the feeds as items"
    if reason:
        raise ConfigError(message=f"{folder}: cannot be the output folder: {reason} (choose another folder)")


def _read_from(site: Site, place: Path, base: Path) -> str | None:
    """Return the path of a source that would read our feeds in the folder `place`, or None."""
    for source in site.sources:
        if source.path and source.path != "-":
            given = Path(os.path.realpath(base / source.path))
            if given.is_dir() and place.is_relative_to(given):
                return source.path
            above, deep, _ = str(given).partition("**")
            pattern, top = (f"*/{given.name}", above) if deep else (str(given), "/")
            if any((place / name).match(pattern) and place.is_relative_to(top) for name in _OUTPUT_EXAMPLES):
                return source.path
    return None


def _validated(table: dict[str, object], text: str, name: str) -> Site:
    lines = find_toml_lines(text)
    try:
        site = Site.model_validate(table)
    except ValidationError as error:
        problems = [
            Problem(name, find_line(place, lines), format_path(place), sentence)
            for place, sentence in explain_errors(error, Site)
        ]
        raise ConfigError(sorted(problems, key=lambda problem: problem.line)) from None
    if not site.sources:
        message = 'is missing (add [[sources]], and path = "items/*.yaml" below it)'
        raise ConfigError([Problem(name, 1, "sources", message)])
    return site
