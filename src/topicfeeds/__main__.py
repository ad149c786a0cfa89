"""The command. If there is nothing to do, it ends before the libraries of a build are loaded."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command with the arguments of the process, in UTF-8 mode, because paths in site files are UTF-8."""
    if sys.getfilesystemencoding() != "utf-8" and os.environ.get("PYTHONUTF8") != "1":
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606
    try:
        from .cli.shortcut import check_arguments

        check = check_arguments(sys.argv[1:])
        if check and check.is_silent:
            sys.exit(0)
        if check and check.refused is not None:
            from .cli.repeat import repeat_last_run

            sys.exit(repeat_last_run(check, sys.argv[1:]))
        from .cli.main import main
    except KeyboardInterrupt:  # after this block, the command itself handles signals
        sys.exit(130)
    main(check)


if __name__ == "__main__":
    main()
