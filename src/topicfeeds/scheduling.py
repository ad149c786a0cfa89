"""When and where an event is, and what readers are told when that changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from .flow import Change, Entry, Facts, Happening
from .identifying import RefusedError
from .memory import Known
from .models import Event, FeedSettings, Person, Place, Site
from .models.recurring import as_start, check_exception, check_start, dates, span, whole_minutes

_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_MOST = 100
"""So many changes of an event are remembered; how often one took place is counted among them."""
_FIELDS = ("status", "start", "end", "location")


def happening(event: Event, site: Site, now: datetime | None, line: Callable[[str, str], str]) -> Happening:
    """Settle when and where an event is; `line` cleans the text of a field. Raises RefusedError."""
    zone = ZoneInfo(event.timezone or site.timezone)
    start, end = _moment(event.start, zone, "start"), event.end and _moment(event.end, zone, "end")
    rule = event.recurrence
    if rule and isinstance(start, datetime) and not isinstance(start.tzinfo, ZoneInfo):
        raise RefusedError("start", "has an offset that is not that of its zone, and recurs (give its timezone)")
    if rule and isinstance(start, datetime) and start.fold:
        raise RefusedError("start", "is the second of two times that the clock shows, and recurs (take another day)")
    made = Happening(
        start=start,
        end=end,
        foreign=isinstance(start, datetime) and start.tzinfo != ZoneInfo(site.timezone),
        place=_place(event.location, line),
        organizer=_person(event.organizer, line),
        status=event.status,
        recurrence=rule,
        left_out=tuple(as_start(_there(one, zone), start) for one in event.except_),
    )
    if rule:
        _check_recurrence(rule, made)
        made = _recurring(made, now)
    return _windowed(made, now, site.feeds) if now else made


def _moment(moment: date, zone: ZoneInfo, field: str) -> date:
    """Put a moment into its zone, or leave it in the offset that its author meant; Z stands for no such meaning."""
    if not isinstance(moment, datetime):
        return moment
    if moment.tzinfo is None:
        aware(moment, zone, field)
        return moment.replace(tzinfo=zone, microsecond=0)
    local = moment.astimezone(zone).replace(microsecond=0)
    return local if moment.utcoffset() in (timedelta(), local.utcoffset()) else moment.replace(microsecond=0)


def _there(moment: date, zone: ZoneInfo) -> date:
    """Put a moment of a rule into its zone."""
    if not isinstance(moment, datetime):
        return moment
    return (moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)).replace(microsecond=0)


def _check_recurrence(rule: str, event: Happening) -> None:
    """Check in the event's own zone, in which its rule counts, what was written in another. Raises RefusedError."""
    try:
        field = "recurrence"
        check_start(rule, event.start)
        field = "except"
        for moment in event.left_out:
            check_exception(moment, rule, event.start)
    except ValueError as error:
        raise RefusedError(field, str(error)) from None


def aware(moment: date, zone: ZoneInfo, field: str) -> datetime:
    """Give a moment its offset, in whole minutes as the formats need it, and whole seconds.

    The day stays as it was written, also where a zone once had an offset with seconds. A time of day
    that occurs twice is the first of the two. Raises RefusedError for one that a change of clocks skips.
    """
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(), zone)
    elif moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
        if moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment.replace(tzinfo=None):
            clock = moment.replace(tzinfo=None).isoformat()
            raise RefusedError(field, f"{clock} does not exist in {zone.key} (clocks skip it: write an offset)")
    return whole_minutes(moment)


def _place(place: Place | str | None, line: Callable[[str, str], str]) -> Place | None:
    if place is None or isinstance(place, str):
        return Place(name=line("location", place)) if place else None
    address = line("location", place.address) if place.address else None
    return place.model_copy(update={"name": line("location", place.name), "address": address})


def _person(person: Person | str | None, line: Callable[[str, str], str]) -> Person | None:
    if person is None or isinstance(person, str):
        return Person(name=line("organizer", person)) if person else None
    return person.model_copy(update={"name": line("organizer", person.name)})


def _recurring(event: Happening, now: datetime | None) -> Happening:
    """Count out the next starts; what is still on counts."""
    length = span(event.start, event.end)
    rule = event.recurrence or ""
    if next(dates(rule, event.start, ()), None) is None:
        raise RefusedError("recurrence", "ends before its start")
    if next(dates(rule, event.start, event.left_out), None) is None:
        raise RefusedError("except", "leaves no date of the recurrence")
    coming = (one for one in dates(rule, event.start, event.left_out) if now is None or _instant(one, length) > now)
    following = tuple(islice(coming, 3))
    return replace(event, next=following, until=_instant(following[0], length) if now and following else None)


def _instant(start: date, length: timedelta) -> datetime:
    """Give the moment at which something that starts then is over; a day is over when it is so everywhere."""
    if isinstance(start, datetime):
        return start.astimezone(UTC) + length
    return datetime.combine(start, time(12), UTC) + length


def _windowed(event: Happening, now: datetime, settings: FeedSettings) -> Happening:
    """Tell whether an event is within the window of calendars, and when that changes."""
    back, ahead = settings.calendar_days_back, settings.calendar_days_ahead
    comes, goes = None, None
    if ahead is not None:
        comes = _instant(event.start, timedelta()) - timedelta(days=ahead)
    if back is not None and not event.next:
        goes = _instant(event.start, span(event.start, event.end)) + timedelta(days=back)
    inside = (comes is None or comes <= now) and (goes is None or goes > now)
    coming = [moment for moment in (event.until, comes, goes) if moment and moment > now]
    return replace(event, in_calendar=inside, until=min(coming, default=None))


def facts(event: Happening) -> str:
    """Write down what readers must know when it changes, however its author spells it."""
    place = event.place.line if event.place else None
    end = _spelled(event.end) if event.end else None
    end = None if end == _spelled(event.start) else end
    return _json(Facts(_spelled(event.start), end, place, event.status or "confirmed"))


def _spelled(moment: date) -> str:
    return (moment.astimezone(UTC) if isinstance(moment, datetime) else moment).isoformat()


def changed(known: Known, before: Known, moment: int) -> Known:
    """Say of an event that is known when its facts last changed, and which changes its readers are told of."""
    if before.facts is None or known.facts is None or before.facts == known.facts:
        return known._replace(moved=before.moved, changes=before.changes)
    told, old, new = changes(before), Facts(*json.loads(before.facts)), Facts(*json.loads(known.facts))
    values = dict(zip(("start", "end", "location", "status"), zip(old, new, strict=True), strict=True))
    field = next(name for name in _FIELDS if values[name][0] != values[name][1])
    reached = (one.n for one in told if (one.field, _value(one)) == (field, values[field][1]))
    told.append(Change(moment, 1 + max(reached, default=0), field, old, new))
    return known._replace(moved=max(moment, before.moved or moment), changes=_json(told[-_MOST:]))


def changes(known: Known | None) -> list[Change]:
    """Read the changes that readers were told of, the first one first."""
    if known is None or known.changes is None:
        return []
    rows = json.loads(known.changes)
    return [Change(at, n, field, Facts(*before), Facts(*after)) for at, n, field, before, after in rows]


def _value(change: Change) -> str | None:
    return change.after.place if change.field == "location" else str(getattr(change.after, change.field) or "") or None


def sequenced(entry: Entry) -> Entry:
    """Number the versions of an event: 0, and after a change the seconds from 2000 to it, which never fall."""
    if entry.event is None:
        return entry
    seconds = int((entry.updated - _FIRST).total_seconds()) if entry.updated > entry.published else 0
    sequence = max(0, min(seconds, 2**31 - 1))
    change = next(iter(changes(entry.known)[-1:]), None)
    return replace(entry, event=replace(entry.event, sequence=sequence, change=change))


def notices(entry: Entry, authority: str) -> Iterator[Entry]:
    """Make an entry of each change: readers show what is new, and no edit of what they have."""
    for change in changes(entry.known) if entry.event else ():
        text = _json([entry.id, change.field, _value(change), change.n])
        seen = datetime.fromtimestamp(change.at, entry.published.tzinfo)
        yield Entry(
            id=f"tag:{authority}:notice/{hashlib.sha256(text.encode()).hexdigest()[:20]}",
            kind=entry.kind,
            title=entry.title,
            link=entry.link,
            published=max(seen, entry.published),
            updated=max(seen, entry.published),
            topics=entry.topics,
            tags=entry.tags,
            authors=entry.authors,
            language=entry.language,
            image=entry.image,
            event=entry.event,
            notice=change,
            records=entry.records,
            source=entry.source,
        )


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
