"""WebSub (https://www.w3.org/TR/websub/): announces changed feeds to a hub, which sends them to their subscribers.

Nothing here locks the output folder or writes to the memory, so a slow hub never delays a build.
"""

from __future__ import annotations

import http.client
import socket
import sqlite3
import ssl
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from ipaddress import ip_address
from threading import Thread
from urllib.parse import urlencode, urlsplit

from . import __version__
from .errors import ConfigError, PublishError, explain_os_error, show
from .models.site import Hub, Site
from .registry import FEED_FORMATS
from .state.announced import read_announced, store_announced
from .state.paths import SitePaths
from .state.store import State
from .text.urls import to_uri

_SECONDS = 10
"""The time limit for connecting, and for each wait for data."""
_SUFFIXES = tuple(form.suffix for form in FEED_FORMATS.values() if not form.is_calendar)
"""The suffixes of documents that name the hub."""


@dataclass(slots=True)
class Announcement:
    """The answers of a hub to the announcements of a run."""

    addresses: Sequence[str]
    """The addresses of the changed documents."""
    accepted: list[str] = field(default_factory=list)
    problem: str = ""
    """The last reason why the hub did not accept an address."""


class _HubError(Exception):
    """The hub cannot be used, or refused an announcement."""


def announce(site: Site, paths: SitePaths, seconds: float) -> Announcement:
    """Announce the feeds that changed since the hub last accepted them, for at most `seconds`.

    Raises ConfigError if the site has no hub or no feeds yet, and PublishError if the state cannot be used.
    """
    hub = site.hub_settings
    if hub is None:
        raise ConfigError(message=f'{paths.site}: has no hub (to announce feeds, add hub = "https://..." at the top)')
    versions, known = _find_versions(site, paths), read_announced(paths.state, hub.url)
    made = Announcement([address for address, version in versions.items() if known.get(address) != version])
    thread = Thread(target=_announce_all, args=(hub, made), daemon=True)
    try:
        thread.start()
        thread.join(seconds)
    finally:  # even after a signal
        accepted = made.accepted.copy()
        kept = {one: version for one, version in known.items() if one in versions}
        _store(paths.state, hub, kept | {one: versions[one] for one in accepted})
    late = f"did not answer all announcements within {seconds:g} seconds" if thread.is_alive() else ""
    return Announcement(made.addresses, accepted, late or made.problem)


def _find_versions(site: Site, paths: SitePaths) -> dict[str, str]:
    """Return a version (size and mtime) of each feed whose file is unchanged, by address."""
    state = State(paths.state)
    with state.reading() as known:
        if not known:
            message = f"{paths.state}: does not exist, or you cannot read it (run topicfeeds build first)"
            raise ConfigError(message=message)
        try:
            documents = list(state.list_documents())
        except (sqlite3.Error, UnicodeError) as error:
            raise PublishError(message=f"{paths.state}: cannot be read: {error} (run topicfeeds build)") from error
    feeds = (one for one in documents if one.path.endswith(_SUFFIXES) and one.is_unchanged(paths.folder))
    return {to_uri(site.base + one.path): f"{one.size}-{one.mtime}" for one in feeds}


def _store(state: str, hub: Hub, versions: dict[str, str]) -> None:
    try:
        store_announced(state, hub.url, versions)
    except OSError as error:
        raise PublishError(message=f"{state}.announced: cannot be written: {explain_os_error(error)}") from error


def _announce_all(hub: Hub, made: Announcement) -> None:
    """Announce one address after the other. If the hub is down, do not try the others."""
    for address in made.addresses:
        try:
            problem = _announce_one(hub, address)
        except (OSError, http.client.HTTPException, _HubError) as error:
            made.problem = _explain(error)
            return
        if problem:
            made.problem = problem
        else:
            made.accepted.append(address)


def _explain(error: Exception) -> str:
    if isinstance(error, _HubError):
        return str(error)
    if isinstance(error, TimeoutError):
        return f"did not answer within {_SECONDS} seconds"
    if isinstance(error, http.client.RemoteDisconnected):
        return "closed the connection without an answer"
    if isinstance(error, http.client.HTTPException):
        return "did not send a valid HTTP response"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"has no valid certificate: {error.verify_message}"
    return f"cannot be reached: {error.strerror if isinstance(error, OSError) and error.strerror else error}"


def _announce_one(hub: Hub, address: str) -> str:
    """Announce an address. Return why the hub refused this address, or an empty text.

    Raises _HubError, OSError and HTTPException if the hub cannot take any address.
    """
    parts = urlsplit(to_uri(hub.url))
    body = urlencode({"hub.mode": "publish", "hub.url": address})
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": f"topicfeeds/{__version__}",
        "Connection": "close",
    }
    connection = http.client.HTTPConnection(parts.netloc)
    with closing(connection):
        connection.sock = _connect(hub, parts.hostname or "", parts.port)
        connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
        answer = connection.getresponse()
    kind, reason = answer.status // 100, f"{answer.status} {answer.reason}"
    if kind == 3:
        target = show(answer.headers.get("Location", "another address"))
        raise _HubError(f"redirects to {target} (if you trust that address, write it as hub in the site file)")
    if kind not in (2, 4) or answer.status == http.HTTPStatus.TOO_MANY_REQUESTS:
        raise _HubError(f"answered {show(reason)}")
    return "" if kind == 2 else f"answered {show(reason)} to {address}"


def _connect(hub: Hub, host: str, port: int | None) -> socket.socket:
    """Connect to a hub. Nothing is sent to a private address, unless the hub is private."""
    is_secure = hub.url.lower().startswith("https:")
    made = socket.create_connection((host, port or (443 if is_secure else 80)), _SECONDS)
    try:
        address = made.getpeername()[0]
        if not hub.private and not ip_address(address.partition("%")[0]).is_global:
            raise _HubError(
                f"has the private address {address} (if that is right, write hub = {{ url = ..., private = true }})"
            )
        if not is_secure:
            return made
        return ssl.create_default_context().wrap_socket(made, server_hostname=host)
    except BaseException:
        made.close()
        raise
