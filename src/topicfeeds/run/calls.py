"""The calls of the library: read, publish, check, select, build."""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from ..config import check_output
from ..entries.headers import make_headers
from ..entries.model import Candidate, find_content_changes, load_entry
from ..entries.resolve import Resolver
from ..errors import Problem
from ..feeds.model import Feed, Selection, find_held
from ..feeds.select import Wanted, select_feeds
from ..feeds.terms import narrow
from ..models.site import Site
from ..output.documents import Document, build_documents, date_empty_feed
from ..sources import SiteSources
from ..sources.model import ItemLike, Page
from ..state.snapshot import Snapshot, read_snapshot
from .arguments import StateLike, check_items, make_state, pass_on_errors
from .last_good import keep_last_good
from .report import Changes, RunReport, check_severity

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from ..output.targets import Target
    from ..pages.embed import Embed


def read(site: Site, base: Path | str = ".") -> SiteSources:
    """Yield the records of a site's sources, with file and line, and their problems.

    `base` is the folder of the site file: the paths of the sources are relative to it. With a state, `publish`
    does not parse unchanged parts of the sources again. The result is an iterator, so each thread needs its own.
    """
    return SiteSources(site, Path(base))


@pass_on_errors
def publish(  # noqa: PLR0913 - keyword options of a public call
    site: Site,
    items: Iterable[ItemLike],
    folder: Path | str | Target,
    *,
    state: StateLike | None = None,
    now: datetime | None = None,
    executor: Executor | None = None,
    strict: bool = False,
    allow_shrink: bool = False,
    dry_run: bool = False,
    wait: float = 0,
) -> Changes:
    """Write the feeds of a site into a folder, or into a target such as an FsspecTarget. Return what changed.

    `items` are articles and events, mappings with their fields, or the results of `read` and `read_objects`. An item
    that cannot be published is skipped, and the `problems` of the result name it. With `strict`, such an item stops
    the run. With `now` (a date-time with a zone), items with a later date are held back. With `dry_run`, nothing is
    written, and the result says what would change. `publish` waits up to `wait` seconds for another run in the folder.

    `state` (a State, or the path of its file) stores the data that later runs need. With `state` and `now`:

    - an event without `published` gets the time of the run that first saw it,
    - if an item without `updated` changes, its entry gets the time of this run as `updated`,
    - documents of feeds that no longer exist become empty, and are removed after `retire_days`,
    - an item whose record or source is broken stays as it was last published,
    - if a source lost more items than its `max_shrink` allows (default: half), its items stay, too, unless
      `allow_shrink` is set.

    `executor` is a pool of processes (from `concurrent.futures`, or a dask cluster). Its workers read large sources.
    The workers must see the same files under the same paths. The feeds do not depend on the number of workers.

    Raises:

    - ConfigError if the folder cannot be an output folder, or if the file of the state belongs to another program,
    - SourceError if the input is refused as a whole,
    - PublishError if the folder or the state cannot be written,
    - BusyError if another run works in the folder.

    After PublishError, each file is complete: old or new. After the other errors, the existing
    files are unchanged. Threads may call it, each with its own folder and its own State.
    """
    from ..output.targets import open_target  # imported here, as views work without the locks and signals of Unix
    from ..output.write import lock_folder
    from .flow import Options, Run

    items, memory = check_items(site, items), make_state(state)
    options = Options(now=now, strict=strict, allow_shrink=allow_shrink, dry_run=dry_run, executor=executor)
    if not isinstance(folder, (str, os.PathLike)):
        with open_target(folder, wait) as local:
            return Run(site, local, memory, options, folder).publish(items)
    folder = Path(folder)
    check_output(site, folder)
    with lock_folder(folder, wait, dry=dry_run) as succeed:
        changes = Run(site, folder, memory, options).publish(items)
        if not changes.has_unread:
            succeed()
        return changes


@pass_on_errors
def record(
    site: Site, items: Iterable[ItemLike], state: StateLike, *, now: datetime, allow_shrink: bool = False
) -> tuple[Problem, ...]:
    """Store in the state what `publish` would store, write no feed, and return the problems of the items.

    If views serve the feeds, call it in a job, e.g. each minute or after an edit. `items` are all items of the site.
    Views that read this state then have the dates and notices of new and changed items. `allow_shrink` works as in
    `publish`.

    Raises SourceError and PublishError as `publish` does, and BusyError if another run uses the state. Threads may call
    it, each with its own State.
    """
    from .flow import Options, Run

    checked, memory = check_items(site, items), make_state(state)
    if memory is None:
        raise TypeError("state is None (pass a State, or the path of its file)")
    return Run(site, None, memory, Options(now=now, allow_shrink=allow_shrink)).record(checked)


@pass_on_errors
def check(site: Site, items: Iterable[ItemLike], *, now: datetime | None = None) -> Changes:
    """Return the problems, the drafts and the number of items, and write nothing.

    With `now`, `check` accepts events without `published`, as `publish` with a state does. Raises SourceError if a
    source is unreadable. Threads may call it.
    """
    report, items = RunReport(), check_items(site, items)
    found = Resolver(site, now=now, is_check=True).resolve_all(make_headers(site, items))
    select_feeds(site, _check_contents(report.collect(found), report))
    for waiting in report.held:
        if waiting.whole and (changes := find_content_changes(waiting.header.load(), site.url)):
            report.note_problem(waiting.header.problem("content", changes, "warning"))
    check_severity(report, None, strict=False)
    return replace(report.changes(), left_out=tuple(report.left_out))


def _check_contents(found: Iterable[Candidate | Page], report: RunReport) -> Iterator[Candidate | Page]:
    """Warn about contents that sanitising changes, and pass everything on."""
    for one in found:
        if isinstance(one, Candidate) and one.records == 1:  # further records of an item have the same content
            report.warn_about_content(one, find_content_changes(load_entry(one)))
        yield one


def select(
    site: Site,
    items: Iterable[ItemLike],
    *,
    names: Collection[str] | None = None,
    now: datetime | None = None,
    state: StateLike | None = None,
    problems: list[Problem] | None = None,
) -> Mapping[str, Feed]:
    """Return the feeds of items by name: `all`, `topics/<slug>`, `tags/<slug>`, `feeds/<slug>`.

    With `names`, only these feeds are made, and `items` may omit the items of other feeds. Names of feeds that do not
    exist are ignored. With `now` (a date-time with a zone), items with a later date are held back.

    With a `state` (preferably a `State(path, read_only=True)` that all views share), the feeds have the dates, notices
    and last good versions that `publish` or `record` stored. An event without `published` is held back until
    `publish` or `record` has stored its date. The state is only read.

    Problems are added to the list `problems`. Without a list and without a state, the function raises SourceError for
    an item that cannot be published.

    Every feed has its `calendar`, even if the site does not publish the format `ics`. Threads may call the function.
    """
    if isinstance(names, str):
        raise TypeError(f"names is text (give a list: [{names!r}])")
    wanted = Wanted(calendars=True, names=None if names is None else frozenset(names))
    found = _select_checked(site, items, now, problems, wanted, state)
    entries = {one.id: load_entry(one) for one in find_held(found.values())}
    return {name: one.load_all(lambda candidate: entries[candidate.id]) for name, one in found.items()}


def feed(
    site: Site,
    items: Iterable[ItemLike],
    name: str,
    *,
    now: datetime,
    state: StateLike | None = None,
    problems: list[Problem] | None = None,
) -> Feed:
    """Return one feed of items, such as `topics/mobility`. Raises KeyError if there is no feed with this name.

    Use it in a view: it makes no other feeds, so it takes a fraction of the time of `select`. `now` (a date-time
    with a zone) is the current time: items with a later date are held back. `state` and `problems` work as in
    `select`. Threads may call it.
    """
    return select(site, items, names=[name], now=now, state=state, problems=problems)[name]


def embed(
    site: Site,
    items: Iterable[ItemLike],
    name: str,
    *,
    now: datetime,
    state: StateLike | None = None,
    problems: list[Problem] | None = None,
) -> Embed:
    """Return a feed as HTML fragments for your own pages. The arguments and errors are those of `feed`.

    `head` has the links to the feed, for the head of the page. `body` has the newest entries and the next events.
    Threads may call it.
    """
    from ..pages.embed import make_embed  # imported here, as most programs have no pages

    wanted = Wanted(calendars=True, names=frozenset([name]))
    found = _select_checked(site, items, now, problems, wanted, state)
    return make_embed(found[name], site, now)


def build(
    site: Site, items: Iterable[ItemLike], *, now: datetime | None = None, problems: list[Problem] | None = None
) -> list[Document]:
    """Return the documents of a site, in the order in which they should be published. Nothing is written.

    `Document.render` returns the bytes of a document. Threads may call both functions. `now` and `problems` work
    as in `select`.
    """
    selections = _select_checked(site, items, now, problems)
    documents = list(build_documents(selections.values(), site))
    if site.pages is not None:
        from ..pages.subscribe import build_pages  # imported here, as most sites have no pages

        documents += build_pages(selections, site, now)
    return documents


def _select_checked(
    site: Site,
    items: Iterable[ItemLike],
    now: datetime | None,
    problems: list[Problem] | None,
    wanted: Wanted | None = None,
    state: StateLike | None = None,
) -> dict[str, Selection]:
    known = make_state(state, read_only=True)
    memory = read_snapshot(known) if known else None
    report = RunReport([] if problems is None else problems, max_problems=math.inf)
    selections = select_lazily(site, items, report, now, wanted, memory)
    check_severity(report, memory, strict=problems is None and memory is None)
    for candidate in find_held(selections.values()) if problems is not None else ():
        report.warn_about_content(candidate, find_content_changes(load_entry(candidate)))
    return selections


@pass_on_errors
def select_lazily(
    site: Site,
    items: Iterable[ItemLike],
    report: RunReport,
    now: datetime | None,
    wanted: Wanted | None = None,
    memory: Snapshot | None = None,
) -> dict[str, Selection]:
    """Return selections, whose entries are not loaded. Add problems to the report, which the caller checks."""
    items = check_items(site, items)
    base = items.base if isinstance(items, SiteSources) else None
    is_part = wanted is not None and wanted.names is not None and base is None
    if is_part and wanted and wanted.terms:
        items = narrow(site, items, wanted.terms)
    resolver = Resolver(site, memory, now)
    kept = keep_last_good(resolver, report, base, allow_shrink=is_part)
    found = chain(resolver.resolve_all(make_headers(site, items)), kept)
    selections = select_feeds(site, report.collect(found), wanted=wanted)
    return {path: date_empty_feed(one, memory, None) for path, one in selections.items()}
