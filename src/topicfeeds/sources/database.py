"""Databases: each row of a query is a record, and rows are streamed. This source needs the extra `sql`."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import UUID

from ..errors import MissingExtraError, Problem
from ..models.site import Source
from ._raw import RawRecord, Unreadable
from ._tables import make_fields

if TYPE_CHECKING:
    from sqlalchemy import URL

_PACKAGES = {"MySQLdb": "mysqlclient"}
"""The packages of drivers whose modules have other names."""
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_USER = re.compile(r"[\w+]+://[^:/]*(?::([^@]*))?@")
"""A URL of a database up to its host, as SQLAlchemy reads it. The group is the password, as written."""
_PUNCTUATION = re.compile(r"[\W_]+")
_SECRET_OPTION = re.compile("(?i)pass|pwd|secret|token|key|connect$")
"""The names of URL options with secret values."""
_MIN_PART_CHARS = 4
"""Shorter parts of a secret are ignored: they occur in any text by chance."""


def read_database(source: Source, base: Path) -> Iterator[RawRecord | Problem]:
    """Yield the rows of a query. If the database fails, yield a problem. Its message contains no part of a secret.

    The path of a SQLite file is relative to the folder `base`.
    """
    try:
        import sqlalchemy
    except ImportError:
        raise MissingExtraError("sql") from None
    step, secrets, message = "connection", frozenset[str](), ""
    try:
        url, secrets = _parse_address(source.database or "")
        engine = sqlalchemy.create_engine(_open_read_only(url, base), poolclass=sqlalchemy.pool.NullPool)
        with engine.connect().execution_options(stream_results=True, max_row_buffer=1000) as connection:
            step = "query"
            rows = connection.execute(sqlalchemy.text(source.query or "")).mappings()
            for number, row in enumerate(rows, 1):
                cells = {str(name): _convert_value(value) for name, value in row.items()}
                yield RawRecord(make_fields(cells, is_mapped=bool(source.fields)), number)
    except Unreadable as error:
        message = error.message
    except ImportError as error:
        advice = f"run pip install {_PACKAGES.get(error.name or '', error.name)} in the environment of topicfeeds"
        message = f"the driver {error.name} is not installed ({advice})"
    except (sqlalchemy.exc.SQLAlchemyError, OSError, TypeError, ValueError) as error:
        message = f"{step} failed: {_explain_error(error, secrets)}"
    if message:
        yield Problem(source.label, 1, "database", message, "unreadable")


def _parse_address(given: str) -> tuple[URL, frozenset[str]]:
    """Return the address in a URL with variables, and the secrets that no message may contain.

    Raises Unreadable. A URL that cannot be parsed is not shown.
    """
    import sqlalchemy

    for name in _VARIABLE.findall(given):
        if name not in os.environ:
            raise Unreadable(1, f"the environment variable {name} is not set (set it, or remove ${{{name}}})")
    text = _fill_in_environment(given)
    try:
        url = sqlalchemy.make_url(text)
    except (sqlalchemy.exc.SQLAlchemyError, ValueError):
        advice = "write it as driver://user:password@host:port/database"
        raise Unreadable(1, f"connection failed: the URL cannot be read ({advice})") from None
    if "@" in (url.host or ""):
        advice = "write %40 for each @ in the user name and the password"
        raise Unreadable(1, f"connection failed: the URL has a second @ ({advice})")
    return url, _find_secrets(given, text, url)


def _open_read_only(url: URL, base: Path) -> URL:
    """Return a URL that opens a SQLite file for reading only. Raises Unreadable if there is no file."""
    file = url.database or ":memory:"
    if url.get_backend_name() != "sqlite" or file == ":memory:" or file.startswith("file:"):
        return url
    if not (base / file).is_file():
        advice = "check database in [[sources]]: its path is relative to the site file"
        raise Unreadable(1, f'there is no file "{file}" ({advice})')
    return url.set(database=(base / file).resolve().as_uri(), query={**url.query, "mode": "ro", "uri": "true"})


def _fill_in_environment(given: str) -> str:
    """Replace each `${NAME}` with an environment variable. In user and password, its value is percent-encoded."""
    found = _USER.match(given)
    end = found.end() if found else 0
    start = _VARIABLE.sub(lambda one: quote(os.environ[one[1]], safe="", errors="surrogateescape"), given[:end])
    return start + _VARIABLE.sub(lambda one: os.environ[one[1]], given[end:])


def _find_secrets(given: str, text: str, url: URL) -> frozenset[str]:
    """Return the secrets of a URL.

    They are the password (as written, and decoded), secret options, and the variables in user, password and options.
    """
    found = _USER.match(given)
    names = _VARIABLE.findall((found[0] if found else "") + given.partition("?")[2])
    options = [str(value) for name, value in url.query.items() if _SECRET_OPTION.search(name)]
    filled = _USER.match(text)
    secrets = [url.password, filled and filled[1], *options, *(os.environ[name] for name in names)]
    return frozenset(str(one) for one in secrets if one)


def _convert_value(value: Any) -> Any:
    """Convert a value of a row to the types of items. A text that is a JSON list or object is decoded."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC)  # otherwise the text of the time depends on the zone of the server or session
    if isinstance(value, str) and value[:1] in ("[", "{"):
        with suppress(ValueError):
            return json.loads(value)
    return value


def _explain_error(error: Exception, secrets: frozenset[str]) -> str:
    """Return the reason on one line, or only the kind of error if the reason has a part of a secret."""
    cause = getattr(error, "orig", None) or error
    text = str(cause).strip().split("\n")[0]
    if not any(_has_part(text, secret) for secret in secrets):
        return text
    kind = type(cause).__name__
    return f"{kind} (text not shown: it may contain a part of the password; check user, password, host and database)"


def _has_part(text: str, secret: str) -> bool:
    """Return whether a text contains a secret, a word of it, or four of its characters in a row.

    Case and punctuation are ignored: drivers split passwords at punctuation, and quote or encode it.
    """
    shown, hidden = (_PUNCTUATION.sub("", one.casefold()) for one in (text, secret))
    parts = (hidden[n : n + _MIN_PART_CHARS] for n in range(len(hidden) - _MIN_PART_CHARS + 1))
    words = (set(_PUNCTUATION.split(one.casefold())) - {""} for one in (text, secret))
    return secret in text or any(part in shown for part in parts) or bool(set.intersection(*words))
