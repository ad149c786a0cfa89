"""The command `topicfeeds init`: writes a first site file, and items for it."""

from __future__ import annotations

import os
import sys
from importlib.resources import files
from pathlib import Path

from ..errors import ConfigError, PublishError, explain_os_error
from .console import print_lines, print_text


def copy_starter(folder: Path) -> None:
    """Copy the example site into a folder. Raises ConfigError if one of its files exists, and PublishError."""
    starter = files("topicfeeds") / "starter"
    made = {folder / name: (starter / name).read_bytes() for name in ("topicfeeds.toml", "items/first.yaml")}
    for path in made:
        if os.path.lexists(path):
            raise ConfigError(message=f"{path}: already exists; nothing was written (choose another folder)")
    for path, content in made.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            raise PublishError(message=f"{error.filename}: cannot be written: {explain_os_error(error)}") from error
        print_text(sys.stdout, f"{path}\n")
    print_lines(f"Next, run: topicfeeds build --site {next(iter(made))}")
