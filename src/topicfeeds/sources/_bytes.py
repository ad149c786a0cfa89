"""Bytes of source files: read them, decode UTF-8, and reject files that are not text."""

from __future__ import annotations

import os
import re
import stat
import sys
from pathlib import Path

from ..models.source import Source
from ..registry import SOURCE_FORMATS
from ..state.ownership import READ_FLAGS
from ._raw import EMPTY, Unreadable, line_number


def read_content(base: Path, name: str) -> tuple[bytes, tuple[int, int]]:
    """Return the bytes of a file, and its size and mtime (nanoseconds) after reading. Raises Unreadable and OSError.

    A file larger than `_MAX_FILE_BYTES` is not read to its end.
    """
    if name == "-":
        return sys.stdin.buffer.read(_MAX_FILE_BYTES + 1), (0, 0)
    descriptor = open_regular(base, name)
    content = b""
    try:
        size = min(max(os.fstat(descriptor).st_size, _MIN_READ_BYTES), _MAX_FILE_BYTES) + 1
        while len(content) <= _MAX_FILE_BYTES and (more := os.read(descriptor, size)):
            content += more
        status = os.fstat(descriptor)
        return content, (status.st_size, status.st_mtime_ns)
    finally:
        os.close(descriptor)


def open_regular(base: Path, name: str) -> int:
    """Open a regular file, and return its descriptor.

    Raises Unreadable for folders, pipes and devices, as reading could block or never end. Raises OSError.
    """
    if not name.isascii() and any("\ud800" <= character <= "\udfff" for character in name):
        raise Unreadable(1, "the name of the file is not UTF-8 (rename the file)")
    descriptor = os.open(os.path.join(base, name), READ_FLAGS)  # noqa: PTH118
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    kind = "a folder" if stat.S_ISDIR(mode) else "a pipe" if stat.S_ISFIFO(mode) else "a device"
    raise Unreadable(1, f"is {kind}, not a regular file (check path in [[sources]])")


_NUL = "contains NUL characters, so it is damaged or not a text file (create the file again)"
_MARKS = (b"<<<<<<< ", b">>>>>>> ")
_CONFLICT = re.compile("^(<{7}|>{7}) ", re.MULTILINE)
_MAX_FILE_BYTES = 64 * 1024 * 1024
_MIN_READ_BYTES = 1 << 20
"""Some file systems report the size 0 for each file."""


def decode_file(content: bytes, encoding: str | None = None, *, may_be_empty: bool = False) -> str:
    """Decode the bytes of a whole file, as `decode` does. The default encoding is UTF-8.

    Raises Unreadable if the file is too large for a format that is not read line by line, is empty, or has
    merge conflict markers.
    """
    check_size(content, may_be_empty=may_be_empty)
    text = decode(content, encoding or "UTF-8", "save the file as UTF-8, or set encoding in [[sources]]")
    if any(mark[:1] in content and mark in content for mark in _MARKS) and (conflict := _CONFLICT.search(text)):
        line = line_number(text, conflict.start())
        raise Unreadable(line, "contains merge conflict markers (resolve the conflict)")
    if not may_be_empty and (not text or text.isspace()):
        raise Unreadable(1, EMPTY)
    return text


def check_size(content: bytes, *, may_be_empty: bool = False) -> None:
    """Raise Unreadable if a file is too large for a format that is not read line by line, or is empty."""
    if len(content) > _MAX_FILE_BYTES:
        raise Unreadable(1, f"is larger than {_MAX_FILE_BYTES >> 20} MiB (use JSON Lines: its files may have any size)")
    if not content and not may_be_empty:
        raise Unreadable(1, EMPTY)


def prepare_content(content: bytes, kind: str, source: Source) -> str | bytes:
    """Return a whole file as the reader of its format needs it: as text or as bytes. Raises Unreadable."""
    if not SOURCE_FORMATS[kind].binary:
        return decode_file(content, source.encoding, may_be_empty=SOURCE_FORMATS[kind].single)
    check_size(content)
    return content


def decode(content: bytes, encoding: str = "UTF-8", advice: str = "save the file as UTF-8") -> str:
    """Decode text, with or without a byte order mark. All line ends become LF.

    Raises Unreadable for bytes that are not in the encoding, and for NUL characters.
    """
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"byte {error.start + 1} (0x{content[error.start]:02X}) is not {encoding} ({advice})"
        raise Unreadable(line, message) from None
    except UnicodeError as error:
        raise Unreadable(1, f"is not {encoding}: {error} ({advice})") from None
    if "\0" in text:
        raise Unreadable(line_number(text, text.index("\0")), _NUL)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
