"""The preview: builds a site into a temporary folder, and serves this folder on the loopback interface."""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import formatdate
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from ..errors import ConfigError, MissingExtraError
from ..registry import find_media_type
from ..run.flow import Options
from ..run.report import Changes
from ..run.site import build_site
from ..state.database import open_database
from ..state.paths import SitePaths
from ..state.store import State
from ..state.uptodate import find_reasons

try:
    import uvicorn
    import watchfiles
    from starlette.applications import Starlette
    from starlette.datastructures import Headers
    from starlette.middleware import Middleware
    from starlette.middleware.gzip import GZipMiddleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.responses import Response
    from starlette.routing import Mount
    from starlette.staticfiles import StaticFiles
    from starlette.types import Scope
except ImportError as error:
    raise MissingExtraError("serve", "topicfeeds serve") from error

_HOST = "127.0.0.1"
_CHECK_MS = 2000
"""How often to check files outside the folder of the site file, and due dates, in milliseconds."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A site that is built into a temporary folder, with a copy of its state."""

    paths: SitePaths

    def build(self, now: datetime) -> Changes:
        """Build the site. Raises the errors of `build_site`."""
        return build_site(self.paths, Options(now=now))

    def watch(self) -> Iterable[object]:
        """Yield soon after a file changed, and every few seconds."""
        folder = Path(self.paths.site).absolute().parent
        return watchfiles.watch(folder, yield_on_timeout=True, rust_timeout=_CHECK_MS)

    def is_stale(self, now: datetime) -> bool:
        """Return whether there is something to build."""
        state = State(self.paths.state)
        with state.reading() as known:
            return not known or any(find_reasons(state, self.paths.site, self.paths.folder, now.timestamp()))

    @contextmanager
    def serve(self, port: int) -> Iterator[str]:
        """Serve the folder in another thread, and yield its address. With port 0, choose a free port."""
        listener, app = _listen(port), make_app(self.paths.folder)
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", ws="none", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield f"http://{_HOST}:{listener.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join(5)


@contextmanager
def open_preview(paths: SitePaths) -> Iterator[Preview]:
    """Provide a preview in a temporary folder. Neither the output folder of the site nor its state changes."""
    with TemporaryDirectory(prefix="topicfeeds-") as folder:
        copy = SitePaths(paths.site, f"{folder}/public", f"{folder}/state.sqlite")
        for suffix in ("", ".cache"):
            with suppress(sqlite3.Error):  # without a state, the preview still shows the items
                _copy_database(paths.state + suffix, copy.state + suffix)
        yield Preview(copy)


def _copy_database(source: str, target: str) -> None:
    """Copy a database that another run may be using. Raises sqlite3.Error."""
    with closing(open_database(source, "ro")) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def _listen(port: int) -> socket.socket:
    """Return a socket that accepts connections from this machine only. Raises ConfigError."""
    try:
        return socket.create_server((_HOST, port))
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise ConfigError(message=f"port {port} cannot be used: {reason} (choose another port)") from None


def make_app(folder: str) -> Starlette:
    """Return an application that serves an output folder as a web server should."""
    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=[_HOST, "localhost"])
    return Starlette(middleware=[hosts, Middleware(GZipMiddleware)], routes=[Mount("/", _Documents(folder))])


class _Documents(StaticFiles):
    """The documents of an output folder. Files whose names start with a dot are not found."""

    def __init__(self, folder: str) -> None:
        super().__init__(directory=folder, html=True)

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        """Return path and status of a file, or no status."""
        hidden = any(part.startswith(".") for part in Path(path).parts)
        return ("", None) if hidden else super().lookup_path(path)

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,  # noqa: ARG002 - a run may replace the file meanwhile
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Return the whole file, with its media type and validators, or 304."""
        with Path(full_path).open("rb") as file:
            content, status = file.read(), os.fstat(file.fileno())
        wanted = Headers(scope=scope)
        tag, date = f'"{status.st_mtime_ns:x}-{status.st_size:x}"', formatdate(status.st_mtime, usegmt=True)
        headers = {"etag": tag, "last-modified": date}
        if _is_current(wanted, tag, date):
            return Response(status_code=304, headers={**headers, "vary": "Accept-Encoding"})
        if "gzip" in wanted.get("accept-encoding", ""):
            headers["etag"] = f"W/{tag}"  # compressed bytes are not the bytes of the file
        media_type = find_media_type(os.fspath(full_path))
        headers["content-type"] = media_type if "json" in media_type else f"{media_type}; charset=utf-8"
        return Response(content, status_code, headers)


def _is_current(wanted: Headers, tag: str, date: str) -> bool:
    """Return whether a client has the file. Like nginx, compare all validators that the client sent."""
    tags, since = wanted.get("if-none-match"), wanted.get("if-modified-since")
    known = {one.strip().removeprefix("W/") for one in (tags or "").split(",")}
    return (tags or since) is not None and (tags is None or bool(known & {tag, "*"})) and since in (None, date)
