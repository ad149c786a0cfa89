"""Pelican, with feeds and no HTML pages.

Pelican does not validate or sanitise. URLs relative to the page stay relative. It does not read YAML: a line in its
settings parses the lists in front matter. Titles of feeds are different, and all feeds have the same id. Its RSS cannot
have both a content and a summary: the body is the description.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ..corpus import AUTHOR, LIMIT, SITE, TITLE

_SETTINGS = f"""
from pelican import readers, urlwrappers

readers.METADATA_PROCESSORS["tags"] = lambda text, settings: [
    urlwrappers.Tag(label, settings) for label in text.strip("[]").split(", ")
]
AUTHOR = {AUTHOR!r}
SITENAME = {TITLE!r}
SITEURL = {SITE.rstrip("/")!r}
FEED_DOMAIN = SITEURL
TIMEZONE = "UTC"
ARTICLE_URL = "news/{{slug}}/"
FORMATTED_FIELDS = []
MARKDOWN = {{"extensions": [], "extension_configs": {{}}}}
FEED_MAX_ITEMS = {LIMIT}
RSS_FEED_SUMMARY_ONLY = False
FEED_ALL_ATOM, FEED_ALL_RSS = "all.atom.xml", "all.rss.xml"
CATEGORY_FEED_ATOM, CATEGORY_FEED_RSS = "topics/{{slug}}.atom.xml", "topics/{{slug}}.rss.xml"
TAG_FEED_ATOM, TAG_FEED_RSS = "tags/{{slug}}.atom.xml", "tags/{{slug}}.rss.xml"
AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = TRANSLATION_FEED_ATOM = TRANSLATION_FEED_RSS = None
ARTICLE_SAVE_AS = PAGE_SAVE_AS = AUTHOR_SAVE_AS = CATEGORY_SAVE_AS = TAG_SAVE_AS = ARCHIVES_SAVE_AS = ""
DIRECT_TEMPLATES = STATIC_PATHS = THEME_STATIC_PATHS = PLUGINS = []
"""


def command(content: Path, output: Path) -> list[str]:
    """Write the settings beside the output. Return the command that builds with them."""
    settings = output.with_name("pelicanconf.py")
    settings.write_text(_SETTINGS, "utf-8")
    return [sys.executable, "-m", "pelican", str(content), "-s", str(settings), "-o", str(output), "--quiet"]
