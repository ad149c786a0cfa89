"""A fast path: sanitise simple HTML with a regular expression, without a parser.

Most content has paragraphs, headings, lists and links that are closed and correctly nested. All parsers read such HTML
the same way. A pattern recognises it in half of the time of the sanitiser; all other HTML goes to the sanitiser.
Measured on 2026-11-28 with 10,000 items: a full build of plain articles takes 1.3 times as long without this fast path.
Content with classes, figures and tables gains nothing.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from .plain_urls import PLAIN_PATH
from .players import EMBED
from .rewriting import ResolveAddress

CheckedTag = tuple[str, str]
"""A tag in two forms: with a mark in place of its attributes, for the pattern, and as it is published."""

_MARK = "\x01"
"""No text contains this character, as XML forbids it."""
_TAGS = re.compile("(<[a-z]+[0-9]?[ /][^<>]*>)")
_TAG = re.compile('<([a-z]+[0-9]?)((?: [a-z]+="[^"<>&\r\xa0]*")+)>')
_LABEL = "(?!xn--)[{}](?:[a-z0-9-]*[a-z0-9])?"
_ADDRESS = re.compile(rf"https?://(?:{_LABEL.format('a-z0-9')}\.)*{_LABEL.format('a-z')}(?:{PLAIN_PATH})?")
"""An absolute address that the sanitiser does not change. Hosts that may be IP numbers or punycode do not match."""
_ATTRIBUTE = re.compile('( [a-z]+)="([^"]*)"')
_LINK = re.compile('<a href="([^"<>&]*)">')
_REL = ' rel="noopener noreferrer"'
_TEXT = "[^<>&\r\xa0\ufeff]++|&(?:amp|lt|gt|nbsp);"
_INLINE = "b|code|em|i|s|small|span|strong|sub|sup|u"
_NAMES = {*_INLINE.split("|"), "a", "blockquote", "br", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol",
          "p", "ul"}  # fmt: skip
"""The elements of simple HTML."""
_MAX_INLINE_DEPTH = 3
_MAX_TAGS = 1000
"""The limit of tags in a fragment: the pattern takes 5 KB of memory for each tag."""
_MAX_CACHED_TAG_CHARS = 200
"""Tags with this many characters or more are not cached: their addresses may contain whole pictures."""
_EMPTY = {f"<{name}{end}>": (f"<{name}>",) * 2 for name in ("br", "hr") for end in ("/", " /")}


def sanitize_simple(fragment: str, address: ResolveAddress) -> str | None:
    """Return the sanitised fragment, or None if only the full sanitiser can handle it.

    The fragment must not have characters that XML forbids.
    """
    if len(fragment) > 3 * _MAX_TAGS and fragment.count("<") > _MAX_TAGS:
        return None
    pieces = _TAGS.split(fragment)
    tags: list[CheckedTag] = []
    for tag in pieces[1::2]:
        checked = (len(tag) < _MAX_CACHED_TAG_CHARS and _check_cached_tag(tag)) or _check_tag(tag, address)
        if not checked:
            return None
        tags.append(checked)
    if _MARK in fragment:
        return None
    pieces[1::2] = [bare for bare, _ in tags]
    if not _simple_pattern().fullmatch("".join(pieces)):
        return None
    pieces[1::2] = [written for _, written in tags]
    return "".join(pieces).strip()


@lru_cache(maxsize=5000)
def _check_cached_tag(tag: str) -> CheckedTag | None:
    """Check a tag with absolute addresses only. Its result does not depend on the page, so it is cached."""
    return _check_tag(tag, lambda value, _: value)


def _check_tag(tag: str, address: ResolveAddress) -> CheckedTag | None:
    """Check a tag with attributes; return None if only the sanitiser can handle it."""
    if link := _LINK.fullmatch(tag):
        made = address(link[1], "a")
        return (f"<a{_MARK}>", f'<a href="{made}"{_REL}>') if made and _ADDRESS.fullmatch(made) else None
    found = _TAG.fullmatch(tag)
    if not found or found[1] not in _NAMES:
        return _EMPTY.get(tag)
    name, kept, given = found[1], "", _ATTRIBUTE.findall(found[2])
    for attribute, value in given:
        if (name, attribute) in (("a", " href"), ("img", " src")):
            made = None if name == "img" and value.lstrip()[:1] in ("", "#") else address(value, name)
            if not made or not _ADDRESS.fullmatch(made) or (name == "img" and made == address("", "a")):
                return None  # an address such as `https://` becomes the page's address, which is not a picture
            kept += f'{attribute}="{made}"'
        elif (name, attribute) == ("img", " alt"):
            kept += f'{attribute}="{value}"'
        elif not _is_dropped(name, attribute, value):
            return None
    if len(dict(given)) < len(given) or (name == "img" and " src" not in dict(given)):
        return None
    kept += _REL if name == "a" else ""
    return (f"<{name}{_MARK}>" if kept else f"<{name}>"), f"<{name}{kept}>"


def _is_dropped(name: str, attribute: str, value: str) -> bool:
    """Return whether the sanitiser drops an attribute, or writes it for every link."""
    if attribute == " style":
        return "display" not in value.lower()  # elements that are hidden, or start a line
    if attribute == " class" and ("katex" in value or EMBED.search(value)):
        return False  # formulas and posts that `rewrite` replaces
    return attribute in (" class", " id") or (name == "a" and f'{attribute}="{value}"' == _REL)


@cache
def _simple_pattern() -> re.Pattern[str]:
    """Return the pattern of HTML that all parsers read the same way.

    It can match a text in one way only, which avoids useless backtracking.
    """
    block, quoted, listed, within = (rf"<(?P<{n}>p|h[1-6])>{_inline_pattern(f'{n}i')}</(?P={n})>" for n in "bqlw")
    inner = rf"<(?P<inner>[ou]l)>[ \t\n]*(?:<li>{_inline_pattern('i', within)}</li>[ \t\n]*)*</(?P=inner)>"
    outer = rf"<(?P<outer>[ou]l)>[ \t\n]*(?:<li>{_inline_pattern('o', inner, listed)}</li>[ \t\n]*)*</(?P=outer)>"
    return re.compile(_inline_pattern("t", block, outer, rf"<blockquote>(?:[ \t\n]|{quoted})*</blockquote>", "<hr>"))


def _inline_pattern(name: str, *more: str, above: tuple[str, ...] = (), linked: bool = False) -> str:
    """Return the pattern of text with inline elements and `more`. No element contains another of the same name."""
    parts = [_TEXT, *more, "<br>", f"<img{_MARK}>"]
    if len(above) < _MAX_INLINE_DEPTH:
        unlike = "".join(f"(?!(?P={one})>)" for one in above)
        inside = _inline_pattern(f"{name}e", above=(*above, name), linked=linked)
        parts.append(rf"<{unlike}(?P<{name}>{_INLINE})>{inside}</(?P={name})>")
    if not linked:
        parts.append(f"<a{_MARK}>{_inline_pattern(f'{name}a', above=above, linked=True)}</a>")
    return f"(?:{'|'.join(parts)})*"
