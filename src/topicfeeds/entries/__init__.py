"""Entries: records become entries, with ids, dates and notices."""
