"""What entries hold beyond what selecting takes, put aside on disk until it is rendered: where feeds are many."""

from __future__ import annotations

import pickle
import tempfile
import weakref
from functools import partial

from .flow import Entry
from .ledger import let_go, unwritable

_APART = ("made", "load", "known", "locator", "digested")
_FIELDS = tuple(name for name in Entry.__dataclass_fields__ if name not in _APART)


class Shelf:
    """A file without a name that holds entries. Raises PublishError where there is no room for it."""

    def __init__(self) -> None:
        try:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed with the shelf
        except OSError as error:
            raise unwritable(error) from None
        self._end = 0
        weakref.finalize(self, let_go, self._file)

    def put(self, entry: Entry) -> Entry:
        """Put an entry aside, and give what stands for it. Raises PublishError."""
        content = pickle.dumps([getattr(entry, name) for name in _FIELDS], pickle.HIGHEST_PROTOCOL)
        light = entry.without(partial(self._get, self._end, len(content)))
        light.made["core"] = entry.core
        try:
            self._file.seek(self._end)
            self._end += self._file.write(content)
            self._file.flush()
        except OSError as error:
            raise unwritable(error) from None
        return light

    def _get(self, start: int, length: int) -> Entry:
        self._file.seek(start)
        return Entry(**dict(zip(_FIELDS, pickle.loads(self._file.read(length)), strict=True)))  # noqa: S301 - it is ours
