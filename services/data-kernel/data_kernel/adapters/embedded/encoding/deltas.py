"""Deltas: what a commit changed in each of the four maps, for a commit whose roots are not stored.

For each map the number of edits, and for each edit the key, a byte that tells whether the entry is there (1) or gone
(0), and of one that is there the digest (empty in the indexes) and the position.
"""

from collections.abc import Iterable

from data_kernel.adapters.embedded.encoding import packing
from data_kernel.adapters.embedded.tree import Leaf

_THERE = 1

Edit = tuple[bytes, Leaf | None]
Edits = tuple[list[Edit], list[Edit], list[Edit], list[Edit]]
"""Of the instance graph, the schema graph, the referrers and the scattered ids; each in order of key."""


def encode(edits: Edits) -> bytes:
    """The delta as the commit's row has it."""
    parts = []
    for of_map in edits:
        parts.append(packing.number(len(of_map)))
        for key, leaf in of_map:
            parts.append(packing.string(key))
            if leaf is None:
                parts.append(b"\0")
            else:
                parts += (b"\1", packing.string(leaf.digest), packing.number(leaf.position))
    return b"".join(parts)


def decode(delta: bytes) -> Edits:
    """The edits; `IndexError` for bytes that are no delta."""
    at = 0
    decoded: Edits = ([], [], [], [])
    for of_map in decoded:
        count, at = packing.read_number(delta, at)
        for _ in range(count):
            key, at = packing.read_string(delta, at)
            leaf = None
            kind, at = delta[at], at + 1
            if kind > _THERE:
                raise IndexError("an edit is neither of an entry nor of none")
            if kind == _THERE:
                digest, at = packing.read_string(delta, at)
                position, at = packing.read_number(delta, at)
                leaf = Leaf(digest, position)
            of_map.append((key, leaf))
    return decoded


def combine(deltas: Iterable[Edits]) -> Edits:
    """What the deltas, oldest first, change together."""
    combined: tuple[dict[bytes, Leaf | None], ...] = ({}, {}, {}, {})
    for delta in deltas:
        for into, of_map in zip(combined, delta, strict=True):
            into.update(of_map)
    instance, schema, referrer, scattered = (sorted(of_map.items(), key=_key) for of_map in combined)
    return instance, schema, referrer, scattered


def _key(edit: Edit) -> bytes:
    return edit[0]
