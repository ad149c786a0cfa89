"""Sanitise HTML: anybody may write content, and feed readers display the HTML of a feed."""

from __future__ import annotations

import re
import threading
from collections import Counter
from functools import cached_property, lru_cache, partial
from html import escape, unescape
from typing import TYPE_CHECKING, Any, NamedTuple

from . import fast_paths
from .allowed_html import ATTRIBUTES, DROPPED, TAGS, Additions
from .characters import decode_broken_references, strip_forbidden
from .ordinary_html import PICTURE, lacks_addresses, needs_no_rewriting
from .pictures import keep_data_picture
from .plain_text import write_html, write_plain_text
from .rewriting import ResolveAddress, describe_changes, rewrite
from .simple_html import sanitize_simple
from .urls import resolve_url

if TYPE_CHECKING:
    import nh3

_MARGIN = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\ufeff"
"""White space and byte order marks, which are removed at both ends of a fragment."""
_ELEMENT = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)(?:[\s/][^<>]*)?>")
_BLANK_LINES = re.compile(r"\n(?:[ \t\r]*\n)+")
_NESTED_TAG = re.compile("</?[A-Za-z][^<>]*+>?")
_NESTING = re.compile("<(/?)([A-Za-z][A-Za-z0-9]*)")
# Elements without content, and elements that end where the next element of the same kind starts.
_SHALLOW = {"area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta", "option", "p",
            "param", "rp", "rt", "source", "td", "th", "tr", "track", "wbr"}  # fmt: skip

_PRE = re.compile(r"""<pre(?: [a-z]+="[^"]*")*>\n""")
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
    is_ordinary = fast_paths.ENABLED and not more and needs_no_rewriting(fragment)
    made = _clean(fragment, sanitizer.quick) if is_ordinary else None
    if made is None or lacks_addresses(made, base):
        rewritten, changes = rewrite(fragment, sanitizer.attributes, address)
        made = _clean(rewritten, sanitizer.cleaner)
    return Sanitized(_settle(made, address, sanitizer.cleaner), describe_changes(changes))


def _settle(made: str, address: ResolveAddress, cleaner: nh3.Cleaner) -> str:
    """Sanitise until nothing changes, as parsers may read the result differently (misplaced tables and links).

    If `_MAX_PASSES` are not enough, return only the text.
    """
    if fast_paths.ENABLED and made == sanitize_simple(made, address):  # a simple fragment cannot change again
        return made
    for _ in range(_MAX_PASSES):
        before, made = made, _clean(PICTURE.sub(_drop_without_address, made), cleaner)
        if made == before:
            return made
    return write_html(write_plain_text(made))


class _Sanitizer(threading.local):
    """The sanitisers of one thread. Creating a sanitiser takes longer than sanitising a short text."""

    base = ""

    def __init__(self, more: Additions = ()) -> None:
        self.attributes = {name: ATTRIBUTES.get(name, set()).copy() for name in (*TAGS, "*")}
        for name, names in more:
            self.attributes.setdefault(name, set()).update(names)
        tags, given = self.attributes.keys() - {"*"}, {name: some for name, some in self.attributes.items() if some}
        self._allowed: Any = {"tags": set(tags), "clean_content_tags": DROPPED, "attributes": given}

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
    return "<" in text and any(name.lower() in TAGS for name in _ELEMENT.findall(text))


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
