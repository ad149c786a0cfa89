"""A publisher's own templates: they replace ours by name, and their errors are one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import command

MARK = '<meta name="generator" content="topicfeeds">'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a site whose templates are the publisher's own."""
    (tmp_path / "topicfeeds.toml").write_text(
        'title = "A"\nurl = "https://www.example.org/"\n[[sources]]\npath = "a.yaml"\n'
        '[pages]\ntemplates = "templates"\n'
    )
    (tmp_path / "a.yaml").write_text("{id: a, title: Homes, published: 2026-03-01}")
    (tmp_path / "templates").mkdir()
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    (folder / "templates" / name).write_text(text)


def index(folder: Path) -> str:
    return (folder / "public" / "index.html").read_text("utf-8")


def test_a_template_replaces_ours_and_the_others_stay(folder: Path) -> None:
    write(folder, "content.html", "<p>Ours: {{ page.newest[0].entry.title }}</p>")
    assert command("build", cwd=folder).code == 0
    assert "<p>Ours: Homes</p>" in index(folder)
    assert "<summary>Follow</summary>" in index(folder)


def test_a_template_can_extend_the_one_that_it_replaces(folder: Path) -> None:
    write(
        folder, "base.html", '{% extends "topicfeeds/base.html" %}{% block main %}<p>{{ page.title }}</p>{% endblock %}'
    )
    write(folder, "index.html", '{% extends "base.html" %}')
    assert command("build", cwd=folder).code == 0
    assert "<main>\n<p>A</p></main>" in index(folder)
    assert MARK in index(folder)


def test_a_stylesheet_replaces_ours_and_the_policy_allows_it(folder: Path) -> None:
    command("build", cwd=folder)
    before = index(folder)
    write(folder, "style.css", "@media print{#a{color:red}}")
    assert "public/index.html" not in command("check", cwd=folder).out
    assert "index.html" in command("build", cwd=folder).out
    assert "<style>@media print{#a{color:red}}</style>" in index(folder)
    assert before.split("style-src")[1][:60] != index(folder).split("style-src")[1][:60]


def test_the_run_after_an_edit_of_a_template_writes_the_pages_and_no_feed(folder: Path) -> None:
    command("build", cwd=folder)
    assert command("build", cwd=folder).out == ""
    write(folder, "content.html", "<p>New</p>")
    done = command("build", "--explain", cwd=folder)
    assert done.out.split() == ["all.html", "index.html"]
    assert "templates/content.html is new" in done.err
    (folder / "templates/content.html").unlink()
    assert command("build", cwd=folder).out.split() == ["all.html", "index.html"]
    assert command("build", cwd=folder).out == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<p>\n{{ page.titel }}", "content.html:2: the template failed: 'topicfeeds.pages.model.PageContent"),
        ("<p>\n{% if %}", "content.html:2: the template failed: Expected an expression"),
        ("{{ 1 / 0 }}", "content.html:1: the template failed: division by zero"),
        ('{% include "content.html" %}', "content.html:1: the template failed: maximum recursion depth"),
        ('{% include "other.html" %}', "content.html:1: the template failed: other.html"),
    ],
)
def test_an_error_in_a_template_is_one_line_and_publishes_nothing(folder: Path, text: str, message: str) -> None:
    assert command("build", cwd=folder).code == 0
    before = index(folder)
    (folder / "a.yaml").write_text("{id: a, title: Plots, published: 2026-03-01}")
    write(folder, "content.html", text)
    done = command("build", cwd=folder)
    assert (done.code, done.out, index(folder)) == (2, "", before)
    assert done.err.startswith(f"templates/{message}")
    assert done.err.count("\n") == 1
    assert "Homes" in (folder / "public/all.atom.xml").read_text("utf-8")


def test_a_page_without_our_mark_is_refused(folder: Path) -> None:
    write(folder, "index.html", "<h1>Hello</h1>")
    done = command("build", cwd=folder)
    assert done.code == 2
    assert done.err.startswith(f"templates: the page index.html has no {MARK} (add this line")


def test_a_folder_that_does_not_exist_is_an_error_of_the_site_file(folder: Path) -> None:
    (folder / "templates").rmdir()
    done = command("build", cwd=folder)
    assert done.code == 2
    assert done.err == (
        'topicfeeds.toml:6: pages.templates: "templates" is not a folder (create it, or remove this line)\n'
    )
