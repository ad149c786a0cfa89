"""The cache: what runs need not know. Whatever happens to it, the feeds are those of a clean build."""

from __future__ import annotations

import json
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from support import article, event, site
from support.city import HOUR, NOON, City, row
from support.records import documents_in
from topicfeeds import Entry, PublishError, State, publish, read
from topicfeeds.config import load_site
from topicfeeds.entries import chunk_cache
from topicfeeds.sources.model import Location
from topicfeeds.state import cache as cache_module
from topicfeeds.state.cache import Cache


@pytest.fixture
def city(tmp_path: Path) -> City:
    """A site of lines and of a file with several records, that was built once."""
    made = City(tmp_path)
    made.configure('[[sources]]\npath = "some.json"\n', limit=30, formats=["atom", "ics"])
    made.put(*(row(f"n{n}", tags=[f"t{n % 3}"], content=f"<p>{n}</p>") for n in range(20)))
    some = [row(f"m{n}", tags=["m"], content="<p>x</p>") for n in range(10)]
    some += [{"id": f"e{n}", "title": "E", "start": "2026-05-01", "tags": ["m"]} for n in range(3)]
    (tmp_path / "some.json").write_text(json.dumps(some), "utf-8")
    made.build()
    return made


def edit(city: City, title: str) -> None:
    """Change one line."""
    rows = [row(f"n{n}", tags=[f"t{n % 3}"], content=f"<p>{n}</p>") for n in range(20)]
    city.put(*rows[:-1], {**rows[-1], "title": title})


def clean(city: City, now: int) -> dict[str, bytes]:
    """Give the documents of a build without a cache, from the same memory."""
    city.cache.unlink()
    city.build(NOON + now * HOUR)
    return documents_in(city.public)


def test_any_damage_of_the_cache_costs_time_only(city: City) -> None:
    whole, chance = city.cache.read_bytes(), random.Random(5)
    for number in range(60):
        content = bytearray(whole)
        if number % 3 == 0:
            del content[chance.randrange(len(content)) :]
        else:
            page = chance.randrange(len(content) // 4096) * 4096
            content[page : page + 4096] = bytes(4096) if number % 3 == 1 else chance.randbytes(4096)
        city.cache.write_bytes(content)
        edit(city, f"Title {number}")
        assert city.build(NOON + number * HOUR).problems == ()
        assert f"Title {number}".encode() in (city.public / "all.atom.xml").read_bytes()
        assert city.is_up_to_date(NOON + number * HOUR)
        assert documents_in(city.public) == clean(city, number)


def test_a_cache_of_another_version_or_program_is_replaced(city: City) -> None:
    before = documents_in(city.public)
    for content in (b"", b"<html>" * 1000, city.state.read_bytes()):
        city.cache.write_bytes(content)
        assert city.build().written == ()
        assert city.is_up_to_date()
        assert documents_in(city.public) == before
    city.sql("pragma user_version = 99", cache=True)
    assert city.build().written == ()
    assert city.is_up_to_date()


def test_damaged_rows_and_items_are_read_again(city: City) -> None:
    city.sql("update records set row = 'x'", cache=True)
    city.sql("update bodies set body = '{}'", cache=True)
    edit(city, "Changed")
    assert city.build(NOON + HOUR).problems == ()
    assert documents_in(city.public) == clean(city, 1)


def test_a_cache_that_is_damaged_on_the_way_cannot_be_healed_for_items_from_python(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    publish(site(), [article()], tmp_path / "public", state=state, now=NOON)
    with closing(sqlite3.connect(tmp_path / "state.cache")) as file, file:
        file.execute("insert into files values (cast(x'ff' as text), 1, 1, x'00')")
    with pytest.raises(PublishError, match=r"state\.cache: was damaged and was deleted \(run again;"):
        publish(site(), [article(), event()], tmp_path / "public", state=state, now=NOON)
    assert publish(site(), [article(), event()], tmp_path / "public", state=state, now=NOON).items == 2


def test_what_is_gone_leaves_the_cache(city: City) -> None:
    def counted() -> list[int]:
        return [city.sql(f"select count(*) from {table}", cache=True)[0][0] for table in ("records", "bodies")]

    assert counted() == [33, 13]
    city.put(*(row(f"n{n}") for n in range(5)))
    (city.folder / "some.json").write_text("[]", "utf-8")
    city.build(NOON + HOUR, allow_shrink=True)
    assert counted() == [6, 0]  # five lines, and a file without items
    assert city.sql("select value from meta where name in ('bytes', 'chunks') order by name", cache=True) == [
        (0,),
        (6,),
    ]


def test_only_items_that_a_feed_holds_are_stored_and_not_those_that_are_long(city: City) -> None:
    some: list[dict[str, object]] = [
        {**row(f"m{n}"), "published": f"2026-01-{n + 1:02}", "content": "<p>x</p>"} for n in range(20)
    ]
    some[19] |= {"content": f"<p>{'x' * cache_module.MAX_BODY_CHARS}</p>"}
    (city.folder / "some.json").write_text(json.dumps(some), "utf-8")
    city.put()
    city.configure('[[sources]]\npath = "some.json"\n', limit=5, path="none*.jsonl")
    city.build(NOON + HOUR, allow_shrink=True)
    stored = [json.loads(body)["id"] for (body,) in city.sql("select body from bodies order by n", cache=True)]
    assert stored == ["m15", "m16", "m17", "m18"]


def test_bodies_over_the_limit_are_read_again(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "MAX_BODIES_CHARS", 300)
    city.cache.unlink()
    city.build()
    assert city.sql("select value <= 300 from meta where name = 'bytes'", cache=True) == [(1,)]
    edit(city, "Changed")
    city.build(NOON + HOUR)
    assert documents_in(city.public) == clean(city, 1)


def test_the_cache_serves_publish_in_python_too(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    made, state, parsed = load_site(city.site), State(city.folder / "own.sqlite"), list[str]()
    real = chunk_cache.parse_chunk

    def parse(chunk: object, *given: object) -> object:
        parsed.append(str(chunk))
        return real(chunk, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(chunk_cache, "parse_chunk", parse)
    publish(made, read(made, city.folder), city.folder / "own", state=state, now=NOON)
    assert len(parsed) == 21
    parsed.clear()
    edit(city, "Changed")
    publish(made, read(made, city.folder), city.folder / "own", state=state, now=NOON + HOUR)
    assert len(parsed) == 1
    assert b"Changed" in (city.folder / "own/all.atom.xml").read_bytes()


def test_only_entries_of_changed_documents_are_loaded(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    some = [row(f"m{n}", tags=[f"m{n}"], content="<p>x</p>") for n in range(100)]
    (city.folder / "some.json").write_text(json.dumps(some), "utf-8")
    city.configure('[[sources]]\npath = "some.json"\n', limit=3)
    city.build(NOON + HOUR, allow_shrink=True)
    loaded: list[tuple[bytes, int]] = []
    real = chunk_cache.ChunkCache.load_entry

    def load(self: chunk_cache.ChunkCache, location: Location, position: tuple[bytes, int], kind: str) -> Entry:
        loaded.append(position)
        return real(self, location, position, kind)

    monkeypatch.setattr(chunk_cache.ChunkCache, "load_entry", load)
    rows = [row(f"n{n}", tags=[f"t{n % 3}"], content=f"<p>{n}</p>") for n in range(20)]
    city.put({**rows[0], "title": "Changed"}, *rows[1:])
    written = city.build(NOON + 2 * HOUR).written
    assert sorted(written) == ["tags/t0.atom.xml", "tags/t0.rss.xml"]
    assert len(loaded) == 2  # the two others in the feed


def test_a_chunk_without_items_is_known_too(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    (city.folder / "some.json").write_text("[]", "utf-8")
    city.build(NOON + HOUR, allow_shrink=True)
    parsed: list[str] = []
    real = Cache.store_rows

    def store(self: Cache, chunk: bytes, rows: list[str]) -> None:
        parsed.extend(rows)
        real(self, chunk, rows)

    monkeypatch.setattr(Cache, "store_rows", store)
    edit(city, "Changed")
    city.build(NOON + 2 * HOUR)
    assert len(parsed) == 1  # the line that changed


def test_the_size_of_all_bodies_stays_right_though_events_have_notices(city: City) -> None:
    def events(place: str) -> str:
        fields = [{"id": f"e{n}", "title": "E", "start": "2026-05-01", "location": place} for n in range(3)]
        return json.dumps([row("m0"), *fields])

    for n in range(5):
        (city.folder / "some.json").write_text(events(f"Hall {n}"), "utf-8")
        city.build(NOON + n * HOUR, allow_shrink=True)
    assert b"New place" in (city.public / "all.atom.xml").read_bytes()
    stored = city.sql("select value from meta where name = 'bytes'", cache=True)
    assert stored == city.sql("select sum(size) from bodies", cache=True)


def test_a_cache_that_is_not_open_says_so() -> None:
    with pytest.raises(sqlite3.ProgrammingError, match="the cache is not open"):
        Cache("somewhere").file_stamps()


def test_a_cache_of_a_version_with_more_columns_is_replaced(city: City) -> None:
    (city.folder / "some.json").write_text("[{}]", "utf-8")
    city.build(NOON)
    names = ", ".join(["1 as n", *(f"1 as column_{n}" for n in range(20))])
    city.sql("drop table findings", cache=True)
    city.sql(f"create table findings as select {names}, 0 as checksum", cache=True)
    city.sql("pragma user_version = 99", cache=True)
    assert city.build(NOON + HOUR).refused == 1
