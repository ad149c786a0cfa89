"""Entries: records become what is published, with ids, dates and notices."""
