"""A play in four acts: an event is announced, moved, cancelled, and its text mended; real readers look on."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.readers_of_feeds import Calendar, Library, Newsboat, Rss2email, Sfeed, Shown, Subscription
from support.staging import ANNOUNCED, CANCELLED, EVENT, MENDED, MOVED, Stage, stage

ACTS = (ANNOUNCED, MOVED, CANCELLED, MENDED)
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
