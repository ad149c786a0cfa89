"""Players and posts that scripts make in empty elements."""

from __future__ import annotations

import re
from itertools import islice

from .html_tree import Element

_VIDEO_PAGES = {"ytsubscribe": "https://www.youtube.com/channel/", "youtube": "https://www.youtube.com/watch?v=",
                "vimeo": "https://vimeo.com/", "tweet": "https://twitter.com/i/status/"}  # fmt: skip
_ID = re.compile(
    "(?:data-)?(?:(?:plyr-)?embed-?|tweet-?|video-?|vimeo-?|youtube-?|channel)id|data-(?:embed|id|video|vimeo|youtube)"
)
_NUMBER = re.compile("[A-Za-z0-9_-]+")
HOLDERS = {"a", "article", "aside", "blockquote", "div", "figure", "li", "p", "section", "span"}
"""Elements that scripts fill."""
EMBED = re.compile("embed|tweet|twitter-|instagram-|tiktok-|pinterest-")
_MAX_PARTS = 20
"""The limit of elements that are searched inside an element that scripts fill."""
_EMBEDDED = re.compile(
    r"""(?:[\[{].*?"(?:canonical_url|href|src|url)"\s*:\s*")?((?:https?:)?//[^\s"'<>]+)""", re.DOTALL
)
"""An address at the start of an attribute, or in JSON."""


def find_pages(one: Element) -> list[str]:
    """Return the addresses of the player, post or picture that a script would put into an empty element."""
    if not one.is_blank or not one.inside <= HOLDERS | {"b", "br", "button", "i"}:
        return []
    given = one.attributes
    values = [value for name, value in given.items() if name == "cite" or name.startswith("data-")]
    found = [_EMBEDDED.match(value.replace("\\/", "/")) for value in values if one.name != "a"]
    is_embed = EMBED.search(f"{given.get('class')} {given.get('data-pin-do')}")
    parts = (one, *islice(one.elements(), _MAX_PARTS)) if is_embed else ()
    links = [each.attributes.get("href", "") for each in parts if each.name == "a"]
    return [*(each[1] for each in found if each), _find_video(one), *links]


def _find_video(one: Element) -> str:
    """Return the page of a video whose element only has an id."""
    where = f"{one.name} {one.attributes}".lower()
    page = next((page for site, page in _VIDEO_PAGES.items() if site in where), None)
    values = [value for name, value in one.attributes.items() if _ID.fullmatch(name) and _NUMBER.fullmatch(value)]
    return page + values[0] if page and values else ""
