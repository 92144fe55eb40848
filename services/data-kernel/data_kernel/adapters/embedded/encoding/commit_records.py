"""Commit records: what a commit says of itself, and what its id is the digest of.

A record is the time (microseconds since 1970, 8 bytes, big-endian), the hash of the instance graph's root and that of
the schema graph's, the number of parents and their ids, and then as byte strings: branch, author, actor, message,
method, route, service and trace id.
"""

from collections.abc import Sequence
from typing import NamedTuple

from data_kernel.adapters.embedded.encoding import commit_ids, packing
from data_kernel.adapters.embedded.encoding.commit_ids import ID_BYTES
from data_kernel.adapters.embedded.encoding.times import to_datetime
from data_kernel.adapters.embedded.tree.tree import EMPTY
from data_kernel.domain.commits import Attribution, Commit

_TIME_BYTES = 8
_HASH_BYTES = 32
_PARENTS_AT = _TIME_BYTES + 2 * _HASH_BYTES
_TEXTS = 8


class Record(NamedTuple):
    """The parts of a record."""

    time_us: int
    instance_root: bytes
    schema_root: bytes
    parents: tuple[bytes, ...]
    texts: tuple[str, ...]


def encode(
    time_us: int, roots: tuple[bytes, bytes], parents: Sequence[bytes], branch: str, attribution: Attribution
) -> bytes:
    """The record of a commit."""
    texts = (
        branch,
        attribution.author,
        attribution.actor,
        attribution.message,
        attribution.method,
        attribution.route,
        attribution.service,
        attribution.trace_id,
    )
    head = (time_us.to_bytes(_TIME_BYTES), *roots, packing.number(len(parents)), *parents)
    return b"".join(head) + b"".join([packing.string(text.encode()) for text in texts])


def decode(record: bytes) -> Record:
    """The parts; `IndexError` or `UnicodeDecodeError` for bytes that are no record."""
    count, at = packing.read_number(record, _PARENTS_AT)
    ids_end = at + count * ID_BYTES
    parents = tuple(record[start : start + ID_BYTES] for start in range(at, ids_end, ID_BYTES))
    at = ids_end
    texts = []
    for _ in range(_TEXTS):
        text, at = packing.read_string(record, at)
        texts.append(text.decode())
    roots = record[_TIME_BYTES : _TIME_BYTES + _HASH_BYTES], record[_TIME_BYTES + _HASH_BYTES : _PARENTS_AT]
    return Record(time_us(record), *roots, parents, tuple(texts))


def time_us(record: bytes) -> int:
    """When the commit was made; microseconds since 1970."""
    return int.from_bytes(record[:_TIME_BYTES])


def to_commit(commit: bytes, record: bytes) -> Commit:
    """The commit as the domain has it."""
    parts = decode(record)
    branch, author, actor, message, method, route, service, trace_id = parts.texts
    return Commit(
        id=commit_ids.to_text(commit),
        parents=tuple(commit_ids.to_text(parent) for parent in parts.parents),
        branch=branch,
        author=author,
        actor=actor,
        message=message,
        method=method,
        route=route,
        service=service,
        trace_id=trace_id,
        time=to_datetime(parts.time_us),
        instance_root=_digest(parts.instance_root),
        schema_root=_digest(parts.schema_root),
    )


def _digest(root: bytes) -> str:
    return "" if root == EMPTY.hash else root.hex()
