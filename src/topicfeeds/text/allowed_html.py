"""The HTML that feeds may contain, and what extensions may add to it."""

from __future__ import annotations

from .rewriting import HANDLED

# Only these attributes and elements are kept. `class`, `id`, `style` and `cite` are always removed.
ATTRIBUTES: dict[str, set[str]] = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "audio": {"controls", "src"},
    "col": {"span"},
    "colgroup": {"span"},
    "del": {"datetime"},
    "details": {"open"},
    "img": {"alt", "height", "src", "width"},
    "ins": {"datetime"},
    "li": {"value"},
    "ol": {"reversed", "start", "type"},
    "source": {"src", "type"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
    "video": {"controls", "height", "poster", "src", "width"},
}
TAGS = {
    "abbr", "b", "bdi", "blockquote", "br", "caption", "cite", "code", "dd", "dfn", "div", "dl", "dt", "em",
    "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "kbd", "mark", "p", "pre", "q", "rp",
    "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "tfoot",
    "thead", "tr", "u", "ul", "var", *ATTRIBUTES,
} - {"*"}  # fmt: skip
# Removed together with their content: scripts, MathML, SVG, and elements that browsers parse by other rules.
DROPPED = {
    "applet", "button", "canvas", "datalist", "embed", "frameset", "head", "iframe", "listing", "math", "noembed",
    "noframes", "noscript", "object", "optgroup", "option", "plaintext", "script", "select", "style", "svg",
    "template", "textarea", "title", "xmp",
}  # fmt: skip
_REFUSED = DROPPED | HANDLED - TAGS | {
    "base", "body", "form", "frame", "html", "image", "input", "isindex", "keygen", "link", "meta", "param"
}  # fmt: skip
"""Elements that `Extensions` cannot add: they can run code, load documents or send data, or parsers move them."""
_REFUSED_ATTRIBUTES = {
    "action", "archive", "attributionsrc", "background", "cite", "classid", "codebase", "content", "data", "dynsrc",
    "form", "formaction", "icon", "imagesrcset", "is", "longdesc", "lowsrc", "manifest", "ping", "profile", "rel",
    "slot", "srcdoc", "srcset", "style", "target", "usemap", "xmlns",
}  # fmt: skip
"""Attributes that `Extensions` cannot add: styles, addresses that the sanitiser does not check, and links to code."""

Additions = tuple[tuple[str, tuple[str, ...]], ...]
"""Further allowed elements, with their attributes. Attributes of `*` are allowed on all elements."""


def check_additions(more: Additions) -> None:
    """Check that additions to the allowed HTML are safe. Raises ValueError."""
    for name, attributes in more:
        if name != "*" and (name in _REFUSED or not (name.isascii() and name.isalnum() and name == name.lower())):
            raise ValueError(f"html: the element {name!r} cannot be added to the allowed HTML (remove it)")
        for one in attributes:
            has_form = one.isascii() and one.replace("-", "").isalpha() and one == one.lower()
            if one in _REFUSED_ATTRIBUTES or one.startswith("on") or not has_form:
                raise ValueError(f"html: the attribute {one!r} of {name!r} cannot be added (remove it)")
