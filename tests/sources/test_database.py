"""A query of a database is a source: SQLite, and a real PostgreSQL server that these tests start."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from support import command, site
from support.needs import missing
from topicfeeds import Event, Person, Place, Problem, read
from topicfeeds.sources.database import _parse_address
from topicfeeds.sources.model import Record

FULL = bool(os.environ.get("TOPICFEEDS_FULL"))


def found(url: str, query: str, **source: object) -> list[Record]:
    made = site(sources=[{"database": url, "query": query, **source}])
    return [one for one in read(made) if isinstance(one, Record)]


def told(url: str, query: str, **source: object) -> list[str]:
    made = site(sources=[{"database": url, "query": query, **source}])
    return [f"{one.severity} {one}" for one in read(made) if isinstance(one, Problem)]


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """A database of two good posts and two bad ones."""
    connection = sqlite3.connect(tmp_path / "posts.db")
    connection.execute("create table posts (id integer, title text, published text, tags text, secret text)")
    rows = [
        (1, "A", "2026-01-01", '["a", "b; c"]', "x"),
        (2, "B", "2026-01-02", None, "x"),
        (3, None, "2026-01-03", "[]", "x"),
        (4, "D", "03/01/2026", "a, b", "x"),
    ]
    connection.executemany("insert into posts values (?, ?, ?, ?, ?)", rows)
    connection.commit()
    connection.close()
    return f"sqlite:///{tmp_path}/posts.db"


def test_rows_are_items_with_columns_for_fields(sqlite: str) -> None:
    records = found(sqlite, "select id, title, published, tags from posts order by id", topics=["housing"])
    assert [(one.item.id, one.item.title, one.item.tags, one.line) for one in records] == [
        ("1", "A", ("a", "b; c"), 1),
        ("2", "B", (), 2),
    ]
    assert records[0].topics == ("housing",)


def test_a_bad_row_is_named_by_query_number_id_and_column(sqlite: str) -> None:
    name = 'query "select id, title, published, tags from posts order by id"'
    assert told(sqlite, "select id, title, published, tags\nfrom posts\norder by id") == [
        f'refused {name}:3: id "3": title: is missing (add it)',
        f'refused {name}:4: id "4": published: "03/01/2026" is not a date in ISO 8601 '
        '(write 2026-03-01 or 2026-03-01T14:30, or set date_format in [[sources]], such as "%d/%m/%Y")',
        f'refused {name}:4: id "4": tags: "a, b" is text, not a list (select a JSON list, or set split.tags = "," '
        "in [[sources]])",
    ]


def test_columns_for_parts_of_a_list_are_a_list_with_one_element(sqlite: str) -> None:
    query = "select id, title, published, 'Ann' as \"authors.name\", 'a@example.org' as \"authors.email\", "
    query += (
        "'https://example.org/a.mp3' as \"enclosures.url\", 'audio/mpeg' as \"enclosures.type\" from posts where id = 1"
    )
    [record] = found(sqlite, query)
    assert record.item.authors == (Person(name="Ann", email="a@example.org"),)
    assert [(one.url, one.type) for one in record.item.enclosures] == [("https://example.org/a.mp3", "audio/mpeg")]


def test_other_columns_are_read_through_a_mapping(sqlite: str) -> None:
    (one, _) = found(sqlite, "select * from posts where id < 3", fields={"title": "title", "published": "published"})
    assert (one.item.title, one.item.id) == ("A", None)


def test_a_column_may_be_a_part_of_a_field(sqlite: str) -> None:
    query = "select id, title, '2026-05-01' as start, 'Hall' as \"location.name\", null as \"location.url\" from posts"
    one = found(sqlite, f"{query} where id = 1")[0]
    assert isinstance(one.item, Event)
    assert one.item.location == Place(name="Hall")


@pytest.mark.parametrize("name", ["posts.db", "./posts.db", "data/posts.db", "data/100% #1.db"])
def test_the_path_of_sqlite_is_relative_to_the_site_file(sqlite: str, tmp_path: Path, name: str) -> None:
    place = tmp_path / "site" / name
    place.parent.mkdir(parents=True)
    (tmp_path / "posts.db").rename(place)
    (tmp_path / "site/topicfeeds.toml").write_text(
        'title = "x"\nurl = "https://e.org"\n[[sources]]\n'
        f'database = "sqlite:///{name}"\n'
        'query = "select id, title, published from posts where id < 3"\n',
        "utf-8",
    )
    run = command("build", "--site", "site/topicfeeds.toml", cwd=tmp_path)
    assert (run.code, run.out) == (0, "all.atom.xml\nall.rss.xml\n")


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_sqlite_is_opened_read_only_and_never_created(tmp_path: Path, journal: str, sqlite: str) -> None:
    connection = sqlite3.connect(tmp_path / "posts.db")
    connection.execute(f"pragma journal_mode = {journal}")
    connection.close()
    before = (tmp_path / "posts.db").read_bytes()
    assert len(found(sqlite, "select id, title, published from posts where id < 3")) == 2
    (line,) = told(sqlite, "delete from posts returning id, title, published")
    assert line.endswith("database: query failed: attempt to write a readonly database")
    assert told(f"sqlite:///{tmp_path}/other.db", "select 1") == [
        f'unreadable query "select 1":1: database: there is no file "{tmp_path}/other.db" '
        "(check database in [[sources]]: its path is relative to the site file)"
    ]
    assert (tmp_path / "posts.db").read_bytes() == before
    assert not (tmp_path / "other.db").exists()


def test_a_row_without_an_id_is_named_by_its_number_and_a_mapped_id_is_used(sqlite: str) -> None:
    (line, *_) = told(sqlite, "select title, published from posts where id = 3")
    assert line.endswith(":1: title: is missing (add it)")
    fields = {"id": "number", "title": "title", "published": "published"}
    (line,) = told(sqlite, "select id as number, title, published from posts where id = 4", fields=fields)
    assert ':1: id "4": published: "03/01/2026" is not a date' in line


@pytest.mark.parametrize(
    ("url", "query", "message"),
    [
        (
            "sqlite:///nowhere/x.db",
            "select 1",
            'query "select 1":1: database: there is no file "nowhere/x.db" (check database in [[sources]]: its path',
        ),
        ("sqlite://", "selec 1", 'query "selec 1":1: database: query failed: near "selec": syntax error'),
        ("nonsense", "select 1", 'query "select 1":1: database: connection failed: '),
        ("oracle+nodriver://u:secret@h/x", "select 1", 'query "select 1":1: database: connection failed: '),
        (
            "postgresql+psycopg://u:secret@127.0.0.1:1/x",
            "select 1",
            'query "select 1":1: database: connection failed: ',
        ),
        (
            "postgresql+pg8000://u:secret@h/x",
            "select 1",
            'query "select 1":1: database: the driver pg8000 is not installed '
            "(run pip install pg8000 in the environment of topicfeeds)",
        ),
        (
            "sqlite:///${TOPICFEEDS_NOWHERE}",
            "select 1",
            'query "select 1":1: database: the environment variable TOPICFEEDS_NOWHERE is not set (set it',
        ),
    ],
)
def test_a_database_that_cannot_be_asked_is_told_in_one_line(url: str, query: str, message: str) -> None:
    (line,) = told(url, query)
    assert line.startswith(f"unreadable {message}")
    assert "secret" not in line
    assert "\n" not in line


def test_credentials_come_from_the_environment(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTS", sqlite.removeprefix("sqlite:///"))
    assert len(found("sqlite:///${POSTS}", "select title, published from posts where id < 3")) == 2


@pytest.fixture
def talkative(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Give a function that makes a driver `talkative`, whose connection fails with a message."""

    def make(message: str) -> None:
        class Dialect(SQLiteDialect_pysqlite):
            supports_statement_cache = True

            def create_connect_args(self, url: object) -> tuple[list[str], dict[str, object]]:
                return [], {}

            def connect(self, *args: object, **kwargs: object) -> NoReturn:
                raise sqlite3.OperationalError(message)

        monkeypatch.setitem(registry.impls, "talkative", lambda: Dialect)

    return make


@pytest.mark.parametrize("password", ["p@ss:w/rd?#x%40", "a b+c%zz", "${HOME}", "日本@'\\"])
def test_a_variable_in_user_or_password_is_taken_literally(password: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHO", "me@work:x")
    monkeypatch.setenv("PW", password)
    url, _ = _parse_address("postgresql://${WHO}:a${PW}@h:5432/db?application_name=${WHO}")
    assert (url.username, url.password) == ("me@work:x", f"a{password}")
    assert (url.host, url.port, url.database) == ("h", 5432, "db")
    assert url.query == {"application_name": "me@work:x"}


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("talkative://u:${PW}@h/x", 'could not translate host name "rd-long@h"'),
        ("talkative://u:${PW}@h/x", "wrong: p@ss:wo rd-long"),
        ("talkative://u:${PW}@h/x", "wrong: p%40ss%3Awo%20rd-long"),
        ("talkative://u:${PW}@h/x", 'the password "P@SS" is too short'),
        ("talkative://u:${PW}@h/x", "no user ss"),
        ("talkative://${PW}@h/x", 'no user "p@ss:wo"'),
        ("talkative://h/x?password=${PW}", "invalid option: rd-long"),
        ("talkative://h/x?sslpassword=rd-long", "invalid option: rd-lo"),
        ("${WHOLE}", "invalid: rd-long"),
        ("talkative://u:p%40ss%3Awo%20rd-long@h/x", "wrong: p@ss:wo"),
        ("talkative://u:p%40ss%3Awo%20rd-long@h/x", "wrong: u:p%40ss%3A"),
        ("talkative://u:p/ss-rd-long@h/x", "invalid port: ss-rd"),
        ("talkative://u:ab@h/x", "wrong: ab"),
        ("talkative://u:!?!@h/x", "wrong: u:!?!@h"),
    ],
)
def test_no_message_of_a_driver_has_a_part_of_a_secret(
    url: str, message: str, talkative: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PW", "p@ss:wo rd-long")
    monkeypatch.setenv("WHOLE", "talkative://u:rd-long@h/x")
    talkative(message)
    (line,) = told(url, "select 1")
    shown = "(text not shown: it may contain a part of the password; check user, password, host and database)"
    assert line.endswith(f"connection failed: OperationalError {shown}")


@pytest.mark.parametrize("url", ["talkative://u:long@secret@h/x", "talkative://u:1secret", "://secret", "u:${PW}@h"])
def test_a_url_that_cannot_be_read_is_not_shown(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW", "secret")
    (line,) = told(url, "select 1")
    assert "secret" not in line
    assert line.startswith('unreadable query "select 1":1: database: connection failed: the URL ')


def test_other_messages_of_a_driver_are_shown(talkative: Callable[[str], None]) -> None:
    talkative('password authentication failed for user "feeds"')
    (line,) = told("talkative://feeds:correct-horse@h/x", "select 1")
    assert line.endswith('connection failed: password authentication failed for user "feeds"')


def test_neither_state_nor_status_has_a_part_of_a_password(tmp_path: Path) -> None:
    (tmp_path / "topicfeeds.toml").write_text(
        'title = "x"\nurl = "https://e.org"\n[[sources]]\n'
        'database = "postgresql+psycopg://u:${PW}@127.0.0.1:1/x"\nquery = "select 1"\n',
        "utf-8",
    )
    for line in ("build", "status"):
        run = command(line, cwd=tmp_path, env={"PW": "geheim@wort.invalid"})
        assert not re.search("geheim|wort|invalid", run.out + run.err)
    for path in (tmp_path / ".topicfeeds").rglob("*"):
        assert not path.is_file() or not re.search(b"geheim|wort.inv", path.read_bytes())


def test_the_command_reads_a_database(sqlite: str, tmp_path: Path) -> None:
    (tmp_path / "topicfeeds.toml").write_text(
        'title = "x"\nurl = "https://e.org"\n[[sources]]\n'
        f'database = "{sqlite}"\nquery = "select id, title, published from posts"\n',
        "utf-8",
    )
    run = command("build", cwd=tmp_path)
    assert (run.code, run.out) == (1, "all.atom.xml\nall.rss.xml\n")
    assert run.err.startswith('query "select id, title, published from posts":3: id "3": title: is missing (add it)\n')


def test_without_the_extra_the_command_says_what_to_install(sqlite: str, tmp_path: Path) -> None:
    (tmp_path / "topicfeeds.toml").write_text(
        f'title = "x"\nurl = "https://e.org"\n[[sources]]\ndatabase = "{sqlite}"\nquery = "select 1"\n', "utf-8"
    )
    (tmp_path / "sqlalchemy.py").write_text("raise ImportError", "utf-8")
    run = command("build", cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)})
    assert (run.code, run.err) == (
        2,
        'a source needs the extra "sql": sqlalchemy is not installed '
        "(run pip install 'sqlalchemy>=2.0' in the environment of topicfeeds)\n",
    )


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """A server of its own, on a socket in a folder; as root it is run by the user that Debian made for it."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [Path(shutil.which("initdb") or "")]
    if not programs[-1].name:
        missing("PostgreSQL (Debian package postgresql)")
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="topicfeeds-pg-"))
    if user:
        shutil.chown(folder, user)

    def run(name: str, *arguments: str) -> None:
        line = [str(programs[-1].with_name(name)), "-D", str(folder / "data"), *arguments]
        subprocess.run(line, user=user, cwd=folder, check=True, capture_output=True, timeout=120)

    run("initdb", "-A", "trust", "-U", "topicfeeds", "-E", "UTF8", "--locale=C", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://topicfeeds@/postgres?host={folder}"
    finally:
        run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder)


def ask(url: str, *statements: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_types_of_postgresql_are_fields(postgres: str) -> None:
    ask(
        postgres,
        "create table posts (id uuid, title text, published timestamptz, updated timestamp, tags text[],"
        " topics jsonb, authors json, location jsonb, start date, content text)",
        "insert into posts values ('00000000-0000-0000-0000-000000000007', 'Fête', '2026-01-01 10:00+01',"
        """ '2026-01-02 10:00', '{a,"b; c"}', '["housing"]', '[{"name": "Ann"}, "Bea"]',"""
        """ '{"name": "Hall", "latitude": 51.5}', '2026-05-01', '<p>x</p>')""",
    )
    (one,) = found(postgres, "select * from posts")
    item = one.item.model_dump(exclude_none=True)
    assert item["id"] == "00000000-0000-0000-0000-000000000007"
    assert item["published"].isoformat() == "2026-01-01T09:00:00+00:00"
    assert (item["tags"], item["topics"], item["location"]) == (
        *(("a", "b; c"), ("housing",)),
        {"name": "Hall", "latitude": 51.5},
    )
    assert item["kind"] == "event"


def peak(url: str, folder: Path) -> int:
    """Build from a table in a process of its own, and give its peak memory in bytes."""
    folder.mkdir()
    (folder / "topicfeeds.toml").write_text(
        'title = "x"\nurl = "https://e.org"\n[[sources]]\n'
        f'database = "{url}"\nquery = "select * from many order by id"\n',
        "utf-8",
    )
    code = (
        "import resource, sys, topicfeeds.cli.main as c\n"
        "sys.argv = ['topicfeeds', 'build', '--quiet']\n"
        "try: c.main()\n"
        "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)\n"
    )
    env = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, env=env, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr.decode()
    return int(done.stdout)


def test_rows_are_streamed_and_not_kept(postgres: str, tmp_path: Path) -> None:
    ask(postgres, "create table many (id int, title text, published date, content text, tags text[])")
    empty = peak(postgres, tmp_path / "empty")
    rows = 100_000 if FULL else 20_000
    ask(
        postgres,
        "insert into many select n, 'Title ' || n, date '2026-01-01' - n % 3000, repeat('<p>some text</p>', 100),"
        f" array['tag ' || n % 50] from generate_series(1, {rows}) n",
    )
    assert peak(postgres, tmp_path / "full") - empty < 100 * 1024 * 1024
