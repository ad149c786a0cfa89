"""Pictures with a description: in every format, and the warning if the description is missing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from icalendar import Calendar
from lxml import etree

from support import article, event, site
from topicfeeds import Image, Problem, render, select

MEDIA = "{http://search.yahoo.com/mrss/}"
ADDRESS = "https://www.example.org/crane.jpg"
IMAGE: dict[str, Any] = {
    "url": ADDRESS,
    "alt": "The <b>crane</b> & its mast",
    "credit": "Ann & Bo",
    "width": 800,
    "height": 600,
    "type": "image/jpeg",
}
FORMATS = {"formats": ["atom", "rss", "json", "ics"]}


def made(form: str, **fields: Any) -> bytes:
    """Render the feed of one event with a picture."""
    return render(select(site(feeds=FORMATS), [event(**fields)])["all"], form)


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_atom_and_rss_have_the_picture_with_description_and_credit_beside_the_thumbnail(form: str) -> None:
    root = etree.fromstring(made(form, image=IMAGE))
    [thumbnail], [content] = list(root.iter(f"{MEDIA}thumbnail")), list(root.iter(f"{MEDIA}content"))
    assert thumbnail.getparent() is content.getparent()
    assert thumbnail.attrib.items() == [("url", ADDRESS)]
    sizes = {"url": ADDRESS, "medium": "image", "type": "image/jpeg", "width": "800", "height": "600"}
    assert dict(content.attrib.items()) == sizes
    assert [(one.tag, one.text) for one in content] == [
        (f"{MEDIA}description", IMAGE["alt"]),
        (f"{MEDIA}credit", IMAGE["credit"]),
    ]


def test_json_feed_has_the_address_and_the_rest_as_an_extension() -> None:
    [item] = json.loads(made("json", image=IMAGE))["items"]
    assert item["image"] == ADDRESS
    assert item["_image"] == {name: value for name, value in IMAGE.items() if name != "url"}


def test_a_calendar_has_the_picture_of_an_event() -> None:
    [made_event] = Calendar.from_ical(made("ics", image=IMAGE)).events
    assert str(made_event["IMAGE"]) == ADDRESS
    assert {"VALUE": "URI", "FMTTYPE": "image/jpeg"}.items() <= dict(made_event["IMAGE"].params).items()


@pytest.mark.parametrize("form", FORMATS["formats"])
def test_an_address_alone_gives_the_bytes_that_it_always_gave(form: str) -> None:
    text = made(form, image=ADDRESS).decode()
    assert not any(part in text for part in ("media:content", "_image", "IMAGE"))


def test_the_web_page_of_an_event_has_the_picture_as_json_ld() -> None:
    found = event(image=Image(**IMAGE)).json_ld()["image"]
    assert found == {
        "@type": "ImageObject",
        "url": ADDRESS,
        "caption": IMAGE["alt"],
        "creditText": "Ann & Bo",
        "width": 800,
        "height": 600,
        "encodingFormat": "image/jpeg",
    }


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"image": ADDRESS}, "image: has no alt"),
        ({"image": {"url": ADDRESS, "alt": " "}}, "image: has no alt"),
        ({"content": "<img src=a><p><IMG title='a > b' src=b>"}, "content: has 2 pictures without alt"),
        ({"image": IMAGE, "content": '<p><img title="a > b" src=a alt="A"><img src=b alt=""></p>'}, None),
        ({}, None),
    ],
)
def test_a_missing_description_is_a_warning_where_the_site_asks_for_it(
    fields: dict[str, Any], message: str | None
) -> None:
    problems: list[Problem] = []
    select(site(require_alt=True), [article(link="https://www.example.org/a", **fields)], problems=problems)
    assert [one.severity for one in problems] == ([] if message is None else ["warning"])
    assert message is None or message in str(problems[0])
    problems.clear()
    select(site(), [article(link="https://www.example.org/a", **fields)], problems=problems)
    assert problems == []
