"""Markdown with front matter in YAML (`---`) or TOML (`+++`): each file is one item."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, partial

from ..errors import MissingExtraError, Problem
from ..locating import toml_lines
from ..models import Source
from ._raw import Raw, Unreadable
from .toml import toml_table
from .yaml import simple_record, yaml_records

_FRONT = re.compile(r"(---|\+\+\+)[ \t]*\n((?:.*\n)*?)\1[ \t]*(?:\n|\Z)")


def read_markdown(text: str, source: Source, path: str) -> Iterator[Raw | Problem]:
    """Read a Markdown file (CommonMark, with tables and strikethrough). Its own mistakes refuse it, and no other."""
    found = _FRONT.match(text)
    if not found:
        yield Problem(path, 1, "", "has no front matter (start with a line --- and end it with another)", item=1)
        return
    mark, front, body = found[1], found[2], text[found.end() :]
    try:
        raws = list(_records("\n" + front, path)) if mark == "---" else [_toml_record("\n" + front)]
    except Unreadable as error:
        yield Problem(path, error.line, "", error.message, item=1)
        return
    if len(raws) > 1 and all(isinstance(raw, Raw) for raw in raws):
        yield Problem(path, 1, "", f"has {len(raws)} items in its front matter (give each a file)", item=1)
        return
    for raw in raws or [Raw({}, 1)]:
        if isinstance(raw, Raw) and body.strip():
            yield Raw({**raw.fields, "content": _html(body)}, raw.line, raw.lines)
        else:
            yield raw


def _records(front: str, path: str) -> Iterator[Raw | Problem]:
    simple = simple_record(front)
    yield from (simple,) if simple else yaml_records(front, path, may_be_empty=True)


def _toml_record(front: str) -> Raw:
    return Raw(toml_table(front), 1, {str(key[0]): line for key, line in toml_lines(front).items() if len(key) == 1})


def _html(text: str) -> str:
    return _renderer()(text)


@cache
def _renderer() -> Callable[[str], str]:
    try:
        from pyromark import Options, html
    except ImportError:
        raise MissingExtraError("markdown") from None
    return partial(html, options=Options.ENABLE_TABLES | Options.ENABLE_STRIKETHROUGH)
