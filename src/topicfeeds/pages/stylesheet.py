"""The stylesheet with which browsers show Atom and RSS (`feed.css`)."""

from __future__ import annotations

import hashlib
from importlib.resources import files

from ..feeds.model import Feed
from ..output.documents import Document
from ..registry import STYLESHEET_PATH


def make_stylesheet(whole: Feed) -> Document:
    """Return the stylesheet. `whole` is the feed of everything. The stylesheet is the same for all sites."""
    content = (files(__package__) / "templates" / STYLESHEET_PATH).read_bytes()
    return Document(
        path=STYLESHEET_PATH,
        media_type="text/css",
        fingerprint=hashlib.sha256(content).hexdigest(),
        render=lambda: content,
        entries=0,
        updated=whole.updated,
    )
