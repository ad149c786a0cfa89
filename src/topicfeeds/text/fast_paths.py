"""The switch for fast paths: second, quicker ways to the same result.

Each fast path has a file of its own, and a test that compares it with the slow way.
"""

from __future__ import annotations

import os

ENABLED = os.environ.get("TOPICFEEDS_SLOW") != "1"
"""Whether fast paths are used. `TOPICFEEDS_SLOW=1` in the environment turns all of them off."""
