"""Formulas in MathML, as text."""

from __future__ import annotations

from html import unescape

from .html_tree import Element

_TEX = {"application/x-tex", "application/x-latex", "tex", "latex"}
_SIGNS = {"mfrac": "/", "msup": "^", "msub": "_", "mover": "^", "munder": "_"}
_OPERATORS = set("+-−=<>≤≥≈≠×·±")
_INVISIBLE = {"\u2061", "\u2062"}
"""The invisible operators between a function and its argument, and between factors."""


def write_formula(formula: Element) -> str:
    """Return the TeX source of a formula, or else a text such as `1/3` or `(a + b)^2`."""
    for one in formula.elements():
        if one.name == "annotation" and one.attributes.get("encoding", "").lower() in _TEX:
            return unescape(one.text())
    return formula.attributes.get("alttext", "").strip() or _spell_all(formula)


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
    parts = [each for each in one.children if isinstance(each, Element)]
    if one.name in ("annotation", "annotation-xml", "mphantom"):
        return ""
    if one.name in _SIGNS and len(parts) == 2:
        return f"{_group(parts[0])}{_SIGNS[one.name]}{_group(parts[1])}"
    if one.name == "mroot" and len(parts) == 2:
        return f"{_group(parts[0])}^(1/{_group(parts[1])})"
    if one.name in ("msubsup", "munderover") and len(parts) == 3:
        return f"{_group(parts[0])}_{_group(parts[1])}^{_group(parts[2])}"
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
