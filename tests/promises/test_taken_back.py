"""What an author deletes can be read in no file after the next run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support import command, snapshot
from support.city import DAY, HOUR, NOON, City, dates, row

FORMATS = ["atom", "rss", "json", "ics"]
PUBLIC = row("1", tags=["x"])
NAMES = row("2", title="Private names", tags=["y"], topics=["school"])
EVENT = row("3", title="Private event", start="2027-01-01", tags=["z"])


@pytest.fixture
def city(tmp_path: Path) -> City:
    """A site with an article, and the last article and the last event of several feeds."""
    made = City(tmp_path)
    made.configure(formats=FORMATS)
    made.put(PUBLIC, NAMES, EVENT)
    made.build()
    return made


def texts(city: City) -> dict[str, str]:
    return {path: content.decode() for path, (content, *_) in snapshot(city.public).items()}


def test_the_last_item_of_a_feed_or_calendar_is_gone_from_all_files_at_once(city: City) -> None:
    before = texts(city)
    city.put(PUBLIC)
    now = NOON + DAY
    city.build(now, allow_shrink=True)
    after = texts(city)
    assert not [path for path, text in after.items() if "Private" in text]
    assert before.keys() - after.keys() == {path for path in before if path.startswith("events/")}
    for name in ("topics/school", "tags/y", "tags/z"):
        old, new = (some[f"{name}.atom.xml"].splitlines() for some in (before, after))
        assert new[2:4] == old[2:4]  # id and title
        assert f"<updated>{now:%Y-%m-%dT%H:%M:%SZ}</updated>" in new[4]
        assert "<lastBuildDate>" in after[f"{name}.rss.xml"]
        old_feed, new_feed = (json.loads(some[f"{name}.json"]) for some in (before, after))
        assert (new_feed["title"], new_feed["items"]) == (old_feed["title"], [])
        assert new_feed["_topicfeeds"]["updated"] == f"{now:%Y-%m-%dT%H:%M:%SZ}"
    for name in ("all", "tags/z"):
        assert after[f"{name}.ics"].count("BEGIN:VTIMEZONE") == 1
        assert "BEGIN:VEVENT" not in after[f"{name}.ics"]
    assert city.is_up_to_date(now)
    city.build(now + DAY)
    assert texts(city) == after


@pytest.mark.parametrize(
    ("change", "gone"),
    [
        ("format", "all.atom.xml"),
        ("topic", "topics/school.rss.xml"),
        ("tag", "tags/y.atom.xml"),
        ("declared feed", "feeds/mine.ics"),
        ("every tag feed", "tags/z.ics"),
    ],
)
def test_a_feed_that_no_setting_makes_any_more_is_empty_at_once(tmp_path: Path, change: str, gone: str) -> None:
    city, declared = City(tmp_path), '[[feed]]\nslug = "mine"\ntitle = "Mine"\n'
    city.configure(declared, formats=FORMATS)
    city.put(PUBLIC, NAMES, EVENT)
    city.build()
    formats, per = FORMATS[change == "format" :], [] if change == "every tag feed" else ["topic", "tag"]
    city.configure("" if change == "declared feed" else declared, formats=formats, per=per)
    city.put(PUBLIC, {name: value for name, value in NAMES.items() if change not in name}, EVENT)
    assert gone in city.build(NOON + DAY).written
    assert "Private" not in texts(city)[gone]
    assert "Private" in texts(city)["all.rss.xml"]


def test_an_item_that_moves_to_another_tag_leaves_the_old_feed_at_once(city: City) -> None:
    city.put(PUBLIC, NAMES, row("3", title="Private event", start="2027-01-01", tags=["new"]))
    city.build(NOON + DAY)
    found = {path for path, text in texts(city).items() if "Private event" in text}
    assert {"tags/new.ics", "tags/new.rss.xml", "all.ics"} <= found
    assert not found & {"tags/z.ics", "tags/z.rss.xml", "tags/z.atom.xml"}


def test_a_feed_of_all_items_that_becomes_empty_has_the_date_of_that_run_until_it_has_items_again(city: City) -> None:
    city.put()
    (city.folder / "items.jsonl").rename(city.folder / "items.json")
    (city.folder / "items.json").write_text("[]", "utf-8")
    city.configure(path="items.json", formats=FORMATS)
    for days in (1, 2):
        city.build(NOON + days * DAY, allow_shrink=True)
        assert "<updated>2026-04-02T12:00:00Z</updated>" in texts(city)["all.atom.xml"]
    (city.folder / "items.json").write_text('[{"id":"9","title":"New","published":"2026-03-01"}]', "utf-8")
    city.build(NOON + 3 * DAY)
    assert "<updated>2026-03-01T00:00:00Z</updated>" in texts(city)["all.atom.xml"]


def test_status_lists_the_empty_files(city: City) -> None:
    city.put(PUBLIC)
    city.build(NOON + DAY, allow_shrink=True)
    out = command("status", "--site", city.site, cwd=city.folder).out
    assert "  tags/y.atom.xml  since 2026-04-02T12:00:00+00:00, to be removed 2026-05-02T12:00:00+00:00\n" in out


def test_a_file_that_is_deleted_after_a_strict_run_refused_it_leaves_the_feeds(tmp_path: Path) -> None:
    site = 'title = "A"\nurl = "https://www.city.example/"\n[[sources]]\npath = "*.jsonl"\n'
    (tmp_path / "topicfeeds.toml").write_text(site, "utf-8")
    (tmp_path / "a.jsonl").write_text('{"id": "1", "title": "Homes", "published": "2026-03-01"}\n', "utf-8")
    (tmp_path / "b.jsonl").write_text('{"id": "2", "title": "Fair", "published": "2026-03-01"}\n', "utf-8")
    assert command("build", cwd=tmp_path).code == 0
    with (tmp_path / "a.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"id": "1", "title": "Other", "published": "2026-03-01"}\n')
    assert command("build", "--strict", cwd=tmp_path).code == 65
    (tmp_path / "a.jsonl").unlink()
    assert command("build", cwd=tmp_path).code == 0
    assert "Homes" not in (tmp_path / "public/all.atom.xml").read_text("utf-8")


@pytest.mark.parametrize("key", ["deleted_at", "expires", "expiresAt", "unpublish_at"])
def test_a_mapped_record_leaves_the_feeds_when_the_date_of_its_removal_has_passed(tmp_path: Path, key: str) -> None:
    city = City.create(tmp_path)
    city.configure('[sources.fields]\nid = "id"\ntitle = "title"\npublished = "published"')
    city.put(row("a", **{key: None}), row("b", **{key: False}), row("c", **{key: (NOON + HOUR).isoformat(" ")}))
    assert city.build().problems == ()
    assert dates(city.public).keys() == {"a", "b", "c"}
    city.build(NOON + 2 * HOUR)
    assert dates(city.public).keys() == {"a", "b"}
