"""The data that the state stores about items and problems."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ..errors import Severity


class ItemMemory(NamedTuple):
    """The data that the memory stores about an item."""

    published: str
    """The first known date of publication: ISO 8601 with offset."""
    author_digest: bytes
    """A digest of the fields that the author set."""
    changed: int | None = None
    """When a run last saw these fields change, in seconds since 1970, or None."""
    snapshot: str | None = None
    """Start, end, place and status of an event, as JSON."""
    snapshot_changed: int | None = None
    """When a run last saw these facts about the event change, in seconds since 1970, or None."""
    changes: str | None = None
    """The changes of these facts that have a notice, as JSON."""
    held: str | None = None
    """For an item in a feed: its source, files, topics and tags, as JSON. The table `versions` has its fields."""


class StoredProblem(NamedTuple):
    """A problem as the state stores it, with the fields of `Problem`."""

    path: str
    line: int
    field: str
    message: str
    severity: Severity
    item: int
    name: str = ""
    hint: str | None = None
    """The name of a hint."""
    other: str = ""
