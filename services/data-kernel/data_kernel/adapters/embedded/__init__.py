"""The embedded store: a versioned document store in one SQLite file, format version 3.

The idea. The state of a commit is four ordered maps (`commits/contents.py`) kept as trees whose shape depends on their
keys alone (`tree/`), so that states share what they have in common, a branch costs one row, and a difference is found
by comparing hashes. A commit's id is the digest of its record, which has the hashes of its two graphs' roots and the
ids of its parents (`encoding/commit_records.py`). Nodes, bodies and commits are appended and found by position
(`encoding/positions.py`); most commits have only what they changed, and their state is that of an ancestor with these
changes (`encoding/deltas.py`).

Start at `store.py`; `threads/writer.py` is the only thread that changes the file, in groups that
`threads/session.py` gathers; `threads/readers.py` holds the threads that read it. `commits/` makes and finds commits,
`refs/` moves what points at them, `documents/` reads bodies, finds them by their values and purges them, and
`collecting/` takes out what nothing needs any more. `disk/` is the file with its tables and its owner, and `encoding/`
says how its rows are written. `verification/` checks all of it, `backup.py` copies it, and `migrating/` brings files of
earlier formats here.
"""

from data_kernel.adapters.embedded.metrics import StoreCounters, StoreMetrics
from data_kernel.adapters.embedded.refs.outbox import EmbeddedOutbox
from data_kernel.adapters.embedded.store import EmbeddedStore

__all__ = ["EmbeddedOutbox", "EmbeddedStore", "StoreCounters", "StoreMetrics"]
