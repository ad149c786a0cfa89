"""Atom and RSS: rendered from templates, or by feedgen alone. Both give the same bytes."""

from __future__ import annotations

from ..feeds.model import Feed
from ..text import fast_paths
from ._feedgen import Dialect, ElementCalls, MakeEntry, render_with_feedgen, use_hexadecimal_references
from ._verify import verify
from .render_cache import RenderCache


def render_xml(
    channel: ElementCalls, feed: Feed, dialect: Dialect, make_entry: MakeEntry, identity: str, cache: RenderCache
) -> bytes:
    """Render a feed and read the document back. A document without `identity` (its `atom:id` or address) is a bug."""
    extensions = feed.extensions
    if extensions.feed_elements or extensions.entry_elements:
        dialect = dialect._replace(namespaces=tuple(extensions.namespaces.items()))
    if fast_paths.ENABLED:
        from ._templates import render_from_templates

        return render_from_templates(channel, feed, dialect, make_entry, identity, cache)
    return render_at_once(channel, feed, dialect, make_entry, identity, cache)


def render_at_once(
    channel: ElementCalls, feed: Feed, dialect: Dialect, make_entry: MakeEntry, identity: str, cache: RenderCache
) -> bytes:
    """Render a feed with feedgen alone, read the document back, and return it."""
    entries = [make_entry(entry, feed, cache) for entry in feed.entries]
    has_events = any(entry.event for entry in feed.entries)
    document = render_with_feedgen(channel, entries, dialect, has_events=has_events)
    return verify(use_hexadecimal_references(document, dialect).encode(), identity, len(entries))
