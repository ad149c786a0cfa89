"""Files become records, with file and line in every message."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import command
from support.city import City
from support.reading import everything, found, told
from topicfeeds import Problem
from topicfeeds.models import Source
from topicfeeds.registry import SOURCE_FORMATS, SUFFIXES
from topicfeeds.sources.model import Record

YAML = "- title: A\n  published: 2026-01-01\n- title: B\n  published: 2026-01-02\n  tags: [x]\n"
JSONL = '{"title": "A", "published": "2026-01-01"}\n\n{"title": "B", "published": "2026-01-02", "tags": ["x"]}\n'


@pytest.mark.parametrize(("name", "text"), [("a.yaml", YAML), ("a.yml", YAML), ("a.jsonl", JSONL), ("a.ndjson", JSONL)])
def test_records_are_read_with_their_lines(tmp_path: Path, name: str, text: str) -> None:
    records = found(tmp_path, name, text)
    assert [(one.item.title, one.item.published, one.path, one.line) for one in records] == [
        ("A", date(2026, 1, 1), name, 1),
        ("B", date(2026, 1, 2), name, 3),
    ]
    assert records[1].item.tags == ("x",)


@pytest.mark.parametrize(("name", "text"), [("a.yaml", YAML), ("a.jsonl", JSONL)])
def test_byte_order_mark_and_line_ends_do_not_matter(tmp_path: Path, name: str, text: str) -> None:
    plain = found(tmp_path, name, text)
    assert found(tmp_path, name, b"\xef\xbb\xbf" + text.encode()) == plain
    assert found(tmp_path, name, text.replace("\n", "\r\n")) == plain


def test_a_json_line_is_cut_at_line_feeds_only(tmp_path: Path) -> None:
    (one,) = found(tmp_path, "a.jsonl", '{"title": "A\u2028B\u0085C", "published": "2026-01-01"}')
    assert one.item.title == "A\u2028B\u0085C"


def test_half_of_a_surrogate_pair_in_json_becomes_a_replacement_character(tmp_path: Path) -> None:
    text = r'{"title": "\ud83d\ude00 \ud83d \udE00 \\ud83d \u00e9 \"", "published": "2026-01-01"}'
    (one,) = found(tmp_path, "a.jsonl", text)
    assert one.item.title == '😀 \ufffd \ufffd \\ud83d é "'
    assert told(tmp_path, "a.jsonl") == [
        "warning a.jsonl:1: warning: contains half of a surrogate pair "
        "(U+FFFD replaces it; check the program that wrote the file)"
    ]


def test_yaml_may_have_a_document_for_each_item(tmp_path: Path) -> None:
    text = "title: A\npublished: 2026-01-01\n---\ntitle: B\npublished: 2026-01-01\n---\n"
    text += "- title: C\n  published: 2026-01-01\n"
    assert [(one.item.title, one.line) for one in found(tmp_path, "a.yaml", text)] == [("A", 1), ("B", 4), ("C", 7)]


def test_yaml_scalars_are_read_as_they_are_written(tmp_path: Path) -> None:
    text = "- {title: no, published: 2026-01-01, id: 012, tags: [on, 1:30, 0x1F, 1e3, ~x], summary: 2026-01-01}\n"
    (one,) = found(tmp_path, "a.yaml", text)
    item = one.item
    assert (item.title, item.id, item.tags, item.summary) == (
        *("no", "012"),
        ("on", "1:30", "0x1F", "1e3", "~x"),
        "2026-01-01",
    )


def test_line_separators_in_yaml_are_characters_and_no_lines(tmp_path: Path) -> None:
    text = "- title: A\u2028B\n  published: 2026-01-01\n- {title: 'C\u2029\x85D', published: x}\n"
    (one,) = found(tmp_path, "a.yaml", text)
    assert one.item.title == "A\u2028B"
    assert told(tmp_path, "a.yaml")[0].startswith("refused a.yaml:3: published: ")


def test_a_merge_key_of_yaml_is_told(tmp_path: Path) -> None:
    text = "- &b {title: x, published: 2026-01-01}\n- <<: *b\n- {*b : x}\n"
    assert told(tmp_path, "a.yaml")[:0] == []
    assert any(line.startswith("refused a.yaml:2: <<: unknown field") for line in told(tmp_path, "a.yaml", text))
    (one,) = found(tmp_path, "b.yaml", "- &k title: a\n  published: 2026-01-01\n  &s summary: b\n")
    assert one.item.summary == "b"


def test_yaml_null_and_blank_are_absent(tmp_path: Path) -> None:
    text = '- {title: A, published: 2026-01-01, summary: null, link: ~, id: "", content: , tags: !!null x}\n'
    (one,) = found(tmp_path, "a.yaml", text)
    assert (one.item.summary, one.item.link, one.item.id, one.item.content, one.item.tags) == (None,) * 4 + ((),)


def test_yaml_anchors_stand_for_values_and_not_for_bombs(tmp_path: Path) -> None:
    text = "- {title: A, published: &day 2026-01-01, tags: &tags [x, y]}\n- {title: B, published: *day, tags: *tags}\n"
    assert [one.item.tags for one in found(tmp_path, "a.yaml", text)] == [("x", "y"), ("x", "y")]
    levels = ", ".join(f"&l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 12))
    bomb = f"- {{title: A, published: 2026-01-01, tags: [&l0 [lol], {levels}]}}\n"
    assert len(told(tmp_path, "a.yaml", bomb)) == 12


def test_findings_have_the_line_of_their_field_and_come_in_its_order(tmp_path: Path) -> None:
    text = "- titel: A\n  published: x\n  authors:\n    - {nam: y}\n- title: B\n  published: 2026-01-01\n"
    assert told(tmp_path, "a.yaml", text) == [
        "refused a.yaml:1: title: is missing (add it)",
        'refused a.yaml:1: titel: unknown field (did you mean "title"?)',
        'refused a.yaml:2: published: "x" is not a date in ISO 8601 (write 2026-03-01 or 2026-03-01T14:30, '
        'or set date_format in [[sources]], such as "%d/%m/%Y")',
        "refused a.yaml:3: authors[0].name: is missing (add it)",
        'refused a.yaml:3: authors[0].nam: unknown field (did you mean "name"?)',
    ]
    assert [one.item.title for one in found(tmp_path, "a.yaml")] == ["B"]


def test_a_field_that_stands_twice_refuses_its_item(tmp_path: Path) -> None:
    text = "- title: A\n  title: B\n  published: 2026-01-01\n- title: C\n  published: 2026-01-01\n"
    assert told(tmp_path, "a.yaml", text) == ["refused a.yaml:2: title: is given twice in this item (keep one)"]
    assert [one.item.title for one in found(tmp_path, "a.yaml")] == ["C"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", '{"title": "A"\n', "1: is not valid JSON: expecting ',' delimiter at column 14"),
        ("a.jsonl", JSONL + "[1]\n", '4: [1] is not an object (write an item as {"title": "...", ...})'),
        (
            "a.json",
            '[{"title": "NaN \\" Infinity"},\n{"x":\n-Infinity, "y": NaN}]',
            "3: is not valid JSON: -Infinity is not",
        ),
        ("a.jsonl", '{"title": NaN}', "1: is not valid JSON: NaN is not allowed (write null)"),
        ("a.jsonl", '{"a":' * 100_000, "1: is nested too deep"),
        ("a.jsonl", b'{"title": "\xe9"}', "1: byte 12 (0xE9) is not UTF-8 (save the file as UTF-8)"),
        ("a.jsonl", b'\n{"title": "\0"}', "2: contains NUL characters"),
        ("a.yaml", "- title: A\n  published: [\n", "3: is not valid YAML: "),
        ("a.yaml", "just text", '1: is not an item (write a list, and start each item with "- title: ...")'),
        ("a.yaml", "- title: A\n  published: 2026-01-01\n- B\n", "3: is not an item"),
        ("a.yaml", b"- title: \xff\n", "1: byte 10 (0xFF) is not UTF-8"),
        ("a.yaml", "- title: A\n\0", "2: contains NUL characters"),
        ("a.yaml", "- *unknown\n", "1: is not an item"),
        (
            "a.yaml",
            "- title: &a [*a]\n",
            "1: *a has no anchor &a above it (put quotes around a text that starts with *)",
        ),
        ("a.yaml", "[" * 100, "1: is not an item"),
        ("a.yaml", "[" * 100_000, "1: is n"),  # by the age of libyaml: not an item, or nested too deeply
        ("a.yaml", "- title:\n    " + "[" * 100_000, "2: is nested too deeply (use at most 64 levels)"),
        ("a.yaml", "- [a]: b\n", "1: a name of a field is not text (write name: value)"),
        (
            "a.yaml",
            "- title: \n\n  x: \x01\n",
            "3: is not valid YAML: it contains the control character U+0001 (remove it)",
        ),
        ("a.yaml", "- title: !!python/name:os.system x\n", "1: the tag tag:yaml.org,2002:python/name:os.system is not"),
        ("a.yaml", "- title: x\n  tags: !mine [a]\n", "2: the tag !mine is not supported (remove it)"),
        ("a.yaml", "# nothing\n", "1: has no items (if this is intended, write [])"),
        (
            "a.yaml",
            "- title: A: b\n",
            '1: is not valid YAML: a text with a colon, a quote or a bracket needs quotes (write title: "Homes',
        ),
        ("nowhere/*.yaml", None, "1: cannot be read: "),
        ("a.txt", b"\xe9", "1: byte 1 (0xE9) is not UTF-8"),
        ("a.xls", "", "1: .xls files cannot be read (save it as .xlsx, .ods or .csv)"),
        ("a.yamk", "", '1: the suffix ".yamk" is unknown (did you mean ".yaml"?)'),
        ("missing.yaml", None, "1: cannot be read: No such file or directory"),
    ],
)
def test_what_is_not_of_its_format_is_unreadable(
    tmp_path: Path, name: str, content: str | bytes | None, message: str
) -> None:
    last = told(tmp_path, name, content)[-1]
    assert last.startswith(f"unreadable {name}:{message}")


def test_an_empty_list_is_meant_where_it_is_written(tmp_path: Path) -> None:
    assert everything(tmp_path, "a.yaml", "[]\n") == everything(tmp_path, "a.json", "[]") == []


def test_a_pattern_reads_sorted_paths_and_tells_where_it_finds_none(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("b.yaml", "a.yaml", "sub/c.yaml", "d.txt"):
        (tmp_path / name).write_text(f"title: {name}\npublished: 2026-01-01\n", "utf-8")
    assert [one.path for one in found(tmp_path, "*.yaml")] == ["a.yaml", "b.yaml"]
    assert [one.path for one in found(tmp_path, "**/*.yaml")] == ["a.yaml", "b.yaml", "sub/c.yaml"]
    assert told(tmp_path, "*.jsonl") == [
        "warning *.jsonl:1: warning: no file matches (check path in [[sources]], or remove the source)"
    ]


def test_a_path_with_a_name_that_is_too_long_is_unreadable(tmp_path: Path) -> None:
    (one,) = told(tmp_path, "a" * 300)
    assert one.startswith("unreadable ")
    assert "File name too long" in one


def test_a_folder_of_markdown_names_the_pages_that_it_does_not_read(tmp_path: Path) -> None:
    page = "---\ntitle: A\npublished: 2026-01-01\n---\n"
    (tmp_path / "posts/a/_includes").mkdir(parents=True)
    for name in ("1.md", "2.markdown", "3.mdown", "a/4.HTML", "a/5.rst", "a/6.rst", "README.rst", ".7.html"):
        (tmp_path / "posts" / name).write_text(page, "utf-8")
    for name in ("a/a.png", "a/style.css", "a/script.js", "a/data.xml", "a/_includes/b.html", "Makefile"):
        (tmp_path / "posts" / name).write_text("x", "utf-8")
    assert [one.path for one in found(tmp_path, "posts")] == ["posts/1.md", "posts/2.markdown", "posts/3.mdown"]
    warning = (
        'warning posts:1: warning: topicfeeds does not read 3 files in this folder, such as "posts/a/4.HTML" (write '
        'them in Markdown, or leave them out with exclude = ["*.HTML", "*.rst"] in [[sources]])'
    )
    assert told(tmp_path, "posts") == [warning]
    assert told(tmp_path, "posts", exclude=["*.HTML", "*.rst"]) == []
    assert told(tmp_path, "posts/*.md") == []
    for name in ("1.md", "2.markdown", "3.mdown"):
        (tmp_path / "posts" / name).unlink()
    (tmp_path / "posts/a.yaml").write_text(YAML, "utf-8")
    assert told(tmp_path, "posts") == []


def test_a_file_may_have_a_name_that_looks_like_a_pattern(tmp_path: Path) -> None:
    assert [one.path for one in found(tmp_path, "items [2026].yaml", YAML)] == ["items [2026].yaml"] * 2


def test_a_pattern_passes_hidden_files_and_folders_over_and_takes_absolute_paths(tmp_path: Path) -> None:
    for name in (".hidden/a.yaml", ".b.yaml", "c.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{title: x, published: 2026-01-01}", "utf-8")
    assert [one.path for one in found(tmp_path, "**/*.yaml")] == ["c.yaml"]
    assert [one.path for one in found(tmp_path, f"{tmp_path}/*.yaml")] == [f"{tmp_path}/c.yaml"]
    assert [one.path for one in found(tmp_path, ".*/*.yaml")] == [".hidden/a.yaml"]


@pytest.mark.parametrize("path", ["items/**/*.yaml", "items/*/*.yaml", "items"])
def test_a_folder_that_cannot_be_listed_is_told_and_not_taken_for_empty(tmp_path: Path, path: str) -> None:
    (tmp_path / "items/closed").mkdir(parents=True)
    (tmp_path / "items/closed/a.yaml").write_text("{title: x, published: 2026-01-01}", "utf-8")
    (tmp_path / "items/b.yaml").write_text("{title: x, published: 2026-01-01}", "utf-8")
    (tmp_path / "items/closed").chmod(0)
    code = (
        "import os\n"
        "from pathlib import Path\n"
        "from topicfeeds.models import Site, Source\n"
        "from topicfeeds.sources import SiteSources\n"
        "if os.geteuid() == 0: os.setegid(65534); os.seteuid(65534)\n"
        f"site = Site(title='-', url='https://example.org/', sources=[Source(path={path!r})])\n"
        "print(*SiteSources(site, Path('.')), sep='\\n')\n"
    )
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        folder.chmod(folder.stat().st_mode | 0o055)
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    (tmp_path / "items/closed").chmod(0o700)
    assert done.stdout == (
        f"{path}:1: cannot be read: items/closed: Permission denied "
        "(check the owner and permissions of the file and its folders)\n"
    ), done.stderr


def test_a_source_gives_its_topics_to_every_item_and_may_name_the_format(tmp_path: Path) -> None:
    (one, _) = found(tmp_path, "export", YAML, format="yaml", topics=["housing"])
    assert one.topics == ("housing",)


def test_every_suffix_has_a_reader_and_every_reader_can_be_named() -> None:
    assert set(SUFFIXES.values()) == set(SOURCE_FORMATS)
    for name in SOURCE_FORMATS:
        assert Source.model_validate({"path": "x", "format": name}).format == name


@given(st.binary(max_size=60) | st.text("-:[]{}&*!|>'\"%@,#?ab \n\t\\0", max_size=40).map(str.encode))
def test_any_bytes_are_records_or_findings(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.getbasetemp()
    for name in ("any.yaml", "any.jsonl", "any.txt"):
        assert all(isinstance(one, (Record, Problem)) for one in everything(folder, name, content))


@pytest.mark.parametrize(
    "more", ['html_fields = ["summary", "title"]', 'defaults = { summary = "a\\u0001b", tags = ["x\\u0002"] }']
)
def test_what_a_source_adds_to_a_record_is_looked_at_for_what_xml_forbids(tmp_path: Path, more: str) -> None:
    """The line itself has no such character, and is known to have none."""
    fields = {"id": "a", "title": "x&#2;y", "published": "2026-03-01"} | (
        {"summary": "x&#1;y"} if "html" in more else {}
    )
    city = City(tmp_path)
    city.configure(more)
    city.put(fields)
    problems = [str(problem) for problem in city.build().problems]
    assert len(problems) == 2
    assert all("has characters that XML forbids" in problem for problem in problems)


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("a.yaml", "- {id: a, title: A, published: 2026-02-01}\n-\n- {id: b, title: B, published: 2026-02-02}\n", 2),
        ("a.yaml", "- {id: a, title: A, published: 2026-02-01}\n- ~\n- {id: b, title: B, published: 2026-02-02}\n", 2),
        ("a.yaml", "- {id: a, title: A, published: 2026-02-01}\n- {id: b, title: B, published: 2026-02-02}\n-\n", 3),
        ("a.yaml", "id: a\ntitle: A\npublished: 2026-02-01\n---\n~\n---\nid: b\ntitle: B\npublished: 2026-02-02\n", 5),
        ("a.json", '[{"id": "a", "title": "A", "published": "2026-02-01"},\nnull,\n'
         '{"id": "b", "title": "B", "published": "2026-02-02"}]', 2),
        ("a.jsonl", '{"id": "a", "title": "A", "published": "2026-02-01"}\nnull\n'
         '{"id": "b", "title": "B", "published": "2026-02-02"}\n', 2),
    ],
)  # fmt: skip
def test_an_empty_record_is_refused_with_its_line(name: str, text: str, line: int, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "topicfeeds.toml").write_text(
        f'title = "x"\nurl = "https://e.org"\n[[sources]]\npath = "{name}"\nfields = {{ title = "title", id = "id", '
        'published = "published" }\n',
        "utf-8",
    )
    run = command("build", cwd=tmp_path)
    message = f"{name}:{line}: is an empty record (write an item in its place, or remove it)\n"
    assert (run.code, run.err.partition("2 items published")[0]) == (1, message)
