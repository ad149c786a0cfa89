"""The list of all feeds in OPML 2.0, which feed readers import."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lxml import etree

from ..feeds.model import Feed, Selection
from ..output.documents import Document, make_document
from ..registry import FEED_FORMATS, OPML_MARK
from ..text.urls import to_uri

OPML_PATH = "feeds.opml"


def list_feeds(selections: Mapping[str, Selection], *, with_tags: bool) -> list[Feed]:
    """Return the feeds of the list: everything, topics and declared feeds; tags only `with_tags`."""
    feeds = (one.feed for name, one in selections.items() if with_tags or not name.startswith("tags/"))
    return [feed for feed in feeds if find_feed_url(feed)]


def find_feed_url(feed: Feed) -> str | None:
    """Return the address of a feed in the format that most readers know, or None if it only has a calendar."""
    names = (name for name, form in FEED_FORMATS.items() if name in feed.formats and not form.is_calendar)
    return next(map(feed.url, names), None)


def make_opml(feeds: Iterable[Feed], whole: Feed) -> Document:
    """Return the list of feeds. `whole` is the feed with all items. The list does not depend on the items of a feed."""
    root = etree.Element("opml", version="2.0")
    root.append(etree.Comment(OPML_MARK.decode().removeprefix("<!--").removesuffix("-->")))
    head, body = etree.SubElement(root, "head"), etree.SubElement(root, "body")
    facts = {
        "title": whole.title,
        "ownerName": whole.author.name,
        "ownerEmail": whole.author.email,
        "ownerId": to_uri(whole.page),
        "docs": "http://opml.org/spec2.opml",
    }
    for name, text in facts.items():
        if text:
            etree.SubElement(head, name).text = text
    for feed in feeds:
        fields = {
            "text": feed.title,
            "title": feed.title,
            "type": "rss",  # all feeds have this type, whatever their format
            "xmlUrl": to_uri(find_feed_url(feed) or ""),
            "htmlUrl": to_uri(feed.page),
            "description": feed.description,
            "language": feed.language,
        }
        etree.SubElement(body, "outline", {name: value for name, value in fields.items() if value})
    content = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return make_document(OPML_PATH, content, whole.updated)
