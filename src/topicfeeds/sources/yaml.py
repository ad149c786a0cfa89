"""YAML: a list of items, or one document for each item. All scalars are text, exactly as written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..errors import Problem
from ..models.site import Source
from ._raw import RawRecord, Unreadable, refuse_repeated_fields

_MAX_DEPTH = 64
_NULL = "tag:yaml.org,2002:null"
_PLAIN = ["bool", "float", "int", "map", "null", "seq", "str", "timestamp"]
_QUOTES = {
    "mapping values are not allowed in this context",
    "did not find expected key",
    "did not find expected '-' indicator",
    "block sequence entries are not allowed in this context",
}
_TAGS = {None, "!", *(f"tag:yaml.org,2002:{name}" for name in _PLAIN)}


NULLS = {"", "~", "null", "Null", "NULL"}


def read(text: str, source: Source, path: str) -> Iterator[RawRecord | Problem]:
    """Read a YAML file. Raises Unreadable."""
    yield from read_records(text, path)


def read_records(text: str, path: str, *, may_be_empty: bool = False) -> Iterator[RawRecord | Problem]:
    """Yield the records of a YAML text. Raises Unreadable."""
    import yaml

    reader = _YamlReader(text, may_be_empty=may_be_empty)
    try:
        for raw in reader.items():
            yield from refuse_repeated_fields(path, raw.line, reader.twice)
            if not reader.twice:
                yield raw
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = min(mark.line, text.count("\n")) + 1 if mark else 1
        if "nesting depth" in (error.problem or ""):  # libyaml from 0.2.6 on, which reads ahead
            raise Unreadable(line, f"is nested more than {_MAX_DEPTH} deep") from None
        hint = " (put quotes round a text with a colon, a quote or a bracket in it)" if error.problem in _QUOTES else ""
        raise Unreadable(line, f"is not YAML: {error.problem}{hint}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise Unreadable(line, f"is not YAML: {error.reason} (U+{error.character:04X})") from None


class _YamlReader:
    """Builds values from the events of libyaml. It guesses no types, and limits the nesting depth.

    The composer of PyYAML crashes the interpreter on 100,000 levels, silently keeps the last of two equal keys, and
    converts `no`, `012` and `1:30` to other values.
    """

    def __init__(self, text: str, *, may_be_empty: bool) -> None:
        import yaml

        self.yaml = yaml
        self.may_be_empty = may_be_empty
        # libyaml treats these as line breaks, but editors do not. They are replaced for parsing and restored in values.
        unused = (chr(code) for code in range(0xE000, 0xF900) if chr(code) not in text)
        self.stand_ins = {ord(mark): next(unused) for mark in "\x85\u2028\u2029" if mark in text}
        self.marks = {ord(other): chr(mark) for mark, other in self.stand_ins.items()}
        self.next = yaml.CSafeLoader(text.translate(self.stand_ins)).get_event
        self.anchors: dict[str, Any] = {}
        self.twice: list[tuple[str, int]] = []
        """The fields that the last item has twice, with their lines."""

    def items(self) -> Iterator[RawRecord]:
        """Yield the mappings in the list of a document, or the documents that are mappings."""
        yaml = self.yaml
        inside, empty = False, True
        while not isinstance(event := self.next(), yaml.StreamEndEvent):
            if isinstance(event, yaml.DocumentStartEvent):
                self.anchors = {}
            elif isinstance(event, yaml.MappingStartEvent):
                empty = False
                yield self._item(event)
            elif isinstance(event, yaml.SequenceStartEvent) and not inside:
                inside = True
                empty = empty and not event.flow_style  # [] is an empty list on purpose
            elif isinstance(event, yaml.SequenceEndEvent):
                inside = False
            elif isinstance(event, yaml.NodeEvent) and not self._is_null(event):
                raise Unreadable(_line_number(event), "is no item (write a list of items, each with its fields)")
        if empty and not self.may_be_empty:
            raise Unreadable(1, "has no items (write [] if that is meant)")

    def _item(self, event: Any) -> RawRecord:
        self.twice = []
        lines: dict[str, int] = {}
        return RawRecord(self._mapping(event, 1, lines), _line_number(event), lines)

    def _value(self, event: Any, depth: int) -> Any:
        yaml = self.yaml
        if depth > _MAX_DEPTH:
            raise Unreadable(_line_number(event), f"is nested more than {_MAX_DEPTH} deep")
        if getattr(event, "tag", None) not in _TAGS:
            raise Unreadable(_line_number(event), f"the tag {event.tag} is not taken (leave it out)")
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise Unreadable(_line_number(event), f"*{event.anchor} stands for nothing that was defined before it")
            return self.anchors[event.anchor]
        if isinstance(event, yaml.ScalarEvent):
            value: Any = None if self._is_null(event) else self._text(event)
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
            name = self._value(event, depth + 1)
            if not isinstance(name, str):
                raise Unreadable(_line_number(event), "is no name of a field")
            if name in fields:
                self.twice.append((name, _line_number(event)))
            lines.setdefault(name, _line_number(event))
            fields[name] = self._value(self.next(), depth + 1)
        if start.anchor:
            self.anchors[start.anchor] = fields
        return fields

    def _text(self, event: Any) -> str:
        return str(event.value).translate(self.marks)

    def _is_null(self, event: Any) -> bool:
        if not isinstance(event, self.yaml.ScalarEvent):
            return False
        plain = event.style is None or event.style == ""
        return event.tag == _NULL or (plain and not event.tag and event.value in NULLS)


def _line_number(event: Any) -> int:
    return int(event.start_mark.line) + 1
