"""The text page, by the grammar of pages like it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import site
from support.needs import ROOT, shared
from topicfeeds import Event, Feed, Problem, read, select
from topicfeeds.models import Source
from topicfeeds.sources._bytes import decode_file
from topicfeeds.sources._raw import RawRecord, Unreadable
from topicfeeds.sources.listing import read as read_listing
from topicfeeds.sources.model import Page, Record

TAG = "  • \u00a0"


def listed(text: str, **source: object) -> list[RawRecord | Page | Problem]:
    given = Source.model_validate({"path": "page.txt", "topics": ["gardens"], **source})
    return list(read_listing(decode_file(text.encode()), given, "page.txt"))


def raws(text: str, **source: object) -> list[RawRecord]:
    return [found for found in listed(text, **source) if isinstance(found, RawRecord)]


def problems(text: str, **source: object) -> list[str]:
    return [str(found) for found in listed(text, **source) if isinstance(found, Problem)]


def page(text: str) -> Page:
    return next(found for found in listed(text) if isinstance(found, Page))


def test_an_article_is_tags_title_summary_and_date() -> None:
    text = f"{TAG}soil\n{TAG}knowledge society\n\nWorms\n\nThey dig &\nthey “eat”.\n\n\npublication date: 27-02-2017\n"
    (raw,) = raws(text)
    assert raw.fields == {
        "kind": "article",
        "title": "Worms",
        "summary": "They dig & they “eat”.",
        "tags": ["soil", "knowledge society"],
        "published": date(2017, 2, 27),
    }
    assert (raw.line, raw.untitled) == (10, False)


def test_an_event_has_the_date_of_the_next_article_below_it() -> None:
    text = (
        "A\n\na\n\nstart date: 01-06-2017\nend date: 02-06-2017\n\nB\n\nb\n\nstart date: 03-06-2017\n\n"
        "C\n\nc\n\npublication date: 10-04-2017\n\nD\n\nd\n\nstart date: 04-06-2017\n"
    )
    first, second, third, last = raws(text)
    assert first.fields["start"] == date(2017, 6, 1)
    assert first.fields["end"] == date(2017, 6, 2)
    assert "end" not in second.fields
    assert [one.inferred for one in (first, second, third, last)] == [date(2017, 4, 10)] * 2 + [None] * 2


@pytest.mark.parametrize("label", ["publication date:", "publication date :", "Publication Date:\u00a0"])
def test_the_colon_may_have_blanks_round_it(label: str) -> None:
    assert raws(f"A\n\na\n\n{label} 01-02-2017")[0].fields["published"] == date(2017, 2, 1)


def test_a_kind_stands_alone_before_the_date_and_the_dates_win() -> None:
    text = "News\n\nThe publication\n\nnews\n\npublication date: 01-02-2017\n\n"
    text += "B\n\nb\n\nevent\n\npublication date: 01-01-2017"
    assert [raw.fields["title"] for raw in raws(text)] == ["News", "B"]
    assert [raw.fields["kind"] for raw in raws(text)] == ["article", "article"]
    assert problems(text) == [
        "page.txt:15: warning: kind: the page says event, but its dates belong to an article "
        "(published as article; correct the page)"
    ]


def test_heading_and_description_stand_before_the_first_item() -> None:
    text = "urban gardens\n\nWho digs. \n\nWho waters.\n\nTitle\n\nSummary.\n\npublication date: 01-02-2017\n"
    assert page(text) == Page("gardens", "urban gardens", "Who digs.\n\nWho waters.")
    assert page(text.replace("urban gardens\n\n", "")) == Page("gardens", None, "Who digs.\n\nWho waters.")
    assert page("Title\n\nSummary.\n\npublication date: 01-02-2017\n") == Page("gardens", None, None)
    assert page("documents for gardens\n\nT\n\nS\n\npublication date: 01-02-2017").title == "gardens"


def test_lines_that_look_like_more_than_text_are_told() -> None:
    text = "A\n\npublished: 19-02-2026\n\n• one more tag than fits\n\npublication date: 01-01-2016\n"
    date_line, bullet = problems("Z\n\nz\n\npublication date: 01-01-2017\n\n" + text)
    assert date_line == (
        'page.txt:9: warning: "published: 19-02-2026" is read as text (write a date as "publication date: 31-12-2026")'
    )
    assert bullet == (
        'page.txt:11: warning: "• one more tag than fits" is read as text '
        "(write tags above the title, with two spaces after •)"
    )


def test_a_page_without_a_date_is_another_page() -> None:
    for text in ("<html>\n502 Bad Gateway\n</html>", "news\n\ndate\n12-02-2016\n", "urban gardens\n\nNothing yet."):
        with pytest.raises(Unreadable, match="has no item: no line has the form"):
            listed(text)


def test_bullets_with_one_blank_are_tags_where_they_are_short() -> None:
    text = "A\n\na\n\npublication date: 01-02-2017\n\n • economy\n • soil and water\n\n"
    text += "B\n\nb\n\npublication date: 01-01-2017"
    assert raws(text)[1].fields["tags"] == ["economy", "soil and water"]
    assert raws(text)[1].fields["title"] == "B"


def test_an_event_that_is_cut_off_is_left_out() -> None:
    assert problems("A\n\na\n\nstart date: 01-02-2017\nend da") == [
        'page.txt:6: end: "end da" is not a date (write 31-12-2026)'
    ]


def test_an_untitled_event_that_ends_before_it_starts_is_refused_and_not_just_left_out() -> None:
    assert problems("start date: 02-03-2017\nend date: 01-03-2017") == [
        "page.txt:2: end: is before start (correct one of the two)"
    ]


def test_tags_end_the_description_also_where_it_has_bullets() -> None:
    text = f"gardens\n\n  • smart growth: we dig\n\n{TAG}soil\n\nTitle\n\nSummary\n\npublication date: 01-02-2017"
    assert page(text) == Page("gardens", "gardens", "• smart growth: we dig")
    assert raws(text)[0].fields["tags"] == ["soil"]


def test_a_first_item_whose_title_looks_like_description_is_untitled() -> None:
    text = "gardens\n\nWe dig, and have done so.\n\nWe water.\n\npublication date: 01-02-2017"
    assert page(text).description == "We dig, and have done so.\n\nWe water."
    assert problems(text) == [
        "page.txt:7: warning: title: is missing in the first item: its text was read as the topic's "
        "description (add a title)",
        'page.txt:7: warning: title: is missing: the item "Article, 1 February 2017" is skipped '
        '(add a title, or set untitled = "label" in [[sources]])',
    ]


@pytest.mark.parametrize(
    ("dates", "label"),
    [
        ("publication date: 03-03-2017", "Article, 3 March 2017"),
        ("start date: 03-04-2017\nend date: 04-04-2017", "Event, 3-4 April 2017"),
        ("start date: 30-03-2017\nend date: 02-04-2017", "Event, 30 March-2 April 2017"),
        ("start date: 30-12-2016\nend date: 02-01-2017", "Event, 30 December 2016-2 January 2017"),
        ("start date: 03-04-2016\nend date: 03-04-2017", "Event, 3 April 2016-3 April 2017"),
        ("start date: 03-04-2017\nend date: 03-04-2017", "Event, 3 April 2017"),
        ("start date: 03-04-2017", "Event, 3 April 2017"),
    ],
)
def test_an_item_without_title_is_left_out_or_labelled(dates: str, label: str) -> None:
    assert problems(dates) == [
        f'page.txt:1: warning: title: is missing: the item "{label}" is skipped '
        '(add a title, or set untitled = "label" in [[sources]])'
    ]
    (raw,) = raws(dates, untitled="label")
    assert (raw.fields["title"], raw.untitled) == (label, True)


def test_untitled_items_of_one_day_are_told_apart_and_merged_with_none(tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text("publication date: 03-03-2017\n\npublication date: 03-03-2017\n", "utf-8")
    made = site(sources=[{"path": "page.txt", "untitled": "label"}])
    assert len(select(made, read(made, tmp_path))["all"].entries) == 2


@pytest.mark.parametrize(
    ("dates", "message"),
    [
        ("publication date: 31-02-2017", '1: published: "31-02-2017" is not a date (write 31-12-2026)'),
        ("publication date: 2017-03-01", '1: published: "2017-03-01" is not a date (write 31-12-2026)'),
        ("publication date: 09-07-2", '1: published: "09-07-2" is not a date (write 31-12-2026)'),
        ("publication date:", '1: published: "" is not a date (write 31-12-2026)'),
        ("start date: 1-6-17\nend date: 02-06-2017", '1: start: "1-6-17" is not a date (write 31-12-2026)'),
        ("start date: 01-06-2017\nend date: x", '2: end: "x" is not a date (write 31-12-2026)'),
        ("end date: 02-06-2017", "1: start: is missing (add a line such as start date: 31-12-2026 above the end date)"),
    ],
)
def test_a_date_that_is_none_refuses_its_item_and_no_other(dates: str, message: str) -> None:
    text = f"{dates}\n\nB\n\nb\n\npublication date: 01-01-2017"
    assert problems(text) == [f"page.txt:{message}"]
    assert [raw.fields["title"] for raw in raws(text)] == ["B"]


def test_text_after_the_last_date_and_before_tags_is_told() -> None:
    text = f"A\n\na\n\npublication date: 01-01-2017\n\nstray\n\n{TAG}soil\n\n"
    text += "B\n\nb\n\npublication date: 01-01-2016\n\npublication"
    assert problems(text) == [
        "page.txt:7: warning: text above the tags of an item is skipped (move it below the tags)",
        'page.txt:17: warning: "publication" follows the last date and is skipped (add a date line below it)',
    ]


def test_a_detail_page_is_refused() -> None:
    with pytest.raises(Unreadable, match="is the page of one item"):
        listed("Forum on worms\n\nstart date\n01-06-2017\n")


def test_all_of_a_page_without_topic_is_items(tmp_path: Path) -> None:
    assert [type(found) for found in listed("A\n\na\n\npublication date: 01-01-2017", topics=[])] == [RawRecord]


def check_counts(path: Path, topic: str) -> Mapping[str, Feed]:
    """A page of ten items, of which four have no title: what is found, told and published."""
    made = site(sources=[{"path": str(path), "format": "listing", "topics": [topic]}])
    findings: list[Problem] = []
    feeds = select(made, read(made), problems=findings)
    assert [(problem.line, problem.severity) for problem in findings] == [
        (line, "warning") for line in (30, 40, 44, 76)
    ]
    dates = [entry.published.date().isoformat() for entry in feeds["all"].entries]
    assert dates == ["2017-04-10", "2017-04-10", "2017-02-27", "2016-12-16", "2016-12-08", "2016-12-01"]
    assert [name for name in feeds if not name.startswith("tags/")] == ["all", f"topics/{topic}"]
    assert sum(name.startswith("tags/") for name in feeds) == 4
    assert str(feeds[f"topics/{topic}"].description).count("\n\n") == 3
    labelled = site(sources=[{"path": str(path), "format": "listing", "untitled": "label"}])
    kinds = [one.item.kind for one in read(labelled) if isinstance(one, Record)]
    assert sorted(kinds) == ["article"] * 7 + ["event"] * 3
    assert len(select(labelled, read(labelled))["all"].entries) == 10
    return feeds


def test_a_page_of_ten_items_gives_six_and_tells_of_four() -> None:
    feeds = check_counts(ROOT / "tests" / "pages" / "urban-gardens.txt", "urban-gardens")
    assert [len(feeds[f"tags/{tag}"].entries) for tag in ("economy", "schools", "soil", "water")] == [2, 1, 1, 1]


def test_the_page_that_it_started_from_gives_six_and_tells_of_four() -> None:
    feeds = check_counts(shared("seed/social-innovation.txt"), "social-innovation")
    tagged = {name: [str(e.published.date()) for e in feed.entries] for name, feed in feeds.items()}
    assert tagged["tags/economy"] == ["2016-12-16", "2016-12-08"]
    for tag in ("cooperation", "environment", "mobility"):
        assert tagged[f"tags/{tag}"] == ["2016-12-08"]
    (event,) = (one.item for one in read_seed() if isinstance(one.item, Event) and "Brno" in one.item.title)
    assert (event.start, event.end) == (date(2017, 6, 1), date(2017, 6, 2))
    assert feeds["all"].entries[1].title == "WG Smart Social Inclusion in Brno"


def read_seed() -> list[Record]:
    made = site(sources=[{"path": str(shared("seed/social-innovation.txt")), "format": "listing"}])
    return [one for one in read(made) if isinstance(one, Record)]


@given(st.text("AB .:•-0123456789\u00a0\n\r\ndatesrpublication ", max_size=80) | st.binary(max_size=60))
def test_any_text_is_read_or_refused_in_our_words(content: str | bytes) -> None:
    raw = content.encode() if isinstance(content, str) else content
    try:
        found = list(read_listing(decode_file(raw), Source(path="x"), "x"))
    except Unreadable as error:
        assert error.line >= 1
    else:
        assert all(isinstance(one, (RawRecord, Page, Problem)) for one in found)
