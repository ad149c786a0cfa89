"""The application without a framework: addresses, types, conditional requests, and what it asks of its user."""

from __future__ import annotations

import asyncio
import base64
import gc
import hashlib
import logging
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import html5lib
import pytest

from support import EXAMPLE, article, folder_site, site
from support.web import CITY, FORMS, ITEMS, NOW, Caller
from topicfeeds import Site, State, build, publish, read, record
from topicfeeds.formats import event_path
from topicfeeds.models.site import FeedSettings, PageSettings
from topicfeeds.web import FeedApp, FeedTerms


@pytest.mark.parametrize("named", [CITY, folder_site(EXAMPLE)], ids=["city", "example"])
def test_every_document_has_the_bytes_and_the_type_of_the_published_file(named: Site) -> None:
    whole = named.model_copy(update={"feeds": FeedSettings(formats=FORMS), "pages": PageSettings()})
    items = ITEMS if named is CITY else list(read(whole, EXAMPLE))
    caller = Caller(whole, items, mix=False)  # with mixes, the index also has a form
    for document in build(whole, items, now=NOW):
        made = caller.get(document.path)
        assert (made.status, made.body) == (200, document.render()), document.path
        assert made.headers["Content-Type"] == f"{document.media_type}; charset=utf-8"
        assert made.headers["ETag"] == f'"{document.fingerprint}"'


def test_the_index_has_a_form_for_mixes_that_works_without_script() -> None:
    page = parse(Caller().get("index.html").body.decode())
    [form] = page.iter("form")
    names = {one.get("name") for one in form.iter() if one.get("name")}
    assert (form.get("action"), form.get("method", "get")) == ("mix.html", "get")
    assert names == {"topic", "tag", "not_tag", "match", "kind"}
    assert [one.get("value") for one in form.iter("input") if one.get("name") == "topic"] == ["housing", "work"]
    assert not list(page.iter("script"))
    sent = "topic=work&tag=C%2B%2B&tag=&not_tag=&match=any&kind="
    made = Caller().get("mix.html", Caller().get("mix.html", sent).headers["Location"].partition("?")[2])
    assert b">https://www.example.org/mix.atom.xml?topic=work&amp;tag=cpp</textarea>" in made.body
    assert b"<title>https://www.example.org/mix.html?topic=work&amp;tag=cpp</title>" in made.body


def test_the_policy_of_the_index_allows_its_form_and_its_style() -> None:
    body = Caller().get("index.html").body.decode()
    style = re.search("<style>(.*?)</style>", body, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'; base-uri 'none'; form-action 'self'" in body
    assert "form-action 'none'" in Caller(mix=False).get("index.html").body.decode()


def parse(page: str) -> Any:
    """Parse a page strictly, as a browser reads it."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)


def test_a_request_for_the_folder_gets_the_index() -> None:
    assert Caller().get("").body == Caller().get("index.html").body
    assert Caller().get("/all.atom.xml").body == Caller().get("all.atom.xml").body


@pytest.mark.parametrize(
    "path",
    [
        *(
            "topics/none.atom.xml",
            "feeds/none.atom.xml",
            "nothing",
            "all",
            "all.txt",
            "..",
            "topics",
            "tags/A B.atom.xml",
        ),
        *("tags/.atom.xml", "topics/housing/x.atom.xml", ".topicfeeds.lock", "mix", "all.atom.xml/"),
    ],
)
def test_an_address_that_no_site_has_is_not_found_and_no_item_is_read(path: str) -> None:
    caller = Caller()
    made = caller.get(path)
    assert (made.status, made.body, caller.asked) == (404, b"no such feed\n", [])


@pytest.mark.parametrize(
    "path", ["tags/none.atom.xml", "tags/none.html", "topics/housing.ics", "events/0123456789abcdef.ics"]
)
def test_a_feed_that_would_not_be_published_is_not_found(path: str) -> None:
    assert Caller().get(path).status == 404


def test_pages_calendars_and_mixes_are_only_served_if_the_site_has_them() -> None:
    plain = Caller(site(topics={"housing": {}, "work": {}}), mix=False)
    for path in ("index.html", "all.html", "feeds.opml", "", "all.ics", "all.json", "mix.atom.xml", event_path("x")):
        assert plain.get(path).status == 404, path
    assert plain.get("topics/work.rss.xml").status == 200


def test_the_user_is_asked_for_the_items_that_the_feed_can_contain() -> None:
    declared = {
        "slug": "care",
        "title": "Care",
        "tags": ["C++"],
        "not_tags": ["old"],
        "kinds": ["event"],
        "match": "none",
    }
    caller = Caller(CITY.model_copy(update={"feed": site(feed=[declared]).feed}))
    for path in (
        "topics/work.atom.xml",
        "tags/cpp.rss.xml",
        "feeds/care.atom.xml",
        "index.html",
        "events/0123456789abcdef.ics",
    ):
        caller.get(path)
    topic, tag, combined, index, one = caller.asked
    assert (topic.name, topic.topics, tag.tags) == ("topics/work", ("work",), ("cpp",))
    assert (combined.tags, combined.not_tags, combined.kinds, combined.match) == (
        ("cpp",),
        ("old",),
        ("event",),
        "none",
    )
    assert (index.name, index.topics, index.tags, one.kinds) == ("all", (), (), ("event",))


def test_head_has_the_headers_of_get_and_no_body() -> None:
    got, head = Caller().get("all.atom.xml"), Caller().get("all.atom.xml", method="HEAD")
    assert head == got._replace(body=b"")
    assert got.headers["Content-Length"] == str(len(got.body))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "get"])
def test_other_methods_are_not_allowed(method: str) -> None:
    made = Caller().get("all.atom.xml", method=method)
    assert (made.status, made.headers["Allow"]) == (405, "GET, HEAD")


def test_an_unchanged_document_is_not_sent_again() -> None:
    caller = Caller()
    first = caller.get("all.atom.xml")
    for given in (first.headers["ETag"], f"W/{first.headers['ETag']}", f'"other", {first.headers["ETag"]}', "*"):
        again = caller.get("all.atom.xml", If_None_Match=given)
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert (
        caller.get("all.atom.xml", If_None_Match='"other"', If_Modified_Since=first.headers["Last-Modified"]).status
        == 200
    )
    assert caller.get("all.atom.xml", If_Modified_Since=first.headers["Last-Modified"]).status == 304
    assert caller.get("all.atom.xml", If_Modified_Since="Mon, 02 Mar 2026 11:59:59 GMT").status == 200
    assert caller.get("all.atom.xml", If_Modified_Since="yesterday").status == 200


def test_a_changed_document_has_a_later_date_even_within_one_second() -> None:
    caller = Caller()
    first = caller.get("all.atom.xml")
    caller.found = ITEMS[1:]
    assert caller.get("all.atom.xml", If_Modified_Since=first.headers["Last-Modified"]).status == 200
    assert "Last-Modified" not in caller.get("all.atom.xml").headers  # a date in the future is not allowed
    caller.now += timedelta(seconds=1)
    assert caller.get("all.atom.xml").headers["Last-Modified"] == "Mon, 02 Mar 2026 12:00:01 GMT"


def test_with_a_version_no_item_is_read_while_it_is_unchanged() -> None:
    caller = Caller(versions=True)
    first = caller.get("topics/work.atom.xml")
    assert caller.get("topics/work.atom.xml", If_None_Match=first.headers["ETag"]).status == 304
    assert caller.get("topics/work.atom.xml") == first
    assert len(caller.asked) == 1
    caller.version, caller.found = 2, [article(id="new", topics=["work"])]
    assert caller.get("topics/work.atom.xml", If_None_Match=first.headers["ETag"]).status == 200
    assert len(caller.asked) == 2


def test_another_process_knows_an_unchanged_document_after_it_has_read_the_items_once() -> None:
    tag = Caller(versions=True).get("topics/work.atom.xml").headers["ETag"]
    other = Caller(versions=True)
    assert [other.get("topics/work.atom.xml", If_None_Match=tag).status for _ in range(3)] == [304] * 3
    assert len(other.asked) == 1
    assert other.get("topics/housing.atom.xml", If_None_Match=tag).status == 200


def test_no_header_shows_that_a_hidden_item_waits_for_its_date() -> None:
    caller = Caller(site(), [article(id="now")], versions=True)
    first = caller.get("all.atom.xml")
    caller.version, caller.now = 2, NOW + timedelta(minutes=5)
    caller.found = [article(id="now"), article(id="later", published=NOW + timedelta(days=3))]
    assert caller.get("all.atom.xml") == first
    assert caller.get("all.atom.xml", If_None_Match=first.headers["ETag"]).status == 304
    assert len(caller.asked) == 2


def test_another_version_of_the_same_items_keeps_the_validators() -> None:
    caller = Caller(versions=True)
    first = caller.get("all.atom.xml")
    caller.version, caller.now = 2, NOW + timedelta(minutes=5)
    assert caller.get("all.atom.xml") == first


def test_with_a_version_items_are_read_again_when_a_date_comes() -> None:
    later = article(id="later", title="Later", published=NOW + timedelta(hours=1))
    caller = Caller(site(), [article(id="now"), later], versions=True)
    first = caller.get("all.atom.xml")
    assert b"Later" not in first.body
    caller.now += timedelta(minutes=59)
    assert caller.get("all.atom.xml", If_None_Match=first.headers["ETag"]).status == 304
    caller.now += timedelta(minutes=1)
    assert b"Later" in caller.get("all.atom.xml", If_None_Match=first.headers["ETag"]).body


def test_with_a_state_documents_have_the_bytes_of_the_published_files(tmp_path: Path) -> None:
    state, fair = tmp_path / "feeds.sqlite", ITEMS[2].model_dump(exclude_unset=True)
    fair.pop("published")
    for day, start in ((1, "2026-05-01"), (2, "2026-06-01")):
        items: list[Any] = [*ITEMS[:2], {**fair, "start": start}]
        changes = publish(CITY, items, tmp_path / "public", state=state, now=NOW + timedelta(days=day))
    caller = Caller(CITY, items, state=State(state, read_only=True), mix=False, versions=True)
    caller.now += timedelta(days=2)
    assert b"Moved to" in caller.get("all.atom.xml").body
    for path in (tmp_path / "public").rglob("*.*"):
        if path.name != ".topicfeeds.lock":
            assert caller.get(path.relative_to(tmp_path / "public").as_posix()).body == path.read_bytes(), path
    assert changes.unchanged + len(changes.written) > 20


def test_with_a_state_a_feed_that_has_gone_is_empty_and_later_not_found(tmp_path: Path) -> None:
    state, folder = tmp_path / "feeds.sqlite", tmp_path / "public"
    publish(CITY, ITEMS, folder, state=state, now=NOW)
    caller = Caller(CITY, ITEMS[1:2], state=state, mix=False, versions=True)
    gone = ("all.ics", "topics/work.ics", "tags/care.ics", "tags/cpp.atom.xml", "tags/cpp.rss.xml")
    early = [caller.get(path) for path in gone]
    assert [made.status for made in early] == [200] * 5
    assert not any(b"<entry>" in made.body or b"VEVENT" in made.body for made in early)
    assert b"C++ - " in early[3].body  # the title of the feed is remembered
    assert publish(CITY, ITEMS[1:2], folder, state=state, now=NOW + timedelta(days=1)).retired == 6
    caller.now += timedelta(days=1)
    assert [caller.get(path).body for path in gone] == [(folder / path).read_bytes() for path in gone]
    caller.now += timedelta(days=29)
    assert caller.get("tags/cpp.atom.xml").status == 200
    caller.now += timedelta(days=1)
    assert [caller.get(path).status for path in gone] == [404] * 5


def test_an_app_whose_state_does_not_exist_logs_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Caller(state=tmp_path / "typo.sqlite")
    assert "typo.sqlite: there is no state (call publish or record with this path to create it)" in caplog.text
    caplog.clear()
    record(CITY, ITEMS, tmp_path / "feeds.sqlite", now=NOW)
    Caller(state=tmp_path / "feeds.sqlite")
    assert caplog.text == ""


def test_a_run_that_stores_new_dates_changes_the_version(tmp_path: Path) -> None:
    state = tmp_path / "feeds.sqlite"
    caller = Caller(CITY, ITEMS, state=state, versions=True)
    for day in (1, 2):
        record(CITY, ITEMS[:day], state, now=NOW + timedelta(days=day))
        first = caller.get("all.atom.xml")
        assert caller.get("all.atom.xml", If_None_Match=first.headers["ETag"]).status == 304
    assert len(caller.asked) == 2


def test_the_cache_has_a_limit() -> None:
    caller = Caller(versions=True, cache=2)
    for path in ("all.atom.xml", "all.rss.xml", "all.json", "all.json", "all.atom.xml"):
        caller.get(path)
    assert len(caller.asked) == 4


def test_an_item_with_an_error_is_left_out_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    caller = Caller(CITY, [*ITEMS, {"title": "No date", "id": "bad"}])
    with caplog.at_level(logging.WARNING, "topicfeeds.web"):
        assert caller.get("all.atom.xml").status == 200
    assert [one.getMessage() for one in caplog.records] == [
        'all.atom.xml: items:4: published: is missing (add a date such as 2026-03-01) (id "bad")'
    ]


def test_an_error_of_the_user_reaches_the_caller() -> None:
    class DriverError(Exception):
        pass

    def fail(_: FeedTerms) -> Any:
        yield ITEMS[0]
        raise DriverError

    with pytest.raises(DriverError):
        FeedApp(CITY, fail).respond("GET", "all.atom.xml")


def test_items_that_are_no_function_are_a_type_error_that_says_what_to_pass() -> None:
    with pytest.raises(TypeError, match=r"items is of type list \(pass a function that returns items\)"):
        FeedApp(CITY, ITEMS)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"site is of type str \(pass a Site, such as the result of load_site\)"):
        FeedApp("city", lambda _: ITEMS)  # type: ignore[arg-type]


async def _items(_: FeedTerms) -> Any:
    await asyncio.sleep(0)
    return ITEMS


async def _version(_: FeedTerms) -> int:
    return 3


def test_coroutines_of_the_user_are_awaited() -> None:
    app = FeedApp(CITY, _items, version=_version, clock=lambda: NOW)
    made = asyncio.run(app.respond_async("GET", "all.atom.xml"))
    assert made.body == Caller().get("all.atom.xml").body
    with pytest.raises(TypeError, match="use respond_async"):
        app.respond("GET", "all.atom.xml")


@pytest.mark.skipif(not os.environ.get("TOPICFEEDS_FULL"), reason="10,000 requests take half a minute")
def test_memory_is_flat_over_ten_thousand_requests() -> None:
    caller = Caller(versions=True, cache=20)
    sizes = []
    for number in range(10_000):
        caller.version = number // 10
        caller.get("mix.atom.xml", f"tag=t{number % 500}&topic=work")
        caller.get("index.html" if number % 50 == 0 else "tags/care.rss.xml")
        if number in (2_000, 9_999):
            gc.collect()
            sizes.append(int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
    assert sizes[1] - sizes[0] < 3_000_000


def test_threads_share_an_app() -> None:
    caller = Caller(cache=3)
    paths = [document.path for document in build(CITY, ITEMS, now=NOW)]
    alone = {path: caller.get(path).body for path in paths}
    barrier = threading.Barrier(8)

    def ask(number: int) -> bool:
        barrier.wait()
        return all(caller.get(path).body == alone[path] for path in paths[number:] + paths[:number])

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))


def test_a_router_of_fastapi_has_a_name_for_its_addresses() -> None:
    fastapi = pytest.importorskip("topicfeeds.web.fastapi")
    app = Caller().app
    assert fastapi.feed_router(app).url_path_for("topicfeeds", path="all.atom.xml") == "/all.atom.xml"
    assert fastapi.feed_router(app, name="news").url_path_for("news", path="all.atom.xml") == "/all.atom.xml"


def test_the_headers_of_a_request_can_be_those_of_werkzeug() -> None:
    headers = pytest.importorskip("werkzeug.datastructures").Headers
    app = Caller().app
    tag = app.respond("GET", "all.atom.xml").headers["ETag"]
    assert app.respond("GET", "all.atom.xml", "", headers({"If-None-Match": tag})).status == 304
