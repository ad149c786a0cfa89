"""The benchmarks compare like with like: the corpus is always the same, and who does another job is found out."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from benchmarks import corpus
from benchmarks.checking import Skips, difference, feeds
from benchmarks.running import Cost, ratios, spread

from support import folder_site
from topicfeeds import Site, publish, read


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The feeds of a small corpus."""
    folder = tmp_path_factory.mktemp("made")
    items = [
        {name: getattr(item, name) for name in ("id", "title", "link", "published", "summary", "topics", "tags")}
        | {"content": item.html()}
        for item in corpus.items(60)
    ]
    site = Site(title="City Network", url=corpus.SITE, tag_authority="example.org,2026")
    publish(site, items, folder / "public")
    return folder / "public"


def test_the_corpus_is_the_same_for_a_number_and_a_seed(tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        corpus.write_jsonl(tmp_path / name, 20, seed)
        corpus.write_markdown(tmp_path / name, 20, seed)
    one, same, other = (
        {
            path.relative_to(tmp_path / name): path.read_bytes()
            for path in (tmp_path / name).rglob("*")
            if path.is_file()
        }
        for name in ("one", "same", "other")
    )
    assert one == same != other


def test_both_inputs_make_the_same_feeds(tmp_path: Path) -> None:
    found = []
    for name, write in (("jsonl", corpus.write_jsonl), ("markdown", corpus.write_markdown)):
        write(tmp_path / name, 60)
        site = folder_site(tmp_path / name)
        publish(site, read(site, tmp_path / name), tmp_path / name / "public")
        found.append(feeds(tmp_path / name / "public"))
    assert difference(found[0], found[1], Skips()) is None
    assert len(found[0]) > 100


@pytest.mark.parametrize(
    ("pattern", "put", "told"),
    [
        (r"<entry>.*?</entry>", "", "has 49 entries, not 50"),
        (r"<category[^>]*>", "", "categories"),
        (r'(<content type="html">)[^<]*', r"\1", "body"),
        (r"(<entry>.*?<title>)[^<]*", r"\1Another", "title"),
    ],
)
def test_who_leaves_something_out_is_found(made: Path, tmp_path: Path, pattern: str, put: str, told: str) -> None:
    shutil.copytree(made, tmp_path / "other")
    path = tmp_path / "other/all.atom.xml"
    text = path.read_text("utf-8")
    path.write_text(re.sub(pattern, put, text, count=1, flags=re.DOTALL), "utf-8")
    assert difference(feeds(made), feeds(made), Skips()) is None
    said = difference(feeds(made), feeds(tmp_path / "other"), Skips())
    assert said
    assert told in said
    path.unlink()
    assert difference(feeds(made), feeds(tmp_path / "other"), Skips()) == "all.atom.xml is missing, and 0 more"


def test_ratios_are_of_runs_that_followed_each_other() -> None:
    ours, theirs = [Cost(1, 2, 3), Cost(4, 2, 3)], [Cost(2, 2, 3), Cost(4, 2, 3)]
    assert ratios(ours, theirs, "cpu") == (0.75, 0.5, 1)
    assert str(spread([0.5, 12.34, 250])) == "12.3 [0.50-250]"
