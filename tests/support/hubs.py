"""A WebSub hub and a subscriber on the loopback interface (https://www.w3.org/TR/websub/), and hubs that fail."""

from __future__ import annotations

import hashlib
import hmac
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, urlopen

from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"


class _Quiet(BaseHTTPRequestHandler):
    timeout = 10

    def answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a hub that never answers may still sleep

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that end a connection are what the tests are about."""


@contextmanager
def listening(
    handler: type[BaseHTTPRequestHandler], port: int = 0, context: ssl.SSLContext | None = None
) -> Iterator[ThreadingHTTPServer]:
    with _Server(("127.0.0.1", port), handler) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(10)


def address_of(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_port}/"


class Hub:
    """It verifies subscriptions, fetches what a publisher announces, and signs what it sends (sections 5 to 7)."""

    def __init__(self) -> None:
        self.url = ""
        self.announced: list[str] = []
        self.subscribers: dict[str, list[tuple[str, str]]] = {}

    def subscribe(self, topic: str, callback: str, secret: str) -> int:
        asked = urlencode({"hub.mode": "subscribe", "hub.topic": topic, "hub.challenge": "c0ffee"})
        with urlopen(f"{callback}?{asked}", timeout=10) as answer:
            if answer.read() != b"c0ffee":
                return 404
        self.subscribers.setdefault(topic, []).append((callback, secret))
        return 202

    def publish(self, topic: str) -> int:
        self.announced.append(topic)
        for callback, secret in self.subscribers.get(topic, []):
            with urlopen(topic, timeout=10) as answer:
                content, media_type = answer.read(), answer.headers["Content-Type"]
            signature = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
            headers = {
                "Content-Type": media_type,
                "Link": f'<{self.url}>; rel="hub", <{topic}>; rel="self"',
                "X-Hub-Signature": f"sha256={signature}",
            }
            with urlopen(Request(callback, content, headers), timeout=10):
                pass
        return 202


@contextmanager
def running_hub() -> Iterator[Hub]:
    hub = Hub()

    class Handler(_Quiet):
        def do_POST(self) -> None:
            fields = {name: values[0] for name, values in parse_qs(self.body().decode()).items()}
            if self.headers["Content-Type"] != "application/x-www-form-urlencoded":
                self.answer(415)
            elif fields["hub.mode"] == "publish":
                self.answer(hub.publish(fields["hub.url"]))
            else:
                self.answer(hub.subscribe(fields["hub.topic"], fields["hub.callback"], fields["hub.secret"]))

    with listening(Handler) as server:
        hub.url = address_of(server)
        yield hub


class Delivery(NamedTuple):
    """What a subscriber got, with a signature that only the hub can have made."""

    media_type: str
    content: bytes


class Subscriber:
    """It finds the hub in a feed, subscribes, and takes what has the right signature."""

    secret = "only hub and subscriber know this"

    def __init__(self) -> None:
        self.callback = ""
        self.topics: list[str] = []
        self.delivered: list[Delivery] = []
        self.forged = 0

    def follow(self, url: str) -> None:
        with urlopen(url, timeout=10) as answer:
            links = {one.get("rel"): one.get("href", "") for one in etree.fromstring(answer.read()).iter(f"{ATOM}link")}
        self.topics.append(links["self"])
        fields = {"hub.mode": "subscribe", "hub.topic": links["self"], "hub.callback": self.callback}
        body = urlencode({**fields, "hub.secret": self.secret}).encode()
        with urlopen(links["hub"], body, timeout=10) as answer:
            assert answer.status == 202

    def take(self, content: bytes, signature: str | None, media_type: str) -> None:
        own = "sha256=" + hmac.new(self.secret.encode(), content, hashlib.sha256).hexdigest()
        if hmac.compare_digest(own, signature or ""):
            self.delivered.append(Delivery(media_type, content))
        else:
            self.forged += 1


@contextmanager
def running_subscriber() -> Iterator[Subscriber]:
    subscriber = Subscriber()

    class Handler(_Quiet):
        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            known = asked["hub.topic"][0] in subscriber.topics
            self.answer(200 if known else 404, asked["hub.challenge"][0].encode() if known else b"")

        def do_POST(self) -> None:
            subscriber.take(self.body(), self.headers["X-Hub-Signature"], self.headers["Content-Type"])
            self.answer(204)

    with listening(Handler) as server:
        subscriber.callback = address_of(server)
        yield subscriber


Answer = Callable[["_Quiet", int], None]
"""Answers a request; the number counts the requests from 1."""


@contextmanager
def failing_hub(
    answer: Answer, context: ssl.SSLContext | None = None, port: int = 0
) -> Iterator[tuple[str, list[str]]]:
    """Run a hub with an answer of its own; give its address and the bodies of all requests."""
    bodies: list[str] = []

    class Handler(_Quiet):
        def do_POST(self) -> None:
            bodies.append(self.body().decode())
            answer(self, len(bodies))

    with listening(Handler, port, context) as server:
        address = address_of(server)
        yield address.replace("http:", "https:") if context else address, bodies


def answer_status(status: int, **headers: str) -> Answer:
    def answer(request: _Quiet, _: int) -> None:
        request.send_response(status)
        for name, value in {**headers, "Content-Length": "0"}.items():
            request.send_header(name, value)
        request.end_headers()

    return answer


def die_after(accepted: int) -> Answer:
    """Accept a few announcements, then close the connection without an answer, as a killed hub does."""

    def answer(request: _Quiet, number: int) -> None:
        if number <= accepted:
            request.answer(202)

    return answer


def answer_bytes(content: bytes) -> Answer:
    def answer(request: _Quiet, _: int) -> None:
        request.wfile.write(content)

    return answer


def drip(request: _Quiet, _: int) -> None:
    """Send a header that never ends: each byte comes before the time limit of a single wait."""
    request.wfile.write(b"HTTP/1.1 202 ")
    try:
        while True:
            request.wfile.write(b"A")
            time.sleep(0.1)
    except OSError:
        pass
