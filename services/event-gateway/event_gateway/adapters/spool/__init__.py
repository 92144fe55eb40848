"""The spool in a SQLite file: `sqlite` is the port's implementation, `writer` the thread that owns the file."""
