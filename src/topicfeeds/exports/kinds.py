"""The kinds of exports, and the names that other systems use for our fields: the contents of `kinds.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import NamedTuple

_DATA = tomllib.loads((files(__package__) / "kinds.toml").read_text("utf-8"))
NAMES: Mapping[str, list[str]] = _DATA["names"]
WORDS: Mapping[str, list[str]] = _DATA["words"]


class ExportKind(NamedTuple):
    """A kind of export. The comments in `kinds.toml` explain the fields."""

    form: str
    is_mapped: bool = True
    fields: Mapping[str, list[str]] = {}
    settings: Mapping[str, str] = {}
    html_fields: list[str] = []  # noqa: RUF012 - nothing changes it
    lookups: Mapping[str, str] = {}
    advice: str = ""

    @property
    def is_table(self) -> bool:
        """Whether records are rows."""
        return self.form in ("csv", "spreadsheet", "database")


KINDS = {name: ExportKind(**one) for name, one in _DATA["kinds"].items()}


def simplify(path: str) -> str:
    """Return the name to look up for a path: `ort` for `Ort (Halle)`, `title` for `attributes.title.rendered`."""
    name = path.casefold().partition("(")[0].strip(" :*").replace(" ", "_")
    for start in WORDS["starts"]:
        name = name.removeprefix(start)
    for end in WORDS["ends"]:
        name = name.removesuffix(end)
    return name
