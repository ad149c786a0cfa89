"""Parts of HTML that only a site generator understands: links to source files, and template tags."""

from __future__ import annotations

import re
from html import unescape

_SOURCE_LINK = re.compile(r"""(?i)\bhref=["'](?![a-z][a-z0-9+.-]{0,20}:|//)([^"'?#\s<>]{1,200}\.mdx?)(?=["'?#])""")
_TEMPLATE_TAG = re.compile(r"(?i)<(/?)(?:code|pre)\b|(?:\{\{(?:&lt;|[<%])|\{%)[^{}]{0,60}")


def find_source_link(fragment: str) -> str | None:
    """Return the first address of a Markdown file that a relative link leads to, or None."""
    found = _SOURCE_LINK.search(fragment) if ".md" in fragment else None
    return unescape(found[1]) if found else None


def find_template_tag(fragment: str) -> str | None:
    """Return the start of the first template tag outside of code, or None."""
    depth = 0
    for found in _TEMPLATE_TAG.finditer(fragment) if "{{" in fragment or "{%" in fragment else ():
        if found[0].startswith("<"):
            depth = max(0, depth - 1) if found[1] else depth + 1
        elif not depth:
            return unescape(found[0]).strip()
    return None
