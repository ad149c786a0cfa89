"""Records in files: JSON Lines and YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from ..errors import Problem, show
from ..models import Source
from ._raw import Raw, Unreadable, decode

_BOM = b"\xef\xbb\xbf"
_DEEPEST = 64
# An escape of JSON: a pair of surrogates, a lone one, or any other.
_LONE = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u[dD][89a-fA-F]..|\\.")
_NULL = "tag:yaml.org,2002:null"


def read_jsonl(file: BinaryIO, source: Source, path: str) -> Iterator[Raw | Problem]:
    """Read JSON Lines: an object a line, blank lines between them allowed. Raises Unreadable."""
    from pydantic_core import from_json

    # Bytes, cut at LF only: str.splitlines() would cut inside of strings, at U+2028 and others.
    for number, line in enumerate(file, 1):
        stripped = line.removeprefix(_BOM if number == 1 else b"").strip()
        if not stripped:
            continue
        try:
            text = decode(stripped)
            fields = from_json(whole := _without_lone_surrogates(text), allow_inf_nan=False, cache_strings="keys")
        except Unreadable as error:
            raise Unreadable(number, error.message) from None
        except ValueError as error:
            sentence = str(error).replace("line 1 ", "")
            raise Unreadable(number, f"is not JSON: {sentence}") from None
        if whole != text:
            yield Problem(path, number, "", "has half of a surrogate pair (U+FFFD stands in for it)", "warning")
        if not isinstance(fields, dict):
            raise Unreadable(number, f"{show(fields)} is no JSON object (write one item a line, in braces)")
        yield Raw(fields, number)


def _without_lone_surrogates(text: str) -> str:
    """Put U+FFFD in place of escapes that JSON allows and Unicode does not."""
    if "\\u" not in text:
        return text
    return _LONE.sub(lambda escape: "\\ufffd" if len(escape[0]) == 6 else escape[0], text)


def read_yaml(file: BinaryIO, source: Source, path: str) -> Iterator[Raw | Problem]:
    """Read YAML: a list of items, or a document for each. All scalars are text. Raises Unreadable."""
    import yaml

    text = decode(file.read())
    reader = _YamlReader(text)
    try:
        for raw in reader.items():
            yield from (
                Problem(path, line, name, "stands twice in one item (keep one)", item=raw.line)
                for name, line in reader.twice
            )
            if not reader.twice:
                yield raw
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = min(mark.line, text.count("\n")) + 1 if mark else 1
        raise Unreadable(line, f"is not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise Unreadable(1, f"is not YAML: {error}") from None


class _YamlReader:
    """Builds values from libyaml's events: no types are guessed, no depth overflows a stack.

    PyYAML's own composer crashes the interpreter on 100,000 levels, keeps the last of two equal
    keys, and makes `no`, `012` and `1:30` something else than they are.
    """

    def __init__(self, text: str) -> None:
        import yaml

        self.yaml = yaml
        self.next = yaml.CSafeLoader(text).get_event
        self.anchors: dict[str, Any] = {}
        self.twice: list[tuple[str, int]] = []
        """The fields that the last item has twice, with their lines."""

    def items(self) -> Iterator[Raw]:
        """Yield the mappings of the document's list, or the documents that are mappings."""
        yaml = self.yaml
        inside = False
        while not isinstance(event := self.next(), yaml.StreamEndEvent):
            if isinstance(event, yaml.DocumentStartEvent):
                self.anchors = {}
            elif isinstance(event, yaml.MappingStartEvent):
                yield self._item(event)
            elif isinstance(event, yaml.SequenceStartEvent) and not inside:
                inside = True
            elif isinstance(event, yaml.SequenceEndEvent):
                inside = False
            elif isinstance(event, yaml.NodeEvent) and not self._is_null(event):
                raise Unreadable(_line(event), "is no item (write a list of items, each with its fields)")

    def _item(self, event: Any) -> Raw:
        self.twice = []
        lines: dict[str, int] = {}
        return Raw(self._mapping(event, 1, lines), _line(event), lines)

    def _value(self, event: Any, depth: int) -> Any:
        yaml = self.yaml
        if depth > _DEEPEST:
            raise Unreadable(_line(event), f"is nested more than {_DEEPEST} deep")
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise Unreadable(_line(event), f"*{event.anchor} stands for nothing that was defined before it")
            return self.anchors[event.anchor]
        if isinstance(event, yaml.ScalarEvent):
            value = None if self._is_null(event) else event.value
        elif isinstance(event, yaml.SequenceStartEvent):
            value = list(self._sequence(depth))
        else:
            value = self._mapping(event, depth, {})
        if event.anchor:
            self.anchors[event.anchor] = value
        return value

    def _sequence(self, depth: int) -> Iterator[Any]:
        while not isinstance(event := self.next(), self.yaml.SequenceEndEvent):
            yield self._value(event, depth + 1)

    def _mapping(self, start: Any, depth: int, lines: dict[str, int]) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        while not isinstance(event := self.next(), self.yaml.MappingEndEvent):
            if not isinstance(event, self.yaml.ScalarEvent):
                raise Unreadable(_line(event), "is no name of a field")
            if event.value in fields:
                self.twice.append((event.value, _line(event)))
            lines.setdefault(event.value, _line(event))
            fields[event.value] = self._value(self.next(), depth + 1)
        if start.anchor:
            self.anchors[start.anchor] = fields
        return fields

    def _is_null(self, event: Any) -> bool:
        if not isinstance(event, self.yaml.ScalarEvent):
            return False
        plain = event.style is None or event.style == ""
        return event.tag == _NULL or (plain and not event.tag and event.value in ("", "~", "null", "Null", "NULL"))


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1
