"""Events as JSON-LD of schema.org, for web pages and search engines."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from .status import STATUSES

if TYPE_CHECKING:
    from .items import Event, Image, Person, Place


def to_schema_org(event: Event, previous_start: date | None) -> dict[str, Any]:
    """Return the JSON-LD of an event. If `previous_start` differs from its start, the event was moved."""
    moved = previous_start is not None and previous_start != event.start
    status = STATUSES[event.status or "confirmed"].schema_org
    if moved and status == "EventScheduled":
        status = "EventRescheduled"
    fields = {
        "@context": "https://schema.org",
        "@type": "Event",
        "@id": event.id if event.id and ":" in event.id else None,
        "name": event.title,
        "description": event.summary,
        "url": event.link,
        "image": to_image(event.image),
        "startDate": _to_iso(event.start, event.timezone),
        "endDate": _to_iso(event.end, event.timezone),
        "eventStatus": f"https://schema.org/{status}",
        "previousStartDate": _to_iso(previous_start, event.timezone) if moved else None,
        "location": _to_place(event.location),
        "organizer": to_person(event.organizer),
        "keywords": list(event.tags),
        "inLanguage": event.language,
    }
    return {name: value for name, value in fields.items() if value}


def _to_iso(moment: date | None, zone: str | None) -> str | None:
    if isinstance(moment, datetime) and moment.tzinfo is None and zone:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return moment.isoformat() if moment else None


def to_image(image: Image | str | None) -> dict[str, Any] | str | None:
    """Return the JSON-LD of a picture."""
    if image is None or isinstance(image, str):
        return image
    fields: dict[str, Any] = {
        "@type": "ImageObject",
        "url": image.url,
        "caption": image.alt,
        "creditText": image.credit,
    }
    fields |= {"width": image.width, "height": image.height, "encodingFormat": image.type}
    return {name: value for name, value in fields.items() if value}


def _to_place(place: Place | str | None) -> dict[str, Any] | None:
    if place is None or isinstance(place, str):
        return {"@type": "Place", "name": place} if place else None
    fields: dict[str, Any] = {"@type": "Place", "name": place.name, "address": place.address, "url": place.url}
    if place.latitude is not None and place.longitude is not None:
        fields["geo"] = {"@type": "GeoCoordinates", "latitude": place.latitude, "longitude": place.longitude}
    return {name: value for name, value in fields.items() if value}


def to_person(person: Person | str | None, kind: str = "Organization") -> dict[str, Any] | None:
    """Return the JSON-LD of a person or an organisation."""
    if person is None or isinstance(person, str):
        return {"@type": kind, "name": person} if person else None
    fields = {"@type": kind, "name": person.name, "email": person.email, "url": person.url}
    return {name: value for name, value in fields.items() if value}
