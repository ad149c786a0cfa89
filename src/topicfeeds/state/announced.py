"""The documents that a hub knows, in a small file beside the memory.

It is not a part of the memory, so that `ping` and builds do not wait for each other. Without the file, everything is
announced once more.
"""

from __future__ import annotations

from collections.abc import Mapping

from .ownership import read_marked, write_marked

_MARK = "topicfeeds: the documents that the hub knows"
"""The first line of the file."""


def read_announced(state: str, hub: str) -> dict[str, str]:
    """Return the version of each document that a hub accepted last, by address. A new hub has accepted none."""
    name, *lines = read_marked(f"{state}.announced", _MARK) or [""]
    rows = (line.partition(" ") for line in lines if name == hub)
    return {address: version for version, _, address in rows}


def store_announced(state: str, hub: str, versions: Mapping[str, str]) -> None:
    """Store what a hub accepted. Raises OSError."""
    lines = (f"{version} {address}" for address, version in sorted(versions.items()))
    write_marked(f"{state}.announced", _MARK, [hub, *lines])
