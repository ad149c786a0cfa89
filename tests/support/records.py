"""Records in three sources, again and again: lines, and a folder of files."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from support.city import City

FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["A", "B", "a\u0001", ""]),
        "published": st.sampled_from(["2026-03-01", "2026-02-01", "2026-04-02T00:00Z", "nonsense", None]),
        "updated": st.sampled_from(["2026-03-02", "2026-04-02T06:00Z"]),
        "tags": st.lists(st.sampled_from(["x", "X", "é", "y y"]), max_size=2),
        "topics": st.lists(st.sampled_from(["Homes", "homes", "b"]), max_size=2),
        "content": st.sampled_from(["<p>x</p>", "<a href='/y'>y</a>"]),
        "link": st.sampled_from(["https://e.org/1", "http://localhost/2"]),
        "status": st.just("cancelled"),
        "start": st.sampled_from(["2026-05-01", "2026-05-02"]),
    },
)


ROWS = st.dictionaries(st.sampled_from(["a", "b", "c", "A", "d"]), FIELDS, min_size=1, max_size=4)


def written(rows: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Fill in what an item has to have."""
    return [{"id": name, "title": f"About {name}", "published": "2026-03-01", **rows[name]} for name in rows]


def put(city: City, step: dict[str, Any]) -> None:
    """Write what a step says of the sources; what it does not name stays as it is."""
    for name in step.keys() & {"items", "more"}:
        city.put(*written(step[name]), name=f"{name}.jsonl")
    if "notes" in step:
        shutil.rmtree(city.folder / "notes", ignore_errors=True)
        (city.folder / "notes").mkdir()
        for fields in written(step["notes"]):
            body = fields.pop("content", "x")
            text = f"---\n{json.dumps(fields, ensure_ascii=True)}\n---\n{body}\n"
            (city.folder / f"notes/{fields['id'].encode().hex()}.md").write_text(text, "utf-8")


def documents_in(folder: Path) -> dict[str, bytes]:
    """Give the documents of a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.xml")}


def sql(path: str, query: str) -> list[Any]:
    """Look into a state, or edit it."""
    with closing(sqlite3.connect(path)) as file, file:
        return file.execute(query).fetchall()
