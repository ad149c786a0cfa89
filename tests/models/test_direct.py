"""An item that is made of a dictionary directly is what the model makes of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from topicfeeds import Article, Event
from topicfeeds.models.direct import validate_directly

VALUES = st.none() | st.sampled_from(
    ["", " ", "\u200b", " x ", "\x1cx", "a\u2028b", "https://e.org/é", "2026-03-01", "x:y", 7, 7.5, True]
)
FIELDS = st.fixed_dictionaries(
    {"title": VALUES | st.just("A"), "published": VALUES | st.sampled_from(["2026-03-01", "2026-03-01T10:00+02:00"])},
    optional={
        **dict.fromkeys(("id", "link", "summary", "content", "topic", "language", "timezone", "kind", "what"), VALUES),
        "updated": VALUES | st.just("2026-03-02T10:00Z"),
        "topics": VALUES | st.lists(VALUES, max_size=2),
        "tags": VALUES | st.lists(VALUES, max_size=2),
        "authors": st.lists(VALUES | st.fixed_dictionaries({"name": VALUES, "url": VALUES}), max_size=2),
        "enclosures": st.lists(
            st.fixed_dictionaries({"url": VALUES, "type": st.just("a/b"), "length": VALUES}), max_size=2
        ),
        "start": VALUES | st.just("2026-05-01"),
        "end": VALUES | st.sampled_from(["2026-04-01", "2026-05-02"]),
        "location": VALUES | st.fixed_dictionaries({"name": VALUES, "latitude": VALUES}),
        "status": VALUES | st.just("cancelled"),
        "recurrence": st.sampled_from(["FREQ=DAILY", "nonsense"]),
        "except": st.lists(VALUES | st.just("2026-05-02"), max_size=2),
    },
)


@given(FIELDS, st.sampled_from([Article, Event]))
def test_directly_made_an_item_is_what_the_model_makes(fields: dict[str, Any], model: type[Article | Event]) -> None:
    try:
        whole = model.model_validate(dict(fields))
    except ValidationError:
        assert validate_directly(model, fields) is None
        return
    made = validate_directly(model, fields)
    assert made == whole
    assert made is not None
    assert made.model_fields_set == whole.model_fields_set
    assert made.model_dump(by_alias=True) == whole.model_dump(by_alias=True)
    with pytest.raises(ValidationError, match="frozen"):
        made.title = "other"


def test_what_is_no_dictionary_is_left_to_the_model() -> None:
    assert validate_directly(Article, None) is None
    assert validate_directly(Article, [("title", "x")]) is None


def test_a_model_of_another_form_is_left_to_pydantic(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other(Article):
        pass

    monkeypatch.setattr(Other, "__pydantic_core_schema__", {"type": "definition-ref", "schema_ref": "x"})
    assert validate_directly(Other, {"title": "A", "published": "2026-03-01"}) is None
