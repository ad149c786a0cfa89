"""Which texts are blank, and that cleaning makes no other text blank."""

from __future__ import annotations

import sys
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicfeeds.text.characters import is_blank, strip_bidi_controls, strip_edges, strip_forbidden, to_one_line

OTHERS = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f\u2800\u3164\uffa0"


@pytest.mark.parametrize("text", ["", " ", "\t\n", "\xa0\u3000", "\u200b\ufeff\xad", "\u202e\u2066", "\x01", *OTHERS])
def test_a_text_that_shows_nothing_is_blank(text: str) -> None:
    assert is_blank(text)
    assert not is_blank(f"{text}a")


@pytest.mark.parametrize("text", ["a", "~", "!", "\xe9", "\u4e2d", "\U0001f600", "\u0301", "\ud800", "\u1100", "-"])
def test_a_text_that_shows_something_is_not_blank(text: str) -> None:
    assert not is_blank(text)
    assert not is_blank(f"\u200b {text}")


def test_all_characters_of_z_and_c_but_surrogates_are_blank() -> None:
    for code in range(sys.maxunicode + 1):
        category = unicodedata.category(chr(code))
        assert is_blank(chr(code)) == ((category[0] in "ZC" and category != "Cs") or is_blank_by_list(code))


def is_blank_by_list(code: int) -> bool:
    return chr(code) in OTHERS or 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF


@given(st.text(st.characters(exclude_categories=[])))
def test_cleaning_makes_no_text_blank(text: str) -> None:
    cleaned = strip_bidi_controls(strip_edges(to_one_line(strip_forbidden(text))))
    assert is_blank(cleaned) == is_blank(text)


def test_a_long_blank_text_takes_linear_time() -> None:
    began = time.process_time()
    assert is_blank("\u3164" * 1_000_000)
    assert time.process_time() - began < 10
