"""Objects of real frameworks: their lists, lazy texts, ids, addresses and times are read as they are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import Enum
from itertools import chain
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID

import attrs
import msgspec
import pytest
from babel.support import LazyProxy
from pydantic import BaseModel, HttpUrl
from sqlalchemy import ForeignKey, create_engine
from sqlalchemy import select as choose
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from support import site
from support.needs import ROOT
from topicfeeds import Article, Entry, Event, Problem, read_objects, select
from topicfeeds.sources.model import Record

ID = UUID("12345678-1234-5678-1234-567812345678")
DAY = date(2026, 3, 1)


@pytest.fixture(scope="module")
def django() -> Any:
    paths = os.pathsep.join([str(ROOT / "tests"), *sys.path])
    call = [sys.executable, "-m", "support.blog.rows"]
    done = subprocess.run(call, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_a_query_of_django_is_read_with_the_names_of_related_objects(django: Any) -> None:
    found = django["queryset"]
    assert found["tags"] == [["Housing", "Land"], ["Housing"]]
    assert found["problems"] == []
    assert found["published"] == ["2026-03-02T12:00:00+00:00", "2026-03-01T12:00:00+00:00"]
    assert len(found["ids"][0].rpartition("/")[2]) == len(str(ID))


def test_a_manager_of_django_is_read_as_its_query(django: Any) -> None:
    assert django["manager"] == django["queryset"]


def test_a_relative_address_is_completed_with_the_address_of_the_site(django: Any) -> None:
    assert django["queryset"]["links"] == [
        "https://www.example.org/posts/second/",
        "https://www.example.org/posts/first/",
    ]


def test_a_lazy_text_of_django_is_a_text(django: Any) -> None:
    assert (django["lazy"]["titles"], django["lazy"]["problems"]) == (["Yes", "Yes"], [])


def test_a_file_field_of_django_without_a_file_is_absent(django: Any) -> None:
    assert django["file"]["images"] == ["https://www.example.org/a.png", None]
    assert django["file"]["problems"] == []


@pytest.mark.parametrize("way", ["values", "named"])
def test_rows_of_values_are_read_by_the_names_of_their_columns(django: Any, way: str) -> None:
    assert django[way]["titles"] == ["Second", "First"]


def test_a_field_that_no_object_has_is_reported(django: Any) -> None:
    [problem] = django["misspelt"]["problems"]
    assert problem.endswith('summary: no record has "sumary" (check fields.summary of read_objects, or remove it)')


def test_an_object_in_place_of_a_text_is_reported_and_never_guessed(django: Any) -> None:
    assert "tags[0]" in django["objects"]["problems"][0]
    assert "is of type Category, not text" in django["objects"]["problems"][0]


class Base(DeclarativeBase):
    pass


class Row(Base):
    __tablename__ = "row"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    published: Mapped[date]
    words: Mapped[list[Word]] = relationship()


class Word(Base):
    __tablename__ = "word"
    id: Mapped[int] = mapped_column(primary_key=True)
    row: Mapped[int] = mapped_column(ForeignKey("row.id"))
    text: Mapped[str]


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Row(id=1, title="New homes", published=DAY, words=[Word(text="land")]))
        session.flush()
        yield session
    engine.dispose()


def only(*items: Any) -> Entry:
    [entry] = select(site(), items)["all"].entries
    return entry


def test_objects_of_sqlalchemy_are_read_with_their_relations(session: Session) -> None:
    fields = {"id": "id", "title": "title", "published": "published", "tags": "words.text"}
    entry = only(*read_objects(session.scalars(choose(Row)), fields=fields))
    assert (entry.title, [tag.label for tag in entry.tags]) == ("New homes", ["land"])


def test_rows_of_columns_are_items(session: Session) -> None:
    assert only(*session.execute(choose(Row.id, Row.title, Row.published))).title == "New homes"
    rows = session.execute(choose(Row, Row.id))
    fields = {"id": "id", "title": "Row.title", "published": "Row.published"}
    assert only(*read_objects(rows, fields=fields)).title == "New homes"


@dataclass
class DataPost:
    id: UUID
    title: str
    published: date
    tags: set[str] = field(default_factory=set)


@attrs.define
class AttrsPost:
    id: UUID
    title: str
    published: date
    tags: set[str]


class MsgspecPost(msgspec.Struct):
    id: UUID
    title: str
    published: date
    tags: set[str]


class NamedPost(NamedTuple):
    id: UUID
    title: str
    published: date
    tags: set[str]


class PydanticPost(BaseModel):
    id: UUID
    title: str
    published: date
    tags: set[str]


KINDS: list[Any] = [DataPost, AttrsPost, MsgspecPost, NamedPost, PydanticPost, SimpleNamespace, dict, Article]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_uuid_and_a_set_are_read_from_every_kind_of_object(kind: Any) -> None:
    entry = only(kind(id=ID, title="New homes", published=DAY, tags={"c", "a", "b"}))
    assert entry.id.endswith(str(ID))
    assert [tag.label for tag in entry.tags] == ["a", "b", "c"]


def test_an_address_of_pydantic_is_an_address() -> None:
    link: Any = HttpUrl("https://www.example.org/a")
    assert only({"title": "A", "published": DAY, "link": link}).link == "https://www.example.org/a"
    assert Article(title="A", published=DAY, link=link).link == "https://www.example.org/a"


class Topic(Enum):
    HOUSING = "Housing"


class Kind(Enum):
    EVENT = "event"


@pytest.mark.parametrize(
    "make", [dict, lambda **fields: SimpleNamespace(**fields), lambda **fields: next(iter(read_objects([fields])))]
)
def test_a_member_of_an_enum_is_its_value(make: Any) -> None:
    entry = only(make(title=Topic.HOUSING, published=DAY, topics=[Topic.HOUSING], tags={Topic.HOUSING}))
    labels = [[one.label for one in some] for some in (entry.topics, entry.tags)]
    assert (entry.title, labels) == ("Housing", [["Housing"], ["Housing"]])
    assert only(make(title="Fair", kind=Kind.EVENT, start=DAY, published=DAY)).kind == "event"


def test_a_lazy_text_is_translated_when_the_item_is_made() -> None:
    lazy: Any = LazyProxy(lambda: "Neue Wohnungen", enable_cache=False)
    assert Article(title=lazy, published=DAY, tags=[lazy]).tags == ("Neue Wohnungen",)
    assert only({"title": lazy, "published": DAY}).title == "Neue Wohnungen"


@pytest.mark.parametrize(
    ("moment", "published"),
    [
        (datetime(2026, 3, 1, 12), "2026-03-01T12:00:00+01:00"),
        (datetime(2026, 3, 1, 12, tzinfo=UTC), "2026-03-01T12:00:00+00:00"),
    ],
)
def test_a_time_without_a_zone_is_in_the_zone_of_the_site(moment: datetime, published: str) -> None:
    [entry] = select(site(timezone="Europe/Brussels"), [{"title": "A", "published": moment}])["all"].entries
    assert entry.published.isoformat() == published


def test_relative_addresses_of_several_lists_are_completed_without_an_address() -> None:
    rows = [SimpleNamespace(id=n, title="A", published=DAY, get_absolute_url=lambda: "/a") for n in range(4)]
    fields = {"id": "id", "title": "title", "published": "published", "link": "get_absolute_url"}
    items = chain(read_objects(rows[:2], fields=fields), [*read_objects(rows[2:], fields=fields)])
    assert {one.link for one in select(site(), items)["all"].entries} == {"https://www.example.org/a"}
    assert only({"title": "A", "published": DAY, "link": "a/b"}).link == "https://www.example.org/a/b"


def test_an_error_of_a_property_reaches_the_caller() -> None:
    class Broken:
        @property
        def name(self) -> str:
            raise LookupError("no connection")

    with pytest.raises(LookupError, match="no connection"):
        select(site(), read_objects([Broken()], fields={"title": "name"}))


def test_a_refused_object_is_named_by_its_id() -> None:
    problems: list[Problem] = []
    select(site(), read_objects([{"pk": 7, "name": ""}], fields={"id": "pk", "title": "name"}), problems=problems)
    assert {one.id for one in problems if one.severity == "refused"} == {"7"}


@pytest.mark.parametrize("make", [dict, lambda **fields: SimpleNamespace(**fields)])
@pytest.mark.parametrize("address", ["", "https://other.example/"])
def test_without_fields_relative_addresses_are_completed_too(make: Any, address: str) -> None:
    lazy: Any = LazyProxy(lambda: "/a", enable_cache=False)
    base = address or "https://www.example.org/"
    for link, image in (("/a", "b.jpg"), (lazy, {"url": "b.jpg"})):
        row = make(title="A", published=DAY, link=link, image=image)
        [entry] = select(site(), read_objects([row], url=address))["all"].entries
        assert (entry.link, entry.image) == (f"{base}a", f"{base}b.jpg")
    assert only(make(title="A", published=DAY, link=lazy)).link == "https://www.example.org/a"


class Step(Enum):
    DRAFT = "draft"
    PUBLIC = "published"


@pytest.mark.parametrize("marks", [{"draft": True}, {"status": Step.DRAFT}, {"is_public": False}, {"state": "Draft"}])
@pytest.mark.parametrize("fields", [{}, {"title": "title", "published": "published"}])
def test_objects_that_are_drafts_are_left_out_with_and_without_fields(marks: Any, fields: Any) -> None:
    rows = [SimpleNamespace(title="A", published=DAY, **marks), SimpleNamespace(title="B", published=DAY)]
    entries = select(site(), read_objects(rows, fields=fields))["all"].entries
    assert [one.title for one in entries] == ["B"]
    entries = select(site(), read_objects(rows, fields=fields, drafts=True))["all"].entries
    assert {one.title for one in entries} == {"A", "B"}


@pytest.mark.parametrize("make", [dict, lambda **fields: SimpleNamespace(**fields)])
@pytest.mark.parametrize("each", ["tour.dates", ["tour.dates", "tour.ends"]])
def test_each_date_of_an_object_is_an_item(make: Any, each: Any) -> None:
    days = [date(2026, 5, 15), date(2026, 5, 16)]
    row = SimpleNamespace(pk=1, name="A", tour=make(dates=[make(day=day) for day in days], ends=days))
    fields = {"id": "pk", "title": "name", "start": "tour.dates.day", "end": "tour.ends"}
    fields = fields if isinstance(each, list) else {name: path for name, path in fields.items() if name != "end"}
    found = [one.item for one in read_objects([row], each=each, fields=fields) if isinstance(one, Record)]
    assert [(one.id, one.start) for one in found if isinstance(one, Event)] == [(f"1/{day}", day) for day in days]


def test_an_argument_that_read_objects_does_not_have_is_refused() -> None:
    with pytest.raises(TypeError, match='read_objects has no argument "max_shrink"'):
        read_objects([], max_shrink=1.0)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"no argument \"defalts\" \(did you mean \"defaults\"\?\)"):
        read_objects([], defalts={})  # type: ignore[call-arg]
