"""The published folder on a web server, with the configuration that the documentation has."""

from __future__ import annotations

import gzip
import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest

from needs import ROOT, program
from support import EXAMPLE, command

DEPLOYMENT = ROOT / "examples" / "deployment"
NGINX = """\
daemon off;
{user}
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        include {folder}/feeds.conf;
    }}
}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, built; and a calendar, whose media type counts too."""
    folder = tmp_path_factory.mktemp("city")
    shutil.copytree(EXAMPLE, folder / "site", ignore=shutil.ignore_patterns("public", ".topicfeeds"))
    assert command("build", cwd=folder / "site").code == 0
    (folder / "site/public/all.ics").write_bytes(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n" * 50)
    (folder / "site/public/all.json").write_bytes(b"{}" * 500)
    return folder / "site" / "public"


@pytest.fixture(scope="module")
def server(public: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of an nginx that serves the folder."""
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    given = (DEPLOYMENT / "nginx.conf").read_text("utf-8").replace("/opt/feeds/public/", f"{public}/")
    (folder / "feeds.conf").write_text(given, "utf-8")
    user = "user root;" if os.geteuid() == 0 else ""  # who alone may read the folders of these tests
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, user=user), "utf-8")
    process = subprocess.Popen([program("nginx"), "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.PIPE)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, process.communicate()[1].decode()
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)
        if process.stderr:
            process.stderr.close()


def get(port: int, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Ask the server."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("all.atom.xml", "application/atom+xml; charset=utf-8"),
        ("topics/housing.rss.xml", "application/rss+xml; charset=utf-8"),
        ("all.json", "application/feed+json"),
        ("all.ics", "text/calendar; charset=utf-8"),
    ],
)
def test_every_format_has_its_media_type(server: int, public: Path, path: str, media_type: str) -> None:
    status, headers, body = get(server, f"/feeds/{path}")
    assert (status, headers["content-type"], body) == (200, media_type, (public / path).read_bytes())
    assert headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_a_reader_that_has_the_feed_is_told_so(server: int, public: Path, encoding: str) -> None:
    accepted = {"Accept_Encoding": encoding} if encoding else {}
    _, headers, body = get(server, "/feeds/all.atom.xml", **accepted)
    whole = (public / "all.atom.xml").read_bytes()
    assert (gzip.decompress(body) if encoding else body) == whole
    assert headers.get("content-encoding", "") == encoding
    assert len(body) < len(whole) or not encoding
    assert "accept-encoding" in headers["vary"].lower()
    tag, date = headers["etag"], headers["last-modified"]
    for condition in ({"If_None_Match": tag}, {"If_Modified_Since": date}):
        status, _, body = get(server, "/feeds/all.atom.xml", **accepted, **condition)
        assert (status, body) == (304, b"")


def test_a_reader_that_has_an_old_feed_gets_the_new_one(server: int, public: Path) -> None:
    _, headers, _ = get(server, "/feeds/tags/land.atom.xml")
    site = public.parent
    for path in site.rglob("*.yaml"):
        path.write_text(path.read_text("utf-8").replace("land bank", "Land Bank"), "utf-8")
    assert "tags/land.atom.xml\n" in command("build", cwd=site).out
    conditions = {"If_None_Match": headers["etag"], "If_Modified_Since": headers["last-modified"]}
    status, after, body = get(server, "/feeds/tags/land.atom.xml", **conditions)
    assert (status, body) == (200, (public / "tags/land.atom.xml").read_bytes())
    assert after["last-modified"] != headers["last-modified"]


@pytest.mark.parametrize("path", [".topicfeeds.lock", "tags/.x.topicfeeds-tmp", "", "nothing.atom.xml", "tags/"])
def test_what_is_no_document_is_not_served(server: int, path: str) -> None:
    assert get(server, f"/feeds/{path}")[0] in (403, 404)


def test_the_line_of_the_crontab_runs_as_cron_runs_it(public: Path) -> None:
    page = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    [line] = re.findall(r"^    \*/5 \* \* \* \*  (.+)$", page, re.MULTILINE)
    line = line.replace("/opt/feeds/.venv/bin/topicfeeds", str(Path(sys.executable).parent / "topicfeeds"))
    line = line.replace("/opt/feeds/", f"{public.parent}/")
    (public / "all.rss.xml").unlink()
    for _ in range(2):
        done = subprocess.run(
            ["/bin/sh", "-c", line],
            env={"HOME": "/", "PATH": "/usr/bin:/bin"},
            cwd="/",
            capture_output=True,
            timeout=60,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert (public / "all.rss.xml").exists()


def test_the_service_runs_what_the_crontab_does_and_may_write_nowhere_else() -> None:
    units = ConfigParser(strict=False, interpolation=None)
    units.optionxform = str  # type: ignore[method-assign, assignment]
    units.read([DEPLOYMENT / "topicfeeds.service", DEPLOYMENT / "topicfeeds.timer"], "utf-8")
    service = units["Service"]
    assert service["ExecStart"].startswith("/opt/feeds/.venv/bin/topicfeeds build --site /opt/feeds/topicfeeds.toml")
    assert service["ProtectSystem"] == "strict"
    assert service["ReadWritePaths"] == "/opt/feeds/public /opt/feeds/.topicfeeds"
    assert units["Timer"]["OnCalendar"] == "*:0/5"


def test_the_page_shows_the_files_as_they_are() -> None:
    page = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    for path in DEPLOYMENT.iterdir():
        assert f"(../examples/deployment/{path.name})" in page
