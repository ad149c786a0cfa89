"""What publishers write: items and the site. Frozen, validated, without I/O.

Unknown fields are refused; null and blank are absent; all collections take any sequence.
"""

from .items import Article, Enclosure, Event, Item, Person, Place, parse_item
from .site import DeclaredFeed, FeedSettings, Site, Source, Tag, Topic

__all__ = [
    "Article",
    "DeclaredFeed",
    "Enclosure",
    "Event",
    "FeedSettings",
    "Item",
    "Person",
    "Place",
    "Site",
    "Source",
    "Tag",
    "Topic",
    "parse_item",
]
