"""YAML: a list of items, or one document for each item. All scalars are text, exactly as written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeGuard

import yaml

from ..errors import Problem
from ..models.site import Source
from ..text.characters import LOOKS_LIKE_MARKUP
from ._raw import RawRecord, Unreadable, expand_items, line_number
from ._simple_front_matter import NULLS
from ._yaml_errors import explain_yaml_error, is_unclosed

_MAX_DEPTH = 64
_NO_BLANK = re.compile(r"[\w-]+:[^\s:/]")
_TOO_DEEP = f"is nested too deeply (use at most {_MAX_DEPTH} levels)"
_NULL = "tag:yaml.org,2002:null"
_PLAIN = ["bool", "float", "int", "map", "null", "seq", "str", "timestamp"]
_TAGS = {None, "!", *(f"tag:yaml.org,2002:{name}" for name in _PLAIN)}


def read(text: str, source: Source | None, path: str) -> Iterator[RawRecord | Problem]:
    """Read a YAML file, or front matter, which has no source. Raises Unreadable."""
    reader = _YamlReader(text, may_be_empty=source is None)
    try:
        for raw in reader.items():
            if source and source.items and not reader.twice:
                yield from expand_items(raw, source, reader.lines)
            else:
                yield raw._replace(repeated=tuple(reader.twice))
    except yaml.MarkedYAMLError as error:
        is_open = error.context_mark and is_unclosed(error.problem or "")
        mark = error.context_mark if is_open else error.problem_mark or error.context_mark
        line = min(mark.line, text.count("\n")) + 1 if mark else 1
        if "nesting depth" in (error.problem or ""):  # since 0.2.6, libyaml has a limit, too
            raise Unreadable(line, _TOO_DEEP) from None
        column = mark.column if mark else 0
        raise Unreadable(line, explain_yaml_error(text, line, column, error.problem or "")) from None
    except yaml.reader.ReaderError as error:
        message = f"is not valid YAML: it contains the control character U+{error.character:04X} (remove it)"
        raise Unreadable(line_number(text, error.position), message) from None


class _YamlReader:
    """Builds values from the events of libyaml. It does not guess types, and it limits the nesting depth.

    The composer of PyYAML crashes the interpreter on 100,000 levels, silently keeps the last of two equal keys, and
    converts `no`, `012` and `1:30` to other values.
    """

    def __init__(self, text: str, *, may_be_empty: bool) -> None:
        self.may_be_empty = may_be_empty
        self.is_markup = text.lstrip()[:1] == "<"
        # libyaml treats these characters as line breaks, but editors do not. Placeholders keep line numbers correct.
        unused = (chr(code) for code in range(0xE000, 0xF900) if chr(code) not in text)
        self.stand_ins = {ord(mark): next(unused) for mark in "\x85\u2028\u2029" if mark in text}
        self.marks = {ord(other): chr(mark) for mark, other in self.stand_ins.items()}
        self.next = yaml.CSafeLoader(text.translate(self.stand_ins) if self.stand_ins else text).get_event
        self.anchors: dict[str, Any] = {}
        self.lines: dict[int, tuple[int, dict[str, int]]] = {}
        """The line of each mapping in the last item, and the lines of its fields, by the mapping's Python `id()`."""
        self.twice: list[tuple[str, int]] = []
        """The fields that the last item has twice, with their lines."""

    def items(self) -> Iterator[RawRecord]:
        """Yield the mappings in the list of a document, or the documents that are mappings."""
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
            elif self._is_null(event) and (inside or event.value):
                empty = False
                yield RawRecord(None, _line_number(event))
            elif isinstance(event, yaml.NodeEvent) and not self._is_null(event):
                raise Unreadable(_line_number(event), self._explain_no_item(event))
        if empty and not self.may_be_empty:
            raise Unreadable(1, "has no items (if this is intended, write [])")

    def _item(self, event: Any) -> RawRecord:
        self.twice = []
        self.lines = {}
        lines: dict[str, int] = {}
        return RawRecord(self._mapping(event, 1, lines), _line_number(event), lines)

    def _value(self, event: Any, depth: int) -> Any:
        if depth > _MAX_DEPTH:
            raise Unreadable(_line_number(event), _TOO_DEEP)
        if getattr(event, "tag", None) not in _TAGS:
            raise Unreadable(_line_number(event), f"the tag {event.tag} is not supported (remove it)")
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                anchor = event.anchor
                message = f"*{anchor} has no anchor &{anchor} above it (put quotes around a text that starts with *)"
                raise Unreadable(_line_number(event), message)
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
        while not isinstance(event := self.next(), yaml.SequenceEndEvent):
            yield self._value(event, depth + 1)

    def _mapping(self, start: Any, depth: int, lines: dict[str, int]) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        while not isinstance(event := self.next(), yaml.MappingEndEvent):
            name = self._value(event, depth + 1)
            if not isinstance(name, str):
                raise Unreadable(_line_number(event), "a name of a field is not text (write name: value)")
            if name in fields:
                self.twice.append((name, _line_number(event)))
            lines.setdefault(name, _line_number(event))
            fields[name] = self._value(self.next(), depth + 1)
        self.lines[id(fields)] = _line_number(start), lines
        if start.anchor:
            self.anchors[start.anchor] = fields
        return fields

    def _text(self, event: Any) -> str:
        # `translate` is slow even with an empty table: 1.3 of 5 seconds for 10,000 items.
        return str(event.value).translate(self.marks) if self.marks else str(event.value)

    def _explain_no_item(self, event: Any) -> str:
        if self.is_markup:
            return f"is not valid YAML: {LOOKS_LIKE_MARKUP}"
        if _NO_BLANK.match(getattr(event, "value", "")):
            return 'a field has no space after its colon (write "name: value")'
        if self.may_be_empty:
            return "the front matter has no fields (write one on each line, such as title: New homes)"
        return 'is not an item (write a list, and start each item with "- title: ...")'

    def _is_null(self, event: Any) -> TypeGuard[yaml.ScalarEvent]:
        if not isinstance(event, yaml.ScalarEvent):
            return False
        plain = event.style is None or event.style == ""
        return event.tag == _NULL or (plain and not event.tag and event.value in NULLS)


def _line_number(event: Any) -> int:
    return int(event.start_mark.line) + 1
