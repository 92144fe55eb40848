"""The persistent map against a dict, by random edits."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_kernel.adapters.embedded.tree import Leaf, Node, Tree
from shared.errors import Internal

KEYS = st.integers(0, 3_000).map(lambda number: b"key/%05d" % number) | st.binary(min_size=1, max_size=12)
LEAVES = st.binary(min_size=32, max_size=32).map(lambda digest: Leaf(digest, digest[0]))
EDITS = st.dictionaries(KEYS, st.none() | LEAVES, max_size=300)
HISTORIES = st.lists(EDITS | st.dictionaries(KEYS, st.none() | LEAVES, min_size=1, max_size=1), min_size=1, max_size=8)

Entries = dict[bytes, Leaf]


class Memory:
    """A `NodeSource` that counts what is read."""

    def __init__(self) -> None:
        self.nodes: list[bytes] = []
        self.loaded = 0

    def load(self, position: int) -> Node:
        self.loaded += 1
        return Node.decode(self.nodes[position])

    def append(self, _node: Node, data: bytes) -> int:
        self.nodes.append(data)
        return len(self.nodes) - 1


def ordered(edits: dict[bytes, Leaf | None]) -> list[tuple[bytes, Leaf | None]]:
    return sorted(edits.items(), key=lambda edit: edit[0])


def applied(model: Entries, edits: dict[bytes, Leaf | None]) -> Entries:
    after = {**model, **edits}
    return {key: leaf for key, leaf in after.items() if leaf is not None}


def saved(tree: Tree, memory: Memory) -> Tree:
    return tree if tree.is_empty else Tree.at(memory, tree.save(memory.append))


def states(history: Sequence[dict[bytes, Leaf | None]], memory: Memory) -> list[tuple[Tree, Entries]]:
    tree, model = Tree.empty(memory), Entries()
    found = [(tree, model)]
    for edits in history:
        tree, model = tree.edit(ordered(edits)), applied(model, edits)
        if len(found) % 2:
            tree = saved(tree, memory)
        found.append((tree, model))
    return found


def many(count: int) -> list[tuple[bytes, Leaf | None]]:
    return [(b"Thing/%06d" % number, Leaf(number.to_bytes(32), number)) for number in range(count)]


@given(HISTORIES)
def test_every_state_has_its_entries(history: list[dict[bytes, Leaf | None]]) -> None:
    for tree, model in states(history, Memory()):
        assert list(tree.scan()) == ordered(dict(model))
        assert len(tree) == len(model)
        assert tree.is_empty == (not model)


@given(HISTORIES, KEYS, KEYS)
def test_ranges_and_single_keys(history: list[dict[bytes, Leaf | None]], one: bytes, other: bytes) -> None:
    tree, model = states(history, Memory())[-1]
    start, end = sorted((one, other))
    assert list(tree.scan(start, end)) == [entry for entry in ordered(dict(model)) if start <= entry[0] < end]
    for key in (one, other, *model):
        assert tree.get(key) == model.get(key)


@given(HISTORIES)
def test_the_same_entries_are_the_same_tree_whatever_came_before(history: list[dict[bytes, Leaf | None]]) -> None:
    for tree, model in states(history, Memory()):
        at_once = Tree.empty(Memory()).edit(ordered(dict(model)))
        one_by_one = Tree.empty(Memory())
        for entry in reversed(ordered(dict(model))):
            one_by_one = one_by_one.edit([entry])
        assert tree.root_hash == at_once.root_hash == one_by_one.root_hash


@given(HISTORIES, KEYS)
def test_differences(history: list[dict[bytes, Leaf | None]], start: bytes) -> None:
    found = states(history, Memory())
    for (old, before), (new, after) in zip(found, reversed(found), strict=True):
        for first in (b"", start):
            expected = [
                (key, before.get(key), after.get(key))
                for key in sorted({*before, *after})
                if key >= first and before.get(key) != after.get(key)
            ]
            assert list(old.diff(new, first)) == expected


def test_an_edit_saves_the_way_to_its_key_and_nothing_else() -> None:
    memory = Memory()
    tree = saved(Tree.empty(memory).edit(many(20_000)), memory)
    before = len(memory.nodes)
    tree.edit([(b"Thing/010000", Leaf(b"x" * 32, 1))]).save(memory.append)
    assert len(memory.nodes) - before <= 6, "one node a level"


def test_a_difference_reads_what_differs_and_nothing_else() -> None:
    memory = Memory()
    old = saved(Tree.empty(memory).edit(many(20_000)), memory)
    new = saved(old.edit([(b"Thing/010000", Leaf(b"x" * 32, 1))]), memory)
    memory.loaded = 0
    assert [key for key, _, _ in old.diff(new)] == [b"Thing/010000"]
    assert memory.loaded <= 12, "one node a level of each tree"


def test_what_is_saved_is_not_saved_again() -> None:
    memory = Memory()
    tree = Tree.empty(memory).edit(many(2_000))
    first = tree.save(memory.append)
    count = len(memory.nodes)
    assert tree.save(memory.append) == first
    other = tree.edit([(b"Thing/000500", None)])
    other.save(memory.append)
    assert len(memory.nodes) - count <= 5


@given(st.data())
def test_broken_bytes_are_an_error_or_another_node(data: st.DataObject) -> None:
    memory = Memory()
    Tree.empty(memory).edit(many(100)).save(memory.append)
    bytes_of_node = data.draw(st.sampled_from(memory.nodes))
    place = data.draw(st.integers(0, len(bytes_of_node) - 1))
    broken = bytearray(bytes_of_node)
    broken[place] ^= 1 << data.draw(st.integers(0, 7))
    good = Node.decode(bytes_of_node)
    try:
        node = Node.decode(bytes(broken))
    except Internal:
        return
    children = [child for child in node.children if isinstance(child, int)]
    assert node.hash != good.hash or (children, node.counts) != (good.children, good.counts)


@pytest.mark.parametrize("size", [0, 1, 5, 40])
def test_cut_bytes_are_an_error(size: int) -> None:
    memory = Memory()
    Tree.empty(memory).edit(many(3)).save(memory.append)
    with pytest.raises(Internal):
        Node.decode(memory.nodes[-1][:size])
