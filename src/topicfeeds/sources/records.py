"""Records in files: JSON Lines and YAML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from ..errors import Problem, show
from ..models import Source
from ._raw import Raw, Unreadable, decode

_BOM = b"\xef\xbb\xbf"


def read_jsonl(file: BinaryIO, source: Source, path: str) -> Iterator[Raw | Problem]:
    """Read JSON Lines: an object a line, blank lines between them allowed. Raises Unreadable."""
    from pydantic_core import from_json

    # Bytes, cut at LF only: str.splitlines() would cut inside of strings, at U+2028 and others.
    for number, line in enumerate(file, 1):
        stripped = line.removeprefix(_BOM if number == 1 else b"").strip()
        if not stripped:
            continue
        try:
            fields = from_json(decode(stripped), allow_inf_nan=False, cache_strings="keys")
        except Unreadable as error:
            raise Unreadable(number, error.message) from None
        except (ValueError, RecursionError) as error:
            sentence = str(error).replace("line 1 ", "")
            raise Unreadable(number, f"is not JSON: {sentence}") from None
        if not isinstance(fields, dict):
            raise Unreadable(number, f"{show(fields)} is no JSON object (write one item a line, in braces)")
        yield Raw(fields, number)


def read_yaml(file: BinaryIO, source: Source, path: str) -> Iterator[Raw | Problem]:
    """Read YAML: a list of items, or a document for each. All scalars are text. Raises Unreadable."""
    import yaml

    text = decode(file.read())
    loader = yaml.CSafeLoader(text)
    try:
        while loader.check_node():
            yield from _items(loader.get_node(), path)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(mark.line + 1 if mark else 1, f"is not YAML: {error.problem}") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise Unreadable(1, f"is not YAML: {error}") from None
    finally:
        loader.dispose()


class _Twice(Exception):
    def __init__(self, line: int, name: str) -> None:
        self.line, self.name = line, name


def _items(node: Any, path: str) -> Iterator[Raw | Problem]:
    import yaml

    for item in node.value if isinstance(node, yaml.SequenceNode) else [node]:
        line = item.start_mark.line + 1
        if not isinstance(item, yaml.MappingNode):
            raise Unreadable(line, "is no item (write a list of items, each with its fields)")
        lines = {str(key.value): key.start_mark.line + 1 for key, _ in item.value}
        try:
            yield Raw(_value(item, {}), line, lines)
        except _Twice as twice:
            yield Problem(path, twice.line, twice.name, "stands twice in one item (keep one)", item=line)


def _value(node: Any, seen: dict[int, Any]) -> Any:
    """Build a node's value: every scalar as it is written, an empty or `null` one as None."""
    import yaml

    if id(node) in seen:
        return seen[id(node)]
    if isinstance(node, yaml.ScalarNode):
        return None if node.tag == "tag:yaml.org,2002:null" else node.value
    if isinstance(node, yaml.SequenceNode):
        values: list[Any] = seen.setdefault(id(node), [])
        values.extend(_value(one, seen) for one in node.value)
        return values
    fields: dict[str, Any] = seen.setdefault(id(node), {})
    for key, value in node.value:
        name = str(key.value)
        if name in fields:
            raise _Twice(key.start_mark.line + 1, name)
        fields[name] = _value(value, seen)
    return fields
