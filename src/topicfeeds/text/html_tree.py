"""Trees of HTML: parse fragments as browsers do. nh3 parses, and writes well-formed HTML, which a pattern can read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial
from html import escape, unescape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import nh3

LAZY = ("data-src", "data-lazy-src", "data-original", "data-lazy", "data-orig-src", "data-url", "data-echo",
        "data-lazyload", "data-ll-src", "data-cfsrc", "data-ezsrc", "data-original-src", "data-wpfc-original-src",
        "data-pagespeed-lazy-src", "data-flickity-lazyload", "nitro-lazy-src",
        "suppressedsrc", "uc-src", "consent-original-src-_")  # fmt: skip
"""Attributes from which scripts load a picture or a frame later."""
CELLS = {"td", "th", "tr"}
"""Elements that parsers ignore outside of a table, so that their words run together."""
VOID = {"area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen", "link",
        "meta", "param", "source", "track", "wbr"}  # fmt: skip
"""Elements that have no end tag."""
_ATTRIBUTES = {
    "alt", "alttext", "aria-hidden", "aria-label", "checked", "cite", "class", "close", "colspan", "controls", "data",
    "datetime", "dir", "display", "encoding", "height", "hidden", "href", "id", "lang", "name", "open",
    "poster", "reversed", "role", "rowspan", "scope", "span", "src", "srcset", "start", "style", "title", "type", "url",
    "value", "video-id", "videoid", "width", *LAZY,
}  # fmt: skip
"""The attributes that are kept, in addition to those that start with `data-`."""
_SCHEMES = {"data", "http", "https", "javascript", "mailto", "tel", "vbscript"}
"""The schemes that are kept here, in addition to those that `_SCHEME` finds.

A later step removes and counts the addresses that feeds cannot have.
"""
_DROPPED = {"noscript", "plaintext", "script", "style", "template", "xmp"}
_TAG_NAME = re.compile("(</?)([a-zA-Z][a-zA-Z0-9:._-]*)")
_TOKEN = re.compile(r'<(/?)([a-zA-Z][a-zA-Z0-9:._-]*)((?: [^\s=>]+="[^"]*")*)>|([^<]+)')
_ATTRIBUTE = re.compile(r' ([^\s=>]+)="([^"]*)"')
_CDATA = re.compile(r"(?:% )?<!\[CDATA\[(.*?)(?:(?:%)?\]\]>|\Z)", re.DOTALL)
"""CDATA. In TeX, the marks follow a `%`, which starts a comment."""
_RAW = re.compile(r"<(plaintext|script|xmp)\b([^<>]*+)>(.*?)(?:</(?!p)\1\b[^<>]*+>|\Z)", re.DOTALL | re.IGNORECASE)
_FORMULA = re.compile(r"math/(?:asciimath|mml|tex)")
_SNIPPET = re.compile(
    r"""\bsrc\s*=\s*["']?((?:https?:)?//(?:asciinema\.org|gist\.github\.com|gitlab\.com)/[^"'\s]*)\.js\b"""
)
"""The address of a script that embeds a text of another site. Without `.js`, it is the address of a page."""
_PREFIX = re.compile("(</?)(?:m|mml):(?=m)")
"""The prefix of MathML in XML."""
_CELL = re.compile(r"</?(td|th|tr)(?=[\s/>])[^<>]*>", re.IGNORECASE)
_SCHEME = re.compile(
    r"""=(?:(?<=href=)|(?<=src=)|(?<=data=)|(?<=url=)|(?<=poster=))\s*["']?\s*([A-Za-z][A-Za-z0-9+.-]{0,40}+):"""
)
"""The scheme of an address."""
_CHILDLESS_FRAME = re.compile(r"<(?:frame(?=[\s/>])|iframe(?=[^<>]*/>))", re.IGNORECASE)
_FRAME = re.compile(
    r"(<iframe(?=[\s/>])(?:(?!</?iframe[\s/>]).)*+</iframe)|<(/?)(iframe)(?=[\s/>])", re.DOTALL | re.IGNORECASE
)
# Parsers leave the content of these elements unparsed, so the elements are renamed.
_UNPARSED = re.compile(r"<(/?)(iframe|noembed|noframes|noscript)(?=[\s/>])", re.IGNORECASE)
_RENAMED = re.compile("<(/?)x-(iframe|noembed|noframes|noscript)", re.IGNORECASE)
_RAW_CONTENT = re.compile(r'<(iframe|noembed|noframes)((?: [^\s=>]+="[^"]*")*)>(.*?)(?:</\1>|\Z)', re.DOTALL)
_ROOT = re.compile(r"(</?(?:math|svg)(?=[\s/>]))", re.IGNORECASE)
_MAX_DEPTH = 300
"""Elements nested deeper become siblings."""
_MAX_NAMES = 200
"""The limit of names in `Element.inside`. HTML has fewer elements."""


@dataclass(slots=True)
class Element:
    """An element of HTML. Its texts are escaped, the values of its attributes are not."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)
    inside: set[str] = field(default_factory=set)
    """The names of the elements inside, at any depth."""
    is_blank: bool = True
    """Whether there is no text inside, except for spaces."""

    def elements(self) -> Iterator[Element]:
        """Yield all descendants that are elements, in document order."""
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child.elements()

    def parts(self) -> list[Element]:
        """Return the elements directly inside."""
        return [child for child in self.children if isinstance(child, Element)]

    def texts(self) -> Iterator[str]:
        """Yield the escaped texts inside, in the order of the document."""
        for child in self.children:
            if isinstance(child, str):
                yield child
            else:
                yield from child.texts()

    def text(self, *without: str) -> str:
        """Return the escaped text inside, without the text of some elements."""
        texts = (
            one if isinstance(one, str) else "" if one.name in without else one.text(*without) for one in self.children
        )
        return "".join(texts)


def parse_fragment(fragment: str, attributes: frozenset[str] = frozenset()) -> Element:
    """Return the tree of any fragment. Scripts and styles are left out; unlike in browsers, `noscript` is parsed.

    `attributes` are kept, in addition to the attributes that topicfeeds uses.
    """
    if "<![CDATA[" in fragment:
        fragment = _CDATA.sub(r"\1", fragment)
    fragment = _CHILDLESS_FRAME.sub("<embed", _RAW.sub(_escape_raw, fragment))
    # If a frame has no end tag, parsers treat the rest of the fragment as its content.
    fragment = _FRAME.sub(lambda one: one[1] or f"<{one[2]}x-{one[3]}", fragment)
    if ":math" in fragment:
        fragment = _PREFIX.sub(r"\1", fragment)
    return parse_clean(_normalize(_rename(fragment, "noscript"), attributes))


def _rename(fragment: str, *names: str) -> str:
    """Rename elements, so that their content is parsed."""
    return _UNPARSED.sub(lambda one: f"<{one[1]}x-{one[2]}" if one[2].lower() in names else one[0], fragment)


def _normalize(fragment: str, attributes: frozenset[str]) -> str:
    """Return a fragment as well-formed HTML."""
    names = {name.lower() for _, name in _TAG_NAME.findall(fragment)} - _DROPPED
    names |= {"img"} & {name.replace("image", "img") for name in names}  # parsers replace `image`
    names |= {"foreignObject"} if "foreignobject" in names else set()
    if "table" not in names and not names.isdisjoint(CELLS):
        fragment = _CELL.sub(lambda one: "<br>" if one[1].lower() == "tr" else " ", fragment)
        names.add("br")
    foreign = {name for name in names if _find_root(name)}
    if foreign:
        fragment = _rename_outside(fragment, foreign)
        names |= {f"x-{name}" for name in foreign}
    parse = partial(_parse_content, attributes)
    schemes = frozenset(one.lower() for one in _SCHEME.findall(fragment))
    return _RAW_CONTENT.sub(parse, _normalizer(frozenset(names), attributes, schemes).clean(fragment))


def _parse_content(attributes: frozenset[str], found: re.Match[str]) -> str:
    """Parse the content of an element that parsers leave unparsed. The content of an `iframe` is dropped."""
    content = "" if found[1] == "iframe" else _normalize(_rename(found[3], "noembed", "noframes"), attributes)
    return f"<x-{found[1]}{found[2]}>{content}</x-{found[1]}>"


def _rename_outside(fragment: str, foreign: set[str]) -> str:
    """Rename elements that are outside of SVG and MathML: nh3 would drop the elements, or their content."""

    def rename(found: re.Match[str]) -> str:
        return f"{found[1]}x-{found[2]}" if found[2].lower() in foreign else found[0]

    depth, parts = 0, _ROOT.split(fragment)
    for n, part in enumerate(parts):
        if n % 2:
            depth = max(0, depth - 1) if part[1] == "/" else depth + 1
        elif not depth:
            parts[n] = _TAG_NAME.sub(rename, part)
    return "".join(parts)


@lru_cache(maxsize=200)
def _normalizer(
    names: frozenset[str], attributes: frozenset[str] = frozenset(), schemes: frozenset[str] = frozenset()
) -> nh3.Cleaner:
    """Return a cleaner that keeps these elements, attributes and schemes, and the attributes that topicfeeds uses."""
    import nh3

    return nh3.Cleaner(
        tags=set(names),
        clean_content_tags=_DROPPED,
        attributes={"*": _ATTRIBUTES | attributes},
        generic_attribute_prefixes={"data-"},
        url_schemes=_SCHEMES | schemes,
        link_rel=None,
    )


@lru_cache(maxsize=1000)
def _find_root(name: str) -> str:
    """Return "math" or "svg" if nh3 keeps elements of this name only inside that element, else an empty text."""
    if "x" in _normalizer(frozenset([name])).clean(f"<{name}>x</{name}>"):
        return ""
    inner = {root: f"<{root}><{name}>x</{name}></{root}>" for root in ("math", "svg")}
    return next((root for root, test in inner.items() if "x<" in _normalizer(frozenset([name, root])).clean(test)), "")


def _escape_raw(found: re.Match[str]) -> str:
    """Keep the unparsed content of `plaintext` and `xmp`, and of scripts with a formula.

    A script that embeds a text of another site becomes a frame.
    """
    if found[1].lower() != "script":
        return f"<pre>{escape(found[3])}</pre>"
    if snippet := _SNIPPET.search(found[2]):
        return f'<x-iframe src="{snippet[1]}"></x-iframe>'
    if not _FORMULA.search(found[2]):
        return found[0]
    return found[3] if "math/mml" in found[2] else f"<x-tex>{escape(found[3])}</x-tex>"


def parse_clean(fragment: str) -> Element:
    """Return the tree of a fragment that nh3 wrote."""
    root = Element("")
    path = [root]
    for close, name, attributes, text in _TOKEN.findall(fragment):
        if text:
            path[-1].children.append(text)
            path[-1].is_blank = path[-1].is_blank and (text.isspace() or text == "&nbsp;")
        elif close:
            if any(one.name == name for one in path):
                while _close(path) != name:
                    pass
        else:
            one = Element(name, {key: _read_value(value) for key, value in _ATTRIBUTE.findall(attributes)})
            path[-1].children.append(one)
            path.append(one)
            if name in VOID or len(path) > _MAX_DEPTH:
                _close(path)
    while len(path) > 1:
        _close(path)
    return root


def _close(path: list[Element]) -> str:
    """Close the last element of a path, and return its name."""
    one = path.pop()
    path[-1].inside |= one.inside
    path[-1].is_blank = path[-1].is_blank and one.is_blank
    if len(path[-1].inside) < _MAX_NAMES:
        path[-1].inside.add(one.name)
    return one.name


def _read_value(value: str) -> str:
    return _RENAMED.sub(r"<\1\2", unescape(value)) if "&" in value else value
