"""The embedded store: a versioned document store in one SQLite file, format version 0.

The idea. A *line* is one incarnation of one branch. A commit belongs to the line it was made on and has its sequence
there; a line that began at a commit names that commit's line and sequence as its parent. Each version of a document is
a row (line, graph, id, sequence). A state is a line as far as a sequence: reading it takes the newest row of the line
up to there, and where there is none, reads the parent line as far as the line's beginning. Nothing is ever rewritten,
so a state can be read while the branch moves on, and a new branch costs one row.

Start at `store.py`; `writer.py` is the only thread that changes the file, `readers.py` holds the threads that read it.
"""

from data_kernel.adapters.embedded.metrics import StoreCounters, StoreMetrics
from data_kernel.adapters.embedded.outbox import EmbeddedOutbox
from data_kernel.adapters.embedded.store import EmbeddedStore

__all__ = ["EmbeddedOutbox", "EmbeddedStore", "StoreCounters", "StoreMetrics"]
