"""Sources: read files and databases as records.

The module of a format has the name of the format, and a function `read`. The function gets the text of a file (its
bytes, if the format is `binary`), the source, and the name of the file in messages. It yields:

- a `RawRecord` for each record,
- a `Page` for the title and description that a text page gives its topic,
- a `Draft` for a record that is not public,
- a `Problem` for anything that it cannot use.

It raises `Unreadable` if the file is not valid in the format.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ..errors import Problem
from ..models.site import Site
from ..registry import TEMPLATE_FILES
from ..state.files import FileStamp, InputFiles, SourcePath, snapshot
from .chunks import read_chunks, read_contents
from .mapping.reports import merge_reports
from .model import Draft, Page, Record


class SiteSources(Iterator[Record | Page | Problem | Draft]):
    """The sources of a site. They yield their contents in the order of the site file, path and line.

    For a file that cannot be read, a problem is yielded: the caller decides whether the run stops.
    """

    def __init__(self, site: Site, base: Path, site_file: str = "", digest: bytes = b"") -> None:
        """`base` is the folder to which paths are relative.

        `site_file` is the name of the site file in `base`, and `digest` the SHA-256 of its loaded content.
        """
        self.sources, self.base, self._templates = site.sources, base, site.templates
        self._site_file, self._digest = site_file, digest
        self._contents: Iterator[Record | Page | Problem | Draft] = merge_reports(
            read_contents(read_chunks(site.sources, base, url=site.url))
        )

    def __next__(self) -> Record | Page | Problem | Draft:
        return next(self._contents)

    def snapshot(self, known: Mapping[str, FileStamp]) -> InputFiles:
        """Compare all files with their `known` stamps."""
        sources: list[SourcePath] = [
            (None if source.path == "-" else source.path, source.format, "\n".join(source.exclude) or None)
            for source in self.sources
        ]
        sources += [(path, None, None) for source in self.sources for path in source.lookup_paths]
        sources += [(f"{self._templates}/{form}", None, None) for form in TEMPLATE_FILES if self._templates]
        found = snapshot(f"{self.base}/{self._site_file}", sources, known, defer=True)
        if found.digest(self._site_file) != self._digest:  # the site file changed after loading
            found.forget(self._site_file)
        return found
