"""The application without a framework: answers requests for feeds, calendars and pages."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from inspect import iscoroutine
from pathlib import Path
from typing import Any

from ..errors import show
from ..feeds.model import make_fingerprint
from ..feeds.terms import FeedTerms
from ..models.site import Site
from ..output.documents import Document, describe_makers
from ..run.arguments import StateLike, make_state
from ..state.snapshot import read_snapshot
from .documents import Request, find_document, read_path
from .mix import MixError
from .responses import FeedResponse, KnownDocument, RequestHeaders, respond_with_document, respond_with_text

_LOG = logging.getLogger("topicfeeds.web")
_NOT_FOUND = "no such feed"


def utc_now() -> datetime:
    """Return the current time."""
    return datetime.now(UTC)


class FeedApp:
    """Answers requests for the feeds of a site from its items, as if `publish` had written them. Threads may share it.

    - `items(selection)` returns the items that a feed can contain. The app ignores other items. `selection`
      (`FeedTerms`) has the slugs of the topics and tags of the feed.
    - `version(selection)` returns a value that changes whenever these items change, such as the time of the last edit.
      While it stays the same, the app does not call `items` for a document that it has in memory.
    - `state` (preferably a `State(path, read_only=True)`) has the dates and notices that `publish` or `record` stored.
      If a feed that `publish` wrote no longer exists, the app serves it as an empty feed for `retire_days`.
    - `mix` serves feeds for any combination of at most `max_terms` topics and tags.
    - `cache` is the number of documents that the app keeps in memory.

    `items` and `version` may be coroutine functions: `respond_async` awaits their results.
    """

    def __init__(  # noqa: PLR0913 - keyword options of a public call
        self,
        site: Site,
        items: Callable[[FeedTerms], Any],
        *,
        version: Callable[[FeedTerms], Any] | None = None,
        state: StateLike | None = None,
        clock: Callable[[], datetime] = utc_now,
        mix: bool = True,
        max_terms: int = 16,
        cache: int = 256,
    ) -> None:
        if not isinstance(site, Site):
            raise TypeError(f"site is of type {type(site).__name__} (pass a Site, such as the result of load_site)")
        if not callable(items):
            raise TypeError(f"items is of type {type(items).__name__} (pass a function that returns items)")
        self.site = site
        self._items, self._version, self._clock = items, version, clock
        self._state = make_state(state, read_only=True)
        if self._state and self._state.path and not Path(self._state.path).exists():
            _LOG.warning("%s: there is no state (call publish or record with this path to create it)", self._state.path)
        self._max_terms, self._max_documents = max_terms if mix else 0, cache
        self._makers = describe_makers(site)
        self._documents: OrderedDict[str, KnownDocument] = OrderedDict()
        self._lock = threading.Lock()

    def respond(self, method: str, path: str, query: str = "", headers: RequestHeaders | None = None) -> FeedResponse:
        """Answer a request. `path` is relative to the address of the feeds, such as `topics/housing.atom.xml`.

        An exception of `items` or `version` reaches the caller.
        """
        return self._answer(method, path, query, headers or {}, _refuse_coroutine)

    async def respond_async(
        self, method: str, path: str, query: str = "", headers: RequestHeaders | None = None
    ) -> FeedResponse:
        """Answer a request as `respond` does, in a thread. The event loop runs the coroutines."""
        loop = asyncio.get_running_loop()

        def wait(value: Any) -> Any:
            return asyncio.run_coroutine_threadsafe(value, loop).result() if iscoroutine(value) else value

        return await asyncio.to_thread(self._answer, method, path, query, headers or {}, wait)

    def _answer(
        self, method: str, path: str, query: str, headers: RequestHeaders, wait: Callable[[Any], Any]
    ) -> FeedResponse:
        """Answer a request. `wait` returns the result of a coroutine, and any other value unchanged."""
        if method not in ("GET", "HEAD"):
            return respond_with_text(405, "use GET or HEAD", Allow="GET, HEAD")
        try:
            request = read_path(self.site, path.removeprefix("/"), query, self._max_terms)
        except MixError as error:
            return respond_with_text(*error.args)
        if request is None:
            return respond_with_text(404, _NOT_FOUND)
        if not request.is_canonical:
            return respond_with_text(301, f"see {request.path}", Location=request.path)
        response = self._find(request, {name.lower(): value for name, value in headers.items()}, wait)
        return response._replace(body=b"") if method == "HEAD" else response

    def _find(self, request: Request, headers: Mapping[str, str], wait: Callable[[Any], Any]) -> FeedResponse:
        now, basis = self._clock(), ""
        memory = read_snapshot(self._state) if self._state else None
        if self._version:
            stamp = memory and (memory.stamp or id(memory))  # a state without a file has no stamp
            versions = wait(self._version(request.terms)), stamp
            basis = make_fingerprint([self._makers, request.path, repr(versions)])
        known = self._documents.get(request.path)
        if known is None or not known.is_current(basis, now):
            items = wait(self._items(request.terms))
            document, report = find_document(self.site, request, items, now, self._makers, memory)
            for problem in report.problems:
                level = logging.INFO if problem.severity == "warning" else logging.WARNING
                _LOG.log(level, "%s: %s%s", request.path, problem, f" (id {show(problem.id)})" if problem.id else "")
            if document is None:
                return respond_with_text(404, _NOT_FOUND)
            known = self._render(request.path, document, now)._replace(basis=basis, due=report.due)
            self._keep(request.path, known)
        return respond_with_document(known, headers, now)

    def _render(self, path: str, document: Document, now: datetime) -> KnownDocument:
        """Return a rendered document. If it is unchanged, it comes from the cache."""
        known, etag = self._documents.get(path), f'"{document.fingerprint}"'
        if known and known.etag == etag:
            return known
        modified = now.astimezone(UTC).replace(microsecond=0)
        if known:  # each version has a later date than the one before, as in an output folder
            modified = max(modified, known.modified + timedelta(seconds=1))
        return KnownDocument(etag, document.media_type, modified, document.render())

    def _keep(self, path: str, known: KnownDocument) -> None:
        with self._lock:
            self._documents[path] = known
            self._documents.move_to_end(path)
            while len(self._documents) > self._max_documents:
                self._documents.popitem(last=False)


def _refuse_coroutine(value: Any) -> Any:
    if iscoroutine(value):
        value.close()
        raise TypeError("items or version is a coroutine (use respond_async, asgi or feed_router)")
    return value
