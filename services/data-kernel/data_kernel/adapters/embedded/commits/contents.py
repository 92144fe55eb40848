"""What a commit holds: four maps, found by its stored roots or by those of an ancestor and the deltas since."""

from typing import Any, NamedTuple

from data_kernel.adapters.embedded.commits import ancestry
from data_kernel.adapters.embedded.encoding import deltas
from data_kernel.adapters.embedded.encoding.deltas import Edits
from data_kernel.adapters.embedded.threads.access import Access
from data_kernel.adapters.embedded.threads.nodes import Nodes
from data_kernel.adapters.embedded.tree import Ref, Tree
from data_kernel.domain.documents import Graph

_ROOT = "SELECT instance, schema, referrer, scattered FROM root WHERE position = ?"
_HASH_BYTES = 32


class Content(NamedTuple):
    """The state of one commit.

    `instance` and `schema` have the documents of the two graphs by id. `referrer` has `target NUL source` for each
    reference between documents, and `scattered` `class NUL id` for each document whose id does not begin with its
    class. `distance` counts the edits since the nearest commit whose roots are stored.
    """

    instance: Tree
    schema: Tree
    referrer: Tree
    scattered: Tree
    distance: int

    def graph(self, graph: Graph) -> Tree:
        """The documents of a graph."""
        return self.instance if graph is Graph.INSTANCE else self.schema

    def edited(self, edits: Edits) -> "Content":
        """What the commit holds after the edits."""
        instance, schema, referrer, scattered = (
            tree.edit(of_map) if of_map else tree for tree, of_map in zip(self[:4], edits, strict=True)
        )
        return Content(instance, schema, referrer, scattered, self.distance + max(1, sum(map(len, edits))))


def empty(nodes: Nodes) -> Content:
    """The state before the first commit."""
    tree = Tree.empty(nodes)
    return Content(tree, tree, tree, tree, 0)


def of_commit(access: Access, commit: int | None) -> Content:
    """The state of a commit by its position, `None` is the empty one; `NotFound` where the commit is no more."""
    found, steps, at = None, [], commit
    while at is not None and (found := _known(access, at)) is None:
        row = ancestry.row_at(access, at)
        steps.append(row.delta or b"")
        at = row.base
    content = found or empty(access.memory.nodes)
    if steps:
        content = content.edited(deltas.combine(deltas.decode(step) for step in reversed(steps)))
    if commit is not None and commit not in access.pending.contents:
        access.memory.contents.put(commit, content, access.generation)
    return content


def _known(access: Access, commit: int) -> Content | None:
    return access.pending.contents.get(commit) or access.memory.contents.get(commit) or stored(access, commit)


def stored(access: Access, commit: int) -> Content | None:
    """The state of a commit whose roots are stored; `None` for another one."""
    row: Any = access.connection.execute(_ROOT, (commit,)).fetchone()
    if row is None:
        return None
    instance, schema, referrer, scattered = (_tree(access.memory.nodes, ref) for ref in row)
    return Content(instance, schema, referrer, scattered, 0)


def _tree(nodes: Nodes, ref: bytes | None) -> Tree:
    if ref is None:
        return Tree.empty(nodes)
    return Tree.at(nodes, unpack_ref(ref))


def unpack_ref(packed: bytes) -> Ref:
    """A root from its row."""
    return Ref(packed[:_HASH_BYTES], int.from_bytes(packed[_HASH_BYTES:]))


def pack_ref(ref: Ref) -> bytes:
    """A root as the row has it: hash, then position (8 bytes, big-endian)."""
    return ref.hash + ref.position.to_bytes(8)
