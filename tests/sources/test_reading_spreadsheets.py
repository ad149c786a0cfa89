"""Spreadsheets are read with their real dates, and small files that unpack to gigabytes are refused."""

from __future__ import annotations

import importlib.util
import re
import tomllib
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from io import BytesIO
from pathlib import Path

import pytest

from support import command
from support.needs import ROOT
from support.reading import found, told
from support.spreadsheets import GERMAN_ROWS, Cell, make_ods, make_xlsx
from topicfeeds import MissingExtraError
from topicfeeds.sources import spreadsheet

HEADER: list[Cell] = ["id", "title", "published", "start", "tags", "location.name"]
ROW: list[Cell] = [12, "Größe & <b>", date(2026, 5, 1), datetime(2026, 5, 2, 9, 30), "a; b", "Hall"]
MAKERS = {"a.xlsx": make_xlsx, "a.ods": make_ods}
CANNOT_OPEN = (
    "unreadable a.xlsx:1: cannot be opened: it needs more than 512 MiB of memory or 60 seconds "
    "(delete empty rows, columns and sheets, or export CSV)"
)


def workbook(rows: Sequence[Sequence[Cell]], name: str = "a.xlsx") -> bytes:
    return MAKERS[name]({"2026": rows, "Other": [["x"]]})


@pytest.mark.parametrize("name", MAKERS)
def test_dates_are_real_and_numbers_become_text(tmp_path: Path, name: str) -> None:
    [record] = found(tmp_path, name, workbook([HEADER, ROW], name))
    assert record.line == 2
    assert record.item.model_dump(exclude_defaults=True) == {
        "id": "12",
        "title": "Größe & <b>",
        "published": date(2026, 5, 1),
        "start": datetime(2026, 5, 2, 9, 30),
        "tags": ("a", "b"),
        "location": {"name": "Hall"},
    }


@pytest.mark.parametrize("name", MAKERS)
def test_the_sheet_and_the_row_of_the_header_can_be_set(tmp_path: Path, name: str) -> None:
    rows: list[list[Cell]] = [
        [],
        ["Events of the town"],
        ["Titel", "Datum", None, "Datum bis"],
        ["Markt", date(2026, 5, 1), "x"],
        [],
    ]
    content = MAKERS[name]({"Old": [["Titel"]], "2026": rows})
    fields = {"title": "Titel", "published": "Datum"}
    [record] = found(tmp_path, name, content, sheet="2026", header_row=3, fields=fields)
    assert (record.item.title, record.item.published, record.line) == ("Markt", date(2026, 5, 1), 4)


@pytest.mark.parametrize("name", MAKERS)
def test_the_sheet_of_a_german_town_is_read_as_its_page_says(tmp_path: Path, name: str) -> None:
    [text] = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/from-spreadsheet.md").read_text("utf-8"), re.DOTALL)
    [source] = tomllib.loads(text)["sources"]
    source.pop("path")
    records = found(tmp_path, name, MAKERS[name]({"Alt": [], "2026": GERMAN_ROWS}), **source)
    assert [(one.line, one.item.model_dump(mode="json", exclude_defaults=True)) for one in records] == [
        (
            4,
            {
                "id": "12",
                "title": "Stadtfest",
                "published": "2026-02-01",
                "start": "2026-05-01T18:30:00",
                "end": "2026-05-01T22:00:00",
                "location": {"name": "Marktplatz"},
                "tags": ["Musik", "Essen"],
                "topics": ["termine"],
            },
        ),
        (
            5,
            {
                "id": "13",
                "title": "Messe",
                "published": "2026-02-03",
                "start": "2026-06-06",
                "location": {"name": "Halle 3"},
                "tags": ["Bau"],
                "topics": ["termine"],
            },
        ),
    ]


@pytest.mark.parametrize(
    ("rows", "settings", "message"),
    [
        ([HEADER], {"sheet": "x"}, '1: has no sheet "x" (its sheets: "2026", "Other")'),
        ([HEADER], {"header_row": 3}, "1: there is no row 3 (set header_row in [[sources]])"),
        ([["title", "id", "title"]], {}, '1: the header has the column "title" twice (rename one)'),
        (
            [["Titel"]],
            {},
            "1: no column has the name of a field (set header_row to the row of the header, or set fields in "
            "[[sources]])",
        ),
    ],
)
def test_a_sheet_without_its_header_is_not_read(
    tmp_path: Path, rows: list[list[Cell]], settings: dict[str, object], message: str
) -> None:
    assert told(tmp_path, "a.xlsx", workbook(rows), **settings) == [f"unreadable a.xlsx:{message}"]


def test_a_wrong_cell_is_reported_with_its_row(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [["title", "published"], ["A", "soon"], ["B", date(2026, 5, 1)]]
    [line] = told(tmp_path, "a.xlsx", workbook(rows))
    assert line.startswith('refused a.xlsx:2: published: "soon" is not a date')


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"id,title\n", "is not a spreadsheet (save it as .xlsx or .ods)"),
        (b"PK\x03\x04 and so on", "Cannot detect file format (open it, and save it again without a password)"),
        (b"", "is empty"),
    ],
)
def test_a_file_that_is_no_spreadsheet_is_not_read(tmp_path: Path, content: bytes, message: str) -> None:
    [line] = told(tmp_path, "a.xlsx", content)
    assert message in line


def replace_sheet(rows: str) -> bytes:
    """Return a workbook whose sheet has other rows."""
    whole, made = zipfile.ZipFile(BytesIO(workbook([HEADER]))), BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in whole.namelist():
            text = whole.read(name).decode()
            is_sheet = name == "xl/worksheets/sheet1.xml"
            archive.writestr(name, text.replace("</sheetData>", f"{rows}</sheetData>") if is_sheet else text)
    return made.getvalue()


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        f'<row r="2">{"<c><v>1</v></c>" * 1_000_000}</row>' + '<row r="9000"><c><v>1</v></c></row>',
    ],
)
def test_a_small_file_that_unpacks_to_gigabytes_is_refused(tmp_path: Path, rows: str) -> None:
    content = replace_sheet(rows)
    assert len(content) < 100_000
    assert told(tmp_path, "a.xlsx", content) == [CANNOT_OPEN]


def test_the_text_of_a_sheet_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "_MAX_TEXT_BYTES", 1 << 20)
    row: list[Cell] = ["x" * 30_000, date(2026, 5, 1)]
    rows: list[list[Cell]] = [["title", "published"], *[row] * 40]
    assert told(tmp_path, "a.xlsx", workbook(rows)) == [
        "unreadable a.xlsx:1: the sheet has more than 1 MiB of text (split it)"
    ]


def test_a_missing_extra_is_named_with_the_line_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "topicfeeds.sources.spreadsheet.find_spec", lambda name: None if name == "python_calamine" else find(name)
    )
    with pytest.raises(MissingExtraError, match=r'the extra "spreadsheet"(.|\n)*pip install') as error:
        found(tmp_path, "a.xlsx", workbook([HEADER, ROW]))
    assert error.value.extra == "spreadsheet"


def test_the_command_publishes_a_spreadsheet(tmp_path: Path) -> None:
    (tmp_path / "events.ods").write_bytes(workbook([HEADER, [*ROW[:3]]], "a.ods"))
    (tmp_path / "topicfeeds.toml").write_text(
        'title = "Town"\nurl = "https://town.example.org/"\n[[sources]]\npath = "events.ods"\n', "utf-8"
    )
    run = command("build", cwd=tmp_path)
    assert (run.code, run.out) == (0, "all.atom.xml\nall.rss.xml\n")
