"""The floor: what validating, sanitising and writing cost at least, with pydantic, nh3 and lxml; and no features."""

from __future__ import annotations

from email.utils import format_datetime
from html import escape

from checked import Item, items
from lxml import etree
from selecting import SITE, TITLE, feeds, write

_ATOM = "http://www.w3.org/2005/Atom"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"


def _add(above: etree._Element, name: str, text: str | None = None, **attributes: str) -> None:
    etree.SubElement(above, name, attributes).text = text


def atom(item: Item) -> bytes:
    """Spell an Atom entry."""
    entry = etree.Element("entry")
    _add(entry, "id", item.id)
    _add(entry, "title", item.title)
    moment = item.published.isoformat()
    _add(entry, "updated", moment)
    _add(entry, "published", moment)
    _add(entry, "link", href=item.link, rel="alternate")
    _add(entry, "summary", item.summary)
    _add(entry, "content", item.html, type="html")
    for name in item.topics + item.tags:
        _add(entry, "category", term=name)
    return etree.tostring(entry, encoding="utf-8")


def rss(item: Item) -> bytes:
    """Spell an RSS item."""
    entry = etree.Element("item")
    _add(entry, "title", item.title)
    _add(entry, "link", item.link)
    _add(entry, "description", escape(item.summary, quote=False))
    content = etree.SubElement(entry, f"{{{_CONTENT}}}encoded", nsmap={"content": _CONTENT})
    content.text = item.html
    _add(entry, "guid", item.id, isPermaLink="false")
    _add(entry, "pubDate", format_datetime(item.published))
    for name in item.topics + item.tags:
        _add(entry, "category", name)
    return etree.tostring(entry, encoding="utf-8")


def main() -> None:
    """Write both formats of every feed, of pieces that are made once."""
    everything = {item.id: item for item in items()}
    rows = (
        {"id": item.id, "published": item.published, "topics": item.topics, "tags": item.tags}
        for item in everything.values()
    )
    pieces: dict[str, tuple[bytes, bytes]] = {}
    for path, entries in feeds(rows):
        for row in entries:
            if row["id"] not in pieces:
                item = everything[row["id"]]
                pieces[row["id"]] = atom(item), rss(item)
        title, moment = escape(f"{path} - {TITLE}"), entries[0]["published"].isoformat()
        feed = f"tag:example.org,2026:feed/{path}"
        head = f'<feed xmlns="{_ATOM}"><id>{feed}</id><title>{title}</title><updated>{moment}</updated>'
        head += f'<author><name>{TITLE}</name></author><link href="{SITE}"/>'
        write(path, "atom", b"".join([head.encode(), *(pieces[row["id"]][0] for row in entries), b"</feed>"]))
        head = f'<rss version="2.0" xmlns:content="{_CONTENT}"><channel><title>{title}</title><link>{SITE}</link>'
        head += f"<description>{path}</description>"
        tail = b"</channel></rss>"
        write(path, "rss", b"".join([head.encode(), *(pieces[row["id"]][1] for row in entries), tail]))


if __name__ == "__main__":
    main()
