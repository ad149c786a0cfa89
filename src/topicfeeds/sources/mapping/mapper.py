"""The mapper: converts the records of one chunk to the fields of items, with the settings of their source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property, partial
from typing import Any, NamedTuple
from urllib.parse import urljoin

from ...errors import Problem, show
from ...models.fields import is_absent
from ...models.items import FIELDS
from ...models.mapping import FLAGS, LISTS, PARTS
from ...models.places import ValuePath, ValuePlace, as_text, list_paths, to_text
from ...models.source import Source
from ...registry import TABLES
from ...text.characters import is_blank
from .._raw import RawRecord
from ..model import Draft, FileContext, Identity, read_identity
from .dates import KNOWN_FLAGS, explain_unused_time, find_date, read_dates, set_days, split_recurrence
from .drafts import KEYS, drop_draft_values, read_publication
from .elements import expand, explain_several, split_record
from .file_values import describe_file
from .lookups import explain_missing_key, index_document
from .paths import Finder, Loss, first_value, flatten, is_empty
from .permalinks import fill_in_permalink, is_template
from .reports import NO_LINK, NO_START, MappingReport, PathRegister, describe_warning, explain_loss
from .values import (
    NEVER_FALSE,
    add_default_parts,
    combine_parts,
    complete_address,
    convert,
    drop_image_faults,
    find_kind,
    find_separators,
    fit,
    is_none,
    lacks_part,
    list_addresses,
    split_text,
    take_simple,
)

_EVENT_FIELDS = ("end", "location", "organizer", "status", "recurrence", "except")


class MappedRecord(NamedTuple):
    """The fields of an item, before they are validated."""

    raw: RawRecord
    fields: Any
    warnings: list[Problem]


class RecordMapper:
    """Maps the records of one chunk."""

    def __init__(self, source: Source, context: FileContext) -> None:
        self._source, self._context = source, context
        self._is_table = context.form in TABLES
        self._paths = PathRegister()
        self._has: set[str] = set()
        """Contains `records` if the chunk has records, and `items` if it has items."""
        self._needs_link = False
        self._elements = 0
        """The number of elements of `each` so far."""
        self._warnings: dict[tuple[str, str], Problem] = {}
        """The warnings that are reported once for the source."""
        self._indexes: dict[str, dict[str, Any]] = {}

    @cached_property
    def _file(self) -> Mapping[str, Any]:
        path = self._context.path
        return describe_file(path, self._source.path) if self._source.path not in (None, "-") else {}

    def expand(self, raw: RawRecord) -> Iterator[tuple[RawRecord, bool]]:
        """Yield a record for each element of `each`. The second value says whether the `id` comes from the element."""
        if not self._source.each:
            yield raw, True
            return
        for element, names_element in expand(raw.fields, self._source, is_table=self._is_table):
            self._elements += 1
            yield raw._replace(fields=element, place=self._elements), names_element

    def find_identity(self, raw: RawRecord) -> Identity | None:
        """Return the `id` and the `link` of a record that is not a valid item."""
        if not self._source.fields:
            return read_identity(raw.fields)
        finder, names = self._make_finder(raw), [name for name in ("id", "link") if name in self._source.places]
        fields = {name: fit(name, self._find_values(finder, name, raw, set())) for name in names}
        return read_identity(fields | {"link": complete_address(fields.get("link"), self._context.url or "")})

    def find_origins(self, raw: RawRecord) -> dict[str, str]:
        """Return the place that gives each mapped field, or part of a field, its value in a record."""
        find, places = self._make_finder(raw).find_first, self._source.places
        return {name: one.text for name, some in places.items() if (one := find(some, find_kind(name))[1])}

    def _make_finder(self, raw: RawRecord) -> Finder:
        read_date = partial(find_date, settings=self._source)
        return Finder(raw.fields, self._file.get, read_date, objects=self._context.form == "python")

    def map(self, raw: RawRecord, *, names_element: bool = True) -> MappedRecord | Draft | None:
        """Return the fields of an item, a draft, or None if the source skips the record. Raises MappingError."""
        source, finder = self._source, self._make_finder(raw)
        self._has.add("records")
        if not self._is_wanted(finder, raw):
            return None
        reason, window = read_publication(raw.fields, source)
        warnings: list[Problem] = []
        fields = reason or self._find_fields(finder, raw, warnings)
        if isinstance(fields, str):
            self._has.add("drafts")
            for name, places in source.places.items():
                self._find(finder, name, places)  # paths that only drafts have are not reported as missing
            return Draft(self._context.path, raw.line, identity=self.find_identity(raw), reason=fields)
        self._has.add("items")
        if source.fields:
            self._drop_event_fields(fields, raw)
            self._fill_in_permalink(fields, raw)
        if not names_element and fields.get("id") and fields.get("start"):
            fields["id"] = f"{to_text(fields['id'])}/{to_text(fields['start']).strip().replace(' ', 'T', 1)}"
        self._needs_link = self._needs_link or ("content" in fields and "link" not in fields)
        return MappedRecord(raw._replace(window=window) if window else raw, fields, warnings)

    # Which records are read.

    def _is_wanted(self, finder: Finder, raw: RawRecord) -> bool:
        for name, path, texts in self._source.conditions:
            found = self._find_condition(finder, name, (path,), raw)
            given = found if isinstance(found, list) and found else [found]
            if self._is_table and isinstance(found, str):
                given = [found, *split_text(found, find_separators(path, self._source))]
            if any(as_text(one) in texts for one in given) != name.startswith("only."):
                return False
        return True

    def _find_condition(self, finder: Finder, name: str, places: tuple[ValuePlace, ...], raw: RawRecord) -> Any:
        """Return the value of a condition. Warn about values that its path cannot reach."""
        finder.losses.clear()
        found, _ = self._find(finder, name, places)
        for loss in finder.losses if len(places) == 1 or is_empty(found) else ():
            if loss.value is not False:  # many systems write it for "none"
                self._warn_once(raw, name, loss.description)
        finder.losses.clear()
        return found

    # The fields of a record.

    def _find(self, finder: Finder, name: str, places: tuple[ValuePlace, ...]) -> tuple[Any, ValuePlace | None]:
        """Return the first value at one of the places, and its place. Note whether the record has one of the places."""
        finder.is_known = finder.has_empty = finder.lacks_key = False
        found = finder.find_first(places, find_kind(name), with_tables="." not in name)
        self._paths.note(name, finder)
        return found

    def _find_fields(self, finder: Finder, raw: RawRecord, warnings: list[Problem]) -> dict[str, Any] | str:
        """Return the fields of a record. If `published` or `status` say that it is a draft, return their value."""
        source = self._source
        given = self._find_mapped(finder, raw, warnings) if source.fields else self._read_fields(raw.fields)
        for field, value in source.defaults.items():
            if "." not in field and is_empty(given.get(field)) and not lacks_part(field, value):
                given[field] = value
        if (reason := drop_draft_values(given, source.values.get("status", {}))) and not source.drafts:
            return reason
        fields = {name: value for name, value in given.items() if not is_absent(value)}
        flags = {name: self._flag(finder, name, raw) for name in FLAGS}
        if "recurrence" in fields and source.fields:
            split_recurrence(fields)
        read_dates(fields, source)
        message = explain_unused_time(fields.get("start"), flags["all_day"], raw.fields, source)
        if source.all_day or source.open_end or source.end_day == "exclusive" or "recurrence" in fields:
            message = set_days(fields, source, **flags) or message
        if message:
            self._warn_once(raw, "start", message)
        return fields

    def _read_fields(self, record: Any) -> dict[str, Any]:
        """Return the fields of a record that uses our field names."""
        source = self._source
        if isinstance(record, Mapping):
            given = {name: value for name, value in record.items() if name not in self._no_fields}
        else:
            given = {name: getattr(record, name, None) for name in FIELDS}
        for name in given.keys() & self._converted:
            if self._is_table and isinstance(given[name], list):  # such as authors.name
                columns = given[name][0]
                parts = {part: convert(f"{name}.{part}", columns[part], source, is_table=True) for part in columns}
                given[name] = combine_parts(name, parts, own=parts)
                continue
            values = convert(name, given[name], source, is_table=self._is_table)
            given[name] = values if isinstance(given[name], (list, tuple)) or name in LISTS else fit(name, values)
        return given

    @cached_property
    def _no_fields(self) -> set[str]:
        """The keys that are not fields of items, such as the key of `all_day`."""
        return {*KEYS, *self._source.used_keys.difference(FIELDS)}

    @cached_property
    def _converted(self) -> set[str]:
        """The fields that need a conversion, in records that use our field names."""
        source = self._source
        lists = LISTS - {"enclosures"} if self._is_table else ()
        marked = (name.partition(".")[0] for name in source.markups)
        return {*source.values, *source.split, *source.markups, *marked, *lists}

    @cached_property
    def _simple(self) -> dict[str, str]:
        """The fields whose only place is a key at the top of a record, and that need no conversion."""
        found = {name: places[0] for name, places in self._source.places.items() if len(places) == 1}
        return {
            name: path.text
            for name, path in found.items()
            if isinstance(path, ValuePath) and len(path.names) == 1
            if name not in (self._changed if name == "link" else self._special)
        }

    @cached_property
    def _changed(self) -> set[str]:
        parts = [name for name in self._source.places if name.partition(".")[0] in self._converted]
        return {*self._converted, *parts, *self._source.lookup}

    @cached_property
    def _special(self) -> set[str]:
        """The mapped fields whose texts need a conversion."""
        return {*self._changed, *NEVER_FALSE, "recurrence"}

    def _find_mapped(self, finder: Finder, raw: RawRecord, warnings: list[Problem]) -> dict[str, Any]:
        """Return the fields that the source maps."""
        fields: dict[str, Any] = {}
        get = finder.find_getter()
        for field, names in self._source.mapped_fields.items():
            if get and field in self._simple and (value := take_simple(field, get(self._simple[field], None))):
                self._paths.known.add(field)
                fields[field] = [value] if field in LISTS else value
                continue
            finder.losses.clear()
            used: set[str] = set()
            finders = self._split_list(finder, field, names)
            is_single = len(finders) == 1
            found = [self._find_field(one, field, raw, used, is_single=is_single) for one in finders]
            if len(found) > 1 and field not in LISTS:
                for name in names:
                    self._find_values(finder, name, raw, used)  # warns about several values
                found = [one for one in found if one and not lacks_part(field, one)][:1] or found[:1]
            fields[field] = found[0] if len(found) == 1 else flatten(found)
            if finder.losses:
                self._warn_about_losses(finder.losses, used, field, raw, warnings)
        return fields

    def _split_list(self, finder: Finder, field: str, names: list[str]) -> list[Finder]:
        """Return a finder for each element of the list that has the values of a field, such as each of the authors."""
        places = [place for name in names for place in self._source.places[name]]
        if field not in LISTS | PARTS.keys() or (names == [field] and [type(one) for one in places] == [ValuePath]):
            return [finder]
        records = split_record(finder.record, list_paths(places))
        return [finder.copy(one) for one in records] if len(records) > 1 else [finder]

    def _find_field(self, finder: Finder, field: str, raw: RawRecord, used: set[str], *, is_single: bool) -> Any:
        """Return the value of a field, or the table of its parts. `is_single` is unset for one of several elements."""
        names = self._source.mapped_fields[field]
        found = {name: self._find_values(finder, name, raw, used) for name in names}
        if names == [field]:
            return fit(field, found[field])
        parts = {name.partition(".")[2]: values for name, values in found.items() if values}
        if not parts:
            return None
        given = set(parts)
        add_default_parts(field, parts, self._source, is_single=is_single)
        if field not in LISTS:
            parts = {name: fit(f"{field}.{name}", one) for name, one in parts.items()}
        return combine_parts(field, parts, given)

    def _find_values(self, finder: Finder, name: str, raw: RawRecord, used: set[str]) -> list[Any]:
        value, place = self._find(finder, name, self._source.places[name])
        if place:
            used.add(place.text)
        if is_none(name, value, self._source, ("no", "off")):
            advice = f'if it means that there are none, set values.{name} = {{ {value} = "" }} in [[sources]]'
            self._warn_once(raw, name, f"{show(value)} is read as a name ({advice})")
        if name not in self._special and not is_none(name, value, self._source):
            if type(value) is str:
                return [value]
            if name in LISTS and type(value) is list and all(type(one) is str and not is_blank(one) for one in value):
                return value
        look_up = partial(self._look_up, raw) if name in self._source.lookup else None
        values = convert(name, value, self._source, look_up, is_table=self._is_table)
        field = name.partition(".")[0]
        is_joined = name in ("content", "summary", "recurrence")
        if len(values) > 1 and field not in LISTS and not is_joined and isinstance(place, ValuePath):
            self._warn_once(raw, field, explain_several(finder, name, place, len(values), self._source))
        if name == "recurrence" and len(values) > 1:
            return ["\n".join(map(str, values))]
        return values

    def _flag(self, finder: Finder, name: str, raw: RawRecord) -> Any:
        if not getattr(self._source, name):
            return None
        value = first_value(self._find_condition(finder, name, self._source.places[name], raw))
        words = self._source.values.get(name, {})
        value = words.get(as_text(value), value)
        if as_text(value).lower() not in KNOWN_FLAGS:
            hint = f"add it to values.{name} in [[sources]]"
            self._warn_once(raw, name, f"{show(as_text(value))} is not true or false, so it counts as false ({hint})")
        return value

    def _look_up(self, raw: RawRecord, name: str, key: Any) -> Any:
        """Return the values that a lookup has for a key, or None."""
        if name not in self._indexes:
            lookup = self._source.lookup[name]
            load = self._context.load_index
            self._indexes[name] = load(lookup) if lookup.path and load else index_document(raw.whole, lookup)
        found = self._indexes[name].get(as_text(key))
        if found is None:
            self._warn_once(raw, name.partition(".")[0], explain_missing_key(name, key, self._indexes[name]))
        return found

    # Warnings.

    def _make_warning(self, raw: RawRecord, field: str, message: str) -> Problem:
        line = self.find_lines(raw).get(field, raw.line)
        return Problem(self._context.path, line, field, message, "warning", raw.item)

    def _warn_once(self, raw: RawRecord, field: str, message: str) -> None:
        problem = self._make_warning(raw, field, message)
        self._warnings.setdefault(describe_warning(problem), problem)

    def _warn_about_losses(
        self, losses: list[Loss], used: set[str], field: str, raw: RawRecord, warnings: list[Problem]
    ) -> None:
        """Warn about values that a field does not get: its path expects a table, or its pattern is incomplete."""
        parts = (place.rpartition(".") for place in used)
        used = used | {place for place, _, name in parts if name.isdecimal()}  # image.0 is a text in the list `image`
        for loss in {one.place: one for one in reversed(losses) if one.value is None or one.place not in used}.values():
            if isinstance(loss.value, Mapping) and any(place.startswith(f"{loss.place}.") for place in used):
                continue  # another path reads a part of this table
            if message := explain_loss(loss, field, self._source):
                warnings.append(self._make_warning(raw, field, message))

    def find_lines(self, raw: RawRecord) -> Mapping[str, int]:
        """Return the lines of the mapped fields by name."""
        if not raw.lines or not self._source.fields:
            return raw.lines
        return {name: raw.lines[key] for name, keys in self._source.keys.items() for key in keys if key in raw.lines}

    def report(self) -> Iterator[MappingReport]:
        """Yield the reports about the chunk."""
        for group, reported in self._source.reported_places.items():
            missing = self._paths.list_missing(reported)
            if group == "items" and self._needs_link and "link" not in self._source.fields:
                missing.append(NO_LINK)
            group = "drafts" if group == "items" and group not in self._has else group
            if group in self._has and (reported or self._warnings):
                yield MappingReport(self._source.label, group, tuple(missing), tuple(self._warnings.values()))
                self._warnings.clear()

    # Values that an item cannot have.

    def _drop_event_fields(self, fields: dict[str, Any], raw: RawRecord) -> None:
        """Drop the fields of events if a record has no start, unless its kind is event."""
        if is_empty(fields.get("start")) and fields.get("kind") != "event":
            if not is_empty(fields.get("end")):
                self._warn_once(raw, "end", NO_START)
            for name in _EVENT_FIELDS:
                fields.pop(name, None)

    def complete_addresses(self, found: MappedRecord, base: str) -> None:
        """Make addresses absolute. An image that cannot be used is dropped with a warning."""
        raw, fields, warnings = found
        if not self._source.fields:
            return
        if link := complete_address(fields.get("link"), base):
            fields["link"] = link
        near = link if isinstance(link, str) and "://" in link else base
        for name, holder, key in list_addresses(fields):
            given = holder[key]
            holder[key] = complete_address(given, near, base)
            if not link and complete_address(given, urljoin(base, "a/page/in/some/folder/"), base) != holder[key]:
                message = f"{show(given)} is relative, but the item has no link, so it may be wrong (add a link)"
                warnings.append(self._make_warning(raw, name, message))
        if "image" in fields and (reason := drop_image_faults(fields, self._source, self._context.form)):
            warnings.append(self._make_warning(raw, "image", reason))

    def _fill_in_permalink(self, fields: dict[str, Any], raw: RawRecord) -> None:
        """Fill in the placeholders of a permalink in front matter. Raises MappingError."""
        if self._context.form == "markdown" and is_template(link := fields.get("link")):
            day = find_date(fields.get("published"), self._source)
            fields["link"] = fill_in_permalink(link, raw.fields, self._file, day)
