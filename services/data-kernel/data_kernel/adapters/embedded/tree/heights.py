"""Where nodes end: a key of height h ends its node on the levels below h.

The height counts the trailing groups of five zero bits of the key's digest, so that a node has 32 entries on average
and nothing but the keys decides about the shape of the tree.
"""

from hashlib import blake2b

_GROUP_BITS = 5
_GROUP = (1 << _GROUP_BITS) - 1
_DIGEST_BYTES = 8


def height(key: bytes) -> int:
    """On how many levels, from 0 on, the key is the last of its node."""
    bits = int.from_bytes(blake2b(key, digest_size=_DIGEST_BYTES).digest())
    levels = 0
    while bits and not bits & _GROUP:
        bits >>= _GROUP_BITS
        levels += 1
    return levels
