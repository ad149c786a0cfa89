"""Formulas in MathML, as text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape
from unicodedata import normalize

from .html_tree import Element

_TEX = {"application/x-tex", "application/x-latex", "tex", "latex"}
_FORMS = {"mfrac": "{}/{}", "msup": "{}^{}", "msub": "{}_{}", "mover": "{}^{}", "munder": "{}_{}", "mroot": "{}^(1/{})",
          "msubsup": "{}_{}^{}", "munderover": "{}_{}^{}"}  # fmt: skip
"""How elements with a fixed number of parts are written."""
_KATEX = {"mbin": "mo", "mfrac": "mfrac", "mrel": "mo", "mspace": "mspace", "sqrt": "msqrt"}
_CODE = re.compile("(?:mjx-c)?([0-9A-F]{1,5})(?: .*)?")
"""The code of a character that MathJax draws."""
_OPERATORS = set("+-−=<>≤≥≈≠×·±")
_SOURCES = ("data-latex", "data-tex", "data-formula", "data-katex")
_INVISIBLE = {"\u2061", "\u2062"}
"""The invisible operators between a function and its argument, and between factors."""


def drop_drawings(children: Sequence[Element | str]) -> Sequence[Element | str]:
    """Leave out formulas that MathJax 2 drew, if the source of the formula follows in a script."""
    kept: list[Element | str] = []
    for one in children:
        if isinstance(one, Element) and one.name in ("math", "x-tex"):
            while _is_drawn(kept[-1:]) or (_is_drawn(kept[-2:-1]) and _is_blank(kept[-1])):
                kept.pop()
        kept.append(one)
    return kept


def _is_blank(one: Element | str) -> bool:
    return isinstance(one, str) and not one.strip()


def _is_drawn(found: Sequence[Element | str]) -> bool:
    marks = ("MathJax", "mjx-chtml", "MJXc-display")
    drawn = (one for one in found if isinstance(one, Element) and one.name != "mjx-container")  # this is MathJax 3
    return any(name.startswith(marks) for one in drawn for name in _classes(one))


def write_formula(formula: Element) -> str:
    """Return the TeX source of a formula, or else a text such as `1/3` or `(a + b)^2`."""
    for one in formula.elements():
        if one.name == "annotation" and one.attributes.get("encoding", "").lower() in _TEX:
            return unescape(one.text())
    return formula.attributes.get("alttext", "").strip() or _spell_all(formula)


def find_source(one: Element) -> str:
    """Return the TeX source of a formula that a script would write into an empty element."""
    is_empty = one.is_blank and one.inside <= {"br", "span"}
    return next((one.attributes[name] for name in _SOURCES if is_empty and name in one.attributes), "")


def read_rendered(one: Element) -> Element:
    """Return MathML for a formula that KaTeX or MathJax wrote as HTML or SVG only."""
    code = one.attributes.get("data-c") or (one.attributes.get("class", "") if one.name == "mjx-c" else "")
    if found := _CODE.fullmatch(code):
        return Element("mi", {}, [normalize("NFKC", unescape(f"&#x{found[1]};"))])
    classes = _classes(one)
    names = (_KATEX[each] for each in classes if each in _KATEX)
    made = Element(one.attributes.get("data-mml-node") or next(names, one.name.removeprefix("mjx-")))
    if not classes.isdisjoint({"mfrac", "msupsub", "op-limits"}):
        return _read_stack(one, classes)
    for child in one.children:
        part = child.replace("\u200b", "") if isinstance(child, str) else read_rendered(child)
        if isinstance(part, Element) and isinstance(child, Element) and "msupsub" in _classes(child):
            part.children.insert(0, Element("mrow", {}, made.children[-1:]))
            del made.children[-1:]
        if isinstance(part, str) or part.children or part.name == "mspace":
            made.children.append(part)
    parts = made.parts()
    return Element("mfrac", {}, parts[0].children) if made.name == "mfrac" and len(parts) == 1 else made


def _read_stack(one: Element, classes: set[str]) -> Element:
    """Return a fraction, or superscripts and subscripts. KaTeX writes their parts from bottom to top.

    The parts include the base of superscripts and subscripts only if these are limits, as of a sum.
    """
    stack = next((each for each in one.elements() if "vlist-t" in _classes(each)), one)
    lines = next((each for each in stack.elements() if "vlist" in _classes(each)), stack)
    parts: list[Element | str] = [read_rendered(each) for each in lines.parts() if not each.is_blank]
    if "mfrac" in classes:
        return Element("mfrac", {}, parts[::-1])
    has_lower = "vlist-t2" in _classes(stack)
    if "op-limits" in classes and has_lower:
        parts[:2] = parts[1::-1]
    is_pair = len(parts) == (3 if "op-limits" in classes else 2)
    return Element("msubsup" if is_pair else "msub" if has_lower else "msup", {}, parts)


def _classes(one: Element) -> set[str]:
    return set(one.attributes.get("class", "").split())


def _spell_all(one: Element) -> str:
    text, before = "", None
    for each in one.children:
        part = unescape(each) if isinstance(each, str) else _spell(each)
        is_apart = isinstance(before, Element) and not _is_token(before)
        if part[:1].isalnum() and text[-1:].isalnum() and (is_apart or (text[-1:] + part[:1]).isdigit()):
            text += " "  # 2 1/3 is not 21/3
        text, before = text + part, each
    return text


def _spell(one: Element) -> str:
    parts = one.parts()
    if one.name in ("annotation", "annotation-xml", "mphantom"):
        return ""
    form = _FORMS.get(one.name)
    if form and len(parts) == form.count("{}"):
        return form.format(*map(_group, parts))
    if one.name == "mfenced":
        start, end = one.attributes.get("open", "("), one.attributes.get("close", ")")
        return f"{start}{', '.join(_spell(each).strip() for each in parts)}{end}"
    return _spell_row(one)


def _spell_row(one: Element) -> str:
    """Return the text of an element whose parts are written one after the other."""
    text = _spell_all(one)
    if one.name == "mmultiscripts":
        return " ".join(filter(None, (_spell(each).strip() for each in one.parts())))
    if one.name == "mo":
        sign = text.strip()
        return " " if sign in _INVISIBLE else f" {sign} " if sign in _OPERATORS else text
    if one.name in ("mspace", "mtd", "mtext", "mtr"):
        return f" {text.strip()} "
    return f"√({text.strip()})" if one.name == "msqrt" else text


def _group(one: Element) -> str:
    """Return a part of a formula, in parentheses if it is more than a number or a name."""
    text = _spell(one).strip()
    return text if len(text) == 1 or (text.isalnum() and _is_token(one)) else f"({text})"


def _is_token(one: Element) -> bool:
    """Return whether an element is a number or a name, or only contains one."""
    parts = one.parts()
    return not parts or (len(parts) == 1 and _is_token(parts[0]))
