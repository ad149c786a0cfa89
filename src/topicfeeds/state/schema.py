"""The tables of the memory, and the migration from earlier versions."""

from __future__ import annotations

import sqlite3

VERSION = 5


SCHEMA = """
create table if not exists items (id text primary key, published text not null, said blob not null, changed integer,
    facts text, moved integer, changes text, seen integer) without rowid;
create table if not exists meta (name text primary key, value) without rowid;
create table if not exists accepted (source text primary key, items integer not null) without rowid;
create table if not exists documents (path text primary key, fingerprint text not null, size integer not null,
    mtime integer not null, entries integer not null, updated text not null, retired integer) without rowid;
"""
_MOVED = ("rows", "inputs", "files", "findings", "held")
"""Tables of earlier versions that the cache now has."""
RUN_TABLES = """
create temp table noted as select * from items limit 0;
create unique index temp.noted_id on noted (id);
create temp table current as select * from documents limit 0;
create unique index temp.current_path on current (path);
"""
"""Temporary tables: the data of a run until it commits."""


def migrate(file: sqlite3.Connection) -> None:
    """Create the tables, and copy the data of an earlier version, except its cache. Raises sqlite3.Error."""
    run = file.execute
    run("begin immediate")
    for name in _MOVED:
        run(f"drop table if exists {name}")
    old = [name for (name,) in run("select name from sqlite_master where type = 'table'")]
    for name in old:
        run(f"alter table {name} rename to old_{name}")
    for statement in SCHEMA.split(";"):
        run(statement)
    for name in old:
        before = {column for _, column, *_ in run(f"pragma table_info(old_{name})")}
        kept = ", ".join(column for _, column, *_ in run(f"pragma table_info({name})") if column in before)
        if kept:
            run(f"insert into {name} ({kept}) select {kept} from old_{name}")  # noqa: S608 - our own names
        run(f"drop table old_{name}")
    run(f"pragma user_version = {VERSION}")
    run("commit")
