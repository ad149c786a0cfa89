"""Measure web views: `python -m benchmarks.views` compares `FeedApp` with the feeds of Django, in one process.

The rows are 2,000 posts of the plain corpus with 300 categories, in SQLite in memory. Each figure is the median of
requests for different feeds, in turn with those of the others. Reading rows includes the names of their categories.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import cycle
from statistics import median
from typing import Any

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.sites", "benchmarks.blog"],
    ROOT_URLCONF="benchmarks.blog",
    SITE_ID=1,
    USE_TZ=True,
)
django.setup()

from django.contrib.sites.models import Site as Host  # noqa: E402
from django.contrib.syndication.views import Feed  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import RequestFactory  # noqa: E402
from django.utils.feedgenerator import Atom1Feed  # noqa: E402

from topicfeeds import Site, read_objects  # noqa: E402
from topicfeeds.text.slugs import make_slug  # noqa: E402
from topicfeeds.web import FeedApp, FeedTerms  # noqa: E402

from .blog.models import Category, Post  # noqa: E402
from .corpus import LIMIT, SITE, TAGS, TITLE, plain_items  # noqa: E402

_POSTS, _REQUESTS, _WHOLE = 2000, 200, 20
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_FIELDS = {
    "id": "pk",
    "title": "title",
    "link": "get_absolute_url",
    "summary": "summary",
    "content": "body",
    "published": "published",
    "tags": "categories.all.name",
}


def main() -> None:
    """Measure, and print a table."""
    _fill()
    slugs = [make_slug(label) for label in TAGS]
    site, request = Site(title=TITLE, url=SITE), RequestFactory().get("/")
    cold = FeedApp(site, _read_some, clock=lambda: _NOW, cache=0)
    whole = FeedApp(site, lambda _: read_objects(_posts(), fields=_FIELDS, url=SITE), clock=lambda: _NOW, cache=0)
    known = FeedApp(site, _read_some, clock=lambda: _NOW, version=lambda _: 1)
    tags = {slug: known.respond("GET", f"tags/{slug}.atom.xml").headers["ETag"] for slug in slugs}
    view = _TagFeed()

    few = _measure(
        _REQUESTS,
        slugs,
        django=lambda slug: view(request, slug=slug),
        cold=lambda slug: cold.respond("GET", f"tags/{slug}.atom.xml"),
        unchanged=lambda slug: known.respond("GET", f"tags/{slug}.atom.xml", "", {"If-None-Match": tags[slug]}),
    )
    many = _measure(
        _WHOLE,
        slugs,
        rows=lambda _: [[one.name for one in post.categories.all()] for post in _posts()],
        all=lambda slug: whole.respond("GET", f"tags/{slug}.atom.xml"),
    )
    for what, value, other in [
        ("one feed, cold / django.contrib.syndication", few["cold"], few["django"]),
        ("one feed, unchanged, with version / django.contrib.syndication", few["unchanged"], few["django"]),
        ("one of 301 feeds from all rows / reading the rows", many["all"], many["rows"]),
    ]:
        print(f"{what}: {value * 1000:.3f} ms / {other * 1000:.3f} ms = {value / other:.3f}")


def _fill() -> None:
    call_command("migrate", run_syncdb=True, verbosity=0)
    Host.objects.update_or_create(pk=1, defaults={"domain": "www.example.org", "name": TITLE})
    categories = {label: Category.objects.create(name=label, slug=make_slug(label)) for label in TAGS}
    for item in plain_items(_POSTS):
        fields = {name: item.fields[name] for name in ("title", "summary", "published")}
        post = Post.objects.create(**fields, slug=f"item-{item.number}", body=item.html)
        post.categories.set(categories[label] for label in item.fields["tags"])


def _posts() -> Any:
    return Post.objects.prefetch_related("categories")


def _newest(slug: str) -> Any:
    return _posts().filter(categories__slug=slug).order_by("-published")[:LIMIT]


def _read_some(selection: FeedTerms) -> Any:
    return read_objects(_newest(*selection.one_of_tags), fields=_FIELDS, url=SITE)


class _TagFeed(Feed):  # type: ignore[misc]
    """The feed of a category, as the documentation of Django shows it."""

    feed_type, title, link = Atom1Feed, TITLE, "/"

    def get_object(self, _: object, slug: str) -> Any:
        return Category.objects.get(slug=slug)

    def items(self, category: Any) -> Any:
        return _newest(category.slug)

    def item_description(self, post: Any) -> str:
        return str(post.body)

    def item_pubdate(self, post: Any) -> Any:
        return post.published

    item_updateddate = item_pubdate

    def item_categories(self, post: Any) -> list[str]:
        return [one.name for one in post.categories.all()]


def _measure(requests: int, slugs: list[str], **calls: Callable[[str], object]) -> dict[str, float]:
    """Return the median time of each call in seconds."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _, slug in zip(range(requests), cycle(slugs), strict=False):
        for name, call in calls.items():
            start = time.process_time()
            call(slug)
            times[name].append(time.process_time() - start)
    return {name: median(some) for name, some in times.items()}


if __name__ == "__main__":
    main()
