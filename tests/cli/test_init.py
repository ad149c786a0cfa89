"""`topicfeeds init --from`: a site file for the data of another system, and what it shows of the data."""

from __future__ import annotations

import sqlite3
import tomllib
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from support import command
from support.spreadsheets import GERMAN_ROWS, Cell, make_xlsx
from topicfeeds import Site
from topicfeeds.cli.starter import EXPORTS
from topicfeeds.exports.kinds import KINDS, simplify

TABLE = """\
Nr.;Titel;Datum;Beginn;Ende;Ort (z.B. Halle);Schlagworte;Status;Preis
12;Stadtfest;01.05.2026;18:30;22:00;Marktplatz;Musik, Essen;ok;5 Euro
13;Messe;06.06.2026;;;Halle 3;Bau;ok;
14;Empfang;17.07.2026;;;;;Entwurf;
"""


def start(folder: Path, kind: str, path: str, content: str | bytes, url: str = "https://stadt.example/") -> str:
    """Write an export, run `init` in its folder, and return what the command shows."""
    (folder / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    run = command("init", "--from", kind, path, "--url", url, cwd=folder, env={"SOURCE_DATE_EPOCH": "1780000000"})
    assert run.code == 0, run.err
    return run.out + run.err


def source_of(folder: Path) -> dict[str, object]:
    found = tomllib.loads((folder / "topicfeeds.toml").read_text("utf-8"))
    Site.model_validate(found)
    source: dict[str, object] = found["sources"][0]
    return source


def test_the_kinds_of_the_command_are_those_of_the_table() -> None:
    assert tuple(KINDS) == EXPORTS


def test_a_german_table_is_mapped_by_its_names_and_values(tmp_path: Path) -> None:
    shown = start(tmp_path, "csv", "termine.csv", TABLE)
    assert source_of(tmp_path) == {
        "path": "termine.csv",
        "delimiter": ";",
        "split": {"tags": [",", ";"]},
        "date_format": {"start": ["%d.%m.%Y", "%d.%m.%Y %H:%M"], "end": "%d.%m.%Y %H:%M"},
        "skip": {"Status": "Entwurf"},
        "fields": {
            "title": "Titel",
            "id": "Nr.",
            "start": ["{Datum} {Beginn}", "Datum"],
            "end": "{Datum} {Ende}",
            "tags": "Schlagworte",
            "location": {"name": "Ort (z.B. Halle)"},
        },
    }
    assert "\n  start: 2026-05-01T18:30:00  [{Datum} {Beginn}]\n" in shown
    assert "\n  tags: Musik; Essen  [Schlagworte]\n" in shown
    assert "\nNot read: Preis\n" in shown
    assert "they are in UTC" in shown
    assert "Empfang" not in shown
    text = (tmp_path / "topicfeeds.toml").read_text("utf-8")
    assert 'tag_authority = "stadt.example,2026"' in text
    assert 'formats = ["atom", "rss", "ics"]' in text
    assert "# not read: Preis\n" in text
    run = command("build", cwd=tmp_path)
    assert (run.code, "2 items published" in run.err) == (0, True), run.err


def test_the_sheet_and_the_header_row_of_a_workbook_are_found(tmp_path: Path) -> None:
    shown = start(tmp_path, "spreadsheet", "t.xlsx", make_xlsx({"Alt": [["x"]], "2026": GERMAN_ROWS}))
    assert source_of(tmp_path).items() >= {("sheet", "2026"), ("header_row", 3)}
    assert "t.xlsx:4: event\n  title: Stadtfest  [Titel]\n" in shown


def test_days_and_months_that_could_be_swapped_are_not_guessed(tmp_path: Path) -> None:
    shown = start(tmp_path, "csv", "a.csv", "id,title,date\n1,A,03/04/2026\n")
    assert source_of(tmp_path)["date_format"] == {"published": ["%d/%m/%Y", "%m/%d/%Y"]}
    assert 'a.csv:2: published: "03/04/2026" can be read as 2026-04-03 and 2026-03-04 (keep one date_format)' in shown
    (tmp_path / "topicfeeds.toml").unlink()
    start(tmp_path, "csv", "a.csv", "id,title,date\n1,A,03/04/2026\n2,B,03/24/2026\n")
    assert source_of(tmp_path)["date_format"] == {"published": "%m/%d/%Y"}


def test_times_that_people_write_in_their_own_way_are_read_or_refused_but_never_lost(tmp_path: Path) -> None:
    days = "A;06.05.2026;19:30\nB;07.05.2026;20 Uhr\nC;08.05.2026;18.30\nD;09.05.2026;nach dem Essen\n"
    rows = f"Titel;Datum;Uhrzeit\n{days}"
    shown = start(tmp_path, "csv", "a.csv", rows)
    assert source_of(tmp_path)["fields"] == {"title": "Titel", "start": ["{Datum} {Uhrzeit}", "Datum"]}
    assert [time in shown for time in ("06T19:30", "07T20:00", "08T18:30")] == [True] * 3
    run = command("build", cwd=tmp_path)
    assert run.code == 1
    assert 'a.csv:5: start: "09.05.2026 nach dem Essen" does not match any date_format' in run.err


def test_wordpress_posts_without_names_of_tags_get_advice(tmp_path: Path) -> None:
    post = '[{"id": 1, "date_gmt": "2026-03-01T10:00:00", "title": {"rendered": "A"}, "categories": [3], "tags": [7]}]'
    shown = start(tmp_path, "wordpress", "posts.json", post)
    assert "no topics and tags were found: download the posts again with &_embed in the address\n" in shown


def test_records_that_are_not_public_are_left_out(tmp_path: Path) -> None:
    table = "id,title,date,Private,is_published,deleted_at\n1,A,2026-03-04,False,1,\n2,B,2026-03-04,True,0,\n"
    shown = start(tmp_path, "csv", "a.csv", table)
    source = source_of(tmp_path)
    assert source["skip"] == {"Private": ["1", "true"]}
    assert source["only"] == {"is_published": ["1", "true"], "deleted_at": ""}
    assert "title: A" in shown
    assert "title: B" not in shown


def test_drafts_of_a_database_are_left_out_whatever_the_column_is_called(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "made.db")) as database:
        database.execute(
            "create table posts (id integer primary key, title text, created_at text, starts text, state text)"
        )
        rows = [(1, "A", "2026-03-01", "2026-05-01", "live"), (2, "B", "2026-03-01", None, "draft")]
        database.executemany("insert into posts values (?, ?, ?, ?, ?)", rows)
        database.commit()
    shown = start(tmp_path, "sqlite", "a.db", (tmp_path / "made.db").read_bytes())
    assert source_of(tmp_path)["skip"] == {"state": "draft"}
    assert ("title: A" in shown, "title: B" in shown, "start: 2026-05-01" in shown) == (True, False, True)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "topicfeeds.toml").write_text("mine", "utf-8")
    (tmp_path / "a.csv").write_text(TABLE, "utf-8")
    run = command("init", "--from", "csv", "a.csv", cwd=tmp_path)
    assert (run.code, run.out) == (2, "")
    assert run.err == "topicfeeds.toml: already exists; nothing was written (choose another folder)\n"
    assert (tmp_path / "topicfeeds.toml").read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        ("csv", b"", "a: cannot be read: No such file"),
        ("wordpress", b"{", "a:1: is not valid JSON"),
        ("wordpress", b"[]", "a:1: has no records (check PATH)"),
        ("sqlite", b"x" * 2000, "a:1: is not a database of SQLite: file is not a database"),
        ("spreadsheet", b"x", "a:1: cannot be read as a spreadsheet: "),
    ],
)
def test_data_that_cannot_be_read_is_named_and_no_file_is_written(
    kind: str, content: bytes, message: str, tmp_path: Path
) -> None:
    if content:
        (tmp_path / "a").write_bytes(content)
    run = command("init", "--from", kind, "a", cwd=tmp_path)
    assert (run.code, run.out) == (2, ""), run.err
    assert run.err.startswith(message)
    assert run.err.count("\n") == 1
    assert not (tmp_path / "topicfeeds.toml").exists()
    run = command("init", "new", "--from", kind, "a", cwd=tmp_path)
    assert run.err.startswith(message)  # the path is the one that was typed, not the one in the site file


def test_a_pattern_that_the_shell_expanded_is_explained(tmp_path: Path) -> None:
    for name in ("a-1.json", "a-2.json"):
        (tmp_path / name).write_text("[]", "utf-8")
    run = command("init", "--from", "wordpress", "a-1.json", "a-2.json", cwd=tmp_path)
    assert (run.code, run.out) == (2, "")
    assert run.err == 'a-2.json: is not a folder (put a pattern in quotes: --from wordpress "posts-*.json")\n'


def test_an_address_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TABLE, "utf-8")
    run = command("init", "--from", "csv", "a.csv", "--url", "stadt.example", cwd=tmp_path)
    assert (run.code, run.out) == (2, "")
    assert run.err == 'the url "stadt.example" is not an address (write https://www.example.org/)\n'


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("Ort (z.B. Halle)", "ort"),
        ("Nr.", "nr."),
        ("attributes.title", "title"),
        ("title.rendered", "title"),
        ("Start Date", "start_date"),
    ],
)
def test_names_are_compared_without_capitals_wrappers_and_notes(path: str, name: str) -> None:
    assert simplify(path) == name


def test_check_shows_items_as_they_were_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(
        '[{"nr": 1, "head": {"text": "A"}, "day": "2026-03-04", "tags": ["x", "y"], "left": {"over": 5}, "none": ""},'
        ' {"nr": 2, "head": {"text": "B"}, "day": "2026-03-05"}]',
        "utf-8",
    )
    (tmp_path / "topicfeeds.toml").write_text(
        'title = "City"\nurl = "https://www.city.example/"\n[[sources]]\npath = "a.json"\ntopics = ["t"]\n'
        'defaults = { language = "en" }\n'
        '[sources.fields]\nid = "n-{nr}"\ntitle = ["none", "head.text"]\npublished = "day"\ntags = "tags"\n',
        "utf-8",
    )
    run = command("check", "--show", "1", cwd=tmp_path)
    assert run.code == 0
    assert run.out == (
        "a.json:1: article\n"
        "  title: A  [head.text]\n"
        "  id: n-1  [n-{nr}]\n"
        "  published: 2026-03-04  [day]\n"
        "  topics: t  [topics of the source]\n"
        "  tags: x; y  [tags]\n"
        "  language: en  [defaults.language]\n"
        "\n"
        "Not read: left\n"
        "\n"
    )
    assert run.err == "2 items would be published, 0 would be refused\n"


def test_check_shows_rows_with_names_from_another_file(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.executescript(
            "CREATE TABLE posts (id, title, day, tag); INSERT INTO posts VALUES (1, 'A', '2026-03-04', 7)"
        )
    connection.close()
    (tmp_path / "tags.json").write_text('[{"id": 7, "name": "Land"}]', "utf-8")
    (tmp_path / "topicfeeds.toml").write_text(
        'title = "City"\nurl = "https://www.city.example/"\n[[sources]]\ndatabase = "sqlite:///a.db"\n'
        'query = "SELECT * FROM posts"\nfields = { id = "id", title = "title", published = "day", tags = "tag" }\n'
        'lookup.tags = { path = "tags.json", key = "id", value = "name" }\n',
        "utf-8",
    )
    run = command("check", "--show", "1", cwd=tmp_path)
    assert (run.code, "  tags: Land  [tag]" in run.out.splitlines()) == (0, True)


def test_a_time_with_a_dot_in_a_spreadsheet_is_not_taken_for_seconds(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [
        ["Titel", "Datum", "Beginn"],
        ["A", date(2026, 5, 1), "18.30"],
        ["B", date(2026, 5, 2), "9:15"],
    ]
    shown = start(tmp_path, "spreadsheet", "a.xlsx", make_xlsx({"x": rows}))
    assert source_of(tmp_path)["date_format"] == {"start": "%Y-%m-%d %H.%M"}
    assert ("2026-05-01T18:30:00" in shown, "2026-05-02T09:15:00" in shown) == (True, True)
    site = tmp_path / "topicfeeds.toml"
    lines = site.read_text("utf-8").splitlines(keepends=True)
    site.write_text("".join(line for line in lines if "date_format" not in line), "utf-8")
    run = command("check", cwd=tmp_path)
    assert run.code == 1
    assert 'a.xlsx:2: start: "2026-05-01 18.30" is not a date in ISO 8601' in run.err
    assert run.err.endswith("1 item would be published, 1 would be refused\n")


def test_parameters_of_hugo_are_fields(tmp_path: Path) -> None:
    text = "---\ntitle: A\ndate: 2026-01-01\nparams:\n  author: Ann\n  images: [/a.jpg]\n---\nText\n"
    start(tmp_path, "hugo", "a.md", text)
    fields = source_of(tmp_path)["fields"]
    assert isinstance(fields, dict)
    assert (fields["authors"], fields["image"]) == ("params.author", "params.images")
