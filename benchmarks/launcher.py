"""Run a command and print what it cost, as JSON: CPU and wall seconds, peak memory in MB, exit code.

A process of its own, and a small one: a child is taken to have needed at least what its parent held when it started.
"""

import json
import os
import sys
import time


def main() -> None:
    """Run the command that the arguments are."""
    start = time.perf_counter()
    child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - start
    unit = 1e6 if sys.platform == "darwin" else 1e6 / 1024  # of ru_maxrss: bytes there, KiB elsewhere
    cost = {"cpu": usage.ru_utime + usage.ru_stime, "wall": wall, "memory": usage.ru_maxrss / unit}
    print(json.dumps({**cost, "code": os.waitstatus_to_exitcode(status)}))


if __name__ == "__main__":
    main()
