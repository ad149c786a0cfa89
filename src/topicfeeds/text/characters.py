"""Characters: what XML forbids, white space, and marks that turn the direction of text.

A character that XML forbids costs a whole feed in most readers.
"""

from __future__ import annotations

import re

# XML 1.0 forbids C0 controls, U+FFFE, U+FFFF and surrogates (2.2); validators flag C1 controls too.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANKS = re.compile("[ \t\r\n]+")

LOOKS_LIKE_MARKUP = "it looks like HTML or XML (check the program that creates the file)"
"""What messages say of a file in another format that starts with `<`, as error pages of web servers do."""


_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")


def strip_forbidden(value: str) -> str:
    """Remove characters that XML forbids; a lone surrogate becomes U+FFFD. Line breaks stay."""
    if value.replace("\n", "").isprintable():  # in a tenth of the time that the patterns take, and most texts are
        return value
    return _SURROGATE.sub("\ufffd", _FORBIDDEN.sub("", value))


def to_one_line(value: str) -> str:
    """Make `text` of one line: blanks and line breaks fold to a space, a byte order mark goes."""
    if value.isprintable() and "  " not in value:
        return value.strip()
    return _BLANKS.sub(" ", strip_forbidden(value).replace("\ufeff", "")).strip()


def has_bidi_controls(value: str) -> bool:
    """Tell whether a text has overrides or isolates of direction (Unicode Bidirectional Algorithm, 2)."""
    return bool(_BIDI.search(value))


def strip_bidi_controls(value: str) -> str:
    """Take out overrides and isolates of direction."""
    return _BIDI.sub("", value)
