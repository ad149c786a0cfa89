"""Programs that read calendars, each asked the same: what is wrong with it, and when does each event take place?

    python -m support.calendars READER FILE...

prints a line of JSON for every file. A reader runs in a process of its own, under a time limit: it may be written
in C, or in JavaScript, and it may hang. All of them take zones from the file, and not from the machine.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, tzinfo
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from support import libical
from support.needs import ROOT, missing, program

TIMEOUT = 60
MOST = 200
"""So many dates of an event that recurs are compared."""

Moment = int | str
"""Seconds since 1970, or a day."""


class Appointment(NamedTuple):
    """An event as a reader understands it."""

    uid: str
    title: str
    end: Moment | None
    """When it is over for the first time, where that is said; a day is the one after its last."""
    starts: Sequence[Moment]
    """All that there are, or the first of them."""


class Reading(NamedTuple):
    """What a reader says of a file."""

    complaints: list[str]
    appointments: list[Appointment]


def ask(reader: str, files: Sequence[Path]) -> dict[Path, Reading]:
    """Let a reader read files; it fails the test where it takes too long, or falls over."""
    command = [*_command(reader), *map(str, files)]
    done = subprocess.run(
        command, cwd=ROOT / "tests", capture_output=True, encoding="utf-8", timeout=TIMEOUT, check=False
    )
    assert done.returncode == 0, done.stderr
    found = map(json.loads, done.stdout.split("\n")[:-1])
    said = (Reading(one["complaints"], [Appointment(*event) for event in one["appointments"]]) for one in found)
    return dict(zip(files, said, strict=True))


def _command(reader: str) -> list[str]:
    if reader == "ical.js":
        node = program("node", "nodejs")
        if not (ROOT / "node_modules" / "ical.js").exists():
            missing("ical.js (npm install --no-save ical.js)")
        return [node, str(Path(__file__).with_name("calendars.mjs")), str(MOST)]
    if reader == "libical" and libical.PATH is None:
        missing("libical (Debian package libical3)")
    return [sys.executable, "-X", "utf8", "-m", "support.calendars", reader]


def moment(value: date) -> Moment:
    """Give a moment as readings have it."""
    return int(value.timestamp()) if isinstance(value, datetime) else value.isoformat()


def dates(rule: str, start: date) -> Iterator[date]:
    """Count a rule out, by dateutil, in the start's zone."""
    from dateutil.rrule import rrulestr

    if isinstance(start, datetime):
        yield from rrulestr(rule, dtstart=start)
    else:
        yield from (one.date() for one in rrulestr(rule, dtstart=datetime.combine(start, time())))


def by_icalendar(content: bytes) -> Iterator[str | Appointment]:
    """Read as the library does that wrote it, but with the zones that the file describes."""
    from icalendar import Calendar

    calendar: Any = Calendar.from_ical(content)
    for part in calendar.walk():
        yield from (f"{name}: {error}" for name, error in part.errors)
    yield from (f"no zone {zone}" for zone in sorted(calendar.get_missing_tzids()))
    zones = {str(part["TZID"]): part.to_tz(lookup_tzid=False) for part in calendar.walk("VTIMEZONE")}

    def there(prop: Any, given: date) -> date:
        zone: tzinfo | None = zones.get(prop.params.get("TZID", ""))
        return given.replace(tzinfo=zone) if zone and isinstance(given, datetime) else given

    for event in calendar.walk("VEVENT"):
        start, end, rule = there(event["DTSTART"], event["DTSTART"].dt), event.get("DTEND"), event.get("RRULE")
        lists = event.get("EXDATE", [])
        lists = lists if isinstance(lists, list) else [lists]
        left_out = {there(some, one.dt) for some in lists for one in some.dts}
        starts = dates(rule.to_ical().decode(), start) if rule else iter([start])
        kept = islice((one for one in starts if one not in left_out), MOST)
        over = moment(there(end, end.dt)) if end else None
        yield Appointment(str(event["UID"]), str(event["SUMMARY"]), over, [moment(one) for one in kept])


def by_vobject(content: bytes) -> Iterator[str | Appointment]:
    """Read as Radicale does, and many small tools."""
    import vobject

    vars(vobject.icalendar)["__tzidMap"].clear()  # it would take the zones of the first file for those of all
    vobject.icalendar.registerTzid("UTC", UTC)
    try:
        calendar = vobject.readOne(content.decode(), validate=True)
    except vobject.base.VObjectError as error:
        yield str(error)
        return
    for event in calendar.contents.get("vevent", []):
        end, day = event.contents.get("dtend"), not isinstance(event.dtstart.value, datetime)
        starts = islice(event.getrruleset(addRDate=True) or [event.dtstart.value], MOST)
        said = [moment(one.date() if day and isinstance(one, datetime) else one) for one in starts]
        yield Appointment(event.uid.value, event.summary.value, moment(end[0].value) if end else None, said)


def by_libical(content: bytes) -> Iterator[str | Appointment]:
    """Read as Evolution and KDE do."""
    library = libical.Library()
    calendar = library.parse(content)
    yield from library.complaints(calendar)
    for event in library.events(calendar):
        uid, title = library.text(event, "uid"), library.text(event, "summary")
        yield Appointment(uid, title, library.end(event), library.starts(event)[:MOST])


READERS: dict[str, Callable[[bytes], Iterator[str | Appointment]]] = {
    "icalendar": by_icalendar,
    "vobject": by_vobject,
    "libical": by_libical,
}
NAMES = (*READERS, "ical.js")


def main(reader: str, *files: str) -> None:
    """Print what a reader says of files."""
    for file in files:
        found = list(READERS[reader](Path(file).read_bytes()))
        complaints = [one for one in found if isinstance(one, str)]
        print(
            json.dumps({"complaints": complaints, "appointments": [one for one in found if not isinstance(one, str)]})
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
