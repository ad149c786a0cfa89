"""ASGI and WSGI: an app as an application for web servers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http import HTTPStatus
from typing import Any

from .app import FeedApp

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
StartResponse = Callable[..., Any]


def asgi(app: FeedApp) -> Callable[[Message, Receive, Send], Awaitable[None]]:
    """Return an ASGI application, for uvicorn, hypercorn, or to mount in Starlette."""

    async def serve(scope: Message, _receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"this application answers HTTP, and not {scope['type']}")
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        made = await app.respond_async(scope["method"], path, scope["query_string"].decode("latin-1"), headers)
        fields = [(name.lower().encode(), value.encode()) for name, value in made.headers.items()]
        await send({"type": "http.response.start", "status": made.status, "headers": fields})
        await send({"type": "http.response.body", "body": made.body})

    return serve


def wsgi(app: FeedApp) -> Callable[[dict[str, Any], StartResponse], Iterable[bytes]]:
    """Return a WSGI application, for gunicorn, uWSGI or mod_wsgi."""

    def serve(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
        headers = {name[5:].replace("_", "-"): text for name, text in environ.items() if name.startswith("HTTP_")}
        made = app.respond(environ["REQUEST_METHOD"], path, environ.get("QUERY_STRING", ""), headers)
        start_response(f"{made.status} {HTTPStatus(made.status).phrase}", list(made.headers.items()))
        return [made.body]

    return serve
