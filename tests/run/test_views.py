"""Views with a state: they have the dates, notices and last good versions of the published files, and write nothing."""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from support import article, event, site
from topicfeeds import (
    BusyError,
    ConfigError,
    Problem,
    PublishError,
    SourceError,
    State,
    feed,
    publish,
    read_objects,
    record,
    render,
    select,
)
from topicfeeds.registry import FEED_FORMATS
from topicfeeds.state.schema import VERSION
from topicfeeds.state.snapshot import read_snapshot

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SITE = site(feeds={"formats": ["atom", "rss", "json", "ics"]})


class Town:
    """A site that is published into a folder, and served by views that share its state."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder / "out", folder / "state"
        self.views = State(self.path, read_only=True)

    def publish(self, *items: Any, now: datetime = NOW) -> None:
        publish(SITE, items, self.folder, state=self.path, now=now)

    def compare(self, *items: Any, now: datetime = NOW) -> None:
        """Compare every view with its published file."""
        feeds = select(SITE, items, now=now, state=self.views)
        made = {
            f"{name}{FEED_FORMATS[form].suffix}": render(one, form)
            for name, one in feeds.items()
            for form in one.formats
        }
        files = {path: (self.folder / path).read_bytes() for path in made}
        assert made == files
        for name, one in feeds.items() if items else ():
            assert feed(SITE, items, name, now=now, state=self.views) == one


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


def unsaid(**fields: object) -> Any:
    """Make an event that does not say when it was announced."""
    return event(published=None, **fields)


def test_a_view_has_the_date_at_which_a_run_first_saw_an_event(town: Town) -> None:
    town.publish(unsaid(), article(tags=["x"]))
    town.compare(unsaid(), article(tags=["x"]), now=NOW + DAY)
    [entry, _] = feed(SITE, [unsaid(), article()], "all", now=NOW + DAY, state=town.views).entries
    assert entry.published == NOW


def test_a_view_has_the_notices_and_dates_of_changes_that_a_run_saw(town: Town) -> None:
    moved = unsaid(start=date(2026, 5, 2), topic="housing")
    town.publish(unsaid(topic="housing"), article())
    town.publish(moved, article(title="Other"), now=NOW + DAY)
    town.compare(moved, article(title="Other"), now=NOW + 2 * DAY)
    [notice, *_] = feed(SITE, [moved], "topics/housing", now=NOW + 2 * DAY, state=town.views).entries
    assert notice.notice
    assert notice.published == NOW + DAY


def test_what_no_run_has_recorded_waits(town: Town) -> None:
    town.publish(unsaid(), article())
    moved, problems = unsaid(start=date(2026, 5, 2)), list[Problem]()
    items = [moved, unsaid(id="new"), article(title="Other"), article(id="two")]
    view = feed(SITE, items, "all", now=NOW + DAY, state=town.views, problems=problems)
    assert {(one.title, one.updated) for one in view.entries} == {
        ("Fair", NOW),
        ("Other", datetime(2026, 3, 1, tzinfo=UTC)),
        ("New homes", datetime(2026, 3, 1, tzinfo=UTC)),
    }
    assert not any(one.notice for one in view.entries)
    assert [str(one) for one in problems] == [
        "items:2: warning: published: is missing, and no run has recorded the event, "
        "so the event is held back (call publish or record)"
    ]
    town.publish(*items, now=NOW + DAY)
    town.compare(*items, now=NOW + DAY)


def test_a_view_has_the_last_good_version_of_an_item_with_an_error(town: Town) -> None:
    town.publish(article(tags=["x"]), event())
    bad = {"id": "one", "title": "", "tags": ["x"]}
    town.publish(bad, event())
    town.compare(bad, event())
    assert [one.title for one in feed(SITE, [bad], "tags/x", now=NOW, state=town.views).entries] == ["New homes"]


def test_all_items_of_a_source_stay_in_all_feeds_if_too_many_are_missing(town: Town) -> None:
    items = [article(id=str(n), tags=["x"]) for n in range(12)]
    town.publish(*items)
    town.publish()
    town.compare()
    some: list[Any] = [items[:3], iter([])]
    for few in some:
        assert len(select(SITE, few, now=NOW, state=town.views)["all"].entries) == 12


def test_one_feed_needs_no_items_of_other_feeds(town: Town) -> None:
    items = [article(id=str(n), tags=["x" if n == 3 else "y"]) for n in range(12)]
    town.publish(*items)
    assert len(feed(SITE, items[3:4], "tags/x", now=NOW, state=town.views).entries) == 1
    assert len(feed(SITE, [], "all", now=NOW, state=town.views).entries) == 0


def test_a_feed_that_was_emptied_has_the_date_of_the_run_that_emptied_it(town: Town) -> None:
    town.publish(article())
    town.publish(now=NOW + DAY)
    town.compare(now=NOW + 3 * DAY)
    assert feed(SITE, [], "all", now=NOW + 3 * DAY, state=town.views).updated == NOW + DAY


def test_views_follow_a_state_that_is_recorded_without_files(tmp_path: Path) -> None:
    state, views = tmp_path / "state", State(tmp_path / "state", read_only=True)
    assert feed(SITE, [unsaid()], "all", now=NOW, state=views).entries == ()
    assert record(SITE, [unsaid(), {"title": "No date"}], state, now=NOW)[0].severity == "refused"
    assert [one.published for one in feed(SITE, [unsaid()], "all", now=NOW, state=views).entries] == [NOW]
    moved = unsaid(start=date(2026, 5, 2))
    record(SITE, [moved], state, now=NOW + DAY)
    assert len(feed(SITE, [moved], "all", now=NOW + DAY, state=views).entries) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["state", "state.cache"]


def test_a_record_and_a_run_that_share_a_state_publish_the_same(town: Town, tmp_path: Path) -> None:
    moved, other = unsaid(start=date(2026, 5, 2)), Town(tmp_path / "other")
    for one in (town, other):
        one.publish(unsaid())
    record(SITE, [moved], town.path, now=NOW + DAY)
    town.publish(moved, now=NOW + DAY)
    other.publish(moved, now=NOW + DAY)
    names = sorted(path.relative_to(town.folder) for path in town.folder.rglob("*.*") if path.suffix != ".lock")
    assert names
    assert all((town.folder / name).read_bytes() == (other.folder / name).read_bytes() for name in names)


def test_a_record_keeps_the_items_of_a_source_that_lost_too_many(tmp_path: Path) -> None:
    items = [article(id=str(n)) for n in range(12)]
    state = State()
    record(SITE, items, state, now=NOW)
    [problem] = record(SITE, items[:2], state, now=NOW)
    assert "allow_shrink=True" in str(problem)
    assert record(SITE, items[:2], state, now=NOW, allow_shrink=True) == ()


def test_an_event_without_a_date_needs_a_state_and_the_message_says_so() -> None:
    with pytest.raises(SourceError, match="published: is missing: without a state, an event needs it"):
        feed(SITE, [unsaid()], "all", now=NOW)


def test_a_view_writes_nothing_and_makes_no_file(town: Town, tmp_path: Path) -> None:
    feed(SITE, [article()], "all", now=NOW, state=town.views)
    feed(SITE, [article()], "all", now=NOW, state=tmp_path / "state")
    assert list(tmp_path.iterdir()) == []


def test_a_state_in_memory_serves_views_too() -> None:
    state = State()
    record(SITE, [unsaid()], state, now=NOW)
    assert len(feed(SITE, [unsaid()], "all", now=NOW + DAY, state=state).entries) == 1


def test_threads_share_a_state_for_views_while_runs_write_it(town: Town) -> None:
    town.publish(unsaid())

    def view(n: int) -> int:
        return len(feed(SITE, [unsaid(), article()], "all", now=NOW + DAY, state=town.views).entries)

    with ThreadPoolExecutor(8) as pool:
        found = pool.map(view, range(100))
        for n in range(5):
            record(SITE, [unsaid(), article(title=str(n))], town.path, now=NOW + n * DAY)
        assert set(found) == {2}


def test_a_state_is_only_read_again_after_a_run(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.publish(unsaid())
    first = read_snapshot(town.views)
    assert read_snapshot(town.views) is first
    town.publish(unsaid(), article())
    assert read_snapshot(town.views) is not first


def test_a_record_needs_a_state() -> None:
    with pytest.raises(TypeError, match=r"state is None \(pass a State, or the path of its file\)"):
        record(SITE, [], None, now=NOW)  # type: ignore[arg-type]


def test_a_read_only_state_is_refused_where_it_would_be_written(town: Town) -> None:
    with pytest.raises(ValueError, match=r"this State is read-only \(pass a State without read_only=True\)"):
        publish(SITE, [], town.folder, state=town.views)
    with pytest.raises(ValueError, match="read-only"):
        record(SITE, [], town.views, now=NOW)


def test_a_second_run_with_the_same_state_object_is_busy(tmp_path: Path) -> None:
    state = State(tmp_path / "state")

    def items() -> Iterator[Any]:
        yield article()
        record(SITE, [], state, now=NOW)

    with pytest.raises(BusyError, match="give each run its own State"):
        publish(SITE, items(), tmp_path / "out", state=state, now=NOW)
    assert publish(SITE, [article()], tmp_path / "out", state=state, now=NOW).items == 1


def test_a_second_run_with_the_same_file_is_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *given, **options: connect(*given, **options | {"timeout": 0}))

    def items() -> Iterator[Any]:
        yield article()
        record(SITE, [], tmp_path / "state", now=NOW)

    with pytest.raises(BusyError, match="another run uses it"):
        publish(SITE, items(), tmp_path / "out", state=tmp_path / "state", now=NOW)


def test_a_view_of_a_damaged_state_says_so_unless_it_has_read_the_state_before(town: Town) -> None:
    town.publish(unsaid())
    feed(SITE, [unsaid()], "all", now=NOW, state=town.views)
    town.path.write_bytes(town.path.read_bytes()[:3000] + b"x" * 30_000)
    assert len(feed(SITE, [unsaid()], "all", now=NOW, state=town.views).entries) == 1
    with pytest.raises(PublishError, match="cannot be used as the state"):
        feed(SITE, [unsaid()], "all", now=NOW, state=town.path)


def test_a_file_of_another_program_is_no_state(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("A letter.", "utf-8")
    with pytest.raises(ConfigError, match="is not a state of topicfeeds"):
        feed(SITE, [], "all", now=NOW, state=tmp_path / "state")


def test_a_view_reads_the_state_of_an_earlier_version_and_not_that_of_a_newer_one(town: Town) -> None:
    town.publish(unsaid())
    with closing(sqlite3.connect(town.path)) as file, file:
        file.execute("pragma user_version = 6")
    assert len(feed(SITE, [unsaid()], "all", now=NOW, state=town.path).entries) == 1
    with closing(sqlite3.connect(town.path)) as file, file:
        file.execute(f"pragma user_version = {VERSION + 1}")
    with pytest.raises(PublishError, match="newer version of topicfeeds"):
        feed(SITE, [unsaid()], "all", now=NOW, state=town.path)


def test_a_state_with_a_path_can_be_pickled(town: Town) -> None:
    town.publish(unsaid())
    copy = pickle.loads(pickle.dumps(town.views))
    assert (copy.path, copy.read_only) == (town.views.path, True)
    assert len(feed(SITE, [unsaid()], "all", now=NOW, state=copy).entries) == 1
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(State())


def test_an_address_that_is_not_text_is_an_error() -> None:
    with pytest.raises(TypeError, match=r"url is 3 \(pass the address of the document as text\)"):
        render(feed(site(), [article()], "all", now=NOW), "atom", 3)  # type: ignore[arg-type]


def test_a_source_of_the_site_sets_the_limit_of_objects_with_its_name(tmp_path: Path) -> None:
    rows = [{"id": str(n), "title": "A", "published": "2026-01-01"} for n in range(20)]
    for named, found in ((site(), 1), (site(sources=[{"path": "posts", "max_shrink": 0.9}]), 0)):
        state = tmp_path / f"{found}.sqlite"
        assert record(named, read_objects(rows, name="posts"), state, now=NOW) == ()
        assert len(record(named, read_objects(rows[:2], name="posts"), state, now=NOW)) == found
