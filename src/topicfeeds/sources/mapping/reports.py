"""Reports: warnings about a mapping that a run prints once for each source, however many records cause them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple, TypeVar

from ...errors import Problem, show
from ...models.mapping import FLAGS, MappingSettings
from ...models.places import ValuePath, ValuePlace, as_text, list_paths
from .paths import Finder, Loss
from .values import NEVER_FALSE

T = TypeVar("T")
Evidence = Literal["none", "empty", "lacking"]
"""What the records say about a path that none of them has.

`lacking`: a table on the path lacks the next key. `empty`: a value on the path is empty. `none`: neither of the two.
"""
NO_START = "is ignored in records without start: they are articles (check fields.start in [[sources]])"


class MissingPath(NamedTuple):
    """A setting whose paths no record of a chunk has."""

    name: str
    paths: str
    evidence: Evidence = "none"


NO_LINK = MissingPath("link", "")


class PathRegister:
    """Notes which settings have a path that at least one record has, and what records say about the others."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self._evidence: dict[str, Evidence] = {}

    def note(self, name: str, finder: Finder) -> None:
        """Note what a finder saw when it followed the paths of a setting."""
        if finder.is_known:
            self.known.add(name)
        elif finder.lacks_key or finder.has_empty:
            self._evidence[name] = "lacking" if finder.lacks_key else self._evidence.get(name, "empty")

    def list_missing(self, settings: Mapping[str, tuple[ValuePlace, ...]]) -> list[MissingPath]:
        """Return the settings whose paths no record has."""
        missing = ((name, list_paths(places)) for name, places in settings.items() if name not in self.known)
        return [
            MissingPath(
                name_setting(name), " or ".join(show(one.text) for one in paths), self._evidence.get(name, "none")
            )
            for name, paths in missing
        ]


class MappingReport(NamedTuple):
    """Facts about the mapping of a source, from the records of one chunk."""

    source: str
    group: str
    """Which places the report is about: `items` (the fields), or `records` (the conditions `only` and `skip`).

    `drafts` are the fields of a chunk that has drafts only.
    """
    missing: tuple[MissingPath, ...]
    """The settings whose paths no record has. `NO_LINK`: items with content have no link."""
    warnings: tuple[Problem, ...] = ()


def merge_reports(found: Iterable[T | MappingReport], setting: str = "in [[sources]]") -> Iterator[T | Problem]:
    """Yield the results, with warnings in place of reports. Each warning is yielded once.

    Warnings about missing paths come last. In messages, `setting` says where the mapping is.
    """
    missing: dict[tuple[str, str], dict[tuple[str, str], frozenset[Evidence]]] = {}
    told: set[tuple[str, str, str]] = set()
    for one in found:
        if not isinstance(one, MappingReport):
            yield one
            continue
        here = {(path.name, path.paths): frozenset([path.evidence]) for path in one.missing}
        group = one.source, one.group
        missing[group] = {name: found | here[name] for name, found in missing.get(group, here).items() if name in here}
        for problem in one.warnings:
            key = (one.source, *describe_warning(problem))
            if key not in told:
                told.add(key)
                yield problem
    for (source, kind), names in missing.items():
        drafts = missing.get((source, "drafts"), names) if kind == "items" else names
        for (name, paths), evidence in names.items() if kind != "drafts" else ():
            is_missing = "lacking" in evidence or "empty" not in evidence
            if is_missing and ((name, paths) in drafts or (name, paths) == NO_LINK[:2]):
                yield _explain(source, name, paths, setting)


def _explain(source: str, name: str, paths: str, setting: str) -> Problem:
    if (name, paths) == NO_LINK[:2]:
        advice = 'set fields.link to a pattern with a field of your records, such as "/news/{slug}/"'
        message = f"no item has a link, so every entry links to the start page ({advice})"
    else:
        message = f"no record has {paths} (check {name} {setting}, or remove it)"
    return Problem(source, 1, name.removeprefix("fields."), message, "warning")


def describe_warning(problem: Problem) -> tuple[str, str]:
    """Return field and message of a warning, without the example, which differs between records."""
    return problem.field, problem.message.partition(" (such as ")[0]


def explain_loss(loss: Loss, field: str, settings: MappingSettings) -> str:
    """Say why a field does not get a value. The text is empty if the value may be absent."""
    if loss.value is None:
        is_intended = field in settings.defaults or loss.path == "file.lang"
        advice = f"complete the record, or add a pattern without {loss.path}"
        return "" if is_intended else f"this record has no {loss.path}, so {show(loss.place)} has no value ({advice})"
    if field in NEVER_FALSE and as_text(loss.value) == "false":
        return ""
    if isinstance(loss.value, Mapping):
        keys = list(map(str, loss.value))
        key = next((one for one in keys if one[:1] not in "_@"), keys[0])
        return f"{loss.path} is a table, so {show(loss.place)} has no value (name a key, such as {loss.path}.{key})"
    kind = "text" if isinstance(loss.value, str) else "not a table"
    return f"{show(loss.value)} is {kind}, so {loss.path} has no value (to use it, {_add_place(loss, field, settings)})"


def _add_place(loss: Loss, field: str, settings: MappingSettings) -> str:
    """Say how to add the place of a lost value to the setting whose path did not enter the value."""
    found = ((name, place) for name in settings.mapped_fields[field] for place in settings.places[name])
    name, place = next(one for one in found if loss.path in [path.text for path in list_paths(one[1:])])
    is_path = isinstance(place, ValuePath)
    added = loss.place if is_path else place.text.replace(f"{{{loss.path}}}", f"{{{loss.place}}}")
    places = ", ".join(show(text) for text in (*(one.text for one in settings.places[name]), added))
    return f"add {show(added)} to the paths: {name} = [{places}]"


def name_setting(name: str) -> str:
    """Return the setting of a place, as messages name it."""
    return name if name.startswith(("only.", "skip.")) or name in (*FLAGS, "each") else f"fields.{name}"
