"""The versions of the software and data used for rendering: other versions may render a feed differently."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from .. import __version__

LIBRARIES = (
    *("babel", "feedgen", "icalendar", "idna", "jinja2", "lxml", "nh3", "pydantic", "pydantic_core"),
    *("pyromark", "python_calamine", "python_dateutil", "pyyaml", "segno", "tzdata"),
)
_ZONES_MARK = "# version "
"""The start of the line that has the release of the system's time zones."""
_ZONES = "/usr/share/zoneinfo/tzdata.zi"


def describe_versions() -> str:
    """Return the versions of topicfeeds, Python, the libraries and the time zones, on one line.

    Packages are found by the names of their metadata folders, as `importlib.metadata` finds them. Loading that
    module would take longer than the rest of a run that has nothing to do.
    """
    python = ".".join(map(str, sys.version_info[:3]))
    return " ".join([f"topicfeeds-{__version__}", f"python-{python}", *_list_packages(), _read_zone_release()])


def compare_versions(before: str) -> Iterator[str]:
    """Yield what changed since an earlier result of `describe_versions`, in words."""
    both = (text.replace(_ZONES_MARK, "zones-").split() for text in (before, describe_versions()))
    old, new = ({name: version for name, _, version in (one.rpartition("-") for one in words)} for words in both)
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            what = "time zones of the system" if name == "zones" else name
            yield f"{what} changed from {old.get(name) or 'none'} to {new.get(name) or 'none'}"


def _list_packages() -> Iterator[str]:
    found: dict[str, str] = {}
    for folder in sys.path:
        try:
            names = [name for name in os.listdir(folder or ".") if name.endswith((".dist-info", ".egg-info"))]
        except OSError:
            continue  # an archive, or a path that does not exist
        for name in sorted(names):
            found.setdefault(name.partition("-")[0].lower(), name.rpartition(".")[0])
    yield from (found[name] for name in LIBRARIES if name in found)


def _read_zone_release() -> str:
    """Return the release of the system's time zones, which Python prefers to those of the `tzdata` package."""
    try:
        with open(_ZONES, "rb") as file:
            return file.readline().strip().decode("ascii", "replace")
    except OSError:
        return ""
