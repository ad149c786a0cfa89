"""Errors of TOML name their likely cause."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicfeeds.text.toml_errors import explain_toml_error

TYPOGRAPHIC = """is a typographic quote (write a straight quote: " or ')"""


def explained(text: str) -> str:
    """Parse TOML that is not valid, and give the line and the sentence without its start."""
    try:
        tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        number, sentence = explain_toml_error(text, error)
        assert sentence.startswith("is not valid TOML: ")
        return f"{number}: {sentence.removeprefix('is not valid TOML: ')}"
    raise AssertionError(f"{text!r} is valid")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('title = "City\nurl = "x"\n', '1: a text has no closing quote (add " at the end of the text)'),
        ("a = 1\ntitle = 'City", "2: a text has no closing quote (add ' at the end of the text)"),
        ("title = 'City\nurl = 'x'\n", "1: a text has no closing quote (add ' at the end of the text)"),
        ('b = 1\na = """x\ny\n# z', '2: a text has no closing quote (add """ at the end of the text)'),
        ("a = 1\nb = '''x\ny\n", "2: a text has no closing quote (add ''' at the end of the text)"),
        ('a = """x\ny', '1: a text has no closing quote (add """ at the end of the text)'),
        ("title = City Network\n", '1: text needs quotes (write "City Network")'),
        ('title = City"\n', '1: text needs quotes (write "City")'),
        ("title = 3 homes # x\n", '1: text needs quotes (write "3 homes # x")'),
        ("tags = [economy, 'x']\n", '1: text needs quotes (write "economy")'),
        ("author = { name = City }\n", '1: text needs quotes (write "City")'),
        ("a = \n", '1: there is no value after = (write a text such as "City", or remove the line)'),
        ("a = True\n", "1: True is not a value (write true)"),
        ('a = "b "c" d"\n', '1: text follows a closing quote: c" d" (write \\" for a quote inside the text)'),
        ('path = "C:\\items"\n', r"1: a text contains a single \ (write \\, or / in a path)"),
        ("a = [1] 2\n", '1: unexpected text at the end of the line (move "2" to a line of its own)'),
        ("a = 01.03.2026\n", '1: "01.03.2026" is not a date (write 2026-03-01, or put quotes around a text)'),
        ("a = 2026-02-30\n", "1: a date or time does not exist (check day, month and time)"),
        (f"a = {'9' * 5000}", "1: a number has too many digits (put quotes around it)"),
        ('a = "\x01"', "1: a text contains a control character (remove it)"),
    ],
)
def test_a_value_that_is_wrong_is_told_with_what_to_write(text: str, message: str) -> None:
    assert explained(text) == message


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("title = “City”\n", "“"),
        ("title = „City“\n", "„"),
        ("title = ‘City’\n", "‘"),
        ("title = ’City’\n", "’"),
        ('title = "City”\nurl = "x"\n', "”"),
        ("tags = [“a”]\n", "“"),
        ('tags = ["a", "b”]\n', "”"),
        ("[topics.“x”]\n", "“"),
    ],
)
def test_a_typographic_quote_is_named(text: str, mark: str) -> None:
    assert explained(text) == f"1: {mark} {TYPOGRAPHIC}"


def test_a_typographic_quote_within_a_text_is_not_the_cause() -> None:
    assert explained("a = 'it’s\n") == "2: a text has no closing quote (add ' at the end of the text)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('title: "x"\n', "1: a colon follows the name (write = instead of :)"),
        ('title "x"\n', '1: a line has no = (write name = "value")'),
        ("= 3\n", '1: a line has no name (write name = "value")'),
        ("C++ = 1\n", '1: the name C++ needs quotes (write "C++")'),
        ("[tags.C++]\n", '1: the name C++ needs quotes (write "C++")'),
        ("été = 1\n", '1: the name été needs quotes (write "été")'),
        ("a = 1\na = 2\n", '2: "a" is given twice (keep one)'),
        ("a = { b = 1, b = 2 }\n", '1: "b" is given twice (keep one)'),
        ("[x]\n[y]\n[x]\n", "3: [x] is given twice (keep one)"),
        ("[x\na = 1\n", "1: a line that starts with [ has no closing ] (add it)"),
        ("[[feed]\n", "1: a line that starts with [[ has no closing ]] (add it)"),
        ("a = [1\nb = 2\n", "2: a list is not closed (add the missing ], or the comma between two values)"),
        ("a = { b = 1", "1: a value in braces is not closed (add the missing }, or the comma between two values)"),
        ("a = {\nb = 1 }", "1: a name is missing at the end of the line (keep the braces of a value on one line)"),
        ("<<<<<<< HEAD\n", "1: it contains merge conflict markers (resolve the conflict)"),
        ("<html>\n", "1: it looks like HTML or XML (check the program that creates the file)"),
    ],
)
def test_a_line_that_is_wrong_is_told_with_what_to_write(text: str, message: str) -> None:
    assert explained(text) == message


@pytest.mark.parametrize("name", ["feed", "sources", "item"])
def test_a_table_in_single_brackets_that_is_given_more_than_once_needs_double_ones(name: str) -> None:
    message = f"3: [{name}] is given more than once (write [[{name}]], with two brackets, above each one)"
    for first, second in (("[{}]", "[{}]"), ("[[{}]]", "[{}]"), ("[{}]", "[[{}]]")):
        assert explained(f"{first.format(name)}\na = 1\n{second.format(name)}\n") == message


def test_feeds_in_double_brackets_beside_the_settings_is_told() -> None:
    assert explained("[feeds]\nlimit = 1\n[[feeds]]\n") == (
        "3: [feeds] and [[feeds]] are both given "
        "(write [[feed]] to declare one feed, and [feeds] for the settings of all feeds)"
    )


@given(st.text(alphabet="ab=[]{}\"'“”‘’.,:#\\\n 01-é<", max_size=30))
def test_any_text_is_explained_in_one_line(text: str) -> None:
    try:
        tomllib.loads(text)
    except ValueError as error:
        number, sentence = explain_toml_error(text, error)
        assert 1 <= number <= text.count("\n") + 1
        assert "\n" not in sentence
        assert len(sentence) < 200
