"""Nodes, and the bodies that they name."""

from typing import Any

from data_kernel.adapters.embedded.commits import contents
from data_kernel.adapters.embedded.documents import bodies
from data_kernel.adapters.embedded.encoding import commit_ids, deltas
from data_kernel.adapters.embedded.encoding.positions import end_of, first_of
from data_kernel.adapters.embedded.threads.access import Access
from data_kernel.adapters.embedded.tree import Node, Tree
from data_kernel.adapters.embedded.verification.report import Broken, Counts, Fault, Progress

_ROOTS = "SELECT position FROM root WHERE position > ? AND position < ? ORDER BY position"
_DELTAS = "SELECT id, delta FROM commit_record WHERE position > ? AND position < ? AND delta IS NOT NULL"
_DOCUMENTS = 2
"""The first two maps hold documents; the others are indexes."""


class Walk:
    """What was looked at in one database: each node and each version once, however many states share it."""

    def __init__(self, access: Access, database: int, counts: Counts) -> None:
        self._access = access
        self._database = database
        self._counts = counts
        self._nodes: dict[int, bytes] = {}
        self._versions: dict[int, bytes] = {}

    def tree(self, tree: Tree, *, holds_documents: bool) -> None:
        """A saved tree from its root down."""
        if tree.ref is not None:
            self._node(tree.ref.position, tree.ref.hash, holds_documents=holds_documents)

    def version(self, position: int, digest: bytes, place: str) -> None:
        """A version of a document by what the map says of it."""
        known = self._versions.get(position)
        if known is None:
            body = bodies.row_at(self._access, position)
            if not bodies.has_key_of_its_kind(body):
                raise Broken(Fault("document", self._database, place, "it has a key and is purged, or has neither"))
            known = bodies.digest(body) or digest
            self._counts.versions += 1
            self._counts.purged += bodies.is_tombstone(body)
            self._counts.attested += bodies.digest(body) is None
            self._versions[position] = known
        if known != digest:
            raise Broken(Fault("document", self._database, place, "its digest is not that of its bytes"))

    def _node(self, position: int, expected: bytes, *, holds_documents: bool) -> int:
        """Entries in the node or below it."""
        node = self._access.memory.nodes.load(position)
        if position in self._nodes:
            if self._nodes[position] != expected:
                self._fail(position, "it has another hash than its parent says")
            return node.count
        if node.hash != expected:
            self._fail(position, "its hash is not that of its bytes")
        if any(left >= right for left, right in zip(node.keys, node.keys[1:], strict=False)):
            self._fail(position, "its keys are not in order")
        self._nodes[position] = expected
        self._counts.nodes += 1
        self._entries(position, node, holds_documents=holds_documents)
        return node.count

    def _entries(self, position: int, node: Node, *, holds_documents: bool) -> None:
        for place, (digest, child) in enumerate(zip(node.digests, node.children, strict=True)):
            if not isinstance(child, int):
                self._fail(position, "it is not saved")
            elif node.counts is not None:
                if self._node(child, digest, holds_documents=holds_documents) != node.counts[place]:
                    self._fail(position, "it counts its entries wrongly")
                if self._access.memory.nodes.load(child).keys[-1:] != [node.keys[place]]:
                    self._fail(position, "its keys are not the last ones of its children")
            elif holds_documents:
                self.version(child, digest, f"node at {position}")

    def _fail(self, position: int, what: str) -> None:
        raise Broken(Fault("node", self._database, f"position {position}", what))


def check(access: Access, database: int, walk: Walk, progress: Progress) -> None:
    """Every stored root and every delta of the database."""
    bounds = (first_of(database), end_of(database))
    roots: list[Any] = access.connection.execute(_ROOTS, bounds).fetchall()
    for done, (commit,) in enumerate(roots):
        stored = contents.stored(access, commit)
        for place, tree in enumerate((stored or contents.empty(access.memory.nodes))[:4]):
            walk.tree(tree, holds_documents=place < _DOCUMENTS)
        progress("states", done + 1, len(roots))
    for commit_id, delta in access.connection.execute(_DELTAS, bounds):
        for of_map in deltas.decode(delta)[:_DOCUMENTS]:
            for _, leaf in of_map:
                if leaf is not None:
                    walk.version(leaf.position, leaf.digest, f"commit {commit_ids.to_text(commit_id)}")
