"""WordPress exports (WXR): an RSS feed with all posts, pages and attachments of a site."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..text.html import format_paragraphs, to_plain_text
from ._feed_nodes import Node, text_of

_INTERNAL = ("attachment", "nav_menu_item", "revision", "custom_css", "customize_changeset", "oembed_cache")
_BLOCK = re.compile(r"<(?:p|!-- wp:|div|table|ul|ol|h[1-6])[\s>:]")
_TAXONOMIES = {"category": "topics", "post_tag": "tags"}
_NO_LABELS = ("post_format", "nav_menu")


def read_authors(channel: Node) -> dict[str, str]:
    """Return the names of the authors by login."""
    found = map(Node, channel.all("wp:author"))
    names = {one.text("wp:author_login"): one.text("wp:author_display_name", "wp:author_login") for one in found}
    return {login: to_plain_text(name) for login, name in names.items()}


def is_internal(kind: str) -> bool:
    """Return whether entries of this type are internal data of WordPress."""
    return kind in _INTERNAL or kind.startswith("wp_")


def _read_date(post: Node, name: str, zone: str = "Z") -> str:
    text = post.text(name)
    return "" if not text or text.startswith("0000") else f"{text.replace(' ', 'T')}{zone}"


def read_post(post: Node, names: Mapping[str, str], pictures: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of a post that topicfeeds reads differently from other feeds.

    `names` are those of authors by login, and `pictures` the addresses of attachments by id.
    """
    content = post.text("content:encoded")
    labels: dict[str, list[str]] = {"topics": [], "tags": []}
    for one in post.all("category"):
        if (domain := one.get("domain") or "") not in _NO_LABELS:
            labels[_TAXONOMIES.get(domain, "tags")].append(to_plain_text(text_of(one)))
    meta = (Node(one) for one in post.all("wp:postmeta"))
    thumbnail = next((one.text("wp:meta_value") for one in meta if one.text("wp:meta_key") == "_thumbnail_id"), "")
    return {
        "published": _read_date(post, "wp:post_date_gmt")
        or _read_date(post, "wp:post_date", "")
        or post.text("pubDate"),
        "updated": _read_date(post, "wp:post_modified_gmt"),
        "content": content if _BLOCK.search(content) else format_paragraphs(content),
        "summary": to_plain_text(post.text("excerpt:encoded")).strip(),
        "authors": [names.get(login, login) for one in post.all("dc:creator") if (login := text_of(one))],
        "image": pictures.get(thumbnail, ""),
        **labels,
    }
