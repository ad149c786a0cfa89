"""The benchmarks compare like with like: the corpus is the same for all, and a peer that does less is found."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import checking, corpus, day, simulation
from benchmarks.checking import OtherJob
from benchmarks.city import city_items
from benchmarks.measuring import Failed, Figure, run
from benchmarks.peers import floor
from benchmarks.stores import FORMS, MAKERS, Corpus, Form, Store
from support.needs import ROOT
from topicfeeds import Problem, load_site
from topicfeeds.models.items import Item
from topicfeeds.sources import SiteSources
from topicfeeds.sources.model import Record


def written(folder: Path, seed: int) -> dict[str, bytes]:
    """Make both corpora in all forms in another process, with a hash seed of its own."""
    folder.mkdir()
    code = (
        "import sys; from pathlib import Path; from benchmarks.stores import FORMS, MAKERS, Store\n"
        "for corpus in MAKERS:\n"
        "    for form in FORMS:\n"
        "        Store(Path(sys.argv[1], f'{corpus}-{form}'), form).write(MAKERS[corpus](40, int(sys.argv[2])))"
    )
    command = [sys.executable, "-c", code, str(folder), str(seed)]
    subprocess.run(command, check=True, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": folder.name}, timeout=60)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_seed_makes_one_corpus(tmp_path: Path) -> None:
    one = written(tmp_path / "1", seed=1)
    assert len(one) == 2 * (2 + 2 + 41)
    assert written(tmp_path / "2", seed=1) == one
    assert written(tmp_path / "3", seed=2)["city-lines/items.jsonl"] != one["city-lines/items.jsonl"]


def test_the_plain_corpus_is_what_the_job_needs() -> None:
    made = list(corpus.plain_items(1000))
    assert {tag for item in made for tag in item.fields["tags"]} == set(corpus.TAGS)
    assert {topic for item in made for topic in item.fields["topics"]} == set(corpus.TOPICS)
    assert len({item.fields["published"] for item in made}) == len(made)
    assert max(made, key=lambda item: item.fields["published"]) is made[0]
    sizes = [len(item.html) for item in made]
    assert 2000 < sum(sizes) / len(sizes) < 3000


def test_the_city_corpus_has_what_real_sites_have() -> None:
    made = list(city_items(3000))
    events = [item.fields for item in made if "start" in item.fields]
    html = "".join(item.html for item in made)
    assert 0.2 <= len(events) / len(made) < 0.21
    assert {len(event["start"]) for event in events} == {len("2025-06-01"), len("2025-06-01T18:00")}
    assert {event.get("status") for event in events} == {None, "cancelled"}
    assert any("recurrence" in event for event in events)
    assert {item.fields["language"] for item in made} == {"en", "de", "fr"}
    assert all(mark in html for mark in ("<iframe", "data-src=", "<table", "<figcaption", "title=", "wp-block"))
    assert any("enclosures" in item.fields for item in made)


def read_items(store: Store) -> tuple[list[Item], list[Problem]]:
    found = list(SiteSources(load_site(store.site), store.folder))
    problems = [one for one in found if isinstance(one, Problem) and one.severity != "warning"]
    return [one.item for one in found if isinstance(one, Record)], problems


@pytest.mark.parametrize("form", FORMS)
def test_both_corpora_are_published_alike_from_each_form(tmp_path: Path, form: Form) -> None:
    for name, make in MAKERS.items():
        store = Store(tmp_path / name, form)
        store.write(make(1100, 1))
        items, refused = read_items(store)
        assert len(items) == 1100 - len(refused)
        assert [one.message[:15] for one in refused] == (["is before start"] if name == "city" else [])


@pytest.mark.parametrize("form", FORMS)
def test_an_item_can_be_replaced_removed_and_added(tmp_path: Path, form: Form) -> None:
    def read_titles() -> dict[str, str]:
        return {item.link or "": item.title for item in read_items(store)[0]}

    store, items = Store(tmp_path / "store", form), list(city_items(20))
    store.write(items)
    before = read_titles()
    store.replace(3, replace(items[3], fields=items[3].fields | {"title": "Another title"}))
    store.replace(4, None)
    added = items[5].fields | {"id": "tag:example.org,2026:item/20", "link": "https://www.example.org/news/item-20/"}
    store.replace(20, replace(items[5], number=20, fields=added))
    after = read_titles()
    changed = {link: title for link, title in after.items() if before.get(link) != title}
    assert set(changed.values()) == {"Another title", items[5].fields["title"]}
    assert before.keys() - after.keys() == {items[4].fields["link"]}


def test_readers_fetch_a_document_once_after_each_change() -> None:
    same, changed = {"a.xml": (1, 10_000)}, {"a.xml": (2, 10_000)}
    polls = day.READERS * day.RUNS // 12
    assert day.count_traffic([same] * 289) == day.Traffic(0, 200 * polls)
    assert day.count_traffic([same] * 100 + [changed] * 189).full == day.READERS
    always = [{"a.xml": (number, 10_000)} for number in range(289)]
    assert day.count_traffic(always) == day.Traffic(polls, 10_200 * polls)


@pytest.mark.parametrize("name", MAKERS)
def test_the_twelve_edits_of_a_day_change_what_is_published(name: Corpus) -> None:
    edits = day.make_edits(name, 100, 1)
    some = dict(enumerate(MAKERS[name](100, 1)))
    assert len(edits) == 12
    for number, item in edits:
        assert (item is None and number in some) or item != some.get(number)
        some[number] = item  # type: ignore[assignment]  # nothing replaces a removed item


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the documents of a small corpus."""
    folder = tmp_path_factory.mktemp("documents")
    store = Store(folder / "lines", "lines")
    store.write(corpus.plain_items(60))
    floor.publish(store.source, folder / "output")
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
