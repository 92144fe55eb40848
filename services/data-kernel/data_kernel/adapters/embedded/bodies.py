"""Bodies: one version of a document as it lies in the file.

A body is a kind, the document's key (16 bytes), the ids that the document refers to (one byte string, NUL between
them), the name of its class, and its canonical bytes. The tree holds its digest: SHA-256 over the key, the class with
its length and the canonical bytes. A purge leaves a *tombstone*, which has the id of its certificate instead of the
canonical bytes, and no key; a version that shared its key with purged ones loses the key too and is *attested*: nobody
can check its digest any more, and nobody can guess at those of the purged ones.
"""

import hashlib
from collections.abc import Generator, Sequence
from typing import NamedTuple

import apsw

from data_kernel.adapters.embedded import packing
from data_kernel.adapters.embedded.access import Access
from shared.errors import Internal

KEY_BYTES = 16

_DOCUMENT, _TOMBSTONE, _ATTESTED = 0, 1, 2
_REFERENCES_AT = 1 + KEY_BYTES
_NO_KEY = bytes(KEY_BYTES)
_SEPARATOR = "\0"  # no id holds one
# A body that is not wanted costs less to read over than a search for the next one.
_MAX_GAP = 8

_GET = "SELECT bytes FROM body WHERE position = ?"
_RUN = "SELECT position, bytes FROM body WHERE position >= ? AND position <= ? ORDER BY position"


class Body(NamedTuple):
    """One version: class, canonical bytes, ids referred to; of a tombstone the certificate's id in place of bytes."""

    type: str
    content: bytes
    references: frozenset[str]
    is_tombstone: bool = False


def encode(key: bytes, type_name: str, content: bytes, references: frozenset[str]) -> bytes:
    """The body of a document with this key."""
    targets = _SEPARATOR.join(sorted(references)).encode()
    return b"".join((bytes((_DOCUMENT,)), key, packing.string(targets), packing.string(type_name.encode()), content))


def decode(data: bytes) -> Body:
    """The body of a row; `IndexError` or `UnicodeDecodeError` for bytes that are none."""
    targets, at = packing.read_string(data, _REFERENCES_AT)
    type_name, at = packing.read_string(data, at)
    references = frozenset(targets.decode().split(_SEPARATOR)) if targets else frozenset()
    return Body(type_name.decode(), data[at:], references, data[0] == _TOMBSTONE)


def digest(body: bytes) -> bytes | None:
    """What the tree has for a body; `None` for one without a key, whose digest can only be attested."""
    if body[0] != _DOCUMENT:
        return None
    size, at = packing.read_number(body, _REFERENCES_AT)
    return hashlib.sha256(key_of(body) + body[at + size :]).digest()


def key_of(body: bytes) -> bytes:
    """The document's key; zeros where a purge has taken it."""
    return body[1:_REFERENCES_AT]


def tombstone(body: bytes, certificate: str) -> bytes:
    """What stays of a body after its purge: class and references, which the indexes know as well."""
    _, at = packing.read_string(body, _REFERENCES_AT)
    _, at = packing.read_string(body, at)
    return bytes((_TOMBSTONE,)) + _NO_KEY + body[_REFERENCES_AT:at] + certificate.encode()


def is_tombstone(body: bytes) -> bool:
    """Whether the body was purged."""
    return body[0] == _TOMBSTONE


def attested(body: bytes) -> bytes:
    """The body without its key."""
    return bytes((_ATTESTED,)) + _NO_KEY + body[_REFERENCES_AT:]


def read(access: Access, position: int) -> Body:
    """The body at a position; it may be a tombstone."""
    data = access.pending.bodies.get(position)
    if data is None:
        data = access.connection.execute(_GET, (position,)).get
    if data is None:
        raise _lost()
    return decode(data)


def read_many(access: Access, positions: Sequence[int]) -> Generator[Body]:
    """The bodies in the order asked, each row read when it is its turn; what lies together is read in one run."""
    start = 0
    for end in range(1, len(positions) + 1):
        if end == len(positions) or not 0 < positions[end] - positions[end - 1] <= _MAX_GAP:
            yield from _read_run(access, positions[start:end])
            start = end


def _read_run(access: Access, positions: Sequence[int]) -> Generator[Body]:
    if len(positions) == 1 or positions[0] in access.pending.bodies:
        yield from (read(access, position) for position in positions)
        return
    rows = access.connection.execute(_RUN, (positions[0], positions[-1]))
    try:
        for position in positions:
            yield decode(_find(rows, position))
    finally:
        rows.close()


def _find(rows: apsw.Cursor, wanted: int) -> bytes:
    for position, data in rows:
        if position == wanted:
            found: bytes = data
            return found
    raise _lost()


def _lost() -> Internal:
    return Internal("a document's bytes are not in the store's file; verify tells where")
