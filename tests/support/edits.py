"""A site whose sources are edited step by step, and the edits."""

from __future__ import annotations

import copy
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.source_files import BROKEN, SUFFIXES, write_items

Fields = Mapping[str, Any]
OLD_NS = 1_600_000_000_000_000_001
"""A modification time in 2020, in nanoseconds: the build trusts it, as it is neither recent nor a whole second."""
LONG = "<p>(77 KB)</p>"
"""The content of an item that is written as a long text, so that failures stay short."""


@dataclass
class SourceFile:
    """A file with items. In Markdown, it is a folder with one file for each item."""

    kind: str
    """The source format."""
    source: str
    """Which of the two sources of this format has the file."""
    name: str
    items: list[dict[str, Any]] = field(default_factory=list)
    heading: str = ""
    """The heading and description of a text page."""
    is_broken: bool = False

    @property
    def path(self) -> str:
        """The path from the folder of the site file."""
        return f"{self.kind}/{self.name}{'' if self.kind == 'markdown' else SUFFIXES[self.kind]}"

    def contents(self) -> Iterator[tuple[str, str]]:
        """Yield path and content of each file."""
        if self.kind == "markdown":
            for item in self.items:
                yield f"{self.path}/{item['#']:04}.md", write_items("markdown", [_visible(item)])
            if self.is_broken:
                yield f"{self.path}/broken.md", BROKEN["markdown"]
        elif self.is_broken:
            yield self.path, BROKEN[self.kind]
        elif self.items or self.kind not in ("jsonl", "listing"):  # an empty file of these two formats is unreadable
            yield self.path, write_items(self.kind, list(map(_visible, self.items)), self.heading)


def _visible(item: Fields) -> Fields:
    """Return the fields that are written into a file."""
    fields = {name: value for name, value in item.items() if name != "#"}
    return {**fields, "content": f"<p>{'Long text. ' * 7000}</p>"} if fields.get("content") == LONG else fields


@dataclass
class Project:
    """A site file with its sources. Each source format has two sources and three files.

    - Source `one` has two files, which a pattern names. For databases, these are two sources.
    - Source `two` has one file, which its path names. It gives each item the topic `parks`.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    files: list[SourceFile] = field(default_factory=list)
    numbers: int = 1000
    """The number of the last item, in the order of Markdown files. Numbers below 1000 are of items inserted above."""
    _written: dict[str, str] = field(default_factory=dict)
    _writes: int = 0

    @classmethod
    def create(cls, *kinds: str, plain: bool = False, **settings: Any) -> Project:
        """Return a project with items in these source formats. With `plain`, all items are articles with an id."""
        project = cls(dict(settings))
        for kind in kinds:
            for source, name in (("one", "one-a"), ("one", "one-b"), ("two", "two")):
                project.files.append(SourceFile(kind, source, name, heading=f"About {name}\n\nIt is green.\n\n"))
            for number, (at, fields) in enumerate(_FIRST_ITEMS):
                if plain and ("start" in fields or "id" in fields):
                    continue
                file = project.files[len(project.files) - 3 + at]
                project.insert(file, {"id": f"{kind}-{number}", **fields}, at=-1)
        return project

    def insert(self, file: SourceFile, fields: Fields, at: int) -> None:
        """Insert an item at the top (0) or at the end (-1) of a file."""
        self.numbers += 1
        number = self.numbers if at else min([item["#"] for item in file.items], default=self.numbers) - 1
        file.items.insert(len(file.items) if at else 0, {**fields, "#": number})

    def places(self, *, events: bool = False) -> list[tuple[SourceFile, int]]:
        """Return file and position of all items, or of all events."""
        pairs = [(file, at) for file in self.files for at in range(len(file.items))]
        return [(file, at) for file, at in pairs if not events or file.items[at].get("start")]

    def write(self, folder: Path) -> None:
        """Write the files that differ from the last call. Each gets a modification time of its own, in the past."""
        contents = {"topicfeeds.toml": self.site_file()}
        for file in self.files:
            (folder / file.kind).mkdir(exist_ok=True)
            if file.kind == "markdown":
                (folder / file.path).mkdir(exist_ok=True)
            contents.update(file.contents())
        for path in self._written.keys() - contents.keys():
            (folder / path).unlink()
        for path, content in contents.items():
            if self._written.get(path) != content:
                _write(folder / path, content)
                self._writes += 1
                moment = OLD_NS + self._writes * 1_000_000_007
                os.utime(folder / path, ns=(moment, moment))
        self._written = contents

    def site_file(self) -> str:
        """Return the site file."""
        get = {**_SETTINGS, **self.settings}.get
        lines = ['title = "City"', 'url = "https://www.example.org/"', 'tag_authority = "example.org,2026"']
        lines += [f'timezone = "{get("timezone")}"', f'language = "{get("language")}"']
        for kind in dict.fromkeys(file.kind for file in self.files):
            lines += self._sources(kind)
        if get("twice") and self.files[0].kind != "database":  # a second source with the files of another one
            file = self.files[0]
            pattern = f"{file.kind}/one-*" + ("/*.md" if file.kind == "markdown" else SUFFIXES[file.kind])
            lines += ["[[sources]]", f'path = "./{pattern}"', 'topics = ["again"]']
        lines += ["[feeds]", f"limit = {get('limit')}", f"formats = {list(get('formats') or ())}"]
        lines += [f"retire_days = {get('retire_days')}", f"memory_days = {get('memory_days')}"]
        names = ("calendar_days_ahead", "calendar_days_back", "max_notices")
        lines += [f"{name} = {get(name)}" for name in names if get(name) is not None]
        if get("feed"):
            lines += ["[[feed]]", 'slug = "mine"', f'title = "{get("feed")}"', 'tags = ["x"]', 'match = "any"']
        for topic in get("topics") or ():
            lines += [f"[topics.{topic}]"]
            lines += [f'title = "{topic} {get("topic_title")}"'] if get("topic_title") else []
        return "\n".join(lines) + "\n"

    def _sources(self, kind: str) -> Iterator[str]:
        if kind == "database":
            for file in self.files:
                if file.kind == kind:
                    yield from ("[[sources]]", f'database = "sqlite:///${{CITY}}/{file.path}"')
                    yield f"query = \"select * from items where '{file.name}' != '' order by rowid\""
            yield 'topics = ["parks"]'
            return
        suffix = "/*.md" if kind == "markdown" else SUFFIXES[kind]
        get = self.settings.get
        [two] = [file for file in self.files if (file.kind, file.source) == (kind, "two")]
        yield from ("[[sources]]", f'path = "{kind}/one-*{suffix}"')
        if kind == "listing":
            yield from ('topics = ["gardens"]', f'untitled = "{get("untitled", "skip")}"')
        yield from get("source", ())
        yield from ("[[sources]]", f'path = "{two.path}"', 'topics = ["parks"]')


def _write(path: Path, content: str) -> None:
    """Write a file, or a database as its script says."""
    if path.suffix != ".sqlite":
        path.write_text(content, "utf-8")
        return
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(content)


_SETTINGS: dict[str, Any] = {
    "timezone": "Europe/Brussels",
    "language": "en",
    "limit": 3,
    "formats": ["atom", "rss"],
    "retire_days": 3,
    "memory_days": 20,
}
_FIRST_ITEMS: tuple[tuple[int, Fields], ...] = (
    (0, {"title": "Homes", "published": "2026-03-01", "tags": ["x"], "topics": ["homes"], "content": "<p>Text</p>"}),
    (0, {"title": "Fair", "published": "2026-03-02", "start": "2026-05-01", "tags": ["x"]}),
    (0, {"title": "No id", "published": "2026-03-03", "id": None}),
    (1, {"title": "Trees", "published": "2026-02-28", "tags": ["X", "y"], "summary": "Green"}),
    (2, {"title": "Walk", "start": "2026-04-10T10:00", "location": "Hall", "topics": ["homes"], "summary": "We go"}),
    (1, {"title": "Ponds", "published": "2026-02-10", "topics": ["homes"]}),
    (2, {"title": "Roads", "published": "2026-02-20", "updated": "2026-03-01"}),
)


class Edit:
    """A change of a project. An index may be of any size: it counts modulo the number of items or files."""

    def apply(self, project: Project, public: Path) -> None:
        """Change the project, or the output folder `public`."""


@dataclass(frozen=True)
class Nothing(Edit):
    """Change nothing: only time moves on."""


@dataclass(frozen=True)
class Add(Edit):
    """Add an item to a file, at the end or above all others."""

    file: int
    fields: Fields
    at: int = -1

    def apply(self, project: Project, public: Path) -> None:
        identity = {"id": f"new-{project.numbers}"} if "id" not in self.fields else {}
        project.insert(project.files[self.file % len(project.files)], {**identity, **self.fields}, self.at)


@dataclass(frozen=True)
class Change(Edit):
    """Set fields of an item. With `events`, only events are counted. A field that is None is deleted."""

    item: int
    fields: Fields
    events: bool = False

    def apply(self, project: Project, public: Path) -> None:
        if places := project.places(events=self.events):
            file, at = places[self.item % len(places)]
            file.items[at].update(self.fields)


@dataclass(frozen=True)
class Correct(Edit):
    """Correct the date and the title of all items."""

    def apply(self, project: Project, public: Path) -> None:
        for file, at in project.places():
            item = file.items[at]
            if item.get("published") == "nonsense":
                item["published"] = "2026-03-05"
            item["title"] = item.get("title") or "A title"


@dataclass(frozen=True)
class Delete(Edit):
    """Delete an item."""

    item: int

    def apply(self, project: Project, public: Path) -> None:
        if places := project.places():
            file, at = places[self.item % len(places)]
            del file.items[at]


@dataclass(frozen=True)
class Copy(Edit):
    """Copy an item into a file, with some other fields. With `moves`, delete the original."""

    item: int
    file: int
    fields: Fields
    at: int = -1
    moves: bool = False

    def apply(self, project: Project, public: Path) -> None:
        if places := project.places():
            file, at = places[self.item % len(places)]
            fields = {name: value for name, value in file.items[at].items() if name != "#"}  # gets a new number
            if self.moves:
                del file.items[at]
            project.insert(project.files[self.file % len(project.files)], {**fields, **self.fields}, self.at)


@dataclass(frozen=True)
class Reverse(Edit):
    """Reverse the order of the items of a file."""

    file: int

    def apply(self, project: Project, public: Path) -> None:
        file = project.files[self.file % len(project.files)]
        numbers = [item["#"] for item in file.items]
        file.items.reverse()
        for item, number in zip(file.items, numbers, strict=True):
            item["#"] = number


@dataclass(frozen=True)
class Rename(Edit):
    """Rename a file, so that it has another place among the files of its source."""

    file: int

    def apply(self, project: Project, public: Path) -> None:
        file = project.files[self.file % len(project.files)]
        file.name = file.name.removesuffix("-z") if file.name.endswith("-z") else f"{file.name}-z"


@dataclass(frozen=True)
class Empty(Edit):
    """Delete all items of a file."""

    file: int

    def apply(self, project: Project, public: Path) -> None:
        project.files[self.file % len(project.files)].items.clear()


@dataclass(frozen=True)
class Break(Edit):
    """Write a file that no reader accepts. The next edit repairs it first."""

    file: int

    def apply(self, project: Project, public: Path) -> None:
        project.files[self.file % len(project.files)].is_broken = True


@dataclass(frozen=True)
class Head(Edit):
    """Change heading and description of a text page."""

    file: int
    text: str

    def apply(self, project: Project, public: Path) -> None:
        project.files[self.file % len(project.files)].heading = self.text


@dataclass(frozen=True)
class Configure(Edit):
    """Change settings of the site file."""

    settings: Fields

    def apply(self, project: Project, public: Path) -> None:
        project.settings.update(self.settings)


@dataclass(frozen=True)
class Tamper(Edit):
    """Delete a document, or append a line to it."""

    document: int
    deletes: bool

    def apply(self, project: Project, public: Path) -> None:
        found = sorted(path for path in public.rglob("*.*") if path.suffix in (".xml", ".ics"))
        if found:
            path = found[self.document % len(found)]
            path.unlink() if self.deletes else path.write_bytes(path.read_bytes() + b"\n")


@dataclass(frozen=True)
class DeleteFolder(Edit):
    """Delete all documents."""

    def apply(self, project: Project, public: Path) -> None:
        shutil.rmtree(public)


@dataclass(frozen=True)
class Undo(Edit):
    """Undo the last edit of the project that was not undone."""


class Editor:
    """Applies edits, and undoes them."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._earlier: list[Any] = []

    def apply(self, edit: Edit, public: Path) -> None:
        """Apply an edit."""
        project = self.project
        for file in project.files:
            file.is_broken = False
        if isinstance(edit, Undo):
            if self._earlier:
                project.settings, project.files = self._earlier.pop()
            return
        before = copy.deepcopy((project.settings, project.files))
        edit.apply(project, public)
        if before != (project.settings, project.files):
            self._earlier.append(before)
