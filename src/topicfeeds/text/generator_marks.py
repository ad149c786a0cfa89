"""Parts of HTML that only a site generator understands: links to source files, and template tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

GHOST_URL = "__GHOST_URL__/"
"""The start of addresses in exports and databases of Ghost."""

_GHOST_ADDRESS = re.compile(rf"""(?:(?<=["'])|(?<=, )){GHOST_URL}""")
_SOURCE_LINK = re.compile(
    r"""(?i)\bhref=["'](?![a-z][a-z0-9+.-]{0,20}:|//)([^"'?#\s<>]{1,200}\.(?:mdx?|markdown))(?=["'?#])"""
)
_COMPONENT = re.compile(r"<(/?)(?:code|pre)\b|<[A-Z][\w.]{0,60}|\{[^{}]{0,60}\}?")
_TEMPLATE_TAG = re.compile(
    r"(?i)<(/?)(?:code|pre)\b|(?:\{\{(?:&lt;|[<%]|-? ?\w{1,40}\.\w)|\{%|\{: ?[.#])[^{}]{0,60}"
    r"|!?\[\[[a-z][^\[\]<>]{0,60}|:::+ ?[a-z]{1,20}"
    r"|\[(?:audio|caption|embed|gallery|playlist|video)(?=[ \]])[^\[\]<>]{0,60}"
)
"""Tags of Hugo, Jekyll and others; links of wikis; containers; shortcodes of WordPress."""


def find_source_links(fragment: str) -> list[str]:
    """Return the addresses of Markdown files that relative links lead to."""
    return [unescape(found[1]) for found in _SOURCE_LINK.finditer(fragment)] if ".m" in fragment else []


def find_template_tags(fragment: str) -> list[str]:
    """Return the starts of the template tags outside of code."""
    has_start = "{" in fragment or "[" in fragment or ":::" in fragment
    return list(_find_outside_code(_TEMPLATE_TAG, fragment)) if has_start else []


def find_components(fragment: str) -> list[str]:
    """Return the starts of the components and expressions of MDX outside of code."""
    return list(_find_outside_code(_COMPONENT, fragment))


def _find_outside_code(pattern: re.Pattern[str], fragment: str) -> Iterator[str]:
    depth = 0
    for found in pattern.finditer(fragment):
        if found[1] is not None:
            depth = max(0, depth - 1) if found[1] else depth + 1
        elif not depth:
            yield unescape(found[0]).strip()


def fill_in_ghost_url(fragment: str, url: str) -> str:
    """Replace Ghost's placeholder at the start of addresses with the address of the site."""
    return _GHOST_ADDRESS.sub(lambda _: url, fragment) if GHOST_URL in fragment else fragment
