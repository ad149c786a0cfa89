"""The render cache: what was rendered of entries, as an entry is part of several feeds."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

from ..entries.model import Entry, sanitized_content

T = TypeVar("T")
MAX_RENDER_CACHE_CHARS = 120_000_000
"""Characters and bytes of rendered text that are kept: some 120 MB."""
_MIN_VALUE_CHARS = 200
"""What a value counts at least."""


class RenderCache:
    """Values by entry id and variant, such as a format's bytes. The least recently used entries are dropped.

    Several threads may share one.
    """

    def __init__(self, max_chars: int | None = None) -> None:
        self.max_chars = MAX_RENDER_CACHE_CHARS if max_chars is None else max_chars
        self._values: OrderedDict[str, dict[Hashable, Any]] = OrderedDict()
        self._sizes: dict[str, int] = {}
        self._size = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._values)

    def find(self, name: str, variant: Hashable) -> Any:
        """Return the value of an entry's variant, or None."""
        with self._lock:
            values = self._values.get(name)
            if values is None:
                return None
            self._values.move_to_end(name)
            return values.get(variant)

    def store(self, name: str, variant: Hashable, value: T, size: int) -> T:
        """Keep the value of an entry's variant, which has so many characters, and return it."""
        with self._lock:
            values = self._values.setdefault(name, {})
            if variant not in values:
                size += _MIN_VALUE_CHARS
                self._size += size
                self._sizes[name] = self._sizes.get(name, 0) + size
            values[variant] = value
            self._values.move_to_end(name)
            while self._size > self.max_chars:
                self._forget(next(iter(self._values)))
        return value

    def forget(self, names: Iterable[str]) -> None:
        """Drop all that is kept of some entries: no other document needs them."""
        with self._lock:
            for name in names:
                if name in self._values:
                    self._forget(name)

    def _forget(self, name: str) -> None:
        del self._values[name]
        self._size -= self._sizes.pop(name)

    def entry(self, name: str, load: Callable[[], Entry]) -> Entry:
        """Return an entry, loaded once for all feeds that hold it."""
        entry: Entry | None = self.find(name, "entry")
        if entry is None:
            entry = load()
            self.store(name, "entry", entry, len(entry.content or ""))
        return entry

    def html(self, entry: Entry) -> str | None:
        """Return the content of an entry, sanitised once for all formats."""
        found: tuple[str | None] | None = self.find(entry.id, "html")
        if found is None:
            made = sanitized_content(entry)
            found = self.store(entry.id, "html", (made,), len(made or ""))
        return found[0]
