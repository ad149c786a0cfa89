"""Feeds become documents: paths, fingerprints, and bytes when somebody asks for them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import partial

from .flow import Document, Feed
from .formats import FORMATS, render
from .versions import versions


def build(feeds: Iterable[Feed]) -> Iterator[Document]:
    """Describe every document, in the order in which to publish them."""
    makers = versions()
    for feed in feeds:
        digest = _digest(feed, makers)
        for name in feed.formats:
            made = FORMATS[name]
            fingerprint = hashlib.sha256(f"{digest} {name}".encode()).hexdigest()
            yield Document(
                path=feed.path + made.suffix,
                media_type=made.media_type,
                fingerprint=fingerprint,
                render=partial(render, feed, name),
                identity=made.identity(feed),
                entries=len(feed.entries),
                updated=feed.updated,
            )


def _digest(feed: Feed, makers: str) -> str:
    """Sum up all that shapes the bytes of a feed."""
    fields = [getattr(feed, name) for name in feed.__dataclass_fields__ if name != "entries"]
    parts = [makers, *map(repr, fields), *(entry.digest for entry in feed.entries)]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "backslashreplace")).hexdigest()
