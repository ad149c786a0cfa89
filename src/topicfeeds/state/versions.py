"""The versions of what renders documents: another version may render the same feed in another way."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from .. import __version__

LIBRARIES = ("babel", "feedgen", "icalendar", "idna", "lxml", "nh3", "pyromark", "python_dateutil", "tzdata")
_ZONES = "/usr/share/zoneinfo/tzdata.zi"


def describe_versions() -> str:
    """Name what shapes what is published: another version may spell the same feed in another way.

    Packages are found by the names of their folders of metadata, as `importlib.metadata` finds them; to
    load that would take longer than all else that there is to do where nothing changed.
    """
    python = ".".join(map(str, sys.version_info[:3]))
    return " ".join([f"topicfeeds-{__version__}", f"python-{python}", *_list_packages(), _read_zone_release()])


def _list_packages() -> Iterator[str]:
    found: dict[str, str] = {}
    for folder in sys.path:
        try:
            names = sorted(os.listdir(folder or "."))
        except OSError:
            continue  # an archive, or a path that is not there
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                found.setdefault(name.partition("-")[0].lower(), name.rpartition(".")[0])
    yield from (found[name] for name in LIBRARIES if name in found)


def _read_zone_release() -> str:
    """Name the release of the system's time zones, which go before the package's."""
    try:
        with open(_ZONES, "rb") as file:
            return file.readline().strip().decode("ascii", "replace")
    except OSError:
        return ""
