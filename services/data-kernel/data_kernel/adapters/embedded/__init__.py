"""The embedded store, format 0: one SQLite file."""
