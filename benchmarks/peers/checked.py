"""Items validated by pydantic and sanitised by nh3, as topicfeeds does it, without its features."""

from __future__ import annotations

import sys
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated
from urllib.parse import urljoin

import nh3
from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1)]


class Item(BaseModel):
    """An article."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    id: Text
    title: Text
    link: Annotated[str, Field(pattern=r"^https?://[^\s/]+(/\S*)?$")]
    published: datetime
    summary: Text
    content: Text
    topics: tuple[Text, ...]
    tags: tuple[Text, ...]

    @cached_property
    def html(self) -> str:
        """The content, sanitised, with absolute addresses."""

        def absolute(_: str, attribute: str, value: str) -> str:
            return urljoin(self.link, value) if attribute in ("href", "src") else value

        return nh3.clean(self.content, attribute_filter=absolute)


def items() -> list[Item]:
    """Read and validate the items that the first argument names."""
    with Path(sys.argv[1]).open("rb") as file:
        return [Item.model_validate_json(line) for line in file]
