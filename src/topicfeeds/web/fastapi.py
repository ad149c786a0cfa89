"""FastAPI: the documents of an app as a router. It also works in Starlette."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from .app import FeedApp


def feed_router(app: FeedApp, *, name: str = "topicfeeds", **options: Any) -> APIRouter:
    """Return a router. `options` are those of `APIRouter`, such as `prefix="/feeds"`.

    `request.url_for(name, path="all.atom.xml")` gives an address.
    """
    router = APIRouter(**options)

    @router.api_route("/{path:path}", methods=["GET", "HEAD"], name=name, include_in_schema=False)
    async def serve(request: Request, path: str) -> Response:
        made = await app.respond_async(request.method, path, request.url.query, request.headers)
        return Response(made.body, made.status, dict(made.headers))

    return router
