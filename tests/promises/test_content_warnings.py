"""One warning names each item whose content readers see differently: what changed, and how often."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support import article, command, event, site
from topicfeeds import Problem, State, build, check, publish, select

FILM = '<p><iframe src="https://player.example.org/1"></iframe></p>'
SITE = """title = "City Network"
url = "https://www.city.example/"
[[sources]]
path = "items.yaml"
max_shrink = 1
[feeds]
limit = 1
per = []
"""
OLD = f"""- id: old
  title: Old
  published: 2026-01-01
  content: {FILM}
"""
NEW = f"""- id: new
  title: New
  published: 2026-02-01
  summary: Short
  content: >
    {FILM}{FILM}
    <math alttext="x^2"></math>
"""
WARNING = "items.yaml:9: warning: content: 2 players became links, 1 formula became text"
OLD_WARNING = "items.yaml:4: warning: content: 1 player became a link"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "topicfeeds.toml").write_text(SITE)
    (tmp_path / "items.yaml").write_text(OLD + NEW)
    return tmp_path


def warnings(run: Any) -> list[str]:
    return [line for line in run.err.splitlines() if "warning" in line]


def test_build_warns_once_about_items_that_a_feed_contains(folder: Path) -> None:
    assert warnings(command("build", "--dry-run", cwd=folder)) == [WARNING]
    assert warnings(command("build", cwd=folder)) == [WARNING]
    (folder / "items.yaml").write_text(OLD.replace("Old", "Older") + NEW)
    assert warnings(command("build", cwd=folder)) == []
    (folder / "items.yaml").write_text(OLD)
    assert warnings(command("build", cwd=folder)) == [OLD_WARNING]
    (folder / "items.yaml").write_text(OLD + NEW)
    assert warnings(command("build", cwd=folder)) == [WARNING]


def test_without_the_cache_the_warning_of_unchanged_documents_is_found_again(folder: Path) -> None:
    assert warnings(command("build", cwd=folder)) == [WARNING]
    for path in (folder / ".topicfeeds").glob("*.cache*"):
        path.unlink()
    again = command("build", cwd=folder)
    assert (again.out, warnings(again)) == ("", [WARNING])
    assert warnings(command("build", cwd=folder)) == []


def test_check_warns_about_all_items(folder: Path) -> None:
    assert warnings(command("check", cwd=folder)) == [OLD_WARNING, WARNING]


def test_calls_of_the_library_warn_about_the_items_of_their_feeds(tmp_path: Path) -> None:
    items = [article(content=FILM), event(content="<img alt='x'>"), article(id="two", content="<p>plain</p>")]
    expected = ["content: 1 player became a link", "content: 1 picture became its description"]
    city, state = site(), State(tmp_path / "state.sqlite")
    select(city, items, problems=(selected := list[Problem]()))
    build(city, items, problems=(built := list[Problem]()))
    published = publish(city, items, tmp_path / "public", state=state).problems
    unchanged = publish(city, items, tmp_path / "public", state=state).problems
    for found in (selected, built, published, unchanged, check(city, items).problems):
        assert [f"{one.field}: {one.message}" for one in found] == expected
        assert {one.severity for one in found} == {"warning"}
