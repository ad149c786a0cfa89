"""Serve one feed from a Flask view, with its own URL. Unchanged feeds are answered with 304 Not Modified."""

from datetime import date

from flask import Flask, Response, abort, request

from topicfeeds import Article, Site, render, select

app, site = Flask(__name__), Site(title="River Cities", url="https://www.rivercities.example/")


@app.get("/news/<tag>.atom")
def news(tag: str) -> Response:
    items = [Article(id="homes", title="New homes", published=date(2026, 3, 1), tags=["planning"])]
    feed = select(site, items).get(f"tags/{tag}") or abort(404)
    response = Response(render(feed, "atom", url=request.base_url), mimetype="application/atom+xml")
    response.add_etag()
    response.make_conditional(request)
    return response
