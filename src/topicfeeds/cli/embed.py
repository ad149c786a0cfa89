"""`topicfeeds embed`: HTML fragments for the publisher's own pages."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from ..config import load_site
from ..errors import ConfigError, nearest, show
from ..pages.embed import make_reservation
from ..run.calls import embed, read


def make_parts(site_file: Path, state: str, name: str, part: str, now: datetime) -> str:
    """Return a part of a feed, or all of them. Raises ConfigError and SourceError."""
    site = load_site(site_file)
    if part == "tdmrep":
        return make_reservation(site)
    try:
        made = embed(site, read(site, site_file.parent), name, now=now, state=state, problems=[])
    except KeyError:
        known = [f"topics/{slug}" for slug in site.topics]
        hint = nearest(name, known) or " (run topicfeeds status to list the feeds)"
        raise ConfigError(message=f"there is no feed {show(name)}{hint}") from None
    head, body = f"<!-- in the head of your page -->\n{made.head}", f"<!-- in its body -->\n{made.body}"
    return {"all": f"{head}{body}", "head": made.head, "body": made.body}[part]
