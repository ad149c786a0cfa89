"""Errors in a mapping are found when the site file is read, with the nearest key and its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from topicfeeds import ConfigError, Site
from topicfeeds.config import load_site

START = 'title = "x"\nurl = "https://e.org/"\n[[sources]]\npath = "a.json"\n'
FIELDS = "[sources.fields]\n"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (FIELDS + 'id = "id"\ntitel = "x"\n', 7, 'fields.titel: unknown field (did you mean "title"?)'),
        (FIELDS + 'id = "id"\ndate_format = "%d"\n', 7, "date_format is a setting of the source: put it above"),
        (FIELDS + 'title = "{a"\n', 6, '"{a" has an unpaired { (write {{ for a brace in the text)'),
        (FIELDS + 'title = "a}"\n', 6, '"a}" has an unpaired } (write }} for a brace in the text)'),
        (FIELDS + "title = []\n", 6, "[] is not a path (write a path such as title.rendered, or a list of paths)"),
        (FIELDS + 'title = "."\n', 6, '"." is not a path (write the name of a key, such as title.rendered)'),
        ('[sources.fields.location]\nname = "x"\nnme = "y"\n', 7, 'location.nme: unknown field (did you mean "loc'),
        (
            'fields = { location = "x", "location.name" = "y" }\n',
            5,
            "has both location and location.name (map the field",
        ),
        ('date_format = "iso8601"\n', 5, '"iso8601" is not a date format (did you mean "iso"?)'),
        ('date_format = { start = "%Q" }\n', 5, '"%Q" is not a date format (write it as for strptime, such as'),
        ('date_format = { strat = "%d" }\n', 5, '"strat" is not a date field (did you mean "start"?)'),
        ("date_format = []\n", 5, '[] is not a date format (write one such as "%d/%m/%Y", or a list)'),
        ('date_language = "xx"\n', 5, '"xx" is not a known language (write a tag such as de or pt-BR)'),
        ('timezone = { start = "Mars" }\n', 5, 'unknown time zone "Mars" (write a name such as Europe/Brussels)'),
        ('end_day = "incl"\n', 5, 'unknown value "incl" (did you mean "inclusive"?)'),
        ('split.title = ","\n', 5, "split.title: is not a list (split only authors, except, tags, topics)"),
        ("split.tags = 5\n", 5, "5 is not text (write one text, or a list of texts)"),
        ('values.stat = { a = "b" }\n', 5, 'values.stat: unknown field (did you mean "start"?)'),
        ('markup.content = "rst"\n', 5, 'unknown value "rst" (known: plain, html, markdown)'),
        ("all_day = 5\n", 5, "5 is not a path"),
        ('lookup.tags = { items = "a", key = "id" }\n', 5, "lookup.tags.value: is missing (add it)"),
        ('each = "."\n', 5, '"." is not a path (write the name of a key'),
        ('drafts = "yes"\n', 5, '"yes" is not true or false (write it without quotes)'),
        ('filter.status = "x"\n', 5, 'filter: unknown field (did you mean "only"?)'),
        ('onyl.status = "x"\n', 5, 'onyl: unknown field (did you mean "only"?)'),
        ('defaults = { titel = "x" }\n', 5, 'unknown field (did you mean "title"?)'),
        (f'fields = {{ title = "{".".join("a" * 60)}" }}\n', 5, "has more than 50 names (shorten it)"),
    ],
)
def test_an_error_in_a_mapping_is_told_with_its_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    (tmp_path / "topicfeeds.toml").write_text(START + text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_site(tmp_path / "topicfeeds.toml")
    assert str(caught.value).startswith(f"topicfeeds.toml:{line}: sources[0]")
    assert message in str(caught.value)


def test_the_line_of_a_second_source_is_its_own(tmp_path: Path) -> None:
    text = START + FIELDS + 'title = "a"\n[[sources]]\npath = "b"\n[sources.fields.location]\nname = "x"\nnme = "y"\n'
    (tmp_path / "topicfeeds.toml").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=r"^topicfeeds.toml:11: sources\[1\].fields.location.nme: unknown field"):
        load_site(tmp_path / "topicfeeds.toml")


def test_the_json_schema_of_the_site_file_covers_the_mapping() -> None:
    source = Site.model_json_schema()["$defs"]["Source"]["properties"]
    text, texts = {"type": "string"}, {"items": {"type": "string"}, "minItems": 1, "type": "array"}
    assert source["fields"]["additionalProperties"]["anyOf"] == [text, texts, {"type": "object"}]
    assert source["each"]["anyOf"][0]["type"] == "string"
    assert {"items", "only", "skip", "values", "split", "markup", "lookup", "all_day", "open_end", "exclude"} <= set(
        source
    )
    assert "start" in source["date_format"]["anyOf"][2]["propertyNames"]["enum"]
    assert source["markup"]["additionalProperties"]["enum"] == ["plain", "html", "markdown"]


def test_a_mapping_may_be_nested_or_dotted() -> None:
    def site(fields: object) -> Site:
        return Site.model_validate({"title": "x", "url": "https://e.org", "sources": [{"path": "a", "fields": fields}]})

    nested, dotted = (
        site({"location": {"name": "a", "address": "b"}}),
        site({"location.name": "a", "location.address": "b"}),
    )
    assert nested == dotted
