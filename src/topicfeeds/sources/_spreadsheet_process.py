"""The process that opens a spreadsheet: a small file can unpack to gigabytes, so its memory and time are limited.

It does not import the package. Standard input is the file, and the first argument is the name of the sheet, or
empty for the first sheet. Each line of the output is a row as JSON. Dates and times are lists: a type and ISO 8601. If
the file cannot be read, the last line is an object with the reason.
"""

from __future__ import annotations

import json
import sys
from datetime import date, datetime, time, timedelta
from io import BytesIO

MAX_BYTES = 512 * 1024 * 1024
MAX_SECONDS = 60
LIST_SHEETS = "?"
"""The argument that asks for one row with the names of all sheets. No sheet can have this name."""


def _encode(cell: object) -> object:
    """Return a cell as JSON. Numbers become text, as in CSV: a whole number has no decimal point."""
    if isinstance(cell, datetime):
        return ["datetime", (cell + timedelta(microseconds=500_000)).replace(microsecond=0).isoformat()]
    if isinstance(cell, (date, time)):
        return [type(cell).__name__, cell.isoformat()]
    if isinstance(cell, bool):
        return str(cell).lower()
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def main() -> None:
    """Write the rows of a sheet."""
    content, name = sys.stdin.buffer.read(), sys.argv[1]
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MAX_BYTES, MAX_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(BytesIO(content))
        names = book.sheet_names
        if name == LIST_SHEETS:
            print(json.dumps(names))
            return
        if name and name not in names:
            print(json.dumps({"sheets": names}))
            return
        for row in book.get_sheet_by_name(name or names[0]).iter_rows():
            print(json.dumps([_encode(cell) for cell in row]))
    except CalamineError as error:
        print(json.dumps({"error": str(error)}))


if __name__ == "__main__":
    main()
