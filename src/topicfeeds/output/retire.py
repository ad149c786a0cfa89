"""Retirement of feeds that no longer exist: their documents become empty at once, and are removed after some days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from ..models.site import Site
from ..state.documents import WrittenDocument
from ..state.store import State
from .documents import Document, build_empty
from .folder import OutputFolder
from .write import is_ours


@dataclass(slots=True)
class Retirement:
    """The documents that a run did not make, grouped by what happens to them."""

    removed: list[WrittenDocument] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    """The paths of empty documents, which wait for their removal."""
    foreign: list[str] = field(default_factory=list)
    """The paths whose file is missing or no longer ours. The state forgets these documents."""

    def retire(self, state: State, folder: OutputFolder, site: Site, now: datetime | None) -> Iterator[Document]:
        """Decide for each document: remove it, yield it empty, or forget it.

        Without `now`, only the files of single events are removed. Raises PublishError.
        """
        moment = int(now.timestamp()) if now else None
        for known in state.unmade_documents(moment):
            empty, removal = build_empty(known, site, now), known.removal_time(site.feeds.retire_days)
            is_over = empty is None or (moment is not None and removal is not None and removal <= moment)
            if not is_ours(known, folder, may_differ=not is_over):
                self.foreign.append(known.path)
            elif is_over:
                self.removed.append(known)
            elif empty:
                self.waiting.append(known.path)
                yield empty
