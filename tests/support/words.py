"""Which words of HTML are apart: an html5lib tree, and the block elements of the HTML standard (15.3, "Rendering")."""

from __future__ import annotations

import random
import re
from typing import Any

import html5lib
from html5lib import html5parser
from html5lib.constants import namespaces

BLOCKS = {"address", "article", "aside", "blockquote", "body", "br", "caption", "center", "col", "colgroup", "dd",
          "details", "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1",
          "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "html", "legend", "li", "listing", "main", "marquee",
          "menu", "nav", "ol", "optgroup", "option", "p", "plaintext", "pre", "search", "section", "summary", "table",
          "tbody", "td", "tfoot", "th", "thead", "tr", "ul", "xmp"}  # fmt: skip
NO_TEXT = {"head", "iframe", "noembed", "noframes", "script", "style", "template", "textarea", "title"}
INLINE = {"a", "abbr", "acronym", "audio", "b", "bdi", "big", "button", "canvas", "cite", "code", "del", "em", "font",
          "i", "iframe", "ins", "kbd", "label", "map", "mark", "o:p", "object", "output", "picture", "q", "rp", "rt",
          "s", "script", "select", "small", "span", "strike", "strong", "sub", "sup", "text", "textarea",
          "time", "title", "tt", "u", "var", "video", "x-card"}  # fmt: skip
NAMES = [*sorted(BLOCKS - {"dialog", "search", "table"}) * 2, *sorted(INLINE)]
"""Elements of the fragments. html5lib does not know that `dialog` and `search` are blocks."""
# html5lib 1.1 does not know that these are special too: `</option>` inside them is ignored (13.2.4.2 of the standard).
html5parser.specialElements |= {
    (namespaces["html"], name) for name in ("figcaption", "hgroup", "main", "source", "summary", "template", "track")
}
# `table` only comes with its rows: parsers move other content out of it, each in its own way.
# `ruby` is left out: browsers put the blocks in it on one line.
VOID = ["<br>", "<hr>", "<img>", '<img src="/a">', "<input>", "<wbr>", "<embed src=/e>", "<source>", "<area href=/b>"]
VOID += ["<math><mi>w{}</mi><mo>+</mo></math>", "<svg><text>w{}</text><path/></svg>", "<p hidden>w{}</p>"]
VOID += ["<noscript>w{}<p>w{}0</p></noscript>", "<noembed>w{}</h4></noembed>", "<noframes>w{}</noframes>"]
VOID += ["<table><tr><td>w{}</td><td>w{}0</td></tr></table>", "<table><caption>w{}</table>", "<mi>w{}</mi>"]
WORD = re.compile("w[0-9]+")


def find_lines(fragment: str) -> list[str]:
    """Return the texts between the starts and ends of blocks."""
    root = html5lib.parseFragment(fragment, namespaceHTMLElements=False)
    lines = [root.text or ""]
    walk(root, lines)
    return lines


def walk(element: Any, lines: list[str]) -> None:
    for child in element:
        name = child.tag if isinstance(child.tag, str) else "style"  # a comment
        lines += [""] * (name in BLOCKS)
        if name not in NO_TEXT:
            lines[-1] += child.text or ""
            walk(child, lines)
        lines += [""] * (name in BLOCKS)
        lines[-1] += child.tail or ""


def find_fused(before: list[str], after: list[str]) -> list[str]:
    """Return the parts of the lines `after` that have words which were apart in the lines `before`."""
    together = {frozenset(WORD.findall(token)) for line in before for token in line.split()}
    seen = frozenset[str]().union(*together)
    met = [(token, seen.intersection(WORD.findall(token))) for line in after for token in line.split()]
    return [token for token, words in met if len(words) > 1 and not any(words <= known for known in together)]


def mutate(chance: random.Random) -> str:
    """Return a fragment of random elements, many of which are not closed, or closed wrongly, with numbered words."""
    parts, open_names = [], ["p"]
    for number in range(chance.randint(3, 14)):
        kind = chance.random()
        if kind < 0.45:
            name = chance.choice(NAMES)
            parts.append(f"<{name}>")
            open_names.append(name)
        elif kind < 0.75:
            parts.append(f"</{open_names.pop() if open_names and chance.random() < 0.9 else chance.choice(NAMES)}>")
        elif kind < 0.85:
            parts.append(chance.choice(VOID).replace("{}", f"9{number}"))
        parts.append(chance.choice([f"w{number}", f"w{number}", f" w{number}", f"w{number} ", ""]))
    return "".join(parts)
