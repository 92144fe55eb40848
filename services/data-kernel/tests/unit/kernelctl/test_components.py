"""The order in which an import writes: components of a graph, none before those that it leads to."""

from hypothesis import given
from hypothesis import strategies as st

from data_kernel.kernelctl.components import Edges, components

GRAPHS = st.integers(0, 12).flatmap(
    lambda size: st.lists(st.sets(st.integers(0, max(size - 1, 0))), min_size=size, max_size=size)
)


def edges_of(targets) -> Edges:
    edges = Edges()
    for each in targets:
        edges.add(iter(sorted(each)))
    return edges


def reached(targets, start: int) -> set[int]:
    found, left = {start}, [start]
    while left:
        fresh = targets[left.pop()] - found
        found |= fresh
        left += fresh
    return found


@given(GRAPHS)
def test_nodes_are_together_that_reach_one_another_and_come_after_what_they_reach(targets):
    found = list(components(edges_of(targets)))
    assert sorted(node for component in found for node in component) == list(range(len(targets)))
    place = {node: number for number, component in enumerate(found) for node in component}
    reach = [reached(targets, node) for node in range(len(targets))]
    for one in range(len(targets)):
        for other in reach[one]:
            assert place[other] <= place[one]
            assert (place[other] == place[one]) == (one in reach[other])


def test_a_chain_of_any_length_needs_no_recursion():
    length = 100_000
    found = list(components(edges_of([{node + 1} if node + 1 < length else set() for node in range(length)])))
    assert found == [[node] for node in reversed(range(length))]
