"""Sources of one file: what is read of it, and what is said of it."""

from __future__ import annotations

from pathlib import Path

from topicfeeds import Problem
from topicfeeds.models import Site, Source
from topicfeeds.sources import SiteSources
from topicfeeds.sources.model import Record


def found(folder: Path, path: str, content: str | bytes | None = None, **source: object) -> list[Record]:
    """Read what is fine."""
    return [one for one in everything(folder, path, content, **source) if isinstance(one, Record)]


def told(folder: Path, path: str, content: str | bytes | None = None, **source: object) -> list[str]:
    """Read what is not."""
    problems = [one for one in everything(folder, path, content, **source) if isinstance(one, Problem)]
    return [f"{one.severity} {one}" for one in problems]


def everything(folder: Path, path: str, content: str | bytes | None, **source: object) -> list[object]:
    """Read a file, that is written before where its content is given."""
    if content is not None:
        (folder / path).write_bytes(content.encode() if isinstance(content, str) else content)
    sources = [Source.model_validate({"path": path, **source})]
    return list(SiteSources(Site.model_construct(url="", sources=sources), folder))
