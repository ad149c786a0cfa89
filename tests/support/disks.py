"""Small file systems that tests fill or limit; only root may mount them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.needs import forbidden, program

PAGE = os.sysconf("SC_PAGE_SIZE")


def mount(folder: Path, options: str) -> None:
    """Mount a small file system, or change one (`remount`)."""
    line = [program("mount"), "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    subprocess.run(line, check=True, capture_output=True, timeout=30)


@contextmanager
def mounted(folder: Path, pages: int = 2000) -> Iterator[None]:
    """Put a folder on a small file system of its own."""
    below = folder.with_name("below")
    folder.rename(below)
    folder.mkdir()
    try:
        mount(folder, f"size={pages * PAGE}")
    except subprocess.CalledProcessError:
        forbidden("to mount file systems, as root is")
    try:
        shutil.copytree(below, folder, dirs_exist_ok=True)
        yield
    finally:
        subprocess.run([program("umount"), "-l", folder], check=True, timeout=30)
        folder.rmdir()
        below.rename(folder)


@contextmanager
def filled(folder: Path, left: int) -> Iterator[None]:
    """Fill the disk of a folder, but for some pages."""
    filler = folder / ".filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(folder).free - left * PAGE)
    try:
        yield
    finally:
        filler.unlink()
