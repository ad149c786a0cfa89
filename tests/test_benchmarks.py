"""The benchmarks compare like with like: the corpus is the same for all, and a peer that does less is found."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import checking, corpus, simulation
from benchmarks.checking import OtherJob
from benchmarks.measuring import Failed, Figure, run
from benchmarks.peers import floor
from support.needs import ROOT


def written(folder: Path, seed: int) -> dict[str, bytes]:
    """Make both corpora in another process, with a hash seed of its own."""
    folder.mkdir()
    code = (
        "import sys; from pathlib import Path; from benchmarks import corpus; folder = Path(sys.argv[1])\n"
        "corpus.write_lines(folder / 'items.jsonl', 40, int(sys.argv[2]))\n"
        "corpus.write_folder(folder / 'content', 40, int(sys.argv[2]))"
    )
    command = [sys.executable, "-c", code, str(folder), str(seed)]
    subprocess.run(command, check=True, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": folder.name}, timeout=60)
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_seed_makes_one_corpus(tmp_path: Path) -> None:
    one = written(tmp_path / "1", seed=1)
    assert len(one) == 41
    assert written(tmp_path / "2", seed=1) == one
    assert written(tmp_path / "3", seed=2)["items.jsonl"] != one["items.jsonl"]


def test_the_corpus_is_what_the_job_needs() -> None:
    made = list(corpus.articles(1000))
    assert {tag for article in made for tag in article.tags} == set(corpus.TAGS)
    assert {article.topic for article in made} == set(corpus.TOPICS)
    assert len({article.published for article in made}) == len(made)
    assert max(made, key=lambda article: article.published) is made[0]
    sizes = [sum(len(block.html) for block in article.blocks) for article in made]
    assert 2000 < sum(sizes) / len(sizes) < 3000


def test_one_letter_of_the_newest_changes_to_and_fro(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    corpus.write_lines(path, 10)
    before = path.read_bytes()
    corpus.change_first(path)
    assert sum(one != other for one, other in zip(before, path.read_bytes(), strict=True)) == 1
    corpus.change_first(path)
    assert path.read_bytes() == before


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the documents of a small corpus."""
    folder = tmp_path_factory.mktemp("documents")
    corpus.write_lines(folder / "items.jsonl", 60)
    floor.publish(folder / "items.jsonl", folder / "output")
    return folder / "output"


ENTRY = '<entry><id>a</id><title>A</title><updated>b</updated><link href="{}"/>{}<content>{}</content></entry>'


def feed(folder: Path, *entries: str) -> checking.Documents:
    """Write a document with some entries, and read it."""
    folder.mkdir(exist_ok=True)
    (folder / "all.atom.xml").write_text(f'<feed xmlns="http://www.w3.org/2005/Atom">{"".join(entries)}</feed>')
    return checking.read(folder)


ONE = ENTRY.format("https://a.example/1", '<category term="x"/>', "&lt;p&gt;One&lt;/p&gt;")
TWO = ENTRY.format("https://a.example/2", '<category term="x"/>', "&lt;p&gt;Two&lt;/p&gt;")


@pytest.mark.parametrize(
    ("entries", "difference"),
    [
        ([ONE], "all.atom.xml: has 1 entries, not 2"),
        ([TWO, ONE], "all.atom.xml: entry 1: link is https://a.example/2, not https://a.example/1"),
        ([ONE, TWO.replace('<category term="x"/>', "")], "all.atom.xml: entry 2: categories are none, not x"),
        ([ONE, TWO.replace('term="x"', 'term="y"')], "all.atom.xml: entry 2: categories are y, not x"),
        ([ONE, TWO.replace("Two", "Too")], "all.atom.xml: entry 2: body has a different text"),
        ([ONE, TWO.replace("&lt;p&gt;Two&lt;/p&gt;", " ")], "all.atom.xml: an entry .* has no body or link"),
        ([ONE, TWO.replace("<id>a</id>", "")], "all.atom.xml: an entry .* has no id"),
    ],
)
def test_a_peer_that_did_less_is_found(tmp_path: Path, entries: list[str], difference: str) -> None:
    ours = feed(tmp_path / "ours", ONE, TWO)
    checking.compare(ours, feed(tmp_path / "theirs", ONE, TWO), sanitised=True)
    with pytest.raises(OtherJob, match=difference):
        checking.compare(ours, feed(tmp_path / "theirs", *entries), sanitised=False)


def test_tags_count_where_bodies_are_sanitised(tmp_path: Path) -> None:
    ours = feed(tmp_path / "ours", ONE)
    theirs = feed(tmp_path / "theirs", ONE.replace("&lt;p&gt;", '&lt;p class="a"&gt;'))
    checking.compare(ours, theirs, sanitised=False)
    with pytest.raises(OtherJob, match="entry 1: body has different tags or URLs"):
        checking.compare(ours, theirs, sanitised=True)


def test_documents_are_compared_by_our_names(documents: Path) -> None:
    ours = checking.read(documents)
    renamed = checking.read(documents, [("topics/", "subjects/")])
    with pytest.raises(OtherJob, match=r"documents are missing, such as topics/ageing.atom.xml"):
        checking.compare(ours, renamed, sanitised=False)
    with pytest.raises(OtherJob, match=r"1 documents are not expected, such as subjects/air.atom.xml"):
        checking.compare({}, {"subjects/air.atom.xml": []}, sanitised=False)


def test_costs_are_those_of_the_command_alone() -> None:
    held = bytearray(200_000_000)
    cost = run([sys.executable, "-c", "sum(range(3_000_000))"])
    assert len(held) > 1e6 * cost.memory > 0
    assert 0 < cost.cpu < 60
    with pytest.raises(Failed, match=r"SystemExit|2"):
        run([sys.executable, "-c", "raise SystemExit('2')"])


def test_figures_have_three_digits() -> None:
    assert str(Figure.of([0.5, 1.234, 1234.5])) == "1.23 [0.500-1,234]"
    assert str(Figure.of([12.34])) == "12.3"


COSTS = simulation.Constants(work=1e-4, row=3e-5, document=5e-3, start=0.5)


@given(st.integers(1, 3_000_000), st.integers(1, 70))
def test_simulated_workers_help_until_the_parent_is_as_busy_as_they_are(items: int, workers: int) -> None:
    one = simulation.simulate(simulation.Load(items, workers), COSTS)
    more = simulation.simulate(simulation.Load(items, 2 * workers), COSTS)
    assert one.worker == pytest.approx(items * COSTS.work / workers)
    assert one.total >= max(one.worker, one.parent) + one.documents
    assert one.total <= COSTS.start + 2 * items * COSTS.work + one.parent + one.documents
    assert more.total <= one.total * 1.05 + 25_000 * COSTS.work  # the last shard
    assert one.parent == pytest.approx(items * COSTS.row)


def test_the_constants_of_the_simulation_are_measured() -> None:
    costs = simulation.measured(600)
    assert 1e-6 < costs.row < 1e-2
    assert 1e-6 < costs.work < 1e-1
    assert 1e-5 < costs.document < 1
