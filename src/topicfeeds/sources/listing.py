"""Text pages: the heading, description and items of a topic, as copied from a web page.

An item ends with its date lines. All lines since the previous date belong to the item. Text at the top of the page that
belongs to no item describes the topic. Pages about one item have another form and are rejected.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

from ..errors import Problem, show
from ..models.site import Source
from ..text.characters import TAG_IN_NAME, has_tag, is_blank
from ._raw import RawRecord, Unreadable
from .model import Page

_DATE = re.compile(r"(publication|start|end) date\s*:\s*(.*)", re.IGNORECASE)
_DETAIL = re.compile(r"(start|end) date", re.IGNORECASE)
_TAG = re.compile("\\s*•([ \u00a0]++)(.*\\S)\\s*")
_HEADING = re.compile(r"documents for (.+)", re.IGNORECASE)
_KINDS = {"news": "article", "publication": "article", "event": "event"}
_FURNITURE = {"document type", "select a topic", "forum documents"}
# strftime is not used, as its result depends on the locale.
_MONTHS = ["January", "February", "March", "April", "May", "June", "July"]
_MONTHS += ["August", "September", "October", "November", "December"]


@dataclass(slots=True)
class _Block:
    """Lines between blank lines: a paragraph, or a list of tags."""

    line: int
    lines: list[str] = field(default_factory=list)
    is_list: bool = True
    """Whether all lines are bullets with a label.

    Two spaces follow a bullet. Copying may lose one of them: after a single space, a label has at most three words.
    """

    def add(self, line: str) -> None:
        self.lines.append(line)
        found = _TAG.fullmatch(line) if self.is_list else None
        self.is_list = bool(found and (len(found[1]) > 1 or len(found[2].split()) <= 3))

    @property
    def text(self) -> str:
        return " ".join(line.strip() for line in self.lines)

    @property
    def tags(self) -> list[str]:
        """The labels of a list of bullets."""
        return [match[2] for line in self.lines if (match := _TAG.fullmatch(line))]


@dataclass(slots=True)
class _PageItem:
    """The dates of an item, and the blocks above them, by meaning."""

    dates: dict[str, tuple[str, int]]
    """The text and line of each date by its name, such as `start`."""
    before: list[_Block]
    tags: list[str]
    texts: list[_Block]
    kind: str | None

    @property
    def line(self) -> int:
        return min(line for _, line in self.dates.values())


def read(text: str, source: Source, path: str) -> Iterator[RawRecord | Page | Problem]:
    """Read a text page. Raises Unreadable."""
    items, rest = _split_items(text)
    if not items:
        raise Unreadable(1, 'has no item: no line has the form "publication date: 31-12-2026" (check the file)')
    first = items[0]
    yield from _read_page(first.before, source, path)
    if not first.texts and first.before:
        message = "is missing in the first item: its text was read as the topic's description (add a title)"
        yield Problem(path, first.line, "title", message, "warning")
    for item, inferred in zip(items, _infer_dates(items), strict=True):
        if item.before and item is not first:
            message = "text above the tags of an item is skipped (move it below the tags)"
            yield Problem(path, item.before[0].line, "", message, "warning")
        yield from _read_item(item, inferred, source, path)
    if rest:
        message = f"{show(rest[0].text)} follows the last date and is skipped (add a date line below it)"
        yield Problem(path, rest[0].line, "", message, "warning")


def _split_items(text: str) -> tuple[list[_PageItem], list[_Block]]:
    """Split the page after each date.

    Return the items, and the blocks after the last date, which belong to no item.
    """
    items: list[_PageItem] = []
    blocks: list[_Block] = []
    open_block = False
    started: _PageItem | None = None
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if _DETAIL.fullmatch(stripped):
            message = "is the page of one item, not a list of items (save the page that lists the items)"
            raise Unreadable(number, message)
        if started and stripped and "end date".startswith(stripped.lower()):
            started.dates["end"] = (stripped, number)  # an end date that was cut off: its text is not a date
            started = None
        elif dated := _DATE.fullmatch(stripped):
            name = dated[1].lower().replace("publication", "published")
            if name == "end" and started:
                started.dates[name] = (dated[2], number)
                started = None
            else:
                items.append(_PageItem({name: (dated[2], number)}, *_split_blocks(blocks, first=not items)))
                started = items[-1] if name == "start" else None
                blocks = []
            open_block = False
        elif is_blank(stripped) or stripped.lower() in _FURNITURE:
            open_block = False
        else:
            started = None
            if not open_block or bool(_TAG.fullmatch(line)) != blocks[-1].is_list:
                blocks.append(_Block(number))
            blocks[-1].add(line)
            open_block = True
    return items, blocks


def _split_blocks(blocks: list[_Block], *, first: bool) -> tuple[list[_Block], list[str], list[_Block], str | None]:
    """Return the blocks before an item, its tags, its texts, and its kind. Tags are directly before the title.

    If the first item has no tags, the last two blocks are title and summary.
    """
    kind = blocks.pop().text.lower() if blocks and blocks[-1].text.lower() in _KINDS else None
    tagged = max((n for n, block in enumerate(blocks) if block.is_list), default=None)
    if tagged is not None:
        return blocks[:tagged], blocks[tagged].tags, blocks[tagged + 1 :], kind
    if not first:
        return [], [], blocks, kind
    before, texts = blocks[:-2], blocks[-2:]
    if texts and (len(texts[0].text) > 150 or texts[0].text.endswith(".")):
        before, texts = blocks, []
    return before, [], texts, kind


def _read_page(before: list[_Block], source: Source, path: str) -> Iterator[Page | Problem]:
    """Yield heading and description. The heading is a short first paragraph without a full stop."""
    if not source.topics:
        return
    texts = [block.text for block in before]
    heading = None
    if texts and len(texts[0]) <= 80 and not texts[0].endswith((".", ":")):
        heading = texts.pop(0)
        named = _HEADING.fullmatch(heading)
        heading = named[1] if named else heading
    if heading and has_tag(heading):
        yield Problem(path, before[0].line, "title", TAG_IN_NAME, "warning")
    yield Page(source.topics[0], heading, "\n\n".join(texts) or None)


def _infer_dates(items: list[_PageItem]) -> list[date | None]:
    """Return for each item the date of the next dated article below it."""
    dates: list[date | None] = []
    below: date | None = None
    for item in reversed(items):
        dates.append(below)
        if "published" in item.dates:
            below = _parse_day(item.dates["published"][0]) or below
    return dates[::-1]


def _read_item(item: _PageItem, inferred: date | None, source: Source, path: str) -> Iterator[RawRecord | Problem]:
    if wrong := list(_check_dates(item, path)):
        yield from wrong
        return
    days = {name: day for name, (text, _) in item.dates.items() if (day := _parse_day(text))}
    kind = "article" if "published" in days else "event"
    if item.kind and _KINDS[item.kind] != kind:
        message = (
            f"the page says {item.kind}, but its dates belong to an {kind} (published as {kind}; correct the page)"
        )
        yield Problem(path, item.line, "kind", message, "warning")
    yield from _check_lines(item.texts, path)
    title = item.texts[0].text if item.texts else None
    label = _make_label(kind, days)
    if title is None and source.untitled == "skip":
        message = f'is missing: the item "{label}" is skipped (add a title, or set untitled = "label" in [[sources]])'
        yield Problem(path, item.line, "title", message, "warning")
        return
    summary = " ".join(block.text for block in item.texts[1:])
    yield RawRecord(
        fields={"kind": kind, "title": title or label, "summary": summary, "tags": item.tags, **days},
        line=item.line,
        inferred=inferred if kind == "event" else None,
        from_page=True,
        untitled=title is None,
    )


def _check_lines(texts: list[_Block], path: str) -> Iterator[Problem]:
    """Warn about lines that look like dates or tags, but are read as text."""
    for block in texts:
        for number, line in enumerate(block.lines, block.line):
            if re.search(r":\s*[0-9]{2}-[0-9]{2}-[0-9]{4}\s*$", line):
                message = f'{show(line.strip())} is read as text (write a date as "publication date: 31-12-2026")'
                yield Problem(path, number, "", message, "warning")
            elif line.lstrip().startswith("•"):
                message = f"{show(line.strip())} is read as text (write tags above the title, with two spaces after •)"
                yield Problem(path, number, "", message, "warning")


def _check_dates(item: _PageItem, path: str) -> Iterator[Problem]:
    for name, (text, line) in item.dates.items():
        if _parse_day(text) is None:
            message = f"{show(text)} is not a date (write 31-12-2026)"
            yield Problem(path, line, name, message, item=item.line)
    start, end = (_parse_day(item.dates.get(name, ("", 0))[0]) for name in ("start", "end"))
    if start and end and end < start:
        message = "is before start (correct one of the two)"
        yield Problem(path, item.dates["end"][1], "end", message, item=item.line)
    if "end" in item.dates and "start" not in item.dates:
        message = "is missing (add a line such as start date: 31-12-2026 above the end date)"
        yield Problem(path, item.line, "start", message, item=item.line)


def _parse_day(text: str) -> date | None:
    """Parse dd-mm-yyyy. Return None for anything else."""
    with suppress(ValueError):
        if re.fullmatch(r"[0-9]{2}-[0-9]{2}-[0-9]{4}", text):
            return date(int(text[6:]), int(text[3:5]), int(text[:2]))
    return None


def _make_label(kind: str, days: dict[str, date]) -> str:
    """Return kind and date of an item without a title, in English."""
    first = days.get("published") or days["start"]
    last = days.get("end", first)
    start = [str(first.day), _MONTHS[first.month - 1], str(first.year)]
    end = [str(last.day), _MONTHS[last.month - 1], str(last.year)]
    if start == end:
        return f"{kind.title()}, {' '.join(end)}"
    while start[-1:] == end[len(start) - 1 : len(start)] and len(start) > 1:
        start.pop()
    return f"{kind.title()}, {' '.join(start)}-{' '.join(end)}"
