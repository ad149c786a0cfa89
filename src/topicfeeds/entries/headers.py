"""Headers: the part of resolving that does not need the memory, the current time or other records."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import cache, partial
from zoneinfo import ZoneInfo

from pydantic_core import PydanticSerializationError

from ..errors import Problem, count, show, show_some
from ..models.items import Article, Enclosure, Event, Image, Item
from ..models.site import Site, explain_unknown_topic
from ..sources.model import NO_LINES, Draft, ItemLike, Page, Record
from ..sources.objects import as_records
from ..text.characters import (
    TAG_IN_NAME,
    find_reference,
    has_bidi_controls,
    has_tag,
    strip_bidi_controls,
    strip_broken_references,
    strip_edges,
    strip_forbidden,
    to_one_line,
)
from ..text.generator_marks import fill_in_ghost_url, find_source_links, find_template_tags
from ..text.html import explain_excess
from ..text.slugs import make_tag_slugger, make_topic_slugger, tag_key
from ..text.urls import url_warning
from .digests import digest_item
from .events import clean_person, make_aware, resolve_event, take_snapshot
from .model import Category, Entry, EventTimes, Header, RefusedError

_MAX_SHOWN_REFERENCES = 20
_MAX_SHOWN_REFERENCE_CHARS = 20
_LATER_FIELDS = ("id", "link", "content", "published", "updated", "start")
"""The fields whose checks need the memory, the current time or other records, or the whole feed."""
_NAMES = {"authors", "location", "organizer", "tags", "topics"}
_RELATIVE = re.compile(
    r"""(?i)<[a-z][^<>]{0,2000}?(?:[\s/-](?:src|srcset|href|poster)|[\s/]data)\s{0,9}=\s{0,9}(?:"""
    r"""["']\s{0,9}+(?![/#]|[a-z][a-z0-9+.-]{0,20}:)([^"'>/?.:{<&]{0,99}[/?.][^"'>{<]{0,99})|"""
    r"""(?!["'/#]|[a-z][a-z0-9+.-]{0,20}:)([^"'\s>/?.:{<&]{0,99}[/?.][^"'\s>{<]{0,99}))"""
)
"""An address that is relative to the page of its item."""
_UNKNOWN = datetime(1, 1, 1, tzinfo=UTC)
"""A placeholder for a date that depends on the memory or the current time."""


def make_headers(site: Site, found: Iterable[ItemLike]) -> Iterator[Header | Page | Problem | Draft]:
    """Yield a header for each item or record. Refused records become problems; pages and problems are passed on."""
    maker = HeaderMaker(site)
    for one in as_records(found, site):
        if isinstance(one, Record):
            yield from maker.make(one)
        else:
            yield one


class HeaderMaker:
    """Makes headers of records, one by one."""

    def __init__(self, site: Site) -> None:
        self.site = site
        slug, topic_slug = make_tag_slugger(site.tag_slugs), make_topic_slugger(site.topics)
        self.topic: Callable[[str], Category]
        self.topic = cache(lambda label: Category(topic_slug(label), label, f"{site.base}topics/"))
        self.tag: Callable[[str], Category]
        self.tag = cache(lambda label: Category(slug(label), label, f"{site.base}tags/"))
        self._key = cache(tag_key)
        self._problems: list[Problem] = []
        self._allowed_html = site.extensions.allowed_html

    def make(
        self, record: Record, position: tuple[bytes, int] = (b"", 0), *, is_single: bool = False
    ) -> Iterator[Header | Problem]:
        """Yield the problems of a record, and its header unless the record is refused.

        `position` is the key of the chunk, and the number of the record in the chunk. `is_single` says that the chunk
        is one line, or a file with one item.
        """
        header = None
        try:
            entry = self.make_entry(record)
            header = self._make_header(record, entry, position, is_single=is_single)
        except RefusedError as refusal:
            self._problems.append(record.problem(refusal.field, refusal.message))
        if self._problems:
            yield from self._problems
            self._problems.clear()
        if header:
            yield header

    def load(self, record: Record) -> Entry:
        """Return the entry of a record with a known header. Its problems are dropped: they came with the header."""
        entry = self.make_entry(record)
        self._problems.clear()
        return entry

    def restore(self, text: str, kind: str) -> Entry:
        """Return the entry of an item that `encode_item` encoded. Raises pydantic.ValidationError."""
        return self.load(Record(self.site.extensions.find_model(kind).model_validate_json(text), "", 1))

    def make_entry(self, record: Record) -> Entry:
        """Return the entry of a record, without values from the memory, the current time or other records.

        Raises RefusedError.
        """
        item = record.item
        topics = self._topics(record)
        event = resolve_event(item, self.site, partial(self._line, record)) if isinstance(item, Event) else None
        zone = ZoneInfo(item.timezone or self.site.timezone)
        published = make_aware(item.published, zone, "published") if item.published else _UNKNOWN
        image, picture = (item.image.url, item.image) if isinstance(item.image, Image) else (item.image, None)
        for place, address in (("link", item.link), ("image", image)):
            if address and (warning := url_warning(address)):
                self._warn(record, place, warning)
        if self.site.require_alt:
            self._warn_about_alt(record)
        return Entry(
            id=item.id or "",
            kind=item.kind,
            title=self._line(record, "title", item.title),
            link=item.link or "",
            published=published,
            updated=make_aware(item.updated, zone, "updated") if item.updated else _UNKNOWN,
            summary=self._summary(record, item.summary) if item.summary else None,
            content=self._content(record, item.content) if item.content else None,
            topics=topics,
            tags=self._tags(record),
            authors=tuple(clean_person(one, partial(self._line, record, "authors")) for one in item.authors),
            language=item.language,
            image=image,
            picture=self._picture(record, picture) if picture else None,
            enclosures=tuple(self._enclosures(record)) if item.enclosures else (),
            event=event,
            item=item if type(item) not in (Article, Event) else None,
            allowed_html=self._allowed_html,
        )

    def _make_header(self, record: Record, entry: Entry, position: tuple[bytes, int], *, is_single: bool) -> Header:
        item, event = record.item, entry.event
        author, content = digest_item(item)
        lines = record.lines
        public, expires = self._localize_window(record)
        return Header(
            kind=item.kind,
            own_id=item.id,
            link=item.link,
            minted=None if item.id or item.link else _describe_minted(item, untitled=record.untitled),
            published=entry.published if item.published else None,
            is_local=isinstance(item.published, date) and getattr(item.published, "tzinfo", None) is None,
            updated=entry.updated if item.updated else None,
            inferred=None if item.published else record.inferred,
            timezone=item.timezone or self.site.timezone,
            topics=entry.topics,
            tags=entry.tags,
            author_digest=author,
            content_digest=content,
            load=lambda: entry,
            from_page=record.from_page,
            untitled=record.untitled,
            times=EventTimes(event.start, event.end, event.recurrence, event.left_out) if event else None,
            snapshot=take_snapshot(event, item.timezone or self.site.timezone, record.moved) if event else None,
            path=record.path,
            line=record.line,
            lines={name: lines[name] for name in _LATER_FIELDS if name in lines} if lines else NO_LINES,
            source=record.source,
            position=position,
            body=partial(encode_item, item),
            is_parsed=True,
            is_single=is_single,
            name=record.label,
            place=record.place,
            public=public,
            expires=expires,
            language=item.language,
        )

    def _localize_window(self, record: Record) -> tuple[datetime | None, datetime | None]:
        if record.window is None:
            return None, None
        zone = ZoneInfo(record.item.timezone or self.site.timezone)
        start, end = record.window
        made = make_aware(start, zone, "publishDate") if start else None
        return made, make_aware(end, zone, "expiryDate") if end else None

    def _warn(self, record: Record, name: str, message: str) -> None:
        self._problems.append(record.problem(name, message, "warning"))

    def _line(self, record: Record, name: str, value: str) -> str:
        """Return a title or a name as one line. Characters that change the direction of text are removed from names."""
        if name in _NAMES and has_tag(value):
            self._warn(record, name, TAG_IN_NAME)
        if name in _NAMES and (found := find_reference(value)):
            advice = f'write the character, or set html_fields = ["{name}"] in the source'
            message = f"has {found}, which readers show unchanged ({advice})"
            self._warn(record, name, message)
        if value.isprintable():
            return to_one_line(value)
        line = self._text(record, name, value, to_one_line)
        if (whole := strip_edges(line)) != line:
            codes = _list_codes(c for c in (line[0], line[-1]) if not c.isprintable())
            message = f"has invisible characters at its ends: {codes} (removed: delete them in the source too)"
            self._warn(record, name, message)
        if has_bidi_controls(whole):
            codes = _list_codes(c for c in whole if has_bidi_controls(c))
            done = "kept: check how the title reads" if name == "title" else "removed: delete them in the source too"
            message = f"has characters that change the direction of text: {codes} ({done})"
            self._warn(record, name, message)
        return whole if name == "title" else strip_bidi_controls(whole)

    def _text(self, record: Record, name: str, value: str, shape: Callable[[str], str] = str.strip) -> str:
        """Return a text without the characters that XML forbids, and warn about them."""
        whole = strip_forbidden(value)
        if whole != value:
            codes = _list_codes(c for c in value if strip_forbidden(c) != c)
            message = f"has characters that XML forbids: {codes} (removed: delete them in the source too)"
            self._warn(record, name, message)
        return shape(whole)

    def _content(self, record: Record, value: str) -> str:
        most = self.site.feeds.max_body
        if len(value) * 4 > most and (size := len(value.encode("utf-8", "replace"))) > most:
            limit = f"the limit is {most} (shorten it, or raise max_body under [feeds] in the site file)"
            raise RefusedError("content", f"has {size} bytes; {limit}")
        if message := explain_excess(value):
            raise RefusedError("content", message)
        value = fill_in_ghost_url(value, self.site.url)
        if not record.item.link and (found := _RELATIVE.search(value)):
            message = f"has relative addresses such as {show((found[1] or found[2]).strip())}, but the item has no link"
            self._warn(record, "content", f"{message}, so they may be wrong (add a link)")
        self._warn_about_marks(record, "content", value)
        value, broken = strip_broken_references(value)
        if broken:
            message = f"has references to forbidden characters: {_list_references(broken)}"
            message += " (removed: delete them in the source too)"
            self._warn(record, "content", message)
        return self._text(record, "content", value)

    def _summary(self, record: Record, value: str) -> str:
        self._warn_about_marks(record, "summary", value)
        return self._text(record, "summary", value)

    def _warn_about_marks(self, record: Record, name: str, value: str) -> None:
        """Warn about links and tags that only a site generator understands."""
        if links := find_source_links(value):
            message = f"links to source files: {show_some(links)} (write the addresses of their pages)"
            self._warn(record, name, message)
        if tags := find_template_tags(value):
            message = f"has parts that only a site generator understands: {show_some(tags)} "
            message += "(replace them with the text or HTML that they produce)"
            self._warn(record, name, message)

    def _picture(self, record: Record, picture: Image) -> Image:
        texts = {"alt": picture.alt, "credit": picture.credit}
        clean = {name: self._line(record, "image", text) for name, text in texts.items() if text}
        return picture.model_copy(update=clean)

    def _warn_about_alt(self, record: Record) -> None:
        """Warn about pictures without a text for people who do not see them. A decoration has `alt=""` in HTML."""
        from ..text.html_tree import parse_fragment  # imported here, as few sites need it

        item = record.item
        if item.image and not (isinstance(item.image, Image) and item.image.alt):
            message = "has no alt (write image as a table with url and alt, and say in alt what the picture shows)"
            self._warn(record, "image", message)
        elements = parse_fragment(item.content or "").elements()
        bare = [one for one in elements if one.name == "img" and "alt" not in one.attributes]
        if bare:
            message = f"has {count('picture', len(bare))} without alt (say in alt what the picture shows)"
            self._warn(record, "content", message)

    def _enclosures(self, record: Record) -> Iterator[Enclosure]:
        for file in record.item.enclosures:
            title = self._line(record, "enclosures", file.title) if file.title else None
            yield file.model_copy(update={"title": title})

    def _topics(self, record: Record) -> tuple[Category, ...]:
        found: dict[str, Category] = {}
        for name in list_topics(record):
            label = self._line(record, "topics", name)
            if self.site.topics and label not in self.site.topics:
                field = "topic" if record.item.topic else "topics"
                raise RefusedError(field, explain_unknown_topic(label, self.site.topics))
            topic = self.topic(label)
            found.setdefault(topic.term, topic)
        return tuple(found.values())

    def _tags(self, record: Record) -> tuple[Category, ...]:
        found: dict[str, Category] = {}
        for tag in record.item.tags:
            label = self._line(record, "tags", tag)
            found.setdefault(self._key(label), self.tag(label))
        return tuple(found.values())


def list_topics(record: Record) -> list[str]:
    """Return the topics of a record, and those that its source gives to every item."""
    item = record.item
    return [*item.topics, *([item.topic] if item.topic else []), *record.topics]


def encode_item(item: Item) -> str:
    """Return the fields that the author set, as JSON. Return an empty text if it contains lone surrogates."""
    with suppress(PydanticSerializationError, UnicodeError):
        return item.__pydantic_serializer__.to_json(item, exclude_unset=True, by_alias=True).decode()
    return ""


def _describe_minted(item: Item, *, untitled: bool) -> tuple[str, str]:
    """Return the date and the title from which an id is made."""
    stated = item.published or (item.start if isinstance(item, Event) else None)
    return stated.isoformat() if stated else "", "" if untitled else to_one_line(item.title)


def _list_codes(characters: Iterable[str]) -> str:
    return ", ".join(sorted({f"U+{ord(c):04X}" for c in characters}))


def _list_references(references: Sequence[str]) -> str:
    most, chars = _MAX_SHOWN_REFERENCES, _MAX_SHOWN_REFERENCE_CHARS
    shown = [one if len(one) <= chars else f"{one[:chars]}..." for one in references[:most]]
    return ", ".join(shown) + (f" and {len(references) - most} more" if len(references) > most else "")
