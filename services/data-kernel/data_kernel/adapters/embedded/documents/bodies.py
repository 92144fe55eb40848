"""Bodies: one version of a document as it lies in the file.

A body is a kind, the document's key (16 bytes), the ids that the document refers to (one byte string, NUL between
them), the name of its class, and its canonical bytes. The tree holds its digest: SHA-256 over the key, the class with
its length and the canonical bytes. A purge leaves a *tombstone*, which has the id of its certificate instead of the
canonical bytes, and no key; a version that shared its key with purged ones loses the key too and is *attested*: nobody
can check its digest any more, and nobody can guess at those of the purged ones.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from data_kernel.adapters.embedded.encoding import packing
from data_kernel.adapters.embedded.threads.access import Access
from data_kernel.domain.documents import StoredDocument
from shared.errors import Internal

KEY_BYTES = 16

_DOCUMENT, _TOMBSTONE, _ATTESTED = 0, 1, 2
_REFERENCES_AT = 1 + KEY_BYTES
_LONG = 0x80  # a length from here on takes more than one byte
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


def has_key_of_its_kind(body: bytes) -> bool:
    """Whether it has a key exactly where its kind says so: a purge takes both, and a changed bit one of them."""
    return (body[0] == _DOCUMENT) == (key_of(body) != _NO_KEY)


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


def document(document_id: str, data: bytes) -> StoredDocument | None:
    """The document of a row; `None` where it was purged."""
    size = data[_REFERENCES_AT]
    at = _REFERENCES_AT + 1
    if size:  # most documents refer to nothing
        size, at = packing.read_number(data, _REFERENCES_AT)
        at += size
    size = data[at]
    at += 1
    if size >= _LONG:
        size, at = packing.read_number(data, at - 1)
    end = at + size
    return None if data[0] == _TOMBSTONE else StoredDocument(document_id, data[at:end].decode(), data[end:])


def read(access: Access, position: int) -> Body:
    """The body at a position; it may be a tombstone."""
    return decode(row_at(access, position))


def row_at(access: Access, position: int) -> bytes:
    """The bytes of the row at a position."""
    data = access.pending.bodies.get(position)
    if data is None:
        data = access.connection.execute(_GET, (position,)).get
    if data is None:
        raise _lost()
    return data


def read_rows(access: Access, positions: Sequence[int]) -> list[bytes]:
    """The rows' bytes in the order asked; what lies together is read in one run."""
    rows: list[bytes] = []
    start = 0
    for end in range(1, len(positions) + 1):
        if end == len(positions) or not 0 < positions[end] - positions[end - 1] <= _MAX_GAP:
            rows += _read_run(access, positions[start:end])
            start = end
    return rows


def _read_run(access: Access, positions: Sequence[int]) -> list[bytes]:
    first, last = positions[0], positions[-1]
    if first == last or first in access.pending.bodies:
        return [row_at(access, position) for position in positions]
    found: dict[int, bytes] = dict(access.connection.execute(_RUN, (first, last)).fetchall())  # type: ignore[arg-type]
    try:
        return [found[position] for position in positions]
    except KeyError:
        raise _lost() from None


def _lost() -> Internal:
    return Internal("a document's bytes are not in the store's file; verify tells where")
