"""Flask: the documents of an app as a blueprint."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from .app import FeedApp


def feed_blueprint(app: FeedApp, name: str = "topicfeeds", **options: Any) -> Blueprint:
    """Return a blueprint. `options` are those of `Blueprint`, such as `url_prefix="/feeds"`.

    `url_for("topicfeeds.serve", path="all.atom.xml")` returns an address.
    """
    blueprint = Blueprint(name, __name__, **options)

    @blueprint.get("/", defaults={"path": ""})
    @blueprint.get("/<path:path>")
    def serve(path: str) -> Response:
        # for HEAD, Flask computes Content-Length from the body, then removes the body
        made = app.respond("GET", path, request.query_string.decode("latin-1"), request.headers)
        return Response(made.body, made.status, dict(made.headers))

    return blueprint
