"""Web applications that answer requests for feeds, calendars and pages, without files.

`FeedApp` needs no framework. `asgi` and `wsgi` make it an application for servers. The modules `django`, `flask` and
`fastapi` have an adapter each, and import their framework. `preview` is the server of `topicfeeds serve`.
"""

from ..feeds.terms import FeedTerms
from .app import FeedApp
from .responses import FeedResponse
from .servers import asgi, wsgi

__all__ = ["FeedApp", "FeedResponse", "FeedTerms", "asgi", "wsgi"]
