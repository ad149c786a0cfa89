"""What must not be lost is kept: items of a source that shrank, documents of feeds that are gone, files of others."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from support import article, command, site, snapshot
from support.city import DAY, HOUR, NOON, City, dates, row
from topicfeeds import ConfigError, PublishError, publish
from topicfeeds.cli.shortcut import check_paths
from topicfeeds.output.lock import last_success
from topicfeeds.state.store import State

TEN = [row(str(n)) for n in range(10)]


@pytest.fixture
def city(tmp_path: Path) -> City:
    """A site of ten articles that was built once."""
    made = City.create(tmp_path, *TEN)
    made.build()
    return made


def held_back(city: City, now: int = 1, **options: Any) -> str:
    """Build, which must not remove an item and is no success, and return the problems."""
    before, success = dates(city.public).keys(), last_success(str(city.public))
    changes = city.build(NOON + now * HOUR, **options)
    assert changes.has_unread
    assert dates(city.public).keys() >= before
    assert last_success(str(city.public)) == success
    return "\n".join(map(str, changes.problems))


def test_a_source_that_lost_more_than_half_of_its_items_keeps_them_until_it_may(city: City) -> None:
    city.put(*TEN[:4])
    assert held_back(city) == (
        "items.jsonl:1: shrank from 10 items to 4; the missing items stay published. "
        "Correct the source. If the items were removed on purpose, run once with allow_shrink=True, or "
        "raise max_shrink."
    )
    assert held_back(city) == held_back(city, dry_run=True)
    assert city.is_up_to_date(NOON + HOUR)
    assert not check_paths(city.place, (NOON + HOUR).timestamp(), allow_shrink=True).refused
    city.build(NOON + HOUR, allow_shrink=True)
    assert len(dates(city.public)) == 4


def test_edits_and_additions_of_a_source_that_lost_its_items_go_out(city: City) -> None:
    city.put(row("0", title="Edited"), row("new"))
    assert "shrank from 10 items to 1" in held_back(city)
    content = (city.public / "all.atom.xml").read_text("utf-8")
    assert [name in content for name in ("Edited", "About new", "About 9")] == [True, True, True]


def test_nine_items_may_all_go(city: City) -> None:
    city.put(*TEN[:9])
    city.build()
    city.put()
    assert city.build(NOON + HOUR).problems[0].severity == "warning"  # the file is empty
    assert dates(city.public) == {}
    city.build(NOON + 2 * HOUR)


def test_items_that_others_replace_are_lost_too(city: City) -> None:
    city.put(*TEN[:4], *[row(f"new{n}") for n in range(6)])
    assert "shrank from 10 items to 4" in held_back(city)
    assert len(dates(city.public)) == 16


def test_items_that_move_to_another_source_are_not_lost(tmp_path: Path) -> None:
    city = City.create(tmp_path, *TEN)
    city.put(row("b"), name="b.jsonl")
    city.configure('[[sources]]\npath = "b.jsonl"')
    city.build()
    city.put(row("9"))
    city.put(row("b"), *TEN[:9], name="b.jsonl")
    assert city.build(NOON + HOUR).problems == ()


def test_events_that_become_private_in_a_calendar_are_not_lost(tmp_path: Path) -> None:
    city = City.create(tmp_path)
    city.configure(path="a.ics")
    event = "BEGIN:VEVENT\nUID:{}\nCREATED:20260301T000000Z\nSUMMARY:A\nDTSTART:20260501T100000Z\n{}END:VEVENT\n"
    for private in ("", "CLASS:PRIVATE\n"):
        events = [event.format(n, private if n < 8 else "") for n in range(10)]
        text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{''.join(events)}END:VCALENDAR\n"
        (tmp_path / "a.ics").write_text(text, "utf-8")
        changes = city.build(NOON + HOUR if private else NOON)
    assert (changes.problems, changes.drafts, set(dates(city.public))) == ((), 8, {"8", "9"})


def test_the_command_names_its_option_and_shows_the_source_that_shrank_below_many_findings(city: City) -> None:
    city.put(*TEN[:4], *[row(f"n{n}", published="soon") for n in range(60)])
    hint = (
        "Correct the source. If the items were removed on purpose, run once with --allow-shrink, or raise max_shrink."
    )
    message = f"shrank from 10 items to 4; the missing items stay published. {hint}"
    run = command("build", "--site", city.site, cwd=city.folder)
    assert (run.code, run.err.splitlines()[49]) == (1, f"items.jsonl:1: {message}")
    again = command("build", "--site", city.site, cwd=city.folder)
    assert (again.code, again.err.splitlines()[49]) == (1, f"items.jsonl:1: {message}")
    logged = command("build", "--site", city.site, "--log-format", "json", cwd=city.folder).err.splitlines()
    assert json.loads(logged[49])["message"] == message
    status = command("status", "--site", city.site, cwd=city.folder).out
    failure = "published, but a source has an error: items.jsonl:1: shrank from 10 items to 4; the missing"
    assert failure in status


def test_half_is_enough(city: City) -> None:
    city.put(*TEN[:5])
    city.build()
    assert len(dates(city.public)) == 5


def test_refused_items_are_no_loss_because_they_stay_and_those_that_wait_are_none_either(city: City) -> None:
    city.put(*TEN[:4], *[row(str(n), published="soon") for n in range(4, 10)])
    changes = city.build(NOON + HOUR)
    assert (changes.refused, changes.has_unread, len(dates(city.public))) == (6, False, 10)
    city.put(*TEN[:4], *[row(str(n), published="2027-01-01") for n in range(4, 10)])
    city.build(NOON + 2 * HOUR)
    assert len(dates(city.public)) == 4


def test_old_items_that_no_feed_has_count_as_well(tmp_path: Path) -> None:
    city = City.create(tmp_path, *[row(str(n), published=f"2026-03-{n + 1:02}") for n in range(20)], limit=5)
    city.build()
    city.put(*[row(str(n), published=f"2026-03-{n + 1:02}") for n in range(15, 20)])
    assert "shrank from 20 items to 5" in held_back(city)
    city.put(*[row(str(n), published=f"2026-03-{n + 1:02}") for n in range(5)])
    changes = city.build(NOON + 2 * HOUR)
    assert "shrank from 20 items to 5" in str(changes.problems[-1])
    assert dates(city.public).keys() == {"15", "16", "17", "18", "19"}


@pytest.mark.parametrize("lost", [Path.unlink, lambda path: path.write_bytes(b"")])
def test_the_items_of_a_source_that_is_gone_or_empty_stay(city: City, lost: Callable[[Path], None]) -> None:
    lost(city.folder / "items.jsonl")
    assert "items.jsonl:1: 10 items stay as last published, until this is corrected" in held_back(city)


def test_a_pattern_without_matches_removes_nothing(tmp_path: Path) -> None:
    city = City(tmp_path)
    city.configure(path="items/*.jsonl")
    for n in range(2):
        city.put(*TEN[n * 5 : n * 5 + 5], name=f"items/{n}.jsonl")
    city.build()
    for path in (tmp_path / "items").iterdir():
        path.unlink()
    assert "items/*.jsonl:1: shrank from 10 items to 0" in held_back(city)
    shutil.rmtree(tmp_path / "items")
    assert "items/*.jsonl:1: cannot be read: items: No such file or directory (check path" in held_back(city)


def test_a_source_may_shrink_as_far_as_it_says(city: City) -> None:
    city.configure("max_shrink = 0.75")
    city.put(*TEN[:2])
    assert "shrank from 10 items to 2" in held_back(city)
    city.configure("max_shrink = 0")
    city.put(*TEN[:9])
    assert "shrank from 10 items to 9" in held_back(city)
    city.configure("max_shrink = 1")
    city.put(row("0"))
    city.build()
    assert dates(city.public).keys() == {"0"}


def test_a_source_that_the_site_file_names_no_more_is_no_loss(city: City) -> None:
    city.put(*TEN, name="other.jsonl")
    city.configure(path="other.jsonl")
    city.build()
    assert city.sql("select source, items from accepted") == [("other.jsonl", 10)]


def test_of_two_sources_each_counts_for_itself(tmp_path: Path) -> None:
    city = City.create(tmp_path, *[row(f"a{n}") for n in range(30)])
    city.put(*TEN, name="b.jsonl")
    city.configure('[[sources]]\npath = "b.jsonl"')
    city.build()
    city.put(row("0"), name="b.jsonl")
    city.put(row("a0"), *[row(f"a{n}") for n in range(15, 30)])
    [problem] = city.build(NOON + HOUR).problems
    assert str(problem).startswith("b.jsonl:1: shrank from 10 items to 1; ")
    assert dates(city.public).keys() == {"a0", *(f"a{n}" for n in range(15, 30)), *map(str, range(10))}


def test_what_counts_is_what_the_last_success_had(city: City) -> None:
    city.put(*TEN[:4])
    for now in range(3):
        assert "shrank from 10 items to 4" in held_back(city, now)
    city.put(*TEN[:6], *[row(f"n{n}") for n in range(6)])
    city.build(NOON + 4 * HOUR)
    city.put(*TEN[:3])
    assert "shrank from 12 items to 3" in held_back(city, 5)


def test_items_that_are_handed_in_are_guarded_too(tmp_path: Path) -> None:
    state, items = State(), [article(id=str(n)) for n in range(10)]
    publish(site(), items, tmp_path, state=state)
    for few in ([], items[:4]):
        [*_, problem] = publish(site(), few, tmp_path, state=state).problems
        assert f"items:1: shrank from 10 items to {len(few)}" in str(problem)
    assert publish(site(), items[:4], tmp_path, state=state, allow_shrink=True).items == 4
    assert publish(site(), [], tmp_path).items == 0


def test_mappings_that_become_drafts_leave_the_feeds(tmp_path: Path) -> None:
    state, items = State(), [row("a"), row("b", start="2026-05-01"), row("c")]
    publish(site(), items, tmp_path, state=state)
    drafts = [row("a", draft=True), row("b", start="2026-05-01", status="private")]
    changes = publish(site(), [*drafts, row("c")], tmp_path, state=state)
    assert (changes.problems, changes.drafts, changes.items) == ((), 2, 1)
    assert dates(tmp_path).keys() == {"c"}


PAIR = ["tags/x.atom.xml", "tags/x.rss.xml"]


@pytest.fixture
def gone(tmp_path: Path) -> City:
    """A site that had two tags when it was built first, and lost one since."""
    made = City.create(tmp_path, row("a", tags=["x"]), row("b", tags=["y"]))
    made.build()
    made.put(row("a"), row("b", tags=["y"]))
    return made


def test_documents_of_a_feed_that_is_gone_become_empty_at_once_and_stay_for_a_while(gone: City) -> None:
    assert set(gone.build(NOON, dry_run=True).written) >= set(PAIR)
    assert set(gone.build(NOON).written) >= set(PAIR)
    before = snapshot(gone.public)
    assert all(b"<title>x - " in before[path][0] and b"<guid" not in before[path][0] for path in PAIR)
    for days in (0, 1, 29):
        for dry in (True, False):
            changes = gone.build(NOON + days * DAY, dry_run=dry)
            assert (changes.written, changes.removed, changes.retired) == ((), (), 2)
        assert snapshot(gone.public) == before
        assert gone.is_up_to_date(NOON + days * DAY)
    assert gone.sql("select path, retired from documents where retired is not null") == [
        (path, int(NOON.timestamp())) for path in PAIR
    ]
    last = NOON + 30 * DAY
    assert gone.is_up_to_date(last - timedelta(seconds=1))
    assert not gone.is_up_to_date(last)
    assert gone.build(last, dry_run=True).removed == tuple(PAIR)
    assert (gone.public / PAIR[0]).exists()
    changes = gone.build(last)
    assert (changes.written, changes.removed, changes.retired) == ((), tuple(PAIR), 0)
    assert not any((gone.public / path).exists() for path in PAIR)
    assert gone.sql("select path from documents where path like 'tags/x%'") == []
    assert gone.is_up_to_date(last)


def test_a_site_says_how_long_such_documents_stay(gone: City) -> None:
    gone.configure(retire_days=0)
    assert gone.build(NOON, dry_run=True).removed == tuple(PAIR)
    assert gone.build(NOON).removed == tuple(PAIR)


def test_such_documents_go_also_where_the_clock_began_at_zero(gone: City) -> None:
    epoch = NOON - (NOON - NOON.replace(year=1970, month=1, day=1, hour=0))
    gone.build(epoch)
    assert gone.build(epoch + 30 * DAY).removed[:2] == tuple(PAIR)


def test_a_run_without_the_time_removes_nothing(tmp_path: Path) -> None:
    state = State()
    publish(site(), [article(tags=["x"])], tmp_path, state=state)
    made = site(feeds={"retire_days": 0})
    changes = publish(made, [article()], tmp_path, state=state)
    assert (changes.removed, changes.retired) == ((), 2)
    assert publish(made, [article()], tmp_path, state=state, now=NOON).removed == tuple(PAIR)


def test_a_feed_that_comes_back_is_adopted_again(gone: City) -> None:
    gone.build()
    gone.put(row("a", tags=["x"]), row("b", tags=["y"]))
    changes = gone.build(NOON + DAY)
    assert changes.retired == 0
    assert set(changes.written) >= set(PAIR)
    assert gone.sql("select path from documents where retired is not null") == []
    gone.put(row("a"), row("b", tags=["y"]))
    assert gone.build(NOON + 29 * DAY).retired == 2
    assert gone.build(NOON + 30 * DAY).removed == ()


def test_a_retired_document_that_was_edited_is_written_anew(gone: City) -> None:
    gone.build()
    before = {path: (gone.public / path).read_bytes() for path in PAIR}
    ours, theirs = (gone.public / path for path in PAIR)
    ours.write_bytes(ours.read_bytes() + b"\n")
    theirs.write_bytes(b"by hand")
    assert not gone.is_up_to_date()
    assert gone.build().written == tuple(PAIR)
    assert {path: (gone.public / path).read_bytes() for path in PAIR} == before


def test_a_retired_document_that_was_deleted_is_forgotten(gone: City) -> None:
    gone.build()
    for path in PAIR:
        (gone.public / path).unlink()
    assert gone.build(NOON + 30 * DAY).removed == ()
    assert gone.sql("select path from documents where path like 'tags/x%'") == []


def test_nothing_is_removed_through_a_link_out_of_the_folder(gone: City, tmp_path: Path) -> None:
    gone.put(row("a"), row("b"))
    gone.build()
    (gone.public / "tags").rename(tmp_path / "elsewhere")
    (gone.public / "tags").symlink_to(tmp_path / "elsewhere")
    assert gone.build(NOON + 30 * DAY).removed == ()
    assert len(list((tmp_path / "elsewhere").iterdir())) == 4


@pytest.mark.parametrize(
    ("source", "output", "reason"),
    [
        (".", "public", r'the source "\." would read the feeds as items \(choose another folder\)'),
        ("content", "content/feeds", 'the source "content" would read the feeds as items'),
        ("**/*.json", "public", 'the source "\\*\\*/\\*.json" would read the feeds as items'),
        ("public/*.xml", "public", "would read the feeds as items"),
        ("items.jsonl", "/", "is the root of the file system"),
        ("items.jsonl", ".", "is the root of a repository"),
    ],
)
def test_an_output_that_would_do_harm_is_refused(tmp_path: Path, source: str, output: str, reason: str) -> None:
    city = City.create(tmp_path, row("a"))
    for name in (".git", "content"):
        (tmp_path / name).mkdir()
    city.configure("format = 'jsonl'", path=source)
    with pytest.raises(ConfigError, match=reason) as caught:
        city.build_into(output)
    assert caught.value.exit_code == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == [".git", "content", "items.jsonl", "topicfeeds.toml"]


def test_the_library_refuses_such_an_output_too(tmp_path: Path) -> None:
    (tmp_path / ".hg").mkdir()
    with pytest.raises(
        ConfigError, match=r"cannot be the output folder: it is the root of a repository \(choose another folder\)"
    ):
        publish(site(), [], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".hg"]


def test_an_output_beside_the_items_is_fine(tmp_path: Path) -> None:
    city = City.create(tmp_path, row("a"))
    city.configure(path="*.jsonl")
    assert city.build_into("feeds/city").items == 1


def test_a_foreign_file_is_foreign_to_a_run_with_a_state_too(city: City) -> None:
    city.put(row("a", tags=["x"]))
    (city.public / "tags").mkdir()
    (city.public / "tags/x.rss.xml").write_text("by hand", "utf-8")
    before = snapshot(city.public)
    for dry in (True, False):
        with pytest.raises(PublishError, match=r"tags/x\.rss\.xml: exists, but topicfeeds did not write it"):
            city.build(allow_shrink=True, dry_run=dry)
    assert snapshot(city.public) == before


def test_a_link_in_place_of_a_folder_of_the_output_stops_the_run(gone: City, tmp_path: Path) -> None:
    (gone.public / "tags").rename(tmp_path / "elsewhere")
    (gone.public / "tags").symlink_to(tmp_path / "elsewhere")
    gone.put(row("a", tags=["x", "z"]), row("b", tags=["y"]))
    before = snapshot(tmp_path / "elsewhere")
    for dry in (True, False):
        with pytest.raises(
            PublishError, match=r"public/tags: is a symbolic link, which may lead .* \(remove the link\)"
        ):
            gone.build(dry_run=dry)
    assert snapshot(tmp_path / "elsewhere") == before
