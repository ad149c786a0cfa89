"""A build with nothing to do loads, writes and prints nothing; and one run at a time works on a folder."""

from __future__ import annotations

import fcntl
import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread, Timer

import pytest

from support import command, snapshot
from support.city import DAY, HOUR, NOON, City, dates, row
from support.needs import strace
from topicfeeds import BusyError, PublishError, publish
from topicfeeds.output.lock import LOCK_NAME, acquire_lock, last_success
from topicfeeds.output.write import lock_folder
from topicfeeds.state.files import compare_files
from topicfeeds.state.store import State

BAD = row("bad", published="soon")
TAGGED = (row("a", tags=["x"]), row("b", tags=["y"]))


@pytest.fixture
def city(tmp_path: Path) -> City:
    """A site of two articles that was built once."""
    made = City.create(tmp_path, *TAGGED)
    made.build()
    return made


def test_a_run_with_nothing_to_do_loads_none_of_the_libraries(city: City) -> None:
    code = "import sys; from topicfeeds.__main__ import main\ntry: main()\nfinally: print(*sys.modules)"
    heavy = {"pydantic", "lxml", "feedgen", "nh3", "click", "rich", "yaml", "pathlib", "json", "dataclasses"}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}; {code}", "build"],
        cwd=city.folder,
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert heavy.isdisjoint(done.stdout.decode().split())
    assert "topicfeeds.state.store" in done.stdout.decode().split()


def traced(city: City, calls: str) -> tuple[str, list[str]]:
    """Build by the command, and give what it printed, and its calls to the system."""
    options = ["-f", "-qq", "-e", f"trace={calls}", "-o", str(city.folder / "trace")]
    run = [sys.executable, "-m", "topicfeeds", "build"]
    env = {"PATH": os.environ["PATH"]}
    done = subprocess.run([strace(), *options, *run], cwd=city.folder, env=env, capture_output=True, timeout=60)
    assert done.returncode == 0
    return (done.stdout + done.stderr).decode(), (city.folder / "trace").read_text("utf-8").splitlines()


def test_a_document_that_stays_as_it_is_costs_one_stat(tmp_path: Path) -> None:
    rows = [row(f"n{n}", tags=[f"t{n}"], published=f"2026-01-{n + 1:02}") for n in range(20)]
    city = City.create(tmp_path, *rows, limit=5)
    city.build()
    city.put(*rows[:3], row("n3", tags=["t3"], published="2026-01-04", title="Changed"), *rows[4:])
    out, lines = traced(city, "stat,lstat,newfstatat,statx,openat,open")
    assert "2 documents written to public, 40 unchanged" in out
    found = [re.search(r'"(?:\S*/)?(t[0-9]+|all)\.(atom|rss)\.xml"', line) for line in lines]
    touched = Counter(one[1] for one in found if one)
    del touched["t3"]
    assert touched == dict.fromkeys(("all", *(f"t{n}" for n in range(20) if n != 3)), 2)  # Atom and RSS


def test_a_run_with_nothing_to_do_opens_nothing_for_writing(city: City) -> None:
    before = snapshot(city.folder)
    calls = "openat,open,creat,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,truncate,ftruncate"
    out, lines = traced(city, calls)
    assert out == ""
    assert any(str(city.state) in line for line in lines)
    writing = [
        line
        for line in lines
        if re.search("O_WRONLY|O_RDWR|O_CREAT|(creat|rename.*|unlink.*|mkdir.*|trunc.*)\\(", line)
    ]
    assert [line for line in writing if "__pycache__" not in line] == []
    (city.folder / "trace").unlink()
    assert snapshot(city.folder) == before


def test_a_run_with_nothing_to_do_is_a_success(city: City) -> None:
    os.utime(city.public / LOCK_NAME, (5, 5))
    assert city.is_up_to_date()
    assert last_success(str(city.public)) != 5
    os.utime(city.public / LOCK_NAME, (5, 5))
    run = command("build", cwd=city.folder)
    assert (run.code, run.out, run.err) == (0, "", "")
    assert last_success(str(city.public)) != 5


def test_refused_items_are_printed_again_and_nothing_else(city: City) -> None:
    city.put(*TAGGED, BAD)
    first = command("build", cwd=city.folder)
    assert (first.code, first.out, first.err.count("\n")) == (1, "", 1)
    os.utime(city.public / LOCK_NAME, (5, 5))
    before = snapshot(city.public)
    again = command("build", cwd=city.folder)
    assert (again.code, again.out, again.err) == (1, "", first.err)
    assert again.err.startswith("items.jsonl:3: published: ")
    assert last_success(str(city.public)) != 5
    assert snapshot(city.public) == before
    assert command("build", "--quiet", cwd=city.folder).err == again.err
    assert json.loads(command("build", "--log-format", "json", cwd=city.folder).err)["line"] == 3
    assert command("build", "--strict", cwd=city.folder).code == 65


def test_by_a_clock_that_was_put_back_what_was_due_is_looked_at_again(city: City) -> None:
    assert city.is_up_to_date(NOON)
    city.put(row("a"), row("later", published="2026-04-03"))
    city.build(NOON + 3 * DAY)
    assert len(dates(city.public)) == 2
    assert not city.is_up_to_date(NOON)
    city.build(NOON)
    assert len(dates(city.public)) == 1
    assert city.is_up_to_date(NOON)


def test_a_source_that_was_touched_and_says_the_same_is_nothing_to_do(city: City) -> None:
    os.utime(city.folder / "items.jsonl", (5, 5))
    os.utime(city.site, (5, 5))
    assert city.is_up_to_date()


def test_a_source_that_changed_is(city: City) -> None:
    city.put(*TAGGED[:1])
    assert not city.is_up_to_date()
    city.put(*TAGGED)
    assert city.is_up_to_date()
    city.configure("topics = ['z']")
    assert not city.is_up_to_date()


EDITS: list[Callable[[Path], object]] = [
    Path.unlink,
    lambda path: path.write_bytes(path.read_bytes().replace(b"About", b"about")),
    lambda path: path.write_bytes(path.read_bytes()[:100]),
    lambda path: path.write_bytes(bytes(path.stat().st_size)),
    lambda path: path.rename(path.with_name("elsewhere")),
    lambda path: path.with_name(f".{path.name}.topicfeeds-tmp").write_bytes(b"half"),
]


@pytest.mark.parametrize("name", ["all.atom.xml", "tags/x.rss.xml"])
@pytest.mark.parametrize("edit", EDITS)
def test_what_was_done_to_a_document_by_hand_is_mended(city: City, name: str, edit: Callable[[Path], object]) -> None:
    before = {path: content for path, (content, *_) in snapshot(city.public).items()}
    edit(city.public / name)
    assert not city.is_up_to_date()
    city.build()
    after = {path: content for path, (content, *_) in snapshot(city.public).items() if "elsewhere" not in path}
    assert after == before
    assert city.is_up_to_date()


def test_a_document_that_is_as_it_was_but_for_its_date_is_not_touched(city: City) -> None:
    os.utime(city.public / "all.atom.xml", (5, 5))
    before = snapshot(city.public)
    assert not city.is_up_to_date()
    assert city.build().written == ()
    assert snapshot(city.public) == before
    assert city.is_up_to_date()


def test_an_item_that_waits_is_published_when_its_time_comes(city: City) -> None:
    city.put(*TAGGED, row("late", published="2026-04-02T12:00:00Z"))
    city.build()
    assert city.is_up_to_date(NOON + DAY - HOUR)
    assert not city.is_up_to_date(NOON + DAY)
    assert city.build(NOON + DAY).items == 3
    assert city.is_up_to_date(NOON + DAY)


def test_a_change_that_waits_is_published_when_its_time_comes(city: City) -> None:
    city.put(row("a", updated="2026-04-02T12:00:00Z"))
    city.build()
    assert city.is_up_to_date(NOON + DAY - HOUR)
    assert not city.is_up_to_date(NOON + DAY)
    city.build(NOON + DAY)
    assert city.is_up_to_date(NOON + DAY)


def test_files_that_come_and_go_are_noticed(tmp_path: Path) -> None:
    city = City(tmp_path)
    city.configure(path="items/**/*.jsonl")
    city.put(row("a"), row("b"), name="items/1.jsonl")
    city.build()
    assert city.is_up_to_date()
    city.put(row("c"), name="items/2.jsonl")
    assert not city.is_up_to_date()
    city.build()
    assert city.is_up_to_date()
    (tmp_path / "items/2.jsonl").unlink()
    assert not city.is_up_to_date()
    city.build()
    assert city.is_up_to_date()
    (tmp_path / "items").rename(tmp_path / "elsewhere")
    assert not city.is_up_to_date()


def test_a_database_is_read_by_every_run(tmp_path: Path) -> None:
    path = tmp_path / "posts.sqlite"
    with sqlite3.connect(path) as file:
        file.execute("create table posts (id text, title text, published text)")
        file.execute("insert into posts values ('a', 'A', '2026-03-01')")
    city = City(tmp_path)
    city.configure()
    source = f'database = "sqlite:///{path}"\nquery = "select * from posts"'
    city.site.write_text(city.site.read_text("utf-8").replace('path = "items.jsonl"', source), "utf-8")
    assert len(city.build().written) == 2
    assert not city.is_up_to_date()
    assert city.build().written == ()
    file.close()


def test_standard_input_is_read_by_every_run(city: City) -> None:
    city.configure("format = 'jsonl'", path="-")
    for title in ("One", "Two"):
        done = subprocess.run(
            [sys.executable, "-m", "topicfeeds", "build", "--allow-shrink"],
            cwd=city.folder,
            input=json.dumps(row("a", title=title)).encode(),
            capture_output=True,
            timeout=60,
        )
        assert done.returncode == 0
        assert title.encode() in (city.public / "all.atom.xml").read_bytes()


def test_standard_input_is_read_once_though_an_id_comes_again(city: City) -> None:
    """The run would start again, to read what it only knew."""
    city.configure("[[sources]]\npath = '-'\nformat = 'jsonl'\n")
    codes = []
    for name in ("new", "a"):
        done = subprocess.run(
            [sys.executable, "-m", "topicfeeds", "build", "--allow-shrink"],
            cwd=city.folder,
            input=json.dumps(row(name, title="Piped")).encode(),
            capture_output=True,
            timeout=60,
        )
        codes.append(done.returncode)
    assert codes == [0, 1]
    assert b"is already the id of items.jsonl:1" in done.stderr


def test_another_version_of_what_makes_the_bytes_is_noticed(city: City) -> None:
    city.sql("update meta set value = replace(value, 'topicfeeds-', 'topicfeeds-0.') where name = 'versions'")
    assert not city.is_up_to_date()
    assert city.build().written == ()
    assert city.is_up_to_date()


@pytest.mark.parametrize(
    ("query", "cache"), [("delete from inputs", True), ("delete from meta where name = 'retire_days'", False)]
)
def test_a_state_that_lacks_something_lets_the_command_build(city: City, query: str, cache: bool) -> None:
    city.sql(query, cache=cache)
    assert not city.is_up_to_date()


def test_a_file_that_changed_twice_within_a_tick_of_the_clock_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    stamps, changed = compare_files(["a"], str(tmp_path), {})
    assert changed == {"a"}
    status = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert compare_files(["a"], str(tmp_path), stamps)[1] == {"a"}
    os.utime(path, ns=(5, time.time_ns() // 10**9 * 10**9))  # a file system that knows whole seconds
    stamps, _ = compare_files(["a"], str(tmp_path), stamps)
    assert stamps["a"][1] == -1
    os.utime(path, ns=(5, 10**9))
    stamps, changed = compare_files(["a"], str(tmp_path), stamps)
    assert (stamps["a"][:2], changed) == ((3, 10**9), set())


def test_a_file_whose_size_and_date_are_known_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    os.utime(path, ns=(5, 5))
    known = {"a": (3, 5, b"digest"), "gone": (3, 5, b"digest")}
    assert compare_files(["a"], str(tmp_path), known) == ({"a": (3, 5, b"digest")}, {"gone"})
    os.mkfifo(tmp_path / "pipe")
    assert compare_files(["pipe", "a"], str(tmp_path), {"a": known["a"]}) == ({"a": known["a"]}, {"pipe"})


def test_only_documents_that_held_an_item_or_hold_it_now_are_written(city: City) -> None:
    city.put(*TAGGED, row("c", tags=["x", "z"]))
    city.build()
    before = snapshot(city.public)
    city.put(*TAGGED, row("c", tags=["z", "w"]))
    changes = city.build(NOON + HOUR)
    names = [f"{feed}.{kind}.xml" for feed in ("all", "tags/w", "tags/x", "tags/z") for kind in ("atom", "rss")]
    assert sorted(changes.written) == names
    assert changes.unchanged == 2
    after = snapshot(city.public)
    assert sorted(path for path in after if after[path] != before.get(path)) == names
    assert before.keys() < after.keys()


def test_a_warning_is_printed_if_the_last_good_run_did_not_have_it(city: City) -> None:
    doubtful = row("c", updated="2025-01-01")
    other = row("d", updated="2025-01-01")
    city.configure(path="*.jsonl")
    city.put(doubtful, name="more.jsonl")
    assert [problem.path for problem in city.build().problems] == ["more.jsonl"]
    city.put(*TAGGED, row("e"))
    assert city.build().problems == ()
    city.put(other, *TAGGED)
    assert [problem.path for problem in city.build().problems] == ["items.jsonl"]
    city.put(row("f"), doubtful, name="more.jsonl")  # on another line
    city.configure(path="*.jsonl", limit=20)
    assert city.build().problems == ()
    city.put(row("f"), name="more.jsonl")
    assert city.build().problems == ()
    city.put(doubtful, name="more.jsonl")
    assert [problem.path for problem in city.build().problems] == ["more.jsonl"]
    city.put(*TAGGED, BAD)
    city.build()
    city.put(*TAGGED, row("g"), name="third.jsonl")
    assert [problem.severity for problem in city.build().problems].count("warning") == 0


@contextmanager
def busy(folder: Path) -> Iterator[int]:
    """Have the lock of a folder."""
    descriptor = acquire_lock(str(folder))
    assert descriptor is not None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def test_a_second_run_fails_at_once(city: City) -> None:
    city.put(row("c"))
    before = snapshot(city.folder)
    with busy(city.public):
        assert not city.is_up_to_date()
        run = command("build", cwd=city.folder)
        assert (run.code, run.out) == (75, "")
        hint = "Try again later, or wait for the other run with --wait SECONDS."
        assert run.err == f"public/{LOCK_NAME}: another run holds this lock. {hint}\n"
        with pytest.raises(BusyError):
            city.build(dry_run=True)
        with pytest.raises(BusyError), lock_folder(city.public):
            pass
    assert snapshot(city.folder) == before


def test_a_second_run_can_wait(city: City) -> None:
    city.put(row("c"), *TAGGED)
    with busy(city.public) as descriptor:
        with pytest.raises(BusyError):
            city.build(wait=0.06)
        thread = Timer(0.2, fcntl.flock, (descriptor, fcntl.LOCK_UN))
        thread.start()
        assert city.build(wait=30).items == 3
        thread.join()


def test_the_lock_file_stays_and_has_the_date_of_the_last_success(tmp_path: Path) -> None:
    city = City.create(tmp_path, BAD)
    city.configure(path="missing.jsonl")
    with pytest.raises(Exception, match=r"missing\.jsonl"):
        city.build()
    assert (city.public / LOCK_NAME).exists()
    assert last_success(str(city.public)) is None
    city.configure()
    before = time.time()
    city.build()
    assert (last_success(str(city.public)) or 0) >= before - 1
    inode = (city.public / LOCK_NAME).stat().st_ino
    city.build()
    assert (city.public / LOCK_NAME).stat().st_ino == inode
    assert last_success(str(tmp_path / "missing")) is None


def test_a_lock_that_is_deleted_while_it_is_held_does_no_harm(city: City) -> None:
    with busy(city.public):
        (city.public / LOCK_NAME).unlink()
        assert acquire_lock(str(city.public), create=False) is None
        with busy(city.public), pytest.raises(BlockingIOError):
            acquire_lock(str(city.public))
    city.put(*TAGGED, row("c"))
    with lock_folder(city.public):
        (city.public / LOCK_NAME).unlink()
        city.build()
    assert city.is_up_to_date()


def test_a_lock_that_is_replaced_while_a_run_waits_for_it_is_not_taken(city: City) -> None:
    taken: list[int | None] = []
    waiting = Thread(target=lambda: taken.append(acquire_lock(str(city.public), 30)))
    with busy(city.folder):
        with busy(city.public):
            waiting.start()
            time.sleep(0.1)
            (city.folder / LOCK_NAME).replace(city.public / LOCK_NAME)
        time.sleep(0.1)
        assert taken == []
    waiting.join()
    assert taken[0] is not None
    assert os.path.samestat(os.fstat(taken[0]), (city.public / LOCK_NAME).stat())
    os.close(taken[0])


def test_a_lock_that_cannot_be_one_stops_the_run(city: City) -> None:
    city.put(row("c"))
    (city.public / LOCK_NAME).unlink()
    (city.public / LOCK_NAME).symlink_to("elsewhere")
    assert not city.is_up_to_date()
    with pytest.raises(PublishError, match=f"{LOCK_NAME}: cannot be written"):
        city.build()
    assert not (city.public / "elsewhere").exists()


def test_a_dry_run_makes_no_lock_and_touches_none(city: City, tmp_path: Path) -> None:
    (city.public / LOCK_NAME).unlink()
    city.build(dry_run=True)
    assert not (city.public / LOCK_NAME).exists()
    city.build()
    os.utime(city.public / LOCK_NAME, (5, 5))
    city.build(dry_run=True)
    assert last_success(str(city.public)) == 5


@pytest.mark.parametrize("content", [b"", b"\0" * 512, b"torn"])
def test_the_journal_of_a_run_that_was_killed_goes_with_the_next(city: City, content: bytes) -> None:
    journal = Path(f"{city.state}-journal")
    journal.write_bytes(content)
    assert not city.is_up_to_date()
    city.build()
    assert not journal.exists()
    assert city.is_up_to_date()


def test_a_state_that_the_library_wrote_lets_the_command_build(city: City) -> None:
    from topicfeeds import load_site

    publish(load_site(city.site), [], city.public, state=State(city.state), now=NOON, allow_shrink=True)
    assert not city.is_up_to_date()
