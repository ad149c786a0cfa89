"""The models of the application."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy


class Category(models.Model):  # type: ignore[misc]
    name = models.CharField(max_length=50)


class Post(models.Model):  # type: ignore[misc]
    key = models.UUIDField(primary_key=True, default=uuid.uuid4)
    title = models.CharField(max_length=50)
    body = models.TextField()
    created = models.DateTimeField()
    picture = models.FileField(blank=True, upload_to="pictures")
    categories = models.ManyToManyField(Category)

    def get_absolute_url(self) -> str:
        return f"/posts/{self.title.lower()}/"

    @property
    def label(self) -> object:
        return gettext_lazy("Yes")
