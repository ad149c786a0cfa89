"""The words about events in each language: that the table is there, whole, and can be filled in."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

import pytest

from topicfeeds.formats.translations import Translation, find_translation, load_translations
from topicfeeds.models.status import STATUSES

TABLE = tomllib.loads((files("topicfeeds") / "formats" / "translations.toml").read_text("utf-8"))
OPTIONAL = Translation._field_defaults


def texts_of(words: dict[str, Any]) -> dict[str, str]:
    """Name all texts of a language, those of statuses among them."""
    return {**words["status"], **{name: text for name, text in words.items() if name != "status"}}


@pytest.mark.parametrize("language", TABLE)
def test_a_language_has_every_key_and_no_unknown_one(language: str) -> None:
    words = TABLE[language]
    assert set(Translation._fields) - set(OPTIONAL) <= set(words) <= set(Translation._fields)
    assert {key: words[key] for key in OPTIONAL if words.get(key) == OPTIONAL[key]} == {}, "is the default"
    assert set(words["status"]) == set(STATUSES)
    assert all(isinstance(text, str) and text.strip() for text in texts_of(words).values())


@pytest.mark.parametrize("language", TABLE)
def test_a_language_has_words_that_can_be_told_apart_and_filled_in(language: str) -> None:
    found = find_translation(language)
    assert found._asdict() == {**OPTIONAL, **TABLE[language]}
    assert len({*found.status.values(), found.moved, found.place}) == len(STATUSES) + 2
    for name, text in texts_of(found._asdict()).items():
        count = {"moved_to": 1, "before": 1, "dates": 1, "colon": 2}.get(name, 0)
        assert (text.count("{}"), text.count("{"), text.count("}")) == (count, count, count), name


def test_languages_are_sorted_and_named_by_their_code() -> None:
    assert list(TABLE) == sorted(TABLE)
    assert all(len(language) == 2 and language.islower() for language in TABLE)
    assert list(load_translations()) == list(TABLE)


def test_every_field_is_explained() -> None:
    source = (files("topicfeeds") / "formats" / "translations.py").read_text("utf-8")
    for name in Translation._fields:
        assert f"    {name}: " in source
        following = source.partition(f"\n    {name}: ")[2].partition("\n")[2]
        assert following.startswith('    """'), name


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("de-AT", "de"),
        ("PT-br", "pt"),
        ("no", "nb"),
        ("nn-NO", "nb"),
        ("iw", "he"),
        ("zh-Hant-TW", "zh"),
        ("tlh", "en"),
        ("xx", "en"),
    ],
)
def test_a_language_tag_finds_the_words_of_its_language(tag: str, language: str) -> None:
    assert find_translation(tag) == load_translations()[language]


def test_the_table_is_parsed_once() -> None:
    assert load_translations() is load_translations()
