"""Feeds: candidates are sorted into feeds, newest first."""
