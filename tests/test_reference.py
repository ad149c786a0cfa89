"""The reference of the public names is made from their docstrings, and every field is explained there."""

from __future__ import annotations

import topicfeeds
import topicfeeds.web
from support.needs import ROOT
from support.reference import make_reference

PAGE = ROOT / "docs" / "reference.md"


def test_the_reference_is_made_from_the_docstrings(bless: bool) -> None:
    made = make_reference()
    if bless:
        PAGE.write_text(made, "utf-8")
    assert PAGE.read_text("utf-8") == made


def test_the_reference_has_every_public_name() -> None:
    made = make_reference()
    assert all(f"\n### {name}\n" in made for name in (*topicfeeds.__all__, *topicfeeds.web.__all__))
