"""The same items and the same memory make the same bytes, whoever builds them, where and when."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support import EXAMPLE
from support.needs import forbidden, program

YEAR = 365 * 86400
FIRST = 1_500_000_000
"""When the memory first saw the undated items: a day of 2017, after all others and before any clock used."""
SECOND = FIRST + 30 * 86400
UNDATED = """
- {id: fair, title: Fair, start: 2018-05-01, tags: [Été]}
- {id: walk, title: Walk, start: 2018-05-02T10:00, timezone: Europe/Lisbon, tags: [Straße]}
- {id: note, title: Note, published: 2016-05-02, tags: [Été, "C++"]}
"""
CHANGED = """
- {id: note, title: Note, content: "<p>More of it</p>", published: 2016-05-02, tags: [Été, "C++"]}
- {id: walk, title: Walk, start: 2018-05-03T10:00, timezone: Europe/Lisbon, tags: [Straße]}
- {id: fair, title: Big fair, start: 2018-05-01, tags: [été]}
- {id: new, title: New, start: 2018-06-01, tags: [Straße]}
"""


@dataclass(frozen=True)
class Setting:
    """Where and how the command is run."""

    name: str
    env: Mapping[str, str] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()
    """Variables of the environment that are not there."""
    umask: int = 0o022
    before: Callable[[], list[str]] = list
    """What runs the command."""
    cwd: str = "."
    """From the folder of the site."""
    site: str = "topicfeeds.toml"
    prepare: Callable[[Path], object] = field(default=lambda folder: None)

    def __str__(self) -> str:
        return self.name

    def build(self, folder: Path, *arguments: str, now: int | None = None) -> str:
        """Build the site in a folder, and give what was printed."""
        base = {"PATH": os.environ["PATH"], "HOME": str(folder)} | ({"SOURCE_DATE_EPOCH": str(now)} if now else {})
        env = {name: value for name, value in {**base, **self.env}.items() if name not in self.lacks}
        cwd = folder / self.cwd
        site = self.site.format(folder=folder, name=folder.name)
        done = subprocess.run(
            [*self.before(), sys.executable, "-m", "topicfeeds", "build", "--site", site, *arguments],
            cwd=cwd,
            env=env,
            umask=self.umask,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
        return done.stdout.decode()


def as_nobody() -> list[str]:
    """Run something as the user `nobody`, who may read and write all the same."""
    if os.geteuid() != 0:
        forbidden("to run as another user, as root is")
    able = [f"--{kind}-caps=+dac_override" for kind in ("inh", "ambient")]
    return [program("setpriv", "util-linux"), "--reuid=65534", "--regid=65534", "--clear-groups", *able]


def rewritten(folder: Path) -> None:
    """Make all sources anew: in another order, at another time."""
    for path in sorted((path for path in folder.rglob("*") if path.is_file()), reverse=True):
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)
        os.utime(path, (FIRST, FIRST))


PLAIN = Setting("plain")
SETTINGS = [
    Setting("hash seed 0", {"PYTHONHASHSEED": "0"}),
    Setting("another hash seed", {"PYTHONHASHSEED": "4294967295"}),
    Setting("a zone in the east", {"TZ": "Pacific/Kiritimati"}),
    Setting("a zone in the west", {"TZ": "America/New_York"}),
    Setting("a German locale", {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8", "LANGUAGE": "de"}),
    Setting("a Turkish locale", {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"}),
    Setting("no UTF-8", {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
    Setting("umask 077", umask=0o077),
    Setting("another user", before=as_nobody),
    Setting("another folder, and an absolute --site", cwd="/", site="{folder}/topicfeeds.toml"),
    Setting("the folder above, and a relative --site", cwd="..", site="{name}/topicfeeds.toml"),
    Setting("no HOME", lacks=("HOME",)),
    Setting("nothing in the environment", lacks=("HOME", "PATH")),
    Setting("no assertions and no docstrings", {"PYTHONOPTIMIZE": "2"}),
    Setting("Python's development mode", {"PYTHONDEVMODE": "1"}),
    Setting("sources made anew", prepare=rewritten),
]
CLOCKS = [
    Setting("a year back", {"SOURCE_DATE_EPOCH": str(int(time.time()) - YEAR)}),
    Setting("SOURCE_DATE_EPOCH of long ago", {"SOURCE_DATE_EPOCH": str(SECOND)}),
    Setting("SOURCE_DATE_EPOCH of 2096", {"SOURCE_DATE_EPOCH": "4000000000"}),
]


def made(folder: Path) -> dict[str, bytes]:
    """Give what is published."""
    public = folder / "public"
    files = (path for path in public.rglob("*") if path.is_file() and path.name != ".topicfeeds.lock")
    return {path.relative_to(public).as_posix(): path.read_bytes() for path in files}


def copied(folder: Path, target: Path) -> Path:
    return shutil.copytree(folder, target / "Cité 7")


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, ten years older than it is; its items carry their dates."""
    folder = tmp_path_factory.mktemp("dated") / "site"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("public", ".topicfeeds"))
    for path in (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".toml"):
        path.write_text(path.read_text("utf-8").replace("2026", "2016").replace("2025", "2015"), "utf-8")
    return folder


@pytest.fixture(scope="module")
def remembered(dated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with items that the memory dated at FIRST, and that have changed since."""
    folder = copied(dated, tmp_path_factory.mktemp("remembered"))
    with (folder / "topicfeeds.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[sources]]\npath = "été/*.yaml"\n')
    (folder / "été").mkdir()
    (folder / "été/undated.yaml").write_text(UNDATED, "utf-8")
    PLAIN.build(folder, now=FIRST)
    (folder / "été/undated.yaml").write_text(CHANGED, "utf-8")
    return folder


@pytest.fixture(scope="module")
def expected(dated: Path, remembered: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both, built in a plain setting."""
    folders = {}
    for name, folder in (("dated", dated), ("remembered", remembered)):
        folders[name] = copied(folder, tmp_path_factory.mktemp(name))
        PLAIN.build(folders[name], now=SECOND if folder is remembered else None)
    return folders


@pytest.mark.parametrize("setting", SETTINGS + CLOCKS, ids=str)
def test_items_that_carry_their_dates_make_the_same_bytes_without_a_memory(
    setting: Setting, dated: Path, expected: dict[str, Path], tmp_path: Path
) -> None:
    folder = copied(dated, tmp_path)
    setting.prepare(folder)
    printed = setting.build(folder)
    assert made(folder) == made(expected["dated"])
    assert sorted(printed.split()) == sorted(made(folder))


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_what_changed_makes_the_same_bytes_from_the_same_memory(
    setting: Setting, remembered: Path, expected: dict[str, Path], tmp_path: Path
) -> None:
    folder = copied(remembered, tmp_path)
    before = made(folder)
    setting.prepare(folder / "été")
    printed = setting.build(folder, now=SECOND)
    after = made(folder)
    assert after == made(expected["remembered"])
    assert sorted(printed.split()) == sorted(path for path in after if after[path] != before.get(path))
    assert b"2017-07-14T" in after["all.atom.xml"]
    assert b"2017-08-13T" in after["all.atom.xml"]


@pytest.mark.parametrize("setting", CLOCKS, ids=str)
def test_documents_that_are_gone_come_back_as_they_were(
    setting: Setting, expected: dict[str, Path], tmp_path: Path
) -> None:
    folder = copied(expected["remembered"], tmp_path)
    shutil.rmtree(folder / "public")
    setting.build(folder)
    assert made(folder) == made(expected["remembered"])


def test_the_clock_matters_where_a_date_is_left_to_the_memory(remembered: Path, tmp_path: Path) -> None:
    folders = [copied(remembered, tmp_path / str(now)) for now in (SECOND, SECOND + YEAR)]
    for folder, now in zip(folders, (SECOND, SECOND + YEAR), strict=True):
        PLAIN.build(folder, now=now)
    assert made(folders[0]) != made(folders[1])
