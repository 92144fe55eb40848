"""Nodes and their bytes.

All numbers are little-endian. A node is
`level: u8, digest size: u8, count: u32, ends of the keys: count * u32, digests, keys, positions: count * u64`, and of
an inner node also `entries below: count * u64`. Its hash is SHA-256 over all of it before the positions: where
something lies is not what it is. The digests of an inner node are the hashes of its children, its keys their last keys.
"""

import struct
from collections.abc import Sequence
from hashlib import sha256
from itertools import accumulate
from typing import NamedTuple, Protocol

from shared.errors import Internal

_HEADER = struct.Struct("<BBI")


class Leaf(NamedTuple):
    """What the map holds for a key: a digest, which hashes cover, and a position, which they do not."""

    digest: bytes
    position: int


class Node:
    """An immutable node; `children` of an inner one are positions, or nodes that are not saved yet.

    The lists belong to the node: whoever has read them leaves them as they are.
    """

    __slots__ = ("_hash", "children", "counts", "digests", "keys", "level")

    def __init__(
        self,
        level: int,
        keys: list[bytes],
        digests: list[bytes],
        children: list["int | Node"],
        counts: list[int] | None = None,
    ) -> None:
        self.level = level
        self.keys = keys
        self.digests = digests
        self.children = children
        self.counts = counts
        self._hash: bytes | None = None

    @property
    def hash(self) -> bytes:
        """SHA-256 over what the node says, without positions."""
        if self._hash is None:
            self._hash = sha256(self._hashed()).digest()
        return self._hash

    @property
    def count(self) -> int:
        """Entries of the map in the node or below it."""
        return len(self.keys) if self.counts is None else sum(self.counts)

    def encode(self, positions: Sequence[int]) -> bytes:
        """The node's bytes, its children being at `positions`."""
        width = len(self.keys)
        numbers = [*positions, *(self.counts or ())]
        return self._hashed() + struct.pack(f"<{len(numbers)}Q", *numbers) if width else self._hashed()

    @classmethod
    def decode(cls, data: bytes) -> "Node":
        """The node of these bytes; `Internal` where they are none."""
        try:
            return cls._decode(data)
        except (struct.error, IndexError) as error:
            raise Internal("a node of the store's file cannot be read; verify tells where") from error

    @classmethod
    def _decode(cls, data: bytes) -> "Node":
        level, digest_size, count = _HEADER.unpack_from(data)
        numbers = f"<{count}Q"
        ends = struct.unpack_from(f"<{count}I", data, _HEADER.size)
        at = _HEADER.size + 4 * count
        base = at + digest_size * count
        digests = (
            [data[start : start + digest_size] for start in range(at, base, digest_size)]
            if digest_size
            else [b""] * count
        )
        keys = [data[base + start : base + end] for start, end in zip((0, *ends), ends)]  # noqa: B905 - one more start
        at = base + (ends[-1] if ends else 0)
        children = list(struct.unpack_from(numbers, data, at))
        at += 8 * count
        counts = list(struct.unpack_from(numbers, data, at)) if level else None
        if len(data) != at + (8 * count if level else 0):
            raise IndexError("bytes are left")
        return cls(level, keys, digests, children, counts)

    def _hashed(self) -> bytes:
        digests = b"".join(self.digests)
        count = len(self.keys)
        ends = struct.pack(f"<{count}I", *accumulate(map(len, self.keys)))
        size = len(self.digests[0]) if count else 0
        if len(digests) != size * count:
            raise ValueError("the digests of a node have one size")
        return b"".join((_HEADER.pack(self.level, size, count), ends, digests, *self.keys))


class NodeSource(Protocol):
    """Where saved nodes are read from."""

    def load(self, position: int) -> Node:
        """The node at a position; it may be one that was given before."""


def below(source: NodeSource, child: "int | Node") -> Node:
    """A child of an inner node, read where it is saved."""
    return child if isinstance(child, Node) else source.load(child)
