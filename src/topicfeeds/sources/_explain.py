"""Messages about files that cannot be read: why, and what to do."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ..errors import Problem, count, nearest, show
from ..models.site import Source
from ..registry import PAGE_SUFFIXES, SOURCE_FORMATS, SUFFIXES, UNSUPPORTED_SUFFIXES, find_source_format
from ..state.files import cut_folder, expand_path

_DOWNLOAD = "download the file first, and give the path of the copy"
_HINTS = {
    errno.ENOENT: "check path in [[sources]]: it is relative to the folder of the site file",
    errno.EACCES: "check the owner and permissions of the file and its folders",
    errno.ELOOP: "correct the link",
}
_TOOL_FILES = ("authors", "changelog", "contributing", "license", "readme")
_TOOL_FOLDERS = {"layouts", "node_modules", "partials", "templates", "themes"}


def warn_about_pages(source: Source, base: Path) -> Iterator[Problem]:
    """Yield a warning if a folder of Markdown files also has pages in formats that topicfeeds does not read."""
    given, exclude = source.path or "-", "\n".join(source.exclude)
    if source.format or given == "-":
        return
    with suppress(OSError):  # reported when the files are read
        if not (base / given).is_dir():
            return
        found = expand_path(given, str(base), None, exclude, PAGE_SUFFIXES)
        pages = [path for path in found if not _is_of_tool(cut_folder(path, given))]
        others = expand_path(given, str(base), None, exclude) if pages else []
        if any(find_source_format(path) == "markdown" for path in others):
            patterns = json.dumps(sorted({f"*{Path(path).suffix}" for path in pages}))
            message = f"topicfeeds does not read {count('file', len(pages))} in this folder, such as {show(pages[0])}"
            advice = f"write them in Markdown, or leave them out with exclude = {patterns} in [[sources]]"
            yield Problem(given, 1, "", f"{message} ({advice})", "warning")


def _is_of_tool(path: str) -> bool:
    """Return whether a file seems to belong to a program or a repository, such as a template, and is not a page."""
    *folders, name = path.lower().split("/")
    is_private = any(one.startswith("_") for one in (*folders, name))
    return is_private or name.startswith(_TOOL_FILES) or not _TOOL_FOLDERS.isdisjoint(folders)


def explain_suffix(path: str, base: Path) -> str:
    """Say that the format of a file is not known, or that there is no such file, and what to do."""
    suffix = Path(path).suffix.lower()
    if "://" in path:
        return f"cannot be read: a web address is not a file ({_DOWNLOAD})"
    if suffix in UNSUPPORTED_SUFFIXES:
        return f"{suffix} files cannot be read ({UNSUPPORTED_SUFFIXES[suffix]})"
    if not suffix and path != "-" and not (base / path).exists():
        return "cannot be read: there is no such file or folder (correct path in [[sources]])"
    if not suffix:
        return f"the file name has no suffix (set format in [[sources]]: {', '.join(SOURCE_FORMATS)})"
    guess = nearest(suffix, SUFFIXES).strip(" ()")
    hint = guess or f"known: {', '.join(SUFFIXES)}; for another suffix, set format in [[sources]]"
    return f"the suffix {show(suffix)} is unknown ({hint})"


def explain_os_error(error: OSError, path: str) -> str:
    """Say why a file cannot be read, and what to do if that is known."""
    hint = _DOWNLOAD if "://" in path else _HINTS.get(error.errno or 0)
    return f"{error.strerror} ({hint})" if hint else str(error.strerror)
