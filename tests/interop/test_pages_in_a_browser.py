"""The subscribe pages in Chromium: quiet, no request elsewhere, no sideways scrolling, and no fault that axe finds."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from support import article, event, site
from topicfeeds import embed, publish

FULL = bool(os.environ.get("TOPICFEEDS_FULL"))
CHROMIUM = shutil.which("chromium")
REQUIRED = FULL and bool(os.environ.get("TOPICFEEDS_REQUIRE_ALL"))
pytestmark = pytest.mark.skipif(not FULL, reason="takes a minute; set TOPICFEEDS_FULL=1 to run it")
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
CUT_FIELDS = (
    "Array.from(document.querySelectorAll('textarea'))"
    ".filter(one => one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight).map(one => one.value)"
)
HOSTILE = ["<script>document.title='x'</script>", '"><img src=x onerror="document.title=1">', "{{ 7*7 }}", "‮gnp"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not REQUIRED:
        pytest.importorskip("axe_playwright_python")
        if not CHROMIUM:
            pytest.skip("chromium is not installed")
    import playwright.sync_api as playwright

    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


def write_pages(folder: Path, language: str) -> list[Path]:
    """Publish a site with hostile texts, long words and many tags."""
    items = [
        article(id="a", title="W" * 190, topics=["t"], tags=[f"tag {n}" for n in range(200)]),
        article(id="b", topics=[f"topic {n}" for n in range(150)], tags=[f"tag {n}" for n in range(200, 400)]),
        event(id="e", title="Fair", start="2026-05-09T10:00", location="Hall 3", topics=["t"]),
        *(article(id=str(n), title=text, topics=["t"], tags=[text]) for n, text in enumerate(HOSTILE)),
    ]
    made = site(
        language=language,
        feeds_url=f"https://www.example.org/{'neighbourhoods/' * 8}",
        description=HOSTILE[0],
        pages={"stylesheet": True},
        feeds={"formats": ["atom", "rss", "ics"]},
    )
    publish(made, items, folder, now=NOW)
    names = ("index.html", "all.html", "topics/t.html", "topics-1.html", "tags-2.html", "embed.html")
    parts = embed(made, items, "topics/t", now=NOW)
    title = f"<title>A</title>{parts.head}</head><body><main><h1>A</h1>{parts.body}</main>"
    (folder / "embed.html").write_text(f'<!DOCTYPE html><html lang="{language}"><head>{title}</html>', "utf-8")
    return [folder / name for name in names]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 800, 1600])
@pytest.mark.parametrize("language", ["de", "ar"])
def test_a_page_is_quiet_fits_the_screen_and_has_no_fault_that_axe_finds(
    browser: Any, language: str, width: int, scheme: str, tmp_path: Path
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800}, bypass_csp=True)
    for path in write_pages(tmp_path, language):
        page, heard, asked = context.new_page(), list[str](), list[str]()
        page.on("console", lambda message, heard=heard: heard.append(message.text))
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(path.as_uri())
        before = page.title()
        for summary in page.locator("details:not([open]) > summary").all():
            summary.click()
        assert (heard, asked, page.title()) == ([], [path.as_uri()], before)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CUT_FIELDS) == []
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        page.close()
    context.close()


def test_the_policy_of_a_page_stops_a_script_that_is_put_into_it(browser: Any, tmp_path: Path) -> None:
    path = write_pages(tmp_path, "en")[0]
    path.write_text(path.read_text("utf-8").replace("</main>", "<script>document.title='x'</script></main>"), "utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    assert page.title() != "x"
    page.close()


@pytest.mark.parametrize("name", ["topics/t.atom.xml", "topics/t.rss.xml"])
def test_a_feed_with_a_stylesheet_shows_titles_dates_and_addresses_as_text(
    browser: Any, name: str, tmp_path: Path
) -> None:
    write_pages(tmp_path, "ar")

    def serve(route: Any) -> None:
        path = route.request.url.removeprefix("http://feeds.test/")
        kind = "application/xml" if path.endswith(".xml") else "text/css"
        route.fulfill(body=(tmp_path / path).read_bytes(), content_type=kind)

    page, asked = browser.new_page(), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.route("http://feeds.test/**", serve)
    page.goto(f"http://feeds.test/{name}")
    shown = page.evaluate(
        "Array.from(document.querySelectorAll('*')).filter(one => one.getClientRects().length).map(one => one.tagName)"
    )
    assert set(shown) <= {"feed", "entry", "title", "updated", "link", "subtitle"} | {
        *("rss", "channel", "item", "description", "lastBuildDate", "pubDate")
    }
    assert {"title", "link"} < set(shown)
    assert asked == [f"http://feeds.test/{name}", "http://feeds.test/feed.css"]
    page.close()
