"""Pruning: find files that no feed makes and the state does not list, for example after the state was lost."""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterator
from contextlib import suppress
from typing import NamedTuple
from xml.parsers.expat import ExpatError

from ..formats import event_path
from ..formats._verify import read_back
from ..models.site import Site
from ..state.documents import OUTPUT_FOLDERS, TEMPORARY_SUFFIX
from ..text.slugs import RESERVED
from ..text.urls import to_uri
from .folder import OutputFolder
from .lock import LOCK_NAME
from .write import is_marked

_PATH = re.compile(
    r"(all|(?:topics|tags|feeds)/([a-z0-9]+(?:-[a-z0-9]+)*))\.(?:atom\.xml|rss\.xml|json|ics)|events/[0-9a-f]{16}\.ics"
)
"""Matches the paths of documents. The groups are the name of the feed, and its slug.

If the output folder of another site is inside this folder, its documents have longer paths, which do not match.
"""


class Strays(NamedTuple):
    """The files in the folders of documents that no feed makes. Paths are relative to the output folder."""

    ours: tuple[str, ...] = ()
    """Documents of this site. They can be removed."""
    others: tuple[str, ...] = ()


def find_strays(site: Site, folder: OutputFolder, known: Container[str]) -> Strays:
    """Return the files that are not `known`. Raises OSError."""
    found = {path: is_file for path, is_file in _list_files(folder) if path not in known}
    ours = tuple(path for path in sorted(found) if found[path] and _is_of_site(site, path, folder))
    return Strays(ours, tuple(sorted(found.keys() - set(ours))))


def _list_files(folder: OutputFolder) -> Iterator[tuple[str, bool]]:
    """Yield the path of each file, and whether it is a regular file. Folders that are links are skipped."""
    for name in OUTPUT_FOLDERS:
        with suppress(FileNotFoundError, NotADirectoryError):
            for one in os.scandir(folder.open_folder(name)):
                if not one.is_dir(follow_symlinks=False) and not one.name.endswith((LOCK_NAME, TEMPORARY_SUFFIX)):
                    yield f"{name}/{one.name}".lstrip("/"), one.is_file(follow_symlinks=False)


def _is_of_site(site: Site, path: str, folder: OutputFolder) -> bool:
    """Return whether a file is the document of this site at this path, by its own id, address or UID."""
    found = _PATH.fullmatch(path)
    names: set[str] = set()
    if found and found[2] not in RESERVED and is_marked(content := folder.read(path)):
        with suppress(ExpatError, ValueError, RecursionError):
            names, _ = read_back(content)
    if not found or not found[1]:
        return any(event_path(name) == path for name in names)
    atom = path.endswith(".atom.xml")
    return (f"tag:{site.authority}:feed/{found[1]}" if atom else to_uri(site.base + path)) in names
