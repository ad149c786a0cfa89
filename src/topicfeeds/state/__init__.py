"""State: the data that one run stores for the next, in a SQLite file. All modules but `session` load quickly."""
