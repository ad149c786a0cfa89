"""Real readers and a real calendar, each with a home of its own: what is new in them when they load a feed again."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import closing
from email.message import Message
from mailbox import Maildir
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from support.needs import missing, program

if TYPE_CHECKING:
    from reader import Reader

TIMEOUT = 30


class Shown(NamedTuple):
    """What a reader shows of an entry."""

    id: str
    title: str


class Subscription(ABC):
    """One feed in one reader."""

    programs: ClassVar[Mapping[str, str]] = {}
    """What has to be installed, with its Debian package."""

    def __init__(self, url: str, home: Path) -> None:
        self.url, self.home = url, home
        self.begin()

    @classmethod
    def installed(cls) -> bool:
        """Tell whether it can be used at all."""
        return all(map(shutil.which, cls.programs))

    @classmethod
    def need(cls) -> None:
        """Skip the test where it is not installed."""
        for name, package in cls.programs.items():
            program(name, package)

    @abstractmethod
    def begin(self) -> None:
        """Subscribe; nothing is loaded yet."""

    @abstractmethod
    def news(self) -> list[Shown]:
        """Load the feed, give what the reader then calls new, and read it."""

    @abstractmethod
    def kept(self) -> list[Shown]:
        """Give all that the reader has."""


class Newsboat(Subscription):
    """It tells unread entries; what was read it takes from a list, as from another computer."""

    programs: ClassVar = {"newsboat": "newsboat"}

    def begin(self) -> None:
        (self.home / "urls").write_text(f"{self.url}\n")
        (self.home / "config").touch()

    def news(self) -> list[Shown]:
        self.run("-x", "reload")
        assert self.errors == ""
        found = self._rows("where unread")
        (self.home / "read").write_text("".join(f"{shown.id}\n" for shown in found))
        self.run("-I", "read")
        assert self.run("-x", "print-unread").startswith("0 unread")
        return found

    def kept(self) -> list[Shown]:
        return self._rows("")

    @property
    def errors(self) -> str:
        """What it could not do: its status is 0 all the same."""
        return (self.home / "log").read_text()

    def run(self, *arguments: str) -> str:
        """Run it, and give what it prints."""
        options = ["-u", "urls", "-c", "cache.db", "-C", "config", "-d", "log", "-l", "3"]
        return run("newsboat", *options, *arguments, home=self.home)

    def _rows(self, which: str) -> list[Shown]:
        with closing(sqlite3.connect(self.home / "cache.db")) as database:
            rows = database.execute(f"select guid, title from rss_item {which} order by pubDate, guid").fetchall()
        return [Shown(*row) for row in rows]


class Library(Subscription):
    """The library lemon24/reader."""

    def begin(self) -> None:
        with self._open() as reader:
            reader.add_feed(self.url)

    def news(self) -> list[Shown]:
        with self._open() as reader:
            reader.update_feed(self.url)
            unread = list(reader.get_entries(read=False))
            for entry in unread:
                reader.mark_entry_as_read(entry)
        return [Shown(entry.id, entry.title or "") for entry in unread]

    def kept(self) -> list[Shown]:
        with self._open() as reader:
            return [Shown(entry.id, entry.title or "") for entry in reader.get_entries()]

    def _open(self) -> closing[Reader]:
        from reader import make_reader

        return closing(make_reader(str(self.home / "db")))


class Rss2email(Subscription):
    """It sends a mail for each entry that is new: here into a folder."""

    programs: ClassVar = {"r2e": "rss2email"}

    def begin(self) -> None:
        options = {
            "from": "feeds@example.org",
            "to": "me@example.org",
            "email-protocol": "maildir",
            "maildir-path": self.home,
            "maildir-mailbox": "mail",
        }
        lines = ["[DEFAULT]", *(f"{name} = {value}" for name, value in options.items())]
        (self.home / "config").write_text("\n".join(lines))
        self._run("add", "feed", self.url)

    def news(self) -> list[Shown]:
        self._run("run")
        mails = Maildir(self.home / "mail")
        unread = [(key, mail) for key, mail in mails.items() if mail.get_subdir() == "new"]
        for key, mail in unread:
            mail.set_subdir("cur")
            mails[key] = mail
        return [_mailed(mail) for _, mail in unread]

    def kept(self) -> list[Shown]:
        return [_mailed(mail) for mail in Maildir(self.home / "mail")]

    def _run(self, *arguments: str) -> None:
        run("r2e", "-c", "config", "-d", "data", *arguments, home=self.home)


def _mailed(mail: Message) -> Shown:
    return Shown(mail["X-RSS-ID"], mail["Subject"])


class Sfeed(Subscription):
    """It keeps a line of every id, title and link that it has seen."""

    programs: ClassVar = {"sfeed_update": "sfeed", "curl": "curl"}

    def begin(self) -> None:
        (self.home / "sfeedrc").write_text(f'sfeedpath="$HOME"\nfeeds() {{ feed lines "{self.url}"; }}\n')
        (self.home / "lines").touch()

    def news(self) -> list[Shown]:
        before = self.kept()
        run("sfeed_update", "sfeedrc", home=self.home)
        return [line for line in self.kept() if line not in before]

    def kept(self) -> list[Shown]:
        lines = [line.split("\t") for line in (self.home / "lines").read_text().splitlines()]
        return [Shown(line[5], line[1]) for line in lines]


_SYNC = """
[general]
status_path = "status"
[pair both]
a = "here"
b = "there"
collections = null
[storage here]
type = "filesystem"
path = "events"
fileext = ".ics"
[storage there]
type = "http"
url = "{url}"
"""
_KHAL = """
[calendars]
[[events]]
path = {home}/events
[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
local_timezone = {zone}
default_timezone = {zone}
[sqlite]
path = {home}/cache.db
"""


class Calendar:
    """The calendar khal, with what vdirsyncer fetches for it."""

    def __init__(self, url: str, home: Path, zone: str) -> None:
        self.home = home
        (home / "events").mkdir(parents=True)
        (home / "sync").write_text(_SYNC.format(url=url))
        (home / "khal").write_text(_KHAL.format(home=home, zone=zone))

    def shown(self, first: str, days: int, *options: str) -> list[str]:
        """Fetch, and give what it shows from a day on: start, end, and title, with a word for what is cancelled."""
        for command in (("discover",), ("sync", *options)):
            run(of_pypi("vdirsyncer"), "-c", "sync", *command, home=self.home)
        line = ("--day-format", "", "--format", "{start-long} {end-long} {cancelled}{title}")
        return run(of_pypi("khal"), "-c", "khal", "list", *line, first, f"{days}d", home=self.home).splitlines()


def of_pypi(name: str) -> str:
    """Give the path of a program of PyPI."""
    path = Path(sys.executable).parent / name
    return str(path) if path.exists() else missing(f"{name} (pip install {name})")


def run(*command: str, home: Path) -> str:
    """Run a program at home, and give what it prints."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command,
        cwd=home,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
