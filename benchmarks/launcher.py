"""Run a command and print its cost as JSON: CPU seconds, wall seconds, peak memory in MB, exit code.

This is a separate, small process. The system counts the memory of the parent at the start of a child as memory of the
child.
"""

import json
import os
import sys
import time


def main() -> None:
    """Run the command in the arguments."""
    start = time.perf_counter()
    child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - start
    unit = 1e6 if sys.platform == "darwin" else 1e6 / 1024  # ru_maxrss is in bytes on macOS, in KiB elsewhere
    cost = {"cpu": usage.ru_utime + usage.ru_stime, "wall": wall, "memory": usage.ru_maxrss / unit}
    print(json.dumps({**cost, "code": os.waitstatus_to_exitcode(status)}))


if __name__ == "__main__":
    main()
