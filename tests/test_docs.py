"""What the documentation shows is what happens: every snippet is run."""

from __future__ import annotations

import json
import os
import re
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from support import command
from support.needs import ROOT
from support.spreadsheets import GERMAN_ROWS, make_xlsx
from topicfeeds.cli.starter import EXPORTS

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
APPLICATIONS = {"django.md", "fastapi.md", "flask.md"}
"""Pages whose snippets are the files of an application. `tests/web/test_servers.py` runs them."""
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"# ([\w./-]+)\n")


def blocks(page: Path, *languages: str) -> list[str]:
    return [text for language, text in BLOCK.findall(page.read_text("utf-8")) if language in languages]


def named(page: Path) -> dict[str, str]:
    """Give the files that a page shows: those whose first line is a comment with their path."""
    found = [(NAMED.match(text), text) for text in blocks(page, "csv", "json", "markdown", "text", "toml", "yaml")]
    assert all(match for match, _ in found), f"{page}: a snippet without the path of its file"
    return {match[1]: NAMED.sub("", text, count=1) for match, text in found if match}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_snippet_is_of_a_language_that_is_run(page: Path) -> None:
    languages = {language for language, _ in BLOCK.findall(page.read_text("utf-8"))}
    assert languages <= {"console", "csv", "json", "markdown", "python", "sh", "text", "toml", "yaml"}
    assert len(re.findall("^```", page.read_text("utf-8"), re.MULTILINE)) == 2 * len(BLOCK.findall(page.read_text()))


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if blocks(page, "python") and page.name not in APPLICATIONS],
    ids=lambda page: page.name,
)
def test_python_snippets_run_one_after_the_other(page: Path, tmp_path: Path) -> None:
    code = "\n".join(blocks(page, "python"))
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()


def posts(folder: Path) -> str:
    """Make a database as the page on databases has it."""
    with closing(sqlite3.connect(folder / "posts.db")) as connection, connection:
        connection.execute("create table if not exists posts (id, title, published, tags)")
        connection.execute("delete from posts")
        connection.execute("""insert into posts values (1, 'A', '2026-01-01', '["a"]')""")
    return str(folder / "posts.db")


COUNTS = {
    "events.md": 4,
    "items.md": 8,
    "calendar/topicfeeds.toml": 4,
    "csv/topicfeeds.toml": 2,
    "hugo/topicfeeds.toml": 2,
    "jekyll/topicfeeds.toml": 2,
    "parallel/topicfeeds.toml": 2,
    "sheet/topicfeeds.toml": 2,
}
"""How many items a page with several files has, or the site file of a folder. Other folders have one item."""


def put(files: dict[str, str], folder: Path) -> None:
    """Write the files of a page into a folder."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
        if path.endswith(".sql"):
            with closing(sqlite3.connect((folder / path).with_suffix(".db"))) as connection, connection:
                connection.executescript(text)
    if "sheet/topicfeeds.toml" in files:  # the page shows its rows as a table
        (folder / "sheet/events.xlsx").write_bytes(make_xlsx({"Alt": [], "2026": GERMAN_ROWS}))


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "toml")], ids=lambda page: page.name)
def test_the_files_that_a_page_shows_build(page: Path, tmp_path: Path) -> None:
    (tmp_path / "items").mkdir()
    (tmp_path / "pages").mkdir()
    if len(files := named(page)) == 1 and "sheet/topicfeeds.toml" not in files:
        (tmp_path / "items/a.yaml").write_text("{title: A, published: 2026-01-01}", "utf-8")
        (tmp_path / "pages/social-innovation.txt").write_text("A\n\na\n\npublication date: 01-02-2017", "utf-8")
    put(files, tmp_path)
    for path in files:
        if path.endswith("topicfeeds.toml"):
            run = command("build", "--site", path, cwd=tmp_path, env={"POSTS": posts((tmp_path / path).parent)})
            assert run.code == 0, run.err
            if len(files) > 1 or path.startswith("sheet/"):
                count = COUNTS.get(path, 1) if "/" in path else COUNTS[page.name]
                noun = "item" if count == 1 else "items"
                assert f"{count} {noun} published, 0 refused" in run.err


INIT = re.compile(r"^    topicfeeds (init (\w+) --from (\w+) .*)$", re.MULTILINE)
EXPORTS_SHOWN = [(page, *found) for page in PAGES for found in INIT.findall(page.read_text("utf-8"))]
OWN_WORK = {"ics": {"topics"}, "jekyll": {"topics"}, "spreadsheet": {"topics"}, "sqlite": {"link", "tags"}}
"""Fields that a page tells its reader to add to the site file of `init`."""


def test_there_is_a_page_for_each_kind_of_export() -> None:
    assert {kind for _, _, _, kind in EXPORTS_SHOWN} == set(EXPORTS)


@pytest.mark.parametrize(("page", "line", "folder", "kind"), EXPORTS_SHOWN, ids=lambda one: str(one).partition(" ")[0])
def test_init_reads_the_export_of_a_page_as_its_site_file_does(
    page: Path, line: str, folder: str, kind: str, tmp_path: Path
) -> None:
    put(named(page), tmp_path)
    shown = [read_fields(command("check", "--show", "9", cwd=tmp_path / folder).out)]
    (tmp_path / folder / "topicfeeds.toml").unlink()
    run = command(*shlex.split(line), cwd=tmp_path)
    assert run.code == 0, run.err
    run = command("build", cwd=tmp_path / folder)
    assert (run.code, " 0 refused" in run.err) == (0, True), run.err
    shown.append(read_fields(command("check", "--show", "9", cwd=tmp_path / folder).out))
    theirs, ours = (
        [{name: text for name, text in one.items() if name not in OWN_WORK.get(kind, ())} for one in found]
        for found in shown
    )
    assert len(ours) > 0
    assert ours == theirs


def read_fields(shown: str) -> list[dict[str, str]]:
    """Return the values of the fields of each item, as `check --show` prints them, without zones."""
    found = [dict(re.findall(r"^  (\w+): (.*?)(?:  \[.*\])?$", one, re.MULTILINE)) for one in shown.split("\n\n")]
    return [
        {name: re.sub(r"\+\d\d:\d\d$", "", text) for name, text in one.items() if name != "timezone"}
        for one in found
        if one
    ]


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "console")], ids=lambda page: page.name)
def test_sessions_print_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for line, shown in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", "".join(blocks(page, "console")), re.MULTILINE):
        done = subprocess.run(line, shell=True, cwd=tmp_path, env={"PATH": path}, capture_output=True, timeout=60)
        assert done.returncode == 0
        pattern = re.sub(r"([\[\]?])", r"[\1]", shown).replace("...\n", "*")
        assert fnmatchcase(done.stdout.decode(), pattern), line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_install_from_a_checkout_with_the_pip_of_a_virtual_environment(page: Path) -> None:
    for before, given in re.findall(r"(\S*)pip\s+install([^\n`&]*)", page.read_text("utf-8")):
        assert before.endswith("/.venv/bin/") or before.strip("`") == ".venv/bin/", given  # Debian's pip refuses
        assert "topicfeeds" not in given, "the name is not on PyPI"


FROM_OTHERS = {
    "Input/output error",
    "No such file or directory",
    "No space left on device",
    "Permission denied",
    "readonly database",
    "unable to open database file",
    "unable to open",
    "no such table",
    "syntax error",
    "No such option",
    "No such command",
}
"""Messages of the operating system, SQLite and click."""


def test_troubleshooting_names_messages_that_the_program_has() -> None:
    code = "".join(path.read_text("utf-8") for path in sorted((ROOT / "src").rglob("*.py")))
    page = (ROOT / "docs/troubleshooting.md").read_text("utf-8")
    tables = "".join(page.split("| message has |")[1:])
    cells = re.findall(r"^\| ([^|]+) \|", tables, re.MULTILINE)
    named = {words for cell in cells for words in re.findall(r"`([^`]+)`", cell)}
    assert len(named) > 40
    assert sorted(words for words in named - FROM_OTHERS if words not in code) == []


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to the page's headings."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    return {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }


def test_links_between_pages_lead_somewhere() -> None:
    for page in [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]:
        text = BLOCK.sub("", page.read_text("utf-8"))
        for link, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", text):
            target = page.parent / link if link else page
            assert target.exists(), f"{page.name}: {link}"
            assert not anchor or anchor in anchors(target), f"{page.name}: {link}#{anchor}"


def test_every_picture_is_shown_and_small() -> None:
    shown = "".join(page.read_text("utf-8") for page in PAGES)
    pictures = sorted((ROOT / "docs" / "pictures").iterdir())
    assert [picture.name for picture in pictures if f"pictures/{picture.name})" not in shown] == []
    assert [picture.name for picture in pictures if picture.stat().st_size > 100_000] == []


def test_the_documentation_names_every_field_of_items_and_site() -> None:
    from topicfeeds import Site
    from topicfeeds.models.items import FIELDS

    items = (ROOT / "docs/items.md").read_text("utf-8")
    assert [name for name in FIELDS if f"`{name}`" not in items] == []
    site_file = "".join(blocks(ROOT / "docs/site-file.md", "toml"))
    assert [name for name in Site.model_fields if not re.search(rf"^(\[+)?{name}\b", site_file, re.MULTILINE)] == []


def test_the_examples_are_short_and_run(tmp_path: Path) -> None:
    for script in ("python_objects.py", "orm_rows.py"):
        path = ROOT / "examples" / script
        assert len(path.read_text("utf-8").splitlines()) < 25
        done = subprocess.run(
            [sys.executable, "-W", "error", path, tmp_path / script], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[:2] == ["all.atom.xml", "all.rss.xml"]
        assert (tmp_path / script / "all.atom.xml").exists()


def test_the_web_view_serves_a_feed_for_its_own_address() -> None:
    code = (
        "import json, runpy\n"
        "client = runpy.run_path('examples/web_view.py')['app'].test_client()\n"
        "first = client.get('/news/planning.atom', base_url='https://www.example.org')\n"
        "again = client.get('/news/planning.atom', headers={'If-None-Match': first.headers['ETag']},\n"
        "                   base_url='https://www.example.org')\n"
        "missing = client.get('/news/x.atom')\n"
        "print(json.dumps([first.status_code, first.mimetype, first.text, again.status_code, missing.status_code]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    status, media_type, text, again, missing = json.loads(done.stdout)
    assert (status, media_type, again, missing) == (200, "application/atom+xml", 304, 404)
    assert 'href="https://www.example.org/news/planning.atom" rel="self"' in text
    assert "<title>New homes</title>" in text
    assert len((ROOT / "examples/web_view.py").read_text("utf-8").splitlines()) < 25


def test_the_users_code_that_is_type_checked_also_runs(tmp_path: Path) -> None:
    code = "import api, pathlib, sys; print(len(api.main(pathlib.Path(sys.argv[1])).written))"
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "tests" / "typing")}
    done = subprocess.run([sys.executable, "-c", code, tmp_path], env=env, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "4\n"), done.stderr


def test_the_window_query_of_the_page_on_scale_gives_the_feeds_that_all_rows_give(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "posts.db")) as connection, connection:
        connection.execute("create table posts (id, title, published, tags)")
        days = ((n, f"20{n % 20:02}-{n % 12 + 1:02}-{n % 28 + 1:02}") for n in range(700))
        tags = (json.dumps(["a", "b"][: n % 3]) for n in range(700))
        rows = ((f"n{n}", f"N{n}", day, some) for (n, day), some in zip(days, tags, strict=True))
        connection.executemany("insert into posts values (?, ?, ?, ?)", rows)
    text = named(ROOT / "docs/scale.md")["scale/topicfeeds.toml"]
    everything = re.sub(r" where id in \(.*\)\n(?=\"\"\")", "\n", text, flags=re.DOTALL)
    for name, query in (("window", text), ("all", everything)):
        (tmp_path / f"{name}.toml").write_text(query, "utf-8")
        run = command(
            "build", "--site", f"{name}.toml", "--output", name, cwd=tmp_path, env={"POSTS": str(tmp_path / "posts.db")}
        )
        assert run.code == 0, run.err
        assert ("700 items" in run.err) == (name == "all")
    made = [{one.name: one.read_bytes() for one in (tmp_path / name).rglob("*.xml")} for name in ("window", "all")]
    assert made[0] == made[1]
    assert len(made[0]) == 6
