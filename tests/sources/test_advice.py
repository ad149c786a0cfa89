"""Messages about sources say what to do, in the words of the format."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import problems_of
from support.reading import told
from topicfeeds.sources.objects import read_objects

ITEM = {
    "json": '[{"title": "A", "published": "2026-01-01", %s}]',
    "jsonl": '{"title": "A", "published": "2026-01-01", %s}',
}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "- title: A\n    published: x\n",
            "2: the indentation is wrong (start all fields of an item in the same column)",
        ),
        ("- title: A\n published: x\n", "2: the indentation is wrong (start all fields of an item in the same column)"),
        ("title: A\n  id: b\n", "2: the indentation is wrong (start all fields of an item in the same column)"),
        (
            "- title: A\n  tags:\n    - a\n   - b\n",
            "4: the indentation is wrong (start all entries of a list in the sa",
        ),
        (
            "- title: A\n  id: x\n  - b\n",
            "3: the indentation is wrong (start all entries of a list in the same column)",
        ),
        ("- title: A\n\tid: b\n", "2: a tab is used for indentation (use spaces)"),
        ("- title: A\n  id: x\n  \ttags: [a]\n", "3: a tab is used for indentation (use spaces)"),
        ("- title: A\n-title: B\n", '2: a hyphen has no space after it (write "- title: ...")'),
        (
            "- location:\n    name:A\n    url: x\n",
            '3: the line above has no space after its colon (write "name: value")',
        ),
        ("- title: A\n  published\n", '3: a field has no colon, or no space after the colon (write "name: value")'),
        ("- title: Homes: the plan\n", "1: a text with a colon, a quote or a bracket needs quotes (write title: "),
        ('- title: "A" b\n', "1: a text with a colon, a quote or a bracket needs quotes (write title: "),
        ('- title: "A\n  id: x\n', "1: a quoted text is not closed (add the closing quote)"),
        ("- title: @x\n", "1: a text that starts with @, % or ` needs quotes"),
        ("- title: *\n", "1: a text that starts with & or * needs quotes"),
        ("- tags: [a, b\n  title: x\n", "1: a list in brackets is not closed (add the missing ] or comma)"),
        ('- title: "C:\\dir"\n', "1: a text in double quotes contains a single \\ (write \\\\, or use single quotes)"),
    ],
)
def test_yaml_that_is_not_valid_is_told_with_its_likely_cause(tmp_path: Path, text: str, message: str) -> None:
    number, _, sentence = message.partition(": ")
    line = told(tmp_path, "a.yaml", text)[-1]
    assert line.startswith(f"unreadable a.yaml:{number}: is not valid YAML: {sentence}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[{'title': 1}]", "expecting property name enclosed in double quotes at column 3 (put double quotes around"),
        (
            '[{"title": "A", }]',
            "expecting property name enclosed in double quotes at column 17 (remove the comma before }",
        ),
        ('[{"title": "A"},]', "expecting value at column 17 (remove the comma before ])"),
        ('[{"title": "A"', "expecting ',' delimiter at column 15 (the file may be cut off)"),
        (
            '[{"title": "A" "id": 1}]',
            "expecting ',' delimiter at column 16 (a comma, a colon or a quote may be missing)",
        ),
        ('[{"title": "A\nB"}]', "invalid control character at column 14 (write \\n for a line break within a text)"),
        ('[{"title": "C:\\dir"}]', "invalid \\escape at column 15 (write \\\\ for a single \\)"),
        ("// news\n[]", "expecting value at column 1 (remove the comment)"),
        ("<html>", "it looks like HTML or XML (check the program that creates the file)"),
    ],
)
def test_json_that_is_not_valid_is_told_with_its_likely_cause(tmp_path: Path, text: str, message: str) -> None:
    [line] = told(tmp_path, "a.json", text)
    assert message in line


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("a.docx", ".docx files cannot be read (copy its text into a .md or .txt file)"),
        ("a.XLS", ".xls files cannot be read (save it as .xlsx, .ods or .csv)"),
        (
            "a.xml",
            '.xml files cannot be read (if it is a feed or a WordPress export, set format = "feed" in [[sources]])',
        ),
        (
            "a.pdf",
            'the suffix ".pdf" is unknown (known: .csv, .atom, .rss, .ics, .ical, .icalendar, .json, .jsonl, .ndjson, '
            ".txt, .md, .markdown, .mdown, .mdx, .xlsx, .xlsm, .ods, .toml, .yaml, .yml; for another suffix, "
            "set format in [[sources]])",
        ),
        (
            "items",
            "cannot be read: there is no such file or folder (correct path in [[sources]])",
        ),
        ("https://e.org/items", "cannot be read: a web address is not a file (download the file first, and give the"),
        (
            "https://e.org/a.json",
            "cannot be read: No such file or directory (download the file first, and give the path",
        ),
    ],
)
def test_a_file_of_another_format_is_told_with_what_to_export(tmp_path: Path, name: str, advice: str) -> None:
    [line] = told(tmp_path, name)
    assert line.startswith(f"unreadable {name}:1: {advice}")


CSV_DATE = 'or set date_format in [[sources]], such as "%d/%m/%Y")'


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "title,published\nA,01/03/2026\n"),
        ("a.json", '[{"title": "A", "published": "01/03/2026"}]'),
        ("a.jsonl", '{"title": "A", "published": "01/03/2026"}'),
        ("a.yaml", "- title: A\n  published: 01/03/2026\n"),
        ("a.toml", '[[item]]\ntitle = "A"\npublished = "01/03/2026"\n'),
        ("a.md", "---\ntitle: A\npublished: 01/03/2026\n---\nText\n"),
    ],
)
def test_a_date_in_another_form_points_to_date_format(tmp_path: Path, name: str, text: str) -> None:
    [line] = told(tmp_path, name, text)
    assert "01/03/2026" in line
    assert line.endswith(CSV_DATE)
    assert told(tmp_path, name, date_format="%d/%m/%Y") == []


def test_a_date_of_an_exception_and_of_an_object_points_to_no_setting(tmp_path: Path) -> None:
    event = '"start": "2026-01-01", "recurrence": "FREQ=DAILY", "except": ["2 Jan"]'
    [line] = told(tmp_path, "a.json", ITEM["json"] % event)
    assert line.endswith('except[0]: "2 Jan" is not a date in ISO 8601 (write 2026-03-01 or 2026-03-01T14:30)')
    [line] = problems_of([{"title": "A", "published": "01/03/2026"}])
    assert line.endswith("(write 2026-03-01 or 2026-03-01T14:30)")
    [problem] = read_objects([{"title": "A", "published": "01/03/2026"}], name="a.csv")
    assert str(problem).endswith("(write 2026-03-01 or 2026-03-01T14:30)")


@pytest.mark.parametrize(
    ("name", "text", "advice"),
    [
        ("a.json", ITEM["json"] % '"tags": "a, b"', '"a, b" is text, not a list (write ["a", "b"])'),
        ("a.jsonl", ITEM["jsonl"] % '"authors": "Doe, Ann"', '"Doe, Ann" is text, not a list (write ["Doe, Ann"])'),
        (
            "a.jsonl",
            ITEM["jsonl"] % '"authors": {"name": "A"}',
            "{'name': 'A'} is an object, not a list (put it in a list)",
        ),
        ("a.yaml", "{title: A, published: 2026-01-01, tags: a}", '"a" is text, not a list (write ["a"])'),
        (
            "a.yaml",
            "{title: A, published: 2026-01-01, authors: {name: A}}",
            "is a mapping, not a list (put it in a list)",
        ),
        ("a.md", "---\ntitle: A\npublished: 2026-01-01\ntags: a\n---\n", '"a" is text, not a list (write ["a"])'),
        ("a.toml", '[[item]]\ntitle = "A"\npublished = 2026-01-01\ntags = "a"\n', 'not a list (write ["a"])'),
        ("a.toml", '[[item]]\ntitle = "A"\npublished = 2026-01-01\nsummary = {a = 1}\n', "is a table, not text (write"),
        ("a.json", ITEM["json"] % '"enclosures": "x"', "not a list (write a list, each entry with url and type)"),
        (
            "a.csv",
            "title,published,enclosures\nA,2026-01-01,x\n",
            "not a list (name the columns enclosures.url and enclosures.type)",
        ),
        ("a.csv", "title,published,summary.x\nA,2026-01-01,Ann\n", "is a group of columns, not text (write one text)"),
        ("a.json", ITEM["json"] % '"summary": 5', "summary: 5 is a number, not text (put it in quotes)"),
        ("a.json", ITEM["json"] % '"organizer": 5, "start": "2026-01-01"', "not text or an object with name"),
    ],
)
def test_advice_fits_the_format(tmp_path: Path, name: str, text: str, advice: str) -> None:
    [line] = told(tmp_path, name, text)
    assert advice in line


def test_advice_on_lists_in_csv_fits_defaults(tmp_path: Path) -> None:
    [line] = told(tmp_path, "b.csv", "title,published\nA,2026-01-01\n", defaults={"tags": "a"})
    assert line.endswith('"a" is text, not a list (write ["a"])')


def test_named_values_in_place_of_text_are_told_with_the_setting_that_takes_their_text(tmp_path: Path) -> None:
    text = '[{"title": {"rendered": "A"}, "published": "2026-01-01"}]'
    [line] = told(tmp_path, "a.json", text)
    assert line.endswith('(to take its text, set fields = { title = "title.rendered" } in [[sources]])')
    assert told(tmp_path, "a.json", fields={"title": "title.rendered", "published": "published"}) == []


def test_a_field_that_is_missing_is_told_with_the_setting_that_reads_it(tmp_path: Path) -> None:
    text = '[{"name": "A"}]'
    assert told(tmp_path, "a.json", text, fields={"title": "name"}) == [
        "refused a.json:1: published: is missing (add it to fields in [[sources]])"
    ]
    assert told(tmp_path, "a.json", text, fields={"title": "name", "published": "day"})[:-1] == [
        "refused a.json:1: published: is missing or blank in this record "
        '(fill in "day", or correct fields.published in [[sources]])'
    ]
    [problem] = read_objects([{"name": "A"}], fields={"title": "name"})
    assert str(problem) == "items:1: published: is missing (add it to fields)"


def test_an_unknown_field_of_a_source_is_told_with_the_setting_that_leaves_it_out(tmp_path: Path) -> None:
    [line] = told(tmp_path, "a.csv", "title,published,xyzzy\nA,2026-01-01,x\n")
    assert line.endswith("xyzzy: unknown field (remove it, or set fields in [[sources]] to read only some fields)")


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("id;title;published\n", 'the columns have another delimiter (set delimiter = ";" in [[sources]])'),
        ("id\ttitle\n", 'the columns have another delimiter (set delimiter = "\\t" in [[sources]])'),
        ("a,b\n", "no column has the name of a field (add a header such as id,title,published, or set fields in"),
        ('title,published\n"A "b" c",2026-01-01\n', 'a quote within a quoted cell is not doubled (write "" for ")'),
    ],
)
def test_a_csv_file_that_is_not_one_is_told_with_what_to_set(tmp_path: Path, text: str, advice: str) -> None:
    assert advice in told(tmp_path, "a.csv", text, delimiter=",")[0]


def test_a_line_of_csv_with_a_million_delimiters_is_refused(tmp_path: Path) -> None:
    text = "id,title,published\n1,A,2026-01-01" + "," * 1_000_001
    assert told(tmp_path, "a.csv", text) == ["unreadable a.csv:2: has more than 1,000,000 delimiters (check delimiter)"]


def test_front_matter_without_fields_is_told(tmp_path: Path) -> None:
    assert told(tmp_path, "a.md", "---\nhomes\n---\n") == [
        "refused a.md:2: the front matter has no fields (write one on each line, such as title: New homes)"
    ]


def test_a_field_without_a_blank_after_its_colon_is_told(tmp_path: Path) -> None:
    assert told(tmp_path, "a.yaml", "- title:A\n  id: x\n") == [
        'unreadable a.yaml:1: a field has no space after its colon (write "name: value")'
    ]
