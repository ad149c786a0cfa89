"""Event statuses: their names in calendars and on web pages, and where feeds show them.

To add a status, add a line to STATUSES and its name to `StatusName`, and translate it in `formats/translations.toml`.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, NamedTuple

from pydantic import BeforeValidator

_OTHER_NAMES = {
    "canceled": "cancelled",
    "scheduled": "confirmed",
    "rescheduled": "confirmed",
    "movedonline": "confirmed",
}
_PREFIX = re.compile(r"(?:https?://(?:www\.)?schema\.org/|schema:)?(?:event[ _-]?(?=[a-z]))?")


def find_status(value: object) -> object:
    """Return our name of a status of schema.org or RFC 5545."""
    if not isinstance(value, str):
        return value
    name = _PREFIX.sub("", value.strip().lower(), count=1)
    name = _OTHER_NAMES.get(name, name)
    return name if name in STATUSES else value


StatusName = Annotated[Literal["confirmed", "tentative", "cancelled", "postponed"], BeforeValidator(find_status)]


class EventStatus(NamedTuple):
    """How a status is published."""

    ical: str
    """The STATUS of iCalendar (RFC 5545, 3.8.1.11)."""
    schema_org: str = "EventScheduled"
    """The eventStatus of schema.org."""
    in_title: bool = False
    """Whether titles start with the status, so that every reader sees it."""
    in_body: bool = False
    """Whether the first line of the body starts with the status."""


STATUSES: dict[StatusName, EventStatus] = {
    "confirmed": EventStatus("CONFIRMED"),
    "tentative": EventStatus("TENTATIVE", in_body=True),
    "cancelled": EventStatus("CANCELLED", "EventCancelled", in_title=True, in_body=True),
    "postponed": EventStatus("TENTATIVE", "EventPostponed", in_title=True, in_body=True),
}
