"""Fragments of HTML that are plain: what the sanitiser makes of them is known without a parser.

Most content is of paragraphs, headings, lists and links, well nested and closed, and all parsers read that alike. A
pattern tells it in half of the time of the sanitiser, to which all else is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from itertools import chain, zip_longest

from .addressing import PLAIN

Address = Callable[[str, str], str | None]
"""Gives an address as it is to be published, by how it is written and the element that has it."""
Look = tuple[str, str]
"""A tag with a mark in the place of the attributes that it keeps, and these."""

_MARK = "\x01"
"""No text has it, as XML forbids it."""
_TAGS = re.compile("<[a-z]+[0-9]?[ /][^<>]*>")
_TAG = re.compile('<([a-z]+[0-9]?)((?: [a-z]+="[^"<>&]*")+)>')
_ATTRIBUTE = re.compile('( [a-z]+)="([^"]*)"')
_LINK = re.compile('<a href="([^"<>&]*)">')
_REL = ' rel="noopener noreferrer"'
_TEXT = "[^<>&\r\xa0\ufeff]++|&(?:amp|lt|gt|nbsp);"
_INLINE = "b|code|em|i|s|small|span|strong|sub|sup|u"
_DEEPEST = 3
_EMPTY = {"<br/>": ("<br>", ""), "<br />": ("<br>", ""), "<hr/>": ("<hr>", ""), "<hr />": ("<hr>", "")}


def skimmed(fragment: str, address: Address) -> str | None:
    """Give what the sanitiser makes of a fragment without forbidden characters; None where only it can tell."""
    kept: list[str] = []

    def bare(found: re.Match[str]) -> str:
        tag = found[0]
        look = _known(tag) or _looked_at(tag, address)
        if look is None:
            return "<"  # which the pattern does not take
        if look[1]:
            kept.append(look[1])
        return look[0]

    plain = _TAGS.sub(bare, fragment)
    if not _pattern().fullmatch(plain):
        return None
    if kept:
        plain = "".join(chain.from_iterable(zip_longest(plain.split(_MARK), kept, fillvalue="")))
    return plain.strip()


@lru_cache(maxsize=5000)
def _known(tag: str) -> Look | None:
    """Look at a tag that is the same on any page."""
    return _looked_at(tag, lambda value, _: value)


def _looked_at(tag: str, address: Address) -> Look | None:
    """Look at a tag with attributes; None where the sanitiser has to."""
    if link := _LINK.fullmatch(tag):
        made = address(link[1], "a")
        return (f"<a{_MARK}>", f' href="{made}"{_REL}') if made and PLAIN.fullmatch(made) else None
    found = _TAG.fullmatch(tag)
    if not found:
        return _EMPTY.get(tag)
    name, kept, given = found[1], "", _ATTRIBUTE.findall(found[2])
    for attribute, value in given:
        if (name, attribute) in (("a", " href"), ("img", " src")):
            made = address(value, name)
            if not made or not PLAIN.fullmatch(made):
                return None
            kept += f'{attribute}="{made}"'
        elif (name, attribute) == ("img", " alt"):
            kept += f'{attribute}="{value}"'
        elif attribute not in (" class", " id", " style") and (name != "a" or f'{attribute}="{value}"' != _REL):
            return None
    if len(dict(given)) < len(given):
        return None
    kept += _REL if name == "a" else ""
    return (f"<{name}{_MARK}>" if kept else f"<{name}>"), kept


@cache
def _pattern() -> re.Pattern[str]:
    """Make the pattern of what all parsers read alike. It can be met in one way only, so that none is tried in vain."""
    block, quoted, listed, within = (rf"<(?P<{n}>p|h[1-6])>{_inline(f'{n}i')}</(?P={n})>" for n in "bqlw")
    inner = rf"<(?P<inner>[ou]l)>[ \t\n]*(?:<li>{_inline('i', within)}</li>[ \t\n]*)*</(?P=inner)>"
    outer = rf"<(?P<outer>[ou]l)>[ \t\n]*(?:<li>{_inline('o', inner, listed)}</li>[ \t\n]*)*</(?P=outer)>"
    return re.compile(_inline("t", "<hr>", block, outer, rf"<blockquote>(?:[ \t\n]|{quoted})*</blockquote>"))


def _inline(name: str, *more: str, above: tuple[str, ...] = (), linked: bool = False) -> str:
    """Write the pattern of text with what may stand in a line, and more; no element stands in its like."""
    parts = [_TEXT, "<br>", f"<img{_MARK}>", *more]
    if len(above) < _DEEPEST:
        unlike = "".join(f"(?!(?P={one})>)" for one in above)
        inside = _inline(f"{name}e", above=(*above, name), linked=linked)
        parts.append(rf"<{unlike}(?P<{name}>{_INLINE})>{inside}</(?P={name})>")
    if not linked:
        parts.append(f"<a{_MARK}>{_inline(f'{name}a', above=above, linked=True)}</a>")
    return f"(?:{'|'.join(parts)})*"
