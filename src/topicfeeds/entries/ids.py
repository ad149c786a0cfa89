"""Ids of items: the `id` of the author, else the `link` of the author, else an id minted from date and title."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from unicodedata import normalize
from urllib.parse import quote

from ..errors import Problem
from ..text.urls import to_uri
from .digests import to_json
from .model import Header

# RFC 3987, simplified: a scheme, and only characters that an IRI can contain.
_CHARACTER = r'(?:[^\s"<>\\^`{|}%#\[\]]++|%[0-9A-Fa-f]{2})'
_IRI = re.compile(rf"(?!(?i:https?):(?!//[^/?#]))[A-Za-z][A-Za-z0-9+.-]*:{_CHARACTER}+(#{_CHARACTER}*)?")


def make_id(authority: str, own_id: str | None, link: str | None) -> str | None:
    """Return the id of an item by its `id` or `link`, or None if it has neither.

    Links are encoded in ASCII, because validators reject other ids.
    """
    if own_id:
        return own_id if _IRI.fullmatch(own_id) else f"tag:{authority}:item/{quote(own_id, safe='')}"
    return to_uri(normalize("NFC", link)) if link and not link.isascii() else link or None


def mint_id(authority: str, kind: str, parts: tuple[object, ...]) -> str:
    """Return an id that a digest of `parts` determines, as a `tag:` URI (RFC 4151)."""
    return f"tag:{authority}:{kind}/{hashlib.sha256(to_json(parts).encode()).hexdigest()[:20]}"


@dataclass(slots=True)
class IdRegistry:
    """Assigns ids to items. Minted ids are `tag:` URIs of this `authority`."""

    authority: str
    _file: str | None = None
    """The file of the last item that needed a minted id."""
    _minted: dict[tuple[str, str, str], dict[object, int]] = field(default_factory=dict)
    """For each kind, date and title: the numbers of the items in `_file` with these values.

    The key of a number is the digest of the item, or a counter for an item without a title.
    """

    def identify(self, header: Header) -> tuple[str, list[Problem]]:
        """Return the id of an item, and warnings about it."""
        name = make_id(self.authority, header.own_id, header.link)
        return (name, []) if name else self._mint(header)

    def _mint(self, header: Header) -> tuple[str, list[Problem]]:
        """Make an id from kind, date and title. Return the id, and warnings about it.

        If records of a file differ, but have the same kind, date and title, numbers distinguish them.
        """
        warnings = []
        if header.path != self._file:
            self._file, self._minted = header.path, {}
            if not header.from_page:
                message = "is missing (give every item an id; otherwise an edited date or title makes a new item)"
                warnings = [header.problem("id", message, "warning")]
        day, title = header.minted or ("", "")
        numbers = self._minted.setdefault((header.kind, day, title), {})
        same = ("untitled", len(numbers)) if header.untitled else header.author_digest
        n = numbers.setdefault(same, len(numbers) + 1)
        return mint_id(self.authority, header.kind, (header.kind, day, title, n)), warnings
