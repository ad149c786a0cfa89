"""Sanitise HTML: anybody may write content, and feed readers display the HTML of a feed."""

from __future__ import annotations

import re
import threading
from collections import Counter
from functools import cached_property, lru_cache, partial
from html import escape, unescape
from typing import TYPE_CHECKING, Any, NamedTuple

from . import fast_paths
from .characters import decode_broken_references, strip_forbidden
from .html_tree import CELLS
from .pictures import BLANK_NAME, keep_data_picture
from .plain_text import write_html, write_plain_text
from .rewriting import HANDLED, ResolveAddress, describe_changes, rewrite
from .simple_html import sanitize_simple
from .urls import resolve_url

if TYPE_CHECKING:
    import nh3

_MARGIN = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\ufeff"
"""White space and byte order marks, which are removed at both ends of a fragment."""
# Only these attributes and elements are kept. `class`, `id`, `style` and `cite` are always removed.
_ATTRIBUTES: dict[str, set[str]] = {
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
_TAGS = {
    "abbr", "b", "bdi", "blockquote", "br", "caption", "cite", "code", "dd", "dfn", "div", "dl", "dt", "em",
    "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "kbd", "mark", "p", "pre", "q", "rp",
    "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "tfoot",
    "thead", "tr", "u", "ul", "var", *_ATTRIBUTES,
} - {"*"}  # fmt: skip
# Removed together with their content: scripts, MathML, SVG, and elements that browsers parse by other rules.
_DROPPED = {
    "applet", "button", "canvas", "datalist", "embed", "frameset", "head", "iframe", "listing", "math", "noembed",
    "noframes", "noscript", "object", "optgroup", "option", "plaintext", "script", "select", "style", "svg",
    "template", "textarea", "title", "xmp",
}  # fmt: skip
_REFUSED = _DROPPED | HANDLED - _TAGS | {
    "base", "body", "form", "frame", "html", "image", "input", "isindex", "keygen", "link", "meta", "param"
}  # fmt: skip
"""Elements that `Extensions` cannot add: they can run code, load documents or send data, or parsers move them."""
_REFUSED_ATTRIBUTES = {
    "action", "archive", "attributionsrc", "background", "cite", "classid", "codebase", "content", "data", "dynsrc",
    "form", "formaction", "icon", "imagesrcset", "is", "longdesc", "lowsrc", "manifest", "ping", "profile", "rel",
    "slot", "srcdoc", "srcset", "style", "target", "usemap", "xmlns",
}  # fmt: skip
"""Attributes that `Extensions` cannot add: styles, addresses that the sanitiser does not check, and links to code."""
_ORDINARY = _TAGS - {"audio", "source", "video"} | {
    "base", "big", "body", "font", "html", "link", "meta", "nobr", "script", "style", "template", "title", "wbr"
}  # fmt: skip
"""Elements that need no rewriting: they are kept, or nobody would notice that they are missing."""
_TAG_NAME = re.compile("</?([a-zA-Z][^\\s/>]*)")
_SUSPECT = re.compile(
    r"<!\[cdata\[|data-(?:[a-z-]{0,40}?(?:embed|lazy|src|tweet|url|video|vimeo|youtube)|channel|echo|flickity|formula|id|latex|orig|pin-|tex=|wpfc"
    r"|[a-z-]{1,40}+\s*=\s*[\"']?(?:(?:https?:)?//|[\[{]|&#123;|&lt;iframe))|nitro-lazy|data:image|katex|twitter-"
    r"|display\s*:\s*(?:block|flex|grid|list-item|none|table)|(?<![\w-])hidden(?![\w-])|math/"
    r"|<script\s[^<>]*?\b(?:asciinema|gist\.github|gitlab)\.|class=[\"']?[^\"'<>=]{0,80}?(?:youtube|vimeo)"
)
"""Marks and attributes that need rewriting, in lower case. Most fragments contain none of these texts."""
_BLANK_SOURCE = re.compile(rf"src=[\"']?[^\"'\s<>]{{0,200}}?{BLANK_NAME}")
_SUSPECT_TEXTS = ("<![cdata[", "data-", "data:", "display", "hidden", "katex", "<script", "math/", "nitro-lazy",
                  "twitter-", "vimeo", "youtube")  # fmt: skip
_ELEMENT = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)(?:[\s/][^<>]*)?>")
_BLANK_LINES = re.compile(r"\n(?:[ \t\r]*\n)+")
_NESTED_TAG = re.compile("</?[A-Za-z][^<>]*+>?")
_NESTING = re.compile("<(/?)([A-Za-z][A-Za-z0-9]*)")
# Elements without content, and elements that end where the next element of the same kind starts.
_SHALLOW = {"area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta", "option", "p",
            "param", "rp", "rt", "source", "td", "th", "tr", "track", "wbr"}  # fmt: skip

_PRE = re.compile(r"""<pre(?: [a-z]+="[^"]*")*>\n""")
_PICTURE = re.compile('<(img|source)((?: [a-z]+="[^"]*")*)>')
_ADDRESSES = {"href", "src", "poster"}
_SCHEMES = {"http", "https", "mailto", "tel"}
_MAX_PASSES = 8
_MAX_NESTING_DEPTH = 250
_MAX_REFERENCES = 50_000
_MAX_ATTRIBUTES = 5000
_MAX_TAGS_AROUND_TABLES = 100_000
_QUOTED = re.compile(r"""=\s*+(?:"[^"]*+"|'[^']*+')""")
_LONG_TAG = re.compile(r"""<[a-zA-Z](?:[^"'=>]++|=\s*+"[^"]*+"|=\s*+'[^']*+'|["'=])*+""")
_MAX_UNPAIRED_TAGS = 100
"""A text with at most this many `<` is never nested too deeply, so `nesting_depth` does not pair its tags."""

Additions = tuple[tuple[str, tuple[str, ...]], ...]
"""Further allowed elements, with their attributes. Attributes of `*` are allowed on all elements."""


class Sanitized(NamedTuple):
    """A sanitised fragment."""

    html: str
    changes: str = ""
    """The changes that a reader would notice, such as "1 player became a link"."""


def sanitize(fragment: str, base: str) -> str:
    """Return a sanitised fragment of HTML. See `sanitize_and_count`."""
    return sanitize_and_count(fragment, base).html


def sanitize_and_count(fragment: str, base: str, more: Additions = ()) -> Sanitized:
    """Return a sanitised fragment of HTML, with all addresses resolved against `base`, and the changes.

    Only listed elements and attributes remain. Addresses must start with `http` or `https`; links may also use
    `mailto` and `tel`, pictures may have small `data:` addresses. Other elements become links, pictures or text, see
    `text/rewriting.py`. The fragment must not have characters that XML forbids. The function is idempotent.
    `more` has further allowed elements and attributes, which `check_additions` has checked.
    """
    address = partial(resolve_url, base)
    if fast_paths.ENABLED and not more and (simple := sanitize_simple(fragment, address)) is not None:
        return Sanitized(simple)
    sanitizer = _make_sanitizer(more)
    sanitizer.base = base
    changes: Counter[str] = Counter()
    made = _clean(fragment, sanitizer.quick) if not more and _is_ordinary(fragment) else None
    if made is None or _lacks_addresses(made, base):
        rewritten, changes = rewrite(fragment, sanitizer.attributes, address)
        made = _clean(rewritten, sanitizer.cleaner)
    return Sanitized(_settle(made, address, sanitizer.cleaner), describe_changes(changes))


def check_additions(more: Additions) -> None:
    """Check that additions to the allowed HTML are safe. Raises ValueError."""
    for name, attributes in more:
        if name != "*" and (name in _REFUSED or not (name.isascii() and name.isalnum() and name == name.lower())):
            raise ValueError(f"html: the element {name!r} cannot be added to the allowed HTML (remove it)")
        for one in attributes:
            has_form = one.isascii() and one.replace("-", "").isalpha() and one == one.lower()
            if one in _REFUSED_ATTRIBUTES or one.startswith("on") or not has_form:
                raise ValueError(f"html: the attribute {one!r} of {name!r} cannot be added (remove it)")


def _settle(made: str, address: ResolveAddress, cleaner: nh3.Cleaner) -> str:
    """Sanitise until nothing changes, as parsers may read the result differently (misplaced tables and links).

    If `_MAX_PASSES` are not enough, return only the text.
    """
    if fast_paths.ENABLED and made == sanitize_simple(made, address):  # a simple fragment cannot change again
        return made
    for _ in range(_MAX_PASSES):
        before, made = made, _clean(_PICTURE.sub(_drop_without_address, made), cleaner)
        if made == before:
            return made
    return write_html(write_plain_text(made))


def _is_ordinary(fragment: str) -> bool:
    """Return whether a fragment needs no rewriting. `_lacks_addresses` finds missing addresses."""
    names = {name.lower() for name in set(_TAG_NAME.findall(fragment))}
    if not names <= _ORDINARY or ("table" not in names and not names.isdisjoint(CELLS)):
        return False
    lower = fragment.lower()
    if "srcset" in lower and _BLANK_SOURCE.search(lower):
        return False
    return not (any(text in lower for text in _SUSPECT_TEXTS) and _SUSPECT.search(lower))


def _lacks_addresses(made: str, base: str) -> bool:
    """Return whether a link or a picture has no address. Empty addresses were resolved to the address of the page."""
    if made.count("<a ") > made.count(' href="'):
        return True
    page = escape(base)
    return "<img" in made and any(
        f' src="{page}"' in attributes or f' src="{page}#' in attributes or ' src="http' not in attributes
        for _, attributes in _PICTURE.findall(made)
    )


class _Sanitizer(threading.local):
    """The sanitisers of one thread. Creating a sanitiser takes longer than sanitising a short text."""

    base = ""

    def __init__(self, more: Additions = ()) -> None:
        self.attributes = {name: _ATTRIBUTES.get(name, set()).copy() for name in (*_TAGS, "*")}
        for name, names in more:
            self.attributes.setdefault(name, set()).update(names)
        tags, given = self.attributes.keys() - {"*"}, {name: some for name, some in self.attributes.items() if some}
        self._allowed: Any = {"tags": set(tags), "clean_content_tags": _DROPPED, "attributes": given}

    @cached_property
    def cleaner(self) -> nh3.Cleaner:
        """The sanitiser. It calls `_keep` for every attribute."""
        import nh3

        return nh3.Cleaner(**self._allowed, url_schemes=_SCHEMES | {"data"}, attribute_filter=self._keep)

    @cached_property
    def quick(self) -> nh3.Cleaner:
        """A quicker sanitiser. It calls Python for relative addresses only, to resolve them."""
        import nh3

        def resolve(value: str) -> str | None:
            return resolve_url(self.base, value, "a")

        return nh3.Cleaner(**self._allowed, url_schemes=_SCHEMES, url_relative=resolve)

    def _keep(self, tag: str, attribute: str, value: str) -> str | None:
        if attribute not in _ADDRESSES:
            return value
        picture = keep_data_picture(value) if tag == "img" and value[:5] == "data:" else None
        return picture or resolve_url(self.base, value, tag)


_make_sanitizer = lru_cache(maxsize=16)(_Sanitizer)


def _clean(given: str, cleaner: nh3.Cleaner) -> str:
    clean = strip_forbidden(cleaner.clean(given))  # a reference such as &#1; is a character now
    if clean[:1].isspace() or clean[-1:].isspace() or "\ufeff" in clean:
        clean = clean.strip(_MARGIN)
    return _PRE.sub(r"\g<0>\n", clean) if "<pre" in clean else clean  # parsers drop the first line break


def _drop_without_address(found: re.Match[str]) -> str:
    if ' src="' in found[2]:
        return found[0]
    alt = found[2].partition(' alt="')[2].partition('"')[0]
    return f" {escape(unescape(alt), quote=False)} " if alt.strip() else ""


def to_plain_text(fragment: str) -> str:
    """Return the plain text of any fragment of HTML, with line breaks.

    Characters that XML forbids stay in the text, even if they were references. The caller reports them. Tags of HTML
    that would take too long to sanitise are replaced by spaces.
    """
    fragment = decode_broken_references(fragment)
    if "<" not in fragment:
        return unescape(fragment)
    if explain_excess(fragment):
        return unescape(_NESTED_TAG.sub(" ", fragment))
    # The sanitiser would remove forbidden characters, so placeholders replace them while it runs.
    forbidden = {c for c in fragment if strip_forbidden(c) != c} if strip_forbidden(fragment) != fragment else ()
    unused = (chr(code) for code in range(0xE000, 0xF900) if chr(code) not in fragment)
    stand_ins: dict[str, str | int | None] = dict(zip(sorted(forbidden), unused, strict=False))
    text = write_plain_text(sanitize(fragment.translate(str.maketrans(stand_ins)) if stand_ins else fragment, ""))
    return text.translate({ord(str(other)): mark for mark, other in stand_ins.items()}) if stand_ins else text


def format_paragraphs(fragment: str) -> str:
    """Put each part between blank lines into a paragraph. Other line breaks become `<br>`.

    The fragment is HTML without paragraphs, or escaped text.
    """
    parts = [part.strip().replace("\n", "<br>") for part in _BLANK_LINES.split(fragment)]
    return "\n".join(f"<p>{part}</p>" for part in parts if part)


def has_elements(text: str) -> bool:
    """Return whether a text has tags of HTML elements. A text such as `<https://example.org>` or `a < b` has none."""
    return "<" in text and any(name.lower() in _TAGS for name in _ELEMENT.findall(text))


def explain_excess(fragment: str) -> str:
    """Return why sanitising a fragment would take too long, as the end of a message, or an empty text.

    The time grows with the square of the depth of nested elements, and of the number of attributes of a tag, of
    references in one text, and of elements that parsers move out of a table.
    """
    if nesting_depth(fragment) > _MAX_NESTING_DEPTH:
        return f"has tags nested more than {_MAX_NESTING_DEPTH} deep (close the tags, or simplify the HTML)"
    if fragment.count("&") > _MAX_REFERENCES and max(text.count("&") for text in fragment.split("<")) > _MAX_REFERENCES:
        return f"has more than {_MAX_REFERENCES} references such as &amp; in one text (write the characters in UTF-8)"
    if (
        len(fragment) > 2 * _MAX_ATTRIBUTES
        and max(map(_count_attributes, _LONG_TAG.findall(fragment)), default=0) > _MAX_ATTRIBUTES
    ):
        return f"has a tag with more than {_MAX_ATTRIBUTES} attributes (remove them)"
    if fragment.count("<") > _MAX_TAGS_AROUND_TABLES and "<table" in fragment.lower():
        return f"has a table and more than {_MAX_TAGS_AROUND_TABLES} tags (split the content)"
    return ""


def _count_attributes(tag: str) -> int:
    """Return an upper bound of the number of attributes."""
    return len(tag) > 2 * _MAX_ATTRIBUTES and len(_QUOTED.sub(" ", tag).replace("/", " ").split())


def nesting_depth(fragment: str) -> int:
    """Return an upper bound of the depth of nested elements."""
    if (marks := fragment.count("<")) <= _MAX_UNPAIRED_TAGS:
        return marks
    now = deepest = 0
    for close, name in _NESTING.findall(fragment):
        if name.lower() not in _SHALLOW:
            now = max(0, now - 1) if close else now + 1
            deepest = max(deepest, now)
    return deepest
