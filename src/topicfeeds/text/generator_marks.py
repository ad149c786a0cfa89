"""Parts of HTML that only a site generator understands: links to source files, and template tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

GHOST_URL = "__GHOST_URL__/"
"""The start of addresses in exports and databases of Ghost."""

_GHOST_ADDRESS = re.compile(rf"""(?:(?<=["'])|(?<=, )){GHOST_URL}""")
_SOURCE_LINK = re.compile(
    r"""(?i)\bhref=["']?(?![a-z][a-z0-9+.-]{0,20}:|//)"""
    r"""([^"'?#\s<>]{1,200}\.(?:adoc|asciidoc|ipynb|markdown|mdx?|qmd|rmd|rst|textile))(?=["'?#\s>])"""
)
_SUFFIX = re.compile(r"\.(?:adoc|asciidoc|ipynb|[Mm]|qmd|[Rr]md|rst|textile)")
"""What each link to a source file contains. One search for it takes a tenth of the time of a search for links."""
_COMPONENT = re.compile(r"<(/?)(?:code|pre)\b|<[A-Z][\w.]{0,60}|\{[^{}]{0,60}\}?")
_TEMPLATE_TAG = re.compile(
    r"(?i)(?=[<{\[!:%?*&=^-])(?:<(/?)(?:code|pre|script|style)\b"
    r"|(?:\{\{(?:&[lg]t;|[<>%#/]|-? ?(?:[\"']|&quot;|&#39;|\$?\w{1,40}(?:\.\w|\(| \|)))"
    r"|\{%|\{:(?: ?[.#]|[a-z])"
    r"|\{ ?(?:[.#][a-z]|[a-z]{1,20}=))[^{}]{0,60}"
    r"|!?\[\[[a-z{][^\[\]<>]{0,60}|:::+ ?[a-z{]{1,20}"
    r"|\[(?:(?:audio|caption|embed|gallery|playlist|toc|video)(?=[ \]])|/[a-z][\w-]{0,40}\]"
    r"|[a-z][\w-]{0,40} [\w-]{1,40}=)[^\[\]<>]{0,60}"
    r"|(?<=<p>)\[![a-z]{1,20}\]|(?:\{|%7b)(?:attach|author|category|index|static|tag)(?:\}|%7d)"
    r"|\{/(?:\*|[a-z][\w-]{0,40}\})|\{load(?:module|position) [^{}<>]{0,60}|\{[a-z:-]{1,30}\}(?=<code)"
    r"|(?:<|&lt;)(?:%[=#-]? ?[a-z@]|\?(?:php|=))[^<>%]{0,60}|%%[^%<>]{1,60}%%"
    r"|(?<=>)(?:!!!|\?\?\?\+?) [a-z]{1,20}|--8(?:<|&lt;)--|\*\[[^\[\]<>]{1,40}\]: "
    r"|\[\^[\w.-]{1,40}\]|\^\[[a-z][^\[\]<>]{0,59}|(?<![\w=])==[^\s=<>][^=<>]{0,60}(?<!\s)==|(?<=>)===[+!]? [\"&])"
)
"""Tags of Hugo, Jekyll, Joomla, PHP and others; lists of attributes; links of wikis; containers; shortcodes of
WordPress; blocks, roles and included files of MkDocs and Sphinx; comments and highlights of Obsidian; abbreviations;
footnotes without a note; alerts of GitHub; links of Pelican.
"""
_MARKS = ("{", "[", ":::", "<%", "&lt;%", "<?", "&lt;?", "%%", "%7B", "!!!", "???", "--8", "==")
"""Each template tag contains one of these texts. Their last characters are rare, and quick to search for."""


def find_source_links(fragment: str) -> list[str]:
    """Return the addresses of Markdown files, and of similar files, that relative links lead to."""
    return [unescape(found[1]) for found in _SOURCE_LINK.finditer(fragment)] if _SUFFIX.search(fragment) else []


def find_template_tags(fragment: str) -> list[str]:
    """Return the starts of the template tags outside of code."""
    has_mark = any(mark[-1] in fragment and mark in fragment for mark in _MARKS)
    return list(_find_outside_code(_TEMPLATE_TAG, fragment)) if has_mark else []


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
