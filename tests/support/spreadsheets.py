"""Small spreadsheets, as Excel and LibreOffice write them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time
from xml.sax.saxutils import escape

Cell = str | int | float | bool | date | time | None
_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><numFmts><numFmt numFmtId="164" formatCode="dd\\.mm\\.yyyy\\ hh:mm"/></numFmts>'
    "<fonts><font/></fonts><fills><fill/></fills><borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs>"
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="20"/></cellXfs></styleSheet>'
)


def _relations(**targets: str) -> str:
    rows = "".join(
        f'<Relationship Id="{name}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for name, (kind, target) in ((name, one.split(" ")) for name, one in targets.items())
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{rows}</Relationships>'


def _serial(value: date) -> float:
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    return (moment - datetime(1899, 12, 30)).total_seconds() / 86400


def _cell(value: Cell) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, (int, float)):
        return f"<c><v>{value}</v></c>"
    if isinstance(value, time):
        return f'<c s="3"><v>{(value.hour * 60 + value.minute) / 1440}</v></c>'
    if isinstance(value, date):
        return f'<c s="{2 if isinstance(value, datetime) else 1}"><v>{_serial(value)}</v></c>'
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def make_xlsx(sheets: dict[str, Sequence[Sequence[Cell]]]) -> bytes:
    """Return a workbook as Excel writes it."""
    sheet = '<worksheet xmlns="{0}"><sheetData>{1}</sheetData></worksheet>'
    files = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _relations(rId1="officeDocument xl/workbook.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        + "".join(f'<sheet name="{escape(name)}" sheetId="{n}" r:id="s{n}"/>' for n, name in enumerate(sheets, 1))
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _relations(
            **{f"s{n}": f"worksheet worksheets/sheet{n}.xml" for n in range(1, len(sheets) + 1)},
            styles="styles styles.xml",
        ),
        "xl/styles.xml": _STYLES,
    }
    for n, rows in enumerate(sheets.values(), 1):
        lines = (f'<row r="{number}">{"".join(map(_cell, row))}</row>' for number, row in enumerate(rows, 1))
        files[f"xl/worksheets/sheet{n}.xml"] = sheet.format(_MAIN, "".join(lines))
    return make_zip(files)


def make_ods(sheets: dict[str, Sequence[Sequence[Cell]]]) -> bytes:
    """Return a workbook as LibreOffice writes it."""
    tables = "".join(
        f'<table:table table:name="{escape(name)}">'
        + "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    office = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<office:document-content xmlns:office="{office}:office:1.0" xmlns:table="{office}:table:1.0" '
        f'xmlns:text="{office}:text:1.0"><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    media_type = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        f'<manifest xmlns="{office}:manifest:1.0"><file-entry full-path="/" media-type="{media_type}"/></manifest>'
    )
    return make_zip({"mimetype": media_type, "META-INF/manifest.xml": manifest, "content.xml": content})


def _ods_cell(value: Cell) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, bool):
        return f'<table:table-cell office:value-type="boolean" office:boolean-value="{str(value).lower()}"/>'
    if isinstance(value, (int, float)):
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
    if isinstance(value, time):
        clock = f"PT{value.hour:02}H{value.minute:02}M00S"
        return f'<table:table-cell office:value-type="time" office:time-value="{clock}"/>'
    if isinstance(value, date):
        return f'<table:table-cell office:value-type="date" office:date-value="{value.isoformat()}"/>'
    return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'


def make_zip(files: dict[str, str]) -> bytes:
    """Return an archive of some files."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in files.items():
            made.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return archive.getvalue()


GERMAN_ROWS: list[list[Cell]] = [
    ["Termine der Stadt"],
    [],
    ["Nr.", "Titel", "Datum", "Beginn", "Ende", "Ort (z.B. Halle)", "Schlagworte", "Status", "veröffentlicht"],
    [12, "Stadtfest", date(2026, 5, 1), time(18, 30), time(22), "Marktplatz", "Musik, Essen", "ok", "01.02.2026"],
    [13, "Messe", date(2026, 6, 6), None, None, "Halle 3", "Bau", "ok", date(2026, 2, 3)],
    [14, "Empfang", date(2026, 7, 7), None, None, None, None, "Entwurf", None],
]
"""The sheet that the page on spreadsheets shows."""
