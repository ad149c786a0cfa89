"""Rewriting of HTML: what feeds cannot contain becomes links, pictures or text, and words stay apart.

The result is not sanitised. `text/html.py` does that afterwards.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from html import escape, unescape

from .data_pictures import keep_data_picture
from .formulas import find_annotation, spell_formula
from .html_tree import LAZY, LAZY_SETS, VOID, Element, parse_fragment

Resolve = Callable[[str, str], str | None]
"""Takes an address as written and the name of its element. Returns the address to publish, or None."""

_BECOME = {
    **dict.fromkeys(
        (
            "address article aside body center dialog fieldset footer form frameset header hgroup html legend main "
            "marquee nav optgroup search section"
        ).split(),
        "div",
    ),
    **{"acronym": "abbr", "dir": "ul", "listing": "pre", "menu": "ul", "strike": "s", "tt": "code"},
}
"""Elements that become others. These block elements become `div`, so that their lines stay lines."""
_UNWRAPPED = {"basefont", "big", "blink", "data", "font", "head", "nobr", "rb", "rtc", "slot", "spacer", "wbr"}
"""Inline elements whose content is kept as it is."""
_LEFT_OUT = {"base", "col", "colgroup", "datalist", "link", "meta", "param", "script", "style", "title", "track"}
_FIELDS = {"input", "keygen", "select", "textarea"}
_FRAMES = {"bgsound", "embed", "fencedframe", "portal", "x-frame", "x-iframe"}
_INLINE = {"a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "h1", "h2", "h3", "h4", "h5", "h6", "i",
           "ins", "kbd", "label", "mark", "p", "pre", "q", "s", "samp", "small", "span", "strong", "sub", "summary",
           "sup", "u", "var"}  # fmt: skip
"""Elements in which no paragraph can start."""
_NO_LINES = {"a", "abbr", "audio", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "i", "img", "ins", "kbd",
             "mark", "q", "rp", "rt", "ruby", "s", "samp", "small", "source", "span", "strong", "sub", "sup", "time",
             "u", "var", "video"}  # fmt: skip
"""Elements of the sanitiser that do not start a line."""
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_PLAYER = re.compile(r"youtu|vimeo|player|video|audio|sound|music|spotify|podcast|\.mp[34]\b", re.IGNORECASE)
_MAP = re.compile(r"\bmaps?\b|maps\.|/map|openstreetmap", re.IGNORECASE)
_PICTURE = re.compile(r"\.(?:avif|gif|jpe?g|png|webp)(?:[?#]|$)", re.IGNORECASE)
_VIDEO_PAGES = {"youtube": "https://www.youtube.com/watch?v=", "vimeo": "https://vimeo.com/"}
_CANDIDATE = re.compile(r"([^\s,]\S*+)(?:(?<!,)\s([^,]*+))?")
_CLOSING, _OPENING = tuple(",.;:!?)]}%»”’"), tuple("([{«“‘/-")
_PHRASES = {
    "player": ("player became a link", "players became links"),
    "map": ("map became a link", "maps became links"),
    "frame": ("frame became a link", "frames became links"),
    "area": ("area of a picture became a link", "areas of pictures became links"),
    "formula": ("formula became text", "formulas became text"),
    "drawing": ("drawing became text", "drawings became text"),
    "picture": ("picture became its description", "pictures became their descriptions"),
    "player lost": ("player without an address was left out", "players without an address were left out"),
    "frame lost": ("frame without an address was left out", "frames without an address were left out"),
    "drawing lost": ("drawing was left out", "drawings were left out"),
    "picture lost": ("picture without an address was left out", "pictures without an address were left out"),
    "field": ("form field was left out", "form fields were left out"),
    "hidden": ("hidden part was left out", "hidden parts were left out"),
    "link": ("link lost its address", "links lost their addresses"),
}
"""The changes that a reader would notice, for one and for several."""


def describe_changes(changes: Mapping[str, int]) -> str:
    """Return changes with their counts, such as "1 player became a link, 2 formulas became text"."""
    return ", ".join(f"{changes[kind]} {words[changes[kind] > 1]}" for kind, words in _PHRASES.items() if changes[kind])


def rewrite(fragment: str, allowed: dict[str, set[str]], resolve: Resolve) -> tuple[str, Counter[str]]:
    """Return HTML that keeps the meaning of a fragment, and counts of the changes that a reader would notice.

    `allowed` has the elements that the sanitiser keeps, and their attributes.
    """
    writer = _Writer(allowed, resolve)
    writer.add_all(parse_fragment(fragment).children)
    return "".join(writer.parts), writer.changes


class _Writer:
    def __init__(self, allowed: dict[str, set[str]], resolve: Resolve) -> None:
        self.parts: list[str] = []
        self.changes: Counter[str] = Counter()
        self._allowed, self._resolve = allowed, resolve
        self._last = ""
        """The last character of the line."""
        self._has_gap = False
        """Whether something between the last character and the next one was left out."""
        self._path: list[str] = []
        self._picture: str | None = None
        """The address of the last picture."""

    def add_all(self, children: list[Element | str]) -> None:
        for child in _drop_placeholders(children):
            if isinstance(child, str):
                self.add_text(child)
            elif _is_hidden(child):
                self.changes["hidden"] += bool(child.text("math", "svg").strip() and child.name != "x-iframe")
            else:
                self._add(child)

    def add_text(self, text: str) -> None:
        if self._has_gap and self._last.strip() and text[:1].strip():
            if not text.startswith(_CLOSING) and self._last not in _OPENING:
                self.parts.append(" ")
        if text:
            self._has_gap, self._last = False, text[-1]
            self.parts.append(text)

    def _add(self, one: Element) -> None:
        name = one.name
        if method := _METHODS.get(name):
            method(self, one)
        elif name in _FRAMES:
            self._add_frame(one)
        elif name in _FIELDS:
            self._add_field(one)
        elif name in _BECOME or name in self._allowed:
            self._keep(one, _BECOME.get(name, name))
        elif name in _UNWRAPPED:
            self._unwrap(one)
        elif name not in _LEFT_OUT:
            self._add_unknown(one)

    def _keep(self, one: Element, name: str) -> None:
        """Write an element under a name that the sanitiser keeps."""
        names = self._allowed["*"] | self._allowed.get(name, set())
        given = one.attributes
        if name == "a" and "href" in given and self._resolve(given["href"], name) is None:
            self.changes["link"] += 1
        self._open(name, {key: value for key, value in given.items() if key in names})
        self._unwrap(one)
        self._close(name)

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        if name not in _NO_LINES:
            self._last, self._has_gap = "", False
        self.parts.append(_write_tag(name, attributes))
        self._path.append(name)

    def _close(self, name: str) -> None:
        self._path.pop()
        if name not in VOID:
            self.parts.append(f"</{name}>")
        if name not in _NO_LINES:
            self._last, self._has_gap = "", False

    def _unwrap(self, one: Element) -> None:
        self.add_all(one.children)

    def _unwrap_apart(self, one: Element) -> None:
        """Write the content of an element. A space keeps it apart from the words around it."""
        self._has_gap = True
        self.add_all(one.children)
        self._has_gap = True

    def _add_apart(self, text: str) -> None:
        """Write unescaped text that stands for an element."""
        self._has_gap = True
        self.add_text(escape(text.strip(), quote=False))
        self._has_gap = True

    def _add_link(self, address: str, title: str | None) -> None:
        """Write a link: in a paragraph of its own if a paragraph can start here."""
        text = (title or "").strip() or address
        if "a" in self._path:
            self._add_apart(text)
            return
        names = ("a",) if any(name in _INLINE for name in self._path) else ("p", "a")
        for name in names:
            self._open(name, {"href": address} if name == "a" else {})
        self._add_apart(text)
        for name in reversed(names):
            self._close(name)

    def _add_frame(self, one: Element) -> None:
        """A frame, an `embed` or another player becomes a link, or a picture."""
        given = one.attributes
        address = self._find_address(one, (*LAZY, "src"))
        if {given.get("width", "").strip(), given.get("height", "").strip()} <= {"0", "1"}:
            return  # it counts visitors
        if address and given.get("type", "").startswith("image/"):
            self._add_picture(one, address)
        elif address:
            self._add_link(address, given.get("title") or given.get("aria-label"))
            self.changes[_name_frame(one.name, address)] += 1
        else:
            self._has_gap = True
            self.changes["frame lost"] += 1

    def _find_address(self, one: Element, names: Iterable[str]) -> str | None:
        """Return the first address that can be published, among some attributes."""
        given = ((one.attributes.get(name) or "").strip() for name in names)
        found = (self._resolve(value, "img") for value in given if value and not value.startswith("#"))
        return next((address for address in found if address), None)

    def _add_field(self, one: Element) -> None:
        kind = one.attributes.get("type", "").lower()
        if one.name == "input" and kind in ("checkbox", "radio"):
            self._add_apart("\u2611" if "checked" in one.attributes else "\u2610")
        elif kind != "hidden":
            self._has_gap = True
            self.changes["field"] += 1

    def _add_unknown(self, one: Element) -> None:
        """Write the content of an unknown element. An address that it shows becomes a link or a picture."""
        given = one.attributes
        if address := self._find_address(one, (*LAZY, "src", "url", "href")) or _find_video(one):
            if _PICTURE.search(address) or re.search("img|image|picture", one.name):
                self._add_picture(one, address)
            else:
                title = given.get("title") or given.get("alt") or unescape(one.text())
                self._add_link(address, " ".join(title.split()))
                self.changes[_name_frame(one.name, address)] += 1
                return
        self._unwrap_apart(one)

    def _add_image(self, one: Element, more: Iterable[Element] = ()) -> None:
        """Write a picture with the address that a script would load later, or its text if it has no address."""
        address = self._find_picture(one) or next(filter(None, map(self._find_picture, more)), None)
        if address:
            self._add_picture(one, address)
            return
        text = one.attributes.get("alt", "").strip()
        self._has_gap = True
        if text:
            self._add_apart(text)
        if text or not one.attributes.get("src", "").startswith("data:image/svg"):
            self.changes["picture"] += bool(text)
            self.changes["picture lost"] += not text

    def _add_picture(self, one: Element, address: str) -> None:
        if "x-noscript" in self._path and address == self._picture:
            return  # the same picture as before, for readers without scripts
        given = one.attributes
        names = self._allowed["img"] | self._allowed["*"]
        values = {**given, "src": address} if "src" in given else {"src": address, **given}
        self.parts.append(_write_tag("img", {key: value for key, value in values.items() if key in names}))
        self._picture = address

    def _find_picture(self, one: Element) -> str | None:
        given = one.attributes
        sets = (_choose_candidate(given[name]) for name in (*LAZY_SETS, "srcset") if name in given)
        found = self._find_address(one, LAZY) or (self._find_address(one, ("src",)) if _has_source(one) else None)
        if found:
            return found
        resolved = (self._resolve(address, "img") for address in sets if address)
        return next(filter(None, resolved), None) or keep_data_picture(given.get("src", ""))

    def _add_set(self, one: Element) -> None:
        """A `picture` becomes its `img`."""
        inner = list(one.elements())
        images = [each for each in inner if each.name == "img"]
        sources = [each for each in inner if each.name == "source"]
        if images:
            self._add_image(images[0], reversed(sources))
        elif sources:
            self._add_image(sources[-1], reversed(sources))

    def _add_media(self, one: Element) -> None:
        """Write a player with its sources, or only the content for readers without players."""
        own = self._find_address(one, ("src", *LAZY))
        sources = [(each, self._find_address(each, ("src", *LAZY))) for each in one.elements() if each.name == "source"]
        if not own and not any(address for _, address in sources):
            self._unwrap_apart(one)
            self.changes["player lost"] += 1
            return
        names = self._allowed[one.name] | self._allowed["*"]
        given = {key: value for key, value in one.attributes.items() if key in names and key != "src"}
        self._open(one.name, {**given, "src": own} if own else given)
        self._unwrap(one)
        self._close(one.name)

    def _add_source(self, one: Element) -> None:
        if self._path[-1:] in (["audio"], ["video"]) and (address := self._find_address(one, ("src", *LAZY))):
            kind = {"type": one.attributes["type"]} if "type" in one.attributes else {}
            self.parts.append(_write_tag("source", {"src": address, **kind}))

    def _add_object(self, one: Element) -> None:
        """Write the content for readers that cannot show an object, or else a link to the object."""
        movies = (each for each in one.children if isinstance(each, Element) and each.name == "param")
        values = (each.attributes.get("value", "") for each in movies if each.attributes.get("name") in ("movie", "src"))
        given = [one.attributes.get("data", "").strip(), *values]
        address = next(filter(None, (self._resolve(value, "img") for value in given if value)), None)
        if address and one.attributes.get("type", "").startswith("image/"):
            alt = one.attributes.get("title") or unescape(one.text())
            self._add_picture(Element("img", {**one.attributes, "alt": " ".join(alt.split())}), address)
        elif any(each.name in ("a", "img", "object", *_FRAMES) for each in one.elements()):
            self._unwrap_apart(one)
        elif address:
            self._unwrap_apart(one)
            self._add_link(address, one.attributes.get("title"))
            self.changes[_name_frame("object", address)] += 1
        else:
            self._unwrap_apart(one)

    def _add_areas(self, one: Element) -> None:
        """The areas of a map become links."""
        for each in one.elements():
            if each.name == "area" and (address := self._resolve(each.attributes.get("href", ""), "a")):
                if each.attributes.get("href"):
                    self._add_link(address, each.attributes.get("alt") or each.attributes.get("title"))
                    self.changes["area"] += 1
        self.add_all([each for each in one.children if isinstance(each, str) or each.name != "area"])

    def _add_drawing(self, one: Element) -> None:
        inner = list(one.elements())
        titles = [each for each in one.children if isinstance(each, Element) and each.name == "title"]
        texts = titles or [each for each in inner if each.name == "text"]
        text = " ".join(unescape(" ".join(each.text("style", "title").split())) for each in texts).strip()
        if text := text or one.attributes.get("aria-label", "").strip():
            self._add_apart(text)
            self.changes["drawing"] += 1
        elif one.attributes.get("aria-hidden") != "true" and any(each.name != "use" for each in inner):
            self.changes["drawing lost"] += 1

    def _add_formula(self, one: Element) -> None:
        if text := find_annotation(one) or one.attributes.get("alttext", "").strip() or spell_formula(one):
            self._add_apart(text)
            self.changes["formula"] += 1

    def _add_source_of_formula(self, one: Element) -> None:
        """Write the source of a formula that a script would show."""
        self._add_apart(unescape(one.text()))
        self.changes["formula"] += 1

    def _add_span(self, one: Element) -> None:
        """Write a `span`. If it is a formula that a script showed twice, only its MathML is kept."""
        if _is_rendered_formula(one):
            for each in one.elements():
                if each.name == "math":
                    self._add_formula(each)
                    return
        self._keep(one, "span") if one.name == "span" else self._unwrap_apart(one)


_METHODS: dict[str, Callable[[_Writer, Element], None]] = {
    "audio": _Writer._add_media,
    "img": _Writer._add_image,
    "map": _Writer._add_areas,
    "math": _Writer._add_formula,
    "mjx-container": _Writer._add_span,
    "object": _Writer._add_object,
    "picture": _Writer._add_set,
    "source": _Writer._add_source,
    "span": _Writer._add_span,
    "svg": _Writer._add_drawing,
    "video": _Writer._add_media,
    "x-tex": _Writer._add_source_of_formula,
}


def _write_tag(name: str, attributes: Mapping[str, str]) -> str:
    given = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    return f"<{name}{given}>"


def _is_hidden(one: Element) -> bool:
    given = one.attributes
    return given.get("hidden", "until-found") != "until-found" or bool(_HIDDEN.search(given.get("style", "")))


def _is_rendered_formula(one: Element) -> bool:
    classes = one.attributes.get("class", "").split()
    known = one.name == "mjx-container" or not {"katex", "katex-display", "MathJax"}.isdisjoint(classes)
    return known and any(each.name == "math" for each in one.elements())


def _name_frame(name: str, address: str) -> str:
    if name in ("embed", "bgsound") or _PLAYER.search(f"{name} {address}"):
        return "player"
    return "map" if _MAP.search(f"{name} {address}") else "frame"


def _find_video(one: Element) -> str | None:
    """Return the page of a video whose element only has its number."""
    for name in ("videoid", "data-videoid", "video-id"):
        for site, page in _VIDEO_PAGES.items():
            if site in one.name and re.fullmatch("[A-Za-z0-9_-]+", one.attributes.get(name, "")):
                return page + one.attributes[name]
    return None


def _has_source(one: Element) -> bool:
    """Return whether the address of a picture can be that of a picture."""
    address = one.attributes.get("src", "").strip()
    return bool(address) and not address.startswith(("#", "data:", "about:"))


def _choose_candidate(srcset: str) -> str | None:
    """Return the largest picture of a `srcset`."""
    found = [(address.rstrip(","), _read_size(size)) for address, size in _CANDIDATE.findall(srcset)]
    usable = [one for one in found if not one[0].startswith("data:")]
    return max(usable, key=lambda one: one[1])[0] if usable else None


def _read_size(descriptor: str) -> float:
    try:
        return float(descriptor.strip()[:9].rstrip("wx"))
    except ValueError:
        return 1


def _drop_placeholders(children: list[Element | str]) -> list[Element | str]:
    """Leave out pictures that a script would replace, if the same picture for readers without scripts is beside them."""
    solid = [one for one in children if not isinstance(one, str) or one.strip()]
    gone = {
        id(placeholder)
        for pair in zip(solid, solid[1:], strict=False)
        for placeholder, other in (pair, pair[::-1])
        if isinstance(placeholder, Element) and isinstance(other, Element)
        if other.name == "x-noscript" and _is_placeholder(placeholder)
        if any(each.name in ("img", "x-iframe") for each in other.elements())
    }
    return [one for one in children if id(one) not in gone] if gone else children


def _is_placeholder(one: Element) -> bool:
    inner = [one, *one.elements()]
    pictures = [each for each in inner if each.name in ("img", "x-iframe")]
    if len(pictures) != 1 or one.text().strip() or one.name == "x-noscript":
        return False
    names = (*LAZY, *LAZY_SETS)
    return not _has_source(pictures[0]) or any(name in each.attributes for each in inner for name in names)
