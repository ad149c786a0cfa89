"""Sanitise HTML: anybody may write content, and feed readers display the HTML of a feed."""

from __future__ import annotations

import re
import threading
from functools import cached_property, partial
from html import escape, unescape
from typing import TYPE_CHECKING, Any

from . import fast_paths
from .characters import strip_forbidden
from .simple_html import sanitize_simple
from .urls import resolve_url

if TYPE_CHECKING:
    import nh3

_MARGIN = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\ufeff"
"""White space and byte order marks, which are removed at both ends of a fragment."""
# Only these attributes and elements are kept. `class`, `id`, `style` and `cite` are always removed.
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "audio": {"controls", "src"},
    "col": {"span"},
    "colgroup": {"span"},
    "del": {"datetime"},
    "details": {"open"},
    "img": {"alt", "height", "src", "width"},
    "ins": {"datetime"},
    "li": {"value"},
    "ol": {"reversed", "start", "type"},
    "source": {"src", "type"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
    "video": {"controls", "height", "poster", "src", "width"},
}
_TAGS = {
    "abbr", "b", "bdi", "blockquote", "br", "caption", "cite", "code", "dd", "dfn", "div", "dl", "dt", "em",
    "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "kbd", "mark", "p", "pre", "q", "rp",
    "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "tfoot",
    "thead", "tr", "u", "ul", "var", *_ATTRIBUTES,
} - {"*"}  # fmt: skip
# Removed together with their content: code, other languages, and elements that browsers parse by other rules.
_DROPPED = {
    "applet", "button", "canvas", "datalist", "embed", "frameset", "head", "iframe", "listing", "math", "noembed",
    "noframes", "noscript", "object", "optgroup", "option", "plaintext", "script", "select", "style", "svg",
    "template", "textarea", "title", "xmp",
}  # fmt: skip
_ELEMENT = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)(?:[\s/][^<>]*)?>")
_NESTING = re.compile("<(/?)([A-Za-z][A-Za-z0-9]*)")
# Elements without content, and elements that end where the next element of the same kind starts.
_SHALLOW = {"area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta", "option", "p",
            "param", "rp", "rt", "source", "td", "th", "tr", "track", "wbr"}  # fmt: skip


_PRE = re.compile(r"""<pre(?: [a-z]+="[^"]*")*>\n""")
_ADDRESSES = {"href", "src", "poster"}
_MAX_PASSES = 8
_MAX_UNPAIRED_TAGS = 100
"""A text with at most this many `<` is never nested too deeply, so `nesting_depth` does not pair its tags."""


def sanitize(fragment: str, base: str) -> str:
    """Return a sanitised fragment of HTML, with all addresses resolved against `base`.

    Only listed elements and attributes remain. Addresses must start with `http` or `https`; links may also use
    `mailto` and `tel`. The fragment must not have characters that XML forbids. The function is idempotent.
    """
    address = partial(resolve_url, base)
    if fast_paths.ENABLED and (simple := sanitize_simple(fragment, address)) is not None:
        return simple
    _sanitizer.base = base
    made = _clean(fragment, _sanitizer.quick)
    if fast_paths.ENABLED and made == sanitize_simple(made, address):  # a simple fragment cannot change again
        return made
    # Parsers may read the result differently (misplaced tables and links): repeat until it does not change.
    for _ in range(_MAX_PASSES):
        before, made = made, _clean(made, _sanitizer.cleaner)
        if made == before:
            return made
    return escape(to_plain_text(fragment))


_ALLOWED: Any = {
    "tags": _TAGS,
    "clean_content_tags": _DROPPED,
    "attributes": _ATTRIBUTES,
    "url_schemes": {"http", "https", "mailto", "tel"},
}


class _Sanitizer(threading.local):
    """The sanitisers of one thread. Creating a sanitiser takes longer than sanitising a short text."""

    base = ""

    @cached_property
    def cleaner(self) -> nh3.Cleaner:
        """The sanitiser. It calls `_keep` for every attribute."""
        import nh3

        return nh3.Cleaner(**_ALLOWED, attribute_filter=self._keep)

    @cached_property
    def quick(self) -> nh3.Cleaner:
        """A quicker sanitiser. It calls Python for relative addresses only, to resolve them."""
        import nh3

        return nh3.Cleaner(**_ALLOWED, url_relative=lambda value: resolve_url(self.base, value, "a"))

    def _keep(self, tag: str, attribute: str, value: str) -> str | None:
        return resolve_url(self.base, value, tag) if attribute in _ADDRESSES else value


_sanitizer = _Sanitizer()


def _clean(given: str, cleaner: nh3.Cleaner) -> str:
    clean = strip_forbidden(cleaner.clean(given))  # a reference such as &#1; is a character now
    if clean[:1].isspace() or clean[-1:].isspace() or "\ufeff" in clean:
        clean = clean.strip(_MARGIN)
    return _PRE.sub(r"\g<0>\n", clean) if "<pre" in clean else clean  # parsers drop the first line break


def to_plain_text(fragment: str) -> str:
    """Return the plain text of a fragment of HTML, without tags and with character references resolved."""
    import nh3

    return unescape(nh3.clean(strip_forbidden(fragment), tags=set(), clean_content_tags=_DROPPED))


def has_elements(text: str) -> bool:
    """Return whether a text has tags of HTML elements. A text such as `<https://example.org>` or `a < b` has none."""
    return "<" in text and any(name.lower() in _TAGS for name in _ELEMENT.findall(text))


def nesting_depth(fragment: str) -> int:
    """Return an upper bound of the nesting depth. The time to sanitise grows with the square of the depth."""
    if (marks := fragment.count("<")) <= _MAX_UNPAIRED_TAGS:
        return marks
    now = deepest = 0
    for close, name in _NESTING.findall(fragment):
        if name.lower() not in _SHALLOW:
            now = max(0, now - 1) if close else now + 1
            deepest = max(deepest, now)
    return deepest
