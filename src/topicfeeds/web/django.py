"""Django: the documents of an app as URLs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, re_path
from django.views.decorators.csrf import csrf_exempt

from .app import FeedApp


def feed_urls(app: FeedApp, *, name: str = "topicfeeds") -> list[URLPattern]:
    """Return the URL patterns of an app, for `include`. `reverse(name, args=["all.atom.xml"])` returns an address."""

    def serve(request: HttpRequest, path: str) -> HttpResponse:
        made = app.respond(request.method or "GET", path, request.META.get("QUERY_STRING", ""), request.headers)
        response = HttpResponse(made.body, status=made.status, headers=made.headers)
        if "Content-Type" not in made.headers:
            del response["Content-Type"]  # added by Django, but a 304 must not have it
        return response

    return [re_path("^(.*)$", csrf_exempt(serve), name=name)]
