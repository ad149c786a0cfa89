"""The site file: what is read, and what a publisher who erred gets to see."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.needs import ROOT
from topicfeeds import ConfigError, load_site

GOOD = """\
title = "City Network"
url = "https://www.example.org"
author = "The office"

[[sources]]
path = "items/*.yaml"

[topics.housing]
title = "Housing"
"""


def load(folder: Path, text: str | bytes) -> list[str]:
    """Load a site file that is wrong, and give the lines of the error."""
    path = folder / "topicfeeds.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(ConfigError) as caught:
        load_site(path)
    assert caught.value.exit_code == 2
    return str(caught.value).splitlines()


def test_a_site_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "topicfeeds.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    site = load_site(path)
    assert (site.title, site.url, site.author, list(site.topics)) == (
        *("City Network", "https://www.example.org/", "The office"),
        ["housing"],
    )
    assert (site.feeds.formats, site.feeds.limit, site.feeds.per) == (("atom", "rss"), 50, ("topic", "tag"))
    assert load_site(str(path)) == site


def test_all_findings_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = """\
titel = "City Network"
url = "example.org"
author = { nmae = "x" }
feeds.limit = 0

[[sources]]
path = "a.yaml"
[[sources]]
path = "b.yaml"
formt = "yaml"
[topics.housing]
title = 3
[tags."C++"]
slug = "c--"
[[feed]]
kinds = ["evnt"]
"""
    assert load(tmp_path, text) == [
        "topicfeeds.toml:1: title: is missing",
        'topicfeeds.toml:1: titel: unknown field (did you mean "title"?)',
        'topicfeeds.toml:2: url: "example.org" is no web address (it must start with https:// or http://)',
        "topicfeeds.toml:3: author.name: is missing",
        'topicfeeds.toml:3: author.nmae: unknown field (did you mean "name"?)',
        "topicfeeds.toml:4: feeds.limit: 0 is out of range (it must be at least 1)",
        'topicfeeds.toml:10: sources[1].formt: unknown field (did you mean "format"?)',
        "topicfeeds.toml:12: topics.housing.title: 3 is a number, not text",
        'topicfeeds.toml:14: tags.C++.slug: "c--" is no slug (lower-case a-z, digits and single hyphens, at most 60, '
        "no reserved name, no ten hexadecimal digits at the end)",
        "topicfeeds.toml:15: feed[0].slug: is missing",
        "topicfeeds.toml:15: feed[0].title: is missing",
        'topicfeeds.toml:16: feed[0].kinds[0]: unknown value "evnt" (did you mean "event"?)',
    ]


def test_an_unknown_topic_is_told_with_the_nearest(tmp_path: Path) -> None:
    text = GOOD + '[[feed]]\nslug = "x"\ntitle = "X"\ntopics = ["housng"]\n'
    assert load(tmp_path, text) == [
        'topicfeeds.toml:13: feed[0].topics: unknown topic "housng" (did you mean "housing"?)'
    ]


def test_what_stands_in_strings_and_arrays_of_several_lines_is_no_key(tmp_path: Path) -> None:
    text = r"""title = "x"
description = QQQ
[[sources]]
logo = "a"
QQQ
url = "https://e.org"  # [a comment
tags = { "a" = { slug = "a[b" } }
rights = AAA
[x]
AAA
logo = "y"
[feeds]
per = [
  ["x"],
  "topic"
]
limit = 0
[topics.'a"b']
[[sources]]
pat = 3
""".replace("QQQ", '"' * 3).replace("AAA", "'" * 3)
    told = [line.split(" ")[:2] for line in load(tmp_path, text)]
    assert [" ".join(words) for words in told] == [
        "topicfeeds.toml:7: tags.a.slug:",
        "topicfeeds.toml:11: logo:",
        "topicfeeds.toml:13: feeds.per[0]:",
        "topicfeeds.toml:17: feeds.limit:",
        'topicfeeds.toml:18: topics.a"b:',
        "topicfeeds.toml:20: sources[0].pat:",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title = \n", "topicfeeds.toml:1: is not TOML: Invalid value"),
        ('a = 1\nb = "x\n', "topicfeeds.toml:2: is not TOML: "),
        ("a = 1\na = 2\n", "topicfeeds.toml:2: is not TOML: Cannot overwrite a value"),
        ('a = """', "topicfeeds.toml:1: is not TOML: "),
        (f"a = {'9' * 5000}", "topicfeeds.toml:1: is not TOML: "),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    (told,) = load(tmp_path, text)
    assert told.startswith(message)


def test_a_site_needs_a_source(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD.replace("[[sources]]\npath", "description")) == [
        'topicfeeds.toml:1: sources: is missing (write [[sources]] and path = "items/*.yaml")'
    ]


def test_a_site_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"nowhere\.toml: cannot be read: No such file or directory \(topicfeeds init"
    ):
        load_site(tmp_path / "nowhere.toml")
    with pytest.raises(ConfigError, match=r"cannot be read: Is a directory$"):
        load_site(tmp_path)
    assert load(tmp_path, b"\ntitle = '\xff'") == ["topicfeeds.toml:2: is not UTF-8 (save the file as UTF-8)"]


def test_the_starter_and_the_example_are_fine() -> None:
    assert load_site(ROOT / "src/topicfeeds/starter/topicfeeds.toml").title == "City Network"
    assert load_site(ROOT / "examples/city-network/topicfeeds.toml").title == "River Cities"
