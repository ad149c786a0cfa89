"""The floor: a hand-written program with the same input and output, without features and messages.

pydantic validates each item. Each item in a feed is sanitised once with nh3, and rendered once in each format, with
string templates, which are faster than lxml. Files are written in place. Only items that are in a feed are kept in
memory.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from email.utils import format_datetime
from heapq import heappush, heappushpop
from html import escape
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter

from ..corpus import AUTHOR, LIMIT, SITE, TITLE
from ._cleaning import Cleaner
from ._model import Article
from ._plain import categories, folders, slug

Rank = tuple[float, str]
Held = tuple[Rank, Article]


class _Rendered(NamedTuple):
    atom: bytes
    rss: bytes


_ATOM = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
  <id>tag:example.org,2026:feed/{path}</id>
  <title>{title}</title>
  <updated>{updated}</updated>
  <author>
    <name>{author}</name>
  </author>
  <link href="{site}" rel="alternate" type="text/html"/>
  <link href="{site}{path}.rss.xml" rel="alternate" type="application/rss+xml"/>
  <link href="{site}{path}.atom.xml" rel="self" type="application/atom+xml"/>
  <generator>floor</generator>
"""
_RSS = """<?xml version='1.0' encoding='UTF-8'?>
<rss xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" version="2.0">
  <channel>
    <title>{title}</title>
    <link>{site}</link>
    <description>{title}</description>
    <atom:link href="{site}{path}.rss.xml" rel="self" type="application/rss+xml"/>
    <atom:link href="{site}{path}.atom.xml" rel="alternate" type="application/atom+xml"/>
    <generator>floor</generator>
    <language>en</language>
    <lastBuildDate>{updated}</lastBuildDate>
    <dc:creator>{author}</dc:creator>
"""


def publish(lines: Path, output: Path) -> None:
    """Write all documents."""
    folders(output)
    cleaner, rendered = Cleaner(), dict[str, _Rendered]()
    for name, articles in _select(lines).items():
        for article in articles:
            if article.id not in rendered:
                rendered[article.id] = _render(article, cleaner)
        _write(name, articles, [rendered[article.id] for article in articles], output)


def _select(lines: Path) -> Mapping[str, list[Article]]:
    """Keep the newest articles of each feed, newest first."""
    feeds: dict[str, list[Held]] = {}
    for article in _read(lines):
        held = ((article.published.timestamp(), article.id), article)
        for name in ["all", *map("topics/{}".format, article.topics), *map("tags/{}".format, article.tags)]:
            heap = feeds.setdefault(name, [])
            if len(heap) < LIMIT:
                heappush(heap, held)
            elif held[0] > heap[0][0]:
                heappushpop(heap, held)
    return {name: [article for _, article in sorted(heap, reverse=True)] for name, heap in feeds.items()}


def _read(lines: Path) -> Iterator[Article]:
    validate = TypeAdapter(Article).validate_json
    with lines.open("rb") as file:
        yield from map(validate, file)


def _write(name: str, articles: list[Article], rendered: list[_Rendered], output: Path) -> None:
    path, newest = slug(name), articles[0].published
    title = escape(TITLE if name == "all" else f"{name.rpartition('/')[2]} - {TITLE}", quote=False)
    known = {"path": path, "title": title, "author": AUTHOR, "site": SITE}
    atom = _ATOM.format(updated=_moment(newest.isoformat()), **known).encode()
    rss = _RSS.format(updated=format_datetime(newest), **known).encode()
    with (output / f"{path}.atom.xml").open("wb") as file:
        file.write(b"".join([atom, *(one.atom for one in rendered), b"</feed>\n"]))
    with (output / f"{path}.rss.xml").open("wb") as file:
        file.write(b"".join([rss, *(one.rss for one in rendered), b"  </channel>\n</rss>\n"]))


def _render(article: Article, cleaner: Cleaner) -> _Rendered:
    title, link = escape(article.title, quote=False), escape(article.link)
    body = escape(cleaner.clean(article.content or "", article.link), quote=False)
    summary = escape(article.summary or "", quote=False)
    labels = categories({"topics": article.topics, "tags": article.tags})
    published, identity = _moment(article.published.isoformat()), escape(article.id, quote=False)
    terms = "".join(
        f'    <category term="{label["term"]}" scheme="{label["scheme"]}" label="{escape(label["label"])}"/>\n'
        for label in labels
    )
    domains = "".join(
        f'      <category domain="{label["scheme"]}">{escape(label["label"], quote=False)}</category>\n'
        for label in labels
    )
    atom = (
        f"  <entry>\n    <id>{identity}</id>\n    <title>{title}</title>\n    <updated>{published}</updated>\n"
        f'    <content type="html">{body}</content>\n    <link href="{link}" rel="alternate"/>\n'
        f"    <summary>{summary}</summary>\n{terms}    <published>{published}</published>\n  </entry>\n"
    )
    rss = (
        f"    <item>\n      <title>{title}</title>\n      <link>{link}</link>\n"
        f"      <description>{escape(summary, quote=False)}</description>\n"
        f"      <content:encoded>{body}</content:encoded>\n"
        f'      <guid isPermaLink="false">{identity}</guid>\n{domains}'
        f"      <pubDate>{format_datetime(article.published)}</pubDate>\n    </item>\n"
    )
    return _Rendered(atom.encode(), rss.encode())


def _moment(text: str) -> str:
    return text.replace("+00:00", "Z")


if __name__ == "__main__":
    publish(*map(Path, sys.argv[1:]))
