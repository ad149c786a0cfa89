"""Makes posts in a database in memory, and prints the entries and problems of several ways to read them, as JSON.

It is a program of its own, as a process has one configuration of Django.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any

import django
from django.conf import settings

from topicfeeds import Problem, Site, read_objects, select

SITE = Site(title="City", url="https://www.example.org/city/")
FIELDS = {"id": "pk", "title": "title", "content": "body", "published": "created", "link": "get_absolute_url"}


def configure() -> None:
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    settings.configure(
        INSTALLED_APPS=["support.blog"],
        DATABASES={"default": database},
        USE_TZ=True,
        TIME_ZONE="Europe/Brussels",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()


def describe(objects: Any, **fields: str) -> dict[str, Any]:
    problems: list[Problem] = []
    entries = select(SITE, read_objects(objects, fields=FIELDS | fields), problems=problems)["all"].entries
    labels = [[tag.label for tag in one.tags] for one in entries]
    return {
        "titles": [one.title for one in entries],
        "links": [one.link for one in entries],
        "tags": labels,
        "images": [one.image for one in entries],
        "published": [one.published.isoformat() for one in entries],
        "problems": [str(one) for one in problems],
        "ids": [one.id for one in entries],
    }


def main() -> None:
    configure()
    from django.db import connection

    from support.blog.models import Category, Post

    with connection.schema_editor() as editor:
        editor.create_model(Category)
        editor.create_model(Post)
    categories = [Category.objects.create(name=name) for name in ("Housing", "Land")]
    for n, name in enumerate(("First", "Second")):
        day = datetime(2026, 3, 1 + n, 12, tzinfo=UTC)
        post = Post.objects.create(title=name, body="<p>Text", created=day, picture="a.png" if n else "")
        post.categories.set(categories[: n + 1])
    named = Post.objects.values_list("pk", "title", "body", "created", named=True)
    found = {
        "queryset": describe(Post.objects.all(), tags="categories.all.name"),
        "manager": describe(Post.objects, tags="categories.name"),
        "lazy": describe(Post.objects.all(), title="label"),
        "file": describe(Post.objects.all(), image="picture.url"),
        "values": describe(Post.objects.values("pk", "title", "body", "created"), link="none"),
        "named": describe(named, link="none"),
        "misspelt": describe(Post.objects.all(), summary="sumary"),
        "objects": describe(Post.objects.all(), tags="categories"),
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
