"""Settings of the site that every feed states: how often it changes, its licence, and its stylesheet."""

from __future__ import annotations

import re
from typing import Any

import pytest
from lxml import etree
from pydantic import ValidationError

from support import event, site
from topicfeeds import render, select

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
SY = "{http://purl.org/rss/1.0/modules/syndication/}"
ATOM = "{http://www.w3.org/2005/Atom}"
CREATIVE_COMMONS = "{http://backend.userland.com/creativeCommonsRssModule}"
FORMATS = {"formats": ["atom", "rss", "json", "ics"]}


def made(form: str, **fields: Any) -> bytes:
    return render(select(site(feeds=FORMATS, **fields), [event(topics=["t"])])["topics/t"], form)


@pytest.mark.parametrize(
    ("refresh", "minutes", "period", "times"),
    [
        ("1m", 1, "hourly", 60),
        ("45m", 45, "hourly", 1),
        ("1h", 60, "hourly", 1),
        ("90m", 90, "daily", 16),
        ("6h", 360, "daily", 4),
        ("1d", 1440, "daily", 1),
        ("2d", 2880, "weekly", 3),
        ("7d", 10_080, "weekly", 1),
    ],
)
def test_readers_learn_how_often_a_feed_changes(refresh: str, minutes: int, period: str, times: int) -> None:
    rss = etree.fromstring(made("rss", refresh=refresh))
    assert rss.findtext("channel/ttl") == str(minutes)
    for root in (rss[0], etree.fromstring(made("atom", refresh=refresh))):
        assert (root.findtext(f"{SY}updatePeriod"), root.findtext(f"{SY}updateFrequency")) == (period, str(times))


def test_calendars_learn_how_often_to_look() -> None:
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT6H\r\n" in made("ics", refresh="6h")
    assert b"X-PUBLISHED-TTL:PT6H\r\n" in made("ics", refresh="6h")
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in made("ics")


@pytest.mark.parametrize("refresh", ["0m", "8d", "99999h", "1.5h", "6 h", "often"])
def test_a_time_that_makes_no_sense_is_refused_with_an_example(refresh: str) -> None:
    with pytest.raises(ValidationError, match='is not a time from 1m to 7d \\(write for example "30m", "6h" or "1d"'):
        site(refresh=refresh)


def test_every_feed_names_the_licence() -> None:
    atom, rss = (etree.fromstring(made(form, license=LICENCE)) for form in ("atom", "rss"))
    assert [one.get("href") for one in atom.findall(f"{ATOM}link[@rel='license']")] == [LICENCE]
    assert rss.findtext(f"channel/{CREATIVE_COMMONS}license") == LICENCE
    assert f'"license": "{LICENCE}"'.encode() in made("json", license=LICENCE)


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_a_stylesheet_is_named_relative_to_the_document(form: str) -> None:
    first, second = made(form, pages={"stylesheet": True}).decode().split("\n")[:2]
    assert first == "<?xml version='1.0' encoding='UTF-8'?>"
    assert second == '<?xml-stylesheet href="../feed.css" type="text/css"?>'


@pytest.mark.parametrize("form", FORMATS["formats"])
def test_a_site_that_asks_for_nothing_declares_nothing(form: str) -> None:
    assert not re.search("xml-stylesheet|syndication|creativeCommons|<ttl>|license", made(form).decode())


def test_a_declared_feed_of_one_language_has_this_language() -> None:
    declared = [
        {"slug": "fr", "title": "FR", "languages": ["fr"]},
        {"slug": "both", "title": "Both", "languages": ["fr", "de"]},
    ]
    entries = [event(language="fr-CA", status="cancelled", start="2026-05-06T10:00:00Z")]
    found = select(site(feeds=FORMATS, feed=declared), entries)
    french, both = (render(found[f"feeds/{name}"], "rss").decode() for name in ("fr", "both"))
    assert "<language>fr</language>" in french
    assert "<language>en</language>" in both
    assert ("Annulé" in french, "Cancelled" in french) == (True, False)
    assert b'xml:lang="fr"' in render(found["feeds/fr"], "atom")
