"""YAML: a list of items, or a document for each. All scalars are text, as they are written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from ..errors import Problem
from ..models import Source
from ._raw import Raw, Unreadable, text_of, twice

_DEEPEST = 64
_NULL = "tag:yaml.org,2002:null"


def read_yaml(file: BinaryIO, source: Source, path: str) -> Iterator[Raw | Problem]:
    """Read a YAML file. Raises Unreadable."""
    yield from yaml_records(text_of(file), path)


def yaml_records(text: str, path: str) -> Iterator[Raw | Problem]:
    """Yield the records of a text. Raises Unreadable."""
    import yaml

    reader = _YamlReader(text)
    try:
        for raw in reader.items():
            yield from twice(path, raw.line, reader.twice)
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
