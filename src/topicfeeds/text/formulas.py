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
    return "".join(unescape(each) if isinstance(each, str) else _spell(each) for each in one.children)


def _spell(one: Element) -> str:
    parts = [each for each in one.children if isinstance(each, Element)]
    if one.name in ("annotation", "annotation-xml"):
        return ""
    if one.name in _SIGNS and len(parts) == 2:
        return f"{_group(parts[0])}{_SIGNS[one.name]}{_group(parts[1])}"
    if one.name == "mroot" and len(parts) == 2:
        return f"{_group(parts[0])}^(1/{_group(parts[1])})"
    if one.name in ("msubsup", "munderover") and len(parts) == 3:
        return f"{_group(parts[0])}_{_group(parts[1])}^{_group(parts[2])}"
    if one.name == "mfenced":
        return f"({', '.join(_spell(each).strip() for each in parts)})"
    return _spell_row(one)


def _spell_row(one: Element) -> str:
    """Return an element whose parts follow each other."""
    text = _spell_all(one)
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
