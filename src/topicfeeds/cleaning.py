"""Text and HTML made safe and whole: text in, text out, no other state.

What readers and validators take is stricter than what authors write: characters that XML forbids
cost a whole feed in most readers, and content may come from anybody.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from contextlib import suppress
from functools import cache, cached_property, lru_cache
from html import escape, unescape
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

if TYPE_CHECKING:
    import nh3

# XML 1.0 forbids C0 controls, U+FFFE, U+FFFF and surrogates (2.2); validators flag C1 controls too.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANKS = re.compile("[ \t\r\n]+")
_MARGIN = re.compile("^[\\s\ufeff]+|[\\s\ufeff]+$")
_TRIMMED = "".join(map(chr, range(33)))  # what browsers take off an address, and nothing more (WHATWG URL, 4.4)
_UNSAFE = re.compile(r"""[ "<>`{}|^\[\]]|%(?![0-9A-Fa-f]{2})""")

# A fragment may use these and nothing else; no `class`, `id`, `style` or `cite` anywhere.
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
    "abbr", "b", "bdi", "bdo", "blockquote", "br", "caption", "cite", "code", "dd", "dfn", "div", "dl", "dt", "em",
    "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "kbd", "mark", "p", "pre", "q", "rp",
    "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "tfoot",
    "thead", "tr", "u", "ul", "var", *_ATTRIBUTES,
} - {"*"}  # fmt: skip
# Gone with all that they hold: code, other languages, and what browsers parse by other rules.
_DROPPED = {
    "applet", "button", "canvas", "datalist", "embed", "frameset", "head", "iframe", "listing", "math", "noembed",
    "noframes", "noscript", "object", "optgroup", "option", "plaintext", "script", "select", "style", "svg",
    "template", "textarea", "title", "xmp",
}  # fmt: skip
_NESTING = re.compile("<(/?)([A-Za-z][A-Za-z0-9]*)")
# Elements that hold nothing, or that the next of their kind ends.
_SHALLOW = {"area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta", "option", "p",
            "param", "rp", "rt", "source", "td", "th", "tr", "track", "wbr"}  # fmt: skip
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_LOOKALIKE = {"LATIN", "CYRILLIC", "GREEK"}
_PRE = re.compile(r"""<pre(?: [a-z]+="[^"]*")*>\n""")
_ROUNDS = 8
_FLAT = 100
"""So many tags are never too deep, and need not be paired."""
_ADDRESSES = {"href", "src", "poster"}
# What most addresses look like, so that nothing is to be done but to put them together.
_BELOW = "(?:(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*/)*(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*)?)"
_PATH = f"/{_BELOW}"
_START = "https?://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?"
_ABSOLUTE = re.compile(rf"({_START})(?:{_PATH})?")
_ROOTED = re.compile(_PATH)
_RELATIVE = re.compile(rf"((?:\.\./)*)({_BELOW})")
# Tags that all parsers read alike, if they are well nested.
_TAG = re.compile(
    rf"""<(/?)([a-z][a-z0-9]*)(?: (?:(?:href|src)="{_START}(?:{_PATH})?"|rel="noopener noreferrer"|alt="[^"<>]*"))*>"""
)
_BLOCKS = {"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "ul"}
_INLINE = {"a", "b", "code", "em", "i", "s", "small", "span", "strong", "sub", "sup", "u"}


def text(value: str) -> str:
    """Remove characters that XML forbids; a lone surrogate becomes U+FFFD. Line breaks stay."""
    if value.replace("\n", "").isprintable():  # in a tenth of the time that the patterns take, and most texts are
        return value
    return _SURROGATE.sub("\ufffd", _FORBIDDEN.sub("", value))


def line(value: str) -> str:
    """Make `text` of one line: blanks and line breaks fold to a space, a byte order mark goes."""
    if value.isprintable() and "  " not in value:
        return value.strip()
    return _BLANKS.sub(" ", text(value).replace("\ufeff", "")).strip()


def html(fragment: str, base: str) -> str:
    """Sanitise a fragment of HTML, with every address absolute against `base`.

    Only elements and attributes of our own list remain, and addresses with `http` or `https`
    (links: `mailto` and `tel` too). Cleaning twice changes nothing.
    """
    desk = _desk
    desk.base = base
    with suppress(UnicodeEncodeError):  # half a surrogate pair
        made = _cleaned(fragment, desk.quick)
        if _is_simple(made):  # and so all of its addresses are plain, and all else is text
            return made
    # What is written down may be read in another way (misplaced tables and links): until it is not.
    made = _cleaned(text(fragment), desk.cleaner)
    for _ in range(_ROUNDS):
        before, made = made, _cleaned(made, desk.cleaner)
        if made == before:
            return made
    return escape(plain(fragment))


_LIST: Any = {
    "tags": _TAGS,
    "clean_content_tags": _DROPPED,
    "attributes": _ATTRIBUTES,
    "url_schemes": {"http", "https", "mailto", "tel"},
}


class _Desk(threading.local):
    """Where a thread cleans: the sanitiser takes longer to be set up than to clean a short text."""

    base = ""

    @cached_property
    def cleaner(self) -> nh3.Cleaner:
        """The sanitiser, with our list; it shows us every attribute."""
        import nh3

        return nh3.Cleaner(**_LIST, attribute_filter=self._keep)

    @cached_property
    def quick(self) -> nh3.Cleaner:
        """The same, which shows us relative addresses only."""
        import nh3

        return nh3.Cleaner(**_LIST, url_relative=lambda value: _address(self.base, value, "a"))

    def _keep(self, tag: str, attribute: str, value: str) -> str | None:
        return _address(self.base, value, tag) if attribute in _ADDRESSES else value


_desk = _Desk()


def _cleaned(given: str, cleaner: nh3.Cleaner) -> str:
    clean = text(cleaner.clean(given))  # a reference such as &#1; has become its character
    if clean[:1].isspace() or clean[-1:].isspace() or "\ufeff" in clean:
        clean = _MARGIN.sub("", clean)
    return _PRE.sub(r"\g<0>\n", clean) if "<pre" in clean else clean  # parsers drop a line break after it


def _is_simple(fragment: str) -> bool:
    """Tell whether what is clean is read by all parsers as it is written; this takes a tenth of parsing it."""
    tags = _TAG.findall(fragment)
    if len(tags) != fragment.count("<") or "\r" in fragment:
        return False
    above: list[str] = []
    for close, name in tags:
        if close:
            if not above or above.pop() != name:
                return False
        elif name not in ("br", "img"):
            around = above[-1] if above else None
            if name in _INLINE:
                fits = name not in above
            elif name == "li":
                fits = around in ("ol", "ul")
            else:
                fits = name in _BLOCKS and around in (None, "blockquote", "li")
            if not fits:
                return False
            above.append(name)
    return not above


def plain(fragment: str) -> str:
    """Give the text of a fragment of HTML: no tags, references resolved."""
    import nh3

    return unescape(nh3.clean(text(fragment), tags=set(), clean_content_tags=_DROPPED))


def depth(fragment: str) -> int:
    """Tell how deep tags may be nested, at most; sanitising takes the square of it."""
    if (marks := fragment.count("<")) <= _FLAT:
        return marks
    now = deepest = 0
    for close, name in _NESTING.findall(fragment):
        if name.lower() not in _SHALLOW:
            now = max(0, now - 1) if close else now + 1
            deepest = max(deepest, now)
    return deepest


def percent_encoded(address: str) -> str:
    """Encode what never stands in an IRI after its host (RFC 3987, 2.2), and a stray percent sign."""
    return _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", address)


def _address(base: str, value: str, tag: str) -> str | None:
    """Make an address absolute; None where it is none that a reader should follow."""
    if _ABSOLUTE.fullmatch(value):
        return value
    root = _root(base)
    if root and _ROOTED.fullmatch(value):
        return root + value
    if root and value and (found := _RELATIVE.fullmatch(value)):
        above = base[len(root) :].split("/")[1:-1]
        kept = above[: max(0, len(above) - len(found[1]) // 3)]
        return "/".join([root, *kept, found[2]])
    try:
        address = urljoin(base, value.strip(_TRIMMED))
        parts = urlsplit(address)
        if parts.scheme in ("mailto", "tel"):
            return address if tag == "a" else None
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or "\\" in address:
            return None
        start = address.index(parts.netloc) + len(parts.netloc)
        return address[:start] + percent_encoded(address[start:])
    except ValueError:
        return None


@lru_cache(maxsize=1000)
def _root(base: str) -> str | None:
    """Give the start of an address up to its path, where that is as plain as most are."""
    found = _ABSOLUTE.fullmatch(base)
    return found[1] if found else None


def turns_text(value: str) -> bool:
    """Tell whether a text has overrides or isolates of direction (Unicode Bidirectional Algorithm, 2)."""
    return bool(_BIDI.search(value))


def unturned(value: str) -> str:
    """Take out overrides and isolates of direction."""
    return _BIDI.sub("", value)


def doubt(address: str) -> str | None:
    """Say what a person should look at in an address that is right by its form."""
    if len(address) > 2048:
        return "is longer than 2,048 characters (some readers cut it)"
    return _host_doubt("/".join(address.split("/", 3)[:3]))


@lru_cache(maxsize=1000)
def _host_doubt(start: str) -> str | None:
    host = urlsplit(start).hostname or ""
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or _is_private(host):
        return f"leads to {host}, where readers elsewhere find nothing"
    for label in host.split("."):
        scripts = {unicodedata.name(c, "?").split()[0] for c in label if c.isalpha()} & _LOOKALIKE
        if len(scripts) > 1:
            return f"has letters of {' and '.join(sorted(map(str.title, scripts)))} in one name (is it the right host?)"
    return None


def _is_private(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return False


def uri(iri: str) -> str:
    """Spell an IRI in ASCII, as RSS needs it: punycode in the host, percent signs elsewhere (RFC 3987, 3.1)."""
    if iri.isascii():
        return iri
    parts = urlsplit(iri)
    host = parts.hostname or ""
    netloc = parts.netloc.lower().replace(host, ascii_host(host)) if not host.isascii() else parts.netloc
    spelled = [quote(part, safe="%/?:@!$&'()*+,;=~-._") for part in (parts.path, parts.query, parts.fragment)]
    return parts._replace(netloc=netloc, path=spelled[0], query=spelled[1], fragment=spelled[2]).geturl()


@cache
def ascii_host(host: str) -> str:
    """Give a host as DNS knows it (RFC 5891, with the mapping of UTS 46). Raises ValueError."""
    if host.isascii():
        return host.lower()
    import idna

    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise ValueError(f"{host} is no host name: {error}") from None
