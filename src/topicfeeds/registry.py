"""The registry of formats: one line for each source format and for each feed format.

To add a format, write its file (`sources/<name>.py` or `formats/<name>.py`), and add its line here. This module loads
quickly, as the check for "nothing to do" imports it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple

EXTENSION_MARK = b"made by topicfeeds"
"""The mark of formats that `Extensions` adds."""


class SourceFormat(NamedTuple):
    """A format of source files. `sources/<name>.py` has its function `read`."""

    suffixes: tuple[str, ...]
    """File suffixes in lower case, with the dot."""
    by_line: bool = False
    """Whether each line is one record. If so, the module also has a function `make_line_reader`."""
    single: bool = False
    """Whether each file is one record."""
    binary: bool = False
    """Whether `read` gets the bytes of the file instead of its text."""


class FeedFormat(NamedTuple):
    """A format of feeds. Threads may share it."""

    suffix: str
    """The end of a document's path, with the dot."""
    media_type: str
    mark: bytes = EXTENSION_MARK
    """Bytes that only files of topicfeeds contain. A file with this mark may be overwritten."""
    is_calendar: bool = False
    """Whether a document contains all events of the feed's calendar, not only the newest entries."""
    render: Callable[[Any, str], bytes] | None = None
    """For formats of `Extensions`: takes a `Feed` and the document's URL, returns bytes that contain the `mark`."""


SOURCE_FORMATS = {
    "csv": SourceFormat((".csv",)),
    "feed": SourceFormat((".atom", ".rss"), binary=True),
    "ics": SourceFormat((".ics", ".ical", ".icalendar")),
    "json": SourceFormat((".json",)),
    "jsonl": SourceFormat((".jsonl", ".ndjson"), by_line=True, binary=True),
    "listing": SourceFormat((".txt",)),
    "markdown": SourceFormat((".md", ".markdown", ".mdown", ".mdx"), single=True),
    "spreadsheet": SourceFormat((".xlsx", ".xlsm", ".ods"), binary=True),
    "toml": SourceFormat((".toml",)),
    "yaml": SourceFormat((".yaml", ".yml")),
}

TABLES = ("csv", "spreadsheet")
"""The source formats whose records are rows: their lists are texts with separators."""

# Every web server sends `.xml` with a media type that all readers accept.
FEED_FORMATS = {
    "atom": FeedFormat(".atom.xml", "application/atom+xml", b">topicfeeds</generator>"),
    "rss": FeedFormat(".rss.xml", "application/rss+xml", b">topicfeeds</generator>"),
    "json": FeedFormat(".json", "application/feed+json", b'"_topicfeeds": {'),
    "ics": FeedFormat(".ics", "text/calendar", b"\nPRODID:-//topicfeeds//", is_calendar=True),
}

PAGE_MARK = b'<meta name="generator" content="topicfeeds">'
"""The mark of web pages."""

OPML_MARK = b"<!-- generator: topicfeeds -->"
"""The mark of the list of feeds."""

TEMPLATE_FILES = ("*.html", "*.css")
"""The patterns of the files that are read from a folder of templates."""

STYLESHEET_PATH = "feed.css"
STYLESHEET_MARK = b"/* generator: topicfeeds */"
"""The mark of the stylesheet of feeds."""

_MEDIA_TYPES = {form.suffix: form.media_type for form in FEED_FORMATS.values()} | {
    ".css": "text/css",
    ".html": "text/html",
    ".opml": "text/x-opml",
}
"""The media type of each suffix of a published file."""

SUFFIXES = {suffix: name for name, one in SOURCE_FORMATS.items() for suffix in one.suffixes}
"""The name of the source format for each suffix."""

_SHEET_ADVICE = "save it as .xlsx, .ods or .csv"
UNSUPPORTED_SUFFIXES = {
    ".xls": _SHEET_ADVICE,
    ".numbers": _SHEET_ADVICE,
    ".docx": "copy its text into a .md or .txt file",
    ".xml": 'if it is a feed or a WordPress export, set format = "feed" in [[sources]]',
}
"""Suffixes that people try, and what to do instead. Remove a suffix when a source format reads it."""

PAGE_SUFFIXES = frozenset(
    {".adoc", ".asciidoc", ".htm", ".html", ".ipynb", ".org", ".qmd", ".rmd", ".rst", ".textile", ".xhtml"}
)
"""Suffixes of pages that site generators read beside Markdown, and no source format reads."""


def find_source_format(path: str) -> str | None:
    """Return the name of a file's source format by its suffix, or None."""
    return SUFFIXES.get(os.path.splitext(path)[1].lower())


def find_media_type(path: str) -> str:
    """Return the media type of a published file, by its suffix."""
    return next(one for suffix, one in _MEDIA_TYPES.items() if path.endswith(suffix))
