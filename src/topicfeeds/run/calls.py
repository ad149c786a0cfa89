"""The calls of the library: read, publish, check, select, build."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ..config import check_output
from ..entries.model import DuplicateIdError
from ..entries.resolve import resolve
from ..errors import Hint, Problem
from ..feeds.model import Feed, Selection
from ..feeds.select import select_feeds
from ..models.site import Site
from ..output.documents import Document, build_documents
from ..output.write import lock_folder
from ..sources import read_sources
from ..sources.model import ItemLike, Page, Record
from ..state.store import State
from .flow import Options, Run, check_severity
from .report import Changes, RunReport

if TYPE_CHECKING:
    from concurrent.futures import Executor


class Reading(Iterator[Record | Page | Problem]):
    """What the sources of a site hold: read one by one when asked for, or by many workers in `publish`."""

    def __init__(self, site: Site, base: Path) -> None:
        self.sources, self.base = site.sources, base
        self._found = read_sources(site.sources, base)

    def __next__(self) -> Record | Page | Problem:
        return cast(Record | Page | Problem, next(self._found))  # without rows, no record is taken as unchanged


def read(site: Site, base: Path | str = ".") -> Reading:
    """Yield what the sources of a site hold, with file and line; findings stand among the items.

    `base` is the folder that the paths of the sources are relative to: that of the site file.
    """
    return Reading(site, Path(base))


def publish(  # noqa: PLR0913 - keyword options of a public call
    site: Site,
    items: Iterable[ItemLike],
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
    options = Options(now=now, strict=strict, allow_shrink=allow_shrink)
    run = Run(site, folder, state, options)
    with lock_folder(folder):
        if executor and isinstance(items, Reading):
            from ..parallel import is_large, read_parallel

            if is_large(items.sources, items.base):
                with suppress(DuplicateIdError):  # one process looks at an id that occurs twice
                    return run.publish(read_parallel(site, items.sources, items.base, executor, now))
        return run.publish(items)


def check(site: Site, items: Iterable[ItemLike], *, now: datetime | None = None) -> Changes:
    """Tell what is wrong with items, and write nothing. Raises SourceError as `publish` does."""
    report = RunReport()
    select_feeds(site, report.collect(resolve(site, items, None, now)))
    check_severity(report.problems, strict=False)
    return report.changes()


def select(
    site: Site, items: Iterable[ItemLike], *, now: datetime | None = None, problems: list[Problem] | None = None
) -> dict[str, Feed]:
    """Sort items into feeds by name: `all`, `topics/<slug>`, `tags/<slug>`, `feeds/<slug>`.

    Findings are added to `problems`. Without that list, an item that cannot be published raises
    SourceError: nothing is left out unseen. With `now` (aware), items of the future are held back.
    """
    return {name: one.load_all() for name, one in _select_checked(site, items, now, problems).items()}


def build(
    site: Site, items: Iterable[ItemLike], *, now: datetime | None = None, problems: list[Problem] | None = None
) -> list[Document]:
    """Describe the documents of a site, in the order in which to publish them; nothing is written.

    A document renders when asked to, from any thread. `now` and `problems` as for `select`.
    """
    return list(build_documents(_select_checked(site, items, now, problems).values()))


def _select_checked(
    site: Site, items: Iterable[ItemLike], now: datetime | None, problems: list[Problem] | None
) -> dict[str, Selection]:
    report = RunReport([] if problems is None else problems)
    selections = select_feeds(site, report.collect(resolve(site, items, None, now)))
    check_severity(report.problems, strict=problems is None, hint=Hint.COLLECT)
    return selections
