"""Ids of items: stated, the item's own link, or minted from its date and title."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from urllib.parse import quote

from ..errors import Problem
from ..models.items import Event
from ..sources.model import Record
from ..text.characters import to_one_line
from .digests import to_json
from .duplicates import hash_item

# RFC 3987, simplified: a scheme, and none of the characters that an IRI cannot contain.
_CHARACTER = r'(?:[^\s"<>\\^`{|}%#\[\]]++|%[0-9A-Fa-f]{2})'
_IRI = re.compile(rf"(?!(?i:https?):(?!//[^/?#]))[A-Za-z][A-Za-z0-9+.-]*:{_CHARACTER}+(#{_CHARACTER}*)?")


@dataclass(slots=True)
class IdRegistry:
    """Assigns ids to records. Minted ids are `tag:` URIs of this `authority` (RFC 4151)."""

    authority: str
    _file: str | None = None
    """The file of the last record that needed a minted id."""
    _minted: dict[tuple[str, str, str], dict[object, int]] = field(default_factory=dict)
    """The numbers of different records of that file, by their kind, date and title."""

    def identify(self, record: Record) -> tuple[str, list[Problem]]:
        """Return the id of a record, and warnings about it."""
        item = record.item
        if item.id:
            iri = _IRI.fullmatch(item.id)
            return (item.id if iri else f"tag:{self.authority}:item/{quote(item.id, safe='')}"), []
        return (item.link, []) if item.link else self._mint(record)

    def _mint(self, record: Record) -> tuple[str, list[Problem]]:
        """Return an id made from kind, date and title, and warnings about it.

        Different records of a file with the same kind, date and title are numbered.
        """
        item, warnings = record.item, []
        if record.path != self._file:
            self._file, self._minted = record.path, {}
            if not record.from_page:
                message = "is missing (give every item an id; otherwise an edited date or title makes a new item)"
                warnings = [record.problem("id", message, "warning")]
        stated = item.published or (item.start if isinstance(item, Event) else None)
        day = stated.isoformat() if stated else ""
        title = "" if record.untitled else to_one_line(item.title)
        numbers = self._minted.setdefault((item.kind, day, title), {})
        same = ("untitled", len(numbers)) if record.untitled else hash_item(item, ())
        n = numbers.setdefault(same, len(numbers) + 1)
        text = to_json([item.kind, day, title, n])
        return f"tag:{self.authority}:{item.kind}/{hashlib.sha256(text.encode()).hexdigest()[:20]}", warnings
