"""Items become entries: ids, dates, links, duplicates."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from support import article, event, problems_of, site
from topicfeeds import Article, Entry, Problem, Site, SourceError, select
from topicfeeds.entries.model import sanitized_content
from topicfeeds.sources.model import ItemLike, Page, Record
from topicfeeds.text.characters import to_one_line


def entries(*items: ItemLike, **fields: object) -> list[Entry]:
    """Resolve items of which nothing is refused."""
    return list(select(site(**fields), items, problems=[])["all"].entries)


def ids(*items: ItemLike, **fields: object) -> list[str]:
    return [entry.id for entry in entries(*items, **fields)]


def minted(kind: str, day: str, title: str, n: int) -> str:
    """Make an id by the rule that the documentation gives."""
    text = json.dumps([kind, day, title, n], ensure_ascii=False, separators=(",", ":"))
    return f"tag:example.org,2026:{kind}/{hashlib.sha256(text.encode()).hexdigest()[:20]}"


@pytest.mark.parametrize(
    ("given_id", "published_id"),
    [
        ("https://example.org/1", "https://example.org/1"),
        ("urn:isbn:123", "urn:isbn:123"),
        ("tag:example.org,2005:x", "tag:example.org,2005:x"),
        ("7", "tag:example.org,2026:item/7"),
        ("two words/é?", "tag:example.org,2026:item/two%20words%2F%C3%A9%3F"),
        ("https:example", "tag:example.org,2026:item/https%3Aexample"),
        ("a:b c", "tag:example.org,2026:item/a%3Ab%20c"),
        ("x:%zz", "tag:example.org,2026:item/x%3A%25zz"),
        ("x:a#b#c", "tag:example.org,2026:item/x%3Aa%23b%23c"),
        ("x:a%20#b", "x:a%20#b"),
    ],
)
def test_an_iri_is_an_id_as_it_is_and_other_text_becomes_a_tag_uri(given_id: str, published_id: str) -> None:
    assert ids(article(id=given_id)) == [published_id]


def test_an_item_without_id_is_known_by_its_link() -> None:
    assert ids(article(id=None, link="https://example.org/n/1")) == ["https://example.org/n/1"]


def test_a_link_that_was_filled_in_is_no_id() -> None:
    one = article(id=None, topic="housing")
    made = entries(one, topics={"housing": {"url": "https://example.org/housing"}})[0]
    assert made.link == "https://example.org/housing"
    assert made.id == minted("article", "2026-03-01", "New homes", 1)


def test_ids_are_minted_from_kind_stated_date_and_title() -> None:
    assert ids(article(id=None)) == [minted("article", "2026-03-01", "New homes", 1)]
    assert ids(article(id=None, published="2026-03-01T10:00")) == [
        minted("article", "2026-03-01T10:00:00", "New homes", 1)
    ]
    assert ids(event(id=None, title="Fête")) == [minted("event", "2026-03-01", "Fête", 1)]
    first, second = ids(article(id=None), article(id=None, summary="other"))
    assert {first, second} == {minted("article", "2026-03-01", "New homes", n) for n in (1, 2)}


def test_a_minted_id_does_not_depend_on_what_is_cleaned_away() -> None:
    assert ids(article(id=None, title="New\x08 \n homes")) == ids(article(id=None))


def test_an_event_of_a_page_is_named_by_its_start() -> None:
    one = Record(event(id=None, published=None), "page.txt", 1, inferred=date(2026, 1, 1), from_page=True)
    (made,) = entries(one)
    assert made.id == minted("event", "2026-05-01", "Fair", 1)
    assert made.published == datetime(2026, 1, 1, tzinfo=UTC)


def test_records_that_are_wholly_equal_are_one_item() -> None:
    assert len(entries(article(id=None), article(id=None), article())) == 2


def test_the_same_item_under_two_topics_is_one_entry_with_both() -> None:
    one = article(topics=["housing"], tags=["a", "b"])
    other = article(topics=["mobility"], tags=["b", "c"])
    (made,) = entries(one, other)
    assert [topic.term for topic in made.topics] == ["housing", "mobility"]
    assert [tag.label for tag in made.tags] == ["a", "b", "c"]


def test_an_item_under_two_topics_links_to_the_first_that_has_a_page() -> None:
    topics = {"a": {}, "b": {"url": "https://www.example.org/b"}}
    (made,) = entries(article(topics=["a"]), article(topics=["b"]), topics=topics)
    assert made.link == "https://www.example.org/b"


def test_an_item_on_two_pages_has_the_earlier_of_the_inferred_dates() -> None:
    one = event(published=None)
    pages = [Record(one, f"{n}.txt", 1, inferred=date(2026, n, 1), topics=(f"t{n}",), from_page=True) for n in (3, 2)]
    (made,) = entries(*pages)
    assert (made.published, made.updated) == (datetime(2026, 2, 1, tzinfo=UTC),) * 2
    assert [topic.term for topic in made.topics] == ["t3", "t2"]


def test_another_item_with_the_same_id_is_refused_and_both_places_are_named() -> None:
    records = [Record(article(title=title), f"{title}.yaml", 4) for title in ("a", "b")]
    assert problems_of(records) == ['b.yaml:4: id: "one" is already the id of a.yaml:4 (give each item its own id)']
    linked = [article(id=None, link="https://example.org/x", title=title) for title in ("a", "b")]
    assert problems_of(linked)[-1] == (
        'items:2: link: "https://example.org/x" is already the id of items:1 (give each item its own id)'
    )


def test_equal_dates_and_titles_in_two_files_need_ids() -> None:
    records = [Record(article(id=None, summary=name), name, 1) for name in ("a.yaml", "b.yaml")]
    assert problems_of(records)[-1] == (
        "b.yaml:1: id: is missing, and a.yaml:1 has the same date and title (give both items an id)"
    )


def test_a_file_without_ids_is_told_once_and_a_text_page_never() -> None:
    records = [Record(article(id=None, title=str(n)), "a.yaml", n) for n in (3, 7)]
    assert problems_of(records) == [
        "a.yaml:3: warning: id: is missing (give every item an id; otherwise an edited date or title makes a new item)"
    ]
    assert problems_of([Record(article(id=None), "a.txt", 3, from_page=True)]) == []


def test_dates_are_in_the_zone_of_the_item_else_of_the_site_else_utc() -> None:
    def offset(**fields: object) -> str:
        zone = fields.pop("site_zone", "UTC")
        return entries(article(**fields), timezone=zone)[0].published.isoformat()

    assert offset(published="2026-07-01") == "2026-07-01T00:00:00+00:00"
    assert offset(published="2026-07-01", site_zone="Europe/Brussels") == "2026-07-01T00:00:00+02:00"
    assert offset(published="2026-01-01T09:00", timezone="Asia/Tokyo", site_zone="Europe/Brussels").endswith("+09:00")
    assert offset(published="2026-01-01T09:00Z", timezone="Asia/Tokyo").endswith("+00:00")


def test_a_time_that_clocks_skip_is_refused_and_one_that_they_repeat_is_the_first() -> None:
    skipped = article(published="2026-03-29T02:30", timezone="Europe/Brussels")
    assert problems_of([skipped]) == [
        "items:1: published: 2026-03-29T02:30:00 does not exist in Europe/Brussels: "
        "clocks skip it (correct it, or write an offset)",
    ]
    (made,) = entries(article(published="2025-10-26T02:30", timezone="Europe/Brussels"))
    assert made.published.isoformat() == "2025-10-26T02:30:00+02:00"


@pytest.mark.parametrize("start", ["2026-03-29T02:30+01:00", "2026-03-29T01:30Z", "2026-03-29T03:30+02:00"])
def test_a_skipped_time_with_its_offset_is_the_time_that_clocks_show(start: str) -> None:
    (made,) = entries(event(start=start, timezone="Europe/Brussels"))
    assert made.event
    assert f"{made.event.start}" == "2026-03-29 03:30:00+02:00"


def test_an_event_in_the_hour_that_clocks_skip_ends_after_its_start() -> None:
    start, end = "2026-03-29T02:30+01:00", "2026-03-29T03:00+01:00"
    (made,) = entries(event(start=start, end=end, timezone="Europe/Brussels"))
    assert made.event
    assert (f"{made.event.start:%H:%M%z}", f"{made.event.end:%H:%M%z}") == ("03:30+0200", "04:00+0200")


def test_updated_is_published_where_it_is_not_stated_and_raised_where_it_is_before() -> None:
    assert entries(article())[0].updated == datetime(2026, 3, 1, tzinfo=UTC)
    assert entries(article(updated="2026-03-02"))[0].updated == datetime(2026, 3, 2, tzinfo=UTC)
    early = article(updated="2026-02-01")
    assert entries(early)[0].updated == datetime(2026, 3, 1, tzinfo=UTC)
    assert problems_of([early]) == [
        "items:1: warning: updated: is before the published date, which is used instead (correct the dates)"
    ]


def test_an_event_without_a_day_of_announcement_is_refused() -> None:
    assert problems_of([event(published=None)]) == [
        "items:1: published: is missing: without a state, an event needs it "
        "(add the day when the event was announced, such as 2026-03-01)",
    ]


def test_an_item_of_the_future_is_held_back_until_then() -> None:
    late = article(published="2026-03-01T12:00Z")
    problems: list[Problem] = []
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    before = select(site(), [late], now=noon.replace(hour=11), problems=problems)
    assert before["all"].entries == ()
    assert str(problems[0]) == (
        "items:1: warning: published: 2026-03-01T12:00:00+00:00 is in the future; "
        "the item is held back until then (to publish it now, correct the date)"
    )
    assert len(select(site(), [late], now=noon)["all"].entries) == 1


def test_topics_are_the_items_own_and_then_the_sources() -> None:
    (made,) = entries(Record(article(topics=["b", "a"]), "x", 1, topics=("c", "a")))
    assert [topic.term for topic in made.topics] == ["b", "a", "c"]
    assert [topic.term for topic in entries(article(topic="b"))[0].topics] == ["b"]


def test_an_unknown_topic_is_refused_with_the_nearest_where_topics_are_declared() -> None:
    topics: dict[str, object] = {"housing": {}, "mobility": {}}
    assert problems_of([article(topics=["housng"])], topics=topics) == [
        'items:1: topics: unknown topic "housng" (did you mean "housing"? '
        "known topics: housing, mobility; to add one, write [topics.housng] in topicfeeds.toml)"
    ]
    assert problems_of([article(topic="sports")], topics=topics) == [
        'items:1: topic: unknown topic "sports" '
        "(known topics: housing, mobility; to add one, write [topics.sports] in topicfeeds.toml)"
    ]
    assert problems_of([article(topics=["anything"])]) == []


def test_an_unknown_topic_names_some_of_many_and_how_to_declare_one() -> None:
    topics: dict[str, object] = {f"a{n}": {} for n in range(7)}
    (told,) = problems_of([article(topic="No slug")], topics=topics)
    assert told == (
        'items:1: topic: unknown topic "No slug" '
        "(known topics: a0, a1, a2, a3, a4 and 2 more; to add one, write [topics.no-slug] in topicfeeds.toml)"
    )


def test_characters_that_xml_forbids_are_taken_out_and_told() -> None:
    one = article(title="New\x08 homes", summary="a\ufffeb", tags=["t\x01"], authors=["A\x02", {"name": "B\x03"}])
    (made,) = entries(one)
    assert (made.title, made.summary, made.tags[0].label) == ("New homes", "ab", "t")
    assert [person.name for person in made.authors] == ["A", "B"]
    assert problems_of([one])[0] == (
        "items:1: warning: title: has characters that XML forbids: U+0008 (removed: delete them in the source too)"
    )
    assert len(problems_of([one])) == 5


def test_a_page_speaks_of_its_topic_where_the_site_is_silent() -> None:
    page = Page("housing", "homes for all", "What we do.\n\nAnd why.")
    feed = select(site(), [page, article(topic="housing")])["topics/housing"]
    assert (feed.title, feed.description) == ("homes for all - City Network", "What we do.\n\nAnd why.")
    assert feed.entries[0].topics[0].label == "homes for all"
    declared = site(topics={"housing": {"title": "Housing"}})
    feed = select(declared, [page])["topics/housing"]
    assert (feed.title, feed.description) == ("Housing - City Network", "What we do.\n\nAnd why.")


def test_without_a_list_for_findings_a_refused_item_is_an_error() -> None:
    with pytest.raises(SourceError, match="items:1: published: is missing") as caught:
        select(site(), [event(published=None)])
    assert str(caught.value).endswith(" Correct the items, or pass a list (problems=...) to collect their problems.")
    assert [problem.field for problem in caught.value.problems] == ["published"]


def test_what_is_no_item_is_told() -> None:
    what = "is not an item (give an Article, an Event, a mapping, or an object with attributes)"
    assert problems_of(["x", None]) == [f'items:1: "x" {what}', f"items:2: None {what}"]  # type: ignore[list-item]
    assert problems_of([{"title": "x"}]) == ["items:1: published: is missing (add a date such as 2026-03-01)"]


TITLES = st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1).filter(str.strip)
ARTICLES = st.builds(
    lambda title, day, number, tags: Article(title=title, published=day, id=number, tags=tags),
    title=TITLES,
    day=st.dates(date(2000, 1, 1), date(2030, 1, 1)),
    number=st.none() | st.integers(0, 3).map(str),
    tags=st.lists(st.sampled_from("abc")),
)


@given(st.data(), st.lists(ARTICLES, max_size=8, unique_by=lambda item: item.id))
def test_the_order_of_items_with_ids_of_their_own_does_not_matter(data: st.DataObject, items: list[Article]) -> None:
    named = [item for item in items if item.id]
    plain = Site(title="x", url="https://example.org")
    assert select(plain, named) == select(plain, data.draw(st.permutations(named)))


@given(st.lists(ARTICLES, max_size=8))
def test_every_item_is_published_with_its_tags_or_told_of(items: list[Article]) -> None:
    problems: list[Problem] = []
    published = select(site(feeds={"limit": 99}), items, problems=problems)["all"].entries
    assert len({entry.id for entry in published}) == len(published)
    told = {problem.line for problem in problems if problem.severity == "refused"}
    for position, item in enumerate(items, 1):
        found = [entry for entry in published if entry.title == to_one_line(item.title)]
        tags = [{tag.label for tag in entry.tags} for entry in found]
        assert position in told or any(set(item.tags) <= labels for labels in tags)


def test_a_change_dated_in_the_future_waits_for_it() -> None:
    one = article(updated="2026-05-01")
    now = datetime(2026, 4, 1, tzinfo=UTC)
    problems: list[Problem] = []
    feed = select(site(), [one], now=now, problems=problems)["all"]
    assert feed.updated == datetime(2026, 3, 1, tzinfo=UTC)
    assert str(problems[0]) == (
        "items:1: warning: updated: 2026-05-01T00:00:00+00:00 is in the future; "
        "the published date is used until then (correct the date if it is wrong)"
    )
    assert select(site(), [one], now=now.replace(month=6))["all"].updated == datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"title": "a\u202eb"},
            "title: has characters that change the direction of text: U+202E (kept: check how the title reads)",
        ),
        (
            {"authors": ["a\u2066b"]},
            "authors: has characters that change the direction of text: U+2066 (removed: delete them in the source",
        ),
        (
            {"link": "https://www.example.org/" + "x" * 2048},
            "link: is longer than 2,048 characters",
        ),
        ({"link": "http://localhost:8000/x"}, "link: points to localhost, which other computers cannot reach"),
        ({"link": "http://192.168.1.7/x"}, "link: points to 192.168.1.7, which other computers cannot reach"),
        ({"image": "http://[::1]/x"}, "image: points to ::1, which other computers cannot reach"),
        ({"link": "https://ex\u0430mple.org/"}, "link: mixes Cyrillic and Latin letters in one name (check the host)"),
    ],
)
def test_what_is_doubtful_is_published_and_told(fields: dict[str, object], message: str) -> None:
    (told,) = problems_of([article(**fields)])
    assert told.startswith(f"items:1: warning: {message}")
    (made,) = entries(article(**fields))
    assert made.title == fields.get("title", "New homes")
    assert [person.name for person in made.authors] in ([], ["ab"])


def test_an_event_far_from_its_announcement_is_doubtful() -> None:
    assert problems_of([event(start="2062-05-01")]) == [
        "items:1: warning: start: 2062-05-01 is more than ten years after the published date (check the year)"
    ]


def test_ids_that_differ_in_case_or_form_only_are_kept_apart_and_told() -> None:
    assert len(entries(article(id="a"), article(id="A"), article(id="b"))) == 3
    assert problems_of([article(id="\u00e9"), article(id="E\u0301", title="other")]) == [
        'items:2: warning: id: "E\u0301" differs from the id of items:1 only in case, Unicode form or '
        "percent-encoding (if both are one item, give both the same id)"
    ]


def test_now_needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match="the argument now has no time zone"):
        select(site(), [], now=datetime(2026, 1, 1))


MANY = [f"&#x{code:x};" for code in range(0x110000, 0x110019)]


@pytest.mark.parametrize(
    ("content", "kept", "codes"),
    [
        ("<p>a&#0;b&#xD800;c</p>", "<p>abc</p>", "&#0;, &#xD800;"),
        ("a&#x1FFFE;b&#xfdd0;&#11;", "ab", "&#11;, &#x1FFFE;, &#xfdd0;"),
        ("a&#x110000;&#000b&#00065;", "ab&#00065;", "&#000, &#x110000;"),
        ("a&#1 b&#169;", "a b&#169;", "&#1"),
        (f"a&#{'1' * 5000};b", "ab", f"&#{'1' * 18}..."),
        ("".join(MANY), "", f"{', '.join(MANY[:20])} and 5 more"),
        ("a&#150;&#x80;&#10;&#8217;&amp;#0;b", None, ""),
    ],
)
def test_references_to_forbidden_characters_are_removed_and_told(content: str, kept: str | None, codes: str) -> None:
    problems: list[Problem] = []
    (entry,) = select(site(), [article(content=content)], problems=problems)["all"].entries
    assert entry.content == (content if kept is None else kept)
    message = f"has references to forbidden characters: {codes} (removed: delete them in the source too)"
    assert [one.message for one in problems] == ([message] if codes else [])


def test_noncharacters_beyond_the_first_plane_are_removed_and_told() -> None:
    problems: list[Problem] = []
    (entry,) = select(site(), [article(title="a\U0001fffeb", content="c\U0010ffffd")], problems=problems)["all"].entries
    assert (entry.title, entry.content) == ("ab", "cd")
    assert [one.message.split(" (")[0] for one in problems] == [
        "has characters that XML forbids: U+1FFFE",
        "has characters that XML forbids: U+10FFFF",
    ]
    with pytest.raises(ValidationError, match="control character"):
        article(id="a\U0002ffff")


def test_the_direction_of_text_cannot_be_overridden() -> None:
    (entry,) = select(site(), [article(content='<p><bdo dir="rtl">abc</bdo></p>')])["all"].entries
    assert sanitized_content(entry) == "<p>abc</p>"


def test_a_name_that_is_encoded_as_html_is_published_unchanged_with_a_warning() -> None:
    tags, problems = ["Arts &amp; Crafts", "Rock &#8217;n&#8217; roll", "R&D; more", "AT&T;"], list[Problem]()
    one = article(tags=tags, topics=["Food &amp; Drink"], authors=["Ines &amp; Co"], title="Write &amp; for &")
    found = select(site(), [one], problems=problems)["all"].entries[0]
    assert [tag.label for tag in found.tags] == tags
    assert [(one.field, one.message.partition(",")[0], one.severity) for one in problems] == [
        ("topics", "has &amp;", "warning"),
        ("tags", "has &amp;", "warning"),
        ("tags", "has &#8217;", "warning"),
        ("authors", "has &amp;", "warning"),
    ]
    assert problems[1].message.endswith('(write the character, or set html_fields = ["tags"] in the source)')


@pytest.mark.parametrize(
    ("content", "is_reported"),
    [
        ('<a href=" plan.pdf">A</a>', True),
        ('<a href=" /about">A</a>', False),
        ('<img src="\n  //cdn.example.org/a.png" alt="A">', False),
        ('<a href=" #part.1">A</a>', False),
        ('<object data="plan.pdf">A</object>', True),
        ('<div x-data="app.menu">A</div>', False),
    ],
)
def test_only_relative_addresses_in_items_without_a_link_are_reported(content: str, is_reported: bool) -> None:
    found = problems_of([article(link=None, content=content)])
    assert any("so they may be wrong" in one for one in found) == is_reported
