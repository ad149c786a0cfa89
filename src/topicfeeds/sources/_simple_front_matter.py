"""A fast path: a regular expression reads front matter with one field on each line. YAML gives the same result.

Measured on 2026-11-28 with 10,000 Markdown files: a full build takes 1.15 times as long without it.
"""

from __future__ import annotations

import re
from typing import Any

from ._raw import RawRecord

NULLS = {"", "~", "null", "Null", "NULL"}
"""The plain scalars that are null in YAML."""
# Most front matter has a name and a text, or a name and a list of words, on each line. YAML reads everything else.
_WORD = r"[^\W_](?:[\w .&'/+-]*[\w.&'/+-])?"
_TEXT = r"[^\W_](?:[^:#]++|:(?![ ]|$)|(?<![ ])\#)*"
_FIELD = re.compile(
    rf"""([A-Za-z][A-Za-z0-9_-]*):[ ]+(?:"([^"\\]*)"|\[({_WORD}(?:,[ ]*{_WORD})*)[ ]?\]|({_TEXT}))[ ]*"""
)


def read_simple(text: str) -> RawRecord | None:
    """Read front matter that has one field on each line. Return None if YAML has to read it.

    The text starts with a line break.
    """
    fields: dict[str, Any] = {}
    lines: dict[str, int] = {}
    if not text.replace("\n", "").isprintable():
        return None
    for number, line in enumerate(text.removesuffix("\n").split("\n")[1:], 2):
        found = _FIELD.fullmatch(line)
        if not found:
            return None
        name, quoted, words, plain = found.groups()
        texts = [plain.rstrip(" ")] if plain else [text.strip(" ") for text in words.split(",")] if words else []
        if name in fields or name in NULLS or not NULLS.isdisjoint(texts):
            return None
        fields[name], lines[name] = texts[0] if plain else texts if words else quoted, number
    return RawRecord(fields, 2, lines) if fields else None
