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
from ..models.site import Source
from ._raw import RawRecord, Unreadable
from ._spreadsheet_process import MAX_BYTES, MAX_SECONDS
from ._tables import read_table

_MAX_TEXT_BYTES = 64 * 1024 * 1024
_PARSERS = {"date": date.fromisoformat, "datetime": datetime.fromisoformat, "time": time.fromisoformat}
_NO_FIELD = "no column has the name of a field (set header_row to the row of the header, or set fields in [[sources]])"
_MARKS = (b"PK\x03\x04", b"PK\x05\x06")


def read(content: bytes, source: Source, path: str) -> Iterator[RawRecord | Problem]:
    """Read one sheet of a workbook. Numbers become text. Raises Unreadable and MissingExtraError."""
    if find_spec("python_calamine") is None:
        raise MissingExtraError("spreadsheet")
    if not content.startswith(_MARKS):
        raise Unreadable(1, "is not a spreadsheet (save it as .xlsx or .ods)")
    rows = enumerate(read_rows(content, source.sheet or ""), 1)
    yield from read_table(rows, source, path, _NO_FIELD)


def read_rows(content: bytes, sheet: str) -> Iterator[list[Any]]:
    """Yield the rows of a sheet. If `sheet` is `LIST_SHEETS`, yield one row with the names of all sheets.

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
        advice = "delete empty rows, columns and sheets, or export CSV"
        raise Unreadable(1, f"cannot be opened: it needs more than {limits} ({advice})")


def _explain(found: dict[str, Any], sheet: str) -> str:
    if "sheets" in found:
        return f"has no sheet {show(sheet)} (its sheets: {', '.join(map(show, found['sheets'][:10]))})"
    return f"cannot be read as a spreadsheet: {found['error']} (open it, and save it again without a password)"
