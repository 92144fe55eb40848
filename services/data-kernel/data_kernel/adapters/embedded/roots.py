"""Storing the roots of a commit, so that its state is read without others."""

from data_kernel.adapters.embedded import contents
from data_kernel.adapters.embedded.contents import Content, pack_ref
from data_kernel.adapters.embedded.positions import database_of
from data_kernel.adapters.embedded.session import WriteSession
from data_kernel.adapters.embedded.tree import Tree

_STAND_ALONE = "UPDATE commit_record SET base = NULL, delta = NULL WHERE position = ?"


def store(session: WriteSession, commit: int, content: Content) -> Content:
    """Keep the nodes of a commit that are not in the file yet, and where its maps begin."""
    nodes, database = session.access.memory.nodes.pending, database_of(commit)

    def append(node: bytes) -> int:
        position = session.next_position("node", database)
        nodes[position] = node
        return position

    def save(tree: Tree) -> bytes | None:
        return None if tree.is_empty else pack_ref(tree.save(append))

    instance, schema, referrer, scattered = (save(tree) for tree in content[:4])
    session.rows.roots.append((commit, instance, schema, referrer, scattered))
    return content._replace(distance=0)


def part_from_base(session: WriteSession, commit: int) -> None:
    """Give a commit in the file roots of its own, and take away what it was read through."""
    store(session, commit, contents.of_commit(session.access, commit))
    session.connection.execute(_STAND_ALONE, (commit,))
