"""A project around the files of the page on Django: settings, 2,000 posts, three events, Django's own server."""

import sys
from datetime import UTC, datetime, timedelta

import django
from django.conf import settings
from django.core.management import call_command

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "blog.db"}},
    INSTALLED_APPS=["blog"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"],
    ROOT_URLCONF="blog.urls",
    SECRET_KEY="x",
    USE_TZ=True,
)
django.setup()
call_command("migrate", run_syncdb=True, verbosity=0)

from blog.models import Category, Event, Post  # noqa: E402

START = datetime(2026, 1, 1, tzinfo=UTC)
categories = [Category.objects.create(name=name.title(), slug=name) for name in ("housing", "work", "sport")]
posts = [
    Post(title=f"Post {n}", slug=f"post-{n}", body=f"<p>Text {n}</p>", published=START - timedelta(hours=n))
    for n in range(2000)
]
Post.objects.bulk_create(posts)
link = Post.categories.through
link.objects.bulk_create(link(post_id=one.pk, category_id=categories[n % 3].pk) for n, one in enumerate(posts))
for n in range(3):
    days = timedelta(days=n + 1)
    fields = {"place": "Hall", "start": START + 100 * days, "announced": START + days, "category": categories[n]}
    Event.objects.create(title=f"Event {n}", slug=f"event-{n}", **fields)
call_command("runserver", f"127.0.0.1:{sys.argv[1]}", use_reloader=False, skip_checks=True)
