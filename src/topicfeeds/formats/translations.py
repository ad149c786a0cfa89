"""The few words that feeds and calendars say about events, in each language of `translations.toml`."""

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
    """The event has a new start; filled in with the date."""
    place: str
    """The event has a new place."""
    before: str
    """Precedes the date, place or status that an event had before a change; filled in with it."""
    dates: str
    """Precedes the next dates of an event that recurs; filled in with them."""
    calendar: str
    """The text of the link to the calendar file of an event."""
    colon: str = "{}: {}"
    """Joins a word and the text after it; filled in with both."""
    semicolon: str = "; "
    """Separates dates."""


def find_translation(language: str) -> Translation:
    """Return the words of a language (BCP 47), or the English words if the language has none."""
    translations, name = load_translations(), language.lower().partition("-")[0]
    return translations.get(_ALIASES.get(name, name), translations["en"])


@cache
def load_translations() -> dict[str, Translation]:
    """Parse the table of all languages."""
    text = (files(__package__) / "translations.toml").read_text("utf-8")
    return {language: Translation(**words) for language, words in tomllib.loads(text).items()}
