"""The words that feeds and calendars use for events, in each language of `translations.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from ..models.status import StatusName

_ALIASES = {"no": "nb", "nn": "nb", "iw": "he"}


class Translation(NamedTuple):
    """The words of one language. A text with `{}` is a pattern that is filled in."""

    status: Mapping[StatusName, str]
    """The statuses of events, such as "Cancelled"."""
    moved: str
    """The event has a new start or end."""
    moved_to: str
    """The event has a new start. The date is filled in."""
    place: str
    """The event has a new place."""
    before: str
    """Introduces the date, place or status before a change, which is filled in."""
    dates: str
    """Introduces the next dates of a recurring event, which are filled in."""
    calendar: str
    """The text of the link to the calendar file of an event."""
    colon: str = "{}: {}"
    """Joins a word and the text after it. Both are filled in."""
    semicolon: str = "; "
    """Separates dates."""


def find_translation(language: str) -> Translation:
    """Return the words of a language (BCP 47), or the English words if the language has none."""
    translations, name = load_translations(), language.lower().partition("-")[0]
    return translations.get(_ALIASES.get(name, name), translations["en"])


@cache
def load_translations() -> dict[str, Translation]:
    """Return the words of each language, by language code."""
    text = (files(__package__) / "translations.toml").read_text("utf-8")
    return {language: Translation(**words) for language, words in tomllib.loads(text).items()}
