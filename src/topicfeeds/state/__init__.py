"""State: what a run stores for the next one, in a SQLite file. It loads quickly."""
