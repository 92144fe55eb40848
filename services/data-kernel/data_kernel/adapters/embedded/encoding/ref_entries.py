"""Entries of the ref log as bytes, and the digest that lies beside each: who moved a branch, when and to where.

Commits are told apart from what somebody made of them by their ids; an entry has no id, and names its branch by number.
"""

import hashlib
from typing import NamedTuple

from data_kernel.adapters.embedded.encoding import packing

_TIME_BYTES = 8
_DIGEST_BYTES = 16


class RefEntry(NamedTuple):
    """One move of one incarnation of a branch; heads are ids of commits, `None` before the first."""

    branch: str
    incarnation: int
    number: int
    cause: str
    old_head: bytes | None
    new_head: bytes | None
    time_us: int
    actor: str
    traceparent: str


def encode(entry: RefEntry) -> bytes:
    """The entry as strings and numbers, in the order of its fields; the time as 8 bytes, big-endian."""
    return b"".join(
        (
            packing.string(entry.branch.encode()),
            packing.number(entry.incarnation),
            packing.number(entry.number),
            packing.string(entry.cause.encode()),
            packing.string(entry.old_head or b""),
            packing.string(entry.new_head or b""),
            entry.time_us.to_bytes(_TIME_BYTES),
            packing.string(entry.actor.encode()),
            packing.string(entry.traceparent.encode()),
        )
    )


def digest(entry: RefEntry) -> bytes:
    """The first 16 bytes of the entry's SHA-256: enough to find what no one meant to change."""
    return hashlib.sha256(encode(entry)).digest()[:_DIGEST_BYTES]
