"""Every folder in corpus/feeds is a case: its items in, its files out, byte for byte, and its findings line by line.

To add a case, make a folder with `topicfeeds.toml` (its first lines say what the case is about) and
items, run `pytest --bless tests/test_corpus.py`, and read what appeared under `expected/`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from support import CASES, folder_site
from support.needs import shared
from topicfeeds import Problem, build, read


def made(case: Path) -> dict[str, bytes]:
    """Build a case: its documents, and its findings as a file of their own."""
    site = folder_site(case)
    problems: list[Problem] = []
    files = {doc.path: doc.render() for doc in build(site, read(site, case), problems=problems)}
    if problems:
        files["problems.txt"] = "".join(f"{problem}\n" for problem in problems).encode()
    return files


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_builds_the_expected_files(case: Path, bless: bool) -> None:
    """Items in, files out; nothing missing, nothing extra."""
    files = made(case)
    folder = case / "expected"
    if bless:
        for path in sorted(folder.rglob("*.*")):
            path.unlink()
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
    expected = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*") if p.is_file()}
    assert files.keys() == expected.keys()
    for name in files:
        assert files[name].decode() == expected[name].decode(), name


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_atom_files_are_valid_against_the_schema_of_the_rfc(case: Path) -> None:
    from lxml import etree

    schema = etree.RelaxNG(etree.parse(shared("schemas/atom.rng")))
    for name, content in made(case).items():
        if name.endswith(".atom.xml"):
            schema.assertValid(etree.fromstring(content))
