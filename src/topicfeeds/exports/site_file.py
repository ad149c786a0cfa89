"""Writes a site file for an export, with comments for its owner."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from ..errors import ConfigError, Problem, explain_os_error, printable, show
from ..models.mapping import DATES, FLAGS, LISTS
from ..models.places import as_text
from ..models.site import Site
from ..models.source import Source
from ..sources._raw import Unreadable
from ..sources.chunks import list_paths
from ..sources.mapping.dates import KNOWN_FLAGS
from ..sources.mapping.paths import first_value
from ..sources.samples import find_unread, read_records
from .fields import FieldFinder, find_forms
from .kinds import KINDS, WORDS, ExportKind, simplify
from .opening import load_json, open_export, quoted, read_file

_MAX_RECORDS = 200
"""How many records are read, to find the fields."""
_MAX_EXAMPLE_CHARS = 50
_HEAD = """\
# This site file describes the publisher, the source of items, and the feeds. Check each line.
# The pages docs/site-file.md and docs/mapping.md of topicfeeds explain all settings.

"""


def write_site_file(kind: str, path: str, base: Path, url: str, year: int) -> str:
    """Return a site file for an export. Raises ConfigError.

    `path` is a file, folder or pattern, as seen from `base`, the folder of the site file. `year` is a year in which the
    publisher owns the host of `url`, the address of the site.
    """
    try:
        address = Site.model_validate({"title": "-", "url": url}).url
    except ValidationError:
        raise ConfigError(message=f"the url {show(url)} is not an address (write https://www.example.org/)") from None
    name = os.path.normpath(base / path)
    try:
        source = _describe_source(KINDS[kind], path, base)
    except (RecursionError, ValidationError, UnicodeError):
        raise ConfigError(message=f"{show(name)} cannot be used (choose another path, or less nesting)") from None
    except Unreadable as error:
        raise ConfigError([Problem(name, error.line, "", error.message, "unreadable")]) from None
    except OSError as error:
        raise ConfigError(message=f"{name}: cannot be read: {explain_os_error(error)}") from None
    host = urlsplit(address).hostname or ""
    calendar = ', "ics"' if kind == "ics" or any(line.startswith("start = ") for line in source) else ""
    more = "" if calendar else ", ics for calendars"
    lines = [
        _explained(f"title = {quoted(host)}", "the name of your site: change it"),
        _explained(f"url = {quoted(address)}", "the address of your site"),
        _explained(f'tag_authority = "{host},{year}"', "in ids that topicfeeds makes: never change it"),
        _explained(f"# feeds_url = {quoted(address + 'feeds/')}", "the address of the folder public/; default: url"),
        _explained('# language = "en"', "the language of your items"),
        _explained('# timezone = "Europe/Brussels"', "the time zone of dates without a time zone; default: UTC"),
        *("", "[[sources]]", *source, "", "[feeds]"),
        _explained(f'formats = ["atom", "rss"{calendar}]', f"add json for JSON Feed{more}"),
    ]
    return _HEAD + "".join(f"{line.rstrip()}\n" for line in lines)


def _explained(text: str, comment: str) -> str:
    return f"{text:<48}  # {printable(comment)}" if comment else text


def _describe_source(kind: ExportKind, path: str, base: Path) -> list[str]:
    """Return the lines of the source. Raises ConfigError, Unreadable and OSError."""
    first = path
    if kind.form != "database":
        paths = list_paths(Source(path=path, format=None if kind.form == "markdown" else kind.form), base)
        if not paths:
            raise ConfigError(message=f"{os.path.normpath(base / path)}: no file matches (check the path)")
        first = paths[0]
        if kind.form == "json" and read_file(base, first).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
            kind = KINDS["feed"]  # an export of WordPress in XML
    opened = open_export(kind.form, path, first, base)
    return _map_records(kind, opened, first, base) if kind.is_mapped else opened


def _map_records(kind: ExportKind, opened: Sequence[str], first: str, base: Path) -> list[str]:
    found = read_records(_parse([*opened, 'fields.title = "title"']), base, _MAX_RECORDS)
    if not found:
        raise Unreadable(1, "has no records (check PATH)")
    finder = FieldFinder(kind, [(raw.fields, path) for raw, path in found], _parse(opened).path or "")
    lookups = list(_find_lookups(kind, load_json(read_file(base, first)), finder)) if kind.lookups else []
    finder.find()
    lines = [
        *opened,
        *dict.fromkeys(one for path, one in kind.settings.items() if not path or path in finder.columns),
        *(*lookups, *_describe_values(finder, kind), *_describe_conditions(finder, kind)),
        *(_describe_field(finder, name) for name in finder.fields if name in FLAGS),
    ]
    note = "left: field of topicfeeds; right: its place in your data; comment: an example"
    lines += ["", _explained("[sources.fields]", note)]
    lines += [_describe_field(finder, name) for name in finder.fields if name not in FLAGS]
    if "link" not in finder.fields and (slug := finder.match(["slug"], bool)):
        lines.append(_explained(f'# link = "/{{{slug[0]}}}/"', "the address of an item on your site: correct it"))
    if kind.advice and not finder.fields.keys() & {"topics", "tags"}:
        lines.append(f"# no topics and tags were found: {kind.advice}")
    unread = find_unread(_parse(lines), [raw.fields for raw, _ in found])
    return [*lines, f"# not read: {printable(unread)}"] if unread else lines


def _parse(lines: Sequence[str]) -> Source:
    return Source.model_validate(tomllib.loads("[sources]\n" + "\n".join(lines))["sources"])


def _describe_field(finder: FieldFinder, name: str) -> str:
    text = next((" ".join(as_text(first_value(one)).split()) for one in finder.values(name)), "")
    example = text if len(text) <= _MAX_EXAMPLE_CHARS else f"{text[:_MAX_EXAMPLE_CHARS]}..."
    question = "  <- does this page exist?" if name == "link" and "{file." in finder.fields[name][-1] else ""
    return _explained(f"{name} = {quoted(*finder.fields[name])}", example + question)


def _find_lookups(kind: ExportKind, document: Any, finder: FieldFinder) -> Iterator[str]:
    """Yield the settings of fields whose values are in other records of a JSON:API document."""
    included = document.get("included") if isinstance(document, dict) else None
    types = {one.get("type") for one in included or () if isinstance(one, dict)}
    for path, values in list(finder.columns.items()):
        group = str(values[0]).partition("--")[0]
        if path.endswith(".data.type") and group in kind.lookups and values[0] in types:
            field = {"file": "image", "user": "authors"}.get(group, "tags" if "tag" in path.casefold() else "topics")
            finder.fields[field] = [f"{path.removesuffix('.type')}.id"]
            yield f'lookup.{field} = {{ items = "included", key = "id", value = {quoted(kind.lookups[group])} }}'


def _describe_values(finder: FieldFinder, kind: ExportKind) -> Iterator[str]:
    """Yield the settings that depend on the values of fields: markup, lists, words, dates."""
    if html := [name for name in kind.html_fields if name in finder.fields]:
        yield f"html_fields = [{', '.join(map(quoted, html))}]"
    for name in finder.fields:
        texts = [as_text(one) for one in finder.values(name)]
        if name in LISTS and kind.is_table and any("," in one for one in texts):
            yield f'split.{name} = [",", ";"]'
        if name == "content" and kind.is_table and not any("<" in one for one in texts):
            yield 'markup.content = "plain"'
        if name == "all_day" and (words := {one for one in texts if one.lower() not in KNOWN_FLAGS}):
            known = (f"{quoted(one)} = {quoted(str(one.casefold() in WORDS['yes']).lower())}" for one in sorted(words))
            yield f"values.all_day = {{ {', '.join(known)} }}"
    dates = {name: find_forms(finder.values(name)) for name in finder.fields if name in DATES}
    if forms := [f"{name} = {quoted(*found[0])}" for name, found in dates.items() if found and found[0]]:
        yield f"date_format = {{ {', '.join(forms)} }}"
    for language in sorted({found[1] for found in dates.values() if found and found[1]})[:1]:
        yield f"date_language = {quoted(language)}"


def _describe_conditions(finder: FieldFinder, kind: ExportKind) -> Iterator[str]:
    """Yield the settings that leave out records that are not public, or that were deleted."""
    for path, values in finder.columns.items():
        if path in kind.settings:
            continue
        name, words = simplify(path), {as_text(one).casefold(): as_text(one) for one in values}
        if name in WORDS["states"] and path not in finder.fields.get("status", ()):
            known = () if path.lower() == "status" else WORDS["drafts"]
            hidden = sorted(words[one] for one in words.keys() & {*WORDS["hidden"], *known})
            seen = printable(", ".join(sorted(words.values())[:8]))
            more = "drafts are left out already; list other" if path.lower() == "status" else "list"
            comment = f"# skip.{quoted(path)} = [] # {more} values to leave out; found: {seen}"
            yield f"skip.{quoted(path)} = {quoted(*hidden)}" if hidden else comment
        if name in WORDS["deleted"]:
            yield f'only.{quoted(path)} = ""'
        if words and name in WORDS["public"] + WORDS["private"] and words.keys() <= {*WORDS["yes"], *WORDS["no"]}:
            yes = sorted({"true", "1", *(text for word, text in words.items() if word in WORDS["yes"])})
            yield f"{'only' if name in WORDS['public'] else 'skip'}.{quoted(path)} = {quoted(*yes)}"
