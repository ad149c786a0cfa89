"""Input made to exhaust a reader is refused in one line, in bounded memory, and nothing hangs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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
        ("a.jsonl", b'{"title": "', (b"x", 200 * MEBIBYTE), "a.jsonl:1: is longer than 16 MiB"),
        ("a.json", b"[", (b" ", 200 * MEBIBYTE), "a.json:1: is larger than 64 MiB"),
        ("a.yaml", b"- title: ", (b"x", 200 * MEBIBYTE), "a.yaml:1: is larger than 64 MiB"),
        ("a.csv", b"title\n", (b"x,", 100 * MEBIBYTE), "a.csv:1: is larger than 64 MiB"),
        ("a.txt", b"", (b"\n", 70 * MEBIBYTE), "a.txt:1: is larger than 64 MiB"),
        ("a.jsonl", b'{"a":' * 100_000, NOTHING, "a.jsonl:1: is nested too deep"),
        ("a.json", b"[" * 100_000, NOTHING, "a.json:1: is nested too deep"),
        ("a.yaml", b"- a: " + b"{b: " * 100_000, NOTHING, "a.yaml:1: is nested more than 64 deep"),
        ("a.toml", b"a = " + b"[" * 100_000, NOTHING, "a.toml:1: is not TOML: "),
        ("a.toml", b"a" + b".a" * 100_000 + b" = 1", NOTHING, "a.toml:1: "),
        ("a.jsonl", b'{"id": ' + b"9" * 5000 + b"}", NOTHING, "a.jsonl:1: is not JSON: a number has too many digits"),
        ("a.yaml", b"\x7fELF\x02\x01\x01\x00\x00", NOTHING, "a.yaml:1: has NUL characters"),
        ("a.json", b"\x89PNG\r\n\x1a\n", NOTHING, "a.json:1: byte 1 is not UTF-8"),
        ("a.jsonl", b"<!DOCTYPE html>\n<h1>502 Bad Gateway</h1>\n", NOTHING, "a.jsonl:1: is not JSON: expecting value"),
        ("a.json", b"<html>\n", NOTHING, "a.json:1: is not JSON: expecting value"),
        ("a.yaml", b"<!DOCTYPE html>\n<h1>502 Bad Gateway</h1>\n", NOTHING, "a.yaml:1: is no item"),
        ("a.yaml", b"<<<<<<< HEAD\n- title: x\n=======\n", NOTHING, "a.yaml:1: has marks of a merge conflict"),
        ("a.csv", b"<!DOCTYPE html>\n<h1>502, Bad Gateway</h1>\n", NOTHING, "a.csv:1: the header names no field"),
        ("a.txt", b"<!DOCTYPE html>\n<h1>502 Bad Gateway</h1>\n", NOTHING, "a.txt:1: has no item"),
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
    ],
    ids=["tags", "authors", "summary", "published", "deep", "large"],
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
