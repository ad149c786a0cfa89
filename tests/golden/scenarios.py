"""The sites that are built, and their rows of runs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from . import town
from .harness import Scenario, Stage

TESTS = Path(__file__).parent.parent
ROOT = TESTS.parent
SUMMER = int(datetime(2026, 7, 1, tzinfo=UTC).timestamp())
HOUR, DAY = 3600, 86400
SITE = 'title = "City Network"\nurl = "https://www.example.org/"\ntag_authority = "example.org,2026"\n'
GOOD = {"title": "New homes", "published": "2026-03-01"}


def _case(source: Path, stage: Stage) -> None:
    """Build a site of the repository, from a copy."""
    folder = stage.folder / "a" / "b" / source.name  # some read ../../../pages
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("expected", "public", ".*"))
    shutil.copytree(TESTS / "pages", stage.folder / "pages")
    for path in sorted(stage.folder.rglob("*")):
        if path.is_file():
            stage.date(path)
    stage.folder = folder
    _build_and_check(stage)


def _lines(corpus: str, code: int, stage: Stage) -> None:
    """Build one site of all cases of a corpus of lines that need no site file of their own."""
    sources = []
    for number, (group, case) in enumerate(_cases(corpus)):
        if case.keys() & {"links", "pipes", "site", "site_end"} or (case.get("code", 0) == 65) != (code == 65):
            continue
        items = case.get("items", [case["item"]] if "item" in case else [])
        found = dict(case.get("files", {}))
        if items:
            given = [{"id": f"{group}-{number}-{n}", **GOOD, **item} for n, item in enumerate(items)]
            found = {"items.json": "[" + ",\n".join(map(json.dumps, given)) + "]\n"}
        for name, content in found.items():
            if not name.isprintable() or set(name) & set('"\\'):
                continue
            stage.put(f"{group}/{number:03}/{name}", _bytes(content))
            sources.append(f'\n[[sources]]\npath = "{group}/{number:03}/{name}"\n')
    stage.put("topicfeeds.toml", SITE + "".join(sources))
    _build_and_check(stage)


def _cases(corpus: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((TESTS / "corpus" / corpus).glob("*.jsonl")):
        for line in path.read_bytes().split(b"\n"):
            if line.strip():
                yield path.stem, json.loads(line)


def _bytes(content: Any) -> bytes:
    """Make what a file of a case holds of its parts, as the corpus writes them."""
    if isinstance(content, list):
        return b"".join(map(_bytes, content))
    if isinstance(content, dict):
        ((text, how),) = content.items()  # an encoding and a text, or a text and how often it stands there
        return how.encode(text) if isinstance(how, str) else str(text).encode() * how
    return str(content).encode()


def _build_and_check(stage: Stage) -> None:
    stage.run("full", SUMMER, "build", "--all-problems")
    stage.run("nothing to do", SUMMER + HOUR)
    stage.run("check", SUMMER + 2 * HOUR, "check", "--format", "github")


def _town(form: str, is_plain: bool, stage: Stage) -> None:
    """Build a site of 1,000 items again and again, while they change."""
    items = town.plain(996) if is_plain else town.mixed(985)
    water = "" if is_plain else town.WATER
    head = town.PLAIN_SITE if is_plain else town.SITE
    now = int(town.NOON.timestamp())

    def put(ends: int) -> None:
        source = f'\n[[sources]]\npath = "{town.EXTENSIONS[form]}"\n'
        stage.put("topicfeeds.toml", head + water + source)
        stage.fill("items", town.files(items, form, ends))

    def run(label: str, *arguments: str, after: int = HOUR, ends: int = 1) -> None:
        nonlocal now
        now += after
        put(ends)
        stage.run(label, now, *arguments)

    def change(name: str, **fields: Any) -> None:
        at = next(n for n, item in enumerate(items) if item.get("id") == name)
        items[at] = {**items[at], **fields}

    def taken(name: str) -> town.Item:
        return items.pop(next(n for n, item in enumerate(items) if item.get("id") == name))

    if not is_plain:
        stage.put("pages/gardens.txt", town.PAGE)
    run("full", after=0)
    run("nothing to do")
    if not is_plain:
        run("what was held back is due")
    change("edited", title="It was edited")
    run("an item is edited")
    taken("deleted")
    run("an item is deleted")
    if is_plain:
        items.append({**items[7], "id": "added", "title": "It was added", "published": "2026-04-01T10:00Z"})
        run("an item is added")
        change("item-0500", summary="It was edited, and no feed of all holds it")
        run("an old item is edited")
    else:
        change("moved", start="2026-05-10T18:00")
        run("an event is moved")
        change("moved", status="cancelled", content=[("<p>Sorry</p>", "Sorry")])
        run("an event is cancelled", after=DAY)
    change("edited", content=[("<p>Another text</p>", "Another text")])
    run("an item is edited, two jobs", "build", "--jobs", "2")
    double = next(item for item in items if item.get("id") == "doubled")
    items.append({**double, "topics": ["schools"]})
    run("an item is doubled under another topic")
    items[:] = [{**item, "topics": [one for one in item["topics"] if one != "water"]} for item in items]
    water = ""
    run("a topic is gone", after=DAY)
    change("edited-again", title="It was edited again")
    run("an item is edited, dry run", "build", "--dry-run")
    run("and then the real run")
    run("a month later what retired is removed", after=31 * DAY)
    stage.lose_state()
    run("the state is lost", after=DAY)
    stage.age_state()
    run("the state is that of the version before")
    stage.age_state()
    change("edited-again", summary="It was edited once more")
    taken("doubled")
    # Two processes read where nothing is known, no id comes twice, and lines are many: blank ones count.
    run("the same, an item is edited, two jobs", "build", "--jobs", "2", ends=60)
    run("status", "status")
    run("check", "check", "--all-problems")


def _commands(stage: Stage) -> None:
    """Ask the command for what it can, and give it what it cannot."""

    def run(label: str, *arguments: str, by_version: bool = False) -> None:
        stage.run(label, SUMMER, *arguments, by_version=by_version)

    for name in ("build", "check", "embed", "init", "ping", "schema", "serve", "status"):
        run(f"help of {name}", name, "--help", by_version=True)
    run("help", "--help", by_version=True)
    run("schema of an item", "schema", "item", by_version=True)
    run("schema of a site", "schema", "site", by_version=True)
    run("no site file")
    run("init", "init")
    for path in sorted(stage.folder.rglob("*.*")):
        if path.is_file():
            stage.date(path)
    run("init again", "init")
    run("status before a run", "status")
    run("dry run", "build", "--dry-run")
    run("log as json", "build", "--log-format", "json")
    run("an age that is none", "status", "--max-age", "soon")
    run("status of long ago", "status", "--max-age", "9d")
    lines = [f'- {{"id": "{n}", "title": "About {n}", "published": "2026-03-01"}}\n' for n in range(8)]
    stage.put("items/more.yaml", "".join(lines))
    run("more items")
    stage.put("items/more.yaml", lines[0])
    run("a source shrinks")
    run("status after a failure", "status")
    run("a source shrinks, and may", "build", "--allow-shrink", "--quiet")
    stage.put("items/more.yaml", '- {"id": "0", "title": "About 0", "published": "2026-13-01", "tag": "x"}\n- {}\n')
    run("a refused item, strict", "build", "--strict")
    run("a refused item", "build", "--allow-shrink", "--log-format", "json")
    run("a refused item, and nothing to do")
    run("status with a refused item", "status")
    run("another output", "build", "--output", "public/other", "--state", "other.sqlite", "--allow-shrink")
    stage.put("topicfeeds.toml", f'{SITE}langage = "en"\n[[sources]]\npath = "items"\n[feeds]\nlimit = "many"\n')
    run("a site file that is wrong")
    stage.put("topicfeeds.toml", f'{SITE}[[sources]]\npath = "nowhere/*.yaml"\n')
    run("a source that is not there")


def _scenarios() -> Iterator[Scenario]:
    for path in sorted((ROOT / "examples").glob("*/topicfeeds.toml")):
        yield Scenario(f"example-{path.parent.name}", partial(_case, path.parent))
    for corpus in ("feeds", "events"):
        for path in sorted((TESTS / "corpus" / corpus).glob("*/topicfeeds.toml")):
            yield Scenario(f"{corpus}-{path.parent.name}", partial(_case, path.parent))
    for name, corpus, code in (("accepted", "accepted", 0), ("refused", "refused", 1), ("stopped", "refused", 65)):
        yield Scenario(f"lines-{name}", partial(_lines, corpus, code))
    yield Scenario("commands", _commands)
    for form in ("jsonl", "markdown", "yaml"):
        yield Scenario(f"town-{form}", partial(_town, form, False))
    for form in ("jsonl", "markdown"):
        yield Scenario(f"plain-{form}", partial(_town, form, True))


SCENARIOS = list(_scenarios())
