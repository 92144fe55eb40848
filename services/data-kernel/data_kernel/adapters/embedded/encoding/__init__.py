"""Numbers, ids, times and records as bytes: what the file's rows hold."""
