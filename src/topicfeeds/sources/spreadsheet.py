"""Spreadsheets of Excel and LibreOffice: a header with the names of fields, then one item on each row."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..errors import MissingExtraError, Problem, show
from ..models.items import FIELDS
from ..models.site import Source
from ._raw import RawRecord, Unreadable
from ._spreadsheet_process import MAX_BYTES, MAX_SECONDS
from .csv import make_fields

_MAX_TEXT_BYTES = 64 * 1024 * 1024
_PARSERS = {"date": date.fromisoformat, "datetime": datetime.fromisoformat, "time": time.fromisoformat}
_MARKS = (b"PK\x03\x04", b"PK\x05\x06")


def read(content: bytes, source: Source, path: str) -> Iterator[RawRecord | Problem]:
    """Read one sheet of a workbook. Numbers become text. Raises Unreadable and MissingExtraError."""
    if find_spec("python_calamine") is None:
        raise MissingExtraError("spreadsheet")
    if not content.startswith(_MARKS):
        raise Unreadable(1, "is not a spreadsheet (save it as .xlsx or .ods)")
    header: list[str] | None = None
    for number, row in enumerate(read_rows(content, source.sheet or ""), 1):
        if number == source.header_row:
            header = [str(name).strip() for name in row]
            _check_header(header, source)
        elif header is not None:
            cells = {name: cell for name, cell in zip(header, row, strict=False) if name}
            if any(cell != "" for cell in cells.values()):
                yield RawRecord(make_fields([*cells], [*cells.values()], is_mapped=bool(source.fields)), number)
    if header is None:
        raise Unreadable(1, f"the sheet has no row {source.header_row} (set header_row in [[sources]])")


def _check_header(header: list[str], source: Source) -> None:
    """Check the names of the columns. Columns that are not mapped may have any name. Raises Unreadable."""
    line = source.header_row
    places = " ".join(map(str, source.fields.values()))
    for name in sorted({name for name in header if name and header.count(name) > 1}):
        if not source.fields or name in places:
            raise Unreadable(line, f"the header has the column {show(name)} twice (rename one)")
    if not source.fields and not any(name.partition(".")[0] in FIELDS for name in header):
        message = "no column has the name of a field (set header_row to the row of the header, or set fields"
        raise Unreadable(line, f"{message} in [[sources]])")


def read_rows(content: bytes, sheet: str) -> Iterator[list[Any]]:
    """Yield the rows of a sheet from the first one on, or the names of all sheets as one row (`LIST_SHEETS`).

    Another process unpacks the file. Raises Unreadable.
    """
    script = Path(__file__).with_name("_spreadsheet_process.py")
    command = [sys.executable, "-P", str(script), sheet]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(  # noqa: S603 - our own script
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        try:
            yield from _decode_rows(process, content, sheet)
        finally:
            process.kill()


def _decode_rows(process: subprocess.Popen[bytes], content: bytes, sheet: str) -> Iterator[list[Any]]:
    assert process.stdin  # noqa: S101 - both are pipes
    assert process.stdout  # noqa: S101
    with suppress(BrokenPipeError):
        process.stdin.write(content)
        process.stdin.close()
    size = 0
    while line := process.stdout.readline(_MAX_TEXT_BYTES):
        size += len(line)
        if size >= _MAX_TEXT_BYTES:
            raise Unreadable(1, f"the sheet has more than {_MAX_TEXT_BYTES >> 20} MiB of text (split it)")
        row = json.loads(line)
        if isinstance(row, dict):
            raise Unreadable(1, _explain(row, sheet))
        yield [_PARSERS[cell[0]](cell[1]) if isinstance(cell, list) else cell for cell in row]
    if process.wait() != 0:
        limits = f"{MAX_BYTES >> 20} MiB of memory or {MAX_SECONDS} seconds"
        raise Unreadable(1, f"cannot be opened with {limits} (delete empty rows, columns and sheets, or export CSV)")


def _explain(found: dict[str, Any], sheet: str) -> str:
    if "sheets" in found:
        return f"has no sheet {show(sheet)} (its sheets: {', '.join(map(show, found['sheets'][:10]))})"
    return f"is not a spreadsheet that can be read: {found['error']} (open it, and save it again without a password)"
