"""What a run finds on the way from items to feeds, and what it leaves to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from .entries.model import Entry
from .entries.resolve import resolve
from .entries.row_cache import RowCache
from .errors import Problem
from .feeds.model import Feed
from .feeds.select import select_feeds
from .models.site import Site
from .output.write import is_ours
from .profile import NO_PROFILE, Profile
from .sources.model import HeldBack, ItemLike, Page, Passed, Same
from .state.files import InputFiles
from .state.store import State
from .state.versions import describe_versions


@dataclass(slots=True)
class RunReport:
    """What is found on the way from items to feeds."""

    state: State | None
    problems: list[Problem] = field(default_factory=list)
    held: list[HeldBack] = field(default_factory=list)
    accepted: Counter[str] = field(default_factory=Counter)
    """Items by source, those that are held back among them."""
    due: datetime | None = None
    """When an event changes by itself."""
    recall: RowCache | None = None

    def select(
        self,
        site: Site,
        items: Iterable[ItemLike | Same | Passed],
        now: datetime | None,
        profile: Profile | None = None,
    ) -> dict[str, Feed]:
        """Settle and select; for a run, that has a `profile`, what many entries hold is put aside."""
        shelves, profile = profile is not None, profile or NO_PROFILE
        settled = resolve(site, profile.each("read", items), self.state, now)
        with profile.during("select"):
            found, mends = self._aside(profile.each("settle", settled)), self.recall is not None and self.recall.mends
            return select_feeds(site, found, shelves=shelves, mends=mends)

    def stand(self, feeds: Container[str], folder: Path, profile: Profile) -> int:
        """Keep the documents of feeds that were not made, as nothing came to them, and count them."""
        with profile.during("look"):
            return self.recall.stand(feeds, folder) if self.recall else 0

    def _aside(self, settled: Iterable[Entry | HeldBack | Page | Passed | Problem]) -> Iterator[Entry | Page]:
        for one in settled:
            if isinstance(one, Entry):
                self.accepted[one.source] += one.notice is None
                if self.recall:
                    self.recall.note(one)
                if one.event and not one.notice:
                    self._note(one)
                    self.due = min((m for m in (self.due, one.event.until) if m), default=None)
                yield one
            elif isinstance(one, Problem):
                self.problems.append(one)
                if self.recall:
                    self.recall.tell(one)
            elif isinstance(one, HeldBack):
                self.held.append(one)
                self.accepted[one.record.source] += one.whole
            elif isinstance(one, Passed):
                self.accepted[one.source] += 1
            else:
                yield one

    def _note(self, entry: Entry) -> None:
        if self.state and entry.known:
            self.state.note(entry.id, entry.known)

    def changes(
        self, written: Iterable[str] = (), removed: Iterable[str] = (), unchanged: int = 0, retired: int = 0
    ) -> Changes:
        """Tell what was found, and done."""
        items = self.accepted.total() - sum(one.whole for one in self.held)
        return Changes(tuple(written), tuple(removed), unchanged, items, tuple(self.problems), retired)

    def gone(self, site: Site, folder: Path, now: datetime | None) -> tuple[list[str], int]:
        """Give the documents to remove, as no feed makes them any more, and how many others wait for that."""
        moment = int(now.timestamp()) if now else None
        found = [one for one in self.state.gone(moment) if is_ours(one, folder)] if self.state else []
        stay = site.feeds.retire_days * 86400
        gone = [one.path for one in found if moment is not None and (one.retired or 0) + stay <= moment]
        return gone, len(found) - len(gone)

    def remember(
        self, site: Site, feeds: Iterable[Feed], folder: Path, now: datetime | None, inputs: InputFiles | None
    ) -> None:
        """Commit what the next run has to know."""
        state, settings = self.state, site.feeds
        if state is None:
            return
        for entry in {entry.id: entry for feed in feeds for entry in feed.entries}.values():
            if self.recall:
                self.recall.hold(entry)
            if entry.kind != "event":
                self._note(entry)
        for document in state.gone(int(now.timestamp()) if now else None):
            if is_ours(document, folder):
                state.keep(document)
            else:
                state.forget(document.path)
        state.replace("accepted", self.accepted.items())
        found = enumerate(self.problems)
        state.replace("findings", ((n, p.path, p.line, p.field, p.message, p.severity, p.item) for n, p in found))
        waiting = ((n, held, int(held.until.timestamp())) for n, held in enumerate(self.held))
        state.replace("held", ((n, h.record.path, h.record.line, h.record.item.title, at) for n, h, at in waiting))
        state.replace("inputs", ((n, *one) for n, one in enumerate(inputs.sources if inputs else ())))
        state.keep_files(inputs.steady() if inputs else {})
        if self.recall:
            self.recall.settle()
        else:
            state.rows.settle()
        state.tell({"versions": describe_versions(), "retire_days": settings.retire_days, "failed": None})
        state.tell(self._values(site, now))
        state.commit(settings.memory_days)

    def _values(self, site: Site, now: datetime | None) -> dict[str, str | int | None]:
        items = self.accepted.total()
        told = self.problems or self.held or site.feed  # which takes more to know than rows
        is_whole = not told and now and self.recall and self.recall.is_whole(items)
        return {
            "items": items - sum(one.whole for one in self.held),
            "now": int(now.timestamp()) if now else None,
            "due": int(self.due.timestamp()) if self.due else None,
            "whole": int(now.timestamp()) if is_whole and now else None,
        }

    def forget(self, gone: Iterable[str]) -> None:
        """Strike documents that were removed."""
        for path in gone:
            if self.state:
                self.state.forget(path)


@dataclass(frozen=True, slots=True)
class Changes:
    """What a run did. Paths are relative to the output folder, in order of work."""

    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0
    items: int = 0
    """How many items were accepted."""
    problems: tuple[Problem, ...] = ()
    retired: int = 0
    """How many documents wait to be removed, as no feed makes them any more."""

    @property
    def refused(self) -> int:
        """How many items were left out."""
        return len({(p.path, p.item) for p in self.problems if p.severity == "refused"})
