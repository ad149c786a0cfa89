"""The row cache: unchanged records of the last run are neither parsed nor resolved again."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

from ..errors import Problem
from ..sources._unchanged import ReadRecord, file_key
from ..sources.model import Location, Passed, Same
from ..state.files import FileStamp
from ..state.memory import ItemMemory
from ..state.rows import Row
from ..state.store import State
from .model import Candidate

_FIELD_SEPARATOR, _LABEL_SEPARATOR = "\x1f", "\x1e"
"""What separates the parts of a row, and labels in one; no label has them, as XML forbids them."""


class RowCache:
    """The rows of the last run, and those of this one; the state is open while they are asked for."""

    mends = False
    """Whether only the feeds are made that something new comes to."""

    def __init__(self, state: State, stamps: dict[str, FileStamp], *, known: bool) -> None:
        """Start from what the files are like now; without `known`, the rows of the last run do not hold any more."""
        self._state, self._stamps, self._known = state, stamps, known
        self._told: set[tuple[str, int]] = set()
        self._kept = 0
        self._all_once = True

    def key(self, path: str) -> bytes | None:
        """Give the key of a file, by which its only record is known."""
        stamp = self._stamps.get(path)
        return file_key(path, stamp[2]) if stamp and stamp[2] else None

    def digest_file(self, path: str, content: bytes, now: tuple[int, int]) -> None:
        """Sum up a file as it was read, with size and mtime `now`: it may have changed since it was looked at."""
        if stamp := self._stamps.get(path):
            size, mtime, _ = stamp
            self._stamps[path] = (size, mtime if (size, mtime) == now else -1, hashlib.sha256(content).digest())

    def known(self, location: Location, source: str, read: ReadRecord) -> tuple[Same | Passed, ...] | None:
        """Give what is to be passed on of a record that is as it was; None for any other. `read` reads it after all."""
        row = self.row(location.key)
        return (Same(row, location, source, partial(read, location)),) if row else None

    def row(self, key: bytes) -> Row | None:
        """Recall what was made of a record."""
        found = self._state.rows.get(key) if self._known else None
        return _parse_row(*found) if found else None

    def gone(self, most: int) -> Iterator[Row]:
        """Give the rows of records that a feed held, and that are not there any more: so many at most."""
        for found in self._state.rows.find_gone(most):
            yield _parse_row(*found)

    def keep(self, key: bytes) -> None:
        """Let a row of the last run be one of this run."""
        self._kept += 1
        self._state.rows.keep(key)

    def is_whole(self, accepted: int) -> bool:
        """Tell whether all that was accepted is in rows."""
        return self._kept == accepted and self._all_once

    def keep_current(self, feeds: Container[str], folder: Path) -> int:  # noqa: ARG002 - Mend looks at them
        """Keep the documents of feeds that are not made; here all are."""
        return 0

    def note_problem(self, problem: Problem) -> None:
        """Note that a record, or its file, has a problem: it is to be read again."""
        self._told |= {(problem.path, problem.item or problem.line), (problem.path, 0)}

    def note(self, candidate: Candidate) -> None:
        """Note a candidate for the next run, unless its record has a problem, or it was merged."""
        place, known = candidate.location, candidate.memory
        if candidate.records > 1:
            self._all_once = False
            self._state.rows.drop_merged(candidate.id)
        elif place is None or known is None or (place.path, place.line if place.length >= 0 else 0) in self._told:
            return
        elif candidate.is_unchanged:
            self.keep(place.key)
        else:
            labels = ([one.label for one in some] for some in (candidate.topics, candidate.tags))
            topics, tags = map(_LABEL_SEPARATOR.join, labels)
            published = candidate.published.isoformat()
            updated = published if candidate.published is candidate.updated else candidate.updated.isoformat()
            changed = "" if known.changed is None else str(known.changed)
            parts = published, updated, topics, tags, known.published, known.author_digest.hex(), changed
            self._kept += 1
            self._state.rows.put(place.key, candidate.id, _FIELD_SEPARATOR.join(parts))

    def note_held(self, candidate: Candidate) -> None:
        """Note a candidate that a feed holds, and its digest."""
        if candidate.location is None:
            return
        if candidate.digest and candidate.digest != candidate.stored_digest:
            self._state.rows.set_digest(candidate.location.key, candidate.digest)
        if self._known and not self.mends:
            self._state.rows.mark_held(candidate.location.key)

    def commit(self) -> None:
        """Let the next run find the rows of this one."""
        self._state.rows.commit(all_held=self._known and not self.mends)


def _parse_row(name: str, core: str, text: str) -> Row:
    published, updated, topics, tags, first, said, changed = text.split(_FIELD_SEPARATOR)
    known = ItemMemory(first, bytes.fromhex(said), int(changed) if changed else None)
    moments = datetime.fromisoformat(published), datetime.fromisoformat(updated)
    return Row(name, *moments, core, _split_labels(topics), _split_labels(tags), known)


def _split_labels(part: str) -> list[str]:
    return part.split(_LABEL_SEPARATOR) if part else []


def to_row(candidate: Candidate) -> Row | None:
    """Return what the next run needs of a record, where there is a memory."""
    if candidate.memory is None:
        return None
    labels = [one.label for one in candidate.topics], [one.label for one in candidate.tags]
    return Row(candidate.id, candidate.published, candidate.updated, "", *labels, candidate.memory)
