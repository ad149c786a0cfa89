"""Retirement: empty the documents of feeds that no longer exist at once, and remove them after some days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ..models.site import Site
from ..state.documents import WrittenDocument
from ..state.store import State
from .documents import Document, build_empty
from .write import is_ours, is_regular


@dataclass(slots=True)
class Retirement(Iterable[Document]):
    """The documents that a run did not make, grouped by what happens to them.

    Iterate over it after all documents of the run: it yields the empty documents that stay for now.
    """

    state: State | None
    folder: Path
    site: Site
    now: datetime | None
    """Without it, only the files of single events are removed."""
    removed: list[WrittenDocument] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    """The paths of empty documents, which wait for their removal."""
    foreign: list[str] = field(default_factory=list)
    """The paths whose file is missing, or no longer ours. The state forgets them."""

    def __iter__(self) -> Iterator[Document]:
        """Decide for each document: remove it, write it empty, or forget it. Raises PublishError."""
        moment = int(self.now.timestamp()) if self.now else None
        for known in self.state.unmade_documents(moment) if self.state else ():
            empty, removal = build_empty(known, self.site, self.now), known.removal_time(self.site.feeds.retire_days)
            is_over = empty is None or (moment is not None and removal is not None and removal <= moment)
            if not (is_ours(known, self.folder) if is_over else is_regular(known.path, self.folder)):
                self.foreign.append(known.path)
            elif is_over:
                self.removed.append(known)
            elif empty:
                self.waiting.append(known.path)
                yield empty

    @property
    def paths(self) -> list[str]:
        """The paths of all these documents that are still ours."""
        return [*(one.path for one in self.removed), *self.waiting]
