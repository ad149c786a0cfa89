"""Items and sites: what they take, what they refuse, and in which words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import Column, Date, Integer, String, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Session

from support import article, event, site
from topicfeeds import Article, Event, Person, Place, Site
from topicfeeds.models import Item, parse_item
from topicfeeds.models.messages import explain_errors, format_path, validate_item


def words(model: type[Any], fields: object) -> list[str]:
    """Give the findings about one record, as a person reads them."""
    with pytest.raises(ValidationError) as caught:
        model.model_validate(fields)
    return [f"{format_path(place)}: {sentence}" for place, sentence in explain_errors(caught.value, model)]


def refused(**fields: object) -> list[str]:
    return words(Article, {"title": "New homes", "published": "2026-03-01", **fields})


def test_an_article_is_made_of_python_values() -> None:
    made = Article(title="New homes", published=date(2026, 3, 1), topics=["housing"], tags=("planning",))
    assert (made.kind, made.topics, made.tags) == ("article", ("housing",), ("planning",))


def test_models_are_frozen() -> None:
    with pytest.raises(ValidationError):
        article().title = "Old homes"


def test_a_date_stays_a_date_and_a_date_time_a_date_time() -> None:
    assert article(published="2026-03-01").published == date(2026, 3, 1)
    assert type(article(published="2026-03-01").published) is date
    assert article(published="2026-03-01T14:30").published == datetime(2026, 3, 1, 14, 30)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-01T14:30Z", datetime(2026, 3, 1, 14, 30, tzinfo=UTC)),
        ("2026-03-01 14:30:05", datetime(2026, 3, 1, 14, 30, 5)),
        ("2026-03-01t14:30:05.5z", datetime(2026, 3, 1, 14, 30, 5, 500000, tzinfo=UTC)),
        ("2026-03-01T14:30:60+01:00", datetime(2026, 3, 1, 14, 30, 59, tzinfo=timezone(timedelta(hours=1)))),
        ("2026-03-01T14:30:05,25-0500", datetime(2026, 3, 1, 14, 30, 5, 250000, timezone(-timedelta(hours=5)))),
        (" 2026-03-01 ", date(2026, 3, 1)),
    ],
)
def test_iso_8601_with_hyphens_is_read(written: str, meant: date) -> None:
    assert article(published=written).published == meant


@pytest.mark.parametrize(
    "written",
    ["20260301", "2026", "02-01-2026", "2026-02-30", "2026-3-1", "2026-03-01T25:00", "2026-03-01T14", "1772323200", "x"]
    + ["0999-12-31", "9999-01-01", "2026-W09-7", "٢٠٢٦-03-01", "2026-03-01T14:30+25:00", "2026-03-01T14:30 CET"],
)
def test_other_spellings_of_dates_are_refused_and_not_guessed(written: str) -> None:
    (message,) = refused(published=written)
    assert message.startswith("published: ")
    assert written in message


@pytest.mark.parametrize("value", [20260301, 1772323200.5, True, ["2026-03-01"], {"year": 2026}])
def test_what_is_no_text_is_no_date(value: object) -> None:
    assert "is not a date (write 2026-03-01" in refused(published=value)[0]


def test_null_and_blank_are_absent() -> None:
    made = Article.model_validate(
        {"title": "x", "published": "2026-01-01", "summary": None, "link": " ", "tags": None, "id": "", "authors": None}
    )
    assert (made.summary, made.link, made.tags, made.id) == (None, None, (), None)
    assert refused(title=" ") == ["title: is missing (add it)"]


def test_an_integer_id_becomes_text_and_nothing_else_does() -> None:
    assert article(id=7).id == "7"
    assert article(id="007").id == "007"
    assert refused(id=1.5) == ["id: 1.5 is a number, not text (give a str)"]
    assert refused(id=True) == ["id: True is a boolean, not text (give a str)"]


def test_an_unknown_field_is_refused_with_the_nearest_name() -> None:
    assert refused(titel="x") == ['titel: unknown field (did you mean "title"?)']
    assert refused(authors=[{"name": "Ann", "emial": "x"}]) == [
        'authors[0].emial: unknown field (did you mean "email"?)'
    ]


def test_a_field_of_events_on_an_article_is_named_as_such() -> None:
    assert refused(location="Hall") == [
        "location: is a field of events (add start to make this an event, or remove the field)"
    ]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"title": 7}, "title: 7 is a number, not text (give a str)"),
        ({"title": ["x"]}, "title: ['x'] is a list, not text (write one text)"),
        ({"tags": "a, b"}, 'tags: "a, b" is text, not a list (write ["a", "b"])'),
        ({"tags": 10**5000}, 'tags: a number with thousands of digits is a number, not a list (write ["...", "..."])'),
        ({"tags": "x" * 100}, 'tags: "xxxxx'),
        ({"title": 1j}, "title: 1j is of type complex, not text (give a str)"),
        ({"summary": {"text": "x"}}, "summary: {'text': 'x'} is a mapping, not text (write one text)"),
        (
            {"link": "https://airport.\u0378.example/"},
            r'link: "https://airport.\u0378.example/" has no valid host name',
        ),
        ({"link": "https://e.org:99999/"}, 'link: "https://e.org:99999/" has no valid port (remove the colon after'),
        ({"published": "2026-03-01T24:00"}, 'published: "2026-03-01T24:00" does not exist (for midnight, write 00:00'),
        ({"published": "2026-03-01T10:00:60+25:00"}, 'published: "2026-03-01T10:00:60+25:00" has a wrong offset'),
        ({"tags": ["a", ""]}, "tags[1]: is blank (remove it)"),
        ({"tags": [2026]}, "tags[0]: 2026 is a number, not text"),
        ({"title": date(2026, 1, 1)}, "title: datetime.date(2026, 1, 1) is a date, not text"),
        ({"date": "2026-01-01"}, 'date: unknown field (did you mean "published"?)'),
        ({"venue": "Hall"}, "venue: unknown field (remove it)"),
        ({"<b>": 1}, "<b>: unknown field"),
        ({"[key]": 1}, ": unknown field"),
        ({"": 1}, ": unknown field"),
        ({"authors": [{"name": "A", "<x>": 1}]}, "authors[0].<x>: unknown field"),
        ({"id": 10**5000}, "id: "),
        ({"title": 10**5000}, "title: a number with thousands of digits is a number, not text"),
        ({"published": "\ud800"}, r'published: "\ud800" is not a date'),
        ({"published": "2026-01-01T10:00+05:60"}, 'published: "2026-01-01T10:00+05:60" is not a date in ISO 8601'),
        ({"published": "2026-01-01T10:00+15:00"}, 'published: "2026-01-01 10:00:00+15:00" has a wrong offset from UTC'),
        ({"timezone": "localtime"}, 'timezone: unknown time zone "localtime"'),
        (
            {"enclosures": [{"url": "https://e.org/x", "type": "a/b", "length": True}]},
            "enclosures[0].length: True is not a whole number",
        ),
        (
            {"enclosures": [{"url": "https://e.org/x", "type": "a/b", "length": "1_0"}]},
            'enclosures[0].length: "1_0" is',
        ),
        ({"id": "a\nb"}, r'id: "a\nb" contains a line break or a control character (remove it)'),
        ({"kind": "talk"}, 'kind: unknown value "talk" (known: article, event)'),
        (
            {"language": "english"},
            'language: "english" is not a language tag (write a tag such as en or pt-BR, BCP 47)',
        ),
        ({"timezone": "../../etc/passwd"}, "timezone: unknown time zone"),
        ({"timezone": "Europe"}, "timezone: unknown time zone"),
        (
            {"authors": [{"name": "A", "email": "a"}]},
            'authors[0].email: "a" is not an e-mail address (write one such as name@example.org)',
        ),
        (
            {"topic": "a", "topics": ["b"]},
            "topic: is given together with topics (keep one of the two)",
        ),
        (
            {"enclosures": [{"url": "https://e.org/x", "type": "mp3"}]},
            'enclosures[0].type: "mp3" is not a media type (write one such as audio/mpeg)',
        ),
        (
            {"enclosures": [{"url": "https://e.org/x", "type": "a/b", "length": -1}]},
            "enclosures[0].length: -1 is too small (write 0 or more)",
        ),
        (
            {"enclosures": [{"url": "https://e.org/x", "type": "a/b", "length": "big"}]},
            'enclosures[0].length: "big" is not a whole number (write only digits, such as 50)',
        ),
    ],
)
def test_a_wrong_value_is_told_with_its_field_and_mend(fields: dict[str, object], message: str) -> None:
    (told,) = refused(**fields)
    assert told.startswith(message)


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "/news/1", "//example.org/x", "ftp://example.org/", "https:/example.org", "https://"]
    + ["https://user:pw@example.org/", "https://example.org:99999/", "https://[::1", "https://exa mple.org/"]
    + ["https://example.org\\@evil.example/", "https://exam\u200bple.org/", "https://example.org/\x07", "mailto:a@b.c"]
    + ["https://a..b/", f"https://{'a' * 70}.example/", "https://1.2.3.4.5/", "https://[v1.x]/"]
    + ["https://example.org/a\nb", "https://-x-.example/\u2028", "https://\u2100.example/"],
)
def test_a_link_that_is_no_public_web_address_is_refused(link: str) -> None:
    (message,) = refused(link=link)
    assert message.startswith("link: ")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://Example.org/A?b=1&c=%20#d", "https://Example.org/A?b=1&c=%20#d"),
        (" http://example.org ", "http://example.org"),
        ("https://example.org/two words", "https://example.org/two%20words"),
        ('https://example.org/"<x>"', "https://example.org/%22%3Cx%3E%22"),
        ("https://example.org/a?f[0]=50%&g=%c3", "https://example.org/a?f%5B0%5D=50%25&g=%c3"),
        ("https://münchen.example/straße", "https://münchen.example/straße"),
        ("https://[2001:db8::1]:8080/x", "https://[2001:db8::1]:8080/x"),
    ],
)
def test_a_link_is_kept_as_it_is_but_for_blanks_and_quotes(written: str, kept: str) -> None:
    assert article(link=written).link == kept


def test_a_record_with_a_start_is_an_event() -> None:
    assert isinstance(parse_item({"title": "x", "start": "2026-01-01"}), Event)
    assert isinstance(parse_item({"title": "x", "published": "2026-01-01"}), Article)
    assert isinstance(parse_item({"title": "x", "published": "2026-01-01", "start": " "}), Article)
    assert isinstance(parse_item({"title": "x", "start": "2026-01-01", "kind": " "}), Event)


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ("2026-03-02", "2026-03-01", "end: is before start (correct one of the two)"),
        ("2026-03-02T10:00", "2026-03-02T09:00", "end: is before start (correct one of the two)"),
        ("2026-03-02T10:00+01:00", "2026-03-02T09:30Z", None),
        ("2026-03-02T10:00+01:00", "2026-03-02T08:30Z", "end: is before start (correct one of the two)"),
        (
            "2026-03-02",
            "2026-03-02T10:00",
            "end: must be a date without a time, like start (or write both with a time)",
        ),
        (
            "2026-03-02T10:00",
            "2026-03-02T11:00Z",
            "end: must have no offset from UTC, like start (or write both with an offset)",
        ),
        ("2026-03-02", "2026-03-02", None),
    ],
)
def test_an_event_ends_after_it_starts(start: str, end: str, message: str | None) -> None:
    fields = {"title": "x", "start": start, "end": end}
    if message is None:
        assert Event.model_validate(fields).end is not None
    else:
        assert words(Event, fields)[0].startswith(message)


def test_persons_and_places_may_be_names() -> None:
    made = event(authors=["Ann", Person(name="Bea")], organizer={"name": "Office"}, location="Hall")
    assert made.authors == ("Ann", Person(name="Bea"))
    assert made.organizer == Person(name="Office")
    assert made.location == "Hall"
    assert event(location=Place(name="Hall", latitude=51.0)).location == Place(name="Hall", latitude=51.0)


@dataclass
class Row:
    """What an ORM gives: attributes, some of them not ours, some without a value."""

    title: str
    published: date
    summary: str | None = None
    tags: list[str] | None = None
    secret: str = "x"


def test_objects_with_attributes_are_read() -> None:
    made = Article.model_validate(Row("New homes", date(2026, 3, 1)), from_attributes=True)
    assert (made.title, made.summary, made.tags) == ("New homes", None, ())
    parsed: Item = parse_item(Row("New homes", date(2026, 3, 1), tags=["a"]))
    assert parsed.tags == ("a",)


class Base(DeclarativeBase):
    """Tables of the test."""


class Post(Base):
    """A table like many have."""

    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    title = Column(String)
    published = Column(Date)
    summary = Column(String)


def test_rows_of_an_orm_are_read() -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Post(title="New homes", published=date(2026, 3, 1)))
        made = [Article.model_validate(row, from_attributes=True) for row in session.scalars(select(Post))]
    engine.dispose()
    assert [(one.id, one.title, one.summary) for one in made] == [("1", "New homes", None)]


def test_a_site_gives_addresses_a_final_slash() -> None:
    made = Site(title="x", url="https://example.org", feeds_url="https://example.org/feeds")
    assert (made.url, made.base) == ("https://example.org/", "https://example.org/feeds/")
    assert Site(title="x", url="https://example.org").base == "https://example.org/"


def test_the_authority_of_minted_ids_is_the_host_in_ascii() -> None:
    assert Site(title="x", url="https://Bücher.example:8080/x").authority == "xn--bcher-kva.example,2000"
    assert site().authority == "example.org,2026"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"title": None}, "title: is missing (add it)"),
        ({"titel": "x"}, 'titel: unknown field (did you mean "title"?)'),
        ({"feeds": {"formats": ["atm"]}}, 'feeds.formats[0]: unknown value "atm" (did you mean "atom"?)'),
        ({"feeds": {"limit": 0}}, "feeds.limit: 0 is too small (write 1 or more)"),
        (
            {"topics": {"Housing": {}}},
            'topics.Housing: "Housing" is not a slug (use only a-z, 0-9 and single hyphens, such as "housing")',
        ),
        ({"topics": {"con": {}}}, 'topics.con: "con" is a reserved name (choose another slug, such as con-1)'),
        ({"tags": {"C++": {"slug": "c-0123456789"}}}, 'tags.C++.slug: "c-0123456789" ends like a generated slug'),
        ({"tag_authority": "example.org"}, 'tag_authority: "example.org" is not a tag authority'),
        ({"tag_authority": "example.org,2026-13"}, 'tag_authority: "example.org,2026-13" is not a tag authority'),
        ({"url": "https://example.org/?a=1"}, 'url: "https://example.org/?a=1" contains ? or #'),
        ({"title": "a\x01"}, r'title: "a\x01" contains characters that XML forbids'),
        ({"title": "\ufeff"}, "title: is missing (add it)"),
        ({"tags": {"\u200b": {"slug": "x"}}}, "tags.\u200b: is blank"),
        ({"author": "a\x01"}, r'author: "a\x01" contains characters that XML forbids'),
        ({"author": {"name": "a\x01", "email": "a@b"}}, r'author: "a\x01" contains characters that XML forbids'),
        ({"topics": {"x": {"title": "a\x01"}}}, r'topics.x.title: "a\x01" contains characters that XML forbids'),
        ({"feeds": {"limit": True}}, "feeds.limit: True is not a whole number"),
        ({"feeds": {"limit": "7"}}, 'feeds.limit: "7" is not a whole number (write 7 without quotes)'),
        ({"tags": {"<b>": {"slug": "Bad"}}}, 'tags.<b>.slug: "Bad" is not a slug'),
        ({"sources": [{"path": "a\0b"}]}, "sources[0].path: "),
        (
            {"sources": "items/*.yaml"},
            "sources: is text, not a list of tables (write [[sources]], and its keys on the lines below)",
        ),
        (
            {"sources": {"path": "x"}},
            "sources: is a table, not a list of tables (write [[sources]] instead of [sources])",
        ),
        (
            {"sources": [{"path": "x", "delimiter": "::"}]},
            'sources[0].delimiter: "::" is too long (write at most 1 character)',
        ),
        (
            {"sources": [{"path": "x", "delimiter": "\n"}]},
            r'sources[0].delimiter: "\n" cannot be a delimiter (write one character, such as ";")',
        ),
        (
            {"sources": [{"path": "x", "date_format": "%Q"}]},
            'sources[0].date_format: "%Q" is not a date format (write it as for strptime, such as %d/%m/%Y)',
        ),
        ({"feeds": {"formats": []}}, "feeds.formats: is empty (remove it, or name at least one)"),
        ({"sources": [{"format": "json"}]}, 'sources[0]: needs a path (add path = "items/*.yaml")'),
        ({"sources": [{"path": "x", "database": "y"}]}, "sources[0]: has both path and database (keep one of the two)"),
        ({"sources": [{"database": "y"}]}, "sources[0]: needs a query (add query = "),
        ({"sources": [{"query": "y"}]}, "sources[0]: needs a database for its query (add database = "),
        ({"sources": [{"path": "x", "query": "y"}]}, "sources[0]: needs a database for its query (add database = "),
        ({"url": "https://my_host/"}, "tag_authority: is missing: the host of url cannot be used for ids (add tag_"),
        ({"url": "https://[::1]/"}, "tag_authority: is missing: the host of url cannot be used for ids"),
        ({"timezone": "Mars"}, 'timezone: unknown time zone "Mars"'),
        (
            {"topics": {"housing": {}}, "feed": [{"slug": "x", "title": "X", "topics": ["housng"]}]},
            'feed[0].topics: unknown topic "housng" (did you mean "housing"? known topics: housing; to add one, ',
        ),
        (
            {"topics": {"housing": {}}, "sources": [{"path": "x.yaml", "topics": ["housng"]}]},
            'sources[0].topics: unknown topic "housng" (did you mean "housing"? known topics: housing; to add one, ',
        ),
    ],
)
def test_a_wrong_site_is_told_with_its_field(fields: dict[str, object], message: str) -> None:
    given = {"title": "x", "url": "https://example.org", **fields}
    (told,) = words(Site, given)
    assert told.startswith(message)


def test_two_spellings_of_one_tag_cannot_both_be_declared() -> None:
    tags = {"C++": {"slug": "cpp"}, "c++": {"slug": "cplus"}}
    assert words(Site, {"title": "x", "url": "https://example.org", "tags": tags}) == [
        'tags.C++: "C++" is the same tag as "c++" (keep one)',
        'tags.c++: "c++" is the same tag as "C++" (keep one)',
    ]


def test_a_format_that_is_named_twice_is_made_once() -> None:
    made = site(feeds={"formats": ["rss", "atom", "rss"], "per": ["tag", "tag"]})
    assert (made.feeds.formats, made.feeds.per) == (("rss", "atom"), ("tag",))


def test_two_declared_tags_or_feeds_cannot_share_a_slug() -> None:
    tags = {"C++": {"slug": "cpp"}, "Cpp": {"slug": "cpp"}}
    feeds = [{"slug": "x", "title": "A"}, {"slug": "x", "title": "B"}]
    messages = words(Site, {"title": "x", "url": "https://example.org", "tags": tags, "feed": feeds})
    assert messages == [
        'tags.C++.slug: "cpp" is the slug of more than one tag (give each tag its own slug)',
        'tags.Cpp.slug: "cpp" is the slug of more than one tag (give each tag its own slug)',
        'feed[0].slug: "x" is the slug of more than one feed (give each feed its own slug)',
        'feed[1].slug: "x" is the slug of more than one feed (give each feed its own slug)',
    ]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.dictionaries(st.sampled_from([*Event.model_fields, "titel", ""]), VALUES, max_size=8)


@given(FIELDS)
def test_any_mapping_is_an_item_or_findings_in_words(fields: dict[str, object]) -> None:
    made = validate_item({"title": "x", "published": "2026-01-01", **fields})
    if isinstance(made, list):
        assert made
        for place, sentence in made:
            assert format_path(place).isprintable() or place
            assert "\n" not in sentence or place
    else:
        assert validate_item(made.model_dump(exclude_defaults=True) | {"kind": made.kind}) == made
