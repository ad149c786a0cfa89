"""Input made to exhaust a reader is refused in one line, in bounded memory, and nothing hangs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support import command
from topicfeeds.state.files import expand_path
from topicfeeds.text.html import sanitize

MEBIBYTE = 1024 * 1024
NOTHING = (b"", 0)
LOL = ", ".join(f"&l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 30))
ENTITIES = "<!DOCTYPE x [<!ENTITY a 'lol'><!ENTITY b '&a;&a;&a;'><!ENTITY e SYSTEM 'file:///etc/passwd'>]><p>&b;&e;</p>"

RUN = (
    "import re, sys, topicfeeds.cli.main as c\n"
    "sys.argv = ['topicfeeds', 'check']\n"
    "try: c.main()\n"
    "finally: print(re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1])\n"
)


def check(folder: Path, name: str, content: bytes, more: tuple[bytes, int] = NOTHING) -> tuple[int, list[str], int]:
    """Check a file, and give code, messages, and peak memory in MiB; what takes a minute has failed."""
    unit, count = more
    with (folder / name).open("wb") as file:
        file.write(content)
        for _ in range(count // 1024):
            file.write(unit * 1024)
    (folder / "topicfeeds.toml").write_text(
        f'title = "x"\nurl = "https://e.org"\n[[sources]]\npath = "{name}"\n', "utf-8"
    )
    done = subprocess.run([sys.executable, "-c", RUN], cwd=folder, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr.splitlines(), int(done.stdout) // 1024


@pytest.mark.parametrize(
    ("name", "content", "more", "message"),
    [
        ("a.jsonl", b'{"title": "', (b"x", 200 * MEBIBYTE), "a.jsonl:1: the line is longer than 16 MiB"),
        ("a.json", b"[", (b" ", 200 * MEBIBYTE), "a.json:1: is larger than 64 MiB"),
        ("a.yaml", b"- title: ", (b"x", 200 * MEBIBYTE), "a.yaml:1: is larger than 64 MiB"),
        ("a.csv", b"title\n", (b"x,", 100 * MEBIBYTE), "a.csv:1: is larger than 64 MiB"),
        ("a.txt", b"", (b"\n", 70 * MEBIBYTE), "a.txt:1: is larger than 64 MiB"),
        ("a.jsonl", b'{"a":' * 100_000, NOTHING, "a.jsonl:1: is nested too deep"),
        ("a.json", b"[" * 100_000, NOTHING, "a.json:1: is nested too deep"),
        ("a.yaml", b"- a: " + b"{b: " * 100_000, NOTHING, "a.yaml:1: is nested too deeply (use at most 64 levels)"),
        ("a.toml", b"a = " + b"[" * 100_000, NOTHING, "a.toml:1: is not valid TOML: "),
        ("a.toml", b"a" + b".a" * 100_000 + b" = 1", NOTHING, "a.toml:1: "),
        (
            "a.jsonl",
            b'{"id": ' + b"9" * 5000 + b"}",
            NOTHING,
            "a.jsonl:1: is not valid JSON: a number has too many digits",
        ),
        ("a.yaml", b"\x7fELF\x02\x01\x01\x00\x00", NOTHING, "a.yaml:1: contains NUL characters"),
        ("a.json", b"\x89PNG\r\n\x1a\n", NOTHING, "a.json:1: byte 1 (0x89) is not UTF-8"),
        (
            "a.jsonl",
            b"<!DOCTYPE html>\n<h1>502 Bad Gateway</h1>\n",
            NOTHING,
            "a.jsonl:1: is not valid JSON: it looks like HTML",
        ),
        ("a.json", b"<html>\n", NOTHING, "a.json:1: is not valid JSON: it looks like HTML"),
        (
            "a.yaml",
            b"<!DOCTYPE html>\n<h1>502 Bad Gateway</h1>\n",
            NOTHING,
            "a.yaml:1: is not valid YAML: it looks like HTML",
        ),
        ("a.yaml", b"<<<<<<< HEAD\n- title: x\n=======\n", NOTHING, "a.yaml:1: contains merge conflict markers"),
        (
            "a.csv",
            b"<!DOCTYPE html>\n<h1>502, Bad Gateway</h1>\n",
            NOTHING,
            "a.csv:1: is not valid CSV: it looks like HTML",
        ),
        ("a.txt", b"<!DOCTYPE html>\n<h1>502 Bad Gateway</h1>\n", NOTHING, "a.txt:1: has no item"),
        ("a.txt", "•".encode() + "\xa0".encode() * 300_000, NOTHING, "a.txt:1: has no item"),
        ("a.txt", ("•  x\n".encode() * 40_000), NOTHING, "a.txt:1: has no item"),
        (
            "a.csv",
            b"title," + b"".join(b"c%d," % n for n in range(300_000)) + b"\n",
            NOTHING,
            "a.csv:1: the header has more than 1,000 columns (remove some, or check delimiter)",
        ),
        ("a.yaml", b"x: |\n" + (b"  " + b"- " * 100_000 + b"\n") * 20 + b"a: b: c\n", NOTHING, "a.yaml:22: is not"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_a_bomb_or_something_else_is_unreadable(
    tmp_path: Path, name: str, content: bytes, more: tuple[bytes, int], message: str
) -> None:
    code, lines, peak = check(tmp_path, name, content, more)
    assert (code, len(lines)) == (65, 2)
    assert lines[0].startswith(message)
    assert peak < 512


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (f"- {{title: x, published: 2026-01-01, tags: [&l0 lol, {LOL}]}}", "a.yaml:1: tags[1]: "),
        (f"- {{title: x, published: 2026-01-01, authors: [&l0 lol, {LOL}]}}", "a.yaml:1: authors[1]"),
        (f"- {{title: x, published: 2026-01-01, summary: [&l0 lol, {LOL}]}}", "a.yaml:1: summary: "),
        (f"- {{title: x, published: [&l0 lol, {LOL}]}}", "a.yaml:1: published: "),
        (
            "- {id: a, title: x, published: 2026-01-01, content: '" + "<div>" * 200_000 + "'}",
            "a.yaml:1: content: has tags nested",
        ),
        (
            "- {id: a, title: x, published: 2026-01-01, content: '" + "x" * 2 * MEBIBYTE + "'}",
            "a.yaml:1: content: has 2097152",
        ),
        (
            "- {id: a, title: x, published: 2026-01-01, tags: [" + "t, " * 201 + "]}",
            "a.yaml:1: tags: has too many values (keep at most 200)",
        ),
        (
            "- {id: a, title: x, published: 2026-01-01, topics: [" + "t, " * 201 + "]}",
            "a.yaml:1: topics: has too many values (keep at most 200)",
        ),
        (
            "- {id: a, title: x, published: 2026-01-01, enclosures: ["
            + "{url: https://e.org/a, type: a/b}, " * 51
            + "]}",
            "a.yaml:1: enclosures: has too many values (keep at most 50)",
        ),
        (
            "- {id: a, title: x, published: 2026-01-01, titel: x, content: '<p>x" + " " * 500_000 + "x</p> '}",
            "a.yaml:1: titel: unknown field",
        ),
    ],
    ids=[
        "tags",
        "authors",
        "summary",
        "published",
        "deep",
        "large",
        "many tags",
        "many topics",
        "many enclosures",
        "blanks",
    ],
)
def test_an_item_that_is_a_bomb_is_refused(tmp_path: Path, content: str, message: str) -> None:
    code, lines, peak = check(tmp_path, "a.yaml", content.encode())
    assert code == 1
    assert lines[0].startswith(message)
    assert max(map(len, lines)) < 300
    assert peak < 512


def test_entities_in_content_are_text_and_nothing_is_fetched(tmp_path: Path) -> None:
    content = f'- {{id: a, title: x, published: 2026-01-01, content: "{ENTITIES}"}}'
    code, lines, _ = check(tmp_path, "a.yaml", content.encode())
    assert (code, lines) == (0, ["1 item would be published, 0 would be refused"])


def test_a_json_object_with_many_names_takes_linear_time(tmp_path: Path) -> None:
    names = b"".join(b'"n%d": 1, ' % n for n in range(200_000))
    code, lines, _ = check(tmp_path, "a.jsonl", b"{" + names + b'"title": "a", "title": "b"}')
    assert (code, lines[0]) == (1, "a.jsonl:1: title: is given twice in this item (keep one)")


def test_lists_named_items_in_each_other_take_linear_time(tmp_path: Path) -> None:
    inner = b'{"x": {"items": [' * 300 + b"1, " * 300_000 + b"1" + b"]}}" * 300
    content = b'{"more": ' + inner + b', "items": [{"id": "a", "title": "x", "published": "2026-01-01"}]}'
    code, lines, _ = check(tmp_path, "a.json", content)
    assert (code, lines) == (0, ["1 item would be published, 0 would be refused"])


def test_many_tables_in_toml_take_linear_time(tmp_path: Path) -> None:
    table = b"[[item]]\nid = '%d'\ntitle = 'x'\npublished = 2026-01-01\n"
    code, lines, _ = check(tmp_path, "a.toml", b"".join(table % n for n in range(15_000)))
    assert (code, lines) == (0, ["15000 items would be published, 0 would be refused"])


def test_content_with_a_long_run_of_blanks_is_sanitized_in_linear_time() -> None:
    assert sanitize("<div> x" + " " * 500_000 + "x</div> ", "https://e.org/").startswith("<div> x  ")
    assert sanitize(" <video src=/a>" + " " * 500_000 + "x", "https://e.org/").endswith(" x</video>")


def test_a_source_pattern_with_many_double_stars_searches_each_folder_once(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["d"] * 30)
    deep.mkdir(parents=True)
    (deep / "a.json").write_text("[]")
    assert expand_path("**/" * 60 + "*.json", str(tmp_path)) == ["d/" * 30 + "a.json"]
    assert expand_path("**/d/" * 15 + "*.json", str(tmp_path)) == ["d/" * 30 + "a.json"]


def test_problems_beyond_the_limit_are_only_counted(tmp_path: Path) -> None:
    (tmp_path / "topicfeeds.toml").write_text('title = "x"\nurl = "https://e.org"\n[[sources]]\npath = "a.jsonl"\n')
    good = '{"id": "a", "title": "x", "published": "2026-01-01"}\n'
    (tmp_path / "a.jsonl").write_text(good + '{"titel": "x"}\n' * 10_100)
    run = command("build", cwd=tmp_path)
    lines = run.err.splitlines()
    # Each record has three problems: title, published, titel.
    rest = "... and 30250 more (20300 of them were not stored: correct the printed ones, then run again)"
    assert (run.code, lines[50]) == (1, rest)
    assert lines[51].startswith("1 item published, 10100 refused; ")
    assert command("build", cwd=tmp_path).err.splitlines()[50] == rest
    assert len(command("build", "--all-problems", cwd=tmp_path).err.splitlines()) == 10_001
    status = command("status", cwd=tmp_path).out
    assert "items         1, 10100 refused, 0 held back" in status
    assert "  ... and 6766 more" in status
    assert command("build", "--strict", cwd=tmp_path).err.splitlines()[50] == rest


EVENT = b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nSUMMARY:A\nCREATED:20260101T000000Z\nDTSTART:20260101T100000Z\n"
END = b"END:VEVENT\nEND:VCALENDAR\n"
ZONE = b"BEGIN:VTIMEZONE\nTZID:z\nBEGIN:STANDARD\nDTSTART:16010101T030000\nRDATE:"
AMPLIFIED = b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10 if n else b"x" * 10) for n in range(12))
FEED = b"<feed xmlns='http://www.w3.org/2005/Atom' xmlns:a='http://www.w3.org/2005/Atom'><title>T</title>"


@pytest.mark.parametrize(
    ("name", "content", "code", "message"),
    [
        (
            "a.ics",
            b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\nUID:a\nEND:VEVENT\n" * 1_000_000,
            65,
            "a.ics:300002: has more than 100,000 events and dates",
        ),
        (
            "a.ics",
            EVENT + b"RDATE:" + b"20260102T000000Z," * 1_000_000 + b"\n" + END,
            65,
            "a.ics:2: has more than 100,",
        ),
        ("a.ics", EVENT + b"RRULE:FREQ=SECONDLY;COUNT=999999\n" + END, 1, "a.ics:7: recurrence: has more than 100,000"),
        ("a.ics", EVENT + b"RRULE:FREQ=SECONDLY;COUNT=9;BYSETPOS=2\n" + END, 1, "a.ics:7: recurrence: "),
        (
            "a.ics",
            EVENT + b"RRULE:FREQ=HOURLY;COUNT=9;BYMONTH=1;BYYEARDAY=366\nEXDATE:20270101T100000Z\n" + END,
            1,
            "a.ics:7: recurrence: ",
        ),
        ("a.ics", EVENT + b"EXDATE:20260102T000000Z\n" * 400_000 + END, 1, "a.ics:2: the event is larger than 8 MiB"),
        (
            "a.ics",
            EVENT[:16] + ZONE + b"20260102T000000," * 500_000 + b"\nEND:STANDARD\nEND:VTIMEZONE\n" + EVENT[16:] + END,
            65,
            "a.ics:2: defines time zones in more than 300,000 characters",
        ),
        ("a.rss", b"<!DOCTYPE rss [" + AMPLIFIED + b"]><rss><channel>&a11;</channel></rss>", 65, "a.rss:1: declares"),
        ("a.rss", b"<!DOCTYPE rss [" + AMPLIFIED + b"]><rss a='&a11;'/>", 65, "a.rss:1: is not well-formed XML: "),
        ("a.rss", b"<rss><channel>" + b"<item/>" * 1_000_000, 65, "a.rss:1: has more than 100,000 entries"),
        ("a.atom", FEED + b"<a:entry/>" * 300_000 + b"</feed>", 65, "a.atom:1: has more than 100,000 entries"),
        ("a.rss", b"<rss><channel>" + b"<a/>" * 1_000_000, 65, "a.rss:1: an entry has more than 100,000 elements"),
        ("a.rss", b"<rss><channel><title>" + b"x" * 60 * MEBIBYTE, 65, "a.rss:1: is not well-formed XML: "),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_calendar_or_feed_that_is_a_bomb_is_refused(
    tmp_path: Path, name: str, content: bytes, code: int, message: str
) -> None:
    found, lines, peak = check(tmp_path, name, content)
    assert lines[0].startswith(message)
    assert (found, len(lines)) == (code, 2)
    assert peak < 512
