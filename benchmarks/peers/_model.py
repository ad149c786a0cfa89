"""An article with the rules of topicfeeds, in pydantic, by hand: as quick as the same can be said.

It validates what the corpus has. Rules that need more than a pattern, such as host names in other scripts, are left
out, and so are all words for what is wrong.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

# Without the characters that XML forbids, and not blank.
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
    """A file that comes with an article."""

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
