"""The render cache: rendered parts of entries, which several feeds and formats share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

from ..entries.model import Candidate, Entry, load_entry, sanitized_content

T = TypeVar("T")

MAX_RENDER_CACHE_CHARS = 30_000_000
"""The limit of cached entries, in characters of content. Their rendered parts take about four bytes for each
character."""
_MIN_ENTRY_CHARS = 400
"""The characters that are counted for each entry, in addition to its content."""


class RenderCache:
    """Rendered values by entry id and variant, such as the bytes of a format. The oldest entries are dropped first.

    Several threads may share a cache. If two threads need the same value, both may render it, with the same result.
    """

    def __init__(self, max_chars: int | None = None, changes: dict[str, str] | None = None) -> None:
        """`changes` receives the changes that sanitising made to the content of each entry, by its id."""
        self._changes = changes
        self.max_chars = MAX_RENDER_CACHE_CHARS if max_chars is None else max_chars
        self._values: dict[str, dict[Hashable, Any]] = {}
        self._sizes: dict[str, int] = {}
        self._size = 0
        self._lock = threading.Lock()

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __len__(self) -> int:
        return len(self._values)

    def values(self, entry: Entry) -> dict[Hashable, Any]:
        """Return the cached values of an entry by variant. The caller adds the values that it renders."""
        found = self._values.get(entry.id)
        return self._add(entry) if found is None else found

    def get(self, entry: Entry, variant: Hashable, make: Callable[[], T]) -> T:
        """Return a cached value of an entry. If the value is missing, make it."""
        values = self.values(entry)
        if variant not in values:
            values[variant] = make()
        value: T = values[variant]
        return value

    def html(self, entry: Entry) -> str | None:
        """Return the content of an entry, sanitised once for all formats."""
        return self.get(entry, "html", lambda: sanitized_content(entry, self._changes))

    def load(self, candidate: Candidate) -> Entry:
        """Return the entry of a candidate. It is loaded once for all feeds that contain it."""
        entry: Entry | None = self._values.get(candidate.id, {}).get("entry")
        if entry is None:
            entry = load_entry(candidate)
            self.values(entry)["entry"] = entry
        return entry

    def forget(self, names: Iterable[str]) -> None:
        """Drop all values of some entries, by their ids."""
        with self._lock:
            for name in names:
                self._drop(name)

    def _add(self, entry: Entry) -> dict[Hashable, Any]:
        with self._lock:
            values = self._values.setdefault(entry.id, {})
            if entry.id not in self._sizes:
                self._sizes[entry.id] = _MIN_ENTRY_CHARS + len(entry.content or "")
                self._size += self._sizes[entry.id]
            while self._size > self.max_chars:
                self._drop(next(iter(self._values)))
        return values

    def _drop(self, name: str) -> None:
        if self._values.pop(name, None) is not None:
            self._size -= self._sizes.pop(name)
