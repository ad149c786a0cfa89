"""Sources that many workers read are published as if one process had read them, and workers may die."""

from __future__ import annotations

import json
import os
import random
import runpy
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from multiprocessing import current_process
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from distributed import Client, LocalCluster
from hypothesis import given, settings
from hypothesis import strategies as st

from support.city import HOUR, NOON, City, row
from support.needs import ROOT
from support.records import ROWS, documents_in, put, written
from topicfeeds import Changes, PublishError, SourceError, State, load_site, parallel, publish, read
from topicfeeds.entries import chunk_cache
from topicfeeds.models import Source
from topicfeeds.parallel import is_large, process_pool
from topicfeeds.sources.model import Chunk

MORE = """
[[sources]]
path = "notes/*.md"
[[sources]]
path = "lists/*.yaml"
[[sources]]
path = "more.jsonl"
topics = ["given"]
[[sources]]
path = "page.txt"
topics = ["page"]
[[sources]]
path = "./nothing*.md"
"""
PAGE = "Worms\n\nThey dig.\n\npublication date: 27-02-2026\n\nB\n\nb\n\npublication date: 01-02-2026\n"


@contextmanager
def cut(size: int) -> Iterator[None]:
    """Let shards be as large as that, in bytes, and nothing be too small for them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parallel, "MIN_PARALLEL_BYTES", 0)
        patch.setattr(parallel, "_MAX_SHARD_BYTES", size)
        patch.setattr(parallel, "_MIN_ITEM_BYTES", 1)
        yield


class Counting(ThreadPoolExecutor):
    """Counts what is asked of it."""

    def __init__(self) -> None:
        super().__init__(3)
        self.shards = 0

    def submit(self, *args: Any, **fields: Any) -> Future[Any]:
        self.shards += 1
        return super().submit(*args, **fields)


@pytest.fixture(scope="module")
def workers() -> Iterator[Executor]:
    with process_pool(2) as executor:
        yield executor


@pytest.fixture
def city(tmp_path: Path) -> City:
    """A site of all kinds of sources, with what is refused, held back, warned of, dated by others, and untitled."""
    chance = random.Random(7)
    city = City(tmp_path)
    city.configure(MORE, limit=4, formats=["atom", "rss", "ics"])
    rows: list[dict[str, Any]] = []
    for n in range(60):
        fields: dict[str, Any] = {"published": f"2026-0{1 + n % 3}-{1 + n % 28:02}", "tags": [f"t{n % 7}", "Über"]}
        fields["content"] = f"<p>{'é ' * chance.randrange(60)}<a href='/x'>{n}</a></p>"
        if n % 9 == 4:
            fields["link"] = "http://localhost/x"  # warned of
        if n % 10 == 5:
            fields |= {"start": "2026-05-01", "location": "Hall"}
        if n % 11 == 6:
            fields["published"] = "2027-01-01"  # held back
        if n % 13 == 7:
            fields["title"] = ""  # refused
        rows.append({**row(f"n{n}"), **fields})
    rows.append({"title": "No id", "published": "2026-03-09"})
    text = "\n\n".join(json.dumps(one, ensure_ascii=n % 2 == 0) for n, one in enumerate(rows))
    (tmp_path / "items.jsonl").write_bytes(b"\xef\xbb\xbf" + text.replace("}\n", "}\r\n").encode())
    city.put(*(row(f"m{n}", tags=[f"t{n % 5}"], topics=["Own"]) for n in range(30)), name="more.jsonl")
    put(city, {"notes": {f"d{n}": {"tags": [f"t{n % 4}"], "published": f"2026-01-{1 + n:02}"} for n in range(20)}})
    (tmp_path / "notes/bad.md").write_text("---\ntitle: [\n---\n")
    (tmp_path / "lists").mkdir()
    for n in range(3):
        listed = [{"id": f"y{n}{m}", "title": "T", "published": f"2026-02-{m + 1:02}"} for m in range(9)]
        (tmp_path / f"lists/{n}.yaml").write_text(json.dumps(listed, indent=1))
    (tmp_path / "page.txt").write_text(PAGE)
    return city


def told(changes: Changes) -> list[Any]:
    return [changes.items, changes.written, [(str(problem), problem.item) for problem in changes.problems]]


@pytest.mark.parametrize("size", [10**9, 9_000, 700, 150])
def test_what_workers_read_is_published_as_if_one_process_had(city: City, workers: Executor, size: int) -> None:
    site = load_site(city.site)
    results = []
    for name, executor in (("one", None), ("many", workers)):
        state = State(city.folder / f"{name}.sqlite")
        with cut(size):
            runs = [
                told(
                    publish(site, read(site, city.folder), city.folder / name, state=state, now=now, executor=executor)
                )
                for now in (NOON, NOON + HOUR)
            ]
        assert runs[1][1] == ()
        results.append((runs, documents_in(city.folder / name)))
    assert results[0] == results[1]
    [first, _] = results[0][0]
    assert first[0] > 120
    assert len(first[2]) > 10


@given(ROWS, ROWS, st.integers(1, 400))
@settings(max_examples=60)
def test_any_shards_of_any_items_are_published_as_if_one_process_had_read_them(
    items: dict[str, dict[str, Any]], notes: dict[str, dict[str, Any]], size: int
) -> None:
    with TemporaryDirectory() as name, Counting() as executor, cut(size):
        city = City(Path(name))
        city.configure('[[sources]]\npath = "notes/*.md"\n', limit=2)
        put(city, {"notes": notes})
        city.put(*written(items), *written(notes))
        site = load_site(city.site)
        results: list[object] = []
        for where in ("one", "many"):
            try:
                by = executor if where == "many" else None
                changes = publish(site, read(site, city.folder), city.folder / where, now=NOON, executor=by)
                results.append([told(changes), documents_in(city.folder / where)])
            except SourceError as error:
                results.append([str(problem) for problem in error.problems])
        assert results[0] == results[1]
        assert executor.shards


def test_an_id_that_occurs_in_two_shards_is_read_by_one_process(tmp_path: Path, workers: Executor) -> None:
    city = City.create(tmp_path, row("a", tags=["x"]), row("b"), row("a", tags=["y"]), row("b", title="Another"))
    site = load_site(city.site)
    with cut(100):
        changes = publish(site, read(site, tmp_path), city.public, executor=workers)
    assert [str(problem)[:32] for problem in changes.problems] == ['items.jsonl:4: id: "b" is alread']
    assert documents_in(city.public)["tags/x.atom.xml"].count(b'scheme="https://www.city.example/tags/"') == 2


@pytest.mark.parametrize(("items", "large"), [(49_000, False), (51_000, True)])
def test_many_small_items_are_large_too(tmp_path: Path, items: int, large: bool) -> None:
    (tmp_path / "items.jsonl").write_text(f"{json.dumps(row('a'))}\n" * items)
    assert is_large([Source(path="items.jsonl")], tmp_path) == large


def test_a_few_items_are_read_by_one_process(tmp_path: Path) -> None:
    city = City.create(tmp_path, row("a"))
    site = load_site(city.site)
    with Counting() as executor:
        publish(site, read(site, tmp_path), city.public, executor=executor)
        publish(site, [item for item in read(site, tmp_path)], city.public, executor=executor)  # noqa: C416 - a list
    assert executor.shards == 0


class Deadly(Executor):
    """Processes of which one dies with its first shard."""

    def __init__(self, executor: Executor) -> None:
        self.executor, self.killed = executor, False

    def submit(self, work: Callable[..., Any], /, *args: Any, **_: Any) -> Future[Any]:
        if not self.killed:
            self.killed = True
            return self.executor.submit(os._exit, 9)
        return self.executor.submit(work, *args)


def test_shards_of_a_worker_that_died_are_read_by_the_parent(city: City) -> None:
    with process_pool(2) as executor:
        assert_the_same(city, Deadly(executor))


def test_what_neither_worker_nor_parent_can_read_leaves_the_old_feeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = City.create(tmp_path, row("a"))
    city.build()
    before = documents_in(city.public)
    city.put(row("a"), row("b"))

    def work(*_: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(parallel, "read_shard", work)
    site = load_site(city.site)
    with cut(100), ThreadPoolExecutor(1) as executor, pytest.raises(PublishError) as caught:
        publish(site, read(site, tmp_path), city.public, executor=executor)
    assert str(caught.value) == "items.jsonl: could not be read by a worker or by the main process: no room (run again)"
    assert documents_in(city.public) == before


def test_an_executor_that_was_shut_down_is_no_obstacle(tmp_path: Path) -> None:
    city = City.create(tmp_path, row("a"))
    site, executor = load_site(city.site), ThreadPoolExecutor(1)
    executor.shutdown()
    with cut(100):
        assert publish(site, read(site, tmp_path), city.public, executor=executor).items == 1


def test_a_file_that_changes_between_its_shards_stops_the_run(tmp_path: Path) -> None:
    city = City.create(tmp_path, *(row(f"n{n}") for n in range(50)))
    site = load_site(city.site)

    class Changing(Counting):
        def submit(self, *args: Any, **fields: Any) -> Future[Any]:
            if self.shards == 2:
                city.put(row("new"))
            return super().submit(*args, **fields)

    with cut(300), Changing() as executor, pytest.raises(SourceError) as caught:
        publish(site, read(site, tmp_path), city.public, executor=executor)
    [problem] = caught.value.problems  # on line 1 if the shards were compared first, else on the line that is not there
    assert (problem.path, problem.message) == ("items.jsonl", "changed while topicfeeds read it (run again)")
    assert documents_in(city.public) == {}


def test_a_source_that_is_blank_or_gone_is_a_problem_as_ever(tmp_path: Path, workers: Executor) -> None:
    city = City.create(tmp_path, row("a"))
    city.configure(
        '[[sources]]\npath = "blank.jsonl"\n[[sources]]\npath = "gone.jsonl"\n[[sources]]\npath = "cut.jsonl"\n'
    )
    (tmp_path / "blank.jsonl").write_text("\n" * 90_000)
    (tmp_path / "cut.jsonl").write_text(f"{json.dumps(row('b'))}\n" * 5 + '{"id": "c')
    site = load_site(city.site)
    found = []
    for executor in (None, workers):
        with cut(100), pytest.raises(SourceError) as caught:
            publish(site, read(site, tmp_path), city.public, executor=executor)
        found.append([str(one) for one in caught.value.problems if one.severity == "unreadable"])
    assert found[0] == found[1]
    assert len(found[0]) == 3
    assert found[0][2].startswith("cut.jsonl:6: is not valid JSON")


def test_a_file_of_two_sources_is_named_by_its_lines_in_both(tmp_path: Path) -> None:
    city = City.create(tmp_path, *(row(f"n{n}", link="http://localhost/x") for n in range(30)))
    city.configure('[[sources]]\npath = "./items.jsonl"\n[[sources]]\npath = "items.jsonl"\ntopics = ["t"]\n')
    site = load_site(city.site)
    expected = publish(site, read(site, tmp_path), tmp_path / "one")
    with cut(200), Counting() as executor:
        done = publish(site, read(site, tmp_path), tmp_path / "many", executor=executor)
    assert told(done) == told(expected)
    assert documents_in(tmp_path / "many") == documents_in(tmp_path / "one")
    site = site.model_copy(update={"sources": (site.sources[1], site.sources[1])})
    with cut(200), Counting() as executor:
        twice = publish(site, read(site, tmp_path), tmp_path / "twice", executor=executor)
    assert len(twice.problems) == 60


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    city = City.create(tmp_path, row("a"))
    city.configure('[[sources]]\npath = "pipe.jsonl"\n')
    os.mkfifo(tmp_path / "pipe.jsonl")
    site = load_site(city.site)
    with (
        cut(100),
        Counting() as executor,
        pytest.raises(SourceError, match=r"pipe\.jsonl:1: is a pipe, not a regular file"),
    ):
        publish(site, read(site, tmp_path), city.public, executor=executor)


def test_databases_and_what_is_missing_are_asked_by_the_parent_in_their_place(tmp_path: Path) -> None:
    city = City.create(tmp_path, row("a"), row("b"))
    with closing(sqlite3.connect(tmp_path / "posts.db")) as posts, posts:
        posts.execute("create table posts (id, title, published)")
        posts.execute("insert into posts values ('a', 'From a table', '2026-01-01'), ('c', 'C', '2026-01-02')")
    database = f'[[sources]]\ndatabase = "sqlite:///{tmp_path}/posts.db"\nquery = "select * from posts"\n'
    problems = []
    for more in (database, f'{database}[[sources]]\npath = "nowhere/*.md"\n'):
        city.configure(more)
        site = load_site(city.site)
        for executor in (None, Counting()):
            with cut(100):
                try:
                    done = publish(site, read(site, tmp_path), city.public, executor=executor)
                    problems.append([done.items, *map(str, done.problems)])
                except SourceError as error:
                    problems.append([*map(str, error.problems)])
    assert problems[0] == problems[1]
    assert problems[0][0] == 3
    assert problems[2] == problems[3]
    assert str(problems[2][-1]).startswith(
        "nowhere/*.md:1: cannot be read: nowhere: No such file or directory (check path"
    )


def test_a_build_after_one_by_several_processes_reads_only_what_changed(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cut(400):
        first = city.build(jobs=2)
    assert first.items > 120
    assert city.is_up_to_date()
    parsed: list[str] = []
    real = chunk_cache.parse_chunk

    def parse(chunk: Chunk, *given: Any) -> Any:
        parsed.append(chunk.location.path)
        return real(chunk, *given)

    monkeypatch.setattr(chunk_cache, "parse_chunk", parse)
    note = city.folder / f"notes/{b'd3'.hex()}.md"
    note.write_text(f"{note.read_text()}\nMore\n")
    with cut(400):
        again = city.build(jobs=2)
    assert parsed == [f"notes/{note.name}"]
    assert again.items == first.items
    expected = documents_in(city.public)
    city.cache.unlink()
    assert city.build().written == ()
    assert documents_in(city.public) == expected


@pytest.mark.parametrize("size", [9_000, 150])
def test_several_processes_leave_the_cache_that_one_leaves(city: City, size: int) -> None:
    query = "select hex(chunk), n, row from records order by 1, 2"
    with cut(size):
        city.build(jobs=2)
    many = [city.sql(query, cache=True), sorted(city.sql("select path, digest from files", cache=True))]
    city.cache.unlink()
    city.build()
    assert many == [city.sql(query, cache=True), sorted(city.sql("select path, digest from files", cache=True))]


def test_where_no_process_can_be_started_the_parent_reads(tmp_path: Path) -> None:
    city = City.create(tmp_path, row("a"))
    site = load_site(city.site)

    class Full(Counting):
        def submit(self, *args: Any, **fields: Any) -> Future[Any]:
            raise BlockingIOError("Resource temporarily unavailable")

    with cut(100), Full() as executor:
        assert publish(site, read(site, tmp_path), city.public, executor=executor).items == 1


def test_in_a_daemonic_worker_which_may_have_no_children_the_worker_reads_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = City.create(tmp_path, *(row(f"n{n}") for n in range(40)))
    site = load_site(city.site)
    monkeypatch.setitem(current_process()._config, "daemon", True)  # type: ignore[attr-defined]
    with cut(400), ProcessPoolExecutor(2) as executor:
        with pytest.raises(AssertionError, match="daemonic"):
            executor.submit(int)
        assert publish(site, read(site, tmp_path), city.public, executor=executor).items == 40
    with cut(400):
        assert city.build(jobs=2).items == 40


def test_where_processes_are_not_permitted_the_command_reads_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = City.create(tmp_path, *(row(f"n{n}") for n in range(40)))

    def forbidden(*_: object) -> None:
        raise PermissionError(13, "Permission denied")  # of /dev/shm

    monkeypatch.setattr(parallel, "ProcessPoolExecutor", forbidden)
    with cut(400):
        assert city.build(jobs=2).items == 40


COMMAND = """
import sys
from topicfeeds import parallel
from topicfeeds.__main__ import main
if __name__ == "__main__":
    parallel.MIN_PARALLEL_BYTES, parallel._MAX_SHARD_BYTES, parallel._MIN_ITEM_BYTES = 0, 20_000, 1
    main()
"""


def command(city: City, *options: str) -> list[str]:
    """Give the command, with shards that are small."""
    (city.folder / "command.py").write_text(COMMAND)
    return [sys.executable, str(city.folder / "command.py"), "build", "--site", str(city.site), "--jobs", "2", *options]


def children(parent: int) -> list[int]:
    """Name the processes that a process has started, and those of these."""
    found = subprocess.run(["ps", "-eo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
    pairs = [line.split() for line in found.splitlines()]
    mine = [int(pid) for pid, above, state in pairs if int(above) == parent and not state.startswith("Z")]
    return mine + [below for one in mine for below in children(one)]


def running(pids: list[int]) -> list[int]:
    """Tell which processes are still there, after some time to end."""
    for _ in range(100):
        pids = [
            pid for pid in pids if Path(f"/proc/{pid}").exists() and " Z " not in Path(f"/proc/{pid}/stat").read_text()
        ]
        if not pids:
            break
        time.sleep(0.1)
    return pids


def test_the_command_reads_by_several_processes_and_remembers_as_one_does(city: City) -> None:
    done = subprocess.run(command(city, "--quiet"), capture_output=True, text=True, timeout=100, cwd=city.folder)
    assert done.returncode == 1, done.stderr
    documents = documents_in(city.public)
    assert len(documents) > 20
    [(rows,)] = city.sql("select count(*) from records", cache=True)
    assert rows > 120
    again = subprocess.run(command(city, "--quiet"), capture_output=True, text=True, timeout=100, cwd=city.folder)
    assert (again.returncode, again.stdout, documents_in(city.public)) == (1, "", documents)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_workers_end_with_the_command(tmp_path: Path, number: signal.Signals) -> None:
    city = City.create(tmp_path, *(row(f"n{n}", content="<p>x</p>" * 400, tags=[f"t{n % 50}"]) for n in range(4_000)))
    heeding = ["env", "--default-signal=INT"]  # what runs in the background may ignore it
    run = subprocess.Popen([*heeding, *command(city)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    workers: list[int] = []
    while len(workers) < 3 and run.poll() is None:  # the third keeps semaphores
        workers = children(run.pid)
    run.send_signal(number)
    _, messages = run.communicate(timeout=60)
    assert run.returncode == (-9 if number == signal.SIGKILL else 128 + number)
    assert len(workers) >= 3
    assert running(workers) == []
    assert number == signal.SIGKILL or messages == ""
    assert documents_in(city.public) == {}


def test_two_workers_of_a_dask_cluster_read_the_sources(city: City) -> None:
    cluster = LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=2, threads_per_worker=2, processes=True, host="127.0.0.1", dashboard_address=":0", silence_logs=50
    )
    with cluster, Client(cluster) as client:  # type: ignore[no-untyped-call]
        assert_the_same(city, client.get_executor())


def test_workers_of_a_ray_cluster_read_the_sources(city: City) -> None:
    ray = pytest.importorskip("ray", reason="needs ray, which is large: pip install ray")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        assert_the_same(city, runpy.run_path(str(ROOT / "examples/ray_executor.py"))["RayExecutor"]())
    finally:
        ray.shutdown()


def assert_the_same(city: City, executor: Executor) -> None:
    """Publish with and without an executor, and compare."""
    site = load_site(city.site)
    expected = publish(site, read(site, city.folder), city.folder / "one", now=NOON)
    with cut(500):
        done = publish(site, read(site, city.folder), city.public, now=NOON, executor=executor)
    assert told(done) == told(expected)
    assert documents_in(city.public) == documents_in(city.folder / "one")


@pytest.mark.parametrize("page", ["docs/scale.md", "CHANGELOG.md"])
def test_the_pages_have_the_threshold_for_several_processes(page: str) -> None:
    assert f"{parallel.MIN_PARALLEL_BYTES // 10**6} MB" in (ROOT / page).read_text("utf-8")
