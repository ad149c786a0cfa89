"""The site file: what is read, and what a publisher who erred gets to see."""

from __future__ import annotations

import errno
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
        "topicfeeds.toml:1: title: is missing (add it)",
        'topicfeeds.toml:1: titel: unknown field (did you mean "title"?)',
        'topicfeeds.toml:2: url: "example.org" is not a web address (start it with https:// or http://)',
        "topicfeeds.toml:3: author.name: is missing (add it)",
        'topicfeeds.toml:3: author.nmae: unknown field (did you mean "name"?)',
        "topicfeeds.toml:4: feeds.limit: 0 is too small (write 1 or more)",
        'topicfeeds.toml:10: sources[1].formt: unknown field (did you mean "format"?)',
        "topicfeeds.toml:12: topics.housing.title: 3 is a number, not text (put it in quotes)",
        'topicfeeds.toml:14: tags.C++.slug: "c--" is not a slug (use only a-z, 0-9 and single hyphens, such as "c")',
        "topicfeeds.toml:15: feed[0].slug: is missing (add it)",
        "topicfeeds.toml:15: feed[0].title: is missing (add it)",
        'topicfeeds.toml:16: feed[0].kinds[0]: unknown value "evnt" (did you mean "event"?)',
    ]


def test_an_unknown_topic_is_told_with_the_nearest(tmp_path: Path) -> None:
    text = GOOD + '[[feed]]\nslug = "x"\ntitle = "X"\ntopics = ["housng"]\n'
    assert load(tmp_path, text) == [
        'topicfeeds.toml:13: feed[0].topics: unknown topic "housng" (did you mean "housing"? known topics: housing; '
        "to add one, write [topics.housng] in topicfeeds.toml)"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[[feeds]]\nslug = "x"\n',
            "10: feeds: is a list, not a table (write [[feed]] to declare one feed)",
        ),
        (
            "[feeds]\nlimit = 5\n[[feeds]]\n",
            "12: is not valid TOML: [feeds] and [[feeds]] are both given "
            "(write [[feed]] to declare one feed, and [feeds] for the settings of all feeds)",
        ),
        (
            '[feed]\nslug = "x"\n',
            "10: feed: is a table, not a list of tables (write [[feed]] instead of [feed])",
        ),
        (
            '[feed]\nslug = "x"\n[feed]\n',
            "12: is not valid TOML: [feed] is given more than once (write [[feed]], with two brackets, above each one)",
        ),
        (
            '[feeds]\nslug = "x"\n',
            "11: feeds.slug: unknown field (slug belongs to one feed: write [[feed]] instead of [feeds])",
        ),
        (
            '[[feed]]\nslug = "x"\ntitle = "X"\nlimit = 5\n',
            "13: feed[0].limit: unknown field (limit is the same for all feeds: write it below [feeds])",
        ),
        ('[[topics]]\ntitle = "X"\n', "10: is not valid TOML: [topics] is given twice (keep one)"),
        ("[tags]\nx = 1\n", "11: tags.x: is a number, not a table (write [tags.x], and its keys on the lines below)"),
        ("[x]\n", "10: x: unknown field (remove it)"),
        (
            '[pages]\nrefresh = "PT1H"\n',
            "11: pages.refresh: unknown field (it belongs to the whole site: move it to the top, before the first "
            "table such as [[sources]])",
        ),
    ],
)
def test_a_table_that_is_written_in_another_way_is_told_with_the_right_one(
    tmp_path: Path, text: str, message: str
) -> None:
    assert load(tmp_path, GOOD + text) == [f"topicfeeds.toml:{message}"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pages = true", "pages: is a boolean, not a table (write [pages], and its keys on the lines below)"),
        ('per = ["topic"]', "per: unknown field (it is a setting of the feeds: write it below [feeds])"),
        (
            'event_title = "{title}"',
            "event_title: unknown field (it is a setting of the feeds: write it below [feeds])",
        ),
        ('require_alt = "no"', 'require_alt: "no" is not true or false (write true or false, without quotes)'),
    ],
)
def test_a_wrong_line_at_the_top_says_what_to_write(tmp_path: Path, text: str, message: str) -> None:
    assert load(tmp_path, f"{text}\n{GOOD}") == [f"topicfeeds.toml:1: {message}"]


def test_a_site_file_of_another_user_names_its_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("topicfeeds.config.read_site_file", refuse)
    advice = "check the owner and permissions of the file and its folders"
    with pytest.raises(ConfigError, match=rf"x\.toml: cannot be read: Permission denied \({advice}\)$"):
        load_site(tmp_path / "x.toml")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ('topics = ["a"]', """topics: is a list, not a table (write [topics.economy] for each topic)"""),
        ('tags = ["a"]', """tags: is a list, not a table (write [tags."C++"] for each tag)"""),
        ("feeds = 3", "feeds: is a number, not a table (write [feeds], and its keys on the lines below)"),
        ('sources = ["a"]', "sources[0]: is text, not a table (write [[sources]], and its keys on the lines below)"),
    ],
)
def test_a_value_in_place_of_a_table_is_told_with_the_table(tmp_path: Path, given: str, message: str) -> None:
    name = given.partition(" ")[0]
    rest = GOOD.partition("[[sources]]")[0] if name == "sources" else GOOD.partition("[topics")[0]
    [told] = load(tmp_path, f"{given}\n{rest}")
    assert told == f"topicfeeds.toml:1: {message}"


@pytest.mark.parametrize("name", ["file", "files", "filename", "url", "folder"])
def test_other_names_of_the_path_of_a_source_are_told_with_ours(tmp_path: Path, name: str) -> None:
    assert load(tmp_path, GOOD.replace("path =", f"{name} =")) == [
        f'topicfeeds.toml:6: sources[0].{name}: unknown field (did you mean "path"?)'
    ]


def test_a_few_of_the_known_topics_are_named(tmp_path: Path) -> None:
    topics = "".join(f"[topics.t{n}]\n" for n in range(20))
    text = GOOD.partition("[topics.housing]")[0] + 'topics = ["mobility"]\n' + topics
    assert load(tmp_path, text) == [
        'topicfeeds.toml:8: sources[0].topics: unknown topic "mobility" '
        "(known topics: t0, t1, t2, t3, t4 and 15 more; to add one, write [topics.mobility] in topicfeeds.toml)"
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
        ("title = City\n", 'topicfeeds.toml:1: is not valid TOML: text needs quotes (write "City")'),
        ("title = “City”\n", "topicfeeds.toml:1: is not valid TOML: “ is a typographic quote (write a straight quote"),
        ('a = 1\nb = "x\nc = 1\n', 'topicfeeds.toml:2: is not valid TOML: a text has no closing quote (add " at'),
        ('a = 1\nb = "x\n', "topicfeeds.toml:2: is not valid TOML: "),
        ("a = 1\na = 2\n", 'topicfeeds.toml:2: is not valid TOML: "a" is given twice (keep one)'),
        ('a = """', "topicfeeds.toml:1: is not valid TOML: "),
        (f"a = {'9' * 5000}", "topicfeeds.toml:1: is not valid TOML: "),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    (told,) = load(tmp_path, text)
    assert told.startswith(message)


def test_a_site_needs_a_source(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD.replace("[[sources]]\npath", "description")) == [
        'topicfeeds.toml:1: sources: is missing (add [[sources]], and path = "items/*.yaml" below it)'
    ]


def test_a_site_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError,
        match=r"nowhere\.toml: cannot be read: No such file or directory\. "
        r"Correct the path, or create a site file with topicfeeds init\.$",
    ):
        load_site(tmp_path / "nowhere.toml")
    with pytest.raises(ConfigError, match=r"cannot be read: Is a directory$"):
        load_site(tmp_path)
    assert load(tmp_path, b"\ntitle = '\xff'") == ["topicfeeds.toml:2: is not UTF-8 (save the file as UTF-8)"]


def test_the_starter_and_the_example_are_fine() -> None:
    assert load_site(ROOT / "src/topicfeeds/starter/topicfeeds.toml").title == "City Network"
    assert load_site(ROOT / "examples/city-network/topicfeeds.toml").title == "River Cities"


@pytest.mark.parametrize("name", ["\\u200b", "\u200b", "\\U0000200B"])
def test_the_line_of_an_invisible_name_is_found(tmp_path: Path, name: str) -> None:
    [blank, *_] = load(tmp_path, f'title = "A"\nurl = "https://example.org/"\n\n[tags."{name}"]\nslug = "x"\n')
    assert blank == "topicfeeds.toml:4: tags.\\u200b: is blank (write some text)"
