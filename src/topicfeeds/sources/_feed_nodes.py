"""Elements of a feed in XML: their names, texts and addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Any
from urllib.parse import urljoin

from lxml import etree

from ..text.characters import strip_forbidden
from ..text.html import explain_excess, sanitize, to_plain_text
from ..text.plain_text import write_paragraphs

_PREFIXES = {
    "http://www.w3.org/2005/Atom": "atom",
    "http://purl.org/atom/ns#": "atom",
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "": "",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/rss/1.0/modules/event/": "ev",
    "http://www.georss.org/georss": "georss",
    "http://search.yahoo.com/mrss/": "media",
    "http://search.yahoo.com/mrss": "media",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://www.w3.org/2007/app": "app",
    "http://purl.org/atom/app#": "app",
    "http://schemas.google.com/blogger/2018": "blogger",
}
_WORDPRESS = re.compile(r"http://wordpress\.org/export/[0-9.]+/(excerpt/)?")
_XML = "{http://www.w3.org/XML/1998/namespace}"
_LEAD = re.compile(r'<p(?: dir="rtl")?>.*?</p>')


def strip_lead(content: str, summary: str) -> str:
    """Return the content of an event, from a body that topicfeeds published.

    The first line, with date and place, is removed. If the rest is only the summary, the event has no content.
    """
    found = _LEAD.match(content)
    body = content[found.end() :] if found else content
    return "" if body == write_paragraphs(summary) else body


def name_of(element: Any) -> str:
    """Return the name of an element with the usual prefix of its namespace, such as `dc:creator`."""
    if not isinstance(element.tag, str):
        return ""  # a comment or a processing instruction
    space, _, name = element.tag.rpartition("}")
    prefix = _PREFIXES.get(space[1:])
    if prefix is None:
        found = _WORDPRESS.fullmatch(space[1:])
        prefix = ("excerpt" if found[1] else "wp") if found else "?"
    return f"{prefix}:{name}" if prefix else name


_DELETED = ("trash", "SOFT_TRASHED")
"""The statuses of deleted posts in WordPress and Blogger."""


class Node:
    """An element, and its children by name."""

    def __init__(self, element: Any) -> None:
        self.element = element
        self._children: dict[str, list[Any]] = {}
        for child in element:
            for one in child if name_of(child) == "media:group" else (child,):
                self._children.setdefault(name_of(one), []).append(one)

    def all(self, *names: str) -> Iterator[Any]:
        """Yield the children with these names, in the order of the names."""
        for name in names:
            yield from self._children.get(name, ())

    def first(self, *names: str) -> Any:
        """Return the first child with one of these names, or None."""
        return next(self.all(*names), None)

    def text(self, *names: str) -> str:
        """Return the first text that is not blank."""
        return next((text for one in self.all(*names) if (text := text_of(one))), "")

    def node(self, name: str) -> Node | None:
        """Return the first child with this name, with its own children."""
        child = self.first(name)
        return None if child is None else Node(child)


def explain_draft(entry: Node, *, drafts: bool) -> str:
    """Say why not everybody can read an entry, now or after its date. The text is empty if everybody can.

    Drafts are marked by RFC 5023, and in exports of WordPress and Blogger. If `drafts` is set, say only why an entry is
    never published: somebody deleted it.
    """
    control, status = entry.node("app:control"), entry.text("wp:status", "blogger:status")
    if drafts and status not in _DELETED:
        return ""
    if control and control.text("app:draft").lower() == "yes":
        return "app:draft: yes"
    if entry.text("wp:post_password"):
        return "has a password"
    is_public = status in (("publish", "future") if entry.text("wp:post_type") else ("", "LIVE"))
    return "" if is_public else f"status: {status}"


def text_of(element: Any) -> str:
    """Return the text of an element and of the elements in it."""
    return "".join(element.itertext(etree.Element)).strip() if len(element) else (element.text or "").strip()


def resolve(element: Any, address: str, default: str) -> str:
    """Return an address, resolved against `xml:base` or else against the page of the feed."""
    try:
        return urljoin(element.base or default, address.strip()) if address.strip() else ""
    except ValueError:
        return address.strip()


def find_language(element: Any) -> str:
    """Return the `xml:lang` of an element or of the elements around it."""
    found = (one.get(f"{_XML}lang") for one in (element, *element.iterancestors()))
    return next((language for language in found if language), "")


def read_text(element: Any) -> tuple[str, bool]:
    """Return the text of an element, and whether it is HTML. RSS texts are HTML; in Atom, `type` decides."""
    kind = (element.get("type") or ("text" if name_of(element).startswith("atom:") else "html")).lower()
    if "xhtml" in kind or (element.get("mode") == "xml" and len(element)):
        return _serialize(element), True
    text = text_of(element)
    return (_resolve_html(element, text), True) if "html" in kind else (text, False)


def _serialize(element: Any) -> str:
    """Return XHTML as HTML, without the `div` around it."""
    for one in element.iter(etree.Element):
        if one is not element:
            one.tag = one.tag.rpartition("}")[2].rpartition(":")[2]
    etree.cleanup_namespaces(element)
    inner = element[0] if len(element) == 1 and element[0].tag == "div" else element
    parts = [escape(inner.text or "", quote=False)]
    parts += [etree.tostring(child, encoding="unicode", method="html") for child in inner]
    return _resolve_html(element, "".join(parts).strip())


def _resolve_html(element: Any, fragment: str) -> str:
    """Resolve the addresses in HTML against `xml:base`, if there is one."""
    base = element.base
    if not base or not base.startswith(("http://", "https://")) or explain_excess(fragment):
        return fragment
    return sanitize(strip_forbidden(fragment), base)


def to_plain(text: str, *, is_html: bool) -> str:
    """Return a text of a feed as plain text."""
    return to_plain_text(text).strip() if is_html else text
