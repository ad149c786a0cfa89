"""A town's items: articles and events in any number, made from a fixed seed, and written down in three formats."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
"""When the first run is."""
TOPICS = ["gardens", "homes", "jobs", "mobility", "schools", "water"]
_TAGS = (
    "air bikes blue budget C C# C++ care Été eté faire food forum harbour kitchens knowledge_society land library maps "
    "market new&old parks plan river schools sports tram trees waste work"
)
TAGS = [tag.replace("_", " ") for tag in _TAGS.split()]
_WORDS = (
    "a about after all an are been before can city council for from has if in into its last make many more most new "
    "no not office on one open or other our out over people plan project report said she some street than that the "
    "their them there these they three time to town two under up was water we what when which while who will with year"
)
WORDS = _WORDS.split()
SITE = """\
title = "Town & Country"
url = "https://www.example.org/"
feeds_url = "https://www.example.org/feeds/"
description = "What the town does"
language = "en-GB"
timezone = "Europe/Brussels"
tag_authority = "example.org,2026"
author = { name = "Town Hall", email = "office@example.org" }

[feeds]
formats = ["atom", "rss", "ics"]
limit = 20

[[sources]]
path = "pages/gardens.txt"
format = "listing"
topics = ["gardens"]

[tags."C++"]
slug = "cpp"

[[feed]]
slug = "events-of-homes"
title = "Events of homes"
topics = ["homes", "jobs"]
kinds = ["event"]
match = "any"

[topics.empty]
title = "Empty so far"

[topics.homes]
title = "Homes"
url = "https://www.example.org/homes"

[topics.gardens]
[topics.jobs]
[topics.mobility]
[topics.schools]
"""
WATER = "[topics.water]\n"
PLAIN_SITE = """\
title = "Town"
url = "https://www.example.org/"
[feeds]
limit = 20
"""
PAGE = """\
urban gardens

Who digs, who waters, and who may pick.

  •  events
  •  neighbours

Gardens open in Graz

Twelve gardens open their gates for a weekend.

start date: 05-06-2026
end date: 06-06-2026

  •  soil
  •  schools

A bed for every class

Forty councils signed a charter for school gardens.

publication date: 20-02-2026

publication date: 21-01-2026
"""
EXTENSIONS = {"jsonl": "items/items.jsonl", "markdown": "items", "yaml": "items"}
"""The path of the source, by format."""

Item = dict[str, Any]
"""Fields of an item; its content is a list of blocks, each in HTML and in Markdown."""


def mixed(count: int) -> list[Item]:
    """Make articles, events, and some of everything that can be with an item."""
    chance = random.Random(2026)
    items = []
    for number in range(count):
        item = _article(chance, number, count)
        if number % 5 == 0:
            item.update(_event(chance, number))
        item.update(_extras(number))
        items.append({name: value for name, value in item.items() if value is not None})
    again = [{**item, "topics": ["schools"], "tags": ["twice"]} for item in items[50::100]]
    return [*items, *_named(), *again]


def plain(count: int) -> list[Item]:
    """Make articles of which there is nothing to tell."""
    chance = random.Random(2027)
    articles = [_article(chance, number, count) for number in range(count)]
    return [*articles, *_named()[:4]]


def _named() -> list[Item]:
    """Give the items that the runs change, all of them new."""
    common = {"published": "2026-03-31", "tags": ["plan", "river"], "content": [("<p>Text</p>", "Text")]}
    articles = [
        {"id": name, "title": f"To be {name}", "topics": [topic], **common}
        for name, topic in (("edited", "homes"), ("deleted", "water"), ("doubled", "jobs"), ("edited-again", "homes"))
    ]
    moved = {"id": "moved", "title": "To be moved", "topics": ["homes"], **common, "start": "2026-05-09T18:00"}
    return [*articles, moved]


def _article(chance: random.Random, number: int, count: int) -> Item:
    rank = number * 7919 % count
    moment = datetime(2026, 3, 31, 9, 30, tzinfo=UTC) - rank * timedelta(hours=5, minutes=7)
    spelled = [
        moment.date().isoformat(),
        moment.isoformat(),
        moment.isoformat()[:16],
        moment.isoformat().replace("+00:00", "Z"),
    ]
    published = spelled[rank % 4]
    blocks = [_block(chance, number + step) for step in range(chance.randint(1, 4))]
    return {
        "id": f"item-{number:04}",
        "title": f"{_sentence(chance, 5)} & <{number}>",
        "link": f"https://www.example.org/news/{number}/",
        "published": published,
        "updated": (moment + timedelta(hours=30)).isoformat() if number % 8 == 5 else None,
        "summary": f"{_sentence(chance, 12)}." if number % 3 else None,
        "content": [(f'<p>See <a href="/plots/{number}">plots</a>.</p>', f"See [plots](/plots/{number})."), *blocks],
        "topics": sorted(chance.sample(TOPICS, chance.choice((1, 1, 1, 2)))),
        "tags": chance.sample(TAGS, chance.choice((0, 1, 1, 2, 3))),
    }


def _event(chance: random.Random, number: int) -> Item:
    """Make the fields that an event has beside those of an article."""
    day, hour = date(2026, 1, 5) + timedelta(days=chance.randrange(330)), chance.randrange(7, 21)
    kind = number // 5 % 8
    item: Item = {"start": day.isoformat(), "status": ("confirmed", None, "tentative", None)[number // 5 % 4]}
    if kind in (1, 2):
        item["end"] = (day + timedelta(days=2)).isoformat()
    elif kind in (3, 4, 5):
        item["start"], item["end"] = f"{day}T{hour:02}:00", f"{day}T{hour + 2:02}:30"
        item["timezone"] = (None, "Europe/Lisbon", "America/New_York")[kind - 3]
    elif kind == 6:
        item["start"], item["recurrence"] = f"{day}T{hour:02}:15", "FREQ=WEEKLY;COUNT=8"
        item["except"] = [f"{day + timedelta(days=14)}T{hour:02}:15"]
    elif kind == 7:
        item["recurrence"] = "FREQ=MONTHLY;COUNT=5"
    if number % 35 == 0:
        item["status"] = "cancelled"
    if number % 55 == 0:
        item["status"] = "postponed"
    if number % 60 == 0:
        item["published"] = item["updated"] = None  # the day on which a run first sees it
    place = {"name": "Old Customs House", "address": "Quay 12, Ghent", "latitude": 51.0543, "longitude": 3.7174}
    item["location"] = (None, "Library, Porto", place)[number // 5 % 3]
    item["organizer"] = (None, None, {"name": "Forum", "email": "forum@example.org"}, "Town Hall")[number // 5 % 4]
    return item


def _extras(number: int) -> Item:
    """Make what few items have: more fields, and what is wrong with them."""
    item: Item = {}
    if number % 50 == 7:
        item["id"] = f"https://www.example.org/id/{number}"
    if number % 97 == 11:
        item["id"] = None  # it is known by its link
    if number in (21, 354):
        item["id"] = item["link"] = None  # it is known by its date and title
    if number % 6 == 1:
        item["authors"] = ["Ines Carvalho", {"name": "Tomas Novak", "email": "tomas@example.org"}]
    if number % 9 == 2:
        item["image"] = f"https://www.example.org/images/{number}.jpg"
    if number % 13 == 3:
        item["enclosures"] = [
            {
                "url": f"https://www.example.org/{number}.mp3",
                "type": "audio/mpeg",
                "length": 1000 + number,
                "title": "A",
            }
        ]
    if number % 40 == 4:
        item["language"] = "pt-BR"
    odd: dict[int, Item] = {
        13: {"updated": "2020-01-01"},
        17: {"title": "A bell\u0001 rings"},
        18: {"link": "http://localhost/18"},
        26: {"id": "ITEM-0025"},  # that of another but for case
        31: {"published": "02-01-2026"},
        41: {"published": "2026-04-01T15:30+02:00"},  # held back until then
        42: {"published": "2026-04-02T12:30:00Z"},
        43: {"published": "2027-01-01"},
        131: {"topics": ["watr"]},
        232: {"colour": "blue"},
        335: {"start": "2026-05-09", "end": "2026-05-01", "recurrence": None, "except": None},
        431: {"link": "ftp://www.example.org/431"},
        432: {"id": "item-0400"},  # that of another item
        533: {"title": None},
    }
    return item | odd.get(number, {})


def _sentence(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(WORDS, k=words)).capitalize()


def _block(chance: random.Random, number: int) -> tuple[str, str]:
    """Make a part of a body in HTML and in Markdown."""
    text, kind = _sentence(chance, 14), number % 7
    if kind == 0:
        return f'<h2 class="head">{text[:30]}</h2>', f"## {text[:30]}"
    if kind == 1:
        points = [_sentence(chance, 4) for _ in range(3)]
        return f"<ul>{''.join(f'<li>{one}</li>' for one in points)}</ul>", "\n".join(f"- {one}" for one in points)
    if kind == 2:
        html = f'<figure class="wide"><img src="/i/{number}.png" alt="A"><figcaption>{text}</figcaption></figure>'
        return html, html
    if kind == 3:
        rows = "<table><tr><th>Year</th><th scope='col'>Homes</th></tr><tr><td colspan=2>2026</td></tr></table>"
        return rows, "| Year | Homes |\n| --- | --- |\n| 2026 | 12 |"
    if kind == 4:
        html = f'<p onclick="x()" style="color: red">{text}</p><script>alert({number})</script>'
        return html, f"> {text}\n\n```\ncode {number}\n```"
    bold = f"https://www.example.com/{number}"
    return (
        f'<p class="text">{text} <strong>it’s</strong> <a href="{bold}">more</a></p>',
        f"{text} **it’s** [more]({bold})",
    )


def files(items: Sequence[Item], form: str, ends: int = 1) -> dict[str, str]:
    """Write items down, with so many line ends after each line of JSON: the files of the folder `items`."""
    if form == "jsonl":
        lines = [json.dumps(_whole(item, 0), ensure_ascii=False) for item in items]
        return {"items.jsonl": "".join(line + "\n" * ends for line in lines)}
    if form == "yaml":
        parts = [items[start : start + 100] for start in range(0, len(items), 100)]
        return {f"items-{n:02}.yaml": "\n".join(map(_as_yaml, part)) for n, part in enumerate(parts)}
    return dict(_pages(items))


def _pages(items: Sequence[Item]) -> Iterator[tuple[str, str]]:
    names: set[str] = set()
    for number, item in enumerate(items):
        name = item.get("id", f"none-{number}").rpartition("/")[2].lower()
        name = f"{name}-again-{''.join(item['topics'])}" if name in names else name
        names.add(name)
        front = {name: value for name, value in item.items() if name != "content"}
        body = _whole(item, 1)["content"]
        yield f"{name}.md", f"---\n{_lines(front, '')}---\n\n{body}\n"


def _as_yaml(item: Item) -> str:
    return f"- {_lines(_whole(item, 0), '  ')[2:]}"


def _lines(fields: Item, indent: str) -> str:
    """Write fields in YAML: values as in JSON, which is YAML too."""
    return "".join(f"{indent}{name}: {json.dumps(fields[name], ensure_ascii=False)}\n" for name in fields)


def _whole(item: Item, spelling: int) -> Item:
    """Put the content of an item together."""
    return {**item, "content": "\n\n".join(block[spelling] for block in item["content"])}
