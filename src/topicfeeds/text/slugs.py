"""Slugs: the names of feeds in paths. They never change.

Labels of the same tag have the same slug. All other labels have different slugs.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from functools import cache

RESERVED = frozenset(
    ["index", "all", "feeds", "con", "prn", "aux", "nul"]
    + [f"{device}{n}" for device in ("com", "lpt") for n in range(10)]  # device names that Windows reserves
)
MAX_SLUG_CHARS = 60
_PLAIN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_HASHED = re.compile(r"-[0-9a-f]{10}$")


def is_slug(text: str) -> bool:
    """Return whether a text can be used as a slug unchanged. Texts that look like hashed slugs cannot."""
    return (
        bool(_PLAIN.fullmatch(text))
        and len(text) <= MAX_SLUG_CHARS
        and text not in RESERVED
        and not _HASHED.search(text)
    )


def is_hashed_slug(text: str) -> bool:
    """Return whether a text looks like a slug that `make_hashed_slug` made."""
    return bool(_PLAIN.fullmatch(text)) and len(text) <= MAX_SLUG_CHARS and bool(_HASHED.search(text))


def tag_key(label: str) -> str:
    """Return the key of a label. All labels of one tag have the same key.

    Case and Unicode form do not matter. Each run of white space and hyphens becomes one hyphen.
    """
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", label).casefold())
    return re.sub(r"[\s-]+", "-", folded).strip("-")


def make_slug(label: str) -> str:
    """Return the slug of any label: its key if the key is a slug, else a hashed slug.

    Labels with equal keys have equal slugs, and other labels have other slugs. The result depends on no other label.
    """
    key = tag_key(label)
    return key if is_slug(key) else make_hashed_slug(key)


def make_hashed_slug(key: str) -> str:
    """Return a slug from the readable part of a key and ten hexadecimal digits of the key's SHA-256."""
    digest = hashlib.sha256(re.sub("[\ud800-\udfff]", "\ufffd", key).encode()).hexdigest()
    return f"{make_readable(key)}-{digest[:10]}"


def make_readable(text: str) -> str:
    """Convert a text to lower-case letters, digits and hyphens, at most 48 characters. Accents are removed.

    Returns `x` if nothing is left.
    """
    letters = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.category(c).startswith("M"))
    return re.sub(r"[^a-z0-9]+", "-", letters.lower())[:48].strip("-") or "x"


def make_topic_slugger(declared: Collection[str]) -> Callable[[str], str]:
    """Return the function that makes the slug of a topic.

    If the site declares topics, items name topics by slug. Otherwise, slugs are made from labels, as for tags.
    """
    return str if declared else make_slug


def make_tag_slugger(declared: Mapping[str, str]) -> Callable[[str], str]:
    """Return the function that makes the slug of a tag's label.

    `declared` maps labels to slugs that the publisher chose. Another tag with the same slug gets a hashed slug.
    """
    chosen = {tag_key(label): slug for label, slug in declared.items()}
    taken = set(chosen.values())

    @cache
    def slug(label: str) -> str:
        key = tag_key(label)
        made = chosen.get(key) or make_slug(label)
        return make_hashed_slug(key) if key not in chosen and made in taken else made

    return slug
