"""The kinds of value that fields have, each with its rule and the words for breaking it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from ..addressing import ascii_host, percent_encoded
from ..errors import show

T = TypeVar("T")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2})(:[0-9]{2}(?:[.,][0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:?[0-5][0-9])?"
)
_FARTHEST = timedelta(hours=14)
"""The largest offset from UTC that XML Schema's dateTime, and so Atom, can have."""
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
_HOST = re.compile(r"(?=.{1,254}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.?")
_PLAIN_URL = re.compile(r"https?://([a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?\.){1,3}[a-z]{2,20}(/[A-Za-z0-9._~/-]*)?")
"""What most addresses look like, and nothing need be done about."""
_NUMERIC = re.compile(r"(.*\.)?[0-9]+\.?")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


_BLANK = " \t\r\n\f\v\u00a0\u2002\u2003\u2009\u200b\u202f\u3000"  # no control characters: they are told


class Model(BaseModel):
    """The base of all models: frozen, no unknown fields, and null and blank mean absent."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    blank_counts: ClassVar[frozenset[str]] = frozenset()
    """The fields in which a blank is a value."""

    @model_validator(mode="before")
    @classmethod
    def _present(cls, value: Any) -> Any:
        if type(value) is dict or isinstance(value, Mapping):
            return {name: v for name, v in value.items() if not absent(v) or (v and name in cls.blank_counts)}
        if isinstance(value, (cls, str, bytes, list, tuple, int, float, date)):
            return value
        fields = ((name, getattr(value, name, None)) for name in cls.model_fields)
        return {name: v for name, v in fields if not absent(v)}


def absent(value: object) -> bool:
    """Tell null and blank from values."""
    return value is None or (isinstance(value, str) and not value.strip(_BLANK))


def _whole(value: str) -> str:
    if _CONTROL.search(value):
        raise ValueError(f"{show(value)} has a line break or a control character (take it out)")
    return value


def _moment(value: object) -> date | datetime:
    """Read ISO 8601 with hyphens, and nothing that has to be guessed."""
    if isinstance(value, str):
        value = _parsed(value.strip())
    if not isinstance(value, date):
        raise ValueError(f"{show(value)} is no date (write 2026-03-01 or 2026-03-01T14:30)")
    if not 1000 <= value.year <= 9998:
        raise ValueError(f"the year of {show(str(value))} is not within 1000 and 9998")
    if isinstance(value, datetime) and abs(value.utcoffset() or timedelta()) > _FARTHEST:
        raise ValueError(f"{show(str(value))} is no date: an offset is 14 hours at most")
    return value


def _parsed(text: str) -> date | datetime:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
        if found := _MOMENT.fullmatch(text):
            # A leap second, which Python does not know, is the second before.
            seconds = (found[2] or "").replace(":60", ":59").replace(",", ".")
            return datetime.fromisoformat(found[1] + seconds + (found[3] or "").upper())
    except ValueError as error:
        reason = f"{error}" if len(str(error)) < 50 else "impossible offset"
        raise ValueError(f"{show(text)} is no date: {reason}") from None
    raise ValueError(f"{show(text)} is no date in ISO 8601 (write 2026-03-01 or 2026-03-01T14:30)")


def _url(value: str) -> str:
    """Check an address, and percent-encode what never stands in one; nothing else is rewritten.

    A plain str and not `pydantic.HttpUrl`, which changes what it is given: an address is also an
    identity, and readers show an item twice when its id changes by one slash.
    """
    if _PLAIN_URL.fullmatch(value):
        return value
    _whole(value)
    try:
        parts = urlsplit(value)
        host = ascii_host(parts.hostname or "")
        if parts.port == 0 or parts.netloc.endswith(":"):
            raise ValueError("its port is none")
    except ValueError as error:
        raise ValueError(f"{show(value)} is no web address: {error}") from None
    if parts.scheme.lower() not in ("http", "https"):
        raise ValueError(f"{show(value)} is no web address (it must start with https:// or http://)")
    if (
        "\\" in value
        or not _is_host(host)
        or ("[" in parts.netloc and ":" not in host)
        or _INVISIBLE.search(parts.netloc)
    ):
        raise ValueError(f"{show(value)} has no valid host (write https://www.example.org/...)")
    if "@" in parts.netloc:
        raise ValueError("holds a user name or a password (take it out: feeds are public)")
    authority = value.index(parts.netloc) + len(parts.netloc)
    return value[:authority] + percent_encoded(value[authority:])


def _is_host(host: str) -> bool:
    if ":" in host or _NUMERIC.fullmatch(host):
        try:
            ip_address(host)
        except ValueError:
            return False
        return True
    return bool(_HOST.fullmatch(host))


def _listed(value: object) -> object:
    if type(value) in (list, tuple):
        return value
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
        return tuple(value)
    raise PydanticCustomError("list_type", "is no list")


def _count(value: object) -> object:
    if isinstance(value, (bool, float)) or (isinstance(value, str) and not value.strip().isdecimal()):
        raise ValueError(f"{show(value)} is no whole number")
    too_large = len(value) > 18 if isinstance(value, str) else isinstance(value, int) and value >= 10**18
    if too_large:
        raise ValueError(f"{show(value)} is more than any file has")
    return value


def _identifier(value: object) -> object:
    """An integer becomes text: exports have numbers where readers need a name."""
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    if abs(value) >= 10**100:
        raise ValueError(f"{show(value)} is no id (give one of 100 digits at most)")
    return str(value)


def _trimmed(value: str) -> str:
    return value.strip() or value


def _zone(value: str) -> str:
    try:
        if value in ("localtime", "posixrules", "Factory") or value.startswith(("right/", "posix/")):
            raise ValueError  # the machine's own, or none that is one
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"unknown time zone {show(value)} (write a name such as Europe/Brussels)") from None
    return value


def _language(value: str) -> str:
    if not _LANGUAGE.fullmatch(value):
        raise ValueError(f"{show(value)} is no language (write a tag such as en or pt-BR, BCP 47)")
    return value


Text = Annotated[str, StringConstraints(min_length=1)]
"""Plain text that is not blank."""

Body = Annotated[str, StringConstraints(strip_whitespace=False), AfterValidator(_trimmed)]
"""Long text that is not blank: pydantic's own stripping copies it to UTF-8 and back."""

Count = Annotated[int, BeforeValidator(_count)]
"""A whole number, also as text."""

Word = Annotated[Text, AfterValidator(_whole)]
"""Text of one line without control characters."""

Identifier = Annotated[str, BeforeValidator(_identifier), AfterValidator(_whole), StringConstraints(min_length=1)]
"""One line of text; an integer becomes text."""

Url = Annotated[str, AfterValidator(_url)]
"""An absolute `http` or `https` address (an IRI)."""

Moment = Annotated[datetime | date, BeforeValidator(_moment)]
"""A date-time, or a date; text in ISO 8601 with hyphens."""

Zone = Annotated[str, AfterValidator(_zone)]
"""An IANA name of a time zone."""

Language = Annotated[str, AfterValidator(_language)]
"""A language tag (BCP 47)."""

# Takes any sequence, as callers expect, and keeps a tuple, as frozen models need; a `Sequence` is checked at ten times
# the price of a tuple.
if TYPE_CHECKING:
    Listed = Annotated[Sequence[T], None]
else:
    Listed = Annotated[tuple[T, ...], BeforeValidator(_listed)]

Names = Listed[Text]
"""Any number of texts."""
