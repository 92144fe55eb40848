"""Which nodes of a graph reach one another: its strongly connected components (R. Tarjan, 1972), without recursion."""

from array import array
from collections.abc import Iterator


class Edges:
    """The edges of a graph whose nodes are numbered from 0, in two arrays: eight bytes a node and four an edge."""

    def __init__(self) -> None:
        self._ends = array("Q", [0])
        self._targets = array("I")

    def __len__(self) -> int:
        return len(self._ends) - 1

    def add(self, targets: Iterator[int]) -> None:
        """The edges of the next node."""
        self._targets.extend(targets)
        self._ends.append(len(self._targets))

    def bounds(self) -> tuple["array[int]", "array[int]"]:
        """For each node, where among all edges its own begin and where they end."""
        return self._ends[:-1], self._ends[1:]

    def target(self, edge: int) -> int:
        """Where an edge leads."""
        return self._targets[edge]


def components(edges: Edges) -> Iterator[list[int]]:
    """Each component once, and none before those that its edges lead to."""
    return _Search(edges).run()


class _Search:
    """A depth-first search. A node is open until the component that it belongs to is known."""

    def __init__(self, edges: Edges) -> None:
        self._edges = edges
        self._next_edge, self._end = edges.bounds()
        self._met = array("Q", bytes(8 * len(edges)))
        """The how-manieth node it was to be met; 0: not yet."""
        self._lowest = array("Q", bytes(8 * len(edges)))
        """The earliest open node that is known to be reached from this one."""
        self._count = 0
        self._path: list[int] = []
        self._open: list[int] = []
        self._is_open = bytearray(len(edges))

    def run(self) -> Iterator[list[int]]:
        for root in range(len(self._edges)):
            if not self._met[root]:
                self._enter(root)
            while self._path:
                if not self._advance(self._path[-1]):
                    yield from self._leave()

    def _enter(self, node: int) -> None:
        self._count += 1
        self._met[node] = self._lowest[node] = self._count
        self._path.append(node)
        self._open.append(node)
        self._is_open[node] = True

    def _advance(self, node: int) -> bool:
        """Follow the next edge of a node; false where it has no more."""
        edge = self._next_edge[node]
        if edge == self._end[node]:
            return False
        self._next_edge[node] = edge + 1
        target = self._edges.target(edge)
        if not self._met[target]:
            self._enter(target)
        elif self._is_open[target]:
            self._lowest[node] = min(self._lowest[node], self._met[target])
        return True

    def _leave(self) -> Iterator[list[int]]:
        node = self._path.pop()
        if self._path:
            above = self._path[-1]
            self._lowest[above] = min(self._lowest[above], self._lowest[node])
        if self._lowest[node] == self._met[node]:
            yield self._closed(node)

    def _closed(self, node: int) -> list[int]:
        component: list[int] = []
        while not component or component[-1] != node:
            component.append(self._open.pop())
            self._is_open[component[-1]] = False
        return component
