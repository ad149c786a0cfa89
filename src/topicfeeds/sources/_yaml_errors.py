"""YAML errors in words that name the likely cause: tabs, indentation, missing quotes."""

from __future__ import annotations

import re

_FIELD = re.compile(r"""( *+(?:- ++)*+)(?:[^\s#'"\[{][^:#]*|"[^"]*"|'[^']*'):(?:\s|$)""")
_NO_BLANK = re.compile(r" *(?:- +)*[\w-]+:[^\s:/]")
_INDENTED = {
    "mapping values are not allowed in this context",
    "did not find expected key",
    "did not find expected '-' indicator",
    "did not find expected <document start>",
    "block sequence entries are not allowed in this context",
}
"""The errors of libyaml for wrong indentation. libyaml reports the same errors for missing quotes."""
_UNCLOSED = "a quoted text is not closed (add the closing quote)"
_SENTENCES = {
    "found character that cannot start any token": "a text that starts with @, % or ` needs quotes",
    "found unexpected end of stream": _UNCLOSED,
    "found unexpected document indicator": _UNCLOSED,
    "could not find expected ':'": 'a field has no colon, or no space after the colon (write "name: value")',
    "did not find expected node content": "a value is incomplete (close its bracket, or put quotes around the text)",
    "did not find expected ',' or ']'": "a list in brackets is not closed (add the missing ] or comma)",
    "did not find expected ',' or '}'": "a value in braces is not closed (add the missing } or comma)",
    "found unknown escape character": r"a text in double quotes contains a single \ (write \\, or use single quotes)",
    "did not find expected alphabetic or numeric character": "a text that starts with & or * needs quotes",
    "found invalid Unicode character escape code": r"a \u escape is not valid (write the character itself)",
    "found undefined tag handle": "a tag that starts with ! is not supported (put quotes around the text)",
    "did not find expected comment or line break": "a text that starts with > or | needs quotes",
}
_MAX_LINES = 1000
"""How many lines above an error are compared with its line."""


def is_unclosed(problem: str) -> bool:
    """Return whether a problem is a missing quote or bracket. The mistake is then where the text or list starts."""
    return "not closed" in _SENTENCES.get(problem, "")


def explain_yaml_error(text: str, number: int, column: int, problem: str) -> str:
    """Return a sentence with the likely cause of an error of libyaml.

    `number` is its line (from 1), `column` its column (from 0), and `problem` its message.
    """
    lines = text.split("\n")[:number]
    return f"is not valid YAML: {_explain(lines[-1], lines[-_MAX_LINES:-1], column, problem)}"


def _explain(line: str, above: list[str], column: int, problem: str) -> str:
    if "\t" in line[: _count_indent(line)]:
        return "a tab is used for indentation (use spaces)"
    if problem not in _INDENTED:
        return _SENTENCES.get(problem, problem)
    needs_quotes = 'a text with a colon, a quote or a bracket needs quotes (write title: "Homes: the plan")'
    return _find_blank_mistake(line, above, column) or needs_quotes


def _find_blank_mistake(line: str, above: list[str], column: int) -> str:
    """Return a message about missing or extra spaces, or an empty text if the spaces are right."""
    start = line.lstrip()
    if start.startswith("-") and start[1:2].isalnum():
        return 'a hyphen has no space after it (write "- title: ...")'
    if start.startswith("- ") and column <= _count_indent(line):
        return "the indentation is wrong (start all entries of a list in the same column)"
    if above and _NO_BLANK.match(above[-1]):
        return 'the line above has no space after its colon (write "name: value")'
    misplaced = _is_misplaced(line, above)
    return "the indentation is wrong (start all fields of an item in the same column)" if misplaced else ""


def _is_misplaced(line: str, above: list[str]) -> bool:
    """Return whether a field starts in a column in which no field above it starts."""
    columns = {len(found[1]) for one in above if (found := _FIELD.match(one))}
    found = _FIELD.match(line)
    return bool(columns) and found is not None and "-" not in found[1] and len(found[1]) not in columns


def _count_indent(line: str) -> int:
    return len(line) - len(line.lstrip())
