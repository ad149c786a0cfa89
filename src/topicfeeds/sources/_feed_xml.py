"""Atom, RSS and WXR: the entries of a feed in XML as records.

lxml reads a feed entry by entry, so a large feed needs little memory. It opens no network connection, and reads no
external entities. A feed that declares entities is refused.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from email.utils import parseaddr
from html import escape
from io import BytesIO
from typing import Any, NamedTuple

from lxml import etree

from ..errors import Problem, count
from ..text.characters import has_tag
from ..text.html import format_paragraphs, has_elements, to_plain_text
from ..text.urls import guess_media_type
from ._feed_nodes import Node, explain_draft, find_language, name_of, read_text, resolve, strip_lead, text_of, to_plain
from ._raw import EMPTY, RawRecord, Unreadable
from ._wordpress import is_internal, read_authors, read_post
from .model import Draft, read_identity

_ROOTS = ("rss", "atom:feed", "rdf:RDF")
_ENTRIES = ("item", "atom:entry")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*")
_FRAME = re.compile(r"<(?:embed|iframe|object)[\s>]", re.IGNORECASE)
_REFERENCE = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]*|#[0-9]+|#[xX][0-9A-Fa-f]+);")
_MAX_ENTRIES = 100_000
_MANY_ENTRIES = f"has more than {_MAX_ENTRIES:,} entries (split the feed)"
_MAX_ELEMENTS = 100_000
_SAFE = {"no_network": True, "resolve_entities": False, "load_dtd": False, "huge_tree": False,
         "remove_comments": True, "remove_pis": True}  # fmt: skip


class _FeedHead(NamedTuple):
    """The properties of a feed that its entries need."""

    page: str
    language: str
    authors: list[dict[str, str]]
    is_ours: bool


def read_xml_feed(content: bytes, path: str, *, drafts: bool) -> Iterator[RawRecord | Problem | Draft]:
    """Yield the entries of a feed as records with our field names. Raises Unreadable."""
    if not content.strip():
        raise Unreadable(1, EMPTY)
    prefixed = max(content.count(b":item"), content.count(b":entry")) // 2  # start tags and end tags
    if max(content.count(b"<item"), content.count(b"<entry"), prefixed) > _MAX_ENTRIES:
        raise Unreadable(1, _MANY_ENTRIES)
    pictures = _list_pictures(content) if b"_thumbnail_id" in content else {}
    channel: _FeedHead | None = None
    names: Mapping[str, str] = {}
    skipped, line = Counter[str](), 1
    for entry in _iterate(content):
        node = Node(entry)
        if channel is None:
            root = entry.getroottree().getroot()
            head = Node(next((one for one in root if name_of(one) == "channel"), root))
            channel, names = _read_channel(head), read_authors(head)
        if (kind := node.text("wp:post_type", "blogger:type").lower()) in ("", "post"):
            reason = explain_draft(node, drafts=drafts)
            fields = _read_entry(node, channel)
            if node.text("wp:post_type"):
                fields |= read_post(node, names, pictures)
            draft = Draft(path, entry.sourceline, identity=read_identity(fields), reason=reason) if reason else None
            yield draft or RawRecord(fields, entry.sourceline)
        elif not is_internal(kind):
            line = line if skipped else entry.sourceline
            skipped[kind] += 1
    if skipped:
        kinds = ", ".join(count(kind, number) for kind, number in sorted(skipped.items()))
        yield Problem(path, line, "", f"skips {kinds} (only posts are read)", "warning")


def _iterate(content: bytes) -> Iterator[Any]:
    """Yield each entry, then free its memory. Raises Unreadable."""
    elements = entries = 0
    events = etree.iterparse(BytesIO(content), events=("start", "end"), **_SAFE)
    try:
        for event, element in events:
            if event == "start":
                elements += 1
                if element.getparent() is None:
                    _check_root(element)
                if elements > _MAX_ELEMENTS:
                    message = f"an entry has more than {_MAX_ELEMENTS:,} elements (simplify this entry)"
                    raise Unreadable(element.sourceline, message)
            elif name_of(element) in _ENTRIES:
                elements, entries = 0, entries + 1
                if entries > _MAX_ENTRIES:
                    raise Unreadable(1, _MANY_ENTRIES)
                yield element
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        errors = [one for one in events.error_log if one.level_name in ("ERROR", "FATAL")]
        message, line = (errors[0].message, errors[0].line) if errors else (error.msg or "no element found", 1)
        message = f"is not well-formed XML: {' '.join(message.split())} (check the program that writes the feed)"
        raise Unreadable(max(1, line), message) from None


def _check_root(root: Any) -> None:
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and any(True for _ in dtd.iterentities()):
        raise Unreadable(1, "declares entities, which feeds do not need (remove the DOCTYPE)")
    if name_of(root) not in _ROOTS:
        message = f"is not a feed: it starts with <{root.tag.rpartition('}')[2]}> (expected rss, feed or RDF)"
        raise Unreadable(root.sourceline, message)


def _list_pictures(content: bytes) -> dict[str, str]:
    """Return the addresses of all attachments of an export by id. They may follow their post in the file."""
    nodes = map(Node, _iterate(content))
    found = ((one.text("wp:post_id"), one.text("wp:attachment_url")) for one in nodes)
    return {number: address for number, address in found if address}


def _read_channel(head: Node) -> _FeedHead:
    title = _read_title(head, is_ours=False)
    is_ours = head.text("generator", "atom:generator") == "topicfeeds"
    authors = _read_people(head, is_ours=is_ours)
    return _FeedHead(
        page=head.text("link") or _find_link(head),
        language=head.text("language", "dc:language") or find_language(head.element),
        authors=authors or ([{"name": title}] if title else []),
        is_ours=is_ours,
    )


def _read_entry(node: Node, channel: _FeedHead) -> dict[str, Any]:
    element = node.element
    updated = node.text("atom:updated", "atom:modified", "dcterms:modified")
    language = node.text("dc:language") or find_language(element) or channel.language
    source = node.node("atom:source")
    is_ours = channel.is_ours
    people = _read_people(node, is_ours=is_ours) or (_read_people(source, is_ours=is_ours) if source else [])
    name = node.text("source") or (_read_title(source, is_ours=False) if source else "")
    fields = {
        "id": node.text("guid", "atom:id") or element.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"),
        "title": _read_title(node, is_ours=is_ours),
        "link": resolve(element, _find_link(node), channel.page),
        "published": node.text("pubDate", "atom:published", "atom:issued", "dc:date", "dcterms:issued") or updated,
        "updated": updated,
        "authors": people or ([{"name": name}] if name else channel.authors),
        "language": language if _LANGUAGE.fullmatch(language) else None,
        **_read_bodies(node),
        **_read_labels(node, channel),
        **_read_files(node, channel.page),
    }
    return _add_event(fields, node, channel)


def _read_title(node: Node, *, is_ours: bool) -> str:
    """Return a title as plain text.

    RSS does not say whether a title is HTML. In feeds of topicfeeds, it is HTML only if it contains tags.
    """
    element = node.first("title", "atom:title", "media:title")
    if element is None:
        return ""
    text, is_html = read_text(element)
    if name_of(element).startswith("atom:"):
        return to_plain(text, is_html=is_html)
    plain = to_plain_text(text).strip()
    if is_ours:
        return plain if has_tag(plain) and not has_tag(text) else text
    return plain if _REFERENCE.search(text) or has_elements(text) else text


def _find_link(node: Node) -> str:
    if link := node.text("link"):
        return link
    links = [one for one in node.all("atom:link") if one.get("rel", "alternate") == "alternate" and one.get("href")]
    pages = [one for one in links if (one.get("type") or "text/html") in ("text/html", "application/xhtml+xml")]
    for one in pages or links:
        return str(one.get("href"))
    guid = node.first("guid")
    address = text_of(guid) if guid is not None and guid.get("isPermaLink") != "false" else ""
    return address if address.startswith(("http://", "https://")) else ""


def _read_bodies(node: Node) -> dict[str, str]:
    """Return `content` and `summary`. Without content, a description with HTML elements becomes the content."""
    long = node.first("content:encoded", "atom:content")
    short = node.first("description", "atom:summary", "itunes:summary")
    content, is_html = read_text(long) if long is not None else ("", True)
    summary, has_html = read_text(short) if short is not None else ("", True)
    if content and not is_html:
        content = format_paragraphs(escape(content, quote=False))
    if not content and has_html and (has_elements(summary) or _FRAME.search(summary)):
        return {"content": summary}
    plain = to_plain(summary, is_html=has_html)
    return {"content": content, "summary": "" if plain == to_plain_text(content).strip() else plain}


def _read_labels(node: Node, channel: _FeedHead) -> dict[str, list[str]]:
    """Return topics and tags. Only feeds of topicfeeds say which categories are topics."""
    labels: dict[str, list[str]] = {"topics": [], "tags": []}
    for one in node.all("category", "atom:category", "dc:subject"):
        scheme = one.get("domain") or one.get("scheme") or ""
        label = one.get("label") or one.get("term") or text_of(one)
        if label := label if channel.is_ours else _decode(label):
            labels["topics" if channel.is_ours and scheme.endswith("/topics/") else "tags"].append(label)
    return {name: list(dict.fromkeys(some)) for name, some in labels.items()}


def _decode(name: str) -> str:
    """Replace references such as `&amp;` in a name with their characters: many programs escape names as HTML."""
    return to_plain_text(name) if _REFERENCE.search(name) else name


def _read_people(node: Node, *, is_ours: bool) -> list[dict[str, str]]:
    """Return the Atom authors and Dublin Core creators, or else the RSS author, such as `ana@example.org (Ana)`."""
    found = [{"name": one.text("atom:name"), "email": one.text("atom:email"), "url": one.text("atom:uri", "atom:url")}
             for one in map(Node, node.all("atom:author"))]  # fmt: skip
    found += [{"name": text_of(one)} for one in node.all("dc:creator")]
    for one in [] if found else node.all("author", "managingEditor", "itunes:author"):
        name, email = parseaddr(text_of(one))
        found.append({"name": name or text_of(one), "email": email if "@" in email and name else ""})
    people = [{key: value for key, value in one.items() if value} for one in found]
    decode = str if is_ours else _decode
    return [one | {"name": decode(one.get("name") or one.get("email") or one["url"])} for one in people if one]


def _read_files(node: Node, page: str) -> dict[str, Any]:
    """Return `image` and `enclosures`."""
    pictures = [one.get("url") or one.get("href") for one in node.all("media:thumbnail", "itunes:image")]
    files: dict[str, dict[str, Any]] = {}
    links = (one for one in node.all("atom:link") if one.get("rel") == "enclosure")
    for one in (*node.all("enclosure"), *links, *node.all("media:content")):
        address, kind = one.get("url") or one.get("href") or "", one.get("type") or ""
        if name_of(one) == "media:content" and (one.get("medium") == "image" or kind.startswith("image/")):
            pictures.append(address)
        elif address:
            length = one.get("length") or one.get("fileSize") or ""
            files.setdefault(address, {
                "url": resolve(one, address, page),
                "type": kind or guess_media_type(address),
                "length": length if length.isdecimal() and int(length[:18]) else None,
                "title": one.get("title"),
            })  # fmt: skip
    image = next((one for one in pictures if one), "")
    return {"image": resolve(node.element, image, page), "enclosures": list(files.values())}


def _add_event(fields: dict[str, Any], node: Node, channel: _FeedHead) -> dict[str, Any]:
    """Add the fields of an event, if the entry has elements of the RSS event module."""
    start = node.text("ev:startdate")
    if not start:
        return fields
    name, point = node.text("ev:location"), node.text("georss:point").split()
    place: Any = name
    if len(point) == 2:
        place = {"name": name or ", ".join(point), "latitude": point[0], "longitude": point[1]}
    event = {"start": start, "end": node.text("ev:enddate"), "location": place, "organizer": node.text("ev:organizer")}
    if channel.is_ours:  # remove the date and the calendar file that topicfeeds added
        event["content"] = strip_lead(fields.get("content", ""), fields.get("summary") or "")
        event["enclosures"] = [one for one in fields["enclosures"] if one["type"] != "text/calendar"]
    return fields | event
