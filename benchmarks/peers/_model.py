"""An article with the rules of topicfeeds, as a hand-written pydantic model that is as fast as possible.

It validates the fields that the corpus has. It has no rules that need more than a pattern, such as host names in other
scripts, and no messages.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

# Not blank, and without the characters that XML forbids.
Text = Annotated[
    str, StringConstraints(pattern=r"^[^\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F\uFFFE\uFFFF]*\S", min_length=1)
]
Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1F\x7F-\x9F\uFFFE\uFFFF]+$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[a-z0-9.-]+(:[0-9]+)?(/[^\s<>\x00-\x1F\x7F]*)?$")]
Address = Annotated[str, StringConstraints(pattern=r"^[^@\s<>()]+@[^@\s<>()]+$")]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Person(_Model):
    """An author."""

    name: Line
    email: Address | None = None
    url: Url | None = None


class Enclosure(_Model):
    """A file attached to an article."""

    url: Url
    type: Line
    length: Annotated[int, Field(ge=0)] | None = None
    title: Line | None = None


class Article(_Model):
    """Something to read."""

    kind: Literal["article"] = "article"
    id: Line
    title: Line
    link: Url
    published: AwareDatetime
    updated: AwareDatetime | None = None
    summary: Text | None = None
    content: Text | None = None
    topics: tuple[Line, ...] = ()
    tags: tuple[Line, ...] = ()
    authors: tuple[Person, ...] = ()
    language: Line | None = None
    image: Url | None = None
    enclosures: tuple[Enclosure, ...] = ()
    timezone: Line | None = None
