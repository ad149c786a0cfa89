"""JSON Lines: one object on each line. The file is read line by line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO

from ..errors import Problem
from ..models.site import Source
from ._bytes import decode
from ._lines import split_lines
from ._raw import RawRecord, Unreadable
from .json import check_record, decode_json, make_decoder, replace_lone_surrogates, surrogate_warning


def read(content: bytes, source: Source, path: str) -> Iterator[RawRecord | Problem]:
    """Read JSON Lines: one object on each line. Blank lines are skipped. Raises Unreadable."""
    decode_line = make_line_reader(path)
    for number, _, line in split_lines(BytesIO(content)):
        yield from decode_line(line, number)


def make_line_reader(path: str) -> Callable[[bytes, int], Iterator[RawRecord | Problem]]:
    """Return the function that reads one line of a file, given its bytes and number. It raises Unreadable."""
    doubles: list[str] = []
    return partial(_read_line, path, make_decoder(doubles), doubles)


def _read_line(
    path: str, decoder: json.JSONDecoder, doubles: list[str], line: bytes, number: int
) -> Iterator[RawRecord | Problem]:
    doubles.clear()
    try:
        text = decode(line)
        whole = replace_lone_surrogates(text)
        fields, end = decode_json(decoder, whole, 0)
        if end < len(whole):
            raise Unreadable(
                1, f"is not valid JSON Lines: text follows the item at column {end + 1} (write one item per line)"
            )
    except Unreadable as error:
        raise Unreadable(number, error.message) from None
    if whole != text:
        yield surrogate_warning(path, number)
    yield check_record(fields, number, doubles)
