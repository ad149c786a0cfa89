"""Responses: status, headers and body, and conditional requests (RFC 9110)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import NamedTuple, Protocol


class RequestHeaders(Protocol):
    """The headers of a request: a mapping, or the headers of a framework."""

    def items(self) -> Iterable[tuple[str, str]]:
        """Return names and values."""


class FeedResponse(NamedTuple):
    """An HTTP response."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


class KnownDocument(NamedTuple):
    """A rendered document, as the cache keeps it."""

    etag: str
    media_type: str
    modified: datetime
    """When this process first had these bytes. After several edits within a second, it is in the future."""
    body: bytes
    basis: str = ""
    """A digest of everything that the document depends on, except the time. Empty if it is unknown."""
    due: datetime | None = None
    """When the document next changes without an edit. No header shows this: it can be the date of a hidden item."""

    def is_current(self, basis: str, now: datetime) -> bool:
        """Return whether the document is known to be unchanged."""
        return bool(basis) and basis == self.basis and (self.due is None or now < self.due)


_SHARED = {"Cache-Control": "max-age=300", "Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff"}
"""The headers that our example configurations for web servers set, too."""


def respond_with_text(status: int, text: str, **headers: str) -> FeedResponse:
    """Return a response for people: a redirect or an error."""
    body = f"{text}\n".encode("utf-8", "replace")
    kind = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
    return FeedResponse(status, {**headers, **kind, "Content-Length": str(len(body))}, body)


def respond_with_document(document: KnownDocument, headers: Mapping[str, str], now: datetime) -> FeedResponse:
    """Return a document, or 304 if the client has it. `headers` are those of the request, in lower case."""
    etag, tags = document.etag, _list_etags(headers)
    if etag in tags or "*" in tags or (not tags and _is_unmodified(document, headers)):
        return FeedResponse(304, {**_SHARED, "ETag": etag})
    made = {"Content-Type": f"{document.media_type}; charset=utf-8", "Content-Length": str(len(document.body))}
    if document.modified <= now:  # a date in the future is not allowed (RFC 9110)
        made["Last-Modified"] = format_datetime(document.modified, usegmt=True)
    return FeedResponse(200, {**_SHARED, **made, "ETag": etag}, document.body)


def _list_etags(headers: Mapping[str, str]) -> list[str]:
    """Return the tags of `If-None-Match`. A proxy that compresses a response marks its tag as weak (`W/`)."""
    return [one.strip().removeprefix("W/") for one in headers.get("if-none-match", "").split(",") if one.strip()]


def _is_unmodified(document: KnownDocument, headers: Mapping[str, str]) -> bool:
    try:
        since = parsedate_to_datetime(headers.get("if-modified-since", ""))
    except ValueError:
        return False
    return document.modified <= (since if since.tzinfo else since.replace(tzinfo=UTC))
