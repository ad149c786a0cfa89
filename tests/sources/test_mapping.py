"""Every case in corpus/mapping is read as it says: files of other systems, the settings of their source, the items.

To add a case, add a table to the file of its kind. `source` has the settings of the source, without its path: by
default, this is the first file. `items` has all fields of all items, with dates in ISO 8601. `says` has the messages,
and `drafts` the number of drafts. Each case is also read in Python with the same settings as keyword options.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support import CORPUS
from topicfeeds import Problem, read, read_objects
from topicfeeds.config import load_site
from topicfeeds.sources.model import Draft, Record

SITE = 'title = "City"\nurl = "https://www.example.org/"\n\n[[sources]]\n'
Case = dict[str, Any]


def find_cases() -> Iterator[Any]:
    for path in sorted((CORPUS / "mapping").glob("*.toml")):
        for case in tomllib.loads(path.read_text("utf-8"))["case"]:
            yield pytest.param(case, id=f"{path.stem}: {case['name']}")


CASES = list(find_cases())


def write(case: Case, folder: Path) -> Path:
    """Write the site file and the files of a case."""
    for name, text in case["files"].items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    path = "" if case.get("source", "").startswith("path =") else f'path = "{next(iter(case["files"]))}"\n'
    site = folder / "topicfeeds.toml"
    site.write_text(SITE + path + case.get("source", ""), "utf-8")
    return site


def describe(record: Record) -> Case:
    """Return the fields of an item that are set."""
    item = record.item.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True)
    return {name: value for name, value in item.items() if name != "kind" or value == "event"}


@pytest.mark.parametrize("case", CASES)
def test_a_case_is_read_as_it_says(case: Case, tmp_path: Path) -> None:
    site = load_site(write(case, tmp_path))
    found = list(read(site, tmp_path))
    assert [str(one) for one in found if isinstance(one, Problem)] == case.get("says", [])
    assert [describe(one) for one in found if isinstance(one, Record)] == case["items"]
    assert sum(isinstance(one, Draft) for one in found) == case.get("drafts", 0)


@pytest.mark.parametrize("case", CASES)
def test_python_reads_the_same(case: Case, tmp_path: Path) -> None:
    """The options of `read_objects` are the settings of the site file."""
    (name, text), *others = case["files"].items()
    settings = tomllib.loads(SITE + case.get("source", ""))["sources"][0]
    if not name.endswith(".json") or others or "path" in settings:
        pytest.skip("a document of JSON is needed")
    document = json.loads(text)
    if isinstance(document, dict) and "items" not in settings:
        settings["items"] = "items"
    found = read_objects(document, url="https://www.example.org/", **settings)
    assert [describe(one) for one in found if isinstance(one, Record)] == case["items"]


def test_the_names_of_cases_differ() -> None:
    names = [case.id for case in CASES]
    assert len(set(names)) == len(names) > 50
