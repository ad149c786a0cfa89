"""WebSub: `ping` announces what changed to a hub; no hub loses an announcement, or holds anything up."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from lxml import etree

from support import Run, article, command, site
from support.hubs import (
    ATOM,
    Answer,
    answer_bytes,
    answer_status,
    die_after,
    drip,
    failing_hub,
    running_hub,
    running_subscriber,
)
from support.needs import program
from support.serving_folder import serving
from topicfeeds import Site, feed, render
from topicfeeds.config import load_site
from topicfeeds.errors import ConfigError
from topicfeeds.models.site import Hub as HubSettings
from topicfeeds.state.paths import default_paths
from topicfeeds.websub import Announcement, announce

HUB = "https://hub.example.org/?a=1&b=2"
SITE = """\
title = "City"
url = "https://www.example.org/"
feeds_url = "{feeds}"
hub = {hub}
[feeds]
formats = ["atom", "rss", "json", "ics"]
[[sources]]
path = "items.yaml"
"""
ITEMS = """\
- {id: a, title: Homes, published: 2026-03-01, tags: [land]}
- {id: b, title: Boats, published: 2026-03-02, tags: [sea]}
- {id: c, title: Fair, published: 2026-03-02, start: 2026-05-09}
"""
FEEDS = "https://www.example.org/feeds/"


def private(url: str) -> str:
    return f'{{ url = "{url}", private = true }}'


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a site that was built."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "items.yaml").write_text(ITEMS, "utf-8")
    configure(folder, f'"{HUB}"')
    assert command("build", "--quiet", cwd=folder).code == 0
    return folder


@pytest.fixture
def city(built: Path, tmp_path: Path) -> Path:
    """A copy of the built site. What `ping` announces does not depend on the address of the hub."""
    return shutil.copytree(built, tmp_path / "city")


def configure(city: Path, hub: str, feeds: str = FEEDS) -> None:
    (city / "topicfeeds.toml").write_text(SITE.format(hub=hub, feeds=feeds), "utf-8")


def announced_to(city: Path, hub: str, seconds: float = 30) -> Announcement:
    """Announce as `ping` does."""
    configure(city, hub)
    paths = default_paths(str(city / "topicfeeds.toml"))
    return announce(load_site(paths.site), paths, seconds)


def ping(city: Path, *options: str) -> Run:
    return command("ping", *options, cwd=city)


def edit(city: Path, old: str, new: str) -> None:
    path = city / "items.yaml"
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    assert command("build", "--quiet", cwd=city).code == 0


def announced(bodies: list[str]) -> list[str]:
    fields = [parse_qs(body) for body in bodies]
    assert all(one["hub.mode"] == ["publish"] for one in fields)
    return [one["hub.url"][0].removeprefix(FEEDS) for one in fields]


EVERYTHING = [f"{name}.{form}" for name in ("all", "tags/land", "tags/sea") for form in ("atom.xml", "json", "rss.xml")]

# --- formats ------------------------------------------------------------------------------------


def test_every_format_names_the_hub_and_its_own_address_once() -> None:
    one = feed(site(hub=HUB), [article()], "all", now=None)  # type: ignore[arg-type]
    for name in ("atom", "rss"):
        links = [
            (link.get("rel"), link.get("href")) for link in etree.fromstring(render(one, name)).iter(f"{ATOM}link")
        ]
        assert links.count(("hub", HUB)) == 1
        assert [href for rel, href in links if rel == "self"] == [one.url(name)]
    found = json.loads(render(one, "json"))
    assert (found["hubs"], found["feed_url"]) == ([{"type": "WebSub", "url": HUB}], one.url("json"))


def test_without_a_hub_no_format_has_a_word_of_it() -> None:
    one = feed(site(), [article()], "all", now=None)  # type: ignore[arg-type]
    assert [name for name in ("atom", "rss", "json") if b"hub" in render(one, name)] == []


@pytest.mark.parametrize(
    ("hub", "message"),
    [
        ('"http://hub.example.org/"', '"http://hub.example.org/" is not a secure address (start it with https://'),
        ('{ url = "http://hub.example.org/" }', '"http://hub.example.org/" is not a secure address'),
        ('"hub"', '"hub" is not a web address'),
        ("3", "hub: "),
        ("{ private = true }", "is missing"),
        ('{ url = "https://hub.example.org/", private = "yes" }', '"yes" is not true or false'),
    ],
)
def test_a_wrong_hub_is_an_error_in_the_site_file(city: Path, hub: str, message: str) -> None:
    configure(city, hub)
    with pytest.raises(ConfigError) as found:
        load_site(city / "topicfeeds.toml")
    assert re.match(r"topicfeeds\.toml:4: hub(\.\w+)?: ", str(found.value))
    assert message in str(found.value)


def test_a_hub_can_be_given_in_python() -> None:
    given = [site(hub=HUB), site(hub={"url": HUB}), site(hub=HubSettings(url=HUB))]
    assert [one.hub_settings for one in given] == [HubSettings(url=HUB)] * 3
    assert Site.model_validate_json(given[2].model_dump_json()).hub_settings == HubSettings(url=HUB)


# --- a hub that works ---------------------------------------------------------------------------


def test_a_subscriber_gets_a_changed_feed_with_the_signature_of_the_hub(city: Path) -> None:
    with running_hub() as hub, running_subscriber() as subscriber, serving(city / "public") as feeds:
        configure(city, private(hub.url), feeds)
        assert command("build", "--quiet", cwd=city).code == 0
        assert ping(city).out == "".join(f"{feeds}{path}\n" for path in sorted(EVERYTHING))
        for path in ("all.atom.xml", "tags/sea.rss.xml"):
            subscriber.follow(feeds + path)
        assert subscriber.delivered == []
        edit(city, "Homes", "New homes")
        assert ping(city).code == 0
        [got] = subscriber.delivered
        assert (got.media_type, got.content) == ("application/atom+xml", (city / "public/all.atom.xml").read_bytes())
        edit(city, "Boats", "New boats")
        assert ping(city).code == 0
        assert [one.media_type for one in subscriber.delivered] == [
            "application/atom+xml",
            "application/atom+xml",
            "application/rss+xml",
        ]
        assert subscriber.forged == 0


def test_only_changes_since_the_last_accepted_announcement_are_announced(city: Path) -> None:
    with failing_hub(answer_status(204)) as (url, bodies):
        configure(city, private(url))
        assert ping(city).code == 0
        assert announced(bodies) == sorted(EVERYTHING)
        bodies.clear()
        done = ping(city)
        assert (done.code, done.out, done.err, bodies) == (0, "", "", [])
        edit(city, "Homes", "New homes")
        edit(city, "Boats", "New boats")
        assert ping(city, "--quiet").out == ""
        assert announced(bodies) == sorted(EVERYTHING)
        bodies.clear()
        edit(city, "tags: [sea]", "tags: [lake]")
        ping(city)
        assert {path.partition(".")[0] for path in announced(bodies)} == {"all", "tags/sea", "tags/lake"}


def test_another_hub_gets_everything(city: Path) -> None:
    with failing_hub(answer_status(202)) as (first, _), failing_hub(answer_status(202)) as (second, bodies):
        announced_to(city, private(first))
        announced_to(city, private(second))
    assert announced(bodies) == sorted(EVERYTHING)


def test_a_document_that_is_not_on_the_disk_as_it_was_built_waits(city: Path) -> None:
    with failing_hub(answer_status(202)) as (url, bodies):
        configure(city, private(url))
        assert command("build", "--quiet", cwd=city).code == 0
        (city / "public/all.atom.xml").unlink()
        announced_to(city, private(url))
        assert "all.atom.xml" not in announced(bodies)
        bodies.clear()
        assert command("build", "--quiet", cwd=city).code == 0
        announced_to(city, private(url))
        assert announced(bodies) == ["all.atom.xml"]


def test_a_hub_is_asked_over_tls_with_a_certificate_that_fits(city: Path) -> None:
    import ssl

    program("openssl")
    make = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 2 -subj /CN=localhost -addext"
    subprocess.run([*make.split(), "subjectAltName=DNS:localhost"], cwd=city, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(city / "cert", city / "key")
    with failing_hub(answer_status(202), context) as (url, bodies):
        made = announced_to(city, private(url.replace("127.0.0.1", "localhost")))
        assert (made.accepted, bodies) == ([], [])
        assert made.problem.startswith("has no valid certificate: ")
        done = command("ping", "--strict", cwd=city, env={"SSL_CERT_FILE": str(city / "cert")})
        assert (done.code, done.err) == (0, "")
        assert announced(bodies) == sorted(EVERYTHING)


# --- hubs that fail -----------------------------------------------------------------------------

FAILING: dict[str, tuple[Answer, str, int]] = {
    "busy": (answer_status(503), 'answered "503 Service Unavailable"', 1),
    "too many": (answer_status(429), 'answered "429 Too Many Requests"', 1),
    "refusing": (answer_status(403), f'answered "403 Forbidden" to {FEEDS}tags/sea.rss.xml', 9),
    "redirecting": (answer_status(307, Location="http://127.0.0.2/x"), 'redirects to "http://127.0.0.2/x" (if', 1),
    "killed": (die_after(0), "closed the connection without an answer", 1),
    "killed in between": (die_after(4), "closed the connection without an answer", 5),
    "no HTTP": (answer_bytes(b"hello\r\n\r\n"), "did not send a valid HTTP response", 1),
    "no status": (answer_bytes(b"HTTP/1.1 ok fine\r\n\r\n"), "did not send a valid HTTP response", 1),
    "endless header": (answer_bytes(b"HTTP/1.1 202 " + b"A" * 70_000), "did not send a valid HTTP response", 1),
    "terminal": (answer_status(500, X="y"), 'answered "500 ', 1),
    "slow": (drip, "did not answer all announcements within 0.5 seconds", 1),
    "silent": (lambda _request, _number: time.sleep(3), "did not answer all announcements within 0.5 seconds", 1),
}


@pytest.mark.parametrize("kind", FAILING)
def test_a_failing_hub_loses_nothing(city: Path, kind: str) -> None:
    answer, problem, requests = FAILING[kind]
    with failing_hub(answer) as (url, bodies):
        made = announced_to(city, private(url), 0.5 if problem.endswith("seconds") else 30)
    assert made.problem.startswith(problem)
    assert len(made.accepted) == (4 if kind == "killed in between" else 0)
    assert len(bodies) == requests
    with failing_hub(answer_status(202), port=int(url.rstrip("/").rpartition(":")[2])) as (again, later):
        assert again == url
        assert announced_to(city, private(url)).problem == ""
    accepted = [one.removeprefix(FEEDS) for one in made.accepted]
    assert sorted([*accepted, *announced(later)]) == sorted(EVERYTHING)


def test_a_failure_is_a_warning_or_an_exit_code_or_no_word(city: Path) -> None:
    configure(city, private("http://127.0.0.1:9/"))
    said = "hub: cannot be reached: Connection refused; 9 announcements not accepted (the next ping repeats them)\n"
    done = ping(city)
    assert (done.code, done.out, done.err) == (0, "", f"topicfeeds.toml: warning: {said}")
    done = ping(city, "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")
    done = ping(city, "--quiet", "--strict")
    assert (done.code, done.out, done.err) == (69, "", f"topicfeeds.toml: {said}")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::ffff:127.0.0.1]"])
def test_nothing_is_sent_to_a_private_address_unless_the_hub_is_private(city: Path, host: str) -> None:
    with failing_hub(answer_status(202)) as (url, bodies):
        made = announced_to(city, f'"{url.replace("http:", "https:").replace("127.0.0.1", host)}"')
    assert (made.accepted, bodies) == ([], [])
    assert made.problem.startswith("has the private address ")


def test_a_hub_that_does_not_answer_holds_up_no_build_and_a_build_no_ping(city: Path) -> None:
    with failing_hub(lambda _request, _number: time.sleep(4)) as (url, bodies):
        configure(city, private(url))
        waiting = subprocess.Popen(
            [sys.executable, "-m", "topicfeeds", "ping", "--timeout", "3"],
            cwd=city,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        end = time.monotonic() + 20
        while not bodies:
            assert time.monotonic() < end
            time.sleep(0.05)
        edit(city, "Homes", "New homes")
        assert waiting.poll() is None
        waiting.communicate(timeout=30)
    lock = (city / "public/.topicfeeds.lock").open()
    import fcntl

    with lock, failing_hub(answer_status(202), port=int(url.rstrip("/").rpartition(":")[2])) as (_, later):
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert ping(city).code == 0
    assert announced(later) == sorted(EVERYTHING)


def test_a_ping_without_hub_or_feeds_says_what_to_do(city: Path) -> None:
    shutil.rmtree(city / ".topicfeeds")
    done = ping(city)
    assert (done.code, done.out) == (2, "")
    assert done.err.endswith("does not exist, or you cannot read it (run topicfeeds build first)\n")
    text = SITE.replace("hub = {hub}\n", "")
    (city / "topicfeeds.toml").write_text(text.format(feeds=FEEDS), "utf-8")
    done = ping(city)
    assert (done.code, done.out) == (2, "")
    assert done.err == 'topicfeeds.toml: has no hub (to announce feeds, add hub = "https://..." at the top)\n'


def test_a_foreign_or_damaged_list_means_that_everything_is_announced(city: Path) -> None:
    with failing_hub(answer_status(202)) as (url, bodies):
        [memory] = (city / ".topicfeeds").glob("*.sqlite")
        path = Path(f"{memory}.announced")
        path.write_bytes(b"\xff\xfe notes of somebody")
        for _ in range(2):
            announced_to(city, private(url))
        assert announced(bodies) == sorted(EVERYTHING) * 2
        assert path.read_bytes() == b"\xff\xfe notes of somebody"
        path.unlink()
        announced_to(city, private(url))
        bodies.clear()
        assert (announced_to(city, private(url)).addresses, bodies) == ([], [])
        assert path.stat().st_mode & 0o777 == 0o600
