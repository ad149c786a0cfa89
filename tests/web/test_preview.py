"""`topicfeeds serve`: a preview in a browser that leaves feeds and state alone, and follows edits."""

from __future__ import annotations

import http.client
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from support import command, snapshot
from support.previews import previewed_folder, running_preview
from topicfeeds.registry import FEED_FORMATS


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """The site file of the example site that `init` makes, with an event that has no date of publication."""
    assert command("init", "city", cwd=tmp_path).code == 0
    events = "- {id: fair, title: Fair, start: 2026-05-09, tags: [fair]}\n"
    (tmp_path / "city/items/events.yaml").write_text(events, "utf-8")
    return tmp_path / "city" / "topicfeeds.toml"


def page(address: str) -> str:
    with urlopen(address, timeout=10) as answer:
        return str(answer.read().decode())


def wait_for(address: str, text: str) -> None:
    """Wait until a page has a text, as somebody who reloads it."""
    end = time.monotonic() + 30
    while text not in page(address):
        assert time.monotonic() < end, f"{text} never appeared"
        time.sleep(0.1)


def test_the_printed_address_shows_the_site_and_edits_appear(city: Path) -> None:
    with running_preview(city) as (address, process):
        assert "City Network" in page(address)
        assert urlsplit(address).hostname == "127.0.0.1"
        (city.parent / "items/more.yaml").write_text("- {id: x, title: Trams, published: 2026-03-01}\n", "utf-8")
        wait_for(f"{address}all.atom.xml", "Trams")
        site = city.read_text("utf-8")
        city.write_text(site + "x =\n", "utf-8")
        assert process.stderr
        lines = iter(process.stderr.readline, "")
        assert any(line.startswith(f"{city}:") and "is not valid TOML" in line for line in lines)
        assert "Trams" in page(f"{address}all.atom.xml")
        city.write_text(site.replace('title = "City Network"', 'title = "Town Network"'), "utf-8")
        wait_for(address, "Town Network")


def test_a_preview_changes_neither_feeds_nor_state_and_dates_no_event(city: Path) -> None:
    folder = city.parent
    with running_preview(city) as (address, _):
        assert "Fair" in page(f"{address}all.atom.xml")
    assert not (folder / "public").exists()
    assert not (folder / ".topicfeeds").exists()
    assert command("build", cwd=folder, env={"SOURCE_DATE_EPOCH": "1767225600"}).code == 0
    before = snapshot(folder)
    (folder / "items/events.yaml").write_text("- {id: fair, title: Late fair, start: 2026-05-09}\n", "utf-8")
    before |= {"items/events.yaml": snapshot(folder)["items/events.yaml"]}
    with running_preview(city) as (address, _):
        feed = page(f"{address}all.atom.xml")
    assert "<published>2026-01-01T01:00:00+01:00</published>" in feed
    assert "Late fair" in feed
    assert snapshot(folder) == before


def test_a_site_without_pages_has_the_address_of_its_first_feed(city: Path) -> None:
    city.write_text(city.read_text("utf-8").replace("[pages]", ""), "utf-8")
    with running_preview(city) as (address, _):
        assert address.endswith("/all.atom.xml")
        assert "Fair" in page(address)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_preview_ends_on_a_signal_and_leaves_nothing(city: Path, number: int, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(tmp_path))
        with running_preview(city) as (_, process):
            assert list(tmp_path.glob("topicfeeds-*/public/index.html"))
            process.send_signal(number)
            _, err = process.communicate(timeout=30)
    assert (process.returncode, "Traceback" in err) == (128 + number, False)
    assert not list(tmp_path.glob("topicfeeds-*/public"))


def test_a_port_in_use_and_a_broken_site_end_with_one_line(city: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = command("serve", "--port", str(port), cwd=city.parent)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[-1] == (f"port {port} cannot be used: Address already in use (choose another port)")
    city.write_text("title = 1\n", "utf-8")
    done = command("serve", "--port", "0", cwd=city.parent)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("topicfeeds.toml:1: title: ")


def test_a_missing_library_is_named(city: Path) -> None:
    code = "import sys; sys.modules['watchfiles'] = None; sys.argv[0] = 'topicfeeds'; import runpy; "
    code += "runpy.run_module('topicfeeds', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", code, "serve"], cwd=city.parent, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert done.stderr.startswith('topicfeeds serve needs the extra "serve"')
    assert "Traceback" not in done.stderr


def ask(port: int, path: str, method: str = "GET", host: str = "127.0.0.1") -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers={"Host": host})
        answer = connection.getresponse()
        answer.read()
        return answer
    finally:
        connection.close()


def test_only_documents_are_served_and_only_under_the_names_of_this_machine(tmp_path: Path) -> None:
    public = tmp_path / "public"
    (public / "topics").mkdir(parents=True)
    (tmp_path / "secret.html").write_text("secret")
    for name in ("index.html", ".topicfeeds.lock", "topics/.a.html"):
        (public / name).write_text("a page")
    (public / "link.html").symlink_to(tmp_path / "secret.html")
    (public / "folder").symlink_to(tmp_path)
    with previewed_folder(public) as port:
        paths = ["/../secret.html", "/%2e%2e/secret.html", "/..%2fsecret.html", "//etc/passwd", "/link.html"]
        paths += ["/folder/secret.html", "/.topicfeeds.lock", "/%2etopicfeeds.lock", "/topics/.a.html", "/topics/"]
        paths += ["/none.html", "/%00", "/" + "a" * 300]
        assert {path: ask(port, path).status for path in paths} == dict.fromkeys(paths, 404)
        assert [ask(port, "/", host=host).status for host in ("localhost", "evil.example")] == [200, 400]
        assert [ask(port, "/", method).status for method in ("HEAD", "POST")] == [200, 405]


def test_every_document_has_its_media_type(tmp_path: Path) -> None:
    types = {f"a{form.suffix}": form.media_type for form in FEED_FORMATS.values()}
    types |= {"feeds.opml": "text/x-opml", "index.html": "text/html", "feed.css": "text/css"}
    for name in types:
        (tmp_path / name).write_text("x")
    with previewed_folder(tmp_path) as port:
        found = {name: ask(port, f"/{name}").getheader("content-type") for name in types}
    charsets = {name: "" if "json" in one else "; charset=utf-8" for name, one in types.items()}
    assert found == {name: one + charsets[name] for name, one in types.items()}


def test_a_replaced_document_has_new_validators_and_its_own_bytes(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("old")
    with previewed_folder(tmp_path) as port:
        before = ask(port, "/").getheader("etag")
        (tmp_path / "new").write_text("new")
        shutil.move(tmp_path / "new", tmp_path / "index.html")
        assert ask(port, "/").getheader("etag") != before
        assert page(f"http://127.0.0.1:{port}/") == "new"
        with pytest.raises(HTTPError, match="404"):
            page(f"http://127.0.0.1:{port}/gone.html")
