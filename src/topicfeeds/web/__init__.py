"""The web: a preview of a site."""
