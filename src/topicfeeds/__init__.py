"""Publish articles and events as Atom and RSS feeds, one per topic and one per tag.

An `Article` or `Event` is an item to publish, a `Site` describes the publisher, and `publish` writes the feeds.
Each name below loads its module on first use.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # type checkers know this name; importing `typing` would take ten times as long as this module
if TYPE_CHECKING:
    from .config import load_site
    from .entries.model import Entry
    from .errors import (
        BusyError,
        ConfigError,
        MissingExtraError,
        Problem,
        PublishError,
        SourceError,
        TopicFeedsError,
    )
    from .feeds.model import Feed, slug_of
    from .formats import render
    from .models import (
        Article,
        DeclaredFeed,
        Enclosure,
        Event,
        FeedSettings,
        Image,
        PageSettings,
        Person,
        Place,
        Site,
        Source,
        Tag,
        Topic,
    )
    from .models.extensions import Extensions, FeedOptions, XmlElement
    from .output.documents import Document
    from .output.targets import FsspecTarget, StorageTarget, Target, ZipTarget
    from .pages.embed import Embed
    from .registry import FeedFormat
    from .run.calls import build, check, embed, feed, publish, read, record, select
    from .run.report import Changes
    from .sources.model import Page
    from .sources.objects import read_objects
    from .state.store import State

__version__ = "0.1.0"

__all__ = [
    "Article",
    "BusyError",
    "Changes",
    "ConfigError",
    "DeclaredFeed",
    "Document",
    "Embed",
    "Enclosure",
    "Entry",
    "Event",
    "Extensions",
    "Feed",
    "FeedFormat",
    "FeedOptions",
    "FeedSettings",
    "FsspecTarget",
    "Image",
    "MissingExtraError",
    "Page",
    "PageSettings",
    "Person",
    "Place",
    "Problem",
    "PublishError",
    "Site",
    "Source",
    "SourceError",
    "State",
    "StorageTarget",
    "Tag",
    "Target",
    "Topic",
    "TopicFeedsError",
    "XmlElement",
    "ZipTarget",
    "build",
    "check",
    "embed",
    "feed",
    "load_site",
    "publish",
    "read",
    "read_objects",
    "record",
    "render",
    "select",
    "slug_of",
]

_HOMES = {
    ".config": ["load_site"],
    ".errors": [
        *("BusyError", "ConfigError", "MissingExtraError", "Problem", "PublishError", "SourceError"),
        *("TopicFeedsError",),
    ],
    ".entries.model": ["Entry"],
    ".feeds.model": ["Feed", "slug_of"],
    ".output.documents": ["Document"],
    ".output.targets": ["FsspecTarget", "StorageTarget", "Target", "ZipTarget"],
    ".run.report": ["Changes"],
    ".formats": ["render"],
    ".models": [
        *("Article", "DeclaredFeed", "Enclosure", "Event", "FeedSettings", "Image", "PageSettings", "Person", "Place"),
        *("Site", "Source", "Tag", "Topic"),
    ],
    ".models.extensions": ["Extensions", "FeedOptions", "XmlElement"],
    ".pages.embed": ["Embed"],
    ".registry": ["FeedFormat"],
    ".run.calls": ["build", "check", "embed", "feed", "publish", "read", "record", "select"],
    ".state.store": ["State"],
    ".sources.model": ["Page"],
    ".sources.objects": ["read_objects"],
}


if not TYPE_CHECKING:  # type checkers that see `__getattr__` accept misspelt names

    def __getattr__(name: str) -> object:
        for home, names in _HOMES.items():
            if name in names:
                return getattr(import_module(home, __name__), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
