"""Held items: the items that feeds had after the last run, so that their last good versions can be published again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from pydantic import ValidationError

from ..models.site import MAX_BODY_BYTES, Site
from ..sources.model import Draft, Record
from ..state.snapshot import Snapshot
from ..state.store import State
from .digests import to_json
from .headers import HeaderMaker
from .ids import make_id
from .model import Candidate, Category, Header


class HeldDetails(NamedTuple):
    """Facts about an item of a feed that the memory stores in addition to its dates and fields."""

    source: str
    paths: list[str]
    topics: list[tuple[str, str]]
    """Slug and label of each topic, from all records of the item and their sources."""
    tags: list[str]
    digest: str
    """A digest of its fields."""
    expires: str | None = None
    """When it stops to be public, in ISO 8601. None if it has no such date, or records in several files."""


class HeldItems:
    """The items that feeds had after the last run, and which of them this run has found."""

    def __init__(self, site: Site, memory: State | Snapshot | None) -> None:
        self._site, self._memory = site, memory
        known = {"feeds": site.feeds.model_copy(update={"max_body": MAX_BODY_BYTES}), "topics": {}}
        self._maker = HeaderMaker(site.model_copy(update=known))
        self._held = memory.held_items() if memory else {}
        self.missing = set(self._held)
        """The ids of the items that this run has not found."""
        self.moved = Counter[str]()
        """How many items of each source this run has found in another source or as drafts, or have expired."""
        self._found_in: dict[str, set[str]] = {}
        """The files in which this run has found an item that had records in several files, or a draft of it."""

    def note_found(self, name: str, header: Header) -> None:
        """Record that this run has found a record of an item."""
        if name not in self._held:
            return
        details, source, path = self.read_details(name), _storable(header.source), _storable(header.path)
        if (details.source, details.paths) != (source, [path]):  # the item moved, or has records in several files
            if name in self.missing:
                self.moved[details.source] += source != details.source
            self._found_in.setdefault(name, set()).add(path)
        self.missing.discard(name)

    def note_draft(self, draft: Draft) -> None:
        """Record that an author withdrew an item by making it a draft."""
        if draft.identity and (name := self.find(draft.identity)) in self.missing:
            self.missing.discard(name)
            self._found_in.setdefault(name, set()).add(_storable(draft.path))
            self.moved[self.read_details(name).source] += 1

    def is_missing(self, name: str, path: str) -> bool:
        """Return whether a record of an item was in a file, and this run has not found it."""
        path = _storable(path)
        if name in self.missing:
            return True
        found = self._found_in.get(name)
        return found is not None and path in self.read_details(name).paths and path not in found

    def find(self, identity: tuple[str | None, str | None]) -> str | None:
        """Return the id of a held item, given the `id` and the `link` of its record."""
        name = make_id(self._site.authority, *identity)
        return name if name and name in self._held else None

    def list_of(self, place: str) -> Iterator[str]:
        """Yield the ids of the items that were read from a file, or from a source."""
        place = _storable(place)
        for name in self._held:
            details = self.read_details(name)
            if place in details.paths or place == details.source:
                yield name

    def read_details(self, name: str) -> HeldDetails:
        """Return the details of a held item."""
        return HeldDetails(*json.loads(self._held[name]))

    def restore(self, name: str) -> Header | None:
        """Return the header of the last good version of an item. Topics that the site no longer declares are left out.

        None means that this version of topicfeeds cannot read it.
        """
        version, details = self._memory.find_version(name) if self._memory else None, self.read_details(name)
        if version is None:
            return None
        kind, text = version
        try:
            item = self._site.extensions.find_model(kind).model_validate_json(text)
        except ValidationError:
            return None
        record = Record(item, details.paths[0], 1, source=details.source)
        header = next((one for one in self._maker.make(record) if isinstance(one, Header)), None)
        known, base = self._site.topics, f"{self._site.base}topics/"
        topics = (Category(term, label, base) for term, label in details.topics if not known or term in known)
        expires = datetime.fromisoformat(details.expires) if details.expires else None
        tags = tuple(map(self._maker.tag, details.tags))
        return header and header._replace(topics=tuple(topics), tags=tags, expires=expires)


def describe_held(candidate: Candidate) -> str:
    """Return the `HeldDetails` of an item, as the memory stores them."""
    labels = [one[:2] for one in candidate.topics], [one.label for one in candidate.tags]
    is_alone = len(candidate.paths) == 1  # records in other files can have other dates
    source, end = candidate.header.source, candidate.header.expires
    expires = [end.isoformat()] if end and is_alone else []
    return _storable(to_json([source, candidate.paths, *labels, candidate.author_digest.hex(), *expires]))


def _storable(text: str) -> str:
    """Return a text that SQLite can store. Names of files may have lone surrogates."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
