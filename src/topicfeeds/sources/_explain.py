"""Messages about files that cannot be read: why, and what to do."""

from __future__ import annotations

import errno
from pathlib import Path

from ..errors import nearest, show
from ..registry import SOURCE_FORMATS, SUFFIXES, UNSUPPORTED_SUFFIXES

_DOWNLOAD = "download the file first, and give the path of the copy"
_HINTS = {
    errno.ENOENT: "check path in [[sources]]: it is relative to the folder of the site file",
    errno.EACCES: "check the owner and permissions of the file and its folders",
    errno.ELOOP: "correct the link",
}


def explain_suffix(path: str, base: Path) -> str:
    """Say that the format of a file is not known, or that there is no such file, and what to do."""
    suffix = Path(path).suffix.lower()
    if "://" in path:
        return f"cannot be read: a web address is not a file ({_DOWNLOAD})"
    if suffix in UNSUPPORTED_SUFFIXES:
        return f"{suffix} files cannot be read ({UNSUPPORTED_SUFFIXES[suffix]})"
    known = ", ".join(SUFFIXES)
    if not suffix and path != "-" and not (base / path).exists():
        return "cannot be read: there is no such file or folder (correct path in [[sources]])"
    if not suffix:
        return f"the file name has no suffix (set format in [[sources]]: {', '.join(SOURCE_FORMATS)})"
    guess = nearest(suffix, SUFFIXES).strip(" ()")
    hint = guess or f"known: {known}; for another suffix, set format in [[sources]]"
    return f"the suffix {show(suffix)} is unknown ({hint})"


def explain_os_error(error: OSError, path: str) -> str:
    """Say why a file cannot be read, and what to do if that is known."""
    hint = _DOWNLOAD if "://" in path else _HINTS.get(error.errno or 0)
    return f"{error.strerror} ({hint})" if hint else str(error.strerror)
