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
_KEY = re.compile(r"data-(?:[a-z-]{0,40}-)?(?:id|src)\b")
"""An attribute with the key of a part of another site, such as a chart."""
_NUMBER = re.compile("[A-Za-z0-9_-]+")
_RUN = re.compile("[A-Z]+|[a-z]+|[0-9]+|[_-]")
_PLAYER = re.compile(r"(?:^|\s)(?:lite-)?(?:youtube|vimeo)(?:-player|-video)?(?!\S)")
"""A class of elements that scripts turn into players."""
HOLDERS = {"a", "article", "aside", "blockquote", "div", "figure", "li", "p", "section", "span"}
"""Elements that scripts fill."""
HOLLOW = HOLDERS | {"b", "br", "button", "i"}
"""The elements that such an element may contain."""
_POST = re.compile("embed|tweet|twitter-|instagram-|tiktok-|pinterest-")
EMBED = re.compile(f"{_POST.pattern}|youtube|vimeo")
_MAX_PARTS = 20
"""The limit of elements that are searched inside an element that scripts fill."""
_EMBEDDED = re.compile(
    r"""(?:[\[{].*?"(?:[a-z]{1,20}_)?(?:href|src|url)"\s*:\s*"|<iframe\s[^<>]{0,500}?\bsrc=["'])?"""
    r"""((?:https?:)?//[^\s"'<>]+)""",
    re.DOTALL,
)
"""An address at the start of an attribute, in JSON, or in the HTML of a frame."""
_ID_IN_JSON = re.compile(r'"videoId"\s*:\s*"([A-Za-z0-9_-]+)"')


def find_pages(one: Element) -> list[str]:
    """Return the addresses of the player, post or picture that a script would put into an empty element."""
    if not one.is_blank or not one.inside <= HOLLOW:
        return []
    given = one.attributes
    values = [value for name, value in given.items() if name == "cite" or name.startswith("data-")]
    found = [_EMBEDDED.match(value.replace("\\/", "/")) for value in values if one.name != "a"]
    is_embed = _POST.search(f"{given.get('class')} {given.get('data-pin-do')}")
    parts = (one, *islice(one.elements(), _MAX_PARTS)) if is_embed else ()
    links = [each.attributes.get("href", "") for each in parts if each.name == "a"]
    return [*(each[1] for each in found if each), _find_video(one), *links]


def find_losses(one: Element) -> list[str]:
    """Return the kind of a loss, or nothing. A script would fill an empty element from an address that is not known."""
    if not one.is_blank or one.inside:
        return []
    name = one.attributes.get("class", "")
    if one.name in ("div", "figure", "p") and "id" in one.attributes and _PLAYER.search(name):
        return ["player lost"]
    has_key = one.name in HOLDERS and EMBED.search(name) and _KEY.search(" ".join(one.attributes))
    return ["frame lost"] if has_key else []


def _find_video(one: Element) -> str:
    """Return the page of a video whose element only has an id."""
    settings = [value for value in one.attributes.values() if value.startswith("{")]
    given = {name: value for name, value in one.attributes.items() if value not in settings}
    where = f"{one.name} {given}".lower()
    page = next((page for site, page in _VIDEO_PAGES.items() if site in where), None)
    values = [value for name, value in given.items() if _ID.fullmatch(name) and _NUMBER.fullmatch(value)]
    values += [found[1] for each in settings if (found := _ID_IN_JSON.search(each))]
    own = one.attributes.get("id", "")
    if page and not values and _NUMBER.fullmatch(own) and _PLAYER.search(f"{one.name} {one.attributes.get('class')}"):
        # The ids of videos are random on YouTube, and numbers on Vimeo.
        is_random = len(own) == 11 and not own.islower() and len(_RUN.findall(own)) > 4
        values = [own] if (own.isdecimal() and len(own) > 5 if "vimeo" in page else is_random) else []
    return page + values[0] if page and values else ""
