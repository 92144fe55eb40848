"""What a thread reads with: its connection, what all threads keep in memory, and what only the writer knows yet."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import apsw

from data_kernel.adapters.embedded.commits.commit_index import CommitIndex
from data_kernel.adapters.embedded.threads.nodes import Nodes
from data_kernel.adapters.embedded.threads.recent import Recent

if TYPE_CHECKING:
    from data_kernel.adapters.embedded.commits.ancestry import CommitRow
    from data_kernel.adapters.embedded.commits.contents import Content

_CONTENTS = 256


@dataclass(slots=True)
class Memory:
    """Shared by all threads; nothing in it ever changes its meaning, so that it is only ever forgotten for space."""

    nodes: Nodes = field(default_factory=Nodes)
    contents: "Recent[int, Content]" = field(default_factory=lambda: Recent(_CONTENTS))
    commits: CommitIndex = field(default_factory=CommitIndex)


@dataclass(slots=True)
class Pending:
    """Made in the group that the writer is at: `bodies` and `rows` not in the file yet, the rest not durable yet.

    `collected` are the commits that it has deleted, by position.
    """

    bodies: dict[int, bytes] = field(default_factory=dict)
    rows: "dict[int, CommitRow]" = field(default_factory=dict)
    contents: "dict[int, Content]" = field(default_factory=dict)
    commits: dict[bytes, int] = field(default_factory=dict)
    collected: dict[int, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class Access:
    """One thread's way to the store; a reader's `pending` is always empty.

    `generation` is that of the states in memory when a reader's transaction began; `None` for the writer.
    """

    connection: apsw.Connection
    memory: Memory
    pending: Pending = field(default_factory=Pending)
    generation: int | None = None
