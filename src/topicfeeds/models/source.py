"""The model of a source: where its items are, and how they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from ..errors import QUERY, show
from ..registry import SOURCE_FORMATS
from .extensions import ExtensibleModel
from .fields import Names, Text, Word
from .mapping import MappingSettings, Texts

MAX_PATH_CHARS = 4096
if TYPE_CHECKING:
    SourceFormatName = str
else:  # the names come from the registry
    SourceFormatName = Literal[tuple(SOURCE_FORMATS)]


def _check_delimiter(value: str) -> str:
    if value in '"\r\n':
        raise ValueError(f'{show(value)} cannot be a delimiter (write one character, such as ";")')
    return value


def _check_encoding(value: str) -> str:
    try:
        "a".encode(value)
    except (LookupError, ValueError):
        raise ValueError(f"unknown encoding {show(value)} (write a name such as windows-1252 or utf-16)") from None
    return value


class Source(ExtensibleModel, MappingSettings):
    """A source of items: files, relative to the site file, or a query of a database."""

    blank_counts = frozenset({"delimiter"})

    path: Annotated[Word, Field(max_length=MAX_PATH_CHARS)] | None = None
    """A file, a pattern, a folder (with all files below it), or `-` for standard input."""
    format: SourceFormatName | None = None
    """The name of the source format. Default: the format of each file's suffix."""
    topics: Names = ()
    """Topics that every item of this source gets."""
    untitled: Literal["label", "skip"] = "skip"
    """For text pages (`.txt`): skip items without a title, or use kind and date as the title (`label`)."""
    database: Text | None = None
    """The URL of a database for SQLAlchemy, in place of `path`. `${NAME}` is replaced by an environment variable."""
    query: Text | None = None
    """The SQL query. Columns have the names of fields, unless `fields` maps them."""
    exclude: Texts = ()
    """Patterns of files to leave out, relative to the source's folder. Without a slash, they match at any depth."""
    delimiter: (
        Annotated[
            str, StringConstraints(min_length=1, max_length=1, strip_whitespace=False), AfterValidator(_check_delimiter)
        ]
        | None
    ) = None
    """The character between the cells of a CSV file. Default: it is detected from the header."""
    encoding: Annotated[Text, AfterValidator(_check_encoding)] | None = None
    """The encoding of the files, such as `windows-1252` or `utf-16`. Default: UTF-8."""
    sheet: Text | None = None
    """The name of the sheet of a spreadsheet. Default: the first sheet."""
    header_row: Annotated[int, Field(ge=1, le=10_000, strict=True)] = 1
    """The row of a CSV file or a spreadsheet that has the names of the columns, from 1."""
    max_shrink: Annotated[float, Field(ge=0, le=1)] = 0.5
    """The share of its items that a source may lose from one run to the next, from 0 to 1. 1 allows any loss."""

    @property
    def name(self) -> str:
        """The path, or the query on one line."""
        return self.path or " ".join((self.query or "").split())

    @property
    def label(self) -> str:
        """The name of the source in messages."""
        return self.path or f'{QUERY}{self.name if len(self.name) <= 60 else self.name[:57] + "..."}"'

    @model_validator(mode="after")
    def _one_kind(self) -> Source:
        if self.path is not None and self.database is not None:
            raise ValueError("has both path and database (keep one of the two)")
        if self.database is not None and self.query is None:
            raise ValueError('needs a query (add query = "select id, title, published from posts")')
        if self.database is None and self.query is not None:
            raise ValueError('needs a database for its query (add database = "sqlite:///posts.sqlite")')
        if self.path is None and self.database is None:
            raise ValueError('needs a path (add path = "items/*.yaml")')
        return self
