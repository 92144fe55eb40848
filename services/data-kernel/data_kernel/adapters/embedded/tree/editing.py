"""What a change makes of the nodes: only those on the way to a changed key are made anew."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from data_kernel.adapters.embedded.tree.heights import height
from data_kernel.adapters.embedded.tree.nodes import Leaf, Node, NodeSource, below

Edit = tuple[bytes, Leaf | None]


class _Items:
    """Entries of one level on their way into nodes.

    `open_places` are those of the keys that may end a node. All others stood inside of one, so that it is known without
    their heights, each of which costs a hash, that they do not.
    """

    __slots__ = ("children", "counts", "digests", "keys", "open_places")

    def __init__(self) -> None:
        self.open_places: list[int] = []
        self.keys: list[bytes] = []
        self.digests: list[bytes] = []
        self.children: list[int | Node] = []
        self.counts: list[int] = []

    def add_all(self, node: Node) -> None:
        """The entries of a node."""
        self.take(node, 0, len(node.keys))

    def take(self, node: Node, start: int, end: int) -> None:
        """Those of its entries from one place to before another."""
        if start == end:
            return
        self.keys += node.keys[start:end]
        self.digests += node.digests[start:end]
        self.children += node.children[start:end]
        self.counts += node.counts[start:end] if node.counts else ()
        if end == len(node.keys):
            self.open_places.append(len(self.keys) - 1)

    def add_node(self, node: Node, child: "int | Node") -> None:
        """An entry for a node of the level below."""
        self.add(node.keys[-1], node.hash, child, node.count)

    def add(self, key: bytes, digest: bytes, child: "int | Node", count: int) -> None:
        """One entry that may be new."""
        self.open_places.append(len(self.keys))
        self.keys.append(key)
        self.digests.append(digest)
        self.children.append(child)
        self.counts.append(count)


class Parts(NamedTuple):
    """Nodes of one level in order; all but the last are closed: they end with a key that ends a node there."""

    nodes: list[Node]
    is_closed: bool


def replace_one(source: NodeSource, node: Node, key: bytes, leaf: Leaf | None) -> Node | None:
    """The node after one edit that leaves every boundary where it is; `None` where the edit may move one."""
    place = bisect_left(node.keys, key)
    if node.level:
        return _replace_below(source, node, min(place, len(node.keys) - 1), key, leaf)
    is_there = place < len(node.keys) and node.keys[place] == key
    if leaf is None and not is_there:
        return node
    if not (is_there and leaf is not None) and _moves_boundary(node, place, key):
        return None
    keys, digests, children = node.keys.copy(), node.digests.copy(), node.children.copy()
    end = place + 1 if is_there else place
    added: list[int | Node] = [] if leaf is None else [leaf.position]
    keys[place:end] = [] if leaf is None else [key]
    digests[place:end] = [] if leaf is None else [leaf.digest]
    children[place:end] = added
    return Node(0, keys, digests, children)


def _moves_boundary(node: Node, place: int, key: bytes) -> bool:
    """Whether the key, inserted in a leaf at that place or deleted from there, may change where nodes end."""
    is_behind_the_end = place == len(node.keys) and is_closed(node)
    is_all = len(node.keys) == 1 and place == 0 and node.keys[0] == key
    return bool(height(key)) or is_behind_the_end or is_all


def _replace_below(source: NodeSource, node: Node, place: int, key: bytes, leaf: Leaf | None) -> Node | None:
    child = below(source, node.children[place])
    edited = replace_one(source, child, key, leaf)
    if edited is None or edited is child:
        return None if edited is None else node
    keys, digests, children = node.keys, node.digests.copy(), node.children.copy()
    if keys[place] != edited.keys[-1]:
        keys = keys.copy()
        keys[place] = edited.keys[-1]
    digests[place], children[place] = edited.hash, edited
    counts = list(node.counts or ())
    counts[place] = edited.count
    return Node(node.level, keys, digests, children, counts)


def replace_many(source: NodeSource, node: Node, edits: Sequence[Edit]) -> Parts:
    """What the edits, in order of unique keys, make of a node: nodes of its level."""
    if not node.level:
        return cut(_merged(node, edits), 0)
    made, last, place = _Below(source), len(node.keys) - 1, 0
    while place <= last and (edits or made.is_open):
        if not made.is_open:
            unchanged, place = place, min(bisect_left(node.keys, edits[0][0], place), last)
            made.take(node, unchanged, place)
        end = len(edits) if place == last else bisect_right(edits, node.keys[place], key=_key)
        made.add(node.children[place], edits[:end])
        edits = edits[end:]
        place += 1
    made.take(node, place, last + 1)
    return cut(made.finish(), node.level)


class _Below:
    """The children of a node, one after another; one that lost its end is joined with what follows it."""

    def __init__(self, source: NodeSource) -> None:
        self._source = source
        self._items = _Items()
        self._open: Node | None = None

    @property
    def is_open(self) -> bool:
        """Whether the last child lost its end."""
        return self._open is not None

    def take(self, node: Node, start: int, end: int) -> None:
        """Children to which nothing happens, while none is open."""
        self._items.take(node, start, end)

    def add(self, child: "int | Node", edits: Sequence[Edit]) -> None:
        """What the edits make of a child."""
        loaded = below(self._source, child)
        parts = replace_many(self._source, loaded, edits) if edits else Parts([loaded], is_closed(loaded))
        if self._open is not None:
            parts = joined(self._source, self._open, parts)
        self._open = None if parts.is_closed or not parts.nodes else parts.nodes[-1]
        for each in parts.nodes if self._open is None else parts.nodes[:-1]:
            self._items.add_node(each, each)

    def finish(self) -> _Items:
        if self._open is not None:
            self._items.add_node(self._open, self._open)
        return self._items


def joined(source: NodeSource, left: Node, right: Parts) -> Parts:
    """Nodes of one level of which the first, `left`, has no end of its own."""
    if not right.nodes:
        return Parts([left], is_closed=False)
    first = right.nodes[0]
    items = _Items()
    if left.level == 0:
        items.add_all(left)
        items.add_all(first)
    else:
        _join_below(source, left, first, items)
    made = cut(items, left.level)
    rest = right.nodes[1:]
    if rest and not made.is_closed:
        raise AssertionError("a closed node stays closed by what comes before it")
    return Parts([*made.nodes, *rest], right.is_closed)


def _join_below(source: NodeSource, left: Node, right: Node, items: _Items) -> None:
    """The children of two neighbours, where the last of the left one may be without an end."""
    last = below(source, left.children[-1])
    if is_closed(last):
        items.add_all(left)
        items.add_all(right)
        return
    head = Node(left.level, left.keys[:-1], left.digests[:-1], left.children[:-1], (left.counts or [])[:-1])
    tail = Node(right.level, right.keys[1:], right.digests[1:], right.children[1:], (right.counts or [])[1:])
    first = below(source, right.children[0])
    items.add_all(head)
    for each in joined(source, last, Parts([first], is_closed(first))).nodes:
        items.add_node(each, each)
    items.add_all(tail)


def is_closed(node: Node) -> bool:
    """Whether the node's last key ends a node of its level."""
    return height(node.keys[-1]) > node.level


def cut(items: _Items, level: int) -> Parts:
    """Nodes of the entries, each ending where its last key says so."""
    total = len(items.keys)
    ends = [place + 1 for place in items.open_places if height(items.keys[place]) > level]
    closed = bool(ends) and ends[-1] == total
    if total and not closed:
        ends.append(total)
    return Parts([_slice(items, level, start, end) for start, end in zip([0, *ends], ends)], closed or not total)  # noqa: B905


def _slice(items: _Items, level: int, start: int, end: int) -> Node:
    counts = items.counts[start:end] if level else None
    return Node(level, items.keys[start:end], items.digests[start:end], items.children[start:end], counts)


def grown(nodes: list[Node]) -> Node | None:
    """The root over nodes of one level: the lowest level that has a single node; `None` without nodes."""
    while len(nodes) > 1:
        items = _Items()
        for each in nodes:
            items.add_node(each, each)
        nodes = cut(items, nodes[0].level + 1).nodes
    return nodes[0] if nodes else None


def shrunk(source: NodeSource, root: Node) -> Node:
    """The root without levels that have only one child."""
    while root.level and len(root.keys) == 1:
        root = below(source, root.children[0])
    return root


def _merged(node: Node, edits: Sequence[Edit]) -> _Items:
    items = _Items()
    place = 0
    for key, leaf in edits:
        at = bisect_left(node.keys, key, place)
        items.take(node, place, at)
        place = at + 1 if at < len(node.keys) and node.keys[at] == key else at
        if leaf is not None:
            items.add(key, leaf.digest, leaf.position, 1)
    items.take(node, place, len(node.keys))
    return items


def _key(edit: Edit) -> bytes:
    return edit[0]
