"""The recipes of docs/hosting.md: linted, and their shell steps run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from support import command
from support.needs import ROOT, program
from support.readers_of_feeds import of_pypi
from topicfeeds.registry import FEED_FORMATS, find_media_type

HOSTING = ROOT / "examples" / "hosting"
WORKFLOW = HOSTING / "github-pages.yml"
full = pytest.mark.skipif(os.environ.get("TOPICFEEDS_FULL") != "1", reason="runs with TOPICFEEDS_FULL=1")


def test_the_page_shows_the_files_as_they_are() -> None:
    page = (ROOT / "docs" / "hosting.md").read_text("utf-8")
    shown = re.findall(r"^```\w+\n((?:#![^\n]*\n)?# examples/hosting/(\S+)\n.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert {name: text for text, name in shown} == {path.name: path.read_text("utf-8") for path in HOSTING.iterdir()}


@full
def test_linters_find_nothing() -> None:
    for run in (
        [of_pypi("zizmor"), "--offline", "--no-config", "--pedantic", str(WORKFLOW)],
        [of_pypi("hadolint"), str(HOSTING / "Containerfile")],
        [program("shellcheck"), str(HOSTING / "s3-upload.sh")],
    ):
        done = subprocess.run(run, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr


# --- GitHub Pages -------------------------------------------------------------------------------


def steps() -> dict[str, str]:
    """Give the shell steps of the workflow by name."""
    jobs: Any = yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"]
    return {step["name"]: step["run"] for step in jobs["build"]["steps"] if "run" in step}


class Runner:
    """A repository, its origin, and fresh clones in which the steps run, as on GitHub."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.runs = folder, 0
        assert command("init", "work", cwd=folder).code == 0
        self.work = folder / "work"
        self.git("init", "--quiet", "--initial-branch=main", cwd=self.work)
        self.git("init", "--quiet", "--bare", str(folder / "origin"), cwd=folder)
        self.commit()

    def git(self, *arguments: str, cwd: Path) -> str:
        run = ["git", "-c", "user.name=a", "-c", "user.email=a@localhost", *arguments]
        return subprocess.run(run, cwd=cwd, check=True, capture_output=True, text=True, timeout=60).stdout

    def commit(self) -> None:
        self.git("add", "--all", cwd=self.work)
        self.git("commit", "--quiet", "--message=items", cwd=self.work)
        self.git("push", "--quiet", str(self.folder / "origin"), "main", cwd=self.work)

    def run(self) -> tuple[int, str, Path]:
        """Run all steps but the installation; give the exit code, the outputs, and the folder of the feeds."""
        self.runs += 1
        clone, temp = self.folder / f"clone{self.runs}", self.folder / f"temp{self.runs}"
        self.git("clone", "--quiet", "--branch=main", str(self.folder / "origin"), str(clone), cwd=self.folder)
        (clone / ".venv/bin").mkdir(parents=True)
        temp.mkdir()
        tool = clone / ".venv/bin/topicfeeds"
        tool.write_text(f'#!/bin/sh\nexec {sys.executable} -m topicfeeds "$@"\n')
        tool.chmod(0o755)
        env = {**os.environ, "RUNNER_TEMP": str(temp), "GITHUB_OUTPUT": str(temp / "outputs")}
        for name, script in steps().items():
            if name != "Install topicfeeds":
                done = subprocess.run(["bash", "-e", "-c", script], cwd=clone, env=env, capture_output=True, timeout=60)
                if done.returncode:
                    return done.returncode, name, clone / "public"
        outputs = temp / "outputs"
        return 0, outputs.read_text() if outputs.exists() else "", clone / "public"


@full
def test_the_workflow_keeps_the_dates_of_events_between_runs(tmp_path: Path) -> None:
    program("git")
    runner = Runner(tmp_path)
    (runner.work / "items/fair.yaml").write_text("- {id: fair, title: Fair, start: 2026-05-09}\n")
    runner.commit()
    code, outputs, public = runner.run()
    assert (code, outputs) == (0, "changed=true\n")
    [dated] = re.findall(r"tag:.*:item/fair</id>.*?<published>(.*?)<", (public / "all.atom.xml").read_text(), re.DOTALL)
    assert runner.run()[:2] == (0, "")
    (runner.work / "items/more.yaml").write_text("- {id: x, title: Trams, published: 2026-03-01}\n- {id: y}\n")
    runner.commit()
    code, outputs, public = runner.run()
    feed = (public / "all.atom.xml").read_text()
    assert (code, outputs) == (0, "changed=true\n")
    assert "Trams" in feed
    assert f"<published>{dated}<" in feed
    kept = ["rev-list", "--count", "feeds-state"]
    assert runner.git(*kept, cwd=tmp_path / "origin") == "1\n"


@full
def test_the_workflow_stops_where_it_would_forget_dates_or_publish_nothing(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    assert runner.run()[0] == 0
    before = runner.git("rev-parse", "feeds-state", cwd=tmp_path / "origin")
    (runner.work / "topicfeeds.toml").write_text("title = 1\n")
    runner.commit()
    assert runner.run()[:2] == (1, "Build the feeds")
    assert runner.git("rev-parse", "feeds-state", cwd=tmp_path / "origin") == before
    script = steps()["Get the feeds and the state of the last run"]
    shutil.rmtree(tmp_path / "origin")
    done = subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path / "clone1", capture_output=True, timeout=60)
    assert done.returncode == 1


# --- an S3-compatible store ---------------------------------------------------------------------


@full
def test_the_upload_gives_every_file_its_media_type_and_removes_what_is_gone(tmp_path: Path) -> None:
    program("aws", "awscli")
    server = pytest.importorskip("moto.server").ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    env = {
        **os.environ,
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }

    def run(*arguments: str) -> str:
        return subprocess.run(arguments, env=env, check=True, capture_output=True, text=True, timeout=120).stdout

    try:
        run("aws", "s3", "mb", "s3://bucket")
        assert command("init", "city", cwd=tmp_path).code == 0
        site = tmp_path / "city/topicfeeds.toml"
        formats = f"\n[feeds]\nformats = {list(FEED_FORMATS)}\n"
        site.write_text(site.read_text("utf-8") + formats, "utf-8")
        assert command("build", cwd=tmp_path / "city").code == 0
        public = tmp_path / "city/public"
        run(str(HOSTING / "s3-upload.sh"), str(public), "s3://bucket/feeds")
        paths = sorted(path.relative_to(public).as_posix() for path in public.rglob("*") if path.is_file())
        paths.remove(".topicfeeds.lock")
        keys = run("aws", "s3", "ls", "--recursive", "s3://bucket/feeds/")
        assert [line.split()[-1].removeprefix("feeds/") for line in keys.splitlines()] == paths
        for path in ("all.atom.xml", "all.rss.xml", "all.json", "all.ics", "index.html", "feeds.opml"):
            head = ["aws", "s3api", "head-object", "--bucket", "bucket", "--key", f"feeds/{path}"]
            found = run(*head, "--query", "ContentType", "--output", "text").strip()
            assert found.partition(";")[0] == find_media_type(path)
        (public / "topics/housing.atom.xml").unlink()
        done = run(str(HOSTING / "s3-upload.sh"), str(public), "s3://bucket/feeds")
        assert done == "delete: s3://bucket/feeds/topics/housing.atom.xml\n"
    finally:
        server.stop()
