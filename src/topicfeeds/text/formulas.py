"""Formulas in MathML, as text."""

from __future__ import annotations

from html import unescape

from .html_tree import Element

_TEX = {"application/x-tex", "application/x-latex", "tex", "latex"}
_MARKS = {"mfrac": "/", "msup": "^", "msub": "_", "mover": "^", "munder": "_"}


def find_annotation(formula: Element) -> str:
    """Return the TeX source of a formula, or an empty text."""
    for one in formula.elements():
        if one.name == "annotation" and one.attributes.get("encoding", "").lower() in _TEX:
            return " ".join(unescape(one.text()).split())
    return ""


def spell_formula(formula: Element) -> str:
    """Return a formula on one line, such as `1/3` or `(a + b)^2`."""
    return " ".join(_spell_all(formula.children).split())


def _spell_all(children: list[Element | str]) -> str:
    return "".join(unescape(one) if isinstance(one, str) else _spell(one) for one in children)


def _spell(one: Element) -> str:
    parts = [each for each in one.children if isinstance(each, Element)]
    if one.name in ("annotation", "annotation-xml"):
        return ""
    if one.name in _MARKS and len(parts) == 2:
        return f"{_group(parts[0])}{_MARKS[one.name]}{_group(parts[1])}"
    if one.name in ("msubsup", "munderover") and len(parts) == 3:
        return f"{_group(parts[0])}_{_group(parts[1])}^{_group(parts[2])}"
    if one.name == "msqrt":
        return f"√({_spell_all(one.children).strip()})"
    if one.name == "mroot" and len(parts) == 2:
        return f"{_group(parts[0])}^(1/{_spell(parts[1])})"
    if one.name == "mo":
        return f" {one_text} " if (one_text := unescape(one.text()).strip()) in "+-−=<>≤≥≈≠×·±" else one_text
    if one.name in ("mtr", "mlabeledtr"):
        return ", ".join(_spell(each).strip() for each in parts) + "; "
    return _spell_all(one.children) if one.name != "mspace" else " "


def _group(one: Element) -> str:
    """Return a part of a formula, in parentheses if it is more than a number or a name."""
    text = _spell(one).strip()
    return text if text.isalnum() or len(text) == 1 else f"({text})"
