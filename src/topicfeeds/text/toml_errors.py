"""TOML errors in words that name the likely cause; `tomllib` only says where it stopped."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from .characters import LOOKS_LIKE_MARKUP
from .toml_lines import find_open_string

_POSITION = re.compile(r" \((?:at line (\d+), column (\d+)|at end of document)\)$")
_TYPOGRAPHIC = set("“”„‟«»‘’‚‛")
_LISTS = {"feed": "feed", "source": "sources", "sources": "sources", "item": "item", "items": "item"}
"""Names of tables that occur more than once, and how to write them: `[[feed]]`."""
_HEADER = re.compile(r"\s*\[{1,2}\s*([^\]\s]+)")
_ASSIGNED = re.compile(r"""\s*[\w."'-]+\s*=\s*(.*)""")
_UNTERMINATED = (
    "Unterminated string",
    r"Illegal character '\n'",
    r"Found invalid character '\n'",
    "Expected \"'",
)
"""How messages of `tomllib` start if a closing quote is missing."""
_REPEATED = ("Cannot overwrite", "Cannot declare", "Cannot mutate", "Cannot redefine", "Duplicate inline")
"""How messages of `tomllib` start if a name is given twice."""
_MAX_SHOWN_CHARS = 40


class _Stop(NamedTuple):
    """Where `tomllib` stopped, and why."""

    reason: str
    line: str
    column: int
    """From 0."""

    @property
    def character(self) -> str:
        """The character at which it stopped, or an empty text at the end of a line."""
        return self.line[self.column : self.column + 1]

    @property
    def rest(self) -> str:
        """The rest of the line from that character on, without a comment."""
        return self.line[self.column :].partition(" #")[0].strip()


def explain_toml_error(text: str, error: Exception) -> tuple[int, str]:
    """Return the line of an error of `tomllib.loads`, and a sentence with its likely cause."""
    found = _POSITION.search(str(error))
    reason = str(error)[: found.start()] if found else str(error)
    number = int(found[1]) if found and found[1] else find_open_string(text) or text.count("\n") + 1
    line = text.split("\n")[number - 1].rstrip("\r")
    column = int(found[2]) - 1 if found and found[2] else len(line)
    return number, f"is not valid TOML: {_explain(_Stop(reason, line, column))}"


def _explain(stop: _Stop) -> str:
    if stop.line.startswith(("<<<<<<< ", ">>>>>>> ", "=======")):
        return "it contains merge conflict markers (resolve the conflict)"
    if mark := _find_typographic_quote(stop):
        return f"""{mark} is a typographic quote (write a straight quote: " or ')"""
    for start, explain in _EXPLANATIONS.items():
        if stop.reason.startswith(start):
            return explain if isinstance(explain, str) else explain(stop)
    return f"{stop.reason[:1].lower()}{stop.reason[1:]}"


def _find_typographic_quote(stop: _Stop) -> str:
    """Return the typographic quote that the author wrote in place of a straight quote, or an empty text."""
    if stop.character in _TYPOGRAPHIC:
        return stop.character
    last = stop.line.rstrip(" \t,]}")[-1:]
    return last if last in _TYPOGRAPHIC and stop.reason.startswith(_UNTERMINATED) else ""


def _explain_unterminated(stop: _Stop) -> str:
    if expected := re.fullmatch('Expected "(\'+)"', stop.reason):
        return f"a text has no closing quote (add {expected[1]} at the end of the text)"
    marks = [(stop.line.find(mark), mark) for mark in ('"""', "'''", '"', "'") if mark in stop.line]
    mark = min(marks, key=lambda found: (found[0], -len(found[1])))[1] if marks else '"""'
    return f"a text has no closing quote (add {mark} at the end of the text)"


def _explain_value(stop: _Stop) -> str:
    word = re.split(r"[,\]}]", stop.rest)[0].strip().strip("\"'")
    if not word:
        return 'there is no value after = (write a text such as "City", or remove the line)'
    if word.lower() in ("true", "false"):
        return f"{word} is not a value (write {word.lower()})"
    return f'text needs quotes (write "{_shorten(word)}")'


def _explain_statement(stop: _Stop) -> str:
    assigned = _ASSIGNED.match(stop.line)
    value = assigned[1] if assigned else ""
    if not value or value[0] in "[{":
        return f"unexpected text at the end of the line (move {_quote(stop.rest)} to a line of its own)"
    if value[0] in "\"'":
        return f"text follows a closing quote: {_shorten(stop.rest)} (write \\{value[0]} for a quote inside the text)"
    if re.match(r"[0-9]{2,4}[-./][0-9]{1,2}[-./]", value):
        return f"{_quote(value)} is not a date (write 2026-03-01, or put quotes around a text)"
    return f'text needs quotes (write "{_shorten(value)}")'


def _explain_key(stop: _Stop) -> str:
    if stop.character == ":":
        return "a colon follows the name (write = instead of :)"
    if "=" in stop.line[stop.column :] and not stop.character.isspace() and not stop.character.isalnum():
        return _explain_name(stop)
    return 'a line has no = (write name = "value")'


def _explain_name(stop: _Stop) -> str:
    if not stop.rest:
        hint = "keep the braces of a value on one line" if "{" in stop.line else "add it"
        return f"a name is missing at the end of the line ({hint})"
    word = re.split(r"[.\[\]=\s]", stop.line[: stop.column])[-1] + re.split(r"[.\]=\s]", stop.line[stop.column :])[0]
    return f'the name {_shorten(word)} needs quotes (write "{_shorten(word)}")'


def _explain_header(stop: _Stop) -> str:
    rest = stop.line[stop.column :].strip()
    if "]" in rest and not rest.startswith("]"):
        return _explain_name(stop)
    opening, closing = ("[[", "]]") if stop.line.lstrip().startswith("[[") else ("[", "]")
    return f"a line that starts with {opening} has no closing {closing} (add it)"


def _explain_unknown_statement(stop: _Stop) -> str:
    if stop.line.lstrip().startswith("<"):
        return LOOKS_LIKE_MARKUP
    return _explain_name(stop) if "=" in stop.rest[1:] else 'a line has no name (write name = "value")'


def _explain_repeated(stop: _Stop) -> str:
    if header := _HEADER.match(stop.line):
        name = header[1]
        if name == "feeds":
            return (
                "[feeds] and [[feeds]] are both given "
                "(write [[feed]] to declare one feed, and [feeds] for the settings of all feeds)"
            )
        if name in _LISTS:
            return f"[{name}] is given more than once (write [[{_LISTS[name]}]], with two brackets, above each one)"
        return f"[{_shorten(name)}] is given twice (keep one)"
    inner = stop.reason.partition("key '")[2].removesuffix("'")
    return f"{_quote(inner or stop.line.partition('=')[0].strip())} is given twice (keep one)"


_EXPLANATIONS: dict[str, Callable[[_Stop], str] | str] = {
    **dict.fromkeys(_UNTERMINATED, _explain_unterminated),
    "Illegal character": "a text contains a control character (remove it)",
    "Escaped character": r"a \u escape is not valid (write the character itself)",
    "Found invalid character": "a text contains a control character (remove it)",
    "Invalid value": _explain_value,
    "Expected newline": _explain_statement,
    "Expected '='": _explain_key,
    "Invalid initial character for a key": _explain_name,
    "Expected ']": _explain_header,
    "Invalid statement": _explain_unknown_statement,
    **dict.fromkeys(_REPEATED, _explain_repeated),
    "Unclosed array": "a list is not closed (add the missing ], or the comma between two values)",
    "Unclosed inline": "a value in braces is not closed (add the missing }, or the comma between two values)",
    "Unescaped": r"a text contains a single \ (write \\, or / in a path)",
    "Exceeds the limit": "a number has too many digits (put quotes around it)",
    "Invalid date": "a date or time does not exist (check day, month and time)",
    "maximum recursion": "lists or tables are nested too deeply (use fewer levels)",
}
"""The explanations of the errors of `tomllib`, by their first words. Other errors are reported unchanged."""


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN_CHARS else f"{text[:_MAX_SHOWN_CHARS]}..."


def _quote(text: str) -> str:
    return f'"{_shorten(text)}"'
