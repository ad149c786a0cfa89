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
    """Return the paths of a site, as messages show them. Missing paths get their defaults, beside the site file."""
    folder = folder or os.path.join(os.path.dirname(site), "public")
    state = state or default_state_path(site, folder)
    return SitePaths(*map(shorten_path, (site, folder, state)))


def shorten_path(path: str, base: str = "", folder: str = "") -> str:
    """Return a path relative to a folder if it is inside, else absolute. The default is the working directory.

    `path` is absolute, or relative to the folder `base`.
    """
    path = os.path.join(base, path)
    try:
        start = os.path.abspath(folder or os.getcwd())
        path = os.path.join(os.getcwd(), path)
        path = os.path.realpath(path) if ".." in path.split("/") else os.path.normpath(path)
    except OSError:  # the working directory was deleted
        return path
    return path.removeprefix(f"{start}/") if start != "/" else path


def default_state_path(site_file: str, folder: str) -> str:
    """Return the default path of the state, which is beside the site file. Each output folder has its own state."""
    import hashlib

    home = os.path.dirname(os.path.abspath(site_file))
    place = os.path.relpath(os.path.realpath(folder), os.path.realpath(home))
    name = os.path.basename(place) if place not in (".", "..") else "here"
    return os.path.join(home, ".topicfeeds", f"{name}-{hashlib.sha256(os.fsencode(place)).hexdigest()[:8]}.sqlite")
