"""Rewrite HTML: turn elements that feeds cannot contain into links, pictures or text, and keep words apart.

The result is not sanitised: `text/html.py` does that afterwards.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from html import escape, unescape

from .formulas import drop_drawings, find_source, read_rendered, write_formula
from .html_tree import LAZY, VOID, Element, parse_fragment
from .pictures import (
    choose_candidate,
    drop_placeholders,
    find_labels,
    find_loaded,
    find_sets,
    has_source,
    is_lazy,
    keep_data_picture,
    looks_blank,
)
from .players import HOLDERS, HOLLOW, find_losses, find_pages

ResolveAddress = Callable[[str, str], str | None]
"""Takes an address as written and the name of its element. Returns the address to publish, or None."""

_BLOCKS = {"address", "article", "aside", "body", "center", "dialog", "fieldset", "footer", "form", "frameset",
           "header", "hgroup", "html", "legend", "main", "marquee", "nav", "optgroup", "search", "section"}  # fmt: skip
"""Block elements that become `div`, so that their text stays on its own lines."""
_BECOME = {"acronym": "abbr", "dir": "ul", "listing": "pre", "menu": "ul", "menuitem": "li",
           "strike": "s", "tt": "code"}  # fmt: skip
_BECOME |= dict.fromkeys(_BLOCKS, "div")
_UNWRAPPED = {"applet", "basefont", "bdo", "big", "blink", "data", "font", "head", "nobr", "rb", "rtc", "slot",
              "spacer", "wbr"}  # fmt: skip
"""Inline elements that are removed. Their content is kept."""
_LEFT_OUT = {"base", "datalist", "link", "meta", "param", "title", "track"}
_FIELDS = {"input", "keygen", "select", "textarea"}
_FRAMES = {"bgsound", "embed", "fencedframe", "portal", "x-iframe"}
_INLINE = {"a", "abbr", "audio", "b", "bdi", "cite", "code", "del", "dfn", "em", "i", "img", "ins", "kbd", "mark", "q",
           "rp", "rt", "ruby", "s", "samp", "small", "source", "span", "strong", "sub", "sup", "time", "u", "var",
           "video"}  # fmt: skip
"""The allowed elements that do not start a line."""
_TRANSPARENT = {"button", "canvas", "ilayer", "label", "layer", "map", "meter", "multicol", "noembed", "noframes",
                "option", "output", "progress"}  # fmt: skip
"""Elements of HTML that are removed, with spaces around their content."""
_TEXT_BLOCKS = {"h1", "h2", "h3", "h4", "h5", "h6", "p", "pre", "summary"}
"""Blocks that cannot contain paragraphs."""
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_BLOCK_STYLE = re.compile(r"display\s*:\s*(?:block|flex|grid|list-item|table)", re.IGNORECASE)
_PLAYER = re.compile(r"embed |youtu|vimeo|player|video|audio|sound|music|spotify|podcast|\.mp[34]\b", re.IGNORECASE)
_MAP = re.compile(r"\bmaps?\b|openstreetmap", re.IGNORECASE)
_PICTURE = re.compile(r"im(?:g|age) |\.(?:avif|gif|jpe?g|png|webp)(?:[?#]|$)", re.IGNORECASE)
_LOOKS_LIKE_ADDRESS = re.compile(r"(?=[^./]*[./])[^{}<>\"]+")
_CLOSING, _OPENING = tuple(",.;:!?)]}%»”’"), tuple("([{«“‘/-")
_MAX_SOURCES = 5
"""The limit of sources of a picture that are tried."""
_PHRASES = {
    "player": ("player became a link", "players became links"),
    "map": ("map became a link", "maps became links"),
    "frame": ("frame became a link", "frames became links"),
    "area": ("area of a picture became a link", "areas of pictures became links"),
    "formula": ("formula became text", "formulas became text"),
    "formula lost": ("formula was left out", "formulas were left out"),
    "drawing": ("drawing became text", "drawings became text"),
    "picture": ("picture became its description", "pictures became their descriptions"),
    "player lost": ("player without an address was left out", "players without an address were left out"),
    "frame lost": ("frame without an address was left out", "frames without an address were left out"),
    "drawing lost": ("drawing was left out", "drawings were left out"),
    "picture lost": ("picture without an address was left out", "pictures without an address were left out"),
    "field": ("form field was left out", "form fields were left out"),
    "hidden": ("hidden part was left out", "hidden parts were left out"),
    "link": ("link with an unsupported address became text", "links with unsupported addresses became text"),
    "tag": ("unknown tag was removed", "unknown tags were removed"),
}
"""The changes that a reader would notice, in singular and plural."""


def describe_changes(changes: Mapping[str, int]) -> str:
    """Return changes with their counts, such as "1 player became a link, 2 formulas became text"."""
    return ", ".join(f"{changes[kind]} {words[changes[kind] > 1]}" for kind, words in _PHRASES.items() if changes[kind])


def rewrite(fragment: str, allowed: Mapping[str, set[str]], address: ResolveAddress) -> tuple[str, Counter[str]]:
    """Return HTML that keeps the meaning of a fragment, and counts of the changes that a reader would notice.

    `allowed` has the elements that the sanitiser keeps, with their attributes.
    """
    writer = _Rewriter(allowed, address)
    writer.add_all(parse_fragment(fragment, frozenset().union(*allowed.values())).children)
    return "".join(writer.parts), writer.changes


class _Rewriter:
    def __init__(self, allowed: Mapping[str, set[str]], address: ResolveAddress) -> None:
        self.parts: list[str] = []
        self.changes: Counter[str] = Counter()
        self._allowed, self._address = allowed, address
        names = allowed.keys() | _BECOME.keys()
        self._blocks = {name for name in names if _BECOME.get(name, name) not in _INLINE} - {"br"}
        self._path: list[str] = []
        """The names of the enclosing elements."""
        self._last = ""
        """The last character of the line."""
        self._gap: int | None = None
        """The index in `parts` where a space may be needed before the next text, or None."""
        self._in_noscript = 0
        self._picture: str | None = None
        """The address of the last picture."""

    def add_all(self, children: Sequence[Element | str]) -> None:
        for child in drop_placeholders(drop_drawings(children)):
            if isinstance(child, str):
                self._add_text(child)
            elif _is_hidden(child):
                self._leave_gap()
                self.changes["hidden"] += bool(child.text("math", "svg", "x-iframe").strip())
            elif child.name in HOLDERS and self._say(find_source(child), "formula"):
                continue
            elif child.is_blank and child.name in HOLDERS and self._find_embedded(child):
                self._add_unknown(child)
            else:
                self.changes.update(find_losses(child))
                self._add(child)

    def _leave_gap(self) -> None:
        """Keep the words on both sides of this place apart."""
        if self._gap is None:
            self._gap = len(self.parts)

    def _add_text(self, text: str) -> None:
        is_apart = not self._last.strip() or text[0].isspace() or text.startswith(_CLOSING) or self._last in _OPENING
        if self._gap is not None and not is_apart:
            self.parts.insert(self._gap, " ")
        self._last, self._gap = text[-1], None
        self.parts.append(text)

    def _add(self, one: Element) -> None:
        name = one.name if one.name in self._allowed else _BECOME.get(one.name, one.name)
        if name in _METHODS:
            _METHODS[name](self, one)
        elif name in self._allowed:
            self._write(name, one.attributes, one.children)
        elif name in _UNWRAPPED:
            self.add_all(one.children)
        elif name not in _LEFT_OUT:
            self._add_unknown(one)

    def _write(self, name: str, attributes: Mapping[str, str], children: Sequence[Element | str] = ()) -> None:
        names = self._allowed["*"] | self._allowed[name]
        given = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items() if key in names)
        is_apart = name in _INLINE and _BLOCK_STYLE.search(attributes.get("style", ""))
        if is_apart:
            self._leave_gap()
        self.parts.append(f"<{name}{given}>")
        if name == "pre":
            self.parts.append("\n")  # parsers drop the first line break
        self._end_line(name)
        if name not in VOID:
            self._path.append(name)
            self.add_all(children)
            self._path.pop()
            self.parts.append(f"</{name}>")
            self._end_line(name)
        if is_apart:
            self._leave_gap()

    def _end_line(self, name: str) -> None:
        if name not in _INLINE:
            self._last, self._gap = "", None

    def _add_apart(self, children: Sequence[Element | str]) -> None:
        """Write the children of an element that is removed, with spaces or line breaks around them."""
        self._leave_gap()
        names = set[str]().union(*({one.name, *one.inside} for one in children if isinstance(one, Element)))
        if self._path[-1:] not in (["dl"], ["ol"], ["ul"]) and names & self._blocks:
            self._write("div", {}, children)
        else:
            self.add_all(children)
        self._leave_gap()

    def _say(self, text: str, kind: str) -> bool:
        """Write a text in place of an element, unless it is blank."""
        if text := " ".join(text.split()):
            self._add_apart([escape(text, quote=False)])
            self.changes[kind] += 1
        return bool(text)

    def _find_address(self, one: Element, *names: str) -> str | None:
        """Return the first address that can be published, among some attributes."""
        values = [(name, one.attributes.get(name, "").strip()) for name in names]
        # Scripts also store other values in `data` attributes.
        usable = (value for name, value in values if "data-" not in name or _LOOKS_LIKE_ADDRESS.fullmatch(value))
        found = (self._address(value, "img") for value in usable if value and not value.startswith("#"))
        return next(filter(None, found), None)

    def _find_embedded(self, one: Element) -> str | None:
        addresses = (self._address(page, "img") for page in find_pages(one) if page)
        return next((each for each in addresses if each and each != self._address("", "a")), None)

    def _link(self, one: Element, address: str, text: str = "") -> None:
        """Write a link in place of an element: in a paragraph of its own if a paragraph can start here."""
        titles = [name for name in one.attributes if name.endswith("-title")]
        title = next(filter(None, map(one.attributes.get, ("title", "aria-label", "alt", *titles))), text)
        label = [escape(" ".join(title.split()) or address, quote=False)]
        link = Element("a", {"href": address}, [*label])
        if "a" in self._path:
            self._add_apart(label)
        elif any(name in _INLINE or name in _TEXT_BLOCKS for name in self._path):
            self._add_apart([link])
        else:
            self._write("p", {}, [link])
        where = f"{one.name} {address}"
        kind = "player" if _PLAYER.search(where) else "map" if _MAP.search(where) else "frame"
        self.changes["area" if one.name == "area" else kind] += 1

    def _add_anchor(self, one: Element) -> None:
        href = one.attributes.get("href")
        self.changes["link"] += href is not None and self._address(href, "a") is None
        self._write("a", one.attributes, one.children)

    def _add_frame(self, one: Element) -> None:
        if {one.attributes.get("width", "").strip(), one.attributes.get("height", "").strip()} <= {"0", "1"}:
            return  # an invisible frame that counts visitors
        address = self._find_address(one, *LAZY, "src", *find_loaded(one)) or self._find_embedded(one)
        if address and one.attributes.get("type", "").startswith("image/"):
            self._add_picture(one, address)
        elif address:
            self._link(one, address)
        else:
            self._leave_gap()
            self.changes["frame lost"] += 1
        self.add_all(one.children)

    def _add_field(self, one: Element) -> None:
        kind = one.attributes.get("type", "").lower()
        if kind in ("checkbox", "radio"):
            self._add_apart(["\u2611" if "checked" in one.attributes else "\u2610"])
        elif kind != "hidden":
            self._leave_gap()
            self.changes["field"] += 1

    def _add_unknown(self, one: Element) -> None:
        """Write the content of an unknown element. Its address becomes a link or a picture."""
        address = self._find_picture(one) or self._find_address(one, "url") or self._find_embedded(one)
        if address and _PICTURE.search(f"{one.name} {address}"):
            self._add_picture(one, address)
        elif address and (not one.inside or (one.is_blank and one.inside <= HOLLOW)):
            self._link(one, address, unescape(one.text()))
            return
        elif address:
            self._link(one, address)
        elif ":" not in one.name and one.name not in _TRANSPARENT and ("-" not in one.name or not one.children):
            self.changes["tag"] += 1
        self._add_apart(one.children)

    def _add_image(self, one: Element, others: Sequence[Element] = ()) -> None:
        """Write a picture, or only its description. Addresses in the `LAZY` attributes come before `src`."""
        is_temporary = not is_lazy(one) and (looks_blank(one) or any(map(is_lazy, others)))
        found = next(filter(None, map(self._find_picture, (*others, one) if is_temporary else (one, *others))), None)
        if address := found or keep_data_picture(one.attributes.get("src", "")):
            self._add_picture(one, address)
        elif not self._say(one.attributes.get("alt", ""), "picture"):
            self._leave_gap()
            self.changes["picture lost"] += not one.attributes.get("src", "").startswith("data:image/svg")

    def _find_picture(self, one: Element) -> str | None:
        given, source = one.attributes, ["src"] if has_source(one) else []
        sets = {name: choose_candidate(given[name]) or "" for name in find_sets(one)}
        late = [name for name in sets if name != "srcset"]
        found = self._find_address(one, *LAZY) or self._find_address(Element("img", sets), *late)
        found = found or (None if looks_blank(one) else self._find_address(one, *source))
        found = found or self._find_address(Element("img", sets), *sets) or self._find_address(one, *find_loaded(one))
        return found or self._find_address(one, *source)

    def _add_picture(self, one: Element, address: str) -> None:
        if not self._in_noscript or address != self._picture:  # a `noscript` often repeats the picture before it
            given = one.attributes
            self._write("img", {**given, "src": address} if "src" in given else {"src": address, **given})
            self._picture = address

    def _add_picture_set(self, one: Element) -> None:
        """Write the images in a `picture` element. Without an `img`, write its last `source` that has an address."""
        sources = [each for each in one.parts() if each.name == "source"][: -_MAX_SOURCES - 1 : -1]
        rest = [each for each in one.children if isinstance(each, str) or each.name != "source"]
        if sources and "img" not in one.inside:
            self._add_image(sources[0], sources)
        for each in rest:
            if isinstance(each, Element) and each.name == "img":
                self._add_image(each, sources)
            else:
                self.add_all([each])

    def _add_media(self, one: Element) -> None:
        """Write a player that readers can start, or only its fallback content if it has no address."""
        address = self._find_address(one, "src", *LAZY)
        sources = [each for each in one.parts() if each.name == "source"]
        if address or any(self._find_address(each, "src", *LAZY) for each in sources):
            rest = {name: value for name, value in one.attributes.items() if name != "src"}
            rest.setdefault("controls", "")
            self._write(one.name, {**rest, "src": address} if address else rest, one.children)
        else:
            self._add_apart(one.children)
            self.changes["player lost"] += 1

    def _add_source(self, one: Element) -> None:
        if self._path[-1:] in (["audio"], ["video"]) and (address := self._find_address(one, "src", *LAZY)):
            self._write("source", {**one.attributes, "src": address})

    def _add_object(self, one: Element) -> None:
        """Write the fallback content of an object. If it has no link, add a link to the object."""
        movies = {each.attributes.get("name", ""): each.attributes.get("value", "") for each in one.parts()}
        values = Element("object", {**movies, **one.attributes})
        address = self._find_address(values, "data", "movie", "src")
        if address and one.attributes.get("type", "").startswith("image/"):
            self._add_picture(
                Element("img", {"alt": " ".join(unescape(one.text()).split()), **one.attributes}), address
            )
            return
        self._add_apart(one.children)
        if address and one.inside.isdisjoint({"a", "img", "object", *_FRAMES}):
            self._link(one, address)

    def _add_noscript(self, one: Element) -> None:
        self._in_noscript += 1
        self._add_apart(one.children)
        self._in_noscript -= 1

    def _add_area(self, one: Element) -> None:
        if address := self._find_address(one, "href"):
            self._link(one, address)

    def _add_drawing(self, one: Element) -> None:
        """Write the title of a drawing, or its texts."""
        text = find_labels(one)
        if not self._say(text, "drawing") and not self._say(one.attributes.get("aria-label", ""), "drawing"):
            is_icon = all(each.name == "use" for each in one.elements())
            self.changes["drawing lost"] += one.attributes.get("aria-hidden") != "true" and not is_icon
        self._leave_gap()

    def _add_formula(self, one: Element) -> None:
        self._say(unescape(one.text()) if one.name == "x-tex" else write_formula(one), "formula")
        self._leave_gap()

    def _add_span(self, one: Element) -> None:
        """Write a `span`, or the formula in it. KaTeX and MathJax write a formula twice, once for screen readers."""
        classes = {*one.attributes.get("class", "").split(), one.name}
        is_formula = not classes.isdisjoint({"katex", "katex-display", "katex-html", "MathJax", "mjx-container"})
        if is_formula and "math" in one.inside:
            self._add_formula(next(each for each in one.elements() if each.name == "math"))
        elif is_formula:
            self.changes["formula lost"] += not self._say(write_formula(read_rendered(one)), "formula")
        elif one.name == "span" and not _BLOCK_STYLE.search(one.attributes.get("style", "")):
            self._write("span", one.attributes, one.children)
        else:
            self._add_apart(one.children)


_METHODS: dict[str, Callable[[_Rewriter, Element], None]] = {
    **dict.fromkeys(_FIELDS, _Rewriter._add_field),
    **dict.fromkeys(_FRAMES, _Rewriter._add_frame),
    **dict.fromkeys(["audio", "video"], _Rewriter._add_media),
    **dict.fromkeys(["math", "x-tex"], _Rewriter._add_formula),
    **dict.fromkeys(["mjx-container", "span"], _Rewriter._add_span),
    "a": _Rewriter._add_anchor,
    "img": _Rewriter._add_image,
    "area": _Rewriter._add_area,
    "object": _Rewriter._add_object,
    "picture": _Rewriter._add_picture_set,
    "source": _Rewriter._add_source,
    "svg": _Rewriter._add_drawing,
    "x-noscript": _Rewriter._add_noscript,
}
HANDLED = frozenset(_METHODS)
"""The elements that `rewrite` replaces, or changes."""


def _is_hidden(one: Element) -> bool:
    given = one.attributes
    return given.get("hidden", "until-found") != "until-found" or bool(_HIDDEN.search(given.get("style", "")))
