"""Values that describe the file of a record: `file.slug`, `file.date` and others."""

from __future__ import annotations

import posixpath
import re
from contextlib import suppress
from datetime import date

from ...state.files import cut_folder

_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[-_. ]+|$)")
_LANGUAGE = re.compile(r"[a-z]{2}(?:[-_][A-Za-z]{2,4})?")


def describe_file(path: str, source: str | None) -> dict[str, str | date]:
    """Return the values of a file. `source` is the path of its source, in the site file."""
    below = cut_folder(path, source or "")
    folder, name = posixpath.split(below)
    stem = name.rpartition(".")[0] or name
    short, _, last = stem.rpartition(".")
    language = last if short and _LANGUAGE.fullmatch(last) else ""
    slug = short if language else stem
    if slug == "index" and folder:
        folder, slug = posixpath.split(folder)
    values: dict[str, str | date] = {}
    if found := _DATE.match(slug):
        slug = slug[found.end() :] or slug
        with suppress(ValueError):
            day = date(int(found[1]), int(found[2]), int(found[3]))
            values = {"date": day, "year": found[1], "month": f"{day:%m}", "day": f"{day:%d}"}
    first = below.partition("/")[0]
    language = language or (first if "/" in below and _LANGUAGE.fullmatch(first) else "")
    return {**values, "stem": stem, "slug": slug, "folder": folder, "lang": language.replace("_", "-")}
