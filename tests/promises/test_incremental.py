"""A build after a change publishes, reports and remembers exactly what a clean build would.

Each test edits the sources of a site step by step. Before each build, the site is copied without the cache. The
incremental build of the original and the clean build of the copy must then have the same results.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.city import NOON
from support.edits import (
    LONG,
    Add,
    Break,
    Change,
    Configure,
    Copy,
    Correct,
    Delete,
    DeleteFolder,
    Edit,
    Editor,
    Empty,
    Fields,
    Head,
    Nothing,
    Project,
    Rename,
    Reverse,
    Tamper,
    Undo,
)
from support.source_files import SUFFIXES
from support.twins import Twins
from topicfeeds import parallel

FULL = bool(os.environ.get("TOPICFEEDS_FULL"))
KINDS = sorted(SUFFIXES)
HOUR, DAY, MONTH = 60, 1440, 40 * 1440
"""Minutes. The site retires documents for 3 days and remembers items for 20 days."""

DISK = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""A folder in memory, if there is one: builds sync their files to disk, which takes most of their time."""


@dataclass(frozen=True)
class Step:
    """An edit, and the build after it."""

    edit: Edit
    minutes: int = 1
    """The time since the last build. It is negative if the clock was put back."""
    options: Fields = field(default_factory=lambda: {"allow_shrink": True})


def run(project: Project, steps: Sequence[Step], **options: Any) -> None:
    """Build the site, then edit and build it step by step. Fail at the first difference."""
    with TemporaryDirectory(dir=DISK) as folder:
        twins, editor, now = Twins(Path(folder)), Editor(project), NOON
        for number, step in enumerate([Step(Nothing()), *steps]):
            editor.apply(step.edit, twins.city / "public")
            project.write(twins.city)
            now += timedelta(minutes=step.minutes)
            if found := twins.build(now, **options, **step.options):
                kinds = ", ".join(dict.fromkeys(file.kind for file in project.files))
                message = f"{kinds}, step {number}, {step.edit}, at {now:%Y-%m-%d %H:%M}:"
                raise AssertionError("\n".join([message, *found]))


# Every kind of edit, in one order. Items and files are counted from 0, in the order of the site file.
FILM = '<p><iframe src="https://player.example.org/1"></iframe></p>'
"""Content that causes a warning."""
PLACE = {"name": "Hall", "address": "Quay 1", "latitude": 51.0543, "longitude": 3.7174}
EVENT = Change(0, {"start": "2026-05-03"}, events=True)
DAILY = {"recurrence": "FREQ=DAILY;COUNT=4"}
RECURRENCE = {"start": "2026-04-03T18:00", "recurrence": "FREQ=WEEKLY;COUNT=9", "except": ["2026-04-10T18:00"]}
STORY = [
    # Time passes. The first build is on 1 April 2026, a minute after noon (UTC).
    Step(Add(0, {"title": "Soon", "published": "2026-04-02", "tags": ["x"]})),
    Step(Nothing(), HOUR),
    Step(Nothing(), DAY),
    Step(Add(0, {"title": "Class", "published": "2026-04-01", "start": "2026-04-03T18:00", **DAILY})),
    Step(Nothing(), HOUR),
    Step(Nothing(), DAY),
    Step(Nothing(), 6 * HOUR),
    Step(Configure({"calendar_days_ahead": 20, "calendar_days_back": 1})),
    Step(Nothing(), 9 * DAY),
    Step(Nothing(), -12 * DAY),
    Step(Nothing(), -HOUR),
    Step(Nothing(), 12 * DAY),
    Step(Change(0, {"updated": "2026-04-14"}), DAY),
    Step(Nothing(), DAY),
    Step(Nothing(), -DAY),
    Step(Configure({"calendar_days_ahead": None, "calendar_days_back": None})),
    # Items are added, changed and refused.
    Step(Add(0, {"title": "Shops", "published": "2026-03-20", "tags": ["x"], "topics": ["homes"]})),
    Step(Add(0, {"title": "Above all", "published": "2026-03-21"}, at=0)),
    Step(Change(0, {"title": "Above them", "content": "<p>More</p>"}), HOUR),
    Step(Change(1, {"content": LONG}), HOUR),
    Step(Change(1, {"summary": "Short"})),
    Step(Change(2, {"content": "<p>Some text</p>", "updated": "2026-03-28"})),
    Step(Change(2, {"content": "<p>Same size</p>"})),
    Step(Change(2, {"authors": ["Ann", {"name": "Bo", "email": "bo@example.org"}]})),
    Step(EVENT, DAY),
    Step(Change(0, {"location": PLACE, "organizer": {"name": "Bo"}}, events=True)),
    Step(Change(0, {"status": "cancelled"}, events=True), DAY),
    Step(Change(0, {"location": "Barn", "status": None}, events=True), HOUR),
    Step(Change(0, {"content": FILM}, events=True)),
    Step(Change(1, {"content": FILM})),
    Step(Change(1, {"tags": ["x", "film"]}), HOUR),
    Step(Change(2, {"summary": "Not the film"})),
    Step(Reverse(0)),
    Step(Undo()),
    Step(Change(1, {"content": f"<p>One</p>{FILM}{FILM}"})),
    Step(Change(2, {"published": "nonsense"})),
    Step(Nothing(), HOUR),
    Step(Correct(), HOUR),
    Step(Change(1, {"link": "http://localhost/1"})),
    Step(Change(1, {"title": "New\u0001 homes"})),
    Step(Undo()),
    # Several records are one item, or have one id.
    Step(Copy(0, 2, {"topics": ["a"], "tags": ["z"]})),
    Step(Change(0, {"title": "Other"})),
    Step(Undo()),
    Step(Undo()),
    Step(Copy(0, 1, {"summary": "Another"})),
    Step(Undo()),
    Step(Copy(0, 0, {"tags": []}, at=0)),
    Step(Undo()),
    Step(Add(0, {"id": None, "title": "No id", "published": "2026-03-03", "summary": "Equal title"}, at=0)),
    Step(Add(2, {"id": None, "title": "No id", "published": "2026-03-03"})),
    Step(Undo()),
    Step(Undo()),
    Step(Change(1, {"id": "A"})),
    Step(Change(2, {"id": "a"})),
    # Items and files change their places.
    Step(Reverse(0)),
    Step(Rename(0)),
    Step(Rename(2)),
    Step(Copy(0, 2, {}, moves=True), HOUR),
    Step(Head(0, "Gardens\n\nThey are green\n\n")),
    Step(Head(0, "")),
    Step(Undo()),
    Step(Change(0, {"title": ""})),
    Step(Configure({"untitled": "label"})),
    Step(Correct()),
    Step(Add(1, {"title": "Party", "start": "2026-06-01"})),
    Step(Nothing(), DAY),
    Step(Change(-1, {"published": "2026-04-20"}), HOUR),
    Step(Add(1, {"title": "Soon", "published": "2026-04-12", "tags": ["soon"]})),
    Step(Change(0, {"updated": "2026-04-09"})),
    Step(Change(1, RECURRENCE, events=True)),
    Step(Nothing(), 9 * DAY),
    Step(Nothing(), -HOUR),
    Step(Configure({"max_notices": 0})),
    Step(Change(0, {"location": "Yard"}, events=True)),
    Step(Configure({"max_notices": None})),
    Step(Change(0, {"published": None})),
    Step(Undo(), DAY),
    # The site file changes.
    Step(Configure({"timezone": "America/New_York"})),
    Step(Configure({"feed": "My feed"})),
    Step(Change(3, {"tags": ["x", "new"]})),
    Step(Configure({"topics": ["homes", "parks", "gardens", "a"]})),
    Step(Add(0, {"title": "Of b", "published": "2026-03-22", "topics": ["b"]})),
    Step(Configure({"topics": ["homes", "parks", "gardens", "a", "b"]})),
    Step(Configure({"topic_title": "in town"})),
    Step(Configure({"topics": None, "feed": None, "twice": True})),
    Step(Change(0, {"summary": "Of two sources"})),
    Step(Configure({"twice": False, "source": ['timezone = "Asia/Tokyo"']})),
    Step(Configure({"source": [], "limit": 50})),
    # Documents and sources break, items and documents are deleted.
    Step(Tamper(0, deletes=True)),
    Step(Tamper(1, deletes=False)),
    Step(Break(0)),
    Step(Nothing(), DAY),
    Step(Break(2), options={"strict": True}),
    Step(Change(2, {"published": "nonsense"}), options={"strict": True}),
    Step(Undo()),
    Step(Empty(0), options={}),
    Step(Empty(1), options={}),
    Step(Nothing()),
    Step(Nothing(), 2 * DAY),
    Step(Undo()),
    Step(Undo(), MONTH),
    Step(DeleteFolder()),
    Step(Delete(0)),
    Step(Delete(-1), MONTH),
]
PLAIN_STORY = [
    Step(Change(0, {"title": "Changed"})),
    Step(Change(-1, {"content": "<p>Changed</p>"}), 6 * HOUR),
    Step(Change(0, {"summary": "A day later"}), 12 * HOUR),
    Step(Delete(0)),
    Step(Undo()),
    Step(Change(0, {"published": "2020-01-01"})),
    Step(Change(0, {"published": "2026-03-20"})),
    Step(Change(0, {"tags": ["y"]})),
    Step(Add(0, {"title": "Newest", "published": "2026-03-30", "tags": ["y"]})),
    Step(Add(-1, {"title": "Oldest", "published": "2020-02-01", "tags": ["x"]}, at=0)),
    Step(Delete(0)),
    Step(Copy(0, 2, {"topics": ["a"]})),
    Step(Undo()),
    Step(Copy(1, 2, {"title": "Another with the id of an old item"})),
    Step(Change(-1, {"title": "About trees"})),
    Step(Undo()),
    Step(Undo()),
    Step(Change(0, {"published": "nonsense"})),
    Step(Change(1, {"title": "Changed again"})),
    Step(Undo()),
    Step(Undo()),
    Step(Add(0, {"title": "Tomorrow", "published": "2026-04-03"})),
    Step(Change(1, {"title": "Changed once more"})),
    Step(Nothing(), DAY),
    Step(Configure({"feed": "My feed"})),
    Step(Change(0, {"tags": ["x", "y"]})),
    Step(Change(1, {"tags": []})),
    Step(Configure({"limit": 1})),
    Step(Add(1, {"id": "old", "title": "In no feed", "published": "2019-01-01"})),
    Step(Add(2, {"id": "old", "title": "Another", "published": "2019-01-01"})),
    Step(Change(0, {"title": "Changed"})),
    Step(Undo()),
    Step(Undo()),
    Step(Delete(0)),
    Step(Delete(0)),
]
"""All items are articles with an id, and most builds have no problem: caches can skip most."""


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_edit_in_each_source_format(kind: str) -> None:
    run(Project.create(kind, formats=["atom", "rss", "json", "ics"]), STORY)


def test_each_kind_of_edit_without_calendars() -> None:
    run(Project.create("jsonl", "listing", formats=["atom"]), STORY)


@pytest.mark.parametrize("kind", KINDS)
def test_edits_of_plain_articles(kind: str) -> None:
    run(Project.create(kind, plain=True), PLAIN_STORY)


def test_a_run_that_cannot_read_a_source_forgets_nothing() -> None:
    """The event has no date of its own: if the memory loses it, the event is new again."""
    with TemporaryDirectory(dir=DISK) as folder:
        project, twins = Project.create("jsonl"), Twins(Path(folder))
        project.write(twins.city)
        twins.build(NOON)
        before = [row[:7] for row in twins.memory()["items"]]
        Break(2).apply(project, twins.city / "public")
        project.write(twins.city)
        twins.build(NOON + timedelta(minutes=MONTH))
        assert [row[:7] for row in twins.memory()["items"]] == before


def fields(**values: Sequence[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return one of the fields, with one of its values."""
    return st.sampled_from([{name: value} for name, some in values.items() for value in some])


INDEX = st.integers(0, 11)
FILE = st.integers(0, 8)
WHERE = st.sampled_from([-1, 0])
IDS = [None, "a", "A", "https://example.org/1"]
PAST = ["2026-02-27", "2026-03-03", "2026-03-30T12:00:00Z"]
FUTURE = ["2026-04-01T14:00:00Z", "2026-04-02", "2026-04-30"]
ITEM_CHANGES = fields(
    id=IDS,
    title=["B", "No id", "a\u0001", "\u0001", "", "a \u202e b"],
    content=["<p>x</p>", FILM, "<img alt='x'>", "<a href='/y'>y</a>", LONG, None],
    summary=["Short", None],
    published=[*PAST, *FUTURE, "nonsense", None],
    updated=["2026-03-20", *FUTURE, None],
    tags=[["x"], ["X", "y y"], ["é"], []],
    topics=[["homes"], ["Homes", "b"], []],
    link=["https://example.org/1", "http://localhost/2", None],
    authors=[["Ann"], ["Ann", {"name": "Bo", "email": "bo@example.org", "url": "https://example.org/bo"}]],
    image=["https://example.org/1.png"],
    language=["fr"],
    start=["2026-05-01", "2026-04-02T10:00", None],
)
EVENT_CHANGES = fields(
    start=["2026-05-02", "2026-05-02T09:00", "2026-04-01", "2026-03-29T02:30"],
    end=["2026-05-03", "2026-05-03T10:00", "2020-01-01", None],
    status=["cancelled", "postponed", "confirmed", None],
    location=["Barn", "Hall", None, PLACE, {**PLACE, "name": "Barn"}],
    organizer=["Ann", {"name": "Bo", "email": "bo@example.org"}],
    timezone=["Asia/Tokyo", None],
    published=[None, *FUTURE],
) | st.sampled_from(
    [
        RECURRENCE,
        {**RECURRENCE, "except": ["2026-04-17T18:00"]},
        {"start": "2026-03-30", "end": None, "recurrence": "FREQ=DAILY;COUNT=5", "except": None},
        {"recurrence": None, "except": None},
    ]
)
NEW_ITEMS = st.builds(
    lambda base, more: {**base, **more},
    st.sampled_from(
        [
            {"title": "New", "published": "2026-03-25", "tags": ["x"]},
            {"title": "New", "published": "2026-03-25", "id": None},
            {"title": "New", "start": "2026-05-05"},
            {"title": "New", "start": "2026-05-05", "id": None},
            {"title": "New", **RECURRENCE},
        ]
    ),
    st.just({}) | ITEM_CHANGES,
)
SETTINGS = fields(
    timezone=["America/New_York", "UTC"],
    language=["de"],
    limit=[1, 50],
    formats=[["rss"], ["ics", "atom"]],
    retire_days=[0],
    topics=[["homes", "parks", "gardens", "again"], ["parks", "gardens", "again"]],
    topic_title=["in town"],
    feed=["My feed"],
    untitled=["label"],
    twice=[True],
    source=[['timezone = "Asia/Tokyo"'], ['defaults = {tags = ["default"]}'], ['date_format = "%Y-%m-%d"']],
    calendar_days_ahead=[20],
    calendar_days_back=[0],
    max_notices=[0, 1],
)
CHANGES = [
    *[st.builds(Change, INDEX, ITEM_CHANGES)] * 4,
    *[st.builds(Change, INDEX, EVENT_CHANGES, st.just(True))] * 2,
    *[st.builds(Add, FILE, NEW_ITEMS, WHERE)] * 2,
    *[st.builds(Copy, INDEX, FILE, st.just({}) | ITEM_CHANGES, WHERE, st.booleans())] * 2,
    *[st.builds(Delete, INDEX), st.builds(Undo), st.builds(Configure, SETTINGS)],
]
OTHER_CHANGES: list[st.SearchStrategy[Edit]] = [
    st.builds(Correct),
    st.builds(Rename, FILE),
    st.builds(Reverse, FILE),
    st.builds(Empty, FILE),
    st.builds(Break, FILE),
    st.builds(Head, FILE, st.sampled_from(["", "Gardens\n\n", "Gardens\n\nGreen ones.\n\n", "All that grows.\n\n"])),
    st.builds(Tamper, INDEX, st.booleans()),
    st.builds(DeleteFolder),
]


def choose(strategies: Sequence[st.SearchStrategy[Edit]]) -> st.SearchStrategy[Edit]:
    """Choose one of the strategies. `one_of` would give each part of a nested choice the same weight."""
    return st.sampled_from(strategies).flatmap(lambda chosen: chosen)


EDITS = choose([st.just(Nothing()), *CHANGES, *[choose(OTHER_CHANGES)] * 3])
STEP = st.builds(
    Step,
    EDITS,
    st.sampled_from([1, 1, 1, HOUR, DAY, 9 * DAY, MONTH, -HOUR, -9 * DAY]),
    st.sampled_from([{"allow_shrink": True}] * 6 + [{}, {"allow_shrink": True, "strict": True}]),
)
STEPS = st.lists(STEP, min_size=6, max_size=12)
"""Shorter lists would make most examples. A failure shows `Nothing()` for each step that it does not need."""


def projects(*kinds: str) -> st.SearchStrategy[Project]:
    """Return projects with these source formats, and up to two others."""
    return st.builds(
        lambda others, plain, formats: Project.create(*dict.fromkeys([*kinds, *others]), plain=plain, formats=formats),
        st.lists(st.sampled_from(KINDS), min_size=not kinds, max_size=2),
        st.booleans(),
        st.sampled_from([["atom"], ["rss", "json", "ics"]]),
    )


@pytest.mark.parametrize("kind", KINDS)
@given(st.data())
@settings(max_examples=8)
def test_edits_in_any_order(kind: str, data: st.DataObject) -> None:
    run(data.draw(projects(kind)), data.draw(STEPS))


@pytest.fixture(scope="module")
def workers() -> Iterator[Executor]:
    with parallel.process_pool(2) as executor:
        yield executor


@contextmanager
def parallel_reading(workers: Executor) -> Iterator[list[int]]:
    """Let builds with `jobs=2` read even small sources in parallel. All builds use the same two workers.

    The yielded list gets the number of processes for each such build.
    """
    used: list[int] = []

    @contextmanager
    def pool(jobs: int) -> Iterator[Executor]:
        used.append(jobs)
        yield workers

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parallel, "MIN_PARALLEL_BYTES", 0)
        patch.setattr(parallel, "process_pool", pool)
        yield used


JOBS = st.sampled_from([(2, 1), (1, 2), (2, 2)])
"""How many processes read the sources in the incremental build, and in the clean build."""


def test_each_kind_of_edit_with_two_processes(workers: Executor) -> None:
    with parallel_reading(workers) as used:
        run(Project.create("jsonl", "yaml", "markdown"), STORY, jobs=2)
        run(Project.create("jsonl", "yaml", "markdown", plain=True), PLAIN_STORY, jobs=2)
    assert used
    assert set(used) == {2}


@given(st.data())
@settings(max_examples=6)
def test_edits_in_any_order_with_two_processes(workers: Executor, data: st.DataObject) -> None:
    jobs, clean_jobs = data.draw(JOBS)
    with parallel_reading(workers):
        run(data.draw(projects()), data.draw(STEPS), jobs=jobs, clean_jobs=clean_jobs)


@pytest.mark.skipif(not FULL, reason="takes many minutes; set TOPICFEEDS_FULL=1 to run it")
@given(st.data())
@settings(max_examples=2000)
def test_soak_of_edits(workers: Executor, data: st.DataObject) -> None:
    jobs, clean_jobs = data.draw(st.just((1, 1)) | JOBS)
    with parallel_reading(workers):
        run(data.draw(projects()), data.draw(st.lists(STEP, min_size=1, max_size=40)), jobs=jobs, clean_jobs=clean_jobs)
