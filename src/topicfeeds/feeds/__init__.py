"""Feeds: sort candidates into feeds, newest first."""
