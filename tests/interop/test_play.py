"""A play in four acts: an event is announced, moved, cancelled, and its text mended; real readers look on."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.readers_of_feeds import Calendar, Library, Newsboat, Rss2email, Sfeed, Shown, Subscription
from support.staging import (
    ANNOUNCED,
    CANCELLED,
    DATE_CANCELLED,
    DATE_CONFIRMED,
    EMPTIED,
    EVENT,
    MENDED,
    MOVED,
    MOVED_ON,
    SERIES,
    Stage,
    stage,
)

ACTS = (ANNOUNCED, MOVED, CANCELLED, MENDED)
EMPTIED_ACTS = (ANNOUNCED, EMPTIED, ANNOUNCED)
"""The only event is deleted, so all documents become empty; then it comes back."""
SERIES_ACTS = (SERIES, MOVED_ON, DATE_CANCELLED, DATE_CONFIRMED)
"""A series is announced, starts a week later, and has a date that is cancelled and then takes place after all."""
FLOOD_ACTS = tuple(
    "".join(
        f"- {{id: e{n}, title: Event {n}, start: 2026-{month:02}-{n % 28 + 1:02}, location: {place},"
        " published: 2025-01-01, topics: [housing]}\n"
        for month, numbers in ((1, range(30)), (5, range(30, 42)))
        for n in numbers
    )
    for place in ("Hall", "Yard", "Yard")
)
"""Thirty events that are over and twelve that are not get another place at once."""
FILES = [f"{path}.{name}.xml" for path in ("all", "topics/housing", "tags/land") for name in ("atom", "rss")]
READERS: dict[str, type[Subscription]] = {
    "newsboat": Newsboat,
    "reader": Library,
    "rss2email": Rss2email,
    "sfeed": Sfeed,
}


class Seat:
    """What somebody saw of the play."""

    def __init__(self, subscription: Subscription) -> None:
        self.subscription = subscription
        self.news: list[list[Shown]] = []

    def look(self) -> None:
        """Load the feed."""
        self.news.append(self.subscription.news())

    @property
    def titles(self) -> list[list[str]]:
        """What was new after each act."""
        return [[shown.title for shown in act] for act in self.news]


def seated(stage: Stage, files: list[str], folder: Path) -> dict[tuple[str, str], Seat]:
    """Let each reader subscribe to each file, in a home of its own."""
    seats = {}
    for reader, kind in ((name, kind) for name, kind in READERS.items() if kind.installed()):
        for number, file in enumerate(files):
            home = folder / f"{reader}-{number}"
            home.mkdir()
            seats[reader, file] = Seat(kind(stage.url + file, home))
    return seats


def look(seats: Mapping[tuple[str, str], Seat]) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(Seat.look, seats.values()))


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Seat]:
    """Give what each reader saw of each feed."""
    homes = tmp_path_factory.mktemp("homes")
    with stage(tmp_path_factory.mktemp("stage")) as ours:
        seats = seated(ours, FILES, homes)
        for items in ACTS:
            ours.act(items)
            look(seats)
    return seats


@pytest.fixture(scope="module")
def forgetful_play(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Seat]:
    """Give what they saw of a play between whose acts the memory was deleted."""
    homes = tmp_path_factory.mktemp("homes")
    with stage(tmp_path_factory.mktemp("stage")) as ours:
        seats = seated(ours, FILES[:2], homes)
        for items in ACTS:
            ours.act(items)
            look(seats)
            ours.forget()
    return seats


@pytest.fixture(scope="module")
def other_plays(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str, str], Seat]:
    """Give what readers saw of a series, of a flood of changes, and of a deletion."""
    found = {}
    for name, acts, files in (
        ("series", SERIES_ACTS, FILES[:2]),
        ("flood", FLOOD_ACTS, FILES[:2]),
        ("emptied", EMPTIED_ACTS, FILES[::3]),
    ):
        homes = tmp_path_factory.mktemp("homes")
        with stage(tmp_path_factory.mktemp("stage")) as ours:
            seats = seated(ours, files, homes)
            for items in acts:
                ours.act(items)
                look(seats)
        found.update({(name, *key): seat for key, seat in seats.items()})
    return found


@pytest.fixture
def seat(play: dict[tuple[str, str], Seat], reader: str, file: str) -> Seat:
    READERS[reader].need()
    return play[reader, file]


@pytest.fixture
def forgetful_seat(forgetful_play: dict[tuple[str, str], Seat], reader: str, file: str) -> Seat:
    READERS[reader].need()
    return forgetful_play[reader, file]


of_every_file = pytest.mark.parametrize("file", FILES)
of_two_files = pytest.mark.parametrize("file", FILES[:2])
of_readers = pytest.mark.parametrize("reader", ["newsboat", "reader", "rss2email"])
of_sfeed = pytest.mark.parametrize("reader", ["sfeed"])


@of_every_file
@of_readers
def test_a_move_and_a_cancellation_are_each_one_new_entry_and_a_mended_word_is_none(seat: Seat) -> None:
    assert seat.titles == [
        ["Housing fair"],
        ["Moved to May 10: Housing fair"],
        ["Cancelled (May 10): Housing fair"],
        [],
    ]


@of_every_file
@of_readers
def test_no_reader_gets_a_second_copy_of_the_event(seat: Seat) -> None:
    kept = [shown.id for shown in seat.subscription.kept()]
    assert len(kept) == len(set(kept)) == 3
    assert kept.count(EVENT) == 1


@of_every_file
@pytest.mark.parametrize("reader", ["newsboat", "reader"])
def test_what_readers_already_had_says_that_it_is_cancelled(seat: Seat) -> None:
    assert Shown(EVENT, "Cancelled: Housing fair") in seat.subscription.kept()


@of_every_file
@of_sfeed
def test_sfeed_which_goes_by_titles_shows_what_was_renamed_again_and_nothing_more(seat: Seat) -> None:
    assert seat.titles == [
        ["Housing fair"],
        ["Moved to May 10: Housing fair", "Moved: Housing fair"],
        ["Cancelled (May 10): Housing fair", "Cancelled: Housing fair"],
        [],
    ]


@of_two_files
@of_readers
def test_without_the_memory_nobody_is_told_what_did_not_happen(forgetful_seat: Seat) -> None:
    assert forgetful_seat.titles == [["Housing fair"], [], [], []]
    assert [shown.id for shown in forgetful_seat.subscription.kept()] == [EVENT]


@of_two_files
@of_sfeed
def test_without_the_memory_sfeed_shows_what_is_cancelled_under_its_new_title(forgetful_seat: Seat) -> None:
    assert forgetful_seat.titles == [["Housing fair"], [], ["Cancelled: Housing fair"], []]


@of_two_files
@pytest.mark.parametrize("reader", list(READERS))
def test_a_date_of_a_series_and_a_date_before_a_later_start_are_one_new_entry_each(
    other_plays: dict[tuple[str, str, str], Seat], reader: str, file: str
) -> None:
    READERS[reader].need()
    assert other_plays["series", reader, file].titles == [
        ["Choir"],
        ["Cancelled (Mar 18): Choir"],
        ["Cancelled (Apr 1): Choir"],
        ["Confirmed (Apr 1): Choir"],
    ]


@of_two_files
@of_readers
def test_of_many_changes_at_once_ten_are_new_entries_and_none_of_past_events(
    other_plays: dict[tuple[str, str, str], Seat], reader: str, file: str
) -> None:
    READERS[reader].need()
    announced, changed, quiet = other_plays["flood", reader, file].titles
    assert len(announced) == 42
    assert sorted(changed) == sorted(f"New place (Yard): Event {n}" for n in (*range(30, 40),))
    assert quiet == []


@pytest.mark.parametrize("file", FILES[::3])
@pytest.mark.parametrize("reader", list(READERS))
def test_readers_load_an_empty_document_and_do_not_show_the_event_twice_when_it_comes_back(
    other_plays: dict[tuple[str, str, str], Seat], reader: str, file: str
) -> None:
    READERS[reader].need()
    seat = other_plays["emptied", reader, file]
    assert seat.titles == [["Housing fair"], [], []]
    assert [shown.id for shown in seat.subscription.kept()] == [EVENT]


def test_a_deleted_event_leaves_a_calendar_and_comes_back(tmp_path: Path) -> None:
    with stage(tmp_path) as ours:
        calendar = Calendar(f"{ours.url}topics/housing.ics", tmp_path / "calendar", "Europe/Brussels")
        shown = []
        for items in EMPTIED_ACTS:
            ours.act(items)
            # vdirsyncer does not empty a calendar unless it is told to.
            shown.append(calendar.shown("2026-05-01", 30, *(("--force-delete", "both") if items == EMPTIED else ())))
    there = ["2026-05-06 18:00 2026-05-06 20:00 Housing fair"]
    assert shown == [there, [], there]


def test_a_calendar_shows_the_cancelled_date_of_a_series(tmp_path: Path) -> None:
    with stage(tmp_path) as ours:
        calendar = Calendar(f"{ours.url}topics/housing.ics", tmp_path / "calendar", "Europe/Brussels")
        shown = []
        for items in SERIES_ACTS:
            ours.act(items)
            shown.append(calendar.shown("2026-03-01", 60))
    dates = [f"2026-{day} 19:00 2026-{day} 21:00 " for day in ("03-18", "03-25", "04-01", "04-08")]
    assert shown == [
        [f"{date}Choir" for date in dates],
        [f"{date}Choir" for date in dates[1:]],
        [f"{dates[1]}Choir", f"{dates[2]}CANCELLED Cancelled: Choir", f"{dates[3]}Choir"],
        [f"{date}Choir" for date in dates[1:]],
    ]


def test_a_calendar_shows_the_new_time_and_then_that_it_is_cancelled(tmp_path: Path) -> None:
    with stage(tmp_path) as ours:
        calendar = Calendar(f"{ours.url}topics/housing.ics", tmp_path / "calendar", "Europe/Brussels")
        shown = []
        for items in ACTS:
            ours.act(items)
            shown.append(calendar.shown("2026-05-01", 30))
    assert shown == [
        ["2026-05-06 18:00 2026-05-06 20:00 Housing fair"],
        ["2026-05-10 18:00 2026-05-10 20:00 Housing fair"],
        ["2026-05-10 18:00 2026-05-10 20:00 CANCELLED Cancelled: Housing fair"],
        ["2026-05-10 18:00 2026-05-10 20:00 CANCELLED Cancelled: Housing fair"],
    ]
