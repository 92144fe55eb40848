"""Raw SQLite: one row a transaction, WAL, `synchronous=FULL`, one thread."""

import time
from pathlib import Path

import apsw


def commits_per_s(file: Path, body: bytes, seconds: float) -> float:
    """Commits a second of one row that holds `body`, over about `seconds`."""
    connection = apsw.Connection(str(file))
    try:
        connection.execute("PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE row (number INTEGER PRIMARY KEY, body BLOB)")
        began_s, count = time.perf_counter(), 0
        while time.perf_counter() - began_s < seconds:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO row (body) VALUES (?)", (body,))
            connection.execute("COMMIT")
            count += 1
        return count / (time.perf_counter() - began_s)
    finally:
        connection.close()
