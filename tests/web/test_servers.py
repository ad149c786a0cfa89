"""The applications of the documentation, and the ASGI and WSGI applications, as real servers with real requests."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.needs import ROOT

PROJECTS = Path(__file__).parent / "projects"
SNIPPET = re.compile(r"^```python\n# ([\w/]+\.py)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SERVERS = {
    "django": ["manage.py"],
    "flask": ["start.py"],
    "fastapi": ["-m", "uvicorn", "start:app", "--log-level", "error", "--port"],
    "asgi": ["-m", "uvicorn", "start:application", "--log-level", "error", "--port"],
    "wsgi": ["start.py"],
}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Server:
    name: str
    port: int

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, headers={name.replace("_", "-"): text for name, text in headers.items()})
            found = connection.getresponse()
            return Answer(found.status, {k.lower(): v for k, v in found.getheaders()}, found.read().decode())
        finally:
            connection.close()


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder, name = tmp_path_factory.mktemp(request.param), request.param
    page = ROOT / "docs" / f"{name}.md"
    files = dict(SNIPPET.findall(page.read_text("utf-8"))) if page.exists() else {}
    for path in (PROJECTS / name).iterdir():
        files[path.name] = path.read_text("utf-8")
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen([sys.executable, *SERVERS[name], str(port)], cwd=folder, env=environment)
    try:
        _wait(port, process)
        yield Server(name, port)
    finally:
        process.terminate()
        process.wait(30)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert process.poll() is None
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the server does not start")


def test_a_feed_has_its_type_and_the_address_at_which_it_is_served(server: Server) -> None:
    atom, rss = server.ask("/feeds/all.atom.xml"), server.ask("/feeds/all.rss.xml")
    assert (atom.status, atom.headers["content-type"]) == (200, "application/atom+xml; charset=utf-8")
    assert (rss.status, rss.headers["content-type"]) == (200, "application/rss+xml; charset=utf-8")
    assert atom.body.count("<entry>") == rss.body.count("<item>") == 50
    assert '<link href="https://www.example.org/feeds/all.atom.xml" rel="self"' in atom.body
    assert '<link href="https://www.example.org/posts/' in atom.body


def test_a_feed_of_one_topic_or_tag_has_only_its_items(server: Server) -> None:
    folder = "tags" if server.name in ("flask", "asgi", "wsgi") else "topics"
    made = server.ask(f"/feeds/{folder}/housing.atom.xml")
    assert made.status == 200
    terms = re.findall(f'<category term="([^"]+)" scheme="https://www.example.org/feeds/{folder}/"', made.body)
    assert terms.count("housing") == made.body.count("<entry>") > 10


def test_an_unchanged_feed_is_not_sent_again(server: Server) -> None:
    first = server.ask("/feeds/all.atom.xml")
    for condition in ({"If_None_Match": first.headers["etag"]}, {"If_Modified_Since": first.headers["last-modified"]}):
        again = server.ask("/feeds/all.atom.xml", **condition)
        assert (again.status, again.body, again.headers["etag"]) == (304, "", first.headers["etag"])
        assert not {"content-type", "last-modified"} & again.headers.keys()  # a cache would store them
    assert server.ask("/feeds/all.atom.xml", If_None_Match='"other"').status == 200


def test_head_has_the_headers_of_get_and_no_body(server: Server) -> None:
    got, head = server.ask("/feeds/all.rss.xml"), server.ask("/feeds/all.rss.xml", "HEAD")
    names = ("content-type", "content-length", "etag", "last-modified", "cache-control")
    assert (head.status, head.body) == (200, "")
    assert [head.headers[name] for name in names] == [got.headers[name] for name in names]


def test_what_the_site_does_not_have_is_not_found_and_other_methods_are_not_allowed(server: Server) -> None:
    assert [server.ask(f"/feeds/{path}").status for path in ("none", "tags/none.atom.xml", "all.txt")] == [404] * 3
    made = server.ask("/feeds/all.atom.xml", "POST")
    assert made.status == 405
    assert {"GET", "HEAD"} <= set(re.findall(r"\w+", made.headers["allow"])) <= {"GET", "HEAD", "OPTIONS"}


def test_a_mix_has_one_address_and_refuses_unknown_parameters(server: Server) -> None:
    name = "tag" if server.name in ("flask", "asgi", "wsgi") else "topic"
    moved = server.ask(f"/feeds/mix.atom.xml?{name}=work&{name}=housing&match=any")
    assert (moved.status, moved.headers["location"]) == (301, f"mix.atom.xml?{name}=housing&{name}=work")
    made = server.ask(f"/feeds/{moved.headers['location']}")
    assert (made.status, made.body.count("<entry>")) == (200, 50)
    assert f"feed/mix?{name}=housing&amp;{name}=work</id>" in made.body
    assert server.ask("/feeds/mix.atom.xml?size=1").status == 400
    assert server.ask("/feeds/mix.atom.xml?tag=" + "&tag=".join(map(str, range(17)))).status == 400


def test_people_see_pages_on_which_they_subscribe(server: Server) -> None:
    made = server.ask("/feeds/")
    assert (made.status, made.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "housing.html" in made.body
    assert server.ask("/feeds/feeds.opml").headers["content-type"] == "text/x-opml; charset=utf-8"


def test_events_are_in_feeds_and_calendars(server: Server) -> None:
    if server.name == "flask":
        assert server.ask("/feeds/all.ics").status == 404  # the site of this page has no calendars
        return
    calendar = server.ask("/feeds/all.ics")
    assert (calendar.status, calendar.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert calendar.body.count("BEGIN:VEVENT") == 3
    feed = server.ask("/feeds/all.atom.xml")
    [one, *_] = re.findall(r'"https://www.example.org(/feeds/events/[0-9a-f]{16}\.ics)"', feed.body)
    assert server.ask(one).body.count("BEGIN:VEVENT") == 1


def test_a_change_of_an_event_has_a_notice(server: Server) -> None:
    if server.name not in ("asgi", "wsgi"):
        pytest.skip("the application of this page has no state")
    assert re.search("<title>Moved[^<]*Event 1<", server.ask("/feeds/all.atom.xml").body)
