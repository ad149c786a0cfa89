"""Requests for documents: which document an address names, and how to make it from items."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from ..feeds.model import add_suffix
from ..feeds.select import Wanted
from ..feeds.terms import FeedTerms, read_declared
from ..formats import EVENT_FOLDER
from ..models.site import Site
from ..output.documents import Document, build_documents, build_empty
from ..registry import STYLESHEET_PATH
from ..run.calls import select_lazily
from ..run.report import RunReport, check_severity
from ..sources.model import ItemLike
from ..state.snapshot import Snapshot
from ..text.slugs import is_hashed_slug, is_slug
from .mix import read_mix, title_mix

_PAGE = ".html"
_PAGES = (_PAGE, "feeds.opml", STYLESHEET_PATH)
_INDEX = re.compile(r"index\.html|(?:topics|feeds|tags)-[0-9]{1,9}\.html|feeds\.opml|feed\.css")
_EVENT = re.compile(rf"{EVENT_FOLDER}[0-9a-f]{{16}}\.ics")


class Request(NamedTuple):
    """A request for a document."""

    path: str
    """The canonical address of the document, relative to the address of the feeds."""
    terms: FeedTerms
    """The feed from which the document is made."""
    is_canonical: bool = True
    has_form: bool = False
    """Whether the page has the form for a mix."""


def read_path(site: Site, path: str, query: str, max_terms: int) -> Request | None:
    """Return the request for a path, or None if there is no such document. Raises MixError."""
    path = path or "index.html"
    suffixes = (*(form.suffix for form in site.extensions.feed_formats.values()), _PAGE)
    suffix = next(filter(path.endswith, suffixes), "")
    name = path.removesuffix(suffix)
    if path.endswith(_PAGES) and site.pages is None:
        return None
    if _INDEX.fullmatch(path):
        return Request(path, FeedTerms(), has_form=max_terms > 0)
    if _EVENT.fullmatch(path):
        return Request(path, FeedTerms(name=name, kinds=("event",)))
    if name == "mix" and suffix and max_terms:
        terms = read_mix(site, query, max_terms)
        address = add_suffix(terms.name, suffix)
        return Request(address, terms, is_canonical=address == f"{path}?{query}")
    found = _find_terms(site, name) if suffix else None
    return Request(path, found) if found else None


def _find_terms(site: Site, name: str) -> FeedTerms | None:
    """Return which items a feed contains (its `FeedTerms`), or None if the site has no such feed."""
    if name == "all":
        return FeedTerms(name=name)
    folder, _, slug = name.partition("/")
    if folder == "feeds":
        return next((read_declared(site, one) for one in site.feed if one.slug == slug), None)
    if not (is_slug(slug) or is_hashed_slug(slug)):
        return None
    if folder == "topics" and "topic" in site.feeds.per and (not site.topics or slug in site.topics):
        return FeedTerms(name=name, topics=(slug,))
    return FeedTerms(name=name, tags=(slug,)) if folder == "tags" and "tag" in site.feeds.per else None


def find_document(
    site: Site, request: Request, items: Iterable[ItemLike], now: datetime, makers: str, memory: Snapshot | None
) -> tuple[Document | None, RunReport]:
    """Make the document of a request from items. `makers` is the result of `describe_makers`."""
    name, path, report = request.terms.name, request.path, RunReport()
    is_event, is_page = bool(_EVENT.fullmatch(path)), path.partition("?")[0].endswith(_PAGES)
    names = None if _INDEX.fullmatch(path) else frozenset(["all"] if is_event or is_page else []) | {name}
    wanted = Wanted(calendars=True, names=names, terms=request.terms)
    selections = select_lazily(_open_calendars(site) if is_event else site, items, report, now, wanted, memory)
    check_severity(report, memory, strict=False)
    if "?" in name:
        selections[name] = title_mix(selections[name], request.terms, site)
    if is_page:
        from ..pages.subscribe import build_pages, find_due  # imported here, as most sites have no pages

        report.note_due(find_due(selections.values(), now))
        documents = build_pages(selections, site, now, form=request.has_form)
    else:
        documents = build_documents(selections.values(), site, makers=makers)
    found = next((one for one in documents if one.path == path), None)
    return found or _find_retired(site, path, now, memory, report), report


def _find_retired(site: Site, path: str, now: datetime, memory: Snapshot | None, report: RunReport) -> Document | None:
    """Return the empty document that `publish` keeps for `retire_days` after a feed has gone, or None."""
    known = memory.find_document(path) if memory else None
    removal = known.removal_time(site.feeds.retire_days) if known else None
    if known is None or (removal is not None and removal <= now.timestamp()):
        return None
    report.note_due(datetime.fromtimestamp(removal, UTC) if removal else None)
    return build_empty(known, site, None)


def _open_calendars(site: Site) -> Site:
    """Return a site whose calendars have all events. Events that have left the calendars still have their files."""
    every = {"calendar_days_back": None, "calendar_days_ahead": None}
    return site.model_copy(update={"feeds": site.feeds.model_copy(update=every)})
