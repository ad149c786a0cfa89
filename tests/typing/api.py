"""The public names as a user's code has them; type-checked by a test, and run by another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from topicfeeds import (
    Article,
    Changes,
    Document,
    Enclosure,
    Event,
    Feed,
    Person,
    Place,
    Problem,
    Site,
    SourceError,
    State,
    Topic,
    build,
    check,
    feed,
    publish,
    read,
    read_objects,
    record,
    render,
    select,
)


def items() -> Sequence[Article | Event]:
    article = Article(title="New homes", published=date(2026, 3, 1), topics=["housing"], tags=["planning"])
    event = Event(
        id=article.id or "fair",
        title="Fair",
        published=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
        start=date(2026, 5, 1),
        end=date(2026, 5, 2),
        location=Place(name="Hall", latitude=51.0, longitude=3.7),
        organizer="The office",
        authors=["Ann", Person(name="Bea", email="bea@example.org")],
        enclosures=(Enclosure(url="https://www.example.org/a.mp3", type="audio/mpeg", length=12),),
        topic="housing",
        status="tentative",
    )
    return [article, event]


def site() -> Site:
    return Site(
        title="City Network",
        url="https://www.example.org/",
        topics={"housing": Topic(title="Housing", url="https://www.example.org/housing")},
        author=Person(name="City Network"),
    )


class Post:
    def __init__(self, number: int) -> None:
        self.number = number

    def get_absolute_url(self) -> str:
        return f"/posts/{self.number}/"


def posts() -> list[Post]:
    return [Post(number) for number in range(3)]


def serve(name: str, state: State) -> tuple[bytes, str, str]:
    fields = {"id": "number", "title": "number", "link": "get_absolute_url"}
    found = read_objects(posts(), fields=fields, defaults={"published": "2026-03-01"}, name="posts")
    problems: list[Problem] = []
    one: Feed = feed(site(), found, name, now=datetime.now(UTC), state=state, problems=problems)
    ids: list[str | None] = [problem.id for problem in problems]
    addresses = {"atom": one.url("atom"), "rss": one.url("rss")}
    etag: str = one.fingerprint("atom", addresses["atom"], alternates=addresses)
    assert ids == []
    return render(one, "atom", addresses["atom"], alternates=addresses), etag, one.media_type("atom")


def job(path: Path) -> tuple[Problem, ...]:
    assert check(site(), items()).refused == 0
    return record(site(), items(), path, now=datetime.now(UTC))


def main(folder: Path) -> Changes:
    feeds: Mapping[str, Feed] = select(site(), items(), names=["topics/housing"])
    one: Feed = feed(site(), items(), "all", now=datetime.now(UTC))
    assert one.fingerprint("rss") != one.fingerprint("rss", alternates={"atom": one.url("atom")})
    view: bytes = render(feeds["topics/housing"], "atom", url="https://www.example.org/housing.atom")
    problems: list[Problem] = []
    documents: list[Document] = build(site(), items(), now=datetime.now(UTC), problems=problems)
    assert view.startswith(b"<?xml")
    assert documents[0].render()
    try:
        publish(site(), [*read(site()), *items()], folder, strict=True)
    except SourceError as error:
        print(error.problems)
    job(folder / "state")
    assert serve("all", State(folder / "state", read_only=True))[2] == "application/atom+xml"
    return publish(site(), [Article(title="a", published=date(2026, 1, 1)), items()[1]], str(folder))
