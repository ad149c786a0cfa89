"""Databases: each row of a query is a record, and rows are streamed. This source needs the extra `sql`."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from ..errors import MissingExtraError, Problem
from ..models.site import Source
from ._raw import RawRecord
from ._validate import validate_record
from .model import Record


def read_database(source: Source) -> Iterator[Record | Problem]:
    """Yield the rows of a query. If the database fails, yield a problem that does not contain the password."""
    try:
        import sqlalchemy
    except ImportError:
        raise MissingExtraError("sql") from None
    name = source.label
    url = _fill_in_environment(source.database or "")
    if isinstance(url, Problem):
        yield url
        return
    step = "connection"
    try:
        engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.pool.NullPool)
        with engine.connect().execution_options(stream_results=True, max_row_buffer=1000) as connection:
            step = "query"
            rows = connection.execute(sqlalchemy.text(source.query or "")).mappings()
            for number, row in enumerate(rows, 1):
                yield from validate_record(RawRecord(_convert_row(row), number), source, name)
    except ImportError as error:
        yield Problem(
            name,
            1,
            "database",
            f"the driver {error.name} is not installed (run pip install {error.name})",
            "unreadable",
        )
    except (sqlalchemy.exc.SQLAlchemyError, ValueError) as error:
        yield Problem(name, 1, "database", f"{step} failed: {_explain_error(error, url)}", "unreadable")


def _fill_in_environment(url: str) -> str | Problem:
    """Replace each `${NAME}` with a variable of the environment. Return a problem if it is not set."""
    names = re.findall(r"\$\{(\w+)\}", url)
    for name in names:
        if name not in os.environ:
            return Problem(
                "database",
                1,
                "database",
                f"the environment variable {name} is not set (set it, or remove ${{{name}}})",
                "unreadable",
            )
    return re.sub(r"\$\{(\w+)\}", lambda found: os.environ[found[1]], url)


def _convert_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Convert the values of a row to the types of items. Lists and tables may be in a column as JSON."""
    return {str(name): _convert_value(value) for name, value in row.items()}


def _convert_value(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC)  # otherwise the text of the time depends on the zone of the server or session
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _explain_error(error: Exception, url: str) -> str:
    """Return the reason on one line, without the password."""
    text = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
    password = re.match(r"[^:/@]*://[^:/@]*:([^@]*)@", url)
    return text.replace(password[1], "***") if password and password[1] else text
