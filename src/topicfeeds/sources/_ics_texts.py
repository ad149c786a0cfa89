"""Texts of an event in iCalendar: title, description, labels, place, people and attached files."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from ..text.characters import is_blank
from ..text.html import format_paragraphs, has_elements
from ..text.urls import guess_media_type
from ._ics_lines import Properties, Property

TEXTS = {"SUMMARY", "DESCRIPTION", "X-ALT-DESC", "STYLED-DESCRIPTION", "CATEGORIES", "URL", "LOCATION", "GEO",
         "X-APPLE-STRUCTURED-LOCATION", "ORGANIZER", "CONTACT", "STATUS", "ATTACH", "IMAGE"}  # fmt: skip
"""The properties that `read_texts` needs."""
_CANCELLED = re.compile(r"(?i)(?:cancell?ed|abgesagt|annulée?) ?: *")
_OUR_STATUS = re.compile(r"^[^:：]*[:：]\s*")
_WEB = ("http://", "https://")


def read_texts(event: Properties, *, is_ours: bool, cancels: bool) -> dict[str, Any]:
    """Return all fields except dates. Titles of cancelled events lose a prefix such as `Cancelled:`.

    `cancels` says that the calendar cancels its events.
    """
    status = "cancelled" if cancels else event.text("STATUS").lower() or None
    title = event.text("SUMMARY")
    if status == "cancelled":
        title = (_OUR_STATUS if is_ours else _CANCELLED).sub("", title, count=1) or title
    files = [one for one in event.get("ATTACH", []) if one.value.strip().lower().startswith(_WEB)]
    pictures = [*event.get("IMAGE", []), *(one for one in files if _is_picture(one))]
    return {
        "title": title,
        "link": event.text("URL") or None,
        **_read_description(event),
        "tags": list(dict.fromkeys(tag for one in event.get("CATEGORIES", []) for tag in one.texts)),
        "location": _read_place(event),
        "organizer": _read_organizer(event),
        "status": status,
        "image": next((one.value.strip() for one in pictures if one.value.strip().startswith(_WEB)), None),
        "enclosures": [_make_enclosure(one) for one in files if not _is_picture(one)],
    }


def _read_description(event: Properties) -> dict[str, str]:
    """Return the description: HTML and several lines of text as `content`, one line of text as `summary`."""
    for name in ("STYLED-DESCRIPTION", "X-ALT-DESC"):
        for one in event.get(name, []):
            if one.params.get("FMTTYPE", "").lower() == "text/html":
                return {"content": one.text}
    text = event.text("DESCRIPTION")
    if has_elements(text):  # Google allows HTML here
        return {"content": text if "<p" in text or "<br" in text else text.replace("\n", "<br>\n")}
    if "\n" not in text:
        return {"summary": text}
    return {"content": format_paragraphs(escape(text, quote=False))}


def _read_place(event: Properties) -> dict[str, Any] | str | None:
    """Return the place. Apple writes the address on the lines below the name."""
    name, *address = [line.strip() for line in event.text("LOCATION").split("\n") if line.strip()] or [""]
    point = event.text("GEO").split(";")
    for one in event.get("X-APPLE-STRUCTURED-LOCATION", []):
        point = one.value.strip().lower().removeprefix("geo:").split(",")
        name = name or one.params.get("X-TITLE", "")
    if len(point) != 2:
        return {"name": name, "address": ", ".join(address)} if address else name or None
    return {
        "name": name or ", ".join(point),
        "address": ", ".join(address),
        "latitude": point[0].strip(),
        "longitude": point[1].strip(),
    }


def _read_organizer(event: Properties) -> dict[str, str] | str | None:
    for one in event.get("ORGANIZER", []):
        scheme, _, address = one.value.strip().partition(":")
        name = one.params.get("CN", "").strip()
        if is_blank(name):
            name = address if scheme.lower() == "mailto" else one.value
        if scheme.lower() == "mailto" and "@" in address:
            return {"name": name, "email": address}
        return {"name": name, "url": one.value.strip()} if scheme.lower() in ("http", "https") else name
    return event.text("CONTACT") or None


def _is_picture(one: Property) -> bool:
    return one.params.get("FMTTYPE", "").lower().startswith("image/")


def _make_enclosure(one: Property) -> dict[str, Any]:
    address, length = one.value.strip(), one.params.get("SIZE", "")
    return {
        "url": address,
        "type": one.params.get("FMTTYPE") or guess_media_type(address),
        "length": length if length.isdecimal() else None,
        "title": one.params.get("FILENAME") or one.params.get("X-FILENAME"),
    }
