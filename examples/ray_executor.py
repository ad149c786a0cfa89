"""Read large sources with the workers of a Ray cluster: python ray_executor.py SITE_FILE FOLDER.

To install Ray, run `.venv/bin/pip install . ray` in the checkout. The workers must have the same files at the same
paths.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import Executor, Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ray

from topicfeeds import load_site, publish, read


class RayExecutor(Executor):
    """An executor of concurrent.futures that runs functions on a Ray cluster."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call a function in a worker."""
        future: Future[Any] = ray.remote(fn).remote(*args, **kwargs).future()
        return future


if __name__ == "__main__":
    ray.init()
    site_file, folder = Path(sys.argv[1]), Path(sys.argv[2])
    site = load_site(site_file)
    changes = publish(site, read(site, site_file.parent), folder, now=datetime.now(UTC), executor=RayExecutor())
    print(f"{len(changes.written)} documents of {changes.items} items")
