"""The events of the corpus: their calendars as files, and what readers have to find in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from support import folder_site
from support.calendars import MOST, Appointment, Moment, dates, moment
from topicfeeds import Event, Site, build, read, select
from topicfeeds.formats.translations import find_translation
from topicfeeds.sources.model import Record

YEARS = timedelta(days=29 * 365)
"""So far ahead rules are compared: libical is asked for thirty years."""


def written(case: Path, folder: Path) -> Iterator[Path]:
    """Write the calendars of a case, also of one that publishes none."""
    site = folder_site(case)
    settings = site.feeds.model_copy(update={"formats": ("atom", "ics")})
    site = site.model_copy(update={"feeds": settings if "ics" not in site.feeds.formats else site.feeds})
    for document in build(site, read(site, case), problems=[]):
        if document.path.endswith(".ics"):
            file = folder / case.name / document.path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(document.render())
            yield file


def there(given: date, event: Event, site: Site) -> date:
    """Put a time without offset into its zone."""
    if not isinstance(given, datetime):
        return given
    zone = ZoneInfo(event.timezone or site.timezone)
    return (given if given.tzinfo else given.replace(tzinfo=zone)).replace(microsecond=0)


def starts(event: Event, site: Site) -> Iterator[date]:
    """Count out when an event takes place, by what its author wrote."""
    start = there(event.start, event, site)
    if not event.recurrence:
        yield start
        return
    if isinstance(start, datetime):
        start = start.astimezone(ZoneInfo(event.timezone or site.timezone))
    left_out = [there(one, event, site) for one in event.except_]
    for one in dates(event.recurrence, start):
        if one not in left_out and not (isinstance(one, datetime) and one.date() in left_out):
            yield one


def end(event: Event, site: Site) -> Moment | None:
    """Give when an event is over, as calendars say it; what takes no time has no end."""
    if not isinstance(event.start, datetime):
        return ((event.end or event.start) + timedelta(days=1)).isoformat()
    over = moment(there(event.end, event, site)) if event.end else None
    return None if over == moment(there(event.start, event, site)) else over


def near(found: list[Moment]) -> list[Moment]:
    """Leave out what is too far ahead to be compared."""
    first = found[0]
    if isinstance(first, int):
        return [one for one in found if one <= first + YEARS.total_seconds()]  # type: ignore[operator]
    last = min(date.fromisoformat(first), date.max - YEARS) + YEARS
    return [one for one in found if one <= last.isoformat()]  # type: ignore[operator]


@cache
def expected(case: Path) -> dict[str, Appointment]:
    """Say of every event of a case, by its id, what readers have to find."""
    site, found = folder_site(case), {}
    for record in read(site, case):
        assert isinstance(record, Record)
        [entry] = select(site, [record], problems=[])["all"].entries
        item = record.item
        if isinstance(item, Event):
            words = find_translation(site.language).status
            word = words[item.status] if item.status in ("postponed", "cancelled") else None
            title = f"{word}: {entry.title}" if word else entry.title
            times = near([moment(one) for one in islice(starts(item, site), MOST)])
            found[entry.id] = Appointment(entry.id, title, end(item, site), times)
    return found
