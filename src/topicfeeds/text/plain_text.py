"""Convert HTML to plain text, and plain text to HTML, with line breaks and paragraphs.

The rules for line breaks are those of `innerText` in browsers.
"""

from __future__ import annotations

import re
from html import escape, unescape

from .html_tree import Element, parse_clean

_PARAGRAPHS = {"blockquote", "dl", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "p", "pre", "table", "ul"}
_LINES = {"caption", "dd", "details", "div", "dt", "figcaption", "li", "summary", "td", "th", "tr"}
_BLANK_LINES = re.compile("\n{3,}")
_RUN = re.compile(r"[ \t\n\r\f]+")
_BREAK = re.compile(r"\n[ \t]*\n\s*")
_SCRIPTS = {
    "sup": str.maketrans(", 0123456789+-−abcdefghijklmnoprstuvwxyz", ", ⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ"),
    "sub": str.maketrans(", 0123456789+-−", ", ₀₁₂₃₄₅₆₇₈₉₊₋₋"),
}
"""Superscript and subscript characters."""
_MAX_SCRIPT_PARTS = 20
"""Superscripts and subscripts with more parts than this are small print. They are written as plain text."""


def write_plain_text(fragment: str, *, with_links: bool = False) -> str:
    """Return the text of sanitised HTML. With `with_links`, the address of a link follows its text."""
    writer = _TextWriter(with_links)
    writer.add_all(parse_clean(fragment))
    return writer.finish()


def write_html(text: str) -> str:
    """Return a plain text as HTML, with its line breaks and paragraphs."""
    lines = escape(text.strip(), quote=False).replace("\r\n", "\n").replace("\r", "\n")
    if "\n" not in lines:
        return escape(text, quote=False)
    paragraphs = ["<br>".join(line.strip() for line in each.split("\n")) for each in _BREAK.split(lines)]
    return paragraphs[0] if len(paragraphs) == 1 else "".join(f"<p>{each}</p>" for each in paragraphs)


def write_paragraphs(text: str) -> str:
    """Return a plain text as paragraphs of HTML, or an empty text for a blank one."""
    html = write_html(text.strip())
    return html if not html or html.startswith("<p>") else f"<p>{html}</p>"


class _TextWriter:
    def __init__(self, with_links: bool) -> None:
        self._with_links = with_links
        self._parts: list[str] = []
        self._breaks = 0
        """How many line breaks come before the next text."""
        self._has_space = False
        """Whether a space comes before the next text."""
        self._after = ""
        """The element directly before the next text, if a space may be needed: a link, a picture, a deletion.

        It is `words` after a picture whose description has more than one character.
        """
        self._mark = ""
        """The mark of a list item that has no text yet."""
        self._lists = 0
        self._is_pre = False

    def finish(self) -> str:
        lines = "".join(self._parts).split("\n")
        return _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in lines)).strip()

    def add_all(self, one: Element) -> None:
        for child in one.children:
            if isinstance(child, str):
                self._add_text(unescape(child))
            else:
                self._add(child)

    def _add(self, one: Element) -> None:
        name = one.name
        if name == "br":
            self._breaks += 1
        elif name == "img":
            self._add_description(one.attributes.get("alt", ""))
        elif name == "tr" and len(cells := one.parts()) > 1:
            self._add_row(cells)
        elif name in _PARAGRAPHS or name in _LINES:
            self._add_block(one)
        elif name == "q":
            self._add_between('"', one, '"')
        elif name == "rt" and not (self._parts and self._parts[-1].endswith("(")):
            self._add_between("(", one, ")")
        elif name in _SCRIPTS:
            self._add_script(one)
        else:
            self._add_linked(one)

    def _add_between(self, start: str, one: Element, end: str) -> None:
        self._put(start)
        self.add_all(one)
        self._put(end)

    def _add_description(self, alt: str) -> None:
        """Write the description of a picture. A description of one character can be a part of a word."""
        has_words = len(alt) > 1
        follows_word = has_words and alt[0].isalnum() and "".join(self._parts[-1:])[-1:].isalnum()
        self._has_space = self._has_space or follows_word or self._after in ("img", "words")
        self._add_text(alt)
        self._after = "words" if has_words else "img"

    def _add_block(self, one: Element) -> None:
        is_list, was_pre = one.name in ("ol", "ul"), self._is_pre
        breaks = 2 if one.name in _PARAGRAPHS and not (is_list and self._lists) else 1
        self._breaks = max(self._breaks, 1 if self._mark else breaks)
        self._is_pre = was_pre or one.name == "pre"
        if is_list:
            self._add_list(one)
        else:
            self.add_all(one)
        self._is_pre = was_pre
        self._breaks = max(self._breaks, breaks)

    def _add_list(self, one: Element) -> None:
        step = -1 if "reversed" in one.attributes else 1
        count = sum(child.name == "li" for child in one.parts())
        number = _read_number(one.attributes.get("start", ""), count if step < 0 else 1)
        self._lists += 1
        for child in one.children:
            if isinstance(child, Element):
                self._breaks = max(self._breaks, 1)
                number = _read_number(child.attributes.get("value", ""), number)
                self._mark = "  " * (self._lists - 1) + (f"{number}. " if one.name == "ol" else "- ")
                number += step * (child.name == "li")
                self._add(child)
                self._mark = ""
            else:
                self._add_text(unescape(child))
        self._lists -= 1

    def _add_row(self, cells: list[Element]) -> None:
        """Write the cells of a row on one line."""
        texts = []
        for cell in cells:
            writer = _TextWriter(self._with_links)
            writer.add_all(cell)
            texts.append(" ".join(writer.finish().split("\n")))
        self._breaks = max(self._breaks, 1)
        self._put("\t".join(filter(None, texts)))
        self._breaks = 1

    def _add_linked(self, one: Element) -> None:
        """Write an inline element, and its address if that is wanted."""
        start = len(self._parts)
        self._has_space = self._has_space or (one.name == "ins" and self._after == "del")
        self.add_all(one)
        self._after = "del" if one.name in ("del", "s") else self._after
        if self._with_links and one.name in ("a", "audio", "video"):
            self._add_address(_find_address(one), "".join(self._parts[start:]).strip())

    def _add_script(self, one: Element) -> None:
        """Write a superscript or a subscript. The addresses of links follow it."""
        start, with_links, mark = len(self._parts), self._with_links, self._mark
        self._with_links, self._mark = False, ""
        self.add_all(one)
        self._with_links = with_links
        has_gap = bool(self._parts[start:]) and not self._parts[start].strip()
        is_attached = start > 0 and not has_gap and not mark
        start += has_gap
        parts = self._parts[start:][: _MAX_SCRIPT_PARTS + 1]
        text = "".join(parts)
        if len(parts) <= _MAX_SCRIPT_PARTS and (body := text.strip()) and "\n" not in text:
            self._parts[start:] = [text.replace(body, _write_script(body, one, is_attached))]
        if parts:
            self._parts[start] = mark + self._parts[start]
        else:
            self._mark = mark
        for each in one.elements() if with_links and "a" in one.inside else ():
            self._add_address(_find_address(each), text.strip())

    def _add_address(self, address: str, text: str) -> None:
        """Write the address of a link or a player after its text."""
        if address and _shorten(text) != _shorten(address):
            self._add_text(f" ({address})" if text else f" {address} ")
            self._after = "a"

    def _add_text(self, text: str) -> None:
        if self._is_pre:
            self._put(text if self._parts and not self._breaks else text.lstrip("\n"))
        elif body := _RUN.sub(" ", text).strip():
            self._has_space = self._has_space or text[0].isspace()
            self._put(body)
            self._has_space = text[-1].isspace()
        else:
            self._has_space = self._has_space or bool(text)

    def _put(self, text: str) -> None:
        if text:
            if self._parts and self._breaks:
                self._parts.append("\n" * min(self._breaks, 2))
            elif self._parts and (self._has_space or (self._after in ("a", "words") and text[0].isalnum())):
                self._parts.append(" ")
            self._parts.append(self._mark + text)
            self._breaks, self._has_space, self._after, self._mark = 0, False, "", ""


def _write_script(text: str, one: Element, is_attached: bool) -> str:
    """Write a superscript or subscript with `_SCRIPTS` characters, or after `^` or `_`. Ordinals (1st) are plain."""
    table, is_word = _SCRIPTS[one.name], text.isalpha() and len(text) > 1
    if not is_word and set(map(ord, text)) <= table.keys():
        return text.translate(table)
    is_ordinal = is_word and one.name == "sup" and one.inside.isdisjoint({"em", "i", "var"})
    if not is_attached or is_ordinal or text.startswith("[") or not any(map(str.isalnum, text)):
        return text
    return ("^" if one.name == "sup" else "_") + (
        text if text.isalpha() or text.isdecimal() or re.fullmatch(r"\([^()]*\)", text) else f"({text})"
    )


def _find_address(one: Element) -> str:
    """Return the address of a link or a player, as people write it."""
    found = next((each.attributes["src"] for each in one.parts() if each.name == "source"), "")
    address = one.attributes.get("href") or one.attributes.get("src") or found
    if address.startswith("mailto:"):
        return address.removeprefix("mailto:").partition("?")[0]
    return address.removeprefix("tel:")


def _read_number(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else default


def _shorten(address: str) -> str:
    return address.removeprefix("http://").removeprefix("https://").rstrip("/")
