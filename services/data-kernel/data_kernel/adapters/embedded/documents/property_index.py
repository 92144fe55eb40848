"""Indexes of properties in memory: which documents of a class may have a value.

An entry is Python's hash of the value, in which equal numbers of any notation agree, and the document's id. Documents
found by it are compared with what was asked for, so that an entry too many costs a look and is never an answer. An
index belongs to one commit; what another commit has is told by the difference between the two.
"""

from collections.abc import Iterator, Sequence
from threading import Lock
from typing import NamedTuple

from data_kernel.adapters.embedded.commits.contents import Content
from data_kernel.adapters.embedded.documents import bodies
from data_kernel.adapters.embedded.threads.access import Access
from data_kernel.adapters.embedded.tree import Leaf, Node, Tree
from data_kernel.application.ports import ValueQuery
from data_kernel.domain.equality import Scalar, comparable, scalars
from shared.canonical import decode

MAX_ENTRIES = 1_000_000
"""Of all indexes together: about 100 bytes each."""
MAX_DIFFERENCES = 5_000
"""Beyond these it takes less to look at all documents of a class anew."""
_HASH_BYTES = 8
_BEHIND_IDS = b"\xff"  # in no UTF-8
_PRESENT = Leaf(b"", 0)


class IndexKey(NamedTuple):
    """What an index is of."""

    database: str
    type_name: str
    property_name: str


class Index(NamedTuple):
    """The entries at a commit."""

    commit: str
    entries: Tree


class PropertyIndexes:
    """The index of each property as it was asked for last; the least recently used ones go beyond `max_entries`."""

    def __init__(self, max_entries: int = MAX_ENTRIES) -> None:
        self.max_entries = max_entries
        self._kept: dict[IndexKey, Index] = {}
        self._lock = Lock()
        self._epoch = 0

    @property
    def epoch(self) -> int:
        """How often everything was forgotten."""
        return self._epoch

    def get(self, key: IndexKey) -> Index | None:
        """The index that is kept."""
        with self._lock:
            return self._kept.get(key)

    def keep(self, key: IndexKey, index: Index, epoch: int) -> None:
        """Keep an index, unless everything was forgotten since `epoch`, when it was begun."""
        with self._lock:
            if epoch != self._epoch:
                return
            self._kept.pop(key, None)
            self._kept[key] = index
            left = sum(len(each.entries) for each in self._kept.values())
            for oldest in list(self._kept):
                if left <= self.max_entries:
                    return
                left -= len(self._kept.pop(oldest).entries)

    def clear(self) -> None:
        """Forget everything: a purge leaves no trace of a value."""
        with self._lock:
            self._kept.clear()
            self._epoch += 1


class _Unsaved:
    """Where nodes of indexes are read from: nowhere, for they are never saved."""

    def load(self, position: int) -> Node:
        """There is none."""
        raise AssertionError(f"no node of an index lies at {position}")


def build(commit: str, entries: Sequence[bytes]) -> Index:
    """The index of these entries."""
    return Index(commit, Tree.empty(_Unsaved()).edit([(entry, _PRESENT) for entry in sorted(set(entries))]))


def entries_of(document_id: str, body: bytes, property_name: str) -> Iterator[bytes]:
    """The entries of one document."""
    document = decode(body)
    value = document.get(property_name) if isinstance(document, dict) else None
    return (_prefix(each) + document_id.encode() for each in scalars(value))


def has_value(body: bytes, query: ValueQuery) -> bool:
    """Whether the document has what is asked for."""
    document = decode(body)
    value = document.get(query.property_name) if isinstance(document, dict) else None
    return comparable(query.value) in scalars(value)


def ids(index: Index, query: ValueQuery, after_id: str | None) -> Iterator[str]:
    """Ids of the documents that may have the value, in order, those after `after_id`."""
    prefix = _prefix(comparable(query.value))
    start = prefix if after_id is None else prefix + after_id.encode() + b"\0"
    for key, _ in index.entries.scan(start, prefix + _BEHIND_IDS):
        yield key[_HASH_BYTES:].decode()


def is_coverable(content: Content, type_name: str) -> bool:
    """Whether all documents of the class have ids that begin with it, which the difference of states is told by."""
    start, end = f"{type_name}\0".encode(), f"{type_name}\1".encode()
    return next(content.scattered.scan(start, end), None) is None


def brought_up(access: Access, index: Index, old: Content, new: Content, commit: str, key: IndexKey) -> Index | None:
    """The index of another state, from that of `old`; `None` where they differ too much or one is not coverable."""
    if not (is_coverable(old, key.type_name) and is_coverable(new, key.type_name)):
        return None
    edits: dict[bytes, Leaf | None] = {}
    start, end = f"{key.type_name}/".encode(), f"{key.type_name}0".encode()  # "0" follows "/"
    for number, (document, before, after) in enumerate(old.instance.diff(new.instance, start)):
        if document >= end:
            break
        if number == MAX_DIFFERENCES:
            return None
        edits |= dict.fromkeys(_entries_at(access, document, before, key), None)
        edits |= dict.fromkeys(_entries_at(access, document, after, key), _PRESENT)
    return Index(commit, index.entries.edit(sorted(edits.items(), key=lambda edit: edit[0])))


def _entries_at(access: Access, document: bytes, leaf: Leaf | None, key: IndexKey) -> Iterator[bytes]:
    found = None if leaf is None else bodies.document(document.decode(), bodies.row_at(access, leaf.position))
    if found is None or found.type != key.type_name:
        return iter(())
    return entries_of(found.id, found.body, key.property_name)


def _prefix(value: Scalar) -> bytes:
    return hash(value).to_bytes(_HASH_BYTES, signed=True)
