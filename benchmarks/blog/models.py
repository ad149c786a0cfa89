"""Posts and categories."""

from __future__ import annotations

from django.db import models


class Category(models.Model):  # type: ignore[misc]
    """A category of posts."""

    name = models.CharField(max_length=50)
    slug = models.SlugField(unique=True)


class Post(models.Model):  # type: ignore[misc]
    """A post with HTML."""

    title = models.CharField(max_length=200)
    slug = models.SlugField()
    summary = models.TextField()
    body = models.TextField()
    published = models.DateTimeField()
    categories = models.ManyToManyField(Category)

    def get_absolute_url(self) -> str:
        """Return the path of its page."""
        return f"/news/{self.slug}/"
