"""Paths: where a site's feeds and its state are, if nobody says otherwise."""

from __future__ import annotations

import os
from typing import NamedTuple


class SitePaths(NamedTuple):
    """Where a site's feeds are made: paths."""

    site: str
    folder: str
    state: str


def default_paths(site: str, folder: str = "", state: str = "") -> SitePaths:
    """Fill in the places that were not named: all are beside the site file."""
    folder = folder or os.path.join(os.path.dirname(site), "public")
    return SitePaths(site, folder, state or default_state_path(site, folder))


def default_state_path(site_file: str, folder: str) -> str:
    """Give the state's place: beside the site file, one for each output folder."""
    import hashlib

    home = os.path.dirname(os.path.abspath(site_file))
    place = os.path.relpath(os.path.realpath(folder), os.path.realpath(home))
    name = os.path.basename(place) if place not in (".", "..") else "here"
    return os.path.join(home, ".topicfeeds", f"{name}-{hashlib.sha256(os.fsencode(place)).hexdigest()[:8]}.sqlite")
