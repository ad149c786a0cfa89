"""The command. Where nothing is to do, it ends before the libraries of a build are loaded."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command with the arguments of the process."""
    try:
        from .idling import idle

        done = idle(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    if done:
        sys.exit(0)
    from .cli import main

    main()


if __name__ == "__main__":
    main()
