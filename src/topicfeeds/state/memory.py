"""What the memory keeps of items, and what the state keeps of problems."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ..errors import Severity


class ItemMemory(NamedTuple):
    """What is remembered of an item."""

    published: str
    """ISO 8601 with offset, as it was first given."""
    author_digest: bytes
    """A digest of the fields that its author set."""
    changed: int | None = None
    """When these last changed, in seconds since 1970; None: never seen to."""
    snapshot: str | None = None
    """Of an event: start, end, place and status."""
    snapshot_changed: int | None = None
    """When these last changed."""
    changes: str | None = None
    """The changes of these that readers were told of."""


class StoredProblem(NamedTuple):
    """What was found, with the fields of a Problem."""

    path: str
    line: int
    field: str
    message: str
    severity: Severity
    item: int
