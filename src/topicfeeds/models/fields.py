"""The types of fields, each with its validation and error message."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date, datetime
from enum import Enum
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, AnyUrl, BaseModel, BeforeValidator, ConfigDict, StringConstraints, model_validator
from pydantic_core import PydanticCustomError, PydanticKnownError
from pydantic_core import Url as CoreUrl

from ..errors import show
from ..text.characters import NONCHARACTERS, is_blank
from ..text.urls import has_several_addresses, percent_encode, to_ascii_host

T = TypeVar("T")


_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
_HOST = re.compile(r"(?=.{1,254}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.?")
_PLAIN_URL = re.compile(r"https?://([a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?\.){1,3}[a-z]{2,20}(/[A-Za-z0-9._~/-]*)?")
"""The form of most addresses. They need no further checks."""
_NUMERIC = re.compile(r"(.*\.)?[0-9]+\.?")
_CONTROL = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{NONCHARACTERS}]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


class Model(BaseModel):
    """The base of all models: frozen, so threads may share it. It rejects unknown fields and ignores blank ones."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    blank_counts: ClassVar[frozenset[str]] = frozenset()
    """The fields in which white space is a value."""

    @model_validator(mode="before")
    @classmethod
    def _present(cls, value: Any) -> Any:
        if type(value) is dict or isinstance(value, Mapping):
            fields = ((name, v if type(v) in _PLAIN else to_plain(v)) for name, v in value.items())
            return {name: v for name, v in fields if not is_absent(v) or (v and name in cls.blank_counts)}
        if isinstance(value, (cls, str, bytes, list, tuple, int, float, date)):
            return value
        fields = ((name, to_plain(getattr(value, name, None))) for name in cls.model_fields)
        return {name: v for name, v in fields if not is_absent(v)}


_PLAIN = frozenset({str, int, float, bool, dict, list, tuple, date, datetime, type(None)})
_LAZY = frozenset({"LazyProxy", "LazyString", "Promise"})
"""The classes of texts that are translated when they are used: of Babel, Flask-Babel and Django."""


def to_plain(value: Any) -> Any:
    """Return a value of another library as a plain value: lazy text, enum, UUID, URL, set, query or ORM manager."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Enum):
        return to_plain(value.value)
    if isinstance(value, (UUID, AnyUrl, CoreUrl)) or any(one.__name__ in _LAZY for one in type(value).__mro__):
        return str(value)
    if hasattr(value, "get_queryset"):
        value = value.all()
    is_known = isinstance(value, (str, bytes, Mapping, Sequence, BaseModel)) or hasattr(value, "read")  # `read`: a file
    if is_known or not isinstance(value, Iterable):
        return value
    return sorted(value, key=str) if isinstance(value, Set) else [*value]  # the order of a set is random


def is_absent(value: object) -> bool:
    """Return whether a value is None or blank text."""
    return value is None or (isinstance(value, str) and is_blank(value))


def _check_shown(value: str) -> str:
    """Reject blank elements of lists and blank names. Blank fields are absent."""
    if is_blank(value):
        raise PydanticKnownError("string_too_short", {"min_length": 1})
    return value


def _check_one_line(value: str) -> str:
    if _CONTROL.search(value):
        raise ValueError(f"{show(value)} contains a line break or a control character (remove it)")
    return value


def check_url(value: str) -> str:
    """Check an address, and percent-encode characters that an address cannot have. Nothing else is changed.

    `pydantic.HttpUrl` is not used, as it normalises addresses. An address may also be an id: if one slash of
    an id changes, readers show the item twice.
    """
    if _PLAIN_URL.fullmatch(value):
        return value
    _check_one_line(value)
    try:
        parts = urlsplit(value)
        host = to_ascii_host(parts.hostname or "")
        if parts.port == 0 or parts.netloc.endswith(":"):
            raise ValueError("Port is missing")
    except ValueError as error:
        raise ValueError(_explain_broken_url(value, str(error))) from None
    if has_several_addresses(value):
        raise ValueError(f"{show(value)} has several addresses (write one)")
    if parts.scheme.lower() not in ("http", "https"):
        raise ValueError(f"{show(value)} is not a web address (start it with https:// or http://)")
    if "\\" in value:
        raise ValueError(f"{show(value)} contains a backslash (write / instead)")
    has_brackets = "[" in parts.netloc and ":" not in host
    if has_brackets or not _is_host(host) or _INVISIBLE.search(parts.netloc):
        raise ValueError(_explain_broken_url(value, ""))
    if "@" in parts.netloc:
        raise ValueError("contains a user name or password (remove it: feeds are public)")
    authority = value.index(parts.netloc) + len(parts.netloc)
    return value[:authority] + percent_encode(value[authority:])


def _explain_broken_url(value: str, reason: str) -> str:
    """Explain why an address cannot be parsed. `reason` is the message of the standard library."""
    if reason.startswith("Port "):
        return f"{show(value)} has no valid port (remove the colon after the host, or write a number from 1 to 65535)"
    if "IPv" in reason and "is not a host name" not in reason:
        return f"{show(value)} has no valid IPv6 address in its brackets (write a host name such as www.example.org)"
    return f"{show(value)} has no valid host name (write an address such as https://www.example.org/news)"


def _is_host(host: str) -> bool:
    if ":" in host or _NUMERIC.fullmatch(host):
        try:
            ip_address(host)
        except ValueError:
            return False
        return True
    return bool(_HOST.fullmatch(host))


def _check_list(value: object) -> object:
    if isinstance(value, (list, tuple)) and (not value or type(value[0]) is str):
        return value
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
        return tuple(map(to_plain, value))
    raise PydanticCustomError("list_type", "is not a list")


def _check_count(value: object) -> object:
    if isinstance(value, (bool, float)) or (isinstance(value, str) and not value.strip().isdecimal()):
        raise PydanticCustomError("int_type", "is not a whole number")
    too_large = len(value) > 18 if isinstance(value, str) else isinstance(value, int) and value >= 10**18
    if too_large:
        raise ValueError(f"{show(value)} is too large (write the size of the file in bytes)")
    return value


def _check_identifier(value: object) -> object:
    """Convert an integer to text: exports often have numbers as ids."""
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    if abs(value) >= 10**100:
        raise ValueError(f"{show(value)} is too long for an id (write at most 100 digits)")
    return str(value)


def _check_language(value: str) -> str:
    """Return a language tag. Many systems write pt_BR instead of pt-BR."""
    if not _LANGUAGE.fullmatch(tag := value.replace("_", "-")):
        raise ValueError(f"{show(value)} is not a language tag (write a tag such as en or pt-BR, BCP 47)")
    return tag


Text = Annotated[str, StringConstraints(min_length=1), AfterValidator(_check_shown)]
"""Plain text that is not blank."""

# Stripping by pydantic would copy a body to UTF-8 and back.
Body = Annotated[str, StringConstraints(strip_whitespace=False), AfterValidator(lambda value: value.strip() or value)]
"""Long text that is not blank."""

Count = Annotated[int, BeforeValidator(_check_count)]
"""A whole number. Digits as text are accepted."""

Word = Annotated[Text, AfterValidator(_check_one_line)]
"""Text on one line, without control characters."""

Identifier = Annotated[
    str, BeforeValidator(_check_identifier), AfterValidator(_check_one_line), StringConstraints(min_length=1)
]
"""An id: text on one line. An integer is converted to text."""

Url = Annotated[str, AfterValidator(check_url)]
"""An absolute `http` or `https` address (an IRI)."""


Language = Annotated[str, AfterValidator(_check_language)]
"""A language tag (BCP 47)."""

# Accepts any sequence, as callers expect, and keeps a tuple, as frozen models need. Validating a `Sequence` takes ten
# times as long as validating a tuple.
if TYPE_CHECKING:
    Listed = Annotated[Sequence[T], None]
else:
    Listed = Annotated[tuple[T, ...], BeforeValidator(_check_list)]

Names = Listed[Text]
"""Texts that are not blank."""
