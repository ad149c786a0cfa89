"""Measure how long pages take to open: `python -m benchmarks.pages` (needs playwright and Debian's Chromium).

The site has 10,000 tags. Chromium loads each page over loopback from the web server of Python, without a cache. A
figure is the time from the start of the navigation until the page is loaded and painted.
"""

from __future__ import annotations

import shutil
import threading
from datetime import UTC, date, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import sync_playwright

from topicfeeds import Article, Event, Site, publish

from .corpus import SITE, TITLE
from .measuring import Figure

_TAGS, _RUNS = 10_000, 20
_NOW = datetime(2026, 3, 2, tzinfo=UTC)
_LOADED = """async () => {
  await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  return Math.max(performance.getEntriesByType("navigation")[0].loadEventEnd, paint ? paint.startTime : 0);
}"""


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Print nothing."""


def main() -> None:
    """Measure, and print a table."""
    with TemporaryDirectory(prefix="benchmarks-") as folder:
        _publish(Path(folder))
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=folder))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        pages = [*Path(folder).glob("*.html"), *Path(folder).glob("t*/*.html")]
        largest = max(pages, key=lambda path: path.stat().st_size)
        print(f"{len(pages):,} pages; the largest is {largest.name}: {largest.stat().st_size / 1000:.1f} kB")
        with sync_playwright() as running:
            browser = running.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            for name in dict.fromkeys(["index.html", "all.html", "tags-1.html", "tags/tag-1.html", largest.name]):
                print(f"{name}: {_measure(browser, f'http://127.0.0.1:{server.server_port}/{name}')} ms")
            browser.close()
        server.shutdown()


def _publish(folder: Path) -> None:
    site = Site.model_validate(
        {"title": TITLE, "url": SITE, "pages": {}, "feeds": {"formats": ["atom", "ics"], "limit": 3}}
    )
    day = date(2026, 3, 1)
    items = [Article(id=str(n), title=f"Article {n}", published=day, tags=[f"tag {n}"]) for n in range(_TAGS)]
    events = [
        Event(id=f"e{n}", title=f"Event {n}", published=day, start=date(2026, 5, n), tags=["tag 1"]) for n in (1, 2)
    ]
    publish(site, [*items, *events], folder, now=_NOW)


def _measure(browser: Any, address: str) -> Figure:
    """Return the milliseconds. The first run starts the renderer, and is not counted."""
    page, times = browser.new_page(), []
    for number in range(_RUNS + 1):
        page.goto(f"{address}?{number}")  # another address each time, so that the browser has it in no cache
        times.append(page.evaluate(_LOADED))
    page.close()
    return Figure.of(times[1:])


if __name__ == "__main__":
    main()
