"""Listings of a tree, and what is different between two, reading only nodes that are not shared."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from heapq import merge

from data_kernel.adapters.embedded.tree.nodes import Leaf, Node, NodeSource, below

Difference = tuple[bytes, Leaf | None, Leaf | None]
_Child = tuple[bytes, bytes, "int | Node"]


def entries(source: NodeSource, node: Node, start: bytes, end: bytes | None) -> Iterator[tuple[bytes, Leaf]]:
    """Entries from the key `start` on, before the key `end`, in order."""
    place = bisect_left(node.keys, start)
    if node.level:
        for at in range(place, len(node.keys)):
            yield from entries(source, below(source, node.children[at]), start, end)
            if end is not None and node.keys[at] >= end:
                return
        return
    stop = len(node.keys) if end is None else bisect_left(node.keys, end)
    for at in range(place, stop):
        yield node.keys[at], Leaf(node.digests[at], node.children[at])  # type: ignore[arg-type] # a leaf's are positions


def runs(source: NodeSource, node: Node, start: bytes, end: bytes | None) -> Iterator[tuple[list[bytes], list[int]]]:
    """As `entries`, a leaf at a time: keys and positions."""
    place = bisect_left(node.keys, start)
    if node.level:
        for at in range(place, len(node.keys)):
            yield from runs(source, below(source, node.children[at]), start, end)
            if end is not None and node.keys[at] >= end:
                return
        return
    stop = len(node.keys) if end is None else bisect_left(node.keys, end)
    if place < stop:
        yield node.keys[place:stop], node.children[place:stop]  # type: ignore[misc] # a leaf's are positions


def differences(source: NodeSource, old: Node, new: Node, start: bytes) -> Iterator[Difference]:
    """Keys from `start` on whose digests are not the same, in order, with what either tree has for them."""
    olds, news = _lowered(source, old, new.level), _lowered(source, new, old.level)
    level = min(old.level, new.level)
    yield from _between(source, olds, news, level, start)


def _lowered(source: NodeSource, node: Node, level: int) -> list[_Child]:
    """The tree as nodes of a level that is not above it."""
    nodes: list[_Child] = [(node.keys[-1], node.hash, node)] if node.keys else []
    for _ in range(node.level - level):
        nodes = [child for each in nodes for child in _children(source, each)]
    return nodes


def _children(source: NodeSource, child: _Child) -> list[_Child]:
    node = below(source, child[2])
    return list(zip(node.keys, node.digests, node.children, strict=True))


def _between(
    source: NodeSource, olds: Sequence[_Child], news: Sequence[_Child], level: int, start: bytes
) -> Iterator[Difference]:
    """Differences between two rows of nodes of one level that cover the same range of keys."""
    for some_old, some_new in _runs(olds, news):
        if max(last_key for last_key, _, _ in (*some_old[-1:], *some_new[-1:])) < start:
            continue
        of_old = [child for each in some_old for child in _children(source, each)]
        of_new = [child for each in some_new for child in _children(source, each)]
        if level:
            yield from _between(source, of_old, of_new, level - 1, start)
        else:
            yield from _of_entries(of_old, of_new, start)


def _runs(olds: Sequence[_Child], news: Sequence[_Child]) -> Iterator[tuple[list[_Child], list[_Child]]]:
    """The shortest stretches of both rows that end with the same key, without those that are the same nodes."""
    some_old: list[_Child] = []
    some_new: list[_Child] = []
    at_old = at_new = 0
    while at_old < len(olds) or at_new < len(news):
        takes_old = at_new == len(news) or (at_old < len(olds) and olds[at_old][0] <= news[at_new][0])
        takes_new = at_old == len(olds) or (at_new < len(news) and news[at_new][0] <= olds[at_old][0])
        if takes_old and takes_new and olds[at_old][1] == news[at_new][1] and not some_old and not some_new:
            at_old, at_new = at_old + 1, at_new + 1
            continue
        if takes_old:
            some_old.append(olds[at_old])
            at_old += 1
        if takes_new:
            some_new.append(news[at_new])
            at_new += 1
        if takes_old and takes_new:
            yield some_old, some_new
            some_old, some_new = [], []
    if some_old or some_new:
        yield some_old, some_new


def _of_entries(olds: Sequence[_Child], news: Sequence[_Child], start: bytes) -> Iterator[Difference]:
    before = {key: Leaf(digest, position) for key, digest, position in olds if key >= start}  # type: ignore[arg-type]
    after = {key: Leaf(digest, position) for key, digest, position in news if key >= start}  # type: ignore[arg-type]
    last: bytes | None = None
    for key in merge(before, after):
        if key == last:
            continue
        last = key
        old, new = before.get(key), after.get(key)
        if old is None or new is None or old.digest != new.digest:
            yield key, old, new
