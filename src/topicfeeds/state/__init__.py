"""State: what one run leaves to the next, in a SQLite file. Loads quickly."""
