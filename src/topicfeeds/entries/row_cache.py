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
"""Separators of the fields of a row, and of labels in a field. XML forbids them, so no label contains them."""


class RowCache:
    """The rows of the last run and of this run. The state must be open."""

    mends = False
    """Whether only feeds with changes are selected."""

    def __init__(self, state: State, stamps: dict[str, FileStamp], *, known: bool) -> None:
        """`stamps` has the stamp of each file, by path. If `known` is false, the rows of the last run are not used."""
        self._state, self._stamps, self._known = state, stamps, known
        self._told: set[tuple[str, int]] = set()
        self._kept = 0
        self._all_once = True

    def key(self, path: str) -> bytes | None:
        """Return the key of a file that is one record, or None if the file has no digest yet."""
        stamp = self._stamps.get(path)
        return file_key(path, stamp[2]) if stamp and stamp[2] else None

    def digest_file(self, path: str, content: bytes, now: tuple[int, int]) -> None:
        """Store the digest of a file as it was read.

        `now` has its size and mtime after reading, which may have changed.
        """
        if stamp := self._stamps.get(path):
            size, mtime, _ = stamp
            self._stamps[path] = (size, mtime if (size, mtime) == now else -1, hashlib.sha256(content).digest())

    def known(self, location: Location, source: str, read: ReadRecord) -> tuple[Same | Passed, ...] | None:
        """Return an unchanged record as `Same`, or None for any other record. `read` reads the record again."""
        row = self.row(location.key)
        return (Same(row, location, source, partial(read, location)),) if row else None

    def row(self, key: bytes) -> Row | None:
        """Return the row of a record in the last run."""
        found = self._state.rows.get(key) if self._known else None
        return _parse_row(*found) if found else None

    def gone(self, most: int) -> Iterator[Row]:
        """Yield at most `most` rows of records that a feed held, and that no longer exist."""
        for found in self._state.rows.find_gone(most):
            yield _parse_row(*found)

    def keep(self, key: bytes) -> None:
        """Keep a row of the last run for this run."""
        self._kept += 1
        self._state.rows.keep(key)

    def is_whole(self, accepted: int) -> bool:
        """Return whether every accepted record has a row."""
        return self._kept == accepted and self._all_once

    def keep_current(self, feeds: Container[str], folder: Path) -> int:  # noqa: ARG002 - Mend uses them
        """Keep the documents of feeds that were not selected, and return their number.

        The row cache selects all feeds, so there are none.
        """
        return 0

    def note_problem(self, problem: Problem) -> None:
        """Note that a record, or its file, has a problem. The next run reads it again."""
        self._told |= {(problem.path, problem.item or problem.line), (problem.path, 0)}

    def note(self, candidate: Candidate) -> None:
        """Store the row of a candidate, unless its record has a problem or was merged with another record."""
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
        """Mark a candidate as being in a feed, and store its digest."""
        if candidate.location is None:
            return
        if candidate.digest and candidate.digest != candidate.stored_digest:
            self._state.rows.set_digest(candidate.location.key, candidate.digest)
        if self._known and not self.mends:
            self._state.rows.mark_held(candidate.location.key)

    def commit(self) -> None:
        """Store the rows of this run for the next one."""
        self._state.rows.commit(all_held=self._known and not self.mends)


def _parse_row(name: str, core: str, text: str) -> Row:
    published, updated, topics, tags, first, said, changed = text.split(_FIELD_SEPARATOR)
    known = ItemMemory(first, bytes.fromhex(said), int(changed) if changed else None)
    moments = datetime.fromisoformat(published), datetime.fromisoformat(updated)
    return Row(name, *moments, core, _split_labels(topics), _split_labels(tags), known)


def _split_labels(part: str) -> list[str]:
    return part.split(_LABEL_SEPARATOR) if part else []


def to_row(candidate: Candidate) -> Row | None:
    """Return the row of a candidate for the next run, or None if the candidate has no memory."""
    if candidate.memory is None:
        return None
    labels = [one.label for one in candidate.topics], [one.label for one in candidate.tags]
    return Row(candidate.id, candidate.published, candidate.updated, "", *labels, candidate.memory)
