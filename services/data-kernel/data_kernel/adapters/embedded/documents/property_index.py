"""An index of a property: which documents of a class may have a value.

An entry is a digest of the value, in which equal numbers of any notation agree, and the document's id. The digest is
keyed, so that an entry tells nothing once the key is gone. Documents found by it are compared with what was asked for:
an entry too many costs a look and is never an answer. An index belongs to one commit; what another commit has is told
by the difference between the two.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from data_kernel.adapters.embedded.commits.contents import Content
from data_kernel.adapters.embedded.documents import bodies
from data_kernel.adapters.embedded.threads.access import Access
from data_kernel.adapters.embedded.tree import Leaf, Tree
from data_kernel.application.ports import ValueQuery
from data_kernel.domain.equality import Scalar, canonical_text, comparable, scalars
from shared.canonical import decode

KEY_BYTES = 16
MAX_DIFFERENCES = 5_000
"""Beyond these it takes less to look at all documents of a class anew."""
_DIGEST_BYTES = 8
_BEHIND_IDS = b"\xff"  # in no UTF-8
_PRESENT = Leaf(b"", 0)


class IndexedProperty(NamedTuple):
    """What an index is of."""

    database: str
    type_name: str
    property_name: str


class Origin(NamedTuple):
    """What an index was begun with, and keeps when it is brought up.

    `key` is that of its digests. Once everything was forgotten since `generation`, its nodes may be gone; once anything
    was purged since `purge_epoch`, it may be of a value that must be nowhere any more.
    """

    key: bytes
    generation: int
    purge_epoch: int


class Index(NamedTuple):
    """The entries at a commit, how many they are, and by how many documents they differ from what is saved.

    `distance` is `None` where nothing is saved.
    """

    commit: str
    entries: Tree
    size: int
    origin: Origin
    distance: int | None


def build(commit: str, entries: Sequence[bytes], empty: Tree, origin: Origin) -> Index:
    """The index of these entries."""
    tree = empty.edit([(each, _PRESENT) for each in sorted(set(entries))])
    return Index(commit, tree, len(tree), origin, None)


def digest(key: bytes, value: Scalar) -> bytes:
    """What stands for a value: its canonical text's keyed BLAKE2b digest of 8 bytes (RFC 7693)."""
    return hashlib.blake2b(canonical_text(value).encode(), key=key, digest_size=_DIGEST_BYTES).digest()


def entry(digest_of_value: bytes, document_id: str) -> bytes:
    """The entry of a document with a value."""
    return digest_of_value + document_id.encode()


def read_entry(data: bytes) -> tuple[bytes, str]:
    """The digest of the value and the document's id."""
    return data[:_DIGEST_BYTES], data[_DIGEST_BYTES:].decode()


def entries_of(key: bytes, document_id: str, body: bytes, property_name: str) -> Iterator[bytes]:
    """The entries of one document."""
    document = decode(body)
    value = document.get(property_name) if isinstance(document, dict) else None
    return (entry(digest(key, each), document_id) for each in scalars(value))


def has_value(body: bytes, query: ValueQuery) -> bool:
    """Whether the document has what is asked for."""
    document = decode(body)
    value = document.get(query.property_name) if isinstance(document, dict) else None
    return comparable(query.value) in scalars(value)


def ids(index: Index, query: ValueQuery, after_id: str | None) -> Iterator[str]:
    """Ids of the documents that may have the value, in order, those after `after_id`."""
    prefix = digest(index.origin.key, comparable(query.value))
    start = prefix if after_id is None else entry(prefix, after_id) + b"\0"
    for found, _ in index.entries.scan(start, prefix + _BEHIND_IDS):
        yield read_entry(found)[1]


def bounds_of(type_name: str) -> tuple[bytes, bytes]:
    """Before the first and behind the last key of the documents whose ids begin with the class."""
    return f"{type_name}/".encode(), f"{type_name}0".encode()  # "0" follows "/"


def is_coverable(content: Content, type_name: str) -> bool:
    """Whether all documents of the class have ids that begin with it, which the difference of states is told by."""
    start, end = f"{type_name}\0".encode(), f"{type_name}\1".encode()
    return next(content.scattered.scan(start, end), None) is None


def brought_up(
    access: Access, index: Index, old: Content, new: Content, commit: str, of: IndexedProperty
) -> Index | None:
    """The index of another state, from that of `old`; `None` where they differ too much or one is not coverable."""
    if not (is_coverable(old, of.type_name) and is_coverable(new, of.type_name)):
        return None
    edits: dict[bytes, Leaf | None] = {}
    start, end = bounds_of(of.type_name)
    differences = 0
    for document, before, after in old.instance.diff(new.instance, start):
        if document >= end:
            break
        if differences == MAX_DIFFERENCES:
            return None
        differences += 1
        edits |= dict.fromkeys(entries_at(access, index.origin.key, document, before, of), None)
        edits |= dict.fromkeys(entries_at(access, index.origin.key, document, after, of), _PRESENT)
    tree = index.entries.edit(sorted(edits.items(), key=lambda edit: edit[0]))
    distance = None if index.distance is None else index.distance + differences
    return Index(commit, tree, len(tree), index.origin, distance)


def entries_at(access: Access, key: bytes, document: bytes, leaf: Leaf | None, of: IndexedProperty) -> Iterator[bytes]:
    """The entries of the version of a document that a map has; none where it is of another class or purged."""
    found = None if leaf is None else bodies.document(document.decode(), bodies.row_at(access, leaf.position))
    if found is None or found.type != of.type_name:
        return iter(())
    return entries_of(key, found.id, found.body, of.property_name)
