"""The tables of the state, and the migration from earlier versions."""

from __future__ import annotations

import sqlite3

VERSION = 4


SCHEMA = """
create table if not exists items (id text primary key, published text not null, said blob not null, changed integer,
    facts text, moved integer, changes text, seen integer) without rowid;
create table if not exists meta (name text primary key, value) without rowid;
create table if not exists inputs (n integer primary key, path text, kind text);
create table if not exists files (path text primary key, size integer not null, mtime integer not null,
    digest blob not null) without rowid;
create table if not exists rows (key blob primary key, id text not null, core text not null, row text not null)
    without rowid;
create table if not exists accepted (source text primary key, items integer not null) without rowid;
create table if not exists documents (path text primary key, fingerprint text not null, size integer not null,
    mtime integer not null, entries integer not null, updated text not null, retired integer) without rowid;
create table if not exists findings (n integer primary key, path text not null, line integer not null,
    field text not null, message text not null, severity text not null, item integer not null);
create table if not exists held (n integer primary key, path text not null, line integer not null, title text not null,
    until integer not null);
"""
RUN_TABLES = """
create temp table noted as select * from items limit 0;
create unique index temp.noted_id on noted (id);
create temp table current as select * from documents limit 0;
create unique index temp.current_path on current (path);
create temp table same (key blob not null);
create temp table fresh (key blob not null, id text not null, row text not null);
create temp table cores (key blob primary key, core text not null);
create temp table holding (key blob not null);
create temp table twice (id text not null);
"""
"""Temporary tables: the data of a run until it commits."""


def migrate(file: sqlite3.Connection) -> None:
    """Create the tables, and copy the data of an earlier version, except rows. Raises sqlite3.Error."""
    run = file.execute
    run("begin immediate")
    run("drop table if exists rows")
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
