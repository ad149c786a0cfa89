"""Text about events: date, place and status, in the language of the feed. Feed readers only show text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ..entries.changes import is_other_place, recall_dates, recall_event
from ..entries.model import Entry, EventChange, EventDetails
from ..feeds.model import Feed
from ..models.status import STATUSES, StatusName
from .translations import Translation, find_translation

if TYPE_CHECKING:
    from babel import Locale

_DATE_STATUS: dict[str, StatusName] = {"date_cancelled": "cancelled", "date_confirmed": "confirmed"}
"""The status of the changed dates, for each kind of change that only concerns single dates of a recurring event."""


def format_title(entry: Entry, feed: Feed) -> str:
    """Return the title of an entry.

    - Event: its status or last change, if any, then the publisher's pattern.
    - Notice: its change, then the title of the event.
    """
    event = entry.event
    if event is None:
        return entry.title
    said = find_translation(feed.language)
    if entry.notice:
        return said.colon.format(_describe_change(entry.notice, event, feed), entry.title)
    plain = entry.title
    if feed.event_title:
        where = event.place.name if event.place else ""
        plain = feed.event_title.format(title=plain, when=format_when(event, feed.language), where=where).strip()
    word = _status_or_change_word(event, said)
    return said.colon.format(word, plain) if word else plain


def format_lead(entry: Entry, feed: Feed, file: str | None) -> str:
    """Return the first line of an event's body, as HTML. `file` is the address of its calendar file."""
    event = entry.event
    if event is None:
        return ""
    said, notice, change = find_translation(feed.language), entry.notice, entry.notice or event.change
    if notice is None:
        word = _status_or_change_word(event, said) or _body_word(event, said)
        when, place = format_when(event, feed.language), event.place.line if event.place else None
    else:
        word, when, place = _change_word(notice, said), _format_notice_when(notice, event, feed), notice.after.place
    line = escape(f"{when} · {place}" if place else when)
    if change and (old := _describe_old(change, event, feed, is_notice=bool(notice))):
        line += f" ({escape(old)})"
    if file:
        line += f' · <a href="{escape(file)}">{escape(said.calendar)}</a>'
    if word:
        line = said.colon.format(f"<strong>{escape(word)}</strong>", line)
    direction = ' dir="rtl"' if is_right_to_left(feed.language) else ""
    return f"<p{direction}>{line}</p>"


def format_when(event: EventDetails, language: str, *, names_zone: bool = False) -> str:
    """Return the start and end of an event as text.

    The zone is named if it is not the site's. For a recurring event, the text has its next dates instead.
    """
    if event.next:
        text = find_translation(language).dates.format(_format_dates(event.next, event, language))
    else:
        text = _format_interval(event.start, event.end, language)
    return _add_zone(text, event, language, names_zone=names_zone)


def _add_zone(text: str, event: EventDetails, language: str, *, names_zone: bool = False) -> str:
    if not isinstance(event.start, datetime) or not (event.is_foreign or names_zone):
        return text
    zone = _format_zone(event.start, language)
    return f"{text}, {zone}" if "(" in zone else f"{text} ({zone})"


def _format_dates(dates: Sequence[date], event: EventDetails, language: str) -> str:
    """Return some dates of a recurring event, three at most."""
    length = (event.end or event.start) - event.start
    texts = [_format_interval(one, one + length, language, short=True) for one in dates[:3]]
    return find_translation(language).semicolon.join([*texts, "…"] if len(dates) > 3 else texts)


def status_word(event: EventDetails, said: Translation) -> str | None:
    """Return the word for the status of an event that does not take place as planned, or None. Titles start with it."""
    return said.status[event.status] if event.status and STATUSES[event.status].in_title else None


def _status_or_change_word(event: EventDetails, said: Translation) -> str | None:
    """Return the word for the status of an event, or else for its last change."""
    change = event.change if event.change and event.change.field not in _DATE_STATUS else None
    return status_word(event, said) or (_change_word(change, said) if change else None)


def _body_word(event: EventDetails, said: Translation) -> str | None:
    return said.status[event.status] if event.status and STATUSES[event.status].in_body else None


def _change_word(change: EventChange, said: Translation) -> str:
    if change.field == "status":
        return said.status[change.after.status]
    if change.field in _DATE_STATUS:
        return said.status[_DATE_STATUS[change.field]]
    return said.place if change.field == "location" else said.moved


def _describe_change(change: EventChange, event: EventDetails, feed: Feed) -> str:
    """Return a change as text, for the title of its notice.

    Titles must differ: some readers treat entries with equal titles as one item.
    """
    said, word = find_translation(feed.language), _change_word(change, find_translation(feed.language))
    if change.field == "location":
        return f"{word} ({change.after.place or '–'})"
    if dates := _list_titled_dates(change, event):
        days = [_format_short(one, one, feed.language) for one in dates]
        return f"{word} ({said.semicolon.join([*days[:3], '…'] if len(days) > 3 else days)})"
    shown = [recall_event(event, facts, change.at) for facts in (change.before, change.after)]
    old, new = (one.next[0] if one.next else one.start for one in shown)
    if change.field == "start":
        return said.moved_to.format(_format_short(new, old, feed.language))
    return f"{word} ({_format_short(new, new, feed.language)})"


def _list_titled_dates(change: EventChange, event: EventDetails) -> Sequence[date]:
    """Return the dates of a recurring event that got another status: some of them, or the next ones of the series."""
    if change.field in _DATE_STATUS:
        return recall_dates(event, change)
    return recall_event(event, change.after, change.at, 4).next if change.field == "status" else ()


def _format_notice_when(notice: EventChange, event: EventDetails, feed: Feed) -> str:
    """Return the dates that a notice is about."""
    if notice.field in _DATE_STATUS:
        return _format_changed_dates(notice, event, feed)
    return format_when(recall_event(event, notice.after, notice.at), feed.language)


def _format_changed_dates(change: EventChange, event: EventDetails, feed: Feed) -> str:
    shown, dates = recall_event(event, change.after, change.at), recall_dates(event, change)
    return _add_zone(_format_dates(dates, shown, feed.language), shown, feed.language)


def _describe_old(change: EventChange, event: EventDetails, feed: Feed, *, is_notice: bool) -> str:
    """Return the cancelled dates of a change, and the status, date or place that it replaced."""
    said, parts = find_translation(feed.language), []
    if change.dates and not (is_notice and change.field in _DATE_STATUS):
        word = said.status[_DATE_STATUS.get(change.field, "cancelled")]
        parts.append(said.colon.format(word, _format_changed_dates(change, event, feed)))
    if before := _describe_before(change, event, feed):
        parts.append(said.before.format(before))
    return said.semicolon.join(parts)


def _describe_before(change: EventChange, event: EventDetails, feed: Feed) -> str:
    """Return the status, date or place that a change replaced, as readers saw it."""
    old, new, parts = change.before, change.after, []
    if old.status != new.status:
        parts.append(find_translation(feed.language).status[old.status])
    if change.field not in _DATE_STATUS and (when := _format_old_when(change, event, feed)):
        parts.append(when)
    if is_other_place(old.place, new.place):
        parts.append(old.place or "–")
    return " · ".join(parts)


def _format_old_when(change: EventChange, event: EventDetails, feed: Feed) -> str | None:
    """Return the dates before a change, or None if they did not change. Name the zone if the new dates do."""
    old, new = (recall_event(event, facts, change.at) for facts in (change.before, change.after))
    if format_when(old, feed.language) == format_when(new, feed.language):
        return None
    return format_when(old, feed.language, names_zone=new.is_foreign)


# The functions below use Babel, which has the data of the Unicode CLDR.


@lru_cache(maxsize=32)
def find_locale(language: str) -> Locale:
    """Return the locale of a language tag, else of its language alone, else English."""
    from babel import Locale, UnknownLocaleError

    name = language.replace("-", "_")
    while name:
        try:
            return Locale.parse(name)
        except (ValueError, UnknownLocaleError):
            name = name.rpartition("_")[0]
    return Locale.parse("en")


def is_right_to_left(language: str) -> bool:
    """Return whether the text of a language runs from right to left, by the script of its tag if it has one."""
    return find_locale(language).character_order == "right-to-left"


def _format_interval(start: date, end: date | None, language: str, *, short: bool = False) -> str:
    from babel.dates import format_interval

    locale = find_locale(language)
    if isinstance(start, datetime):
        if not isinstance(end, datetime) or end == start:
            return _join_day_and_time(_format_day(start, locale, short=short), _format_time(start, locale), locale)
        if end.date() == start.date() and end.tzinfo == start.tzinfo:
            clock = _format_clock_interval(start, end, locale)
            return _join_day_and_time(_format_day(start, locale, short=short), clock, locale)
        first, last = (
            _join_day_and_time(_format_day(one, locale, short=True), _format_time(one, locale), locale)
            for one in (start, end)
        )
        return _join_interval(first, last, locale)
    if end is None or end == start:
        return _format_day(start, locale, short=short)
    return format_interval(start, end, "yMMMEd", locale=locale)


def _format_clock_interval(start: datetime, end: datetime, locale: Locale) -> str:
    from babel.dates import format_interval

    skeleton = "hm" if "h" in locale.time_formats["short"].pattern else "Hm"
    try:
        return format_interval(start, end, skeleton, tzinfo=start.tzinfo, locale=locale)
    except NotImplementedError:  # Babel cannot format intervals of times in Traditional Chinese
        return _join_interval(_format_time(start, locale), _format_time(end, locale), locale)


def _join_interval(start: str, end: str, locale: Locale) -> str:
    return str(locale.interval_formats[None]).replace(" - ", " – ").format(start, end)


def _format_day(moment: date, locale: Locale, *, short: bool = False) -> str:
    from babel.dates import format_date, format_skeleton

    day = moment.date() if isinstance(moment, datetime) else moment
    return format_skeleton("yMMMEd", day, locale=locale) if short else format_date(day, "full", locale)


def _format_time(moment: datetime, locale: Locale) -> str:
    from babel.dates import format_time

    return format_time(moment, "short", tzinfo=moment.tzinfo, locale=locale)


def _join_day_and_time(day: str, clock: str, locale: Locale) -> str:
    pattern = str(locale.datetime_formats["full"]).replace(" - ", ", ")  # a hyphen would look like an interval
    return pattern.replace("{1}", day).replace("{0}", clock)


def _format_short(moment: date, before: date, language: str) -> str:
    """Return a day for a title: with the year if it differs from `before`, with the time if only the time differs."""
    from babel.dates import format_skeleton

    locale = find_locale(language)
    text = format_skeleton("MMMd" if moment.year == before.year else "yMMMd", moment, locale=locale)
    if isinstance(moment, datetime) and isinstance(before, datetime) and moment != before:
        same_day = moment.date() == before.date()
        return _join_day_and_time(text, _format_time(moment, locale), locale) if same_day else text
    return text


def _format_zone(moment: date, language: str) -> str:
    """Return the name of the zone of a date-time, such as "Brussels Time", or its offset."""
    from babel.dates import get_timezone_gmt, get_timezone_location

    locale = find_locale(language)
    assert isinstance(moment, datetime)  # noqa: S101 - only a date-time is `foreign`
    if isinstance(moment.tzinfo, ZoneInfo) and "/" in moment.tzinfo.key and not moment.tzinfo.key.startswith("Etc/"):
        city = get_timezone_location(moment.tzinfo, locale=locale, return_city=True)
        return str(locale.zone_formats["region"]) % city
    return get_timezone_gmt(moment, "long", locale=locale) if moment.utcoffset() else "UTC"
