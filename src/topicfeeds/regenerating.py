"""The cron job's build: a site file and its sources, published into a folder, with what earlier runs knew."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from . import sources, writing
from .configuring import check_output, load_site
from .errors import Problem, PublishError, SourceError
from .expanding import Stamp
from .flow import Changes
from .identifying import SeenAgainError
from .idling import Inputs, Place, look
from .locking import last_success
from .memory import Finding
from .mending import Mend, Unsure, may_mend
from .models import Site
from .profiling import OFF, Profile
from .publishing import Watch, begun, run
from .recalling import Recall
from .remembering import State
from .versions import versions


def regenerate(
    place: Place,
    now: datetime,
    *,
    strict: bool = False,
    allow_shrink: bool = False,
    dry: bool = False,
    wait: float = 0,
    jobs: int = 1,
    watch: Watch = iter,
    profile: Profile = OFF,
) -> Changes:
    """Build what a site file describes. Raises what `load_site` and `publish` do.

    Among the problems, warnings are those that are new, or of a file that changed: cron mails what is printed.
    Sources that are large are read by `jobs` processes.
    """
    base, folder, state = Path(place.site).parent, Path(place.folder), State(place.state)
    site = load_site(place.site)
    check_output(site, folder, base)
    with writing.locked(folder, wait, dry=dry):
        with profile.during("look"):
            later = "markdown" if jobs == 1 else None
            inputs, told, known, mends = _known(place, site, state, now, later)
            if inputs.site in inputs.changed and load_site(place.site) != site:  # it changed after it was read
                inputs.stamps.pop(inputs.site, None)
        options = {"state": state, "now": now, "strict": strict, "allow_shrink": allow_shrink, "dry": dry}
        options |= {"watch": watch, "inputs": inputs, "profile": profile}
        try:
            changes = _run(site, base, folder, inputs, known, mends, jobs, options)
        except SourceError as error:
            if not dry:
                _record(state, error, now, site, place.folder, inputs.changed)
            raise SourceError(_news(error.problems, inputs, told), error.message) from None
    return replace(changes, problems=_news(changes.problems, inputs, told))


def _run(
    site: Site,
    base: Path,
    folder: Path,
    inputs: Inputs,
    known: bool,
    mends: bool,
    jobs: int,
    options: Mapping[str, Any],
) -> Changes:
    """Publish without reading again what is the same, or by several processes, unless an id is met twice then."""
    state: State = options["state"]
    known = known and all(source.path != "-" for source in site.sources)  # what comes by a pipe is not read twice
    if known and mends:
        mend = Mend(state, inputs.stamps, site)
        with suppress(SeenAgainError, Unsure):
            found = mend.among(sources.read(site.sources, base, mend))
            return run(site, found, folder, recall=mend, **options)
    if known:
        recall = Recall(state, inputs.stamps, known=True)
        with suppress(SeenAgainError):
            return run(site, sources.read(site.sources, base, recall), folder, recall=recall, **options)
    elif jobs > 1:
        from . import sharding, working  # here, as processes take long to load

        if sharding.large(site.sources, base):
            with working.pool(jobs) as executor, suppress(SeenAgainError):
                return run(site, sharding.read(site, site.sources, base, executor, options["now"]), folder, **options)
    recall = Recall(state, inputs.stamps, known=False)
    return run(site, sources.read(site.sources, base, recall), folder, recall=recall, **options)


def _known(
    place: Place, site: Site, state: State, now: datetime, later: str | None
) -> tuple[Inputs, set[Finding], bool, bool]:
    """Look at the files; tell what was said of them, whether what was made of records holds, and whether it is all."""
    paths = [(None if source.path == "-" else source.path, source.format) for source in site.sources]
    stamps: dict[str, Stamp] = {}
    findings: list[Finding] = []
    same = mends = False
    with state.reading() as known, suppress(sqlite3.Error):  # the run that follows says it in words
        if known:
            stamps, findings = state.stamps(), state.findings()
            same = state.meta("versions") == versions() and state.remembers_rows()
            mends = may_mend(state.meta("whole"), now.timestamp())
    inputs = look(place.site, paths, stamps, later)
    return inputs, set(findings), same and inputs.site not in inputs.changed, mends


def _news(problems: tuple[Problem, ...], inputs: Inputs, told: set[Finding]) -> tuple[Problem, ...]:
    """Leave warnings out that were given before, of files that are as they were then."""
    if inputs.site in inputs.changed:
        return problems
    return tuple(
        problem
        for problem in problems
        if problem.severity != "warning"
        or problem.path in inputs.changed
        or Finding(*(getattr(problem, name) for name in Finding._fields)) not in told
    )


def _record(state: State, error: SourceError, now: datetime, site: Site, folder: str, changed: set[str]) -> None:
    """Let `status` know of a run that failed; what cannot be recorded is printed all the same."""
    unreadable = [problem for problem in error.problems if problem.severity != "warning"]
    failure = f"failed: {unreadable[0] if unreadable else error.message}"
    with suppress(PublishError), begun(state, now):
        state.forget_files({problem.path for problem in unreadable} - changed)  # they are not what their dates say
        state.tell({"failed": int(now.timestamp()), "failure": failure, "before": str(last_success(folder))})
        state.commit(site.feeds.memory_days)
