"""What the last run made of the records of its files: those that are the same are neither parsed nor settled again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from .expanding import Stamp
from .flow import Entry, Locator
from .memory import Known, Row

_MOST = 100_000
"""So many records are kept in mind; beyond that, all are read anew."""


class Recall:
    """The rows of the last run, and those of this one."""

    def __init__(self, text: str = "", stamps: Mapping[str, Stamp] | None = None) -> None:
        """Start from the rows of the last run, and from what the files are like now."""
        self._stamps = stamps or {}
        self._rows: dict[str, dict[str, list[Any]]] = json.loads(text) if text else {}
        self._found: list[tuple[Locator, list[Any]]] | None = []
        self._twice: set[str] = set()

    def key(self, path: str) -> str | None:
        """Give the digest of a file as a whole, by which its only record is known."""
        stamp = self._stamps.get(path)
        return stamp[2].hex() if stamp else None

    def row(self, path: str, key: str | None) -> Row | None:
        """Recall what was made of a record."""
        found = self._rows.get(path, {}).get(key or "")
        if found is None:
            return None
        name, published, updated, core, topics, tags, known = found
        moments = datetime.fromisoformat(published), datetime.fromisoformat(updated)
        return Row(name, *moments, core, topics, tags, Known(known[0], bytes.fromhex(known[1]), *known[2:]))

    def note(self, entry: Entry) -> None:
        """Keep an entry in mind."""
        if entry.records > 1:
            self._twice.add(entry.id)
        if self._found is None or entry.locator is None or entry.known is None:
            return
        if entry.load:
            row = self._rows[entry.locator.path][entry.locator.key]
        else:
            moments = entry.published.isoformat(), entry.updated.isoformat()
            labels = [one.label for one in entry.topics], [one.label for one in entry.tags]
            row = [entry.id, *moments, "", *labels, [entry.known.published, entry.known.said.hex(), *entry.known[2:]]]
        self._found.append((entry.locator, row))
        if len(self._found) > _MOST:
            self._found = None

    def text(self, told: Iterable[tuple[str, int]], cores: Mapping[str, str]) -> str:
        """Write down the rows of this run, but for those of items that came twice or that something was told of.

        `cores` has the digests of the items that feeds hold.
        """
        rows: dict[str, dict[str, list[Any]]] = {}
        apart = {place for path, line in told for place in ((path, line), (path, 0))}
        for locator, row in self._found or ():
            line = locator.line if locator.length >= 0 else 0
            if row[0] not in self._twice and (locator.path, line) not in apart:
                row[3] = cores.get(row[0], row[3])
                rows.setdefault(locator.path, {})[locator.key] = row
        return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
