"""Public values pass from one process to another, and every public name says whether threads may share it."""

from __future__ import annotations

import inspect
import pickle
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

import topicfeeds
from support import EXAMPLE, event, folder_site
from topicfeeds import (
    Article,
    Changes,
    DeclaredFeed,
    Enclosure,
    Extensions,
    FeedFormat,
    FeedOptions,
    FeedSettings,
    Image,
    Page,
    PageSettings,
    Person,
    Place,
    Problem,
    Source,
    State,
    Tag,
    Topic,
    TopicFeedsError,
    XmlElement,
    build,
    embed,
    read,
    select,
)
from topicfeeds.models.fields import Model

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SITE = folder_site(EXAMPLE)
FEEDS = select(SITE, read(SITE, EXAMPLE), now=NOW)
DOCUMENTS = build(SITE, read(SITE, EXAMPLE), now=NOW)
VALUES: list[Any] = [
    Article(title="A", published=date(2026, 3, 1), authors=["Ann"]),
    event(location=Place(name="Hall")),
    Enclosure(url="https://www.example.org/a.mp3", type="audio/mpeg"),
    Person(name="Ann"),
    Place(name="Hall"),
    SITE,
    Source(path="items.yaml", fields={"title": "name"}),
    Tag(slug="cpp"),
    Topic(title="Housing"),
    FeedSettings(limit=3),
    DeclaredFeed(slug="a", title="A", tags=["a"]),
    Problem("a.yaml", 1, "title", "is missing", identity=("1", None)),
    Changes(written=("a",), problems=(Problem("a.yaml", 1, "", "x"),)),
    FEEDS["all"],
    FEEDS["all"].entries[0],
    DOCUMENTS[0],
    State("state", read_only=True),
    embed(SITE, read(SITE, EXAMPLE), "all", now=NOW),
    Image(url="https://www.example.org/a.png", alt="A house"),
    PageSettings(opml_tags=True),
    Extensions(version="1"),
    Page("housing", "Housing", None),
    FeedFormat(".text", "text/plain"),
    FeedOptions(limit=3),
    XmlElement("dc:source", "a"),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_public_value_is_the_same_after_pickling(value: Any) -> None:
    copy = pickle.loads(pickle.dumps(value))
    assert type(copy) is type(value)
    if not isinstance(value, (State, topicfeeds.Document)):
        assert copy == value
        assert repr(copy) == repr(value)


def test_a_document_has_the_same_bytes_after_pickling() -> None:
    for one in DOCUMENTS[:3]:
        copy = pickle.loads(pickle.dumps(one))
        assert (copy.path, copy.fingerprint, copy.render()) == (one.path, one.fingerprint, one.render())


def test_every_public_class_is_among_these_values_or_an_error() -> None:
    classes = {name for name in topicfeeds.__all__ if inspect.isclass(getattr(topicfeeds, name))}
    errors = {name for name in classes if issubclass(getattr(topicfeeds, name), TopicFeedsError)}
    targets = {"Target", "FsspecTarget", "StorageTarget", "ZipTarget"}  # places, not values
    assert classes - errors - targets <= {type(value).__name__ for value in VALUES}


def test_an_error_of_a_constructor_can_be_pickled() -> None:
    with pytest.raises(ValidationError) as caught:
        Article.model_validate({"title": "A"})
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize("name", topicfeeds.__all__)
def test_every_public_name_says_whether_threads_may_share_it(name: str) -> None:
    value = getattr(topicfeeds, name)
    is_model = inspect.isclass(value) and issubclass(value, Model)
    assert "thread" in ((Model if is_model else value).__doc__ or "").lower()
