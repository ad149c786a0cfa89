"""Web applications that answer requests for feeds, calendars and pages, without files.

`FeedApp` needs no framework. `asgi` and `wsgi` make it an application for servers. The modules `django`, `flask` and
`fastapi` have an adapter each, and import their framework. `preview` is the server of `topicfeeds serve`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..feeds.terms import FeedTerms
    from .app import FeedApp
    from .responses import FeedResponse
    from .servers import asgi, wsgi

__all__ = ["FeedApp", "FeedResponse", "FeedTerms", "asgi", "wsgi"]

_HOMES = {
    "FeedApp": ".app",
    "FeedResponse": ".responses",
    "FeedTerms": "..feeds.terms",
    "asgi": ".servers",
    "wsgi": ".servers",
}

if not TYPE_CHECKING:  # type checkers would accept every name, even a misspelt one

    def __getattr__(name: str) -> Any:
        if name in _HOMES:
            return getattr(import_module(_HOMES[name], __name__), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
