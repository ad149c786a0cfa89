"""Serve one feed from a Flask view, with its own URL. Requests for an unchanged feed get 304 Not Modified."""

from datetime import UTC, date, datetime

from flask import Flask, Response, abort, request

from topicfeeds import Article, Site, feed, render

app, site = Flask(__name__), Site(title="River Cities", url="https://www.rivercities.example/")


@app.get("/news/<tag>.atom")
def news(tag: str) -> Response:
    items = [Article(id="homes", title="New homes", published=date(2026, 3, 1), tags=["planning"])]
    try:
        made = feed(site, items, f"tags/{tag}", now=datetime.now(UTC))
    except KeyError:
        abort(404)
    response = Response(mimetype=made.media_type("atom"))
    response.set_etag(made.fingerprint("atom", request.base_url))
    if response.make_conditional(request).status_code == 200:
        response.set_data(render(made, "atom", request.base_url))
    return response
