"""Saved indexes of properties: their nodes, and their entries against the documents of their commits."""

from collections.abc import Iterator

from data_kernel.adapters.embedded.commits import contents
from data_kernel.adapters.embedded.documents import property_index, saved_indexes
from data_kernel.adapters.embedded.documents.property_index import KEY_BYTES, IndexedProperty
from data_kernel.adapters.embedded.documents.saved_indexes import SavedIndex
from data_kernel.adapters.embedded.encoding.positions import database_of
from data_kernel.adapters.embedded.threads.access import Access
from data_kernel.adapters.embedded.tree import Tree
from data_kernel.adapters.embedded.verification.report import Broken, Fault, Progress
from data_kernel.adapters.embedded.verification.states import Walk

_COMMIT = "SELECT 1 FROM commit_record WHERE position = ?"


def check(access: Access, database: int, walk: Walk, progress: Progress) -> None:
    """Each saved index of the database."""
    rows = saved_indexes.rows_of(access.connection, database)
    for done, row in enumerate(rows):
        tree = Tree.empty(access.memory.nodes)
        if row.root is not None:
            tree = Tree.at(access.memory.nodes, row.root)
            walk.tree(tree, holds_documents=False)
        problem = _problem_of_row(access, database, row) or _problem_of_entries(access, row, tree)
        if problem:
            raise Broken(Fault("index", database, f"class {row.type_name}, property {row.property_name}", problem))
        progress("indexes", done + 1, len(rows))


def _problem_of_row(access: Access, database: int, row: SavedIndex) -> str:
    if len(row.key) != KEY_BYTES:
        return "its key has another length"
    if database_of(row.commit) != database or access.connection.execute(_COMMIT, (row.commit,)).get is None:
        return "its commit is not there"
    return ""


def _problem_of_entries(access: Access, row: SavedIndex, tree: Tree) -> str:
    found = [entry for entry, _ in tree.scan()]
    return "" if found == sorted(set(_expected(access, row))) else "its entries are not those of the documents"


def _expected(access: Access, row: SavedIndex) -> Iterator[bytes]:
    start, end = property_index.bounds_of(row.type_name)
    of = IndexedProperty("", row.type_name, row.property_name)
    for document, leaf in contents.of_commit(access, row.commit).instance.scan(start, end):
        yield from property_index.entries_at(access, row.key, document, leaf, of)
