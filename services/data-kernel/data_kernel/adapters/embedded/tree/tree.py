"""The map as the store has it: immutable, and every edit a map of its own."""

from bisect import bisect_left
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import NamedTuple

from data_kernel.adapters.embedded.tree import editing, walking
from data_kernel.adapters.embedded.tree.nodes import Leaf, Node, NodeSource, below

Append = Callable[[Node, bytes], int]
"""Takes a node, which has only positions below it, and its bytes; gives the position at which it will be found."""


class Ref(NamedTuple):
    """A saved tree: its root's hash and position."""

    hash: bytes
    position: int


EMPTY = Node(0, [], [], [])


class Tree:
    """An ordered map from bytes to `Leaf`. Trees of one source share the nodes that they have in common."""

    __slots__ = ("_ref", "_root", "_source")

    def __init__(self, source: NodeSource, root: Node | None, ref: Ref | None) -> None:
        self._source = source
        self._root = root
        self._ref = ref

    @classmethod
    def empty(cls, source: NodeSource) -> "Tree":
        """The map without entries."""
        return cls(source, EMPTY, None)

    @classmethod
    def at(cls, source: NodeSource, ref: Ref) -> "Tree":
        """A saved map; nothing is read before it is asked for."""
        return cls(source, None, ref)

    @property
    def root_hash(self) -> bytes:
        """SHA-256 of the root: equal exactly for equal entries (their positions apart)."""
        return self._ref.hash if self._ref is not None else self._loaded().hash

    @property
    def ref(self) -> Ref | None:
        """Where the map is saved; `None` where it is not."""
        return self._ref

    @property
    def is_empty(self) -> bool:
        """Whether it has no entries."""
        return self._ref is None and not self._loaded().keys

    def __len__(self) -> int:
        return self._loaded().count

    def get(self, key: bytes) -> Leaf | None:
        """What the map has for the key."""
        node = self._loaded()
        while True:
            place = bisect_left(node.keys, key)
            if place == len(node.keys):
                return None
            if not node.level:
                break
            node = below(self._source, node.children[place])
        if node.keys[place] != key:
            return None
        return Leaf(node.digests[place], node.children[place])  # type: ignore[arg-type] # a leaf's are positions

    def scan(self, start: bytes = b"", end: bytes | None = None) -> Iterator[tuple[bytes, Leaf]]:
        """Entries from `start` on, before `end` (`None`: to the last), in order of key."""
        return walking.entries(self._source, self._loaded(), start, end)

    def runs(self, start: bytes = b"", end: bytes | None = None) -> Iterator[tuple[list[bytes], list[int]]]:
        """As `scan`, many entries at a time: keys and positions, without digests."""
        return walking.runs(self._source, self._loaded(), start, end)

    def diff(self, other: "Tree", start: bytes = b"") -> Iterator[tuple[bytes, Leaf | None, Leaf | None]]:
        """Keys from `start` on that `other` has with another digest or not at all, or alone; in order of key.

        Work grows with the number of differences: what both share is not read.
        """
        if self.root_hash == other.root_hash:
            return iter(())
        return walking.differences(self._source, self._loaded(), other._loaded(), start)  # noqa: SLF001 - its own kind

    def edit(self, edits: Sequence[tuple[bytes, Leaf | None]]) -> "Tree":
        """The map after the edits, which are in order of key, each key once; `None` deletes what is there."""
        root = self._loaded()
        if len(edits) == 1 and root.keys:
            edited = editing.replace_one(self._source, root, *edits[0])
            if edited is not None:
                return self if edited is root else Tree(self._source, edited, None)
        if not edits:
            return self
        grown = editing.grown(editing.replace_many(self._source, root, edits).nodes)
        if grown is None:
            return Tree.empty(self._source)
        shrunk = editing.shrunk(self._source, grown)
        return self if shrunk.hash == root.hash and self._ref else Tree(self._source, shrunk, None)

    def save(self, append: Append) -> Ref:
        """Write the nodes that are not saved, children first; `append` gives the position of each."""
        if self._ref is None:
            root = self._loaded()
            self._ref = Ref(root.hash, _save(root, append))
        return self._ref

    def copying(self) -> Generator[bytes, int | None, Ref]:
        """Save a copy a node at a time: gives the bytes of each, children first, and is sent the position of each.

        Nothing changes in the tree, whatever becomes of the copy.
        """
        if self._ref is not None:
            return self._ref
        root = self._loaded()
        return Ref(root.hash, (yield from _copying(root)))

    def _loaded(self) -> Node:
        if self._root is None:
            if self._ref is None:
                raise AssertionError("a tree has a root or a place")
            self._root = self._source.load(self._ref.position)
        return self._root


def _save(node: Node, append: Append) -> int:
    positions = [_save(child, append) if isinstance(child, Node) else child for child in node.children]
    # From now on the node has only positions below it: what was written may leave memory, and is not written again.
    node.children[:] = positions
    return append(node, node.encode(positions))


def _copying(node: Node) -> Generator[bytes, int | None, int]:
    positions: list[int] = []
    for child in node.children:
        positions.append((yield from _copying(child)) if isinstance(child, Node) else child)  # noqa: PERF401 - only a loop can yield
    position = yield node.encode(positions)
    if position is None:
        raise AssertionError("a node that was given gets a position")
    return position
