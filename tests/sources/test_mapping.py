"""Every case in corpus/mapping is read as it says: files of other systems, the settings of their source, the items.

To add a case, add a table to the file of its kind. `source` has the settings of the source, without its path: by
default, this is the first file. `items` has all fields of all items, with dates in ISO 8601. `says` has the messages,
and `drafts` the number of drafts. Each case is also read in Python with the same settings as keyword options.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import CORPUS
from support.spreadsheets import make_xlsx
from topicfeeds import Problem, Site, read, read_objects, select
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


def test_a_record_with_many_elements_and_many_fields_is_refused() -> None:
    record = {"title": "A", "dates": [{"start": "2026-01-01"}] * 1_001, **{f"k{n}": n for n in range(1_000)}}
    [problem] = read_objects([record], each="dates", fields={"title": "title", "start": "dates.start"})
    expected = 'items:1: "dates" has at least 1,001 elements with 1,003,002 fields in all (split the record)'
    assert str(problem) == expected


def test_the_names_of_cases_differ() -> None:
    names = [case.id for case in CASES]
    assert len(set(names)) == len(names) > 50


SETTINGS = {
    "fields": {
        "id": ["id", "{a}-{b}"],
        "title": ["title", "a.b", "{a.0} {{x}}"],
        "link": ["/{a}/{date.year}", "link"],
        "published": ["date", "file.date"],
        "start": "start",
        "end": ["{start} {end}", "end"],
        "timezone": "zone",
        "tags": "a",
        "authors.name": "a.b",
        "authors.email": "b",
        "location": "b",
        "organizer": "a",
        "image": ["image.url", "image"],
        "enclosures": "b",
        "content": "a",
        "summary": "b.a",
        "recurrence": "rule",
        "except": "b",
        "status": "a",
    },
    "only": {"x.y": ["", "1", "true"]},
    "skip": {"a": "skip"},
    "each": "each",
    "split": {"tags": [",", ";"]},
    "values": {"tags": {"": "none", "a": ""}, "all_day": {"x": "true"}},
    "markup": {"content": "plain", "summary": "html", "location": "html"},
    "date_format": {"published": ["iso", "unix", "%d. %B %Y"], "start": ["iso", "%d.%m.%Y"]},
    "date_language": "de",
    "timezone": {"published": "UTC", "end": "Europe/Berlin", "start": "Europe/Lisbon"},
    "all_day": ["a", "b.a"],
    "open_end": "b",
    "end_day": "exclusive",
    "lookup": {"tags": {"items": ["a", "b"], "key": "a", "value": "b"}},
    "defaults": {"topics": ["x"], "authors.email": "x@example.org"},
}
WORDS = [
    "a",
    "b",
    "id",
    "title",
    "date",
    "start",
    "end",
    "x",
    "y",
    "0",
    "image",
    "url",
    "zone",
    "rule",
    "each",
    "draft",
]
TEXTS = [
    *("", " ", "2026-02-01", "2026-02-01T10:00", "3. März 2026", "1.2.2026", "Europe/Paris", "UTC+2", "+25:00"),
    *("true", "skip", "RRULE:FREQ=DAILY;COUNT=2\nEXDATE:20260202", "EXDATE;TZID=x:1", "9" * 30, "\ud800"),
    *("https://[x", "a.jpg (x)", "9999-12-31", "0001-01-01T00:00+23:00", "http://a b/"),
]
VALUES = st.recursive(
    st.sampled_from([None, True, False, 0, 1.5, -1e300, float("inf"), float("nan"), 10**20]) | st.sampled_from(TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=6),
    max_leaves=20,
)


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=8) | VALUES, max_size=3))
def test_any_record_is_an_item_a_draft_or_a_problem(records: list[Any]) -> None:
    site = Site.model_validate({"title": "x", "url": "https://www.example.org/"})
    found = list(read_objects(records, url=site.url, **SETTINGS))  # type: ignore[arg-type]
    select(site, found, problems=[])
    assert all(isinstance(one, (Record, Draft, Problem)) for one in found)


def test_a_record_that_is_nested_too_deeply_is_refused() -> None:
    deep: Any = "x"
    for _ in range(50_000):
        deep = [deep]
    (problem,) = read_objects([{"a": deep}], fields={"title": "a.b"})
    assert str(problem) == "items:1: is nested too deeply (use fewer levels)"


@pytest.mark.parametrize("draft", [True, False])
def test_a_record_that_is_no_item_has_its_complete_link(draft: bool) -> None:
    """Without it, a run cannot tell that a feed has the item."""
    record = {"page": "/a", "date": "soon", "draft": draft}
    fields = {"link": "page", "title": "page", "published": "date"}
    (one,) = read_objects([record], url="https://www.example.org/", fields=fields, date_format="iso")
    assert isinstance(one, Draft if draft else Problem)
    assert one.identity == (None, "https://www.example.org/a")


def test_the_advice_about_a_part_of_an_image_is_for_the_format_of_the_file(tmp_path: Path) -> None:
    record = {"id": 1, "title": "A", "day": "2026-05-09", "image": {"url": "https://www.example.org/a.png", "alt": 5}}
    source = 'fields = { id = "id", title = "title", published = "day", image = "image" }'
    site = load_site(write({"files": {"a.json": json.dumps([record])}, "source": source}, tmp_path))
    (warning,) = (one for one in read(site, tmp_path) if isinstance(one, Problem))
    assert "alt: 5 is a number, not text (put it in quotes)" in warning.message


def test_an_object_that_counts_as_false_has_all_its_fields() -> None:
    class Post:
        name, day, words = "A", date(2026, 5, 9), ("land",)

        def __bool__(self) -> bool:
            return False

    (one,) = read_objects([Post()], fields={"id": "name", "title": "name", "published": "day", "tags": "words"})
    assert isinstance(one, Record)
    assert one.item.tags == ("land",)


def test_the_time_grows_with_the_number_of_different_warnings() -> None:
    """If it grew with the square of the number, this test would take about a minute."""
    records = [{"id": n, "title": "A", "day": "2026-05-09", "all": f"word {n}"} for n in range(20_000)]
    start = monotonic()
    found = read_objects(records, fields={"id": "id", "title": "title", "start": "day"}, all_day="all")
    assert sum(isinstance(one, Problem) for one in found) == len(records)
    assert monotonic() - start < 20


def test_a_german_spreadsheet_is_read(tmp_path: Path) -> None:
    """Dates and times are real values of the spreadsheet, or texts."""
    names = ["Nr.", "Titel", "Datum", "Beginn", "Ende", "bis", "ganztägig", "Ort (z.B. Halle)", "Schlagworte", "Status"]
    day, later = date(2026, 5, 9), date(2026, 5, 11)
    rows: list[list[Any]] = [
        [17, "Fest", day, time(10), time(16), None, "nein", "Halle 3", "Musik, Tanz; Essen", "ok"],
        [18, "Markt", day, None, None, later, "x", "Platz", None, "ok"],
        [19, "Noch nicht", day, None, None, None, None, "Platz", None, "Entwurf"],
        [20, "Als Text", "12.05.2026", "10:00", "11:30", None, None, "Halle", 2026, None],
        [21, "Gemischt", day, "9:30", "11:30", None, None, "Halle", None, None],
    ]
    (tmp_path / "Termine.xlsx").write_bytes(make_xlsx({"Alt": [["x"]], "2026": [["Termine"], [], names, *rows]}))
    case = {"files": {}, "source": (CORPUS / "mapping/german-spreadsheet.settings").read_text("utf-8")}
    found = [describe(one) for one in read(load_site(write(case, tmp_path)), tmp_path) if isinstance(one, Record)]
    assert [(one["id"], one["start"], one.get("end"), one.get("tags")) for one in found] == [
        ("17", "2026-05-09T10:00:00", "2026-05-09T16:00:00", ["Musik", "Tanz", "Essen"]),
        ("18", "2026-05-09", "2026-05-11", None),
        ("20", "2026-05-12T10:00:00", "2026-05-12T11:30:00", ["2026"]),
        ("21", "2026-05-09T09:30:00", "2026-05-09T11:30:00", None),
    ]
    assert {one["location"]["name"] for one in found} == {"Halle 3", "Platz", "Halle"}
