"""Every line in corpus/refused and corpus/accepted is a case: what is put in, and what is printed and published.

To add a case, add a line to the file of its group, and run `pytest tests/test_corpora.py`: it shows what
was printed. A case has a name (`case`), what is put in, and what comes out.

In: `item`, the fields that differ from those of a good item (null: without it), or `items`, a list of such,
one a line of items.json; or `files`, each a text or a list of parts: a text, `{"<b>": 500}` for so many of it,
or `{"utf-16": "text"}` for its bytes; `links` (name, target) and `pipes` (names) beside them. `site` is the
whole site file; left out, it is a plain one with a source for each file, and `site_end` is put at its end.

Out: `says`, the findings line by line; `code`, the exit code; and any of the first entry's fields (see
`published`), or `entries`, the number of all, or `files_made`, some of the documents.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import feedparser
import pytest
from lxml import etree

from support import CORPUS, command
from support.markup import dangers
from topicfeeds.config import load_site
from topicfeeds.errors import TopicFeedsError
from topicfeeds.run.calls import publish, read

NOW = datetime(2026, 7, 1, tzinfo=UTC)
GOOD = {"id": "one", "title": "New homes", "published": "2026-03-01"}
SITE = 'title = "City Network"\nurl = "https://www.example.org/"\ntag_authority = "example.org,2026"\n'
STOPPED = "Nothing was published: a source could not be read. The existing feeds are unchanged."
MESSAGE = re.compile(r"(?P<path>[^:]+):(?P<line>[1-9][0-9]*): (warning: )?\S.*[^.\s]")
INPUT = {"case", "item", "items", "files", "links", "pipes", "site", "site_end", "says", "code"}
ATOM = "{http://www.w3.org/2005/Atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
MEDIA = "{http://search.yahoo.com/mrss/}"
ENCODED = "{http://purl.org/rss/1.0/modules/content/}encoded"

Fields = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A line of a corpus."""

    group: str
    fields: Fields

    def __str__(self) -> str:
        return f"{self.group}: {self.fields['case']}"

    @property
    def code(self) -> int:
        return int(self.fields.get("code", 0))

    @property
    def says(self) -> list[str]:
        return list(self.fields.get("says", []))

    def put(self, folder: Path) -> Path:
        """Write the site file and what it reads."""
        files = self.files()
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(bytes_of(content))
        for name, target in self.fields.get("links", {}).items():
            (folder / name).symlink_to(target)
        for name in self.fields.get("pipes", []):
            os.mkfifo(folder / name)
        names = [*files, *self.fields.get("links", {}), *self.fields.get("pipes", [])]
        sources = "".join(f'\n[[sources]]\npath = "{name}"\n' for name in names)
        site = self.fields.get("site", SITE + sources + self.fields.get("site_end", ""))
        (folder / "topicfeeds.toml").write_bytes(bytes_of(site))
        return folder / "topicfeeds.toml"

    def files(self) -> Mapping[str, Any]:
        if "item" not in self.fields and "items" not in self.fields:
            return dict(self.fields.get("files", {}))
        items = [json.dumps({**GOOD, **fields}) for fields in self.fields.get("items", [self.fields.get("item")])]
        return {"items.json": "[" + ",\n".join(items) + "]\n"}


@dataclass(frozen=True)
class Outcome:
    """What a run in this process left."""

    code: int
    says: list[str]
    made: dict[str, bytes]


def bytes_of(content: Any) -> bytes:
    """Make what a file holds of its parts."""
    if isinstance(content, list):
        return b"".join(map(bytes_of, content))
    if isinstance(content, dict):
        ((text, how),) = content.items()
        return how.encode(text) if isinstance(how, str) else text.encode() * how
    return str(content).encode()


def cases(corpus: str) -> list[Case]:
    folder = CORPUS / corpus
    return [
        Case(f"{corpus}/{path.stem}", json.loads(line))
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_bytes().split(b"\n")
        if line.strip()
    ]


def build(case: Case, folder: Path) -> Outcome:
    """Do what the command does, without the cost of starting it."""
    public = folder / "public"
    try:
        site = load_site(case.put(folder))
        changes = publish(site, read(site, folder), public, now=NOW)
        code, says = int(bool(changes.refused)), list(map(str, changes.problems))
    except TopicFeedsError as error:
        code, says = error.exit_code, str(error).split("\n")
    made = {path.relative_to(public).as_posix(): path.read_bytes() for path in sorted(public.rglob("*.xml"))}
    return Outcome(code, says, made)


def published(atom: etree._Element, rss: etree._Element) -> dict[str, list[str]]:
    """Name what the first entry says, in Atom and in RSS."""

    def texts(path: str) -> list[str]:
        return [one.text or "" for one in atom.findall(f"{ATOM}entry[1]/{path}".replace("/a:", f"/{ATOM}"))]

    def values(path: str, name: str) -> list[str]:
        return [one.get(name, "") for one in atom.findall(f"{ATOM}entry[1]/{path}".replace("/a:", f"/{ATOM}"))]

    def in_rss(path: str) -> list[str]:
        return [one.text or "" for one in rss.findall(f"channel/item[1]/{path}")]

    return {
        **{name: texts(f"a:{name}") for name in ("id", "title", "published", "updated", "summary", "content")},
        "link": values("a:link[@rel='alternate']", "href"),
        "enclosure": values("a:link[@rel='enclosure']", "href"),
        "image": values(f"{MEDIA}thumbnail", "url"),
        "slugs": values("a:category", "term"),
        "labels": values("a:category", "label"),
        "authors": texts("a:author/a:name"),
        "language": [one.get("{http://www.w3.org/XML/1998/namespace}lang", "") for one in atom.findall(f"{ATOM}entry")],
        "entries": [str(len(atom.findall(f"{ATOM}entry")))],
        "rss_title": in_rss("title"),
        "rss_link": in_rss("link"),
        "rss_date": in_rss("pubDate"),
        "rss_description": in_rss("description"),
        "rss_authors": in_rss(f"{DC}creator"),
    }


def as_html(document: etree._Element) -> Iterator[str]:
    """Give all texts that readers take for HTML."""
    for path in (f"{ATOM}entry/{ATOM}content[@type='html']", "channel/item/description", f"channel/item/{ENCODED}"):
        yield from (one.text or "" for one in document.findall(path))
    yield from (one.text or "" for one in document.findall("channel/item/title"))
    yield from (one.text or "" for one in document.findall("channel/title"))


REFUSED = cases("refused")
ACCEPTED = cases("accepted")
CASES = REFUSED + ACCEPTED


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case_says_and_publishes_what_it_promises(case: Case, tmp_path: Path) -> None:
    outcome = build(case, tmp_path)
    assert outcome.says == case.says + [STOPPED] * (case.code == 65)
    assert outcome.code == case.code
    for said in case.says:
        place = MESSAGE.fullmatch(said)
        assert place, said
        assert said.isprintable()
        named = tmp_path / place["path"]
        assert not named.is_file() or int(place["line"]) <= named.read_bytes().count(b"\n") + 1
    if case.code in (2, 65):
        assert not outcome.made
        return
    for content in outcome.made.values():
        ElementTree.fromstring(content)
        assert not feedparser.parse(content)["bozo"]
        for fragment in as_html(etree.fromstring(content)):
            assert dangers(fragment) == []
    expected = {name: value for name, value in case.fields.items() if name not in INPUT}
    assert set(expected.pop("files_made", [])) <= set(outcome.made)
    both = (etree.fromstring(outcome.made[f"all.{name}.xml"]) for name in ("atom", "rss"))
    said_there = published(*both)
    assert {name: said_there[name] for name in expected} == {
        name: value if isinstance(value, list) else [str(value)] for name, value in expected.items()
    }


def test_every_case_has_a_name_of_its_own_and_a_result() -> None:
    assert len(set(map(str, CASES))) == len(CASES)
    assert len(REFUSED) >= 300
    assert len(ACCEPTED) >= 60
    for case in REFUSED:
        assert case.says or case.group == "refused/html", case
    for case in ACCEPTED:
        assert case.code == 0, case
        assert set(case.fields) - INPUT, case


@pytest.mark.parametrize("case", CASES[::70], ids=str)
def test_the_command_prints_the_same_and_has_the_code(case: Case, tmp_path: Path) -> None:
    epoch = str(int(NOW.timestamp()))
    done = command("build", "--site", case.put(tmp_path), cwd=tmp_path, env={"SOURCE_DATE_EPOCH": epoch})
    said = [line for line in done.err.splitlines() if "the example address" not in line]
    assert said[: len(case.says)] == case.says
    assert len(said) == len(case.says) + (case.code != 2)  # why nothing was done, or what was
    assert done.code == case.code
    assert "Traceback" not in done.err
