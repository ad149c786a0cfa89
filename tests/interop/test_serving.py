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
from pathlib import Path

import pytest

from support import EXAMPLE, command
from support.needs import ROOT, program
from support.previews import previewed_folder

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


def nginx() -> str:
    """Find it also where a plain user's PATH does not lead."""
    return shutil.which("nginx", path="/usr/sbin") or program("nginx", "nginx-light")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, built; and documents of the other media types."""
    folder = tmp_path_factory.mktemp("city")
    shutil.copytree(EXAMPLE, folder / "site", ignore=shutil.ignore_patterns("public", ".topicfeeds"))
    assert command("build", cwd=folder / "site").code == 0
    for name in ("all.ics", "all.json", "feeds.opml", "index.html", ".topicfeeds.secret.json", "tags/.x.atom.xml"):
        (folder / "site/public" / name).write_bytes(b"a document\r\n" * 100)
    return folder / "site" / "public"


@pytest.fixture(scope="module")
def server(public: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of an nginx that serves the folder."""
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    given = (DEPLOYMENT / "nginx.conf").read_text("utf-8").replace("/opt/feeds/public/", f"{public}/")
    (folder / "feeds.conf").write_text(given, "utf-8")
    user = "user root;" if os.geteuid() == 0 else ""  # who alone may read the folders of these tests
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, user=user), "utf-8")
    process = subprocess.Popen([nginx(), "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.PIPE)
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


@pytest.fixture(scope="module")
def preview(public: Path) -> Iterator[int]:
    """The port of a preview that serves the folder."""
    with previewed_folder(public) as port:
        yield port


def get(port: int, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Ask the server."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
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
        ("feeds.opml", "text/x-opml; charset=utf-8"),
        ("index.html", "text/html; charset=utf-8"),
    ],
)
def test_every_format_has_its_media_type_also_compressed(server: int, public: Path, path: str, media_type: str) -> None:
    whole = (public / path).read_bytes()
    status, headers, body = get(server, f"/feeds/{path}")
    assert (status, headers["content-type"], body) == (200, media_type, whole)
    assert headers["access-control-allow-origin"] == "*"
    status, headers, body = get(server, f"/feeds/{path}", Accept_Encoding="gzip")
    assert (status, headers["content-type"], headers["content-encoding"]) == (200, media_type, "gzip")
    assert gzip.decompress(body) == whole


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


TAG, DATE, OLD = "the tag", "the date", "Thu, 01 Jan 2026 00:00:00 GMT"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize(
    ("conditions", "status"),
    [
        ({}, 200),
        ({"If-None-Match": TAG}, 304),
        ({"If-None-Match": f'"other", {TAG}'}, 304),
        ({"If-None-Match": f"W/{TAG}"}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"other"'}, 200),
        ({"If-Modified-Since": DATE}, 304),
        ({"If-Modified-Since": OLD}, 200),
        ({"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}, 200),
        ({"If-Modified-Since": "yesterday"}, 200),
        ({"If-None-Match": TAG, "If-Modified-Since": DATE}, 304),
        ({"If-None-Match": TAG, "If-Modified-Since": OLD}, 200),
        ({"If-None-Match": '"other"', "If-Modified-Since": DATE}, 200),
    ],
)
def test_the_preview_answers_as_nginx_does(
    server: int, preview: int, method: str, encoding: str, conditions: dict[str, str], status: int
) -> None:
    answers = []
    for port, path in ((server, "/feeds/all.atom.xml"), (preview, "/all.atom.xml")):
        _, known, _ = get(port, path)
        own = {"Accept-Encoding": encoding}
        for name, value in conditions.items():
            own[name] = value.replace(TAG, known["etag"]).replace(DATE, known["last-modified"])
        code, headers, body = get(port, path, method=method, **own)
        shown = headers.get("etag", "")[:3] == 'W/"', headers.get("content-encoding"), headers["last-modified"]
        kind = headers["content-type"] if code == 200 else None
        answers.append((code, shown, kind, gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body))
    assert answers[0] == answers[1]
    assert answers[0][0] == status
    assert (answers[0][3] != b"") is (status == 200 and method == "GET")


@pytest.mark.parametrize(
    "path",
    [".topicfeeds.lock", ".topicfeeds.secret.json", "tags/.x.atom.xml", "%2etopicfeeds.lock", "nothing.atom.xml"],
)
def test_what_is_no_document_is_not_found(server: int, path: str) -> None:
    assert get(server, f"/feeds/{path}")[0] == 404


def test_a_folder_shows_its_index_or_nothing(server: int, public: Path) -> None:
    assert get(server, "/feeds/")[::2] == (200, (public / "index.html").read_bytes())
    assert get(server, "/feeds/tags/")[0] == 403


def scheduled(word: str, public: Path, backups: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the line of the crontab that has a word, as cron would, for a site in another place."""
    [line] = [line for line in (DEPLOYMENT / "crontab").read_text("utf-8").splitlines() if f" {word} " in line]
    when, _, run = line.partition("  ")
    assert len(when.split()) == 5
    run = run.replace("/opt/feeds/.venv/bin/topicfeeds", str(Path(sys.executable).parent / "topicfeeds"))
    run = run.replace("/opt/feeds/", f"{public.parent}/").replace("/var/backups/topicfeeds/", f"{backups}/")
    env = {"HOME": "/", "LOGNAME": "feeds", "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}
    return subprocess.run(["/bin/sh", "-c", run], env=env, cwd="/", capture_output=True, text=True, timeout=60)


def test_cron_publishes_and_mails_problems_when_they_are_new_and_when_they_are_solved(public: Path) -> None:
    (public / "all.rss.xml").unlink()
    for _ in range(2):
        done = scheduled("build", public)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (public / "all.rss.xml").exists()
    source = public.parent / "items" / "news.yaml"
    good = source.read_text("utf-8")
    source.write_text(f"{good}- {{id: x, title: X, published: 02-01-2026}}\n", "utf-8")
    done = scheduled("build", public)
    assert (done.returncode, done.stdout) == (1, "")
    assert [line.partition(":")[0] for line in done.stderr.splitlines()][:2] == ["River Cities", str(source)]
    done = scheduled("build", public)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
    source.write_text(good, "utf-8")
    done = scheduled("build", public)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("River Cities: all problems are solved. Everything is published ")


def test_cron_mails_when_no_run_ended_well_for_two_hours(public: Path) -> None:
    assert scheduled("build", public).returncode == 0
    fresh = scheduled("status", public)
    assert (fresh.returncode, fresh.stdout, fresh.stderr) == (0, "", "")
    past = time.time() - 7300
    os.utime(public / ".topicfeeds.lock", (past, past))
    stale = scheduled("status", public)
    assert (stale.returncode, stale.stdout) == (1, "")
    assert stale.stderr.startswith("The last success was more than 2 hours ago: ")


def test_cron_copies_a_state_that_a_later_run_can_use(public: Path, tmp_path: Path) -> None:
    program("flock", "util-linux")
    assert scheduled("build", public).returncode == 0
    before = (public / ".topicfeeds.lock").stat().st_mtime_ns
    done = scheduled("flock", public, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (public / ".topicfeeds.lock").stat().st_mtime_ns == before
    [copy] = (tmp_path / ".topicfeeds").glob("*.sqlite")
    assert command("build", "--state", copy, cwd=public.parent).out == ""
    assert "items         10, 0 refused" in command("status", "--state", copy, cwd=public.parent).out


def test_systemd_knows_every_line_of_the_units(tmp_path: Path) -> None:
    for name in ("topicfeeds.service", "topicfeeds.timer", "topicfeeds.service.d/database.conf"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        text = (DEPLOYMENT / path.name).read_text("utf-8")
        path.write_text(text.replace("/opt/feeds/.venv/bin/topicfeeds", sys.executable), "utf-8")
    units = [tmp_path / "topicfeeds.service", tmp_path / "topicfeeds.timer"]
    done = subprocess.run([program("systemd-analyze", "systemd"), "verify", *units], capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")


def test_systemd_finds_that_the_service_is_exposed_to_little() -> None:
    analyze, unit = program("systemd-analyze", "systemd"), DEPLOYMENT / "topicfeeds.service"
    done = subprocess.run(
        [analyze, "security", "--no-pager", "--offline=true", "--threshold=10", unit], capture_output=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b""), done.stdout.decode()
    folders = "ProtectSystem=strict\nReadWritePaths=/opt/feeds/public /opt/feeds/.topicfeeds\n"
    assert folders in unit.read_text("utf-8")


BUILD_AS = """
import os, sys
from topicfeeds.cli.main import main
other, site, user = sys.argv[1:]
sys.argv[1:] = ["build", "--quiet"]
os.chdir(other)
try: main()  # loads all modules, which the user may not be able to read
except SystemExit: pass
os.umask(0o002); os.chdir(site); os.setgroups([4321]); os.setgid(int(user)); os.setuid(int(user))
main()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run programs as two users")
def test_two_users_of_a_group_build_in_turn_after_the_commands_of_the_page(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    (share,) = re.findall(r"^```sh\n(chgrp -R editors .*?)^```$", page, re.MULTILINE | re.DOTALL)
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        folder.chmod(folder.stat().st_mode | 0o055)
    for name in ("site", "other"):
        shutil.copytree(EXAMPLE, tmp_path / name, ignore=shutil.ignore_patterns("public", ".topicfeeds"))
    for name, mode in (("public", 0o755), (".topicfeeds", 0o700)):  # as `setup.sh` makes them
        (tmp_path / "site" / name).mkdir(mode)
        os.chown(tmp_path / "site" / name, 12345, 12345)

    def build(user: int) -> subprocess.CompletedProcess[str]:
        for name in ("site", "other"):
            item = tmp_path / name / "items/news.yaml"
            item.write_text(item.read_text("utf-8").replace("title: ", f"title: {user} ", 1), "utf-8")
        line = [sys.executable, "-c", BUILD_AS, str(tmp_path / "other"), str(tmp_path / "site"), str(user)]
        return subprocess.run(line, capture_output=True, text=True, timeout=120)

    assert build(12345).returncode == 0
    assert build(23456).returncode == 74  # not shared yet
    script = share.replace("/opt/feeds", str(tmp_path / "site")).replace("editors", "4321")
    subprocess.run(["bash", "-euc", script], check=True)
    for user in (23456, 12345, 23456):
        done = build(user)
        assert (done.returncode, done.stderr) == (0, "")
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "site/.topicfeeds").iterdir()}
    assert set(modes.values()) == {0o660}, modes


def test_the_page_shows_the_files_as_they_are() -> None:
    page = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    shown = re.findall(r"^```\w+\n# examples/deployment/(\S+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert dict(shown) == {path.name: path.read_text("utf-8") for path in DEPLOYMENT.iterdir()}
