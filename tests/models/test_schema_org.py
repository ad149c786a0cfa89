"""Events as schema.org has them."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from support import event


def linked(previous: date | None = None, **fields: Any) -> dict[str, Any]:
    found = event(**fields).json_ld(previous_start=previous)
    assert json.loads(json.dumps(found)) == found
    return found


def test_an_event_is_described_with_all_that_it_says() -> None:
    assert linked(
        id="https://www.example.org/fair",
        link="https://www.example.org/fair",
        summary="Come",
        start="2026-05-06T18:00",
        end="2026-05-06T20:00",
        timezone="Europe/Brussels",
        location={"name": "Hall", "address": "Street 1", "latitude": 0, "longitude": 3.5},
        organizer={"name": "Ann", "email": "ann@example.org"},
        tags=["x"],
        language="en",
        image="https://www.example.org/a.png",
    ) == {
        "@context": "https://schema.org",
        "@type": "Event",
        "@id": "https://www.example.org/fair",
        "name": "Fair",
        "description": "Come",
        "url": "https://www.example.org/fair",
        "image": "https://www.example.org/a.png",
        "startDate": "2026-05-06T18:00:00+02:00",
        "endDate": "2026-05-06T20:00:00+02:00",
        "eventStatus": "https://schema.org/EventScheduled",
        "location": {
            "@type": "Place",
            "name": "Hall",
            "address": "Street 1",
            "geo": {"@type": "GeoCoordinates", "latitude": 0.0, "longitude": 3.5},
        },
        "organizer": {"@type": "Organization", "name": "Ann", "email": "ann@example.org"},
        "keywords": ["x"],
        "inLanguage": "en",
    }


def test_what_is_not_known_is_left_out() -> None:
    assert linked(location="Hall", organizer="Ann") == {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": "Fair",
        "startDate": "2026-05-01",
        "eventStatus": "https://schema.org/EventScheduled",
        "location": {"@type": "Place", "name": "Hall"},
        "organizer": {"@type": "Organization", "name": "Ann"},
    }


@pytest.mark.parametrize(
    ("status", "previous", "shown"),
    [
        (None, None, "EventScheduled"),
        ("confirmed", None, "EventScheduled"),
        ("tentative", None, "EventScheduled"),
        ("cancelled", None, "EventCancelled"),
        ("postponed", None, "EventPostponed"),
        (None, date(2026, 4, 1), "EventRescheduled"),
        (None, date(2026, 5, 1), "EventScheduled"),
        ("cancelled", date(2026, 4, 1), "EventCancelled"),
    ],
)
def test_the_status_says_whether_it_takes_place(status: str | None, previous: date | None, shown: str) -> None:
    found = linked(previous, status=status)
    assert found["eventStatus"] == f"https://schema.org/{shown}"
    assert found.get("previousStartDate") == ("2026-04-01" if previous == date(2026, 4, 1) else None)
