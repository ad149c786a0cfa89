"""Extensions: additions to topicfeeds, made in Python. `Site.extend` adds them to a site; the site file cannot."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from pydantic import PrivateAttr

from ..registry import EXTENSION_MARK, FEED_FORMATS, SUFFIXES, FeedFormat
from .fields import Model
from .items import Article, Event, Item

if TYPE_CHECKING:  # for type checkers only: `models` must not import these modules at run time
    from ..entries.model import Entry
    from ..feeds.model import Feed

FileReader = Callable[[bytes], Iterable[tuple[int, Any]]]
_OWN_PREFIXES = {"atom", "content", "creativeCommons", "dc", "ev", "georss", "media", "sy"}


class XmlElement(NamedTuple):
    """An XML element in Atom and RSS. Threads may share it."""

    name: str
    """With a prefix, such as `itunes:duration`. The prefix is `dc`, `media`, or one of the `namespaces`."""
    text: str | None = None
    attributes: Mapping[str, str] = {}


class FeedOptions(NamedTuple):
    """Options of a feed that replace those of the site. Threads may share it."""

    limit: int | None = None
    formats: Collection[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Extensions:
    """Additions to topicfeeds. Several threads may call their functions. Results must depend on the arguments only."""

    version: str
    """Any text. Change it when a function or a class changes: all documents are then rendered again."""
    article: type[Article] = Article
    """A subclass of `Article` with fields of your own. Articles from sources and mappings get this class."""
    event: type[Event] = Event
    """The same for events: a subclass of `Event`."""
    namespaces: Mapping[str, str] = field(default_factory=dict)
    """The namespaces of elements, by prefix."""
    entry_elements: Callable[[Entry], Iterable[XmlElement]] | None = None
    """Returns further elements of an entry, in Atom and RSS."""
    feed_elements: Callable[[Feed], Iterable[XmlElement]] | None = None
    """Returns further elements of a feed, in Atom and RSS."""
    formats: Mapping[str, FeedFormat] = field(default_factory=dict)
    """Formats of feeds by name, each with its `render`. All feeds get them, unless `feeds` names other formats."""
    readers: Mapping[str, FileReader] = field(default_factory=dict)
    """Readers of source files, by suffix. A reader gets the bytes of a file, and yields line and fields of each item.

    It raises ValueError if the file is not in its format.
    """
    filters: Mapping[str, Callable[[Entry], bool]] = field(default_factory=dict)
    """Filters of declared feeds, by slug. A filter returns whether an entry that matches the feed is kept."""
    feeds: Mapping[str, FeedOptions] = field(default_factory=dict)
    """Options by name of the feed, such as `all` or `topics/mobility`, or by pattern, such as `tags/*`."""
    html: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Further HTML elements to allow in `content`, with attributes. Attributes of `*` are allowed on all elements."""

    def __post_init__(self) -> None:
        """Check the values. Raises ValueError."""
        if self.html:
            from ..text.allowed_html import check_additions  # imported here, as few sites need it

            check_additions(self.allowed_html)
        for wrong in _find_errors(self):
            raise ValueError(wrong)

    def __repr__(self) -> str:  # fingerprints contain it
        return f"Extensions(version={self.version!r})"

    def __hash__(self) -> int:
        return hash(self.version)

    def find_model(self, kind: str) -> type[Article | Event]:
        """Return the class of the items of a kind."""
        return self.event if kind == "event" else self.article

    def explain_class(self, item: Item) -> str | None:
        """Return a message if the class of an item has fields that these extensions lack, else None."""
        made, known = type(item), self.find_model(item.kind)
        if made is known or made.model_fields.keys() <= known.model_fields.keys():
            return None
        return f"has the class {made.__name__} (pass Extensions({item.kind}={made.__name__}) to Site.extend)"

    @property
    def feed_formats(self) -> Mapping[str, FeedFormat]:
        """All formats of feeds, by name."""
        return {**FEED_FORMATS, **self.formats} if self.formats else FEED_FORMATS

    @property
    def allowed_html(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The additions to the allowed HTML, sorted."""
        return tuple(sorted((name, tuple(sorted(attributes))) for name, attributes in self.html.items()))

    def find_options(self, name: str) -> FeedOptions:
        """Return the options of a feed. The first name or pattern that matches is used."""
        return next((one for pattern, one in self.feeds.items() if fnmatchcase(name, pattern)), FeedOptions())


def _find_errors(given: Extensions) -> Iterable[str]:
    if not given.version:
        yield "version is empty (write any text, such as 1)"
    for prefix in given.namespaces:
        if prefix in _OWN_PREFIXES or prefix.startswith("xml") or not (prefix.isascii() and prefix.isidentifier()):
            yield f"namespaces: the prefix {prefix!r} is not allowed (choose another one)"
    suffixes = tuple(form.suffix for form in FEED_FORMATS.values())
    for name, form in given.formats.items():
        is_own = name not in FEED_FORMATS and form.suffix.startswith(".") and not form.suffix.endswith(suffixes)
        if not is_own or not form.render or form.mark != EXTENSION_MARK or form.is_calendar:
            yield f"formats: {name!r} needs render, a new name and a new suffix (do not set mark and is_calendar)"
    for suffix in given.readers:
        if suffix in SUFFIXES or not suffix.startswith(".") or suffix != suffix.lower():
            yield f"readers: {suffix!r} cannot be used (write a new suffix in lower case, such as .bib)"
    for name, options in given.feeds.items():
        is_low = options.limit is not None and options.limit < 1
        if is_low or not {*(options.formats or ())} <= given.feed_formats.keys():
            yield f"feeds: {name!r} has an unknown format or a limit below 1 (choose known formats, or a higher limit)"


NO_EXTENSIONS = Extensions(version="none")


class ExtensibleModel(Model):
    """A model that can have extensions. They are neither a field nor a part of the site file."""

    _extensions: Extensions = PrivateAttr(default_factory=lambda: NO_EXTENSIONS)

    @property
    def extensions(self) -> Extensions:
        """The extensions that `Site.extend` has added."""
        return self._extensions

    def with_extensions(self, extensions: Extensions) -> Self:
        """Return a copy with these extensions."""
        made = self.model_copy()
        made._extensions = extensions
        return made
