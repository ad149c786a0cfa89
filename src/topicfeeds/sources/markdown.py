"""Markdown with front matter in YAML (`---`) or TOML (`+++`): each file is one item."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import dropwhile

from ..errors import MissingExtraError, Problem, show_some
from ..models.site import Source
from ..text import fast_paths
from ..text.generator_marks import find_components
from ..text.toml_lines import find_toml_lines
from ._raw import EMPTY, RawRecord, Unreadable
from ._simple_front_matter import read_simple
from .toml import parse_toml

_FRONT = re.compile(r"(---|\+\+\+)[ \t]*\n((?:.*\n)*?)\1[ \t]*(?:\n|\Z)")
_COLON = re.compile(r"^ {0,3}:(?=[^\s:]|::)", re.MULTILINE)
"""The start of a container, such as `:::tip`, or of an emoji, such as `:tada:`. Neither is a definition."""
_FOOTNOTE, _FOOTNOTE_END = '<div class="footnote-definition"', "</div>\n"
_NUMBER = re.compile('<sup class="footnote-definition-label">([0-9]{1,9})<')


def read(text: str, source: Source, path: str) -> Iterator[RawRecord | Problem]:
    """Read a Markdown file: CommonMark, with the extensions that docs/items.md lists. Raises MissingExtraError.

    A mistake in the file is yielded as a problem of this one item. It does not prevent publishing other files.
    """
    try:
        raws, body = _split(text, path)
    except Unreadable as error:
        yield Problem(path, error.line, "", error.message, item=1)
        return
    is_mdx, is_draft = path.lower().endswith(".mdx"), "_drafts" in path.split("/")
    for raw in raws or [RawRecord({}, 1)]:
        if is_draft and isinstance(raw, RawRecord) and raw.fields is not None:  # in Jekyll's folder of drafts
            raw = raw._replace(fields={"draft": True, **raw.fields})
        if isinstance(raw, RawRecord) and raw.fields is not None and body.strip():
            content = render_html(_cut_modules(body) if is_mdx else body)
            if is_mdx and (tags := find_components(content)):
                message = f"has parts of MDX: {show_some(tags)} (replace them with the text or HTML that they produce)"
                yield Problem(path, raw.line, "content", message, "warning", item=raw.item)
            yield raw._replace(fields={**raw.fields, "content": content})
        else:
            yield raw


def _split(text: str, path: str) -> tuple[list[RawRecord | Problem], str]:
    """Return the item in the front matter, and the body. Raises Unreadable."""
    if not (found := _FRONT.match(text)):
        raise Unreadable(1, _explain_no_front_matter(text))
    raws = _read_front_matter(found[1], "\n" + found[2], path)
    if len(raws) > 1 and all(isinstance(raw, RawRecord) for raw in raws):
        raise Unreadable(1, f"has {len(raws)} items in its front matter (write each item in a file of its own)")
    return raws, text[found.end() :]


def _cut_modules(body: str) -> str:
    """Return the body of an MDX file without the imports and exports at its start."""
    parts = body.strip("\n").split("\n\n")
    return "\n\n".join(dropwhile(lambda part: part.lstrip().startswith(("import ", "export ")), parts))


def _explain_no_front_matter(text: str) -> str:
    if not text or text.isspace():
        return EMPTY
    first = text.partition("\n")[0].strip()
    if first.startswith("---") and first[3:].isalpha():
        return f"front matter in {first[3:]} is not supported (write it in YAML after ---, or in TOML after +++)"
    if text.startswith(("---", "+++")):
        return f"the front matter has no end (add a line {text[:3]} below the fields)"
    return "has no front matter (start the file with a line ---, the fields, and another line ---)"


def _read_front_matter(mark: str, front: str, path: str) -> list[RawRecord | Problem]:
    if mark == "+++":
        lines = {str(key[0]): line for key, line in find_toml_lines(front).items() if len(key) == 1}
        return [RawRecord(parse_toml(front), 1, lines)]
    if fast_paths.ENABLED and (simple := read_simple(front)):
        return [simple]
    from .yaml import read as read_yaml  # imported here, as most front matter is simple

    return list(read_yaml(front, None, path))


def render_html(text: str) -> str:
    """Return Markdown as HTML, with the footnotes at the end. Raises MissingExtraError."""
    made = _make_renderer(has_definitions=not _COLON.search(text))(text)
    if _FOOTNOTE not in made:
        return made
    first, *rest = made.split(_FOOTNOTE)
    parts = [part.partition(_FOOTNOTE_END) for part in rest]
    notes = [f"{_FOOTNOTE}{note}{end}" for note, end, _ in parts]
    notes.sort(key=lambda note: int(found[1]) if (found := _NUMBER.search(note)) else 0)
    return "".join([first, *(after for _, _, after in parts), *notes])


@cache
def _make_renderer(*, has_definitions: bool) -> Callable[[str], str]:
    try:
        from pyromark import Options, html
    except ImportError:
        raise MissingExtraError("markdown") from None
    known = Options.ENABLE_TABLES | Options.ENABLE_STRIKETHROUGH | Options.ENABLE_TASKLISTS
    known |= Options.ENABLE_FOOTNOTES | Options.ENABLE_HEADING_ATTRIBUTES
    if has_definitions:
        known |= Options.ENABLE_DEFINITION_LIST
    return partial(html, options=known)
