"""Nothing to do is nothing done: whether a build would change anything, told from stats alone.

What a build needs to load takes longer than all of this; so this looks at the command's arguments itself, and
leaves all that it does not know to the command. Nothing is opened for writing.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from . import locking
from .expanding import SUFFIXES, Stamp, expand, is_still, survey
from .memory import Finding
from .remembering import State, default_path
from .versions import versions

TEMPORARY = ".topicfeeds-tmp"
FOLDERS = ("", "topics", "tags", "feeds", "events")
_VALUED = ("--site", "--output", "--state", "--wait", "--jobs", "--log-format")
_PLAIN = ("--quiet", "--all-problems", "--strict", "--allow-shrink")


class Place(NamedTuple):
    """Where a site's feeds are made: paths."""

    site: str
    folder: str
    state: str


_CHANGED: set[Place] = set()
"""Where something is to do, as the first look of this process has found."""


class Inputs(NamedTuple):
    """The files of all sources, and the site file."""

    sources: list[tuple[str | None, str | None]]
    """Path and format of each source; a path of None is read at every run: a database, standard input."""
    stamps: dict[str, Stamp]
    changed: set[str]
    """The files that are not as the state knows them."""
    site: str
    """The name of the site file, which is among them."""
    base: str
    """The folder that all are relative to."""
    late: set[str]
    """Those that are summed up as they are read."""

    def steady(self) -> dict[str, Stamp]:
        """Give the stamps, but for files that changed after this look: nobody knows which of the two was read."""
        return {
            path: stamp
            for path, stamp in self.stamps.items()
            if path in self.late or is_still(os.path.join(self.base, path), stamp)
        }


def idle(arguments: Sequence[str]) -> bool:
    """Tell whether a command is a build with nothing to do; then its success is recorded, too."""
    options = _options(arguments)
    if options is None:
        return False
    try:
        where = place(options.get("--site", "topicfeeds.toml"), options.get("--output", ""), options.get("--state", ""))
        return repeated(where, _now(), refused=False) is not None
    except ValueError:
        return False  # the command says in words what is wrong


def place(site: str, folder: str = "", state: str = "") -> Place:
    """Fill in the places that were not named: all are beside the site file."""
    folder = folder or os.path.join(os.path.dirname(site), "public")
    return Place(site, folder, state or default_path(site, folder))


def repeated(place: Place, now: float, *, refused: bool = True) -> list[Finding] | None:
    """Give the refused items of the last run where nothing is to do, and record the success; else None.

    Without `refused`, a run that has such items is left to others; what was found changed then is not looked at again.
    """
    if refused and place in _CHANGED:
        _CHANGED.discard(place)
        return None
    try:
        descriptor = locking.lock(place.folder, create=False)
        if descriptor is None:
            return None
        try:
            return _repeated(place, now, descriptor, refused)
        finally:
            os.close(descriptor)
    except (OSError, sqlite3.Error, TypeError, ValueError):  # the last two: of a state that is damaged
        return None  # the run comes to the same point, and says it in words


def _repeated(place: Place, now: float, descriptor: int, refused: bool) -> list[Finding] | None:
    if os.path.exists(f"{place.state}-journal"):  # of a run that was killed: one that writes takes it away
        return None
    state = State(place.state)
    with state.reading() as known:
        findings = state.findings(refused=True) if known else []
        if not known or (findings and not refused):
            return None
        if not unchanged(state, place.site, place.folder, now):
            if not refused:
                _CHANGED.add(place)
            return None
    locking.succeeded(descriptor)
    return findings


def _options(arguments: Sequence[str]) -> dict[str, str] | None:
    """Read the options of a build; None for what is left to the command to understand, or to refuse."""
    if not arguments or arguments[0] != "build":
        return None
    options: dict[str, str] = {}
    left = iter(arguments[1:])
    for one in left:
        name, is_joined, value = one.partition("=")
        if name in _VALUED:
            options[name] = value if is_joined else next(left, "")
        elif one not in _PLAIN:
            return None
    known = options.get("--log-format", "text") in ("text", "json") and options.get("--wait", "0").isdecimal()
    jobs = options.get("--jobs", "1")
    known = known and jobs.isdecimal() and int(jobs) > 0
    return options if known and all(options.values()) else None


def _now() -> int:
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return int(epoch) if epoch else int(time.time())


def unchanged(state: State, site: str, folder: str, now: float) -> bool:
    """Tell whether sources, site file, versions and documents are as the state, which is open, knows them."""
    inputs = state.inputs()
    days = state.meta("retire_days")
    if not inputs or not isinstance(days, int) or state.meta("versions") != versions():
        return False
    due, last = state.due(days), state.meta("now")
    if (due is not None and due <= now) or (isinstance(last, int) and now < last):
        return False  # what was due by the last run may not be now
    if look(site, inputs, state.stamps()).changed:
        return False
    folders = set(FOLDERS)
    for document in state.documents():
        folders.add(os.path.dirname(document.path))
        if document.retired is None and not document.stands(folder):
            return False
    return not any(True for _ in leftovers(folder, folders))


def look(
    site: str, sources: Sequence[tuple[str | None, str | None]], known: dict[str, Stamp], later: str | None = None
) -> Inputs:
    """Look at the files of the sources and at the site file; new ones of the format `later` are summed up when read."""
    base, name = os.path.split(site)
    paths = [name]
    read_whole: set[str] = set()
    unknown: set[str] = set()
    for path, kind in sources:
        if path is None:
            unknown.add("")
            continue
        try:
            found = expand(path, base or ".", kind)
        except OSError:
            unknown.add(path)
            continue
        paths += found
        if later:
            read_whole.update(one for one in found if (kind or SUFFIXES.get(os.path.splitext(one)[1].lower())) == later)
    stamps, changed = survey(paths, base or ".", known, read_whole)
    return Inputs(list(sources), stamps, changed | unknown, name, base or ".", read_whole)


def leftovers(folder: str, names: Iterable[str]) -> Iterator[str]:
    """Yield the temporary files that runs which were killed have left in folders of the output."""
    for name in names:
        path = os.path.join(folder, name) if name else folder
        if os.path.islink(path) and name:
            continue
        try:
            found = os.listdir(path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        for one in found:
            if one.endswith(TEMPORARY) and one.startswith("."):
                yield os.path.join(path, one)
