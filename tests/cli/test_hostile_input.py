"""Pipes, devices, long paths and large numbers end a command at once, in one line. Warnings of libraries are hidden."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support import command

SITE = 'title = "x"\nurl = "https://www.city.example/"\n[[sources]]\npath = "a.json"\n'
TOO_LONG = "is too long (write at most 4096 bytes)"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "topicfeeds.toml").write_text(SITE)
    (tmp_path / "a.json").write_text('[{"id": "a", "title": "x", "published": "2026-01-01"}]')
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


@pytest.mark.parametrize("name", ["pipe", "/dev/zero"])
@pytest.mark.parametrize("verb", ["build", "check"])
def test_a_site_file_that_is_a_pipe_or_a_device(folder: Path, verb: str, name: str) -> None:
    run = command(verb, "--site", name, cwd=folder)
    assert (run.code, run.err) == (2, f"{name}: cannot be read: it is not a regular file\n")


@pytest.mark.parametrize("name", ["pipe", "/dev/zero"])
@pytest.mark.parametrize("words", [["build"], ["build", "--dry-run"], ["status"]], ids=" ".join)
def test_a_state_that_is_a_pipe_or_a_device(folder: Path, words: list[str], name: str) -> None:
    run = command(*words, "--state", name, cwd=folder)
    assert (run.code, run.err) == (2, f"{name}: is not a regular file (choose another file with --state)\n")
    assert not (folder / "public").exists()


@pytest.mark.parametrize("option", ["--site", "--output", "--state"])
@pytest.mark.parametrize("part", ["x", "x/"])
def test_a_path_that_is_too_long(folder: Path, option: str, part: str) -> None:
    run = command("build", option, part * (100_000 // len(part)), cwd=folder)
    assert run.code == 2
    assert run.err.startswith(f'{option} "x')
    assert run.err.endswith(f'..." {TOO_LONG}\n')
    assert len(run.err) < 200


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (f"path = '{'x' * 100_000}'", f'sources[0].path: "{"x" * 60}..." is too long (write at most 4096 characters)'),
        (f"[feeds]\nretire_days = 1{'0' * 30}", f"feeds.retire_days: 1{'0' * 30} is too large (write 36500 or less)"),
        ("[feeds]\nmemory_days = 36501", "feeds.memory_days: 36501 is too large (write 36500 or less)"),
        ("[feeds]\nlimit = 1000001", "feeds.limit: 1000001 is too large (write 1000000 or less)"),
        ("[feeds]\nmax_body = 8388609", "feeds.max_body: 8388609 is too large (write 8388608 or less)"),
        ("[feeds]\ncalendar_days_back = 36501", "feeds.calendar_days_back: 36501 is too large (write 36500 or less)"),
        ("[feeds]\ncalendar_days_ahead = 36501", "feeds.calendar_days_ahead: 36501 is too large (write 36500 or less)"),
    ],
)
def test_numbers_and_paths_of_the_site_file_have_limits(folder: Path, line: str, message: str) -> None:
    text = SITE.replace('path = "a.json"', line) if line.startswith("path") else f"{SITE}{line}\n"
    (folder / "topicfeeds.toml").write_text(text)
    run = command("build", cwd=folder)
    assert (run.code, run.err.partition(": ")[2]) == (2, f"{message}\n")


def test_a_site_file_of_many_megabytes(folder: Path) -> None:
    os.truncate(folder / "topicfeeds.toml", 1 << 40)
    run = command("build", cwd=folder)
    assert (run.code, run.err) == (2, "topicfeeds.toml: cannot be read: it is larger than 16 MiB\n")


def test_warnings_of_libraries_are_not_printed(folder: Path) -> None:
    program = (
        "import sys, warnings, topicfeeds.cli.main as c, topicfeeds.config as f\n"
        "load = f.load_site\n"
        "def warn(path):\n"
        "    for kind in (UserWarning, DeprecationWarning, SyntaxWarning): warnings.warn('of a library', kind)\n"
        "    return load(path)\n"
        "f.load_site = warn\n"
        "sys.argv = ['topicfeeds', 'check']\n"
        "c.main()\n"
    )
    env = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, env=env, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "1 item would be published, 0 would be refused\n")
