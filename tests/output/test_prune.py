"""`build --prune` removes the feeds of this site that nothing makes, and no other file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support import command
from topicfeeds.state.documents import find_leftovers

SITE = """\
title = "x"
url = "https://e.org/"
[feeds]
formats = ["atom", "rss", "json", "ics"]
[[sources]]
path = "{}.yaml"
"""
ITEMS = """- {id: a, title: A, published: 2026-02-01, topics: [land], tags: [keep]}
- {id: b, title: B, published: 2026-02-02, start: 2026-05-01, topics: [gone], tags: [old tag, Älter]}
"""


def write_site(folder: Path, items: str = ITEMS, name: str = "items") -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.toml").write_text(SITE.format(name), "utf-8")
    (folder / f"{name}.yaml").write_text(items, "utf-8")


def build(folder: Path, *options: str, name: str = "items", output: str = "public") -> list[str]:
    """Build, and give the lines of stdout, sorted, or of stderr if there are none."""
    run = command("build", "--site", f"{name}.toml", "--output", output, *options, cwd=folder)
    assert run.code in (0, 1), run.err
    return run.err.splitlines() + run.out.splitlines()


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def lost(tmp_path: Path) -> Path:
    """A site that has lost its state, and an item."""
    write_site(tmp_path)
    build(tmp_path)
    shutil.rmtree(tmp_path / ".topicfeeds")
    (tmp_path / "items.yaml").write_text(ITEMS.split("\n")[0], "utf-8")
    return tmp_path


def test_after_a_lost_state_only_prune_removes_old_feeds(lost: Path) -> None:
    before = files(lost / "public")
    build(lost)
    assert files(lost / "public") == before
    lines = build(lost, "--prune", "--dry-run")
    assert files(lost / "public") == before
    removed = before - files(lost / "public") or {line for line in lines if line in before}
    build(lost, "--prune")
    assert before - files(lost / "public") == removed
    assert files(lost / "public") == {
        ".topicfeeds.lock",
        *(f"{name}.{end}" for name in ("all", "tags/keep", "topics/land") for end in ("atom.xml", "rss.xml", "json")),
    }
    assert len([path for path in removed if path.startswith("events/")]) == 1
    assert "all.ics" in removed


def test_a_run_with_a_new_state_says_once_how_many_old_files_stay(lost: Path) -> None:
    message = "has 14 old files of this site, which no feed makes and the new state does not know"
    advice = "To remove them, run topicfeeds build --prune."
    assert f"public:1: warning: {message}. {advice}" in build(lost)
    with (lost / "items.yaml").open("a") as file:
        file.write("- {id: c, title: C, published: 2026-02-03}\n")
    assert not any(advice in line for line in build(lost))


def test_what_is_not_surely_a_feed_of_this_site_stays_and_is_listed(lost: Path) -> None:
    public = lost / "public"
    gone = public / "topics/gone.atom.xml"
    others = {
        "index.html": b"<p>",
        "robots.txt": b"",
        "topics/notes.txt": b"x",
        "topics/copy.atom.xml": gone.read_bytes(),  # the id of another path
        "tags/broken.atom.xml": gone.read_bytes()[:-20],
        "tags/other.rss.xml": (public / "topics/gone.rss.xml").read_bytes(),
        "tags/other.json": (public / "topics/gone.json").read_bytes(),
        "tags/deep.json": b'{"_topicfeeds": {"a":' + b"[" * 100_000,
        "tags/list.json": b'{"items": 5, "_topicfeeds": {}}',
        "tags/mine.ics": (public / "all.ics").read_bytes(),
        "events/0123456789abcdef.ics": next((public / "events").iterdir()).read_bytes(),
        "feeds/Capital.atom.xml": gone.read_bytes().replace(b"topics/gone", b"feeds/Capital"),
        "topics/index.atom.xml": gone.read_bytes().replace(b"topics/gone", b"topics/index"),
        "tags/by-hand.atom.xml": gone.read_bytes()
        .replace(b"topics/gone", b"tags/by-hand")
        .replace(b">topicfeeds<", b">hand<"),
        "tags/foreign.atom.xml": gone.read_bytes()
        .replace(b"topics/gone", b"tags/foreign")
        .replace(b"tag:e.org", b"tag:f.org"),
    }  # fmt: skip
    for path, content in others.items():
        (public / path).parent.mkdir(exist_ok=True)
        (public / path).write_bytes(content)
    (public / "topics/deep").mkdir()
    shutil.copy(gone, public / "topics/deep/gone.atom.xml")
    (public / "tags/link.atom.xml").symlink_to(gone)
    lines = build(lost, "--prune", "--all-problems")
    assert {line.partition(":")[0] for line in lines if "is not removed: it is not a feed of this site" in line} == {
        f"public/{path}" for path in (*others, "tags/link.atom.xml")
    }
    assert {path: (public / path).read_bytes() for path in others} == others
    assert (public / "topics/deep/gone.atom.xml").exists()
    assert not gone.exists()


def test_nothing_is_pruned_while_items_are_refused(lost: Path) -> None:
    (lost / "items.yaml").write_text("- {id: b, title: B, published: 2026-02-32}\n" + ITEMS.split("\n")[0], "utf-8")
    before = files(lost / "public")
    lines = build(lost, "--prune")
    assert "public:1: warning: nothing was pruned, because items were refused" in "\n".join(lines)
    assert files(lost / "public") == before


def test_retired_documents_that_the_state_lists_wait_all_the_same(tmp_path: Path) -> None:
    write_site(tmp_path)
    build(tmp_path)
    before = files(tmp_path / "public")
    (tmp_path / "items.yaml").write_text(ITEMS.split("\n")[0], "utf-8")
    build(tmp_path, "--prune", "--allow-shrink")
    assert {path for path in before if not path.startswith("events/")} == set(files(tmp_path / "public"))


@pytest.mark.parametrize("inner", ["topics", "tags", "feeds", "events", "topics/land", "other"])
def test_sites_with_nested_outputs_never_touch_each_others_files(inner: str, tmp_path: Path) -> None:
    """Both have the same authority and topics, lose their states, and prune in turn."""
    write_site(tmp_path)
    write_site(tmp_path, name="second")
    inside = f"public/{inner}"
    build(tmp_path)
    outer = files(tmp_path / "public")
    build(tmp_path, name="second", output=inside)
    inner_files = files(tmp_path / "public") - outer
    leftovers = [tmp_path / f"public/{inner}/.{name}.topicfeeds-tmp" for name in ("all.atom.xml", "land.atom.xml")]
    for path in leftovers:
        path.touch()
    if inner in ("topics", "tags", "feeds", "events"):
        assert [*find_leftovers(str(tmp_path / "public"), ["", inner])] == [str(leftovers[1])]
        assert [*find_leftovers(str(tmp_path / inside), ["", "topics"])] == [str(leftovers[0])]
    for path in leftovers:
        path.unlink()
    for name, output, own in (("items", "public", outer), ("second", inside, inner_files)):
        shutil.rmtree(tmp_path / ".topicfeeds")
        write_site(tmp_path, ITEMS.split("\n")[0], name)
        before = files(tmp_path / "public")
        build(tmp_path, "--prune", name=name, output=output)
        gone = before - files(tmp_path / "public")
        assert len(gone) > 5
        assert gone < own
