"""Pelican, feeds only: no pages are written. It has one category an item, and counts it not among the tags."""

SITEURL = FEED_DOMAIN = "https://www.example.org"
SITENAME = "City Network"
AUTHOR = "City Network"
TIMEZONE = "UTC"
DEFAULT_PAGINATION = False
RSS_FEED_SUMMARY_ONLY = False
FEED_MAX_ITEMS = 50
FEED_ATOM = "all.atom.xml"
FEED_RSS = "all.rss.xml"
FEED_ALL_ATOM = None
CATEGORY_FEED_ATOM = "topics/{slug}.atom.xml"
CATEGORY_FEED_RSS = "topics/{slug}.rss.xml"
TAG_FEED_ATOM = "tags/{slug}.atom.xml"
TAG_FEED_RSS = "tags/{slug}.rss.xml"
AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = TRANSLATION_FEED_ATOM = None
ARTICLE_URL = "news/{slug}"
ARTICLE_SAVE_AS = CATEGORY_SAVE_AS = TAG_SAVE_AS = AUTHOR_SAVE_AS = PAGE_SAVE_AS = DRAFT_SAVE_AS = ""
DIRECT_TEMPLATES: list[str] = []
STATIC_PATHS: list[str] = []
THEME_STATIC_PATHS: list[str] = []
MARKDOWN = {"extension_configs": {"markdown.extensions.meta": {}}}
