"""Feeds as sources: Atom, RSS, JSON Feed, and WordPress exports (WXR)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from email.utils import parsedate_tz
from typing import Any

from ..errors import Problem, show
from ..models.site import Source
from ..text.characters import to_one_line
from ..text.html import to_plain_text
from ._bytes import decode_file
from ._feed_json import read_json_feed
from ._feed_xml import read_xml_feed
from ._raw import RawRecord
from .model import Draft

_NOTICE = re.compile(r"tag:[^:]+:notice/[0-9a-f]{20}")
_RFC822 = re.compile(r"(?:(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? +)?[0-9]{1,2} +[A-Za-z]{3}[a-z]* +([0-9]+) .*")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_ZONES = {"UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
          "PST": -8, "PDT": -7, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "MET": 1, "MEST": 2, "EET": 2, "EEST": 3,
          "MSK": 3, "JST": 9, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13}  # fmt: skip
"""Offsets from UTC in hours by name: the names of RFC 822, and other unambiguous names."""
_DATES = ("published", "updated", "start", "end")
_ADVICE = "correct it in the program that writes the feed"
_MAX_LABEL_CHARS = 80


def read(content: bytes, source: Source, path: str) -> Iterator[RawRecord | Problem | Draft]:
    """Read a feed. Its encoding is the one that the XML declares, else UTF-8. Raises Unreadable."""
    found: Iterator[RawRecord | Problem | Draft]
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        found = read_json_feed(decode_file(content, source.encoding), source, path)
    else:
        found = read_xml_feed(content, path, drafts=source.drafts)
    for one in found:
        if not isinstance(one, RawRecord) or not isinstance(one.fields, Mapping):
            yield one
        elif not _NOTICE.fullmatch(str(one.fields.get("id"))):
            yield _finish(one)


def _finish(record: RawRecord) -> RawRecord:
    """Parse the dates of a record, and give it a title if it has none."""
    fields: dict[str, Any] = {name: value for name, value in record.fields.items() if value}
    for name in _DATES:
        try:
            fields |= {name: _parse_date(fields[name])} if isinstance(fields.get(name), str) else {}
        except ValueError as error:
            return record._replace(error=(name, str(error)))
    summary, content = fields.get("summary"), fields.get("content")
    text = summary if isinstance(summary, str) else to_plain_text(content) if isinstance(content, str) else ""
    if "title" not in fields and (label := to_one_line(text)):
        fields["title"] = _shorten(label)
    return record._replace(fields=fields)


def _shorten(text: str) -> str:
    """Return the first words of a text, as the title of a post that has no title."""
    if len(text) <= _MAX_LABEL_CHARS:
        return text
    return text[:_MAX_LABEL_CHARS].rpartition(" ")[0].rstrip(" ,;:.") + "…"


def _parse_date(text: str) -> date | str:
    """Parse a date of RFC 822. Other texts are returned unchanged: they must be in ISO 8601. Raises ValueError."""
    found = _RFC822.fullmatch(text.strip())
    parts = parsedate_tz(text) if found else None
    if not found or not parts:
        return text
    if found[2] == "0001":  # Hugo writes this for pages without a date
        return ""
    try:
        moment, offset = datetime(*parts[:6]), timezone(timedelta(seconds=parts[9] or 0))  # noqa: DTZ001
    except ValueError:
        raise ValueError(f"{show(text)} is not a valid date ({_ADVICE})") from None
    if found[1] and _DAYS[moment.weekday()] != found[1]:
        raise ValueError(f"{show(text)} has the wrong day of the week ({_ADVICE})")
    zone = text.split()[-1].upper()
    if ":" in zone:
        return moment  # without a zone
    if zone not in _ZONES and zone.isalpha():
        raise ValueError(f"{show(text)} has an unknown time zone (write an offset such as +0100)")
    return moment.replace(tzinfo=timezone(timedelta(hours=_ZONES[zone])) if zone in _ZONES else offset)
