"""Slugs: they name feeds in paths and never change. Labels of one tag share a slug, all others differ."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from functools import cache

RESERVED = frozenset(
    ["index", "all", "feeds", "con", "prn", "aux", "nul"]
    + [f"{device}{n}" for device in ("com", "lpt") for n in range(10)]  # files that Windows keeps for itself
)
MAX_SLUG_CHARS = 60
_PLAIN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_HASHED = re.compile(r"-[0-9a-f]{10}$")


def is_slug(text: str) -> bool:
    """Tell whether a text can stand in a path as it is, and is no made-up slug's form."""
    return (
        bool(_PLAIN.fullmatch(text))
        and len(text) <= MAX_SLUG_CHARS
        and text not in RESERVED
        and not _HASHED.search(text)
    )


def tag_key(label: str) -> str:
    """Give what labels of one tag have in common: case, Unicode form, white space and hyphens do not count."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", label).casefold())
    return re.sub(r"[\s-]+", "-", folded).strip("-")


def make_slug(label: str) -> str:
    """Name any text by a path segment: the same for equal keys, another for any other, whatever else there is."""
    key = tag_key(label)
    return key if is_slug(key) else make_hashed_slug(key)


def make_hashed_slug(key: str) -> str:
    """Name a key by what ASCII has of it, and ten hexadecimal digits of its SHA-256."""
    digest = hashlib.sha256(re.sub("[\ud800-\udfff]", "\ufffd", key).encode()).hexdigest()
    return f"{make_readable(key)}-{digest[:10]}"


def make_readable(text: str) -> str:
    """Spell a text in small letters, digits and hyphens: at most 48, accents dropped, `x` where nothing is left."""
    letters = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.category(c).startswith("M"))
    return re.sub(r"[^a-z0-9]+", "-", letters.lower())[:48].strip("-") or "x"


def make_topic_slugger(declared: Collection[str]) -> Callable[[str], str]:
    """Return the function that gives a topic its slug: a declared topic is its own; without any, as for a tag."""
    return str if declared else make_slug


def make_tag_slugger(declared: Mapping[str, str]) -> Callable[[str], str]:
    """Return the function that gives a tag its slug; `declared` has the slugs that the publisher chose, by label."""
    chosen = {tag_key(label): slug for label, slug in declared.items()}
    taken = set(chosen.values())

    @cache
    def slug(label: str) -> str:
        key = tag_key(label)
        made = chosen.get(key) or make_slug(label)
        return make_hashed_slug(key) if key not in chosen and made in taken else made

    return slug
