"""Characters: find blank text and marks that change the direction of text, remove what XML forbids, fold white space.

Most readers reject a whole feed for a single character that XML forbids.
"""

from __future__ import annotations

import re
import unicodedata
from html import unescape

NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
)
"""Code points that are never characters (Unicode 23.7), for a set in a regular expression."""
# XML 1.0 (2.2) forbids C0 controls, U+FFFE, U+FFFF and surrogates. Validators also flag C1 controls and noncharacters.
_FORBIDDEN = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{NONCHARACTERS}]")
_REFERENCE = re.compile("&#(?:[xX][0-9a-fA-F]+|[0-9]+);?")
_MAX_REFERENCE_CHARS = 1000
"""Longer references are not decoded: Python refuses numbers with thousands of digits."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_TAG = re.compile("<[A-Za-z/!?]")
_ENCODED = re.compile("&(?:[A-Za-z][A-Za-z0-9]{1,30}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});")
_BLANKS = re.compile("[ \t\r\n]+")

LOOKS_LIKE_MARKUP = "it looks like HTML or XML (check the program that creates the file)"
"""The message about a file that starts with `<` and is not in its format, such as an error page of a web server."""

TAG_IN_NAME = "has a < that some readers treat as the start of an HTML tag (remove the <, or put a space after it)"
"""A warning about a name. The name is published unchanged: if it were escaped, most readers would show it wrongly."""
_EDGES = "\u00ad\u200b\u2060\ufeff"
"""Invisible characters that only have a meaning between others: soft hyphen, zero width space, word joiner."""
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")

_BLANK_CATEGORIES = {"Zs", "Zl", "Zp", "Cc", "Cf", "Cn", "Co"}
"""Spaces and controls: all of Z and C except surrogates, which become the visible character U+FFFD."""
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Invisible characters of other categories: joiners, fillers, variation selectors."""


def is_blank(value: str) -> bool:
    """Return whether a text shows nothing: it has only white space, control characters and invisible characters.

    `strip_forbidden`, `to_one_line`, `strip_edges` and `strip_bidi_controls` only remove such characters. So a text
    that is not blank never becomes blank when it is cleaned.
    """
    if "!" <= value[:1] <= "~":  # most texts start like this, and the check takes a tenth of the time
        return False
    return all(unicodedata.category(c) in _BLANK_CATEGORIES or _INVISIBLE.match(c) for c in value)


def strip_forbidden(value: str) -> str:
    """Return a text without characters that XML forbids. Lone surrogates become U+FFFD; line breaks are kept."""
    if value.replace("\n", "").isprintable():  # true for most texts, and ten times as fast
        return value
    return _SURROGATE.sub("\ufffd", _FORBIDDEN.sub("", value))


def strip_broken_references(fragment: str) -> tuple[str, list[str]]:
    """Remove references to forbidden characters, such as `&#0;` and `&#xD800;`, from HTML.

    Return the HTML, and the removed references.
    """
    broken = {one for one in _REFERENCE.findall(fragment) if _is_broken(one)} if "&#" in fragment else set()
    kept = _REFERENCE.sub(lambda one: "" if one[0] in broken else one[0], fragment) if broken else fragment
    return kept, sorted(broken)


def decode_broken_references(fragment: str) -> str:
    """Replace references to forbidden characters in HTML with these characters. Invalid numbers become U+FFFE."""
    if "&#" in fragment:
        fragment = _REFERENCE.sub(lambda one: _decode(one[0]) if _is_broken(one[0]) else one[0], fragment)
    return _SURROGATE.sub("\ufffe", fragment)


def _is_broken(reference: str) -> bool:
    return len(reference) > _MAX_REFERENCE_CHARS or not strip_forbidden(unescape(reference)).strip("\ufffd")


def _decode(reference: str) -> str:
    if len(reference) > _MAX_REFERENCE_CHARS:
        return "\ufffe"
    digits = reference.strip("&#;").lower()
    code = int(digits.lstrip("x"), 16 if digits.startswith("x") else 10)
    return chr(code) if code < 0xD800 else "\ufffe"


def to_one_line(value: str) -> str:
    """Return a text on one line, without byte order marks and characters that XML forbids.

    Each run of spaces, tabs and line breaks becomes one space.
    """
    if value.isprintable() and "  " not in value:
        return value.strip()
    return _BLANKS.sub(" ", strip_forbidden(value).replace("\ufeff", "")).strip()


def strip_edges(value: str) -> str:
    """Return a text without invisible characters at both ends: names that differ only in them become the same."""
    return value.strip(f" {_EDGES}")


def has_tag(value: str) -> bool:
    """Return whether a reader that treats this plain text as HTML would find a tag."""
    return "<" in value and bool(_TAG.search(value))


def find_reference(value: str) -> str:
    """Return the first character reference of HTML in a plain text, such as `&amp;`, or an empty text."""
    found = _ENCODED.findall(value) if "&" in value else ()
    return next((one for one in found if unescape(one) != one), "")


def has_bidi_controls(value: str) -> bool:
    """Return whether a text has directional embeddings, overrides or isolates (Unicode Bidirectional Algorithm, 2)."""
    return bool(_BIDI.search(value))


def strip_bidi_controls(value: str) -> str:
    """Return a text without directional embeddings, overrides and isolates."""
    return _BIDI.sub("", value)
