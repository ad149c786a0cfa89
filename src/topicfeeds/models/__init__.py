"""The models of the data that publishers write: items and the site. They are frozen and validated, and do no I/O.

Unknown fields are errors. Null and blank values are treated as absent. Fields with several values accept any sequence.
"""

from .items import Article, Enclosure, Event, Image, Item, Person, Place, parse_item
from .site import DeclaredFeed, FeedSettings, PageSettings, Site, Source, Tag, Topic

__all__ = [
    "Article",
    "DeclaredFeed",
    "Enclosure",
    "Event",
    "FeedSettings",
    "Image",
    "Item",
    "PageSettings",
    "Person",
    "Place",
    "Site",
    "Source",
    "Tag",
    "Topic",
    "parse_item",
]
