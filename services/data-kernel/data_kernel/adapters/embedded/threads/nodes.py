"""Where the trees' nodes come from: memory, the group in progress, or the file by the reading thread's connection."""

import threading

import apsw

from data_kernel.adapters.embedded.threads.recent import Recent
from data_kernel.adapters.embedded.tree import Node
from shared.errors import Internal

_KEPT = 4096
_GET = "SELECT bytes FROM node WHERE position = ?"


class Nodes:
    """A `NodeSource` that all threads share, for a position never has another node."""

    def __init__(self) -> None:
        self.pending: dict[int, bytes] = {}
        self._kept: Recent[int, Node] = Recent(_KEPT)
        self._own = threading.local()

    def bind(self, connection: apsw.Connection) -> None:
        """From now on the calling thread reads by this connection."""
        self._own.connection = connection

    def keep(self, position: int, node: Node, data: bytes) -> None:
        """A node that the group in progress has made, to be written with it: the next change edits it again."""
        self.pending[position] = data
        self._kept.put(position, node)

    def load(self, position: int) -> Node:
        """The node at a position."""
        node = self._kept.get(position)
        if node is None:
            data = self.pending.get(position) or self._own.connection.execute(_GET, (position,)).get
            if data is None:
                raise Internal("a node is not in the store's file; verify tells where")
            node = Node.decode(data)
            self._kept.put(position, node)
        return node
