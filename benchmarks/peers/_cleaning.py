"""Sanitise HTML with the allow list of topicfeeds, and make URLs absolute."""

from __future__ import annotations

from urllib.parse import urljoin

import nh3

from topicfeeds.text.allowed_html import ATTRIBUTES, DROPPED, TAGS


class Cleaner:
    """A sanitiser that is set up once. Only relative URLs are handled in Python."""

    def __init__(self) -> None:
        self._base = ""
        self._cleaner = nh3.Cleaner(
            tags=TAGS,
            clean_content_tags=DROPPED,
            attributes=ATTRIBUTES,
            url_schemes={"http", "https", "mailto", "tel"},
            url_relative=lambda address: urljoin(self._base, address),
        )

    def clean(self, fragment: str, base: str) -> str:
        """Sanitise a fragment of the page at `base`."""
        self._base = base
        return self._cleaner.clean(fragment).strip()
