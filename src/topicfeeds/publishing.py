"""The steps in a row: what the library's calls and the command share."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from . import building, sources, writing
from .accounting import Account
from .configuring import check_output
from .errors import Problem, PublishError, SourceError
from .flow import Changes, Document, Feed
from .identifying import SeenAgainError
from .idling import Inputs
from .models import Site
from .profiling import OFF, Profile
from .recalling import Recall
from .remembering import Damaged, State, is_broken, is_damage
from .sourced import Found, Page, Passed, Record, Same

if TYPE_CHECKING:
    from concurrent.futures import Executor

Watch = Callable[[building.Documents], Iterable[Document]]
"""Sees the documents pass, one by one, as they are worked on: a progress bar."""
_SHRINK = 0.5


class Reading(Iterator[Record | Page | Problem]):
    """What the sources of a site hold, one after the other: read as they are asked for, or by many in `publish`."""

    def __init__(self, site: Site, base: Path) -> None:
        self.sources, self.base = site.sources, base
        self._found = sources.read(site.sources, base)

    def __next__(self) -> Record | Page | Problem:
        return cast(Record | Page | Problem, next(self._found))  # all is read, as nothing is recalled


def read(site: Site, base: Path | str = ".") -> Reading:
    """Yield what the sources of a site hold, with file and line; findings stand among the items.

    `base` is the folder that the paths of the sources are relative to: that of the site file.
    """
    return Reading(site, Path(base))


def publish(
    site: Site,
    items: Iterable[Found],
    folder: Path | str,
    *,
    state: State | None = None,
    now: datetime | None = None,
    executor: Executor | None = None,
    strict: bool = False,
    allow_shrink: bool = False,
) -> Changes:
    """Write the feeds of a site into a folder, and tell what changed.

    `items` are articles and events, mappings with their fields, or what `read` and `read_objects`
    yield. An item that cannot be published is left out and named in the `problems` of the result; with
    `strict` it stops the run. With `now` (aware), items of the future are held back until then.

    `state` is what one run leaves to the next: with it and `now`, an event without `published` is dated
    by the run that first saw it, `updated` follows what changes, documents of feeds that are gone are removed in time,
    and a source that lost more than half of its items stops the run, unless with `allow_shrink`.
    With an `executor` of processes (of `concurrent.futures`, of a dask cluster), what `read` gives is read by
    its workers, where it is 50,000 items, or 75 MB, or more: they have to see the same files under the same paths. The
    feeds are the same, whatever their number.

    Raises ConfigError for a folder that no output can be, SourceError where the input is refused as a whole,
    PublishError where folder or state cannot be written, BusyError where another run works there; all
    old files stand then.
    """
    folder = Path(folder)
    check_output(site, folder)
    with writing.locked(folder):
        if executor and isinstance(items, Reading):
            from . import sharding

            if sharding.large(items.sources, items.base):
                shards = sharding.read(site, items.sources, items.base, executor, now)
                with suppress(SeenAgainError):  # an id that stands twice is looked at by one process
                    return run(site, shards, folder, state=state, now=now, strict=strict, allow_shrink=allow_shrink)
        return run(site, items, folder, state=state, now=now, strict=strict, allow_shrink=allow_shrink)


def run(
    site: Site,
    items: Iterable[Found | Same | Passed],
    folder: Path,
    *,
    state: State | None = None,
    now: datetime | None = None,
    strict: bool = False,
    allow_shrink: bool = False,
    dry: bool = False,
    watch: Watch = iter,
    inputs: Inputs | None = None,
    recall: Recall | None = None,
    profile: Profile = OFF,
) -> Changes:
    """Publish into a folder that is locked; `dry` only tells what would change.

    The state is written before the first document is renamed: it describes what will stand. A run that
    is cut between finds, the next time, documents that are not as described, and mends them; a date that was given
    in a feed is never given anew.
    """
    with begun(state, now, dry=dry) as warnings:
        found = Account(state, list(warnings), recall=recall)
        feeds = found.select(site, items, now, profile)
        _stop(found.problems, refused=strict)
        if state and not allow_shrink:
            _guard(site, found, state)
        standing = found.stand(feeds, folder, profile)
        documents = building.Documents(feeds.values(), profile)
        if dry:
            batch = writing.compare(watch(documents), folder, state)
            gone, retired = found.gone(site, folder, now)
        else:
            with profile.during("write"), writing.prepared(watch(documents), folder, state) as batch:
                gone, retired = found.gone(site, folder, now)
                with profile.during("remember"):
                    found.remember(site, feeds.values(), folder, now, inputs)
                batch.finish(gone)
                found.forget(gone)
    return found.changes(batch.written, gone, batch.unchanged + standing, retired)


def check(site: Site, items: Iterable[Found], *, now: datetime | None = None) -> Changes:
    """Tell what is wrong with items, and write nothing. Raises SourceError as `publish` does."""
    found = Account(None)
    found.select(site, items, now)
    _stop(found.problems, refused=False)
    return found.changes()


def select(
    site: Site, items: Iterable[Found], *, now: datetime | None = None, problems: list[Problem] | None = None
) -> dict[str, Feed]:
    """Sort items into feeds by name: `all`, `topics/<slug>`, `tags/<slug>`, `feeds/<slug>`.

    Findings are added to `problems`. Without that list, an item that cannot be published raises
    SourceError: nothing is left out unseen. With `now` (aware), items of the future are held back.
    """
    found = Account(None, [] if problems is None else problems)
    feeds = found.select(site, items, now)
    _stop(found.problems, refused=problems is None)
    return feeds


def build(
    site: Site, items: Iterable[Found], *, now: datetime | None = None, problems: list[Problem] | None = None
) -> list[Document]:
    """Describe the documents of a site, in the order in which to publish them; nothing is written.

    A document renders when asked to. `now` and `problems` as for `select`.
    """
    return list(building.build(select(site, items, now=now, problems=problems).values()))


@contextmanager
def begun(state: State | None, now: datetime | None, *, dry: bool = False) -> Iterator[list[Problem]]:
    """Open the state for a run, and say in words what is wrong with it. A damaged one is set aside."""
    if state is None:
        yield []
        return
    moment = int(now.timestamp()) if now else None
    try:
        try:
            state.begin(moment, dry=dry)
        except Damaged as error:
            state.close()
            if state.path is None or dry or "newer" in str(error):
                raise PublishError(message=f"{state}: {error}") from None
            if not is_broken(state.path):
                raise OSError("a disk failed to read it") from error
            state.aside = f"{error}, and was set aside as {_aside(state.path)} (dates first seen are forgotten)"
            state.begin(moment, dry=dry)
        yield [Problem(state.path or "", 1, "", state.aside, "warning")] if state.aside else []
    except (sqlite3.Error, OSError) as error:
        state.close()
        if not is_damage(error) or state.path is None or dry or not is_broken(state.path):
            raise PublishError(message=f"{state}: the state cannot be used: {error}") from error
        message = f"{state}: is damaged, and was set aside as {_aside(state.path)}: the next run builds all anew"
        raise PublishError(message=message) from error
    finally:
        state.close()


def _aside(path: str) -> str:
    """Set a damaged state aside, and give its new place."""
    Path(path).replace(f"{path}.damaged")
    return f"{path}.damaged"


def _guard(site: Site, found: Account, state: State) -> None:
    """Stop where a source lost more items than it may: most often it is broken. Raises SourceError."""
    accepted, limits = found.accepted, dict[str, float]()
    for source in site.sources:
        limits[source.name] = max(source.max_shrink, limits.get(source.name, 0))
    labels, problems = {source.name: source.label for source in site.sources}, []
    for name, before in state.accepted().items():
        if site.sources and name not in limits and name not in accepted:
            continue  # the site file does not name it any more
        if accepted[name] < before * (1 - limits.get(name, _SHRINK)):
            message = f"has {accepted[name]} items where it had {before} (--allow-shrink, or max_shrink in its source)"
            problems.append(Problem(labels.get(name, name), 1, "", message, "unreadable"))
    if problems:
        problems += found.problems  # they may tell why
        raise SourceError(problems, "nothing was published, as a source lost too many items: what was there stays")


def _stop(problems: Sequence[Problem], *, refused: bool) -> None:
    """Stop where a source is unreadable, or, if wanted, where an item was refused. Raises SourceError."""
    severities = {problem.severity for problem in problems}
    if "unreadable" in severities:
        raise SourceError(problems, "nothing was published, as a source cannot be read: what was there stays")
    if refused and "refused" in severities:
        raise SourceError(problems, "nothing was published, as items were refused: what was there stays")
