"""Views work where Unix is not: `select`, `feed`, `build` and `render` need no locks, limits and signals of Unix."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from support import EXAMPLE, folder_site
from topicfeeds import build, feed, read, record, render, select

BLOCKED = """
import json, os, signal, sys, sysconfig

sysconfig.get_config_vars()

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name in ("fcntl", "resource", "grp", "pwd", "termios"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Blocker())
for name in ("fcntl", "resource", "grp", "pwd", "termios"):
    sys.modules.pop(name, None)
for name in ("pthread_sigmask", "SIG_BLOCK", "SIG_SETMASK", "SIGHUP", "SIGKILL", "SIGALRM", "setitimer", "alarm"):
    delattr(signal, name)
sys.platform = "win32"
for name in ("geteuid", "fchmod", "O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK", "O_DIRECTORY"):
    delattr(os, name)

from datetime import UTC, datetime
from topicfeeds import State, build, feed, load_site, read, render, select

folder, state, now = sys.argv[1], sys.argv[2], datetime(2026, 6, 1, tzinfo=UTC)
site = load_site(f"{folder}/topicfeeds.toml")
feeds = select(site, read(site, folder), now=now)
one = feed(site, read(site, folder), "all", now=now, state=State(state, read_only=True))
documents = build(site, read(site, folder), now=now)
print(json.dumps([
    {name: render(found, "atom").decode() for name, found in feeds.items()},
    render(one, "rss").decode(),
    len([document.render() for document in documents]),
]))
"""


def test_views_work_without_the_modules_and_signals_of_unix(tmp_path: Path) -> None:
    site, now, state = folder_site(EXAMPLE), datetime(2026, 6, 1, tzinfo=UTC), str(tmp_path / "state")
    record(site, read(site, EXAMPLE), state, now=now)
    call = [sys.executable, "-c", BLOCKED, str(EXAMPLE), state]
    done = subprocess.run(call, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    feeds, rss, documents = json.loads(done.stdout)
    expected = select(site, read(site, EXAMPLE), now=now)
    assert feeds == {name: render(found, "atom").decode() for name, found in expected.items()}
    assert rss == render(feed(site, read(site, EXAMPLE), "all", now=now, state=state), "rss").decode()
    assert documents == len(build(site, read(site, EXAMPLE), now=now))
