"""Exports of other programs are read without code, and every field of every item is as expected.

Each file or folder in `tests/corpus/exports` has the shape that its program documents. Beside it is a file with the
settings of the source (if it needs any), all fields of all items, and the messages. If the settings have a `path`, it
is relative to the folder of the export.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support import CORPUS
from topicfeeds import Problem
from topicfeeds.models import Site
from topicfeeds.sources import SiteSources
from topicfeeds.sources.model import Record

EXPORTS = sorted(CORPUS.glob("exports/*.expected.json"))


@pytest.mark.parametrize("expected", EXPORTS, ids=lambda path: path.name.removesuffix(".expected.json"))
def test_every_field_of_an_export_is_read(expected: Path) -> None:
    told = json.loads(expected.read_text("utf-8"))
    name = expected.name.removesuffix(".expected.json")
    source = {"path": name, **told.get("source", {})}
    folder = expected.parent / name if source["path"] != name else expected.parent
    site = Site.model_validate({"title": "-", "url": "https://www.example.org/", "sources": [source]})
    results = list(SiteSources(site, folder))
    items = [
        one.item.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        for one in results
        if isinstance(one, Record)
    ]
    assert items == told["items"]
    assert [str(one) for one in results if isinstance(one, Problem)] == told["problems"]


def test_every_export_has_an_expected_file() -> None:
    names = {path.name for path in CORPUS.glob("exports/*") if not path.name.endswith(".expected.json")}
    assert names == {path.name.removesuffix(".expected.json") for path in EXPORTS}
    assert len(EXPORTS) >= 40
