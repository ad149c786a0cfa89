"""Feeds become documents: paths, fingerprints, and bytes when somebody asks for them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import cache, partial
from importlib.metadata import version

from . import __version__
from .flow import Document, Feed
from .formats import FORMATS, render


def build(feeds: Iterable[Feed]) -> Iterator[Document]:
    """Describe every document, in the order in which to publish them."""
    for feed in feeds:
        digest = _digest(feed)
        for name in feed.formats:
            made = FORMATS[name]
            fingerprint = hashlib.sha256(f"{digest} {name}".encode()).hexdigest()
            yield Document(feed.path + made.suffix, made.media_type, fingerprint, partial(render, feed, name))


def _digest(feed: Feed) -> str:
    """Sum up all that shapes the bytes of a feed."""
    fields = [getattr(feed, name) for name in feed.__dataclass_fields__ if name != "entries"]
    parts = [_versions(), *map(repr, fields), *(entry.digest for entry in feed.entries)]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "backslashreplace")).hexdigest()


@cache
def _versions() -> str:
    """Name what makes the bytes: another version may spell the same feed in another way."""
    return " ".join([__version__, *(version(name) for name in ("feedgen", "lxml", "nh3", "idna"))])
