"""Addresses: resolve and encode them, and warn about likely mistakes."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from functools import cache, lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

from . import fast_paths
from .plain_urls import resolve_plain_url

if TYPE_CHECKING:
    from mimetypes import MimeTypes

_TRIMMED = "".join(map(chr, range(33)))  # exactly the characters that browsers strip from an address (WHATWG URL, 4.4)
_UNSAFE = re.compile(r"""[ "<>`{}|^\[\]]|%(?![0-9A-Fa-f]{2})""")

_ENCODED = ("&amp;", "&#38;", "&#038;")
"""The character & in HTML, as WordPress writes it in addresses."""
_SEVERAL = re.compile(r"\shttps?://|\A[^?#\s]*,https?://")
"""A further address in a text. After other characters, and in a query, it can be part of the first address."""
_MARKUP = re.compile(r"[<>]|\{[{%]|\(https?://")
"""Characters of HTML, Markdown and templates that no address has."""

_LOOKALIKE = {"LATIN", "CYRILLIC", "GREEK"}


def percent_encode(address: str) -> str:
    """Percent-encode characters that an IRI cannot have after its host (RFC 3987, 2.2), and stray percent signs."""
    return _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", address)


def has_several_addresses(text: str) -> bool:
    """Return whether a text has a further address after a space or a comma."""
    return bool(_SEVERAL.search(text))


def is_relative_address(text: str, base: str) -> bool:
    """Return whether a text can be a relative address of the site at `base`. It cannot if it starts with a host."""
    host = urlsplit(base).netloc.lower()
    start = text.partition("/")[0].lower()
    if text.startswith(("https://", "http://", "www.")) or (host and start in (host, host.removeprefix("www."))):
        return False
    is_path = text[:1] == "/" or not urlsplit(text).scheme
    return is_path and not _MARKUP.search(text) and not has_several_addresses(text)


def resolve_url(base: str, value: str, tag: str) -> str | None:
    """Return an address resolved against `base`, or None if readers should not follow it.

    `tag` is the name of the HTML element that has the address. `mailto` and `tel` are allowed in links (`a`) only.
    """
    if fast_paths.ENABLED and (plain := resolve_plain_url(base, value)):
        return plain
    try:
        given = value.strip(_TRIMMED)
        if given.rstrip("/").lower() in ("http:", "https:"):  # urljoin would return `base`
            return None
        address = urljoin(base, given)
        parts = urlsplit(address)
        if parts.scheme in ("mailto", "tel"):
            return address if tag == "a" else None
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or "\\" in address:
            return None
        start = address.index(parts.netloc) + len(parts.netloc)
        return address[:start] + percent_encode(address[start:])
    except ValueError:
        return None


def url_warning(address: str) -> str | None:
    """Return a warning about a valid address that is likely to be a mistake, or None."""
    if len(address) > 2048:
        return "is longer than 2,048 characters (shorten it: some readers cut long addresses)"
    if encoded := next((one for one in _ENCODED if one in address), None):
        return f"contains {encoded} (write & instead: the address is encoded as HTML)"
    return _host_warning("/".join(address.split("/", 3)[:3]))


@lru_cache(maxsize=1000)
def _host_warning(start: str) -> str | None:
    host = urlsplit(start).hostname or ""
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or _is_private(host):
        return f"points to {host}, which other computers cannot reach (write a public address)"
    for label in host.split("."):
        scripts = {unicodedata.name(c, "?").split()[0] for c in label if c.isalpha()} & _LOOKALIKE
        if len(scripts) > 1:
            return f"mixes {' and '.join(sorted(map(str.title, scripts)))} letters in one name (check the host)"
    return None


def _is_private(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return False


def to_uri(iri: str) -> str:
    """Return an IRI as a URI, which is ASCII: punycode in the host, percent-encoding elsewhere (RFC 3987, 3.1)."""
    if iri.isascii():
        return iri
    parts = urlsplit(iri)
    host = parts.hostname or ""
    netloc = parts.netloc.lower().replace(host, to_ascii_host(host)) if not host.isascii() else parts.netloc
    encoded = [quote(part, safe="%/?:@!$&'()*+,;=~-._") for part in (parts.path, parts.query, parts.fragment)]
    return parts._replace(netloc=netloc, path=encoded[0], query=encoded[1], fragment=encoded[2]).geturl()


@cache
def to_ascii_host(host: str) -> str:
    """Return a host in ASCII, as DNS needs it (RFC 5891, with the mapping of UTS 46). Raises ValueError."""
    if host.isascii():
        return host.lower()
    import idna

    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise ValueError(f"{host} is not a host name: {error}") from None


def to_ascii_email(address: str) -> str:
    """Return an e-mail address with its host in ASCII, as validators need it. A host that is not valid is kept."""
    if address.isascii():
        return address
    name, _, host = address.rpartition("@")
    with suppress(ValueError):
        host = to_ascii_host(host)
    return f"{name}@{host}"


def guess_media_type(url: str) -> str:
    """Return the media type of a file by the suffix in its address. The result is the same on every machine."""
    name = re.split(r"[?#]", url, maxsplit=1)[0].rpartition("/")[2]
    return _load_media_types().guess_type(name)[0] or "application/octet-stream"


@cache
def _load_media_types() -> MimeTypes:
    import mimetypes

    return mimetypes.MimeTypes()
