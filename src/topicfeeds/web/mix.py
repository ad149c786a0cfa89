"""Mixes: feeds whose terms are in the query of their address, such as `mix.atom.xml?topic=a&tag=b&match=all`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

from ..errors import nearest, show
from ..feeds.model import Selection
from ..feeds.select import make_topic_title
from ..feeds.terms import FeedTerms
from ..models.site import Site, Topic
from ..text.slugs import MAX_SLUG_CHARS, is_hashed_slug, is_slug, make_tag_slugger, make_topic_slugger

_LISTS = ("topic", "tag", "not_topic", "not_tag", "kind")
"""The parameters that may be repeated, in the order of canonical addresses."""
_CHOICES = {"kind": ("article", "event"), "match": ("any", "all")}


class MixError(Exception):
    """A query does not describe a mix. The arguments are the status of the response and a message for the client."""


def read_mix(site: Site, query: str, max_terms: int) -> FeedTerms:
    """Return the terms of a query. The name of the terms contains the canonical query. Raises MixError."""
    try:
        given = parse_qsl(query, errors="strict", max_num_fields=4 * max_terms + 4)
    except ValueError:
        message = f"the query has too many parameters, or is not UTF-8 (use at most {max_terms} terms)"
        raise MixError(400, message) from None
    for name, value in given:
        _check(name, value)
    found = {name: _list_slugs(site, name, (value for key, value in given if key == name)) for name in _LISTS}
    if sum(map(len, found.values())) > max_terms:
        raise MixError(400, f"the query has too many terms (use at most {max_terms})")
    if unknown := [one for one in (*found["topic"], *found["not_topic"]) if site.topics and one not in site.topics]:
        hint = nearest(unknown[0][:MAX_SLUG_CHARS], site.topics)
        raise MixError(404, f"unknown topic {show(unknown[0])}{hint}")
    if len(found["kind"]) == len(_CHOICES["kind"]):
        found["kind"] = ()
    needs_all = ("match", "all") in given and len(found["topic"]) + len(found["tag"]) > 1
    pairs = [(name, one) for name, some in found.items() for one in some] + [("match", "all")] * needs_all
    return FeedTerms(
        name=f"mix?{urlencode(pairs)}" if pairs else "all",
        topics=found["topic"],
        tags=found["tag"],
        not_topics=found["not_topic"],
        not_tags=found["not_tag"],
        kinds=found["kind"],
        match="all" if needs_all else "any",
    )


def _check(name: str, value: str) -> None:
    if name not in (*_LISTS, "match"):
        raise MixError(400, f"unknown parameter {show(name)} (use {', '.join(_LISTS)} or match)")
    if name in _CHOICES and value not in _CHOICES[name]:
        raise MixError(400, f"{name} is {show(value)} (use {' or '.join(_CHOICES[name])})")


def _list_slugs(site: Site, name: str, values: Iterable[str]) -> tuple[str, ...]:
    """Return the slugs of values, sorted. Labels become slugs; slugs stay as they are."""
    if name == "kind":
        return tuple(sorted(set(values)))
    slug = make_tag_slugger(site.tag_slugs) if name.endswith("tag") else make_topic_slugger(site.topics)
    known = (one if is_slug(one) or is_hashed_slug(one) else slug(one) for one in map(str.strip, values) if one)
    return tuple(sorted(set(known)))


def title_mix(one: Selection, terms: FeedTerms, site: Site) -> Selection:
    """Return the selection of a mix with a title that names its terms."""
    labels = {tag.term: tag.label for candidate in one.candidates for tag in (*candidate.tags, *candidate.topics)}
    labels |= {slug: label for label, slug in site.tag_slugs.items()}
    labels |= {slug: make_topic_title(slug, topic) for slug, topic in site.topics.items()}

    def join(slugs: Iterable[str], mark: str) -> str:
        return mark.join(labels.get(slug) or make_topic_title(slug, Topic()) for slug in slugs)

    wanted = join((*terms.topics, *terms.tags), " + " if terms.match == "all" else ", ")
    unwanted = (*terms.not_topics, *terms.not_tags)
    parts = [wanted or site.title, *([f"\N{MINUS SIGN} {join(unwanted, ', ')}"] if unwanted else [])]
    title = " ".join(parts)
    return replace(one, feed=replace(one.feed, title=f"{title} - {site.title}" if wanted else title))
