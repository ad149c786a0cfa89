"""A folder on the loopback, with the media types that a web server should send for feeds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from os import PathLike, fspath
from pathlib import Path
from threading import Thread

MEDIA_TYPES = {".atom.xml": "application/atom+xml", ".rss.xml": "application/rss+xml"}


class _Handler(SimpleHTTPRequestHandler):
    timeout = 10

    def guess_type(self, path: str | PathLike[str]) -> str:
        for suffix, media_type in MEDIA_TYPES.items():
            if fspath(path).endswith(suffix):
                return media_type
        return super().guess_type(path)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Say nothing: what a test shows is what its readers say."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder at an address that ends with a slash."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join(10)
