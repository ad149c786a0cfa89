"""Every regular expression takes linear time: beside each is the input that makes it work the most.

A row has the method, and three parts of the input: before, a part that is repeated, after. A pattern that takes the
square of the length needs minutes for such an input; a linear one takes well below a second. `Field(pattern=...)` is
not in the table: the engine of pydantic is linear. To add a pattern, add a row that it reads to the end and rejects.
"""

from __future__ import annotations

import ast
import re
import signal
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import FrameType

import pytest

import topicfeeds

SOURCE = Path(topicfeeds.__file__).parent
TIMES = 300_000
MAX_CPU_SECONDS = 20
NAMES = {
    "extra": "sql",
    "parts": ["([^\\s]{1,40}?)", "\\s{1,9}", "(may|june)\\.?"],
    "names": "summary|title",
    "name": "title",
    "form": "[+-]?(0?[1-9]|[12][0-9]|3[01])",
}
"""What stands in patterns that functions make."""

WORST = {
    "cli/cron.py _digest": ("sub", "", ":1", ""),
    "pages/subscribe.py _describe_calendar": ("sub", "https", "s", ""),
    "cli/status.py parse_age": ("fullmatch", "", "1", "x"),
    "entries/changes.py _SEPARATORS": ("sub", "", " .", "x"),
    "entries/headers.py _RELATIVE": ("search", "", '<a src="a', "!"),
    "entries/ids.py _IRI": ("fullmatch", "a:", "b%20", "<"),
    "web/documents.py _INDEX": ("fullmatch", "tags-", "1", ""),
    "web/documents.py _EVENT": ("fullmatch", "events/", "0", ""),
    "errors.py _describe_missing_extra": ("search", "", "extra ", "x"),
    "errors.py _describe_missing_extra 2": ("split", "", "a ", ""),
    "exports/fields.py _LANGUAGE": ("fullmatch", "en", "-a", "!"),
    "exports/fields.py _TIME": ("fullmatch", "12:00", " ", "!"),
    "formats/_feedgen.py use_hexadecimal_references": ("sub", "", "<title a", ""),
    "formats/_feedgen.py use_hexadecimal_references 2": ("sub", "", "\n    <title", ""),
    "formats/_templates.py _MARK": ("search", "", "{mark 1", ""),
    "formats/_templates.py _CATEGORY": ("match", "", " ", "x"),
    "formats/_templates.py _LAST_TAG": ("search", "", "<a b", "<"),
    "formats/_verify.py _read_calendar": ("sub", "", "\\", ""),
    "formats/ics.py _escape_text": ("sub", "", ";", ""),
    "formats/ics.py _escape_text 2": ("sub", "", "\r", ""),
    "models/dates.py _DATE_OR_TIME": ("findall", "", "1", "x"),
    "models/dates.py _DAYS": ("search", "1 ", "1 May to ", "x"),
    "models/dates.py _DAY": ("fullmatch", "2026-01-01", "1", ""),
    "sources/mapping/dates.py _UTC": ("sub", "", "UTC ", ""),
    "sources/mapping/drafts.py _BLANKS": ("sub", "", "_ ", ""),
    "models/dates.py _SHORT_HOUR": ("sub", "", "1 1", ""),
    "models/dates.py _MOMENT": ("fullmatch", "2026-01-01 10:00:00 +0200 CEST m=+0.", "1", "x"),
    "models/fields.py _LANGUAGE": ("fullmatch", "en", "-a", "!"),
    "models/fields.py _HOST": ("fullmatch", "", "a.", "!"),
    "models/fields.py _PLAIN_URL": ("fullmatch", "https://e.org/", "a/", "!"),
    "models/fields.py _NUMERIC": ("fullmatch", "", "1.", "x"),
    "models/fields.py _CONTROL": ("search", "", "a", ""),
    "models/fields.py _INVISIBLE": ("search", "", "a", ""),
    "models/messages.py _advise_list": ("split", "", "a,", ""),
    "models/messages.py _explain_literal": ("findall", "", "'a", ""),
    "models/messages.py _explain_table": ("fullmatch", "", "a-", "!"),
    "models/recurrence.py _split_rule": ("fullmatch", "1", ",11", "x"),
    "models/dates.py _UTC_OFFSET": ("fullmatch", "UTC+", "1", "x"),
    "models/places.py _BRACES": ("findall", "", "{a", ""),
    "models/status.py _PREFIX": ("sub", "", "event", ""),
    "models/site.py _REFRESH": ("fullmatch", "1", "1", "m"),
    "models/site.py _AUTHORITY": ("fullmatch", "", "a-", "!"),
    "sources/csv.py _SEPARATOR_LINE": ("fullmatch", "sep=", ";", ""),
    "sources/_bytes.py _CONFLICT": ("search", "", "<", ""),
    "sources/_feed_nodes.py _WORDPRESS": ("fullmatch", "http://wordpress.org/export/", "1", "x"),
    "sources/_feed_xml.py _LANGUAGE": ("fullmatch", "en", "-a", "!"),
    "sources/_feed_xml.py _FRAME": ("search", "", "<embed", ""),
    "sources/_feed_xml.py _REFERENCE": ("search", "", "&a", ""),
    "sources/_feed_nodes.py _LEAD": ("match", "", "<p>", ""),
    "sources/feed.py _NOTICE": ("fullmatch", "tag:", "a", ""),
    "sources/feed.py _RFC822": ("fullmatch", "Tue, ", " ", "x"),
    "sources/_wordpress.py _BLOCK": ("search", "", "<p", ""),
    "sources/_ics_lines.py _FOLDED": ("match", "a", "\n a", ""),
    "sources/_ics_lines.py _FOLD": ("sub", "", "\n", ""),
    "sources/_ics_lines.py _NAME": ("match", "", "A-", ""),
    "sources/_ics_lines.py _MOMENT": ("fullmatch", "20260101T100000Z", "0", ""),
    "sources/_ics_texts.py _CANCELLED": ("sub", "Cancelled:", " ", ""),
    "sources/_ics_texts.py _OUR_STATUS": ("sub", "", "a", ""),
    "sources/_ics_zones.py _LINES": ("match", "", "TZID", ""),
    "sources/_ics_zones.py _RULE": ("fullmatch", "RRULE:FREQ=YEARLY", ";BYMONTH=1", "!"),
    "sources/_simple_front_matter.py _FIELD": ("fullmatch", "a: [b", ", b c", "!"),
    "sources/_yaml_errors.py _FIELD": ("match", "", "- ", "x"),
    "sources/_yaml_errors.py _NO_BLANK": ("match", "", "- ", "x"),
    "sources/mapping/dates.py _CLOCK": ("fullmatch", "10:00", " ", "x"),
    "sources/mapping/dates.py _DAY": ("fullmatch", "2026-05-01", "1", ""),
    "sources/mapping/dates.py _DIRECTIVE": ("findall", "", "%", ""),
    "sources/mapping/dates.py _NUMBER": ("fullmatch", "", "1", "x"),
    "sources/mapping/dates.py _OFFSET": ("fullmatch", "UTC+", "1", "x"),
    "sources/mapping/dates.py _replace_names": ("fullmatch", "", "1", " may"),
    "sources/mapping/dates.py _match_literal": ("split", "", " ", ""),
    "sources/mapping/file_values.py _DATE": ("match", "2026-01-01", "-", "x"),
    "sources/mapping/file_values.py _LANGUAGE": ("fullmatch", "en-", "a", "!"),
    "sources/mapping/permalinks.py _PLACEHOLDER": ("findall", "", ":a", ""),
    "sources/mapping/permalinks.py _TEMPLATE": ("search", "", "/:", ""),
    "sources/mapping/permalinks.py fill_in_permalink": ("sub", "", "//a", ""),
    "sources/database.py _VARIABLE": ("findall", "", "${a", ""),
    "sources/database.py _USER": ("match", "a", "://:", ""),
    "sources/database.py _PUNCTUATION": ("sub", "", "a-", ""),
    "sources/database.py _SECRET_OPTION": ("search", "", "connec", ""),
    "text/characters.py _ENCODED": ("findall", "", "&amp", ""),
    "text/characters.py _TAG": ("search", "", "<", ""),
    "text/characters.py _REFERENCE": ("findall", "", "&#1", ""),
    "output/prune.py _PATH": ("fullmatch", "tags/", "a-", "!"),
    "sources/json.py _LONE": ("sub", "", "\\ud800", ""),
    "sources/json.py _CONSTANT": ("findall", "", '\\"', ""),
    "sources/json.py _HALVES": ("search", "", "\\u", ""),
    "sources/json.py _BLANKS": ("match", "", " ", ""),
    "sources/json.py _GAP": ("match", "", " ", ""),
    "sources/listing.py _DATE": ("fullmatch", "start date", " ", "x"),
    "sources/listing.py _DETAIL": ("fullmatch", "start date", " ", "x"),
    "sources/listing.py _TAG": ("fullmatch", "\N{BULLET}", "\xa0", ""),
    "sources/listing.py _HEADING": ("fullmatch", "documents for ", "a", "\n"),
    "sources/listing.py _check_lines": ("search", "", ": ", "x"),
    "sources/listing.py _parse_day": ("fullmatch", "01-01-2026", "1", ""),
    "sources/markdown.py _COLON": ("search", "", ": \n", ""),
    "sources/markdown.py _FRONT": ("match", "---\n", "--- a\n", "x"),
    "sources/toml.py _LONG_KEY": ("search", "a.b.c", "d", "="),
    "sources/yaml.py _NO_BLANK": ("match", "", "a", " "),
    "state/files.py _MAGIC": ("search", "", "a", ""),
    "text/characters.py _FORBIDDEN": ("sub", "", "\x01", ""),
    "text/characters.py _SURROGATE": ("sub", "", "\ud800", ""),
    "text/characters.py _BLANKS": ("sub", "", " ", "x"),
    "text/characters.py _BIDI": ("sub", "", "\u202e", ""),
    "text/characters.py _INVISIBLE": ("search", "", "a", ""),
    "text/html.py _BLANK_LINES": ("split", "", "\n ", ""),
    "text/html.py _ELEMENT": ("findall", "", "<a ", ""),
    "text/html.py _NESTED_TAG": ("sub", "", "<a ", ""),
    "text/html.py _LONG_TAG": ("findall", "", "<a b='\"=", ""),
    "text/html.py _QUOTED": ("sub", "", "=\"='", ""),
    "text/html.py _NESTING": ("findall", "", "<a", ""),
    "text/formulas.py _CODE": ("fullmatch", "mjx-c1", " ", "\n"),
    "text/pictures.py _BLANK": ("search", "", "lazy", ""),
    "text/pictures.py _DATA": ("fullmatch", "data:image/png;base64,", "A ", "!"),
    "text/ordinary_html.py _TAG_NAME": ("findall", "", "</a", ""),
    "text/ordinary_html.py _SUSPECT": ("search", "", "data-display class=", ""),
    "text/ordinary_html.py _BLANK_SOURCE": ("search", "", "src=lazy", ""),
    "text/ordinary_html.py PICTURE": ("sub", "", '<img src="a"', "!"),
    "sources/markdown.py _NUMBER": ("search", "", '<sup class="footnote-definition-label">', ""),
    "text/html_tree.py _FORMULA": ("search", "", "math/", ""),
    "text/html_tree.py _SNIPPET": ("search", "", 'src="//gitlab.com/', ""),
    "text/html_tree.py _PREFIX": ("sub", "", "<mml:", ""),
    "text/html_tree.py _SCHEME": ("findall", "", "src=a", ""),
    "text/html_tree.py _CELL": ("sub", "", "<td ", ""),
    "text/rewriting.py _BLOCK_STYLE": ("search", "", "display ", ""),
    "text/rewriting.py _LOOKS_LIKE_ADDRESS": ("fullmatch", "", ".a", "<"),
    "text/html_tree.py _TAG_NAME": ("findall", "", "</a", ""),
    "text/html_tree.py _TOKEN": ("findall", "", '<a b="c"', "!"),
    "text/html_tree.py _ATTRIBUTE": ("findall", "", ' a="', ""),
    "text/html_tree.py _CDATA": ("sub", "", "<![CDATA[", ""),
    "text/html_tree.py _RAW": ("sub", "", "<xmp ", ""),
    "text/html_tree.py _CHILDLESS_FRAME": ("sub", "", "<iframe ", ""),
    "text/html_tree.py _FRAME": ("sub", "", "<iframe ", ""),
    "text/html_tree.py _UNPARSED": ("sub", "", "<noscript", ""),
    "text/html_tree.py _RAW_CONTENT": ("sub", "", '<iframe a="">', ""),
    "text/html_tree.py _RENAMED": ("sub", "", "<x-noscript", ""),
    "text/html_tree.py _ROOT": ("split", "", "<svg ", ""),
    "text/plain_text.py _RUN": ("sub", "", " ", "x"),
    "text/plain_text.py _BREAK": ("split", "", "\n ", "x"),
    "text/plain_text.py _BLANK_LINES": ("sub", "", "\n\n", " "),
    "text/rewriting.py _HIDDEN": ("search", "", "display ", ""),
    "text/rewriting.py _PLAYER": ("search", "", "yout", ""),
    "text/rewriting.py _MAP": ("search", "", "map", ""),
    "text/rewriting.py _PICTURE": ("search", "", "im", ""),
    "text/pictures.py _CANDIDATE": ("findall", "", "a,", " "),
    "text/plain_text.py _write_script": ("fullmatch", "(", "a", "x"),
    "text/players.py EMBED": ("search", "", "embe", ""),
    "text/players.py _POST": ("search", "", "embe", ""),
    "text/players.py _EMBEDDED": ("match", "{", '"url": ', ""),
    "text/players.py _ID_IN_JSON": ("search", "", '"videoId":"', ""),
    "text/players.py _KEY": ("search", "", "data-a-", ""),
    "text/players.py _ID": ("fullmatch", "data-", "video-", "!"),
    "text/players.py _PLAYER": ("search", "", "youtube-player", "x"),
    "text/players.py _RUN": ("findall", "", "aA", ""),
    "text/players.py _NUMBER": ("fullmatch", "", "a", "!"),
    "text/pictures.py _SIZE": ("match", "", " ", "x"),
    "text/generator_marks.py _COMPONENT": ("findall", "", "{a<A", ""),
    "text/generator_marks.py _GHOST_ADDRESS": ("findall", "", "'__GHOST_URL__", ""),
    "text/generator_marks.py _SOURCE_LINK": ("search", "", 'href="a', ""),
    "text/generator_marks.py _SUFFIX": ("search", "", ".ado", ""),
    "text/generator_marks.py _TEMPLATE_TAG": ("findall", "", "{%a", ""),
    "text/html.py _PRE": ("sub", "", '<pre a="b"', "x"),
    "text/plain_urls.py _PLAIN": ("fullmatch", "https://e", ".e", "!"),
    "text/plain_urls.py _ROOTED": ("fullmatch", "/", "a/", "!"),
    "text/plain_urls.py _RELATIVE": ("fullmatch", "", "../", "!"),
    "text/simple_html.py _TAGS": ("split", "", "<a b", ""),
    "text/simple_html.py _TAG": ("fullmatch", "<a", ' b="c"', "!"),
    "text/simple_html.py _ADDRESS": ("fullmatch", "https://", "a.", "!"),
    "text/simple_html.py _ATTRIBUTE": ("findall", "", ' a="', ""),
    "text/simple_html.py _LINK": ("fullmatch", '<a href="', "a", "<"),
    "text/simple_html.py _simple_pattern": ("fullmatch", "<p><b><i>", "a", "</b>"),
    "text/slugs.py _PLAIN": ("fullmatch", "a", "-a", "!"),
    "text/slugs.py _HASHED": ("search", "", "-0123456789", "!"),
    "text/slugs.py tag_key": ("sub", "", " -", "x"),
    "text/slugs.py make_hashed_slug": ("sub", "", "\ud800", ""),
    "text/slugs.py make_readable": ("sub", "", "-", "x"),
    "text/toml_errors.py _POSITION": ("search", "", " (at line 1, column 1", ""),
    "text/toml_errors.py _HEADER": ("match", "[", " ", "]"),
    "text/toml_errors.py _ASSIGNED": ("match", "a", " ", "x"),
    "text/toml_errors.py _explain_unterminated": ("fullmatch", 'Expected "', "'", "x"),
    "text/toml_errors.py _explain_value": ("split", "", "a,", ""),
    "text/toml_errors.py _explain_statement": ("match", "2026-01-", "1", ""),
    "text/toml_errors.py _explain_name": ("split", "", "a.", ""),
    "text/toml_errors.py _explain_name 2": ("split", "", "a.", ""),
    "text/toml_lines.py _HEADER": ("match", "[a", " ", "x"),
    "text/toml_lines.py _KEY": ("match", "", "a . ", "!"),
    "text/toml_lines.py _MARK": ("findall", '"', '\\"', ""),
    "text/toml_lines.py _PART": ("findall", '"', "a.'", ""),
    "text/urls.py guess_media_type": ("split", "", "?", ""),
    "text/urls.py _SEVERAL": ("search", "", ",https:/", ""),
    "text/urls.py _MARKUP": ("search", "", "(https:/", ""),
    "text/urls.py _UNSAFE": ("sub", "", "%", ""),
}


def find_patterns() -> Iterator[tuple[str, str, str, str]]:
    """Yield name, file, holder and expression of every pattern in the source."""
    for path in sorted(SOURCE.rglob("*.py")):
        file, known = path.relative_to(SOURCE).as_posix(), dict[str, int]()
        for top in ast.parse(path.read_text("utf-8")).body:
            for node in ast.walk(top):
                if isinstance(node, ast.Call) and re.fullmatch(r"re\.(?!escape)\w+", ast.unparse(node.func)):
                    holder = ast.unparse(top.targets[0]) if isinstance(top, ast.Assign) else getattr(top, "name", "")
                    known[holder] = known.get(holder, 0) + 1
                    name = f"{file} {holder}" + (f" {known[holder]}" if known[holder] > 1 else "")
                    is_compiled = ast.unparse(node.func) == "re.compile"
                    yield name, file, holder, "" if is_compiled else ast.unparse(node.args[0])


PATTERNS = {name: (file, holder, expression) for name, file, holder, expression in find_patterns()}


def load(name: str) -> re.Pattern[str]:
    """Return a pattern as the source compiles it."""
    file, holder, expression = PATTERNS[name]
    if expression:
        return re.compile(eval(expression, dict(NAMES)))
    held = getattr(import_module(f"topicfeeds.{file.removesuffix('.py').replace('/', '.')}"), holder)
    pattern = held if isinstance(held, re.Pattern) else held()
    assert isinstance(pattern, re.Pattern)
    return pattern


def stop(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"took more than {MAX_CPU_SECONDS} s of CPU time")


def test_every_pattern_has_its_worst_input() -> None:
    assert WORST.keys() == PATTERNS.keys()


@pytest.mark.parametrize("name", WORST)
def test_a_pattern_takes_linear_time(name: str) -> None:
    method, before, part, after = WORST[name]
    text, pattern = before + part * TIMES + after, load(name)
    previous = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, MAX_CPU_SECONDS)
    try:
        pattern.sub("", text) if method == "sub" else getattr(pattern, method)(text)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, previous)
