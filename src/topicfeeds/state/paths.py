"""Paths: the default places of a site's feeds and state."""

from __future__ import annotations

import os
from typing import NamedTuple


class SitePaths(NamedTuple):
    """The paths of a site: site file, output folder and state."""

    site: str
    folder: str
    state: str


def default_paths(site: str, folder: str = "", state: str = "") -> SitePaths:
    """Return the paths of a site. Missing paths get their defaults, which are beside the site file."""
    folder = folder or os.path.join(os.path.dirname(site), "public")
    return SitePaths(site, folder, state or default_state_path(site, folder))


def default_state_path(site_file: str, folder: str) -> str:
    """Return the default path of the state, which is beside the site file. Each output folder has its own state."""
    import hashlib

    home = os.path.dirname(os.path.abspath(site_file))
    place = os.path.relpath(os.path.realpath(folder), os.path.realpath(home))
    name = os.path.basename(place) if place not in (".", "..") else "here"
    return os.path.join(home, ".topicfeeds", f"{name}-{hashlib.sha256(os.fsencode(place)).hexdigest()[:8]}.sqlite")
