"""Pictures: addresses that scripts load later, placeholders, small pictures in `data:` addresses, texts of drawings."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterator, Sequence
from html import unescape
from itertools import pairwise

from .html_tree import LAZY, Element

_CANDIDATE = re.compile(r"([^\s,]\S*+)(?:(?<!,)\s([^,]*+))?")
BLANK_NAME = r"(?:1x1|blank|lazy|loading|pixel|placeholder|spacer|transparent)[\w.-]{0,40}\.(?:gif|jpe?g|png|svg|webp)"
"""The name of a picture that is only there until a script replaces it."""
_BLANK = re.compile(BLANK_NAME, re.IGNORECASE)
_SIZE = re.compile(r"\s*([0-9]{1,6}(?:\.[0-9]{1,6})?)[wx]")
MAX_DATA_PICTURE_BYTES = 8192
_DATA = re.compile(r"data:image/(png|jpe?g|gif|webp);base64,([A-Za-z0-9+/=\s]+)", re.IGNORECASE)
_SIGNATURES = {"png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff", "gif": b"GIF8", "webp": b"RIFF"}


def keep_data_picture(address: str) -> str | None:
    """Return the address of a picture that is small and has the right signature, or None."""
    found = _DATA.fullmatch(address.strip()) if len(address) < 2 * MAX_DATA_PICTURE_BYTES else None
    if not found:
        return None
    kind = found[1].lower().replace("jpg", "jpeg")
    try:
        content = b64decode("".join(found[2].split()), validate=True)
    except Error:
        return None
    is_sound = content.startswith(_SIGNATURES[kind]) and (kind != "webp" or content[8:12] == b"WEBP")
    if len(content) > MAX_DATA_PICTURE_BYTES or not is_sound:
        return None
    return f"data:image/{kind};base64,{b64encode(content).decode()}"


def has_source(one: Element) -> bool:
    """Return whether the `src` of a picture can be the address of a picture."""
    return not one.attributes.get("src", "").strip().startswith(("#", "data:", "about:"))


def find_sets(one: Element) -> list[str]:
    """Return the names of the attributes with several sizes of a picture: first those that a script would load."""
    names = [name for name in one.attributes if "srcset" in name or name == "data-original-set"]
    return sorted(names, key="srcset".__eq__)


def find_loaded(one: Element) -> list[str]:
    """Return the attributes that seem to have an address that some script would load later."""
    names = [name for name in one.attributes if name.startswith("data-") and ("src" in name or "image" in name)]
    return [name for name in names if "placeholder" not in name and "srcset" not in name]


def find_labels(drawing: Element) -> str:
    """Return the title of a drawing in SVG, or its texts. HTML in a drawing is text, too."""
    titles = [one for one in drawing.parts() if one.name == "title"]
    texts = (one.text() for one in titles) if titles else _find_texts(drawing)
    return unescape(" ".join(texts))


def _find_texts(one: Element) -> Iterator[str]:
    if one.name == "foreignObject":
        yield from one.texts()
        return
    if one.name in ("text", "title", "tspan"):
        yield one.text("style", "text", "title", "tspan")
    parts = one.parts()
    for part in parts[:1] if one.name == "switch" else parts:  # a `switch` has the same label in several forms
        yield from _find_texts(part)


def is_lazy(one: Element) -> bool:
    """Return whether a script would load the picture."""
    return find_sets(one)[:1] not in ([], ["srcset"]) or not one.attributes.keys().isdisjoint(LAZY)


def looks_blank(one: Element) -> bool:
    """Return whether the picture looks like a placeholder that a script replaces."""
    return bool(_BLANK.search(one.attributes.get("src", "")))


def choose_candidate(srcset: str) -> str | None:
    """Return the largest picture of a `srcset`."""
    found = [(_read_size(size), address.rstrip(",")) for address, size in _CANDIDATE.findall(srcset)]
    usable = [one for one in found if not one[1].startswith("data:")]
    return max(usable, key=lambda one: one[0])[1] if usable else None


def _read_size(descriptor: str) -> float:
    found = _SIZE.match(descriptor)
    return float(found[1]) if found else 1


def drop_placeholders(children: Sequence[Element | str]) -> Sequence[Element | str]:
    """Leave out pictures that a script would replace, if a `noscript` beside them has the real picture.

    The `noscript` usually follows its picture, but some themes put it first. Each `noscript` replaces one picture.
    """
    if not any(isinstance(one, Element) and one.name == "x-noscript" for one in children):
        return children
    solid = [one for one in children if not isinstance(one, str) or one.strip()]
    gone: set[int] = set()
    paired: set[int] = set()
    pairs = list(pairwise(solid))
    for placeholder, other in [*pairs, *(pair[::-1] for pair in pairs)]:
        if id(other) not in paired and _is_for_others(other) and _is_placeholder(placeholder):
            gone.add(id(placeholder))
            paired.add(id(other))
    return [one for one in children if id(one) not in gone]


def _is_for_others(one: Element | str) -> bool:
    """Return whether an element has pictures or frames for readers without scripts."""
    return isinstance(one, Element) and one.name == "x-noscript" and not one.inside.isdisjoint({"img", "x-iframe"})


def _is_placeholder(one: Element | str) -> bool:
    """Return whether an element only has a picture or a frame that a script would load."""
    lazy = False
    while isinstance(one, Element) and one.name != "x-noscript":
        lazy = lazy or is_lazy(one)
        if one.name in ("img", "x-iframe"):
            return lazy or not one.attributes.get("src") or not has_source(one)
        solid = [child for child in one.children if not isinstance(child, str) or child.strip()][:2]
        one = solid[0] if len(solid) == 1 else ""
    return False
