"""The switch for fast paths: quicker code with the same result as the general code.

Each fast path has its own file, and a test that compares its results with those of the general code.
"""

from __future__ import annotations

import os

ENABLED = os.environ.get("TOPICFEEDS_SLOW") != "1"
"""Whether fast paths are used. Set `TOPICFEEDS_SLOW=1` in the environment to turn all of them off."""
